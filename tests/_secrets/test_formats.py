"""Formats of secrets: each is found whole, in linear time, and nothing else is."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from run_artifacts._secrets.formats import ANY_HINT, FORMATS, end_of_key, is_unclosed_key
from run_artifacts._secrets.redact import Redactor
from support import redacted, run_python
from tokens import PREFIXES, SURVIVORS, TOKENS, Token, jwt, pieces_left, private_key, some


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_token_is_replaced_as_a_whole_and_its_label_stays(token: Token) -> None:
    result, alterations = Redactor().text(token.text)
    assert result == token.redacted
    start = len(token.before)
    assert alterations == [
        {
            "rule": token.rule,
            "action": "redacted",
            "start": start,
            "end": start + len(f"[redacted:{token.rule}]"),
            "original_length": len(token.secret),
        }
    ]


BESIDE = {
    "alone": ("", ""),
    "words": ("is ", " now"),
    "sentence": ("It is ", ". More"),
    "quotes": ('"', '"'),
    "brackets": ("(", ")"),
    "assignment": ("TOKEN=", "\n"),
    "call": ("f(key='", "')"),
    "escaped line end": ("a\\n", "\\nb"),
    "escaped quote": ('{"text": "\\"', '\\""}'),
    "unicode escape": ("\\u0022", "\\u0022"),
    "percent": ("%22", "%22"),
    "query": ("?a=", "&b=c"),
    "colours": ("\x1b[31m", "\x1b[0m"),
    "more colours": ("\x1b[38;5;196m\x1b[K", "\x1b[m"),
    "octal escape": ("\\033", "\\033"),
    "quoted printable": ("=3D", "\n"),
    "character set": ("\x1b(B", "\x1b(B"),
    "underscore": ("x_", "\n"),
    "another language": ("é字", "字é"),
    "line separators": ("\u2028", "\u2029"),
}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_token_is_found_beside_anything(token: Token, beside: tuple[str, str]) -> None:
    before, after = beside
    result = redacted(f"{before}{token.text}{after}")
    assert result.startswith(before + token.before)
    assert f"[redacted:{token.rule}]" in result
    assert pieces_left(result[len(before) :]) == set()
    if not after.startswith("%"):  # which may belong to a token
        assert result == f"{before}{token.redacted}{after}"


def test_a_private_key_that_is_not_closed_goes_on_to_the_end() -> None:
    for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "):
        key = private_key(kind, 9)
        for end in range(key.index("\n"), key.index("-----END"), 7):
            assert redacted(f"a {key[:end]}") == "a [redacted:private_key]"
        escaped = json.dumps(f"a\n{key}\nb")
        assert redacted(escaped) == '"a\\n[redacted:private_key]\\nb"'


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_documented_prefix_begins_a_token(prefix: str) -> None:
    (alteration,) = Redactor().text(f"a {prefix}{'A1' * 50} b")[1]
    assert (alteration["start"], alteration["original_length"]) == (2, len(prefix) + 100)
    document = (Path(__file__).parents[2] / "docs" / "format.md").read_text(encoding="utf-8")
    assert f"`{prefix.replace('xoxb', 'xox?').replace('xapp-1-', 'xapp-')}`" in document


def test_a_key_of_pgp_is_one() -> None:
    block = (
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{some(64)}\n-----END PGP PRIVATE KEY BLOCK-----"
    )
    assert redacted(f"a {block} b") == "a [redacted:private_key] b"


def test_an_app_level_header_without_credentials_survives() -> None:
    for value in ("null", "none", "nil", "undefined", "None"):
        assert redacted(f"Authorization: Bearer {value}") == f"Authorization: Bearer {value}"
    assert (
        redacted("Authorization: Bearer a!b*c@d^e|f") == "Authorization: Bearer [redacted:bearer]"
    )
    assert redacted("Authorization:\tBasic\tdTpwYXNz") == "Authorization:\tBasic\t[redacted:basic]"


@pytest.mark.parametrize("text", SURVIVORS.values(), ids=SURVIVORS)
def test_what_is_no_secret_survives(text: str) -> None:
    assert Redactor().text(text) == (text, [])
    assert Redactor().text(f"{text} {text}\n{text}") == (f"{text} {text}\n{text}", [])


def test_random_data_survives() -> None:
    chance = random.Random(7)
    base64_text = "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789+/", k=2_000_000))  # fmt: skip
    assert Redactor().text(base64_text) == (base64_text, [])
    hexadecimal = " ".join(chance.randbytes(20).hex() for _ in range(20_000))
    assert Redactor().text(hexadecimal) == (hexadecimal, [])


def test_a_key_is_open_or_closed_where_it_ends() -> None:
    key = private_key("RSA ", 3)
    assert not is_unclosed_key(key, 0, len(key))
    assert not is_unclosed_key(f"{key}\n", 0, len(key))
    for missing in range(1, 60):
        assert is_unclosed_key(key[:-missing], 0, len(key) - missing)
    closing = key[key.index("\n") :]
    assert end_of_key(f"{closing} more {key}") == len(closing)
    assert end_of_key(f"no end\n{key} more") == len(f"no end\n{key} more")
    assert end_of_key("neither") == len("neither")


def test_an_app_token_with_the_name_of_its_app_is_one() -> None:
    assert redacted(f"x ghs_app-name_{jwt(200, 90)} y") == "x [redacted:github_token] y"


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


def test_no_pattern_takes_more_than_linear_time_on_what_nearly_matches() -> None:
    """One that did would take hours over some of these texts; all of them take seconds together.

    So the limit is no measure of speed: whatever machine this is, it lies far from both.
    """
    source = """
        import signal, sys
        sys.path.insert(0, sys.argv[1])
        from run_artifacts._secrets.formats import FORMATS
        from tokens import NEARLY

        def give_up(*_):
            raise SystemExit(f"{found.rule} has not come to the end of {unit!r}...")

        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(50)
        searched = set()
        runs = {"://": ":@a", "a://a:": ":@a", "Bearer ": "a.: ", "eyJ": "a.-", "eyJaaaaa.": "a.-",
                "authorization:": " :", "-----BEGIN ": "A +", "-----BEGIN PRIVATE KEY-----": "a- ",
                "a%3A%2F%2F": "a%", "glpat-": "a.-", "whsec_": "a=", "sk-": "a-", "xoxb-": "a%."}
        texts = {unit: unit * (900_000 // len(unit) + 50_000) for unit in (*NEARLY, "a@", "- ")}
        texts |= {start + run: start + run * 500_000 for start in runs for run in runs[start]}
        for unit, text in texts.items():
            near = unit.lower() * 2
            about = [
                found
                for found in FORMATS
                if unit[:2] in found.pattern.pattern
                or any(hint in near or hint.startswith(near[:2]) for hint in found.hints)
            ]
            for found in about or FORMATS:
                searched.add(found)
                for match in found.pattern.finditer(text):
                    if match.lastindex and found.accepts:
                        found.accepts(match[match.lastindex])
        assert searched == {*FORMATS}
    """
    run_python(source, str(Path(__file__).parents[1]), timeout=60)


def test_a_text_without_a_hint_of_any_format_is_not_searched() -> None:
    assert ANY_HINT.search("a plain line: 12 tests, 3 failed in tests/till/test_open.py") is None
    assert ANY_HINT.search("") is None
    for found in FORMATS:
        for hint in found.hints:
            assert ANY_HINT.search(f"a {hint} b") is not None
            assert ANY_HINT.search(f"a {hint[:-1]} b") is None or hint[:-1] in {
                other for known in FORMATS for other in known.hints
            }
