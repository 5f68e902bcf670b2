"""A text without interruptions: which are left out, and where the rest of it stands."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from run_artifacts._secrets.interruptions import (
    ESCAPE_SEQUENCE,
    INVISIBLE,
    WRAP,
    squeezed,
    uninterrupted,
)
from run_artifacts._secrets.readings import Reading

WRAPS = [
    "\n", "\r\n", " \t\n  ", "\\\n", " \\ \r\n\t", "\n\n\n", "\n \n \\\n", " │\n│ ", "|\n|",
    " ┃\n┃", "║\n║", " \\ │\n│ ",
]  # fmt: skip

ESCAPE_SEQUENCES = [
    "\x1b[m", "\x1b[0m", "\x1b[1;31m", "\x1b[38;2;255;0;128m", "\x1b[?25h", "\x1b[2K",
    "\x1b[10;20H", "\x1b[0 q", "\x9b31m", "\x1b]0;a title\x07", "\x1b]8;;https://host/a?b\x1b\\",
    "\x1bPdata\x1b\\", "\x1b^\x9c", "\x1b(B", "\x1b)0", "\x1b#8", "\x1b=", "\x1b7", "\x1bM",
    "\x1bc",
]  # fmt: skip

INVISIBLES = [
    "\xad", "\u034f", "\u061c", "\u115f", "\u180e", "\u200b", "\u200c", "\u200d", "\u200e",
    "\u202e", "\u2060", "\u2064", "\u2066", "\u206f", "\u2800", "\u3164", "\ufe00", "\ufe0f",
    "\ufeff", "\uffa0", "\ufff9", "\U0001d173", "\U000e0001", "\U000e0041", "\U000e01ef",
]  # fmt: skip

# Nothing of it is left out, whatever a terminal makes of it.
KEPT = [
    "", "plain", "  indented", "a | b", "a\\ b", "é字😀", "\x1b", "\x1b[", "\x1b[12",
    "\x1b]0;no end", "\x1b[1\x1b", "\x1b\xe9", "a\rb",
]  # fmt: skip


@pytest.mark.parametrize("gap", [*WRAPS, *ESCAPE_SEQUENCES, *INVISIBLES], ids=ascii)
def test_an_interruption_is_left_out_and_belongs_to_what_goes_on_behind_it(gap: str) -> None:
    text = f"till{gap}bill"
    reading = uninterrupted(Reading(text))
    assert reading.text == "tillbill"
    assert reading.span(0, 8) == (0, len(text))
    assert reading.span(0, 4) == (0, 4)
    assert reading.span(4, 8) == (len(text) - 4, len(text))
    assert reading.span(3, 5) == (3, len(text) - 3)


@pytest.mark.parametrize("text", KEPT, ids=ascii)
def test_what_interrupts_nothing_stays(text: str) -> None:
    reading = Reading(text)
    assert uninterrupted(reading) is reading


@pytest.mark.parametrize(
    ("expression", "gaps"),
    [(WRAP, WRAPS), (ESCAPE_SEQUENCE, ESCAPE_SEQUENCES), (INVISIBLE, INVISIBLES)],
    ids=["wraps", "escape sequences", "invisible"],
)
def test_an_expression_matches_each_of_its_kind_whole(expression: str, gaps: list[str]) -> None:
    pattern = re.compile(f"till{expression}bill")
    for gap in gaps:
        assert pattern.fullmatch(f"till{gap}bill"), ascii(gap)
    for other in ("", " ", "x", "|", "\\", "\x1b"):
        assert not pattern.fullmatch(f"till{other}bill")


def test_interruptions_of_all_kinds_follow_each_other() -> None:
    gaps = [*WRAPS, *ESCAPE_SEQUENCES, *INVISIBLES]
    chance = random.Random(6)
    for _ in range(500):
        parts = ["till", *chance.choices(["-", "é", "b"], k=3)]
        made = [part + "".join(chance.choices(gaps, k=3)) for part in parts]
        text = "".join([*made, "bill"])
        reading = uninterrupted(Reading(text))
        # A backslash is left where an interruption begins behind it that is no wrap.
        assert reading.text.replace("\\", "") == "".join(parts) + "bill"
        assert reading.span(0, len(reading.text)) == (0, len(text))


def test_a_backslash_at_the_end_of_a_line_may_be_that_of_an_escape() -> None:
    text = "a\\\nu0041"
    assert uninterrupted(Reading(text)).text == "au0041"
    assert uninterrupted(Reading(text), continued=False).text == "a\\u0041"
    # One of two is the wrap's, the other isn't.
    assert uninterrupted(Reading("a\\\\\nb")).text == "a\\b"


def test_the_ends_of_a_text_are_none_of_a_line_that_is_wrapped() -> None:
    reading = uninterrupted(Reading("  | a\n b \\"))
    assert (reading.text, reading.span(0, 2)) == ("ab", (4, 8))


def test_a_reading_is_squeezed_of_all_that_may_stand_beside_a_wrap() -> None:
    text = "a b|c\\d\t │e"
    reading = squeezed(Reading(text))
    assert reading.text == "abcde"
    assert [reading.span(at, at + 1) for at in range(5)] == [
        (0, 1), (2, 3), (4, 5), (6, 7), (10, 11),
    ]  # fmt: skip
    unchanged = Reading("abc")
    assert squeezed(unchanged) is unchanged


def test_each_character_is_where_it_stands() -> None:
    chance = random.Random(5)
    letters = [*"ab\\| \n", "\x1b[0m", "\u200b", "\r\n"]
    for _ in range(2_000):
        text = "".join(chance.choices(letters, k=12))
        for reading in (uninterrupted(Reading(text)), squeezed(uninterrupted(Reading(text)))):
            spans = [reading.span(at, at + 1) for at in range(len(reading.text))]
            assert [text[slice(*span)] for span in spans] == [*reading.text]
            assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))
