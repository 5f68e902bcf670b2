"""The one scan: each prefix is found wherever it stands, and in a part as in the whole."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import pytest

from run_artifacts._secrets.anchors import _ANCHORS, Anchors
from run_artifacts._secrets.commands import PROGRAM_FINDERS
from run_artifacts._secrets.redact import Redactor, _anchors, _urls
from run_artifacts._secrets.tokens import Finder, Found
from shapes import FORMATS
from tokens import NEARLY, TOKENS


class Counting(Finder):
    """A finder that takes the prefix of another one alone, and counts where it is asked."""

    def __init__(self, of: Finder) -> None:
        self.prefix, self.glance = of.prefix, of.glance
        self.is_word, self.has_body, self.body = of.is_word, of.has_body, of.body
        self.asked: list[int] = []

    def find(self, text: str, at: int, body: int | None = None) -> tuple[Sequence[Found], int]:
        """Say that it is there, wherever that may be."""
        self.asked.append(at)
        assert body is not None or text.startswith(self.prefix, at)
        return ((at, body or at + len(self.prefix), "found"),), at + len(self.prefix)


def _finders() -> list[Finder]:
    """Return what the package looks for."""
    found: list[Finder] = []
    for anchors in (_anchors(), _urls()):
        for group in anchors._groups.values():
            found += [finder for some in group.heads.values() for finder in some]
    return list(dict.fromkeys(found))


# What may be asked for beside a prefix before its finder is: what follows it, what is before it.
_BODIES = ("a1B2" * 25, "a1b2" * 25, "A1B2" * 25)
_BESIDE: dict[str, tuple[str, str]] = {
    ".": ("M" + "aB3" * 8 + ".Gabcd1", ""),
    "AA": ("1234567890:", _BODIES[0]),
    "-Lines:": ("Private", " 1\n"),
    "password": ("", " x"),
}

# A line must begin with more characters of these to be looked at.
_LONG = {"$pbkdf2-sha256$"}


@pytest.mark.parametrize("finder", _finders(), ids=lambda finder: ascii(finder.prefix))
def test_a_prefix_is_found_wherever_it_stands(finder: Finder) -> None:
    counting = Counting(finder)
    anchors = Anchors([counting])
    body = next((body for body in _BODIES if re.match(finder.body, body)), _BODIES[0])
    before, after = _BESIDE.get(finder.prefix, ("", body))
    near = f"{before}{finder.prefix}{after}"
    for start in ("", " ", "\n", "; é", '"', "x" * 70_000 + " ", "\0", "\\n", "x_"):
        for end in ("", " ", "\n", ";", '"', "é"):
            text = f"{start}{near}{end}"
            counting.asked.clear()
            found = [*anchors.spans(text, 0, len(text))]
            at = len(start) + len(before)
            assert (at, at + len(finder.prefix), "found") in found, (start[-9:], end)


@pytest.mark.parametrize("finder", _finders(), ids=lambda finder: ascii(finder.prefix))
def test_a_prefix_is_found_at_the_end_of_a_line_that_is_wrapped(finder: Finder) -> None:
    if not finder.has_body or finder.prefix in _LONG:
        return
    counting = Counting(finder)
    anchors = Anchors([counting])
    before, _ = _BESIDE.get(finder.prefix, ("", ""))
    for gap, cut in itertools.product(
        ("\n", "\r\n", " │\n│ ", "\\\n"), range(1, len(finder.prefix))
    ):
        text = f"; {before}{finder.prefix[:cut]}{gap}{finder.prefix[cut:]}{_BODIES[0]};"
        starts = [start for start, _, _ in anchors.wrapped(text, 0, len(text))]
        assert len(before) + 2 in starts, (gap, cut)


def test_each_finder_has_a_character_by_which_it_is_found() -> None:
    finders = _finders()
    assert len(finders) > 250
    assert all(not {*_ANCHORS}.isdisjoint(finder.prefix) for finder in finders)
    assert {*map(id, PROGRAM_FINDERS)} <= {*map(id, finders)}


def test_a_finder_is_not_asked_again_before_where_it_said_to_go_on() -> None:
    class Greedy(Counting):
        def find(
            self, _text: str, at: int, _body: int | None = None
        ) -> tuple[Sequence[Found], int]:
            self.asked.append(at)
            return (), at + 100

    greedy = Greedy(next(finder for finder in _finders() if finder.prefix == "ghp_"))
    text = f"ghp_{_BODIES[0][:24]} " * 200
    assert [*Anchors([greedy]).spans(text, 0, len(text))] == []
    assert all(after - before >= 100 for before, after in itertools.pairwise(greedy.asked))
    assert len(greedy.asked) > 20


@pytest.mark.parametrize("name", FORMATS)
def test_a_part_of_a_text_has_what_the_whole_has_there(name: str) -> None:
    token = FORMATS[name]
    for before, after in (("", ""), ("; is ", " now;"), ("x\n", "\nx"), ('{"a": "', '"}')):
        text = f"{before}{token.text}{after}"
        filled = f"{'y ' * 40}{text}{' y' * 40}"
        whole = [*_anchors().spans(text, 0, len(text))]
        assert whole
        part = [*_anchors().spans(filled, 80, 80 + len(text))]
        assert [(start - 80, end - 80, rule) for start, end, rule in part] == whole
        assert [*_anchors().spans(filled, 0, len(filled))] == part


def test_a_redactor_finds_the_same_in_parts_of_a_text() -> None:
    redactor = Redactor()
    for unit in (*NEARLY, *(token.text for token in [*TOKENS.values(), *FORMATS.values()])):
        text = f"; {unit} ;\n; {unit} ;\n"
        middle = len(text) // 2
        parts = [
            *redactor._found(text, [(0, middle)]),
            *redactor._found(text, [(middle, len(text))]),
        ]
        assert {*redactor._found(text, [(0, len(text))])} <= {*parts}
