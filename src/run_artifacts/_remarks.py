"""Remarks: the one vocabulary for everything altered, and the one walk that alters values.

A nested value comes in. A copy made of JSON's own types goes out, with a remark for each thing
that had to be altered, addressed by its JSON Pointer (RFC 6901) in the copy. The value that came
in is never touched. The walk keeps its own stack, so no nesting is too deep for it.
"""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict, get_args

#: Where a record or an error keeps the remarks on its own content.
REMARKS_KEY = "_remarks"

#: Where a value under that key goes that is no list of our remarks.
INPUT_REMARKS_KEY = "input_remarks"

Action = Literal["substituted", "redacted", "removed", "annotated"]

#: Why the walk can't copy a value as it is: `type`, it has no JSON form; `key`, a key is no
#: string; `digits`, an integer has more digits than Python converts; `cycle`, it contains
#: itself; `depth`, it lies deeper than the bound.
Foreign = Literal["type", "key", "digits", "cycle", "depth"]

_SURROGATES = re.compile("[\ud800-\udfff]+")
_SAFE_INTEGER_BITS = 2_000  # fewer than the 640 digits that every Python converts
_SETTLED_TYPES = frozenset({bool, type(None)})


class RemarksTooLong(Exception):
    """The JSON Pointers of all remarks on a value are longer than they may be."""


class Remark(TypedDict):
    """What was altered, where, and how.

    `start` and `end` count code points in the resulting text; replacing them by `original`
    restores what was there. A remark on a key carries ``part: "key"``, and its `path` has the
    key as it now is.
    """

    path: str
    rule: str
    action: Action
    part: NotRequired[Literal["key"]]
    start: NotRequired[int]
    end: NotRequired[int]
    original_length: NotRequired[int]
    original: NotRequired[str]


class Replacement(NamedTuple):
    """What stands for a value that can't be copied: text, or a list to be walked in turn.

    `original_length` is the length of what was replaced, where it has one.
    """

    value: str | list[Any]
    rule: str
    original_length: int | None = None

    def extent(self) -> dict[str, int]:
        """Return what a remark says of a text: that all of it is new, and what it stands for."""
        extent = {"start": 0, "end": len(self.value)}
        if self.original_length is not None:
            extent["original_length"] = self.original_length
        return extent


#: One alteration of a text: the fields of its remark but for the path.
Alteration = dict[str, Any]

TextRule = Callable[[str], tuple[str, list[Alteration]]]
Replace = Callable[[object, str, Foreign], Replacement]
Fits = Callable[[Any, int], bool]


class _Frame:
    """A container that is being copied; `source` keeps the identity of the original alive.

    `place` is where it belongs: the frame and the key of what holds it. `suffixes` has the last
    number that was put behind each key which another one had taken.
    """

    __slots__ = ("children", "copy", "place", "source", "suffixes")

    def __init__(
        self, source: object, children: Iterator[tuple[Any, Any]], copy: Any, place: _Place | None
    ) -> None:
        self.source = source
        self.children = children
        self.copy = copy
        self.place = place
        self.suffixes: dict[str, int] = {}


#: Where a value stands: in the copy of which container, and under which key or index.
_Place = tuple[_Frame, Any]


def rebuild(
    value: object,
    replace: Replace,
    max_nesting: int,
    text_rule: TextRule,
    *,
    fits: Fits | None = None,
    max_pointer_characters: int = sys.maxsize,
) -> tuple[Any, list[Remark]]:
    """Copy a nested value, altering what JSON can't hold.

    A number that isn't finite becomes ``null``, a tuple a list; a key that would overwrite
    another gets a numbered suffix; texts and keys are as the rule for text has them.

    Args:
        value: The value to copy.
        replace: Is given what can't be copied, its JSON Pointer and why, and returns what
            stands for it, or raises. The pointer of a key is that of its object.
        max_nesting: How many levels of containers are copied.
        text_rule: Returns a text as it is to be, with its alterations.
        fits: Says of a dict or list whether it can stand in the copy as it is, where so many
            levels are left.
        max_pointer_characters: How many characters the pointers of all remarks may have: where
            names are long, they are far longer than the value.

    Returns:
        The copy and its remarks, in the order of the document.

    Raises:
        RemarksTooLong: The pointers have more characters than that.
    """
    walk = _Walk(replace, max_nesting, text_rule, fits, max_pointer_characters)
    return walk.run(value), walk.remarks


class _Walk:
    """One walk: the frames from the root down to where it is, and the remarks so far."""

    def __init__(
        self,
        replace: Replace,
        max_nesting: int,
        text_rule: TextRule,
        fits: Fits | None,
        pointers_left: int,
    ) -> None:
        self.fits = fits
        self.replace = replace
        self.max_nesting = max_nesting
        self.text_rule = text_rule
        self.frames: list[_Frame] = []
        self.open: set[int] = set()
        self.settled_keys: set[str] = set()
        self.remarks: list[Remark] = []
        self.pointers_left = pointers_left

    def run(self, value: object) -> Any:
        result = self.copy(value, None)
        while self.frames:
            frame = self.frames[-1]
            if not self.fill(frame):
                self.frames.pop()
                self.open.discard(id(frame.source))
        return result

    def fill(self, frame: _Frame) -> bool:
        """Copy children up to the next container, which then comes first; say if there is one.

        Plain leaves and keys that were met before, which are nearly all, are copied here.
        """
        depth, target = len(self.frames), frame.copy
        is_object = type(target) is dict
        for key, child in frame.children:
            if is_object and (
                type(key) is not str or key not in self.settled_keys or key in target
            ):
                key = self.copy_key(key, frame)
            kind = type(child)
            if kind is str:
                new, alterations = self.text_rule(child)
                if alterations:
                    self.remark_text((frame, key), alterations)
            elif (
                kind in _SETTLED_TYPES
                or (kind is int and child.bit_length() <= _SAFE_INTEGER_BITS)
                or (kind is float and math.isfinite(child))
            ) or (
                self.fits is not None
                and (kind is dict or kind is list)
                and self.fits(child, self.max_nesting - depth)
            ):
                new = child
            else:
                new = self.copy(child, (frame, key))
            if is_object:
                target[key] = new
            else:
                target.append(new)
            if len(self.frames) > depth:
                return True
        return False

    def copy(self, value: object, place: _Place | None) -> Any:
        """Copy a leaf, or begin a container whose children `run` then copies."""
        if type(value) is dict:
            return self.begin(value, value.items, {}, place)
        if isinstance(value, Mapping):
            # In pairs, which a mapping of another's making need not give.
            return self.begin(
                value, lambda: ((key, item) for key, item in value.items()), {}, place
            )
        if isinstance(value, (list, tuple)):
            if isinstance(value, tuple):
                self.remark(place, "tuple", "substituted")
            return self.begin(value, lambda: enumerate(value), [], place)
        if isinstance(value, str):
            return self.copy_text(value, place)
        if value is None or isinstance(value, bool):
            return value
        if isinstance(value, int):
            return self.copy_integer(value, place)
        if isinstance(value, float):
            return self.copy_float(value, place)
        return self.substitute(value, place, "type")

    def begin(
        self,
        source: object,
        list_children: Callable[[], Iterable[tuple[Any, Any]]],
        copy: Any,
        place: _Place | None,
    ) -> Any:
        if id(source) in self.open:
            return self.substitute(source, place, "cycle")
        if len(self.frames) >= self.max_nesting:
            return self.substitute(source, place, "depth")
        try:
            children = iter(list(list_children()))
        except Exception:  # the container's own code may do anything
            return self.substitute(source, place, "type")
        self.frames.append(_Frame(source, children, copy, place))
        self.open.add(id(source))
        return copy

    def substitute(self, value: object, place: _Place | None, why: Foreign) -> Any:
        """Put what `replace` returns in the place of a value, with a remark."""
        new = self.replace(value, pointer_to(place), why)
        if isinstance(new.value, list):
            self.remark(place, new.rule, "substituted")
            return self.begin(new.value, lambda: enumerate(new.value), [], place)
        self.remark(place, new.rule, "substituted", **new.extent())
        return self.copy_text(new.value, place)

    def copy_text(self, text: str, place: _Place | None) -> str:
        text, alterations = self.text_rule(str.__str__(text))
        self.remark_text(place, alterations)
        return text

    def copy_integer(self, value: int, place: _Place | None) -> Any:
        if _has_digits(value):
            return int.__int__(value)
        return self.substitute(value, place, "digits")

    def copy_float(self, value: float, place: _Place | None) -> float | None:
        if math.isfinite(value):
            return float.__float__(value)
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        self.remark(place, "non_finite_number", "substituted", original=name)
        return None

    def copy_key(self, key: object, frame: _Frame) -> str:
        """Make a key a string that its object doesn't hold yet."""
        alterations: list[Alteration] = []
        if not isinstance(key, str):
            new = self.replace(key, pointer_to(frame.place), "key")
            alterations.append({"rule": new.rule, "action": "substituted", **new.extent()})
            key = str(new.value)
        text, replaced = self.text_rule(str.__str__(key))
        unique = text
        if text in frame.copy:
            unique, number = unused_key(text, frame.copy, frame.suffixes.get(text, 1))
            frame.suffixes[text] = number
            replaced.append(_alteration("key_collision", len(text), len(unique), ""))
        if not alterations and not replaced:
            self.settled_keys.add(text)
        for alteration in alterations + replaced:
            self.remark((frame, unique), part="key", **alteration)
        return unique

    def remark_text(self, place: _Place | None, alterations: list[Alteration]) -> None:
        for alteration in alterations:
            self.remark(place, **alteration)

    def remark(self, place: _Place | None, rule: str, action: Action, **more: Any) -> None:
        pointer = pointer_to(place)
        self.pointers_left -= len(pointer)
        if self.pointers_left < 0:
            raise RemarksTooLong
        remark: Any = {"path": pointer, "rule": rule, "action": action, **more}
        self.remarks.append(remark)


def _has_digits(value: int) -> bool:
    """Say whether Python converts an integer to decimal digits, of which it bounds the number."""
    if value.bit_length() <= _SAFE_INTEGER_BITS:
        return True
    try:
        int.__repr__(value)
    except ValueError:
        return False
    return True


def child_pointer(pointer: str, key: str | int) -> str:
    """Return the JSON Pointer of a member or an element (RFC 6901, section 3)."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def pointer_to(place: _Place | None) -> str:
    """Return the JSON Pointer of a place in the copy, or that of the whole."""
    names = []
    while place is not None:
        frame, key = place
        names.append(child_pointer("", key))
        place = frame.place
    return "".join(reversed(names))


def unused_key(key: str, container: Container[str], number: int = 1) -> tuple[str, int]:
    """Return a key with the first number above the given one that makes it new, and the number."""
    unique = key
    while unique in container:
        number += 1
        unique = f"{key}_{number}"
    return unique, number


def replace_surrogates(text: str) -> tuple[str, list[Alteration]]:
    """Put U+FFFD in the place of each lone surrogate; a run of them makes one alteration."""
    if text.isascii():
        return text, []
    alterations = [
        _alteration(
            "lone_surrogate",
            match.start(),
            match.end(),
            "".join(f"\\u{ord(character):04x}" for character in match[0]),
        )
        for match in _SURROGATES.finditer(text)
    ]
    return _SURROGATES.sub(lambda run: "\ufffd" * len(run[0]), text), alterations


def keep_text(text: str) -> tuple[str, list[Alteration]]:
    """Leave a text as it is: for where what is hidden in it is shown later."""
    return text, []


def _alteration(rule: str, start: int, end: int, original: str) -> Alteration:
    length = 0 if not original else end - start
    return {
        "rule": rule,
        "action": "substituted",
        "start": start,
        "end": end,
        "original_length": length,
        "original": original,
    }


def with_remarks(value: dict[str, Any], remarks: list[Remark]) -> dict[str, Any]:
    """Add remarks, if there are any, to what a copied object already says of itself.

    A value under ``_remarks`` that isn't ours moves to ``input_remarks``, with a remark.
    """
    given = value.get(REMARKS_KEY, [])
    if is_remarks(given) and not remarks:
        return value
    if is_remarks(given):
        return {**value, REMARKS_KEY: [*given, *remarks]}
    moved, _ = unused_key(INPUT_REMARKS_KEY, value)
    rest = {key: child for key, child in value.items() if key != REMARKS_KEY}
    pointer, old_pointer = child_pointer("", moved), child_pointer("", REMARKS_KEY)
    for remark in remarks:
        if f"{remark['path']}/".startswith(f"{old_pointer}/"):
            remark["path"] = pointer + remark["path"].removeprefix(old_pointer)
    note = Remark(path=pointer, rule="input_remarks", action="annotated")
    return {**rest, moved: given, REMARKS_KEY: [*remarks, note]}


def is_remarks(value: object) -> bool:
    """Say whether a value is a list of remarks in our vocabulary."""
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and isinstance(item.get("path"), str)
        and isinstance(item.get("rule"), str)
        and item.get("action") in get_args(Action)
        for item in value
    )
