"""Remarks: the one vocabulary for everything altered.

An alteration of a text says where it stands in the result; a remark says the same of a place in a
nested value, addressed by its JSON Pointer (RFC 6901). The walk that finds them is in `_walk`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Iterable
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict, get_args

#: Where a record or an error keeps the remarks on its own content.
REMARKS_KEY = "_remarks"

#: Where a value under that key goes that is no list of our remarks.
INPUT_REMARKS_KEY = "input_remarks"

Action = Literal["substituted", "redacted", "removed", "annotated"]

_SURROGATES = re.compile("[\ud800-\udfff]+")


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


#: One alteration of a text: the fields of its remark but for the path.
Alteration = dict[str, Any]

#: Returns a text as it is to be, and its alterations; what is false where there are none.
TextRule = Callable[[str], tuple[str, Iterable[Alteration]]]


class Replacement(NamedTuple):
    """What stands for a value that isn't copied: text, or a container to be walked in turn.

    `original_length` is the length of what was replaced, where it has one.
    """

    value: str | list[Any] | dict[str, Any]
    rule: str
    original_length: int | None = None
    action: Action = "substituted"

    def alteration(self, length: int) -> Alteration:
        """Return the alteration of a text of a length: all of it is new."""
        said = {"rule": self.rule, "action": self.action, "start": 0, "end": length}
        if self.original_length is not None:
            said["original_length"] = self.original_length
        return said


def replace_surrogates(text: str) -> tuple[str, Iterable[Alteration]]:
    """Put U+FFFD in the place of each lone surrogate; a run of them makes one alteration."""
    if text.isascii() or not _SURROGATES.search(text):
        return text, ()
    alterations = (
        _alteration(
            "lone_surrogate",
            match.start(),
            match.end(),
            "".join(f"\\u{ord(character):04x}" for character in match[0]),
            len(match[0]),
        )
        for match in _SURROGATES.finditer(text)
    )
    return _SURROGATES.sub(lambda run: "\ufffd" * len(run[0]), text), alterations


def keep_text(text: str) -> tuple[str, Iterable[Alteration]]:
    """Leave a text as it is: for where what is hidden in it is shown later."""
    return text, ()


def collision(start: int, end: int) -> Alteration:
    """Return the alteration of a key that got a suffix from one offset to another."""
    return _alteration("key_collision", start, end, "", 0)


def _alteration(rule: str, start: int, end: int, original: str, original_length: int) -> Alteration:
    return {
        "rule": rule,
        "action": "substituted",
        "start": start,
        "end": end,
        "original_length": original_length,
        "original": original,
    }


def child_pointer(pointer: str, key: str | int) -> str:
    """Return the JSON Pointer of a member or an element (RFC 6901, section 3)."""
    return f"{pointer}/{str(key).replace('~', '~0').replace('/', '~1')}"


def unused_key(key: str, container: Container[str], number: int = 1) -> tuple[str, int]:
    """Return a key with the first number above the given one that makes it new, and the number."""
    unique = key
    while unique in container:
        number += 1
        unique = f"{key}_{number}"
    return unique, number


def with_remarks(value: dict[str, Any], remarks: list[Remark]) -> dict[str, Any]:
    """Add remarks, if there are any, to what a copied object already says of itself.

    A value under ``_remarks`` that isn't ours moves to ``input_remarks``, with a remark.
    """
    given = value.get(REMARKS_KEY, [])
    if not is_remarks(given):
        return set_aside(value, remarks)
    return {**value, REMARKS_KEY: [*given, *remarks]} if remarks else value


def set_aside(value: dict[str, Any], remarks: list[Remark]) -> dict[str, Any]:
    """Add remarks to an object of which the value under their key is something else."""
    moved, _ = unused_key(INPUT_REMARKS_KEY, value)
    rest = {key: child for key, child in value.items() if key != REMARKS_KEY}
    pointer, old_pointer = child_pointer("", moved), child_pointer("", REMARKS_KEY)
    for remark in remarks:
        if remark["path"] == old_pointer and "part" in remark:
            remark["end"] = len(moved)
        if f"{remark['path']}/".startswith(f"{old_pointer}/"):
            remark["path"] = pointer + remark["path"].removeprefix(old_pointer)
    note = Remark(path=pointer, rule="input_remarks", action="annotated")
    return {**rest, moved: value[REMARKS_KEY], REMARKS_KEY: [*remarks, note]}


def is_remarks(value: object) -> bool:
    """Say whether a value is a list of remarks in our vocabulary."""
    return isinstance(value, list) and all(
        isinstance(item, dict)
        and isinstance(item.get("path"), str)
        and isinstance(item.get("rule"), str)
        and item.get("action") in get_args(Action)
        for item in value
    )
