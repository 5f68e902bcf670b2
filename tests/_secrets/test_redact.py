"""A text with its secrets replaced: none is left, nor any in what is left of it."""

from __future__ import annotations

import random
import re

import pytest

from run_artifacts import render_failure_text, sanitize_error
from run_artifacts._secrets import redact
from run_artifacts._secrets.redact import Redactor, Span, _united, rules
from support import redacted
from tokens import NEARLY, TOKENS, some


def test_nothing_is_redacted_where_that_is_asked_for() -> None:
    error = {"password": "till-7", "message": TOKENS["github p"].text}
    assert sanitize_error(error, redact=False) == error
    text = render_failure_text(error, redact=False, secrets=["till-7-or-more"])
    assert TOKENS["github p"].secret in text
    assert "till-7" in text


def test_a_secret_of_what_stands_for_placeholders_is_found_beside_them_alone() -> None:
    text = "[redacted:jwt] [redacted:basic]"
    assert redacted(text, "\0" * 9) == text
    assert redacted("x" + "\0" * 9 + "x", "\0" * 9) == "x[redacted:secret]x"


def test_secrets_beside_each_other_leave_nothing() -> None:
    # A word right behind one of these is the end of it, and no label of the next.
    unclear = ("bearer, short", "bearer, letters", "bearer in a query")
    tokens = [token for name, token in TOKENS.items() if name not in unclear]
    chance = random.Random(8)
    for _ in range(300):
        picked = chance.choices(tokens, k=3)
        separator = chance.choice([" ", ",", ".", "-", "_", "=", "\n", "/", "@"])
        text = separator.join(token.text for token in picked)
        result, alterations = Redactor().text(text)
        for token in picked:
            for at in range(len(token.secret) - 8):
                assert token.secret[at : at + 8] not in result or token.rule == "url_userinfo"
        assert [result[found["start"] : found["end"]] for found in alterations] == re.findall(
            r"\[redacted:[a-z_]+\]", result
        )
        assert Redactor().text(result) == (result, [])


def test_a_token_right_behind_a_secret_is_found() -> None:
    token = TOKENS["github p"]
    assert redacted(f"tillbill{token.text}", "tillbill") == f"[redacted:secret]{token.redacted}"
    aws = TOKENS["aws"]
    expected = f"[redacted:secret]{aws.redacted}[redacted:secret]"
    assert redacted(f"tillbill{aws.text}tillbill", "tillbill") == expected


def test_placeholders_are_no_secrets_and_hide_none() -> None:
    for rule in rules():
        text = f"Bearer [redacted:{rule}] https://[redacted:{rule}]@host [redacted:{rule}]"
        assert Redactor(["redacted:bearer", "[redacted"]).text(text) == (text, [])
        error = {"password": f"[redacted:{rule}]"}
        assert sanitize_error(error) == error
    assert redacted("[redacted:tillbillkill]", "tillbillkill") == "[redacted:[redacted:secret]]"
    hidden = sanitize_error({"password": "[redacted:till]"})
    assert hidden is not None
    assert hidden["password"] == "[redacted:key_name]"


def test_what_is_left_between_placeholders_is_no_secret() -> None:
    text = "https://user:[redacted:secret]@host"
    assert Redactor().text(text) == (text, [])


@pytest.mark.parametrize("unit", NEARLY)
def test_a_search_takes_a_few_rounds_whatever_the_text(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0
    real = Redactor._found

    def counting(redactor: Redactor, text: str, parts: list[tuple[int, int]]) -> list[redact.Span]:
        nonlocal rounds
        rounds += 1
        return real(redactor, text, parts)

    monkeypatch.setattr(Redactor, "_found", counting)
    for text in (unit * 2_000, f"tillbill{unit}" * 500, f"{some(9)} {unit}x{unit}" * 500):
        rounds = 0
        Redactor(["tillbill"]).text(text)
        assert rounds <= 3


UNITED: dict[str, tuple[list[Span], list[Span]]] = {
    "none": ([], []),
    "apart": ([(4, 6, "b"), (0, 3, "a")], [(0, 3, "a"), (4, 6, "b")]),
    "touching": ([(0, 3, "a"), (3, 6, "b")], [(0, 3, "a"), (3, 6, "b")]),
    "of one start, the longer": ([(0, 9, "b"), (0, 5, "a")], [(0, 9, "b")]),
    "of one start, whatever the names": ([(0, 9, "a"), (0, 5, "b")], [(0, 9, "a")]),
    "of one extent, a format before a name": (
        [(0, 9, "assignment"), (0, 9, "age_key"), (9, 11, "assignment"), (9, 11, "npm_token")],
        [(0, 9, "age_key"), (9, 11, "npm_token")],
    ),
    "of one start, a name with the longer": (
        [(0, 9, "assignment"), (0, 5, "age_key")],
        [(0, 9, "assignment")],
    ),
    "the first, though it is shorter": ([(0, 3, "a"), (2, 9, "b")], [(0, 9, "a")]),
    "within": ([(0, 9, "a"), (2, 4, "b"), (8, 11, "c")], [(0, 11, "a")]),
    "in a row": ([(0, 3, "a"), (2, 5, "b"), (4, 7, "c"), (7, 8, "d")], [(0, 7, "a"), (7, 8, "d")]),
    "within one, then another": (
        [(0, 9, "a"), (2, 4, "b"), (9, 11, "c")],
        [(0, 9, "a"), (9, 11, "c")],
    ),
}


@pytest.mark.parametrize(("spans", "united"), UNITED.values(), ids=UNITED)
def test_spans_that_overlap_become_one_with_the_rule_of_the_first_or_longer(
    spans: list[Span], united: list[Span]
) -> None:
    assert _united(spans) == united


def test_the_longer_one_of_a_callers_secret_and_a_token_gives_the_rule() -> None:
    token = TOKENS["github p"].text
    assert redacted(f"<{token}>", token[:12]) == "<[redacted:github_token]>"
    assert redacted(f"<{token}; more>", f"{token}; more") == "<[redacted:secret]>"
    assert redacted(f"<{token}; more>", f"{token[20:]}; more") == "<[redacted:github_token]>"
    assert redacted(f"<more; {token}>", f"more; {token[:20]}") == "<[redacted:secret]>"


BLANKED: dict[str, tuple[list[tuple[int, int]], str]] = {
    "none": ([], "0123456789"),
    "apart": ([(7, 9), (1, 3)], "0##3456##9"),
    "within": ([(2, 8), (3, 5)], "01######89"),
    "over each other": ([(2, 5), (4, 7)], "01#####789"),
    "to the ends": ([(0, 4), (4, 10)], "##########"),
}


@pytest.mark.parametrize(("spans", "left"), BLANKED.values(), ids=BLANKED)
def test_spans_are_blanked_and_no_offset_moves(spans: list[tuple[int, int]], left: str) -> None:
    assert redact._blank("0123456789", spans).replace(redact.BLANK, "#") == left
