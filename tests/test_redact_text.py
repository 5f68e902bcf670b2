"""Texts and command lines with their secrets replaced."""

from __future__ import annotations

import random
from typing import Any

import pytest

from run_artifacts import RedactedText, redact_command, redact_text
from tokens import NEARLY, SURVIVORS, TOKENS, Token

HIDDEN = "[redacted:assignment]"


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_remark_cuts_out_exactly_its_placeholder(token: Token) -> None:
    redacted = redact_text(f"é {token.text} é {token.text}")
    assert redacted == (f"é {token.redacted} é {token.redacted}", redacted.remarks)
    assert len(redacted.remarks) == 2
    for remark in redacted.remarks:
        shown = redacted.text[remark["start"] : remark["end"]]
        assert shown == f"[redacted:{token.rule}]"
        assert {**remark, "start": 0, "end": 0} == {
            "path": "",
            "rule": token.rule,
            "action": "redacted",
            "start": 0,
            "end": 0,
            "original_length": len(token.secret),
        }
    assert redact_text(redacted.text) == (redacted.text, [])


@pytest.mark.parametrize("text", SURVIVORS.values(), ids=SURVIVORS)
def test_a_text_without_secrets_is_the_same(text: str) -> None:
    assert redact_text(text) == RedactedText(text, [])
    assert redact_command([text]) == [text]


def test_own_secrets_are_replaced_too() -> None:
    assert redact_text("the till-bill", secrets=["till-bill"]).text == "the [redacted:secret]"
    assert redact_command(["-x", "till-bill"], secrets=["till-bill"]) == ["-x", "[redacted:secret]"]
    assert redact_command("x till-bill", secrets=["till-bill"]) == "x [redacted:secret]"
    # An own secret that what is hidden lies in is hidden whole.
    given = ["curl", "-u", "till-user:p4ss"]
    assert redact_command(given, secrets=["till-user:p4"])[2] == "[redacted:secret]"


def test_arguments_stay_as_many_as_they_are() -> None:
    for kind in (list, tuple):
        given = kind(["curl", "-u", "me:p4ss", "", "--token", "t0p", "PASSWORD=p4ss"])
        assert redact_command(given) == [
            "curl", "-u", f"me:{HIDDEN}", "", "--token", HIDDEN, f"PASSWORD={HIDDEN}",
        ]  # fmt: skip
    assert redact_command([]) == []
    assert redact_command("") == ""


def test_what_texts_have_is_found_in_arguments() -> None:
    for token in TOKENS.values():
        for redacted in (redact_command(["run", token.text])[1], redact_command(token.text)):
            assert token.secret not in redacted
    assert redact_command(["git", "clone", "https://me:p4ss@till.invalid/"])[2] == (
        "https://[redacted:url_userinfo]@till.invalid/"
    )


def test_what_ends_a_command_may_be_a_part_of_a_secret() -> None:
    once = redact_command("mysql -u Bearer abcdef12345| -px9")
    assert once == f"mysql -u Bearer [redacted:bearer] -p{HIDDEN}"
    assert redact_command(once) == once


def test_the_input_is_not_altered() -> None:
    given = ["--token", "t0p"]
    redact_command(given)
    assert given == ["--token", "t0p"]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: redact_text(b"x"), "text must be str, not bytes; decode it first"),
        (lambda: redact_text(None), "text must be str, not NoneType; give its str()"),
        (lambda: redact_command(None), "args must be a list or tuple of str, or a str, not "),
        (lambda: redact_command(b"x"), "args must be a list or tuple of str, or a str, not bytes"),
        (lambda: redact_command({"a"}), "args must be a list or tuple of str, or a str, not set"),
        (lambda: redact_command(["x", 5]), "args[1] must be str, not int; give its str()"),
        (lambda: redact_command([b"x"]), "args[0] must be str, not bytes; decode it first"),
        (lambda: redact_text("x", secrets="till-bill"), "secrets must be a list of str, not str"),
    ],
)  # fmt: skip
def test_a_wrong_type_is_an_error_that_names_the_remedy(call: Any, message: str) -> None:
    with pytest.raises(TypeError) as raised:
        call()
    assert str(raised.value).startswith(message)


def test_a_text_that_lies_about_itself_is_read_as_what_it_holds() -> None:
    class Lying(str):
        __slots__ = ()

        def __len__(self) -> int:
            return 0

        def __str__(self) -> str:
            return "nothing"

    url = "https://me:p4ss@till.invalid/"
    assert redact_text(Lying(url)).text == "https://[redacted:url_userinfo]@till.invalid/"
    assert redact_command([Lying("--token"), Lying("t0p")]) == ["--token", HIDDEN]
    assert redact_command(Lying("x --token t0p")) == f"x --token {HIDDEN}"


_PIECES = """
    curl -u a:b9 ' " \\ ; | & < > ` mysql -p -px9 --token --password= = : TOKEN API_KEY x9z $X ${X}
    $( ( ) [ ] 'curl', '-u', 'q:w9' , sudo -H X-Api-Key: https://u:p9@h/ Bearer abcdef12345 - --
    htpasswd -b docker login [redacted:assignment] [redacted:secret] pass:q9 -passin openssl env
    password secret é own-secret-of-till
""".split()  # noqa: SIM905 - a table of words


@pytest.mark.parametrize("seed", range(20))
def test_twice_is_once(seed: int) -> None:
    chance = random.Random(seed)
    pieces = [*_PIECES, "\n", "\t", "\ud800", "\0", *NEARLY]
    for _ in range(100):
        args = [
            "".join(chance.choices(pieces, k=chance.choice((1, 1, 1, 2, 3))))
            for _ in range(chance.randint(1, 9))
        ]
        for given in (args, " ".join(args)):
            once = redact_command(given, secrets=["own-secret-of-till"])
            assert redact_command(once, secrets=["own-secret-of-till"]) == once, given
