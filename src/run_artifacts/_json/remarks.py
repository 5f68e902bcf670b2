"""Remarks: the one vocabulary for everything altered, and what becomes of earlier ones.

An alteration of a text says where it stands in the result; a remark says the same of a value
within a nested one, addressed by its JSON Pointer (RFC 6901). What alters, and leaves remarks on
the way, is `rebuild`.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any, Literal, NotRequired, TypedDict, get_args

from run_artifacts._patterns import lazy_pattern

#: Where a record or an error keeps the remarks on its own content.
REMARKS_KEY = "_remarks"

#: Where a value under that key goes that is no list of our remarks.
INPUT_REMARKS_KEY = "input_remarks"

Action = Literal["substituted", "redacted", "removed", "annotated"]

_SURROGATES = lazy_pattern("[\ud800-\udfff]+")
_COUNTS = ("start", "end", "original_length")
_POINTER = lazy_pattern("(?s:/.*)?")
_RULE = lazy_pattern("[a-z_]{1,40}")
_INDEX = lazy_pattern("0|[1-9][0-9]{0,15}")

# What our rules keep of an original: a number's name, escapes of lone surrogates, or nothing.
_ORIGINAL = lazy_pattern(r"NaN|-?Infinity|(?:\\ud[89a-f][0-9a-f]{2})*")


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


class Replacement:
    """What stands for a value that isn't copied: text, or a container to be walked in turn.

    `original_length` is the length of what was replaced, where it has one.
    """

    __slots__ = ("action", "original_length", "rule", "value")

    def __init__(
        self,
        value: str | list[Any] | dict[str, Any],
        rule: str,
        original_length: int | None = None,
        action: Action = "substituted",
    ) -> None:
        self.value = value
        self.rule = rule
        self.original_length = original_length
        self.action = action

    def alteration(self, length: int) -> Alteration:
        """Return the alteration of a text of a length: all of it is new."""
        said = {"rule": self.rule, "action": self.action, "start": 0, "end": length}
        if self.original_length is not None:
            said["original_length"] = self.original_length
        return said


def placeholder(rule: str) -> str:
    """Return what stands in the place of a secret."""
    return f"[redacted:{rule}]"


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


_REMARKS_POINTER = child_pointer("", REMARKS_KEY)


def unused_key(key: str, container: Container[str], number: int = 1) -> tuple[str, int]:
    """Return a key with the first number above the given one that makes it new, and the number."""
    unique = key
    while unique in container:
        number += 1
        unique = f"{key}_{number}"
    return unique, number


def with_remarks(
    copy: dict[str, Any], remarks: list[Remark], original: object, text_rule: TextRule
) -> dict[str, Any]:
    """Put remarks with a copy, behind those that the original had on itself.

    Of these, the ones that are ours and true of the copy stay, with the names of keys as they are
    now. The others move to ``input_remarks``, with a remark, and so does anything else that
    stands under the key of remarks.

    Args:
        copy: An object made of JSON's own types.
        remarks: What was altered in it, and in what it has under ``_remarks``.
        original: What it is a copy of.
        text_rule: What was made of texts; a remark in which it finds anything is none of ours.
    """
    if REMARKS_KEY not in copy:
        return {**copy, REMARKS_KEY: remarks} if remarks else copy
    new = [remark for remark in remarks if not _is_on_remarks(remark)]
    earlier = _own_remarks(copy, original)
    if type(original) is not dict and len(new) == len(remarks):
        earlier = copy[REMARKS_KEY]  # in which nothing was altered
    if type(earlier) is not list:
        return _set_aside(copy, remarks, [])
    kept: list[Remark] = []
    moved: dict[int, Any] = {}
    for index, remark in enumerate(earlier):
        now, item = remark, copy[REMARKS_KEY][index]
        if _is_ours(remark):
            # A secret in a path, where it is escaped, would not be found; in the key it is.
            now = _renamed(remark, text_rule)
            item = {**item, "path": now["path"]}
        if are_true([now], copy, text_rule):
            kept.append(now)
        else:
            moved[index] = item
    if not moved:
        return {**copy, REMARKS_KEY: [*kept, *new]}
    new += _on_moved(remarks, earlier, moved)
    return _set_aside({**copy, REMARKS_KEY: [*moved.values()]}, new, kept)


def _on_moved(remarks: list[Remark], earlier: list[Any], moved: dict[int, Any]) -> Iterator[Remark]:
    """Yield the remarks on those items of a list that are moved, by where they are then."""
    positions = {str(index): position for position, index in enumerate(moved)}
    for remark in filter(_is_on_remarks, remarks):
        _, _, index, *names = remark["path"].split("/")
        if index in positions and not (names == ["path"] and _is_ours(earlier[int(index)])):
            path = "/".join([_REMARKS_POINTER, str(positions[index]), *names])
            yield {**remark, "path": path}


def _own_remarks(copy: dict[str, Any], original: object) -> Any:
    """Return what an original has under the key of remarks, if that is what its copy has there."""
    if type(original) is dict:
        for name, (key, child) in zip(copy, original.items(), strict=False):
            if name == REMARKS_KEY:
                return child if type(key) is str and key == name else None
    return None


def _renamed(remark: Remark, text_rule: TextRule) -> Remark:
    """Return a remark whose path has its names as a rule for texts has them."""
    names = (text_rule(name)[0] for name in _names(remark["path"]))
    return {**remark, "path": "".join(child_pointer("", name) for name in names)}


def without_remarks(copy: dict[str, Any], original: object) -> dict[str, Any]:
    """Return a copy without the remarks that its original had on itself, if ours and true of it.

    What else stands under their key has another.
    """
    if REMARKS_KEY not in copy:
        return copy
    if are_true(_own_remarks(copy, original), original, keep_text):
        return {key: child for key, child in copy.items() if key != REMARKS_KEY}
    return _with_input_remarks(copy)


def _with_input_remarks(copy: dict[str, Any]) -> dict[str, Any]:
    """Return a copy in which what stands under the key of remarks has another key."""
    moved, _ = unused_key(INPUT_REMARKS_KEY, copy)
    rest = {key: child for key, child in copy.items() if key != REMARKS_KEY}
    return {**rest, moved: copy[REMARKS_KEY]}


def _is_on_remarks(remark: Remark) -> bool:
    return f"{remark['path']}/".startswith(f"{_REMARKS_POINTER}/")


def _set_aside(copy: dict[str, Any], remarks: list[Remark], kept: list[Remark]) -> dict[str, Any]:
    """Move what stands under the key of remarks, and say so."""
    moved = _with_input_remarks(copy)
    *_, name = moved
    pointer = child_pointer("", name)
    for remark in filter(_is_on_remarks, remarks):
        if remark["path"] == _REMARKS_POINTER and "part" in remark:
            remark["end"] = len(name)
        remark["path"] = pointer + remark["path"].removeprefix(_REMARKS_POINTER)
    note = Remark(path=pointer, rule="input_remarks", action="annotated")
    return {**moved, REMARKS_KEY: [*kept, *remarks, note]}


def are_true(remarks: Any, value: Any, text_rule: TextRule) -> bool:
    """Say whether something is a list of our remarks, each of them true of a value."""
    return type(remarks) is list and all(
        _is_ours(remark) and _is_true(remark, value) and not text_rule(remark["rule"])[1]
        for remark in remarks
    )


def _is_ours(remark: Any) -> bool:
    return (
        type(remark) is dict
        and all(type(name) is str and name in Remark.__annotations__ for name in remark)
        and _matches(_POINTER, remark.get("path"))
        and _matches(_RULE, remark.get("rule"))
        and remark.get("action") in get_args(Action)
        and remark.get("part", "key") == "key"
        and _matches(_ORIGINAL, remark.get("original", ""))
        and all(type(remark.get(name, 0)) is int for name in _COUNTS)
    )


def _matches(pattern: re.Pattern[str], value: object) -> bool:
    return type(value) is str and pattern.fullmatch(value) is not None


def _is_true(remark: Remark, value: dict[str, Any]) -> bool:
    """Say whether a remark says of a value what can be seen there."""
    if _is_on_remarks(remark):
        return False
    found: Any = value
    name = ""
    for name in _names(remark["path"]):
        if type(found) is dict and name in found:
            found = found[name]
        elif type(found) is list and _INDEX.fullmatch(name) and int(name) < len(found):
            found = found[int(name)]
        else:
            return False
    if remark["rule"] == "non_finite_number":
        return found is None
    if "start" not in remark and "end" not in remark:
        return True
    return _is_true_of_text(remark, name if "part" in remark else found)


def _is_true_of_text(remark: Remark, text: object) -> bool:
    start, end = remark.get("start", -1), remark.get("end", -1)
    if type(text) is not str or not 0 <= start <= end <= len(text):
        return False
    if remark["action"] == "redacted":
        return text[start:end] == placeholder(remark["rule"])
    if remark["rule"] == "lone_surrogate":
        return not text[start:end].strip("\ufffd")
    # What else substitutes a text substitutes all of it; a key may have got a suffix since.
    return "part" in remark or (start, end) == (0, len(text))


def _names(pointer: str) -> Iterator[str]:
    """Yield the names that a JSON Pointer is made of (RFC 6901, section 4)."""
    for name in pointer.split("/")[1:]:
        yield name.replace("~1", "/").replace("~0", "~")
