"""The remarks that an error has on itself already, from an earlier time that it was sanitized.

They stay, as far as they are true: they address places that are there, and say nothing that only
a remark of ours would not say. What is altered now moves them: a key is renamed, a text before a
placeholder becomes shorter, a secret swallows what an earlier remark was on.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import Any, get_args

from run_artifacts._remarks import REMARKS_KEY, Action, Remark, TextRule, child_pointer

_COUNTS = ("start", "end", "original_length")
_FIELDS = frozenset(Remark.__annotations__)
_RULE = re.compile("[a-z_]{1,40}")
_INDEX = re.compile("0|[1-9][0-9]{0,15}")

# What our rules keep of an original: a number's name, escapes of lone surrogates, or nothing.
_ORIGINAL = re.compile(r"NaN|-?Infinity|(?:\\ud[89a-f][0-9a-f]{2})*")

#: New keys, by the JSON Pointer of their object and the key that was there.
Renamed = dict[tuple[str, str], str]


def are_true(remarks: object, error: dict[Any, Any], text_rule: TextRule, max_nesting: int) -> bool:
    """Say whether a value is a list of our remarks, each on a place in an error as it is.

    A name of a rule in which `text_rule` finds anything is none of ours, nor is a remark on what
    lies deeper than we keep anything.
    """
    return type(remarks) is list and all(
        _is_remark(remark)
        and remark["path"].count("/") <= max_nesting
        and _is_true(remark, error)
        and not text_rule(remark["rule"])[1]
        for remark in remarks
    )


def _is_remark(remark: Any) -> bool:
    return (
        type(remark) is dict
        and remark.keys() <= _FIELDS
        and type(remark.get("path")) is str
        and _matches(_RULE, remark.get("rule"))
        and remark.get("action") in get_args(Action)
        and remark.get("part", "key") == "key"
        and _matches(_ORIGINAL, remark.get("original", ""))
        and all(type(remark.get(name, 0)) is int for name in _COUNTS)
    )


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return type(value) is str and pattern.fullmatch(value) is not None


def _is_true(remark: Remark, error: dict[Any, Any]) -> bool:
    """Say whether there is what a remark is on, in an error as it is."""
    pointer = remark["path"]
    if (pointer and pointer[0] != "/") or f"{pointer}/".startswith(f"/{REMARKS_KEY}/"):
        return False
    place: Any = error
    name = ""
    for name in _names(pointer):
        if type(place) is dict and name in place:
            place = place[name]
        elif type(place) is list and _INDEX.fullmatch(name) and int(name) < len(place):
            place = place[int(name)]
        else:
            return False
    if "start" not in remark and "end" not in remark:
        return True
    text = name if "part" in remark else place
    return type(text) is str and 0 <= remark.get("start", -1) <= remark.get("end", -1) <= len(text)


def _names(pointer: str) -> Iterator[str]:
    """Yield the names that a JSON Pointer is made of (RFC 6901, section 4)."""
    for name in pointer.split("/")[1:]:
        yield name.replace("~1", "/").replace("~0", "~")


def carried_over(
    earlier: list[Remark], remarks: list[Remark], renamed: Renamed, copy: dict[Any, Any]
) -> Iterator[Remark]:
    """Yield earlier remarks as they are true now; one on what is no longer there goes with it.

    A secret may have swallowed it, or a marker for a cycle or for what is too deep.

    Args:
        earlier: Remarks that were true.
        remarks: What was altered since, with pointers as they are now.
        renamed: The keys that were altered since.
        copy: The error as it is now.
    """
    redacted: dict[tuple[str, bool], list[Remark]] = {}
    for remark in remarks:
        if remark["action"] == "redacted":
            redacted.setdefault((remark["path"], "part" in remark), []).append(remark)
    moves = {place: _Moves(there) for place, there in redacted.items()}
    for remark in earlier:
        pointer = ""
        for name in _names(remark["path"]):
            pointer = child_pointer(pointer, renamed.get((pointer, name), name))
        moved = remark.copy()
        moved["path"] = pointer
        there = moves.get((pointer, "part" in remark))
        if (there is None or there.move(moved)) and _is_true(moved, copy):
            yield moved


class _Moves:
    """How redactions of one text move what stands in it."""

    def __init__(self, redactions: list[Remark]) -> None:
        growth = 0
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.growths = [0]
        for redaction in redactions:
            self.starts.append(redaction["start"] - growth)
            self.ends.append(self.starts[-1] + redaction.get("original_length", 0))
            growth = redaction["end"] - self.ends[-1]
            self.growths.append(growth)

    def move(self, remark: Remark) -> bool:
        """Move a remark's range, if it has one; say whether anything of it is left."""
        if "start" not in remark:
            return True
        start, end = remark["start"], remark["end"]
        first = bisect_right(self.ends, start)
        last = bisect_left(self.starts, end)
        if first < last and (self.starts[first] < start or self.ends[last - 1] > end):
            return False
        remark["start"] = start + self.growths[first]
        remark["end"] = end + self.growths[max(first, last)]
        return True
