"""A regular expression matcher that counts its steps, as `re` doesn't say how many it takes.

It backtracks in the order in which `re` does, over the syntax tree that `re` makes of a pattern.
Where `re` leaps to the next character that a match can begin with, this one looks at each.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_parser: Any = re._parser  # type: ignore[attr-defined]
_names: Any = re._constants  # type: ignore[attr-defined]


class Counted:
    """A pattern whose steps are counted."""

    def __init__(self, pattern: re.Pattern[str]) -> None:
        self.steps = 0
        self.text = ""
        self.groups: dict[int, tuple[int, int]] = {}
        self.tree = _parser.parse(pattern.pattern, pattern.flags)

    def spans(self, text: str) -> list[tuple[int, int]]:
        """Return the span of each match, or of its group where it has one."""
        self.text = text
        found = []
        at = 0
        while at <= len(text):
            self.groups = {}
            end = next(self.sequence(list(self.tree), at), None)
            if end is None:
                at += 1
            else:
                found.append(next(iter(self.groups.values()), (at, end)))
                at = max(end, at + 1)
        return found

    def sequence(self, nodes: list[Any], at: int) -> Iterator[int]:
        if not nodes:
            yield at
            return
        for middle in self.one(nodes[0], at):
            yield from self.sequence(nodes[1:], middle)

    def one(self, node: Any, at: int) -> Iterator[int]:
        self.steps += 1
        kind, value = node
        if self.is_single(node):
            if at < len(self.text) and self.fits(node, self.text[at]):
                yield at + 1
        elif kind is _names.BRANCH:
            for branch in value[1]:
                yield from self.sequence(list(branch), at)
        elif kind is _names.SUBPATTERN:
            for end in self.sequence(list(value[3]), at):
                if value[0]:
                    self.groups = {value[0]: (at, end)}
                yield end
        elif kind in (_names.MAX_REPEAT, _names.POSSESSIVE_REPEAT):
            ends = self.repeat(*value, at, 0)
            yield from ends if kind is _names.MAX_REPEAT else self.first(ends)
        elif kind is _names.MIN_REPEAT:
            yield from self.repeat_least(*value, at)
        elif kind in (_names.ASSERT, _names.ASSERT_NOT):
            if self.holds(value, at) is (kind is _names.ASSERT):
                yield at
        elif kind is _names.AT:
            if self.is_at(value, at):
                yield at
        else:
            raise NotImplementedError(kind)

    def is_single(self, node: Any) -> bool:
        return node[0] in (_names.LITERAL, _names.NOT_LITERAL, _names.IN, _names.ANY)

    def fits(self, node: Any, character: str) -> bool:
        kind, value = node
        if kind is _names.ANY:
            return True  # every dot here matches line ends too
        if kind is not _names.IN:
            return (ord(character) == value) is (kind is _names.LITERAL)
        negated = value[0][0] is _names.NEGATE
        return negated is not any(self.is_in(item, character) for item in value)

    def is_in(self, item: Any, character: str) -> bool:
        kind, value = item
        if kind is _names.RANGE:
            return value[0] <= ord(character) <= value[1]
        if kind is _names.CATEGORY:
            word = bool(re.match(r"\w", character, re.ASCII))
            return word if value is _names.CATEGORY_WORD else character in " \t\n\r\f\v"
        return kind is _names.LITERAL and ord(character) == value

    def repeat(self, least: int, most: int, nodes: Any, at: int, count: int) -> Iterator[int]:
        if len(nodes) == 1 and self.is_single(nodes[0]):
            end = at
            while end < len(self.text) and end - at < most and self.fits(nodes[0], self.text[end]):
                self.steps += 1
                end += 1
            for here in range(end, at + least - 1, -1):
                self.steps += 1
                yield here
            return
        if count < most:
            for end in self.sequence(list(nodes), at):
                if end > at:
                    yield from self.repeat(least, most, nodes, end, count + 1)
        if count >= least:
            yield at

    def repeat_least(self, least: int, most: int, nodes: Any, at: int) -> Iterator[int]:
        end: int | None = at
        for count in range(most + 1):
            self.steps += 1
            if end is None:
                return
            if count >= least:
                yield end
            end = next(self.sequence(list(nodes), end), None)

    def first(self, ends: Iterator[int]) -> Iterator[int]:
        for end in ends:
            yield end
            return

    def holds(self, value: Any, at: int) -> bool:
        direction, nodes = value
        start = at if direction > 0 else at - nodes.getwidth()[0]
        groups = self.groups
        ends = self.sequence(list(nodes), start) if start >= 0 else iter(())
        found = any(direction > 0 or end == at for end in ends)
        self.groups = groups
        return found

    def is_at(self, place: Any, at: int) -> bool:
        if place is _names.AT_END_STRING:
            return at == len(self.text)
        around = [bool(re.match(r"\w", c, re.ASCII)) for c in self.text[max(at - 1, 0) : at + 1]]
        at_edge = at in (0, len(self.text))
        return any(around) if at_edge else around[0] != around[1]
