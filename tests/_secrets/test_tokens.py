"""Tokens of each format: found whole beside anything, and however they are interrupted."""

from __future__ import annotations

import itertools
import json
import os
from typing import Any

import pytest

from run_artifacts._secrets.redact import Redactor
from shapes import FORMATS, made
from support import redacted
from tokens import TOKENS, Token, left_of

BESIDE = {
    "alone": ("", ""),
    "words": ("is ", " now"),
    "sentence": ("It is ", ". More"),
    "end of a sentence": ("It is ", "."),
    "clause": ("It is ", ", and more"),
    "quotes": ('"', '"'),
    "backticks": ("`", "`"),
    "brackets": ("(", ")"),
    "lines": ("a:\n", "\nb"),
    "line ends of others": ("a:\r\n", "\r\nb"),
    "element": ("<a>", "</a>"),
    "cell": ("| ", " |"),
    "assignment": ("TOKEN=", "\n"),
    "call": ("f(key='", "')"),
    "value of JSON": ('{"text": "', '"}'),
    "value of JSON, escaped": ('"{\\"text\\": \\"', '\\"}"'),
    "value of JSON, escaped twice": ('"{\\\\\\"text\\\\\\": \\\\\\"', '\\\\\\"}"'),
    "escaped line end": ("a\\n", "\\nb"),
    "escaped line end, twice": ("a\\\\n", "\\\\nb"),
    "escaped quote": ('{"text": "\\"', '\\""}'),
    "unicode escape": ("\\u0022", "\\u0022"),
    "percent": ("a%20", "%22"),
    "query": ("?a=", "&b=c"),
    "colours": ("\x1b[31m", "\x1b[0m"),
    "more colours": ("\x1b[38;5;196m\x1b[K", "\x1b[m"),
    "escaped colours": ("\\x1b[31m", "\\x1b[0m"),
    "octal escape": ("\\033", "\\033"),
    "quoted printable": ("=3D", "\n"),
    "character set": ("\x1b(B", "\x1b(B"),
    "underscore": ("x_", "\n"),
    "another language": ("é字", "字é"),
    "line separators": ("\u2028", "\u2029"),
}

_ALL = {**TOKENS, **FORMATS}

# Any letters and digits may begin these, those of an escape too.
_OPEN = {"Azure DevOps", "Azure AI", "New Relic, license"}

# What stands under the name of a header goes on to the end of its line.
_HEADERS = {name for name, token in TOKENS.items() if token.before.lower().startswith("auth")}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
def test_a_token_is_found_beside_anything(beside: tuple[str, str]) -> None:
    before, after = beside
    for name in sorted(_ALL.keys() - _HEADERS):
        token = _ALL[name]
        text = f"{before}{token.text}{after}"
        result, alterations = Redactor().text(text)
        assert Redactor().text(result) == (result, [])
        _check_remarks(text, result, alterations)
        assert left_of(token, result) == set()
        if before == "TOKEN=" and token.before:
            assert result == "TOKEN=[redacted:assignment]\n" or token.before in result
        elif name in _OPEN or after.startswith("%"):  # which may belong to a token
            assert f"{token.before}[redacted:{token.rule}]" in result
        else:
            assert result == f"{before}{token.redacted}{after}"


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
@pytest.mark.parametrize("name", sorted(_HEADERS))
def test_a_header_is_hidden_to_its_end(name: str, beside: tuple[str, str]) -> None:
    token = _ALL[name]
    before, after = beside
    if name == "bearer, short" and before[-1:] and before[-1:] in "n20m3D":
        return  # the name of the header may be longer there, and without it that is a word
    result = redacted(f"{before}{token.text}{after}")
    assert result.startswith(f"{before}{token.redacted}")
    assert left_of(token, result) == set()


def _check_remarks(text: str, result: str, alterations: list[Any]) -> None:
    """Hold each remark against its placeholder, and against what it stands for."""
    restored, done, at = "", 0, 0
    for remark in alterations:
        assert result[remark["start"] : remark["end"]] == f"[redacted:{remark['rule']}]"
        between = result[done : remark["start"]]
        at += len(between)
        restored += between + text[at : at + remark["original_length"]]
        at += remark["original_length"]
        done = remark["end"]
    assert restored + result[done:] == text


@pytest.mark.parametrize("name", FORMATS)
def test_a_token_is_found_in_json_however_often_it_is_escaped(name: str) -> None:
    token = FORMATS[name]
    text, expected = f"a\n{token.text}\nb", f"a\n{token.redacted}\nb"
    for _ in range(3):
        text, expected = json.dumps({"message": text}), json.dumps({"message": expected})
        assert redacted(text) == expected


@pytest.mark.parametrize("name", FORMATS)
def test_tokens_behind_each_other_are_found_each(name: str) -> None:
    token = FORMATS[name]
    for between in (" ", ", ", "; ", "\n\n", " | "):
        text = between.join([token.text] * 3)
        assert redacted(f"{text};") == between.join([token.redacted] * 3) + ";"


GAPS = {
    "newline": "\n",
    "indent": "\n    ",
    "box": " │\n│ ",
    "backslash": "\\\n",
    "line end of others": "\r\n",
    "colour": "\x1b[0m",
    "link": "\x1b]8;;https://host/a\x1b\\",
    "U+200B": "\u200b",
    "U+FE0F": "\ufe0f",
}
_WRAPS = [gap for gap in GAPS.values() if "\n" in gap]
_AFTER = " and more;\nnext line\n"

# Where a wrap hides a token so far: all that tells these from letters and digits is at their end,
# and a line that begins with a part of it has nothing else that a token begins with.
MISSED = {
    "Azure DevOps": range(77, 80),
    "Azure AI": range(76, 81),
    "Mailchimp": range(33, 35),
    "New Relic, license": range(37, 40),
}

_EVERYWHERE = os.environ.get("RUN_ARTIFACTS_TEST_EVERYWHERE")


def _positions(token: Token, chance: int) -> list[int]:
    """Return where a token is interrupted: at its start, at its end, and here and there."""
    last = len(token.secret)
    if _EVERYWHERE:
        return [*range(1, last)]
    step = 5 + last // 12
    return sorted({*range(1, 7), *range(7 + chance % step, last, step), last - 1})


@pytest.mark.parametrize("gap", GAPS.values(), ids=GAPS)
def test_a_token_that_is_interrupted_leaves_nothing_but_what_follows(gap: str) -> None:
    for name, token in FORMATS.items():
        for at in _positions(token, len(name) + len(gap)):
            if gap in _WRAPS and at in MISSED.get(name, ()):
                continue
            secret = f"{token.secret[:at]}{gap}{token.secret[at:]}"
            result = redacted(f"; {token.before}{secret}{_AFTER}")
            assert left_of(token, result) == set(), (name, at)
            assert result.startswith(f"; {token.before}[redacted:{token.rule}]")
            assert result.endswith(_AFTER)
            assert redacted(result) == result


@pytest.mark.parametrize("name", MISSED)
def test_what_is_missed_so_far_is_named(name: str) -> None:
    token = FORMATS[name]
    found = [
        at
        for at in range(1, len(token.secret))
        if left_of(token, redacted(f"; {token.secret[:at]}\n{token.secret[at:]}{_AFTER}"))
    ]
    assert found == [*MISSED[name]]


# In lines as short as these, the start of one isn't found, and of the other one not the end: it may
# have any length, and what is left of it in the last line is too little to tell it from a word.
MISSED_IN_SHORT_LINES = {"Discord": 33, "GitHub, app": 33}


@pytest.mark.parametrize("width", [20, 33, 60, 76])
@pytest.mark.parametrize("gap", _WRAPS, ids=[name for name in GAPS if GAPS[name] in _WRAPS])
def test_a_token_that_is_wrapped_more_than_once_leaves_nothing(gap: str, width: int) -> None:
    for name, token in FORMATS.items():
        if width <= MISSED_IN_SHORT_LINES.get(name, 0):
            continue
        for first in range(1, width, 1 if _EVERYWHERE else 11):
            ends = [0, *range(first, len(token.secret), width), len(token.secret)]
            if not {*ends}.isdisjoint(MISSED.get(name, ())):
                continue
            parts = [token.secret[start:end] for start, end in itertools.pairwise(ends)]
            result = redacted(f"; {token.before}{gap.join(parts)}{_AFTER}")
            assert left_of(token, result) == set(), (name, first)
            assert result.endswith(_AFTER)


@pytest.mark.parametrize("name", FORMATS)
def test_what_follows_a_whole_token_in_the_next_line_stays(name: str) -> None:
    token = FORMATS[name]
    words = ["plainandsimple"[:length] for length in range(2, 13)]
    for line in ("plain words", "12:00 started", "2026-01-01 started", "- item", "step-2", *words):
        text = f"is {token.text}\n{line}\n"
        assert redacted(text) == f"is {token.redacted}\n{line}\n"


def test_a_bot_of_telegram_is_found_in_its_address() -> None:
    token = FORMATS["Telegram"]
    for before in ("https://api.telegram.org/bot", "GET /bot"):
        assert redacted(f"{before}{token.text}/getMe") == f"{before}{token.redacted}/getMe"
    assert redacted(f"robot{token.text}") == f"robot{token.text}"


@pytest.mark.parametrize("length", [24, 36, 40, 120, 5_000])
def test_a_token_that_its_issuer_lengthens_is_found_to_its_end(length: int) -> None:
    token = made(f"ghp_[A-Za-z0-9]{{{length}}}")
    assert redacted(f"is {token}; and") == "is [redacted:github_token]; and"


@pytest.mark.parametrize("ending", ["-_-", "_", "-x", "-x_y.z", "-a.b"])
def test_what_goes_on_behind_a_token_goes_with_it(ending: str) -> None:
    token = FORMATS["GitLab"].secret
    assert redacted(f"is {token}{ending} now") == "is [redacted:gitlab_token] now"
