"""Credentials where a protocol wants them: behind schemes, in URLs, and as tokens of the web."""

from __future__ import annotations

import pytest

from support import redacted
from tokens import jwt, some


def test_a_header_without_credentials_survives() -> None:
    for value in ("null", "none", "nil", "undefined", "None"):
        assert redacted(f"Authorization: Bearer {value}") == f"Authorization: Bearer {value}"
    assert (
        redacted("Authorization: Bearer a!b*c@d^e|f") == "Authorization: Bearer [redacted:bearer]"
    )
    assert redacted("Authorization:\tBasic\tdTpwYXNz") == "Authorization:\tBasic\t[redacted:basic]"


# What stands in the place of a token, and whether it is one: a word of 20 characters and fewer is
# none where it has neither a digit nor what else tells it from a name.
WORDS = {
    "Bearer abcdefghijklmnopqrst": False,
    "Bearer abcdefghijklmnopqrstu": True,
    "Bearer abcdefghijklmnopqrst-uvw": False,
    "Bearer abcdefghijklmnopqrst-uvw1": True,
    "Bearer abcdefg": False,
    "Bearer abcdef7": False,
    "Bearer abcdefg7": True,
    "Basic abcdefghijklmnopqr12": False,
    "Basic abcdefghijklmnopqrst1": True,
    "Basic abcdefghijklmnopqrstu": False,
    "Basic abcdefghijklmnopqrs=": False,
    "Basic abcdefghijklmnopqrstuvw=": True,
    "Basic abcdefghijklmnopqrstuvwx": False,
    "Basic QWxhZGRpbjpv": True,  # "Aladdin:o"
    "Basic QWxhZGRpbm9v": False,  # "Aladdinoo"
    "xoxb-abcdefghijkl": False,
    "xoxb-abcdefghij7l": True,
    "glpat-abcdefghijklmnop": False,
    "glpat-abcdefghijklmnoP": True,
    "glpat-abcdefghijklmno1": True,
    "sk-proj-abcdefghij-klmnopqrst": False,
    "sk-proj-abcdefghij-klmnopqrs7": True,
}


@pytest.mark.parametrize(("text", "is_secret"), WORDS.items(), ids=WORDS)
def test_a_word_is_no_token_and_a_token_no_word(text: str, is_secret: bool) -> None:
    result = redacted(f"; {text} ;")
    assert (result != f"; {text} ;") is is_secret
    assert (text.split(" ")[-1] not in result) is is_secret


@pytest.mark.parametrize("scheme", ["Bearer", "bearer", "BEARER"])
@pytest.mark.parametrize("gap", [" ", "  ", "\t", ": ", ":", "%20", "+", "\\t", ' "', " \\'"])
def test_credentials_are_found_behind_each_spelling_of_a_scheme(scheme: str, gap: str) -> None:
    token = some(30)
    assert redacted(f"x {scheme}{gap}{token}") == f"x {scheme}{gap}[redacted:bearer]"
    if ":" not in gap:  # which makes a name of it
        assert redacted(f"for{scheme}{gap}{token}") == f"for{scheme}{gap}{token}"


def test_an_app_token_with_the_name_of_its_app_is_one() -> None:
    assert redacted(f"x ghs_app-name_{jwt(200, 90)} y") == "x [redacted:github_token] y"


# The user information of a URL, and what is left of it.
USERS = {
    "a password": ("deploy:hunter2x9", "[redacted:url_userinfo]"),
    "a password alone": (":hunter2x9", "[redacted:url_userinfo]"),
    "an address and a password": ("me@x.org:hunter2x9", "[redacted:url_userinfo]"),
    "a password with an at sign": ("deploy:p@ss9", "[redacted:url_userinfo]"),
    "a percent-encoded password": ("deploy:p%40ss9", "[redacted:url_userinfo]"),
    "a made user": ("9f86d081884c7d659a2feaa0c55ad015", "[redacted:url_userinfo]"),
    "a name": ("deploy", "deploy"),
    "a name with a digit": ("user1", "user1"),
    "git": ("git", "git"),
    "a name and nothing": ("deploy:", "deploy:"),
    "a template": ("${USER}:${PASS}", "${USER}:${PASS}"),
    "a mask": ("deploy:***", "deploy:***"),
    "the name of a password": ("user:password", "user:password"),
}


@pytest.mark.parametrize(("user", "shown"), USERS.values(), ids=USERS)
@pytest.mark.parametrize("slashes", ["://", r":\/\/", r":\\/\\/", r":\u002f\u002f"])
def test_of_a_url_the_password_is_hidden_and_a_name_alone_is_none(
    user: str, shown: str, slashes: str
) -> None:
    text = f"at https{slashes}{user}@host/path and"
    assert redacted(text) == f"at https{slashes}{shown}@host/path and"


def test_a_url_in_a_query_is_one() -> None:
    text = "next=https%3A%2F%2Fdeploy%3Ahunter2x9%40host%2F"
    assert redacted(text) == "next=https%3A%2F%2F[redacted:url_userinfo]%40host%2F"
    name_alone = "next=https%3A%2F%2Fdeploy%40host%2F"
    assert redacted(name_alone) == name_alone


SIGNATURES = [22, 43, 64, 86, 128, 171, 342, 512, 683, 90]


@pytest.mark.parametrize("signature", SIGNATURES)
def test_a_token_of_the_web_is_found_to_the_end_of_its_signature(signature: int) -> None:
    token = jwt(120, signature)
    for before, after in (("", ""), ("is ", ", and"), ("It is ", ". More"), ('"', '"'), ("=", "&")):
        assert redacted(f"{before}{token}{after}") == f"{before}[redacted:jwt]{after}"


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
def test_a_token_of_the_web_has_two_parts_and_more(parts: int) -> None:
    token = ".".join(["eyJ" + some(30), *("eyJ" + some(30) for _ in range(parts - 1))])
    assert redacted(f"a {token} b") == (f"a {token} b" if parts == 1 else "a [redacted:jwt] b")
    assert redacted(f"key{token}").startswith(f"key{token[:33]}")


@pytest.mark.parametrize("gap", ["\n", "\n    ", " │\n│ ", "\\\n", "\r\n", "\x1b[0m", "\u200b"])
def test_a_token_of_the_web_that_is_interrupted_leaves_nothing(gap: str) -> None:
    token = jwt(120, 43)
    for at in range(1, len(token)):
        result = redacted(f"; {token[:at]}{gap}{token[at:]} and more;")
        assert result == "; [redacted:jwt] and more;", at
