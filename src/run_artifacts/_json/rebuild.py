"""The one walk over nested values: a copy that strict JSON can hold, and remarks on the way.

A nested value comes in. A copy made of JSON's own types goes out, with a remark for each thing
that had to be altered, addressed by its JSON Pointer (RFC 6901) in the copy. The value that came
in is never touched.

The walk keeps its own stack. If it called itself, what it could copy would depend on how deep its
caller is, and the methods of a foreign object would fail for want of the stack that it took.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Container, Iterable, Iterator
from typing import Any, Literal

from run_artifacts._json.foreign import is_mapping, pairs_of
from run_artifacts._json.remarks import (
    Action,
    Alteration,
    Remark,
    Replacement,
    TextRule,
    child_pointer,
    collision,
    unused_key,
)

#: Why the walk can't copy a value as it is: `type`, it has no JSON form; `key`, a key is no
#: string; `digits`, an integer has more digits than Python converts; `cycle`, it contains
#: itself; `depth`, it lies deeper than the bound.
Foreign = Literal["type", "key", "digits", "cycle", "depth"]

#: The remark on what has no remark of its own, as there is too much of it.
UNLISTED_RULE = "remarks_omitted"

_REMARK_CHARACTERS = 50  # of a remark, but for its pointer, at the least
_PLAIN_CONTAINERS = frozenset({dict, list, tuple})  # whose own code is nobody's
_SAFE_INTEGER_BITS = 2_000  # fewer than the 640 digits that every Python converts


Replace = Callable[[object, Callable[[], str], Foreign], Replacement]
Fits = Callable[[Any, int], bool]


#: Given a container and its children, by key or index, returns of which the values are hidden.
Among = Callable[[object, list[tuple[Any, Any]]], Container[Any]]


class Concealment:
    """What hides the values under some keys, and some values among others.

    Attributes:
        applies: Says of a key whether it hides what stands under it.
        replace: Returns what stands for such a value, or ``None`` where it stays.
        among: Tells what is hidden for what stands beside it, as where a pair is a name and a
            value; asked of each container that is copied.
    """

    def __init__(
        self,
        applies: Callable[[str], bool],
        replace: Callable[[object], Replacement | None],
        among: Among = lambda _container, _children: (),
    ) -> None:
        self.applies = applies
        self.replace = replace
        self.among = among


def rebuild(
    value: object,
    replace: Replace,
    max_nesting: int,
    text_rule: TextRule,
    *,
    concealment: Concealment | None = None,
    fits: Fits | None = None,
    max_remark_characters: int = sys.maxsize,
) -> tuple[Any, list[Remark]]:
    """Copy a nested value, altering what JSON can't hold.

    A number that isn't finite becomes ``null``, a tuple a list; a key that would overwrite
    another gets a numbered suffix; texts and keys are as the rule for text has them.

    Args:
        value: The value to copy.
        replace: Is given what can't be copied, what returns its JSON Pointer, and why; returns
            what stands for it, or raises. The pointer of a key is that of its object.
        max_nesting: How many levels of containers are copied.
        text_rule: Returns a text as it is to be, with its alterations.
        concealment: What hides some of the values.
        fits: Says of a dict or list whether it can stand in the copy as it is, where so many
            levels are left.
        max_remark_characters: About how many characters all remarks may have: where names are
            long, their pointers are far longer than the value. What is altered beyond has one
            remark together, the last, which counts it.
    """
    walk = _Walk(replace, max_nesting, text_rule, concealment, fits, max_remark_characters)
    copy = walk.run(value)
    if walk.unlisted:
        rest = Remark(path="", rule=UNLISTED_RULE, action="annotated")
        walk.remarks.append({**rest, "original_length": walk.unlisted})
    return copy, walk.remarks


class _Frame:
    """A container that is being copied.

    Attributes:
        original: What it is copied from; kept alive, so that no other has its identity.
        children: What is still to be copied: keys or indices, and values.
        copy: The copy so far.
        hidden: The keys or indices of the children that are hidden for what stands beside them.
        parent: The frame and the key of what holds it; ``None`` for the outermost.
        suffixes: The last number put behind each key which another one had taken.
        is_exempt: Whether nothing in it is to be hidden: a value around it was looked into.
    """

    __slots__ = ("children", "copy", "hidden", "is_exempt", "original", "parent", "suffixes")

    def __init__(
        self,
        original: object,
        children: Iterator[tuple[Any, Any]],
        copy: Any,
        parent: _Slot | None,
    ) -> None:
        self.original = original
        self.children = children
        self.copy = copy
        self.hidden: Container[Any] = ()
        self.parent = parent
        self.suffixes: dict[str, int] = {}
        self.is_exempt: bool = parent is not None and parent[0].is_exempt


#: Where a value stands: in which container's frame, and under which key or index of its copy.
_Slot = tuple[_Frame, Any]


class _Walk:
    """One walk: the frames from the outermost down to where it is, and the remarks so far."""

    def __init__(
        self,
        replace: Replace,
        max_nesting: int,
        text_rule: TextRule,
        concealment: Concealment | None,
        fits: Fits | None,
        characters_left: int,
    ) -> None:
        self.replace = replace
        self.max_nesting = max_nesting
        self.text_rule = text_rule
        self.concealment = concealment
        self.fits = fits
        self.characters_left = characters_left
        self.frames: list[_Frame] = []
        self.entered: set[int] = set()
        self.settled_keys: set[str] = set()
        self.concealing_keys: set[str] = set()
        self.remarks: list[Remark] = []
        self.unlisted = 0

    def run(self, value: object) -> Any:
        result = self.copy(value, None)
        while self.frames:
            frame = self.frames[-1]
            if not self.fill(frame):
                self.frames.pop()
                self.entered.discard(id(frame.original))
        return result

    def fill(self, frame: _Frame) -> bool:
        """Copy children up to the next container, which then comes first; say if there is one.

        Plain leaves and keys that were met before, which are nearly all, are copied here.
        """
        depth, target, hidden = len(self.frames), frame.copy, frame.hidden
        is_object = type(target) is dict
        for key, child in frame.children:
            if is_object and (
                type(key) is not str or key not in self.settled_keys or key in target
            ):
                key = self.copy_key(key, frame)
            kind = type(child)
            if (
                (self.concealing_keys and key in self.concealing_keys) or (hidden and key in hidden)
            ) and not frame.is_exempt:
                new = self.conceal(child, (frame, key))
            elif kind is str:
                new, alterations = self.text_rule(child)
                if alterations:
                    self.remark_text((frame, key), alterations)
            elif (
                child is None
                or kind is bool
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

    def copy(self, value: Any, slot: _Slot | None) -> Any:
        """Copy a leaf, or begin a container whose children `run` then copies."""
        kind = type(value)
        if issubclass(kind, dict):
            return self.begin(value, lambda: pairs_of(value), {}, slot)
        if issubclass(kind, list):
            return self.begin(value, lambda: enumerate(list.__iter__(value)), [], slot)
        if issubclass(kind, tuple):
            self.remark(slot, "tuple", "substituted")
            return self.begin(value, lambda: enumerate(tuple.__iter__(value)), [], slot)
        if issubclass(kind, str):
            return self.copy_text(value, slot)
        if value is None or kind is bool:
            return value
        if issubclass(kind, int):
            return self.copy_integer(int.__int__(value), slot)
        if issubclass(kind, float):
            return self.copy_float(float.__float__(value), slot)
        if is_mapping(value) and not issubclass(kind, BaseException):
            return self.begin(value, lambda: pairs_of(value), {}, slot)
        return self.substitute(value, slot, "type")

    def begin(
        self,
        original: object,
        list_children: Callable[[], Iterable[tuple[Any, Any]]],
        copy: Any,
        slot: _Slot | None,
    ) -> Any:
        if id(original) in self.entered:
            return self.substitute(original, slot, "cycle")
        if len(self.frames) >= self.max_nesting:
            return self.substitute(original, slot, "depth")
        if type(original) in _PLAIN_CONTAINERS:
            children = list(list_children())
        else:
            try:
                children = list(list_children())
            except Exception:  # the container's own code may do anything
                return self.substitute(original, slot, "type")
        frame = _Frame(original, iter(children), copy, slot)
        if self.concealment is not None and not frame.is_exempt:
            frame.hidden = self.concealment.among(original, children)
        self.frames.append(frame)
        self.entered.add(id(original))
        return copy

    def copy_text(self, text: str, slot: _Slot | None) -> str:
        text, alterations = self.text_rule(str.__str__(text))
        self.remark_text(slot, alterations)
        return text

    def copy_integer(self, value: int, slot: _Slot | None) -> Any:
        return value if has_digits(value) else self.substitute(value, slot, "digits")

    def copy_float(self, value: float, slot: _Slot | None) -> float | None:
        if math.isfinite(value):
            return value
        name = "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        self.remark(slot, "non_finite_number", "substituted", original=name)
        return None

    def copy_key(self, key: object, frame: _Frame) -> str:
        """Make a key a string that its object doesn't hold yet."""
        alterations: list[Alteration] = []
        if issubclass(type(key), str):
            given = str.__str__(key)
        else:
            new = self.replace(key, lambda: pointer_to(frame.parent), "key")
            given = str(new.value)
            alterations.append(new.alteration(len(self.text_rule(given)[0])))
        text, replaced = self.text_rule(given)
        alterations.extend(replaced)
        unique = text
        if text in frame.copy:
            unique, number = unused_key(text, frame.copy, frame.suffixes.get(text, 1))
            frame.suffixes[text] = number
            alterations.append(collision(len(text), len(unique)))
        if self.concealment and self.concealment.applies(unique):
            self.concealing_keys.add(unique)
        if not alterations:
            self.settled_keys.add(text)
        self.remark_text((frame, unique), alterations, part="key")
        return unique

    def conceal(self, value: object, slot: _Slot) -> Any:
        """Put a placeholder in the place of what stands under the name of a secret."""
        new = self.concealment.replace(value) if self.concealment else None
        if new is None:
            depth = len(self.frames)
            copied = self.copy(value, slot)
            for begun in self.frames[depth:]:
                begun.is_exempt = True
            return copied
        self.remark(slot, **new.alteration(len(new.value)))
        return new.value

    def substitute(self, value: object, slot: _Slot | None, why: Foreign) -> Any:
        """Put what `replace` returns in the place of a value, with a remark."""
        new = self.replace(value, lambda: pointer_to(slot), why)
        if not isinstance(new.value, str):
            self.remark(slot, new.rule, new.action)
            return self.copy(new.value, slot)
        text, alterations = self.text_rule(new.value)
        self.remark_text(slot, [new.alteration(len(text)), *alterations])
        return text

    def remark_text(
        self, slot: _Slot | None, alterations: Iterable[Alteration], **more: Any
    ) -> None:
        for alteration in alterations:
            self.remark(slot, **alteration, **more)

    def remark(self, slot: _Slot | None, rule: str, action: Action, **more: Any) -> None:
        if self.characters_left > 0:
            pointer = pointer_to(slot)
            self.characters_left -= len(pointer) + _REMARK_CHARACTERS
        if self.characters_left <= 0:
            self.unlisted += 1
            return
        remark: Any = {"path": pointer, "rule": rule, "action": action, **more}
        self.remarks.append(remark)


def has_digits(value: int) -> bool:
    """Say whether Python converts an integer to decimal digits, of which it bounds the number."""
    if value.bit_length() <= _SAFE_INTEGER_BITS:
        return True
    try:
        int.__repr__(value)
    except ValueError:
        return False
    return True


def pointer_to(slot: _Slot | None) -> str:
    """Return the JSON Pointer of a slot in the copy, or that of the whole."""
    names = []
    while slot is not None:
        frame, key = slot
        names.append(child_pointer("", key))
        slot = frame.parent
    return "".join(reversed(names))
