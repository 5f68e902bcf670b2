r"""Assignments in a text: a name that says "secret", a joint, and a value, however they are spelt.

A text comes in. Its joints, ``=`` and ``:``, are found in the text read backwards, so that one
pattern leaps from joint to joint and takes the name before it. Nearly all names are plain: only
behind the others is a value read forwards, to its quote or to what ends a word there. What goes out
is the span of each value that may be a secret.

No pattern looks further than a bounded number of characters for a name, and a value is read once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.assigned import (
    LONGEST_NAME,
    Place,
    Runs,
    element_value,
    option_value,
    paired_value,
    value_at,
)
from run_artifacts._secrets.names import may_be_secret, secret_kind
from run_artifacts._secrets.tokens import Found

# Each with what may stand between it and a name, and the name, read backwards. What ends in a
# number is a name where a word stands before that; a time is none. A value of two characters that
# is a number is none, and soonest told. Classes are written out, as they are compared faster so.
_W = "A-Za-z0-9_.-"
_WORDS = rf"[A-Za-z_][{_W}]{{0,{LONGEST_NAME - 1}}}+"
_ENDS = r"[\s&,;|)\]}\"'<]"
_TWO_WORDS = "(?:y[eE][kK]|YEK) [A-Za-z]{2,20}(?![A-Za-z0-9_])"  # an "API Key", of labels
_JOINTS = {
    "=": lazy_pattern(
        rf"=(?<!{_ENDS}[0-9]=)(?<!{_ENDS}[0-9][0-9]=)(?<![=~]=)[ \t:\"'`\\\])]{{0,40}}+"
        rf"({_TWO_WORDS}|{_WORDS}|(?=[0-9]{{1,3}}[A-Za-z_-])[{_W}]{{1,{LONGEST_NAME}}}+)"
    ),
    ",": lazy_pattern(
        rf",(?<=[\"'`\\bru< ],)(?:[ \t]?[\"'`\\]{{1,5}}+)?"
        rf"([A-Za-z0-9_][{_W}]{{0,{LONGEST_NAME - 1}}}+)(?=[\"'`{{])"
    ),
    ":": lazy_pattern(
        rf":(?![0-9][0-9:])(?<!::)(?:[ \t]?[\"'`\\\]]{{1,10}}+|(?<= :)[ \t]{{1,20}}+|(?<= :):)?"
        rf"({_TWO_WORDS}|{_WORDS}|(?=[0-9][a-z_])[{_W}]{{1,{LONGEST_NAME}}}+)"
    ),
}
_OPTIONS = lazy_pattern(
    rf"-(?<![^\s\"'\[(,`\0]-)(-?[A-Za-z][A-Za-z0-9_-]{{1,{LONGEST_NAME}}}+)(?=[\"'\\]{{0,4}},?[\s\\])"
)
_ELEMENTS = lazy_pattern(
    rf"(?a)<(?=[A-Za-z_])(?:\w{{1,20}}[ \t](?:name|key)=[\"'](?=[\w:.-]{{1,{LONGEST_NAME}}}[\"']))?"
    rf"([\w:.-]{{1,{LONGEST_NAME}}})(?:[ \t\"'][^<>\n\0]{{0,200}})?(?<!/)>"
    r"\s{0,80}(?:<!\[CDATA\[)?(?=[^<\s])"
)
_QUOTE_BEFORE = lazy_pattern(r"\\*[\"'`]\Z")
_QUOTE_BEHIND = lazy_pattern(r"[ \t]{0,4}(\\{0,16}[\"'`]?)")
_LONGEST_QUOTE = 16
_ESCAPES = "nrt"  # the letters of escaped line ends and tabs
_LONGEST_JOINT = 48
_LONGEST_TAG = 240
_LONGEST_BESIDE = 300
_FEW, _MANY = 4, 512  # names, and places of them, that are looked at one by one
_PART = 65_536  # characters that are looked at together

# Names that say nothing of themselves: that of such a value stands beside it.
_UNNAMED = frozenset({"value", "Value", "VALUE", "input_value"})
_NAME = rf"([a-z_][\w.-]{{0,{LONGEST_NAME - 1}}})"
_MARKS = r"[\"'\\]{0,8}"
_CALLED = rf"\b(?:name|key){_MARKS}[ \t]{{0,4}}[:=][ \t]{{0,4}}{_MARKS}{_NAME}(?![\w.-])"
_NAME_BEFORE = lazy_pattern(rf"(?ai){_CALLED}[^{{}}<>()\0]{{0,120}}\Z")
# No placeholder stands between, which is not as long as what it replaced.
_CALLS = lazy_pattern(r"(?ai)\b(?:name|key)(?=[\"'\\ \t:=])")
_MOST_CALLS = 4
_BRACES = lazy_pattern(r"[{}<>()\0]")
_LONGEST_PART = 120
# What the value is a part of in JSON, and in YAML; the line above a message of pydantic.
_PART_OF = lazy_pattern(rf"(?ai)(?<![\w.-]){_NAME}{_MARKS}[ \t]?[:=][ \t]?\Z")
_ABOVE = lazy_pattern(rf"(?ai)(?<![\w.-]){_NAME}{_MARKS}:[ \t]?\n\s{{1,40}}{_MARKS}\Z")
_BESIDE_INPUT = lazy_pattern(rf"(?ai)(?:\A|\n){_NAME}\n[^\n\0]{{0,200}}[ ,]\Z")
_NAME_BEHIND = lazy_pattern(
    rf"(?ai)[ \t]{{0,4}}([\"'])[^\"'\n\0]{{1,4096}}\1[^{{}}<>()\0]{{0,120}}?{_CALLED}"
)
_ELEMENT_BEFORE = lazy_pattern(
    rf"(?ai)<(?:name|key)>\s{{0,80}}{_NAME}\s{{0,80}}</(?:name|key)>\s{{0,80}}<\Z"
)


class Assignments:
    """What finds assignments; it keeps in mind which names were met.

    Threads share it: what is known of a name is there from the first, and never changes.
    """

    __slots__ = ("_kinds",)

    def __init__(self) -> None:
        """Begin without any name."""
        self._kinds: dict[str, str | None] = {}

    def __len__(self) -> int:
        """Return how many names were met."""
        return len(self._kinds)

    def spans(self, text: str, backwards: str, start: int, end: int) -> Iterator[Found]:
        """Yield the values behind the joints in a part of a text, which is given backwards, too."""
        yield from self._joined(text, backwards, start, end)
        for sign, pattern in (("-", _OPTIONS), ("<", _ELEMENTS)):
            if text.find(sign, start, end) >= 0:
                for found in self._named(pattern, text, start, end, 1):
                    kind = self._kinds[found[1]]
                    if sign == "-":
                        yield from option_value(text, found.end(), kind)
                        continue
                    if kind == "value":
                        kind = _element_kind(text, found.start(1))
                    yield from element_value(text, found.end(), kind)

    def _joined(self, text: str, backwards: str, start: int, end: int) -> Iterator[Found]:
        for sign in _JOINTS:
            if text.find(sign, start, end) < 0:
                continue
            runs, covered = Runs(), 0
            found = [*self._named(_JOINTS[sign], backwards, 0, len(backwards), -1)]
            for joint in reversed(found):
                behind = end - joint.start()
                if behind > max(start, covered):
                    span = end - joint.end(1), end - joint.start(1)
                    for value in self._value(text, joint[1][::-1], span, behind, sign, runs):
                        covered = value[1]
                        yield value

    def _named(
        self, pattern: re.Pattern[str], text: str, start: int, end: int, step: int
    ) -> Iterator[re.Match[str]]:
        """Yield what is found behind names of secrets, part by part, as most parts have none."""
        while start < end:
            behind = text.find("\n", start + _PART, end)
            behind = end if behind < 0 else behind + 1
            names = self._secret(set(pattern.findall(text, start, behind)), step)
            if len(names) > _FEW or sum(text.count(n, start, behind) for n in names) > _MANY:
                for found in pattern.finditer(text, start, behind):
                    if self._kinds.get(found[1][::step]):
                        yield found
            else:
                for name in names:
                    yield from _around(pattern, name, text, start, behind)
            start = behind

    def _secret(self, names: set[str], step: int) -> list[str]:
        """Return which of some names are those of secrets, and keep in mind which."""
        new = {name[::step] for name in names}.difference(self._kinds)
        kinds: dict[str, str | None] = dict.fromkeys(new)
        for name in may_be_secret(new) if new else ():
            # Behind an escaped line end its letter seems to begin the name.
            escaped = secret_kind(name[1:]) if name[0] in _ESCAPES else None
            kinds[name] = secret_kind(name) or escaped
        for name in _UNNAMED & new:
            kinds[name] = "value"
        self._kinds.update(kinds)
        return [name for name in names if self._kinds[name[::step]]]

    def _value(
        self, text: str, name: str, span: tuple[int, int], at: int, sign: str, runs: Runs
    ) -> Iterator[Found]:
        kind = self._kinds[name]
        name_start, name_end = span
        if name[0] in _ESCAPES and text[name_start - 1 : name_start] == "\\":
            name, name_start = name[1:], name_start + 1
            span = name_start, name_end
        if name[:1] in _ESCAPES and kind != "value" and not secret_kind(name):
            return
        if sign == ",":
            yield from paired_value(text, at, kind or "")
            return
        before, after = text[name_start - 1 : name_start], text[at : at + 1]
        if after in ("=", "~", ":") or (sign == ":" and before in (":", "/", "=") and after != " "):
            return
        if sign == "=" and after in (" ", "\t") and text[at - 2] not in " \t\"'`])\\:":
            return  # a shell's, of nothing
        if _ends_quoted(text, name_start, name_end, at):
            return
        if kind == "value":
            name = _name_beside(text, name, name_start, at)
            kind = secret_kind(name)
            if not kind:
                return
        if text[at : at + 1] == ">":
            at += 1
        yield from value_at(text, at, kind or "", Place(text, name, span, sign, runs))


def _ends_quoted(text: str, name_start: int, name_end: int, at: int) -> bool:
    """Say whether behind a joint there is the quote that ends what the name stands in."""
    opening = _QUOTE_BEFORE.search(text, max(0, name_start - _LONGEST_QUOTE), name_start)
    if not opening or opening[0] in text[name_end:at]:
        return False
    return _QUOTE_BEHIND.match(text, at)[1] == opening[0]  # type: ignore[index]


def _element_kind(text: str, at: int) -> str | None:
    """Return what kind of secret an element of XML holds that is called a value."""
    called = _ELEMENT_BEFORE.search(text, max(0, at - _LONGEST_BESIDE), at)
    return secret_kind(called[1]) if called else None


def _name_beside(text: str, name: str, start: int, at: int) -> str:
    """Return what a value is called that stands under no name of its own; empty for nothing."""
    first = max(0, start - _LONGEST_BESIDE)
    for call in [*_CALLS.finditer(text, first, start)][: -_MOST_CALLS - 1 : -1]:
        found = _NAME_BEFORE.match(text, call.start(), start)
        if found:
            return found[1]
    found = _name_above(text, name, first, start)
    if found:
        return found[1]
    behind = _NAME_BEHIND.match(text, at)
    return behind[2] if behind else ""


def _name_above(text: str, name: str, first: int, start: int) -> re.Match[str] | None:
    """Return the name of what a value is a part of."""
    if name == "input_value":
        return _BESIDE_INPUT.search(text, first, start)
    brace = text.rfind("{", first, start)
    if brace >= 0 and start - brace <= _LONGEST_PART and not _BRACES.search(text, brace + 1, start):
        return _PART_OF.search(text, max(0, brace - 80), brace)
    line = text.rfind("\n", max(0, start - 48), start)
    return _ABOVE.search(text, max(0, line - 80), start) if line >= 0 else None


def _around(
    pattern: re.Pattern[str], name: str, text: str, start: int, end: int
) -> Iterator[re.Match[str]]:
    """Yield where a pattern takes a name, each place of which is looked at alone."""
    at = text.find(name, start, end)
    while at >= 0:
        behind = at + len(name)
        limit = min(end, behind + _LONGEST_TAG)
        found = pattern.search(text, max(start, at - _LONGEST_JOINT), limit)
        while found and found.end(1) < behind:
            found = pattern.search(text, found.end(), limit)
        if found and found.span(1) == (at, behind):
            yield found
        at = text.find(name, behind, end)
