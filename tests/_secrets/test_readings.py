"""Readings: what was rewritten, and where each part of it is spelt."""

from __future__ import annotations

import random
import re

from run_artifacts._secrets.readings import Reading, Rewritten, rewrite


class Spoken(Rewritten):
    """A reading in which a number stands for so many letters."""

    @classmethod
    def pieces(cls, text: str) -> tuple[list[str], list[str]]:
        spelt = re.split("([0-9])", text)
        return spelt, [
            "x" * int(piece) if index % 2 else piece for index, piece in enumerate(spelt)
        ]


class Halved(Rewritten):
    """A reading in which two letters stand for a number."""

    @classmethod
    def pieces(cls, text: str) -> tuple[list[str], list[str]]:
        spelt = re.split("(xx|ab)", text)
        return spelt, ["2" if index % 2 else piece for index, piece in enumerate(spelt)]


def test_a_text_as_it_stands_is_where_it_is() -> None:
    assert Reading("tillbill").span(2, 5) == (2, 5)


def test_a_part_of_a_reading_is_spelt_from_its_first_to_its_last_piece() -> None:
    reading = Spoken(Reading("a2b0c1"))
    assert reading.text == "axxbcx"
    assert [reading.span(at, at + 1) for at in range(6)] == [
        (0, 1),
        (1, 2),
        (1, 2),
        (2, 3),
        (4, 5),
        (5, 6),
    ]
    # What is left out belongs to what stands around it, and to nothing that ends there.
    assert [reading.span(*span) for span in ((0, 2), (2, 4), (3, 5), (0, 6))] == [
        (0, 2),
        (1, 3),
        (2, 5),
        (0, 6),
    ]


def test_what_changes_nothing_is_no_reading_of_its_own() -> None:
    reading = Reading("abc")
    assert rewrite(reading, Spoken) is reading
    assert rewrite(Reading("ab0"), Spoken).text == "ab"


def test_readings_of_readings_tell_where_their_text_is() -> None:
    chance = random.Random(4)
    for _ in range(2_000):
        text = "".join(chance.choices("abx0123", k=chance.randrange(1, 20)))
        spoken = Spoken(Reading(text))
        reading = Halved(spoken)
        for start in range(len(reading.text)):
            for end in range(start + 1, len(reading.text) + 1):
                begin, behind = reading.span(start, end)
                inner = text[begin:behind]
                # All of the part is in what is spelt there, and less of it doesn't spell it.
                assert reading.text[start:end] in _any_reading(inner), (text, start, end)
                assert inner[0] != "0"
                assert inner[-1] != "0"


def _any_reading(text: str) -> str:
    """Return a text rewritten with what may stand around it."""
    return "\n".join(Halved(Spoken(Reading(f"{before}{text}"))).text for before in ("", "x", "a"))
