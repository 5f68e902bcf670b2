"""Any value as JSON that a person can read, whatever the objects in it are.

A value comes in. One walk (`rebuild`) copies it; what JSON has no form for becomes text that a
person can read, or a container that is walked in turn. Nothing here raises, whatever an object's
own methods do.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from typing import Any

from run_artifacts._json.exception import describe
from run_artifacts._json.foreign import is_a, repr_of, text_of, unshowable
from run_artifacts._json.rebuild import Concealment, Foreign, has_digits, rebuild
from run_artifacts._json.remarks import (
    Remark,
    Replacement,
    TextRule,
    keep_text,
    with_remarks,
    without_remarks,
)

#: Most levels of arrays and objects in a copy; what lies deeper becomes a marker.
MAX_READABLE_NESTING = 200

CYCLE_MARKER = "[contains itself]"
DEPTH_MARKER = f"[nested more than {MAX_READABLE_NESTING} levels deep]"

# About how many characters the remarks on a copy may have. Where names are long and much below
# them is altered, listing it all would take far more memory than the value.
_MAX_REMARK_CHARACTERS = 64 * 1024 * 1024


class Rules:
    """What becomes of texts, and of what stands under the names of secrets."""

    def __init__(self, text: TextRule, concealment: Concealment | None) -> None:
        self.text = text
        self.concealment = concealment


#: The rules that alter no text.
PLAIN_RULES = Rules(keep_text, None)


def readable_object(value: Any, rules: Rules) -> dict[str, Any]:
    """Return a deep copy of an object as JSON, with remarks on what was altered.

    True remarks that it has on itself already stay; whatever else stands under their key moves.
    """
    copy, remarks = _copy(value, rules, MAX_READABLE_NESTING, _MAX_REMARK_CHARACTERS)
    if isinstance(copy, dict):
        return with_remarks(copy, remarks, value, rules.text)
    return readable_object({"value": value}, rules)  # a mapping that doesn't tell its items


def readable_value(value: object, rules: Rules) -> Any:
    """Return a copy of any value as JSON, without remarks."""
    copy, _ = _copy(value, rules, MAX_READABLE_NESTING, 0)
    return copy


def readable_parts(parts: list[Any], rules: Rules) -> list[Any]:
    """Return copies of values as JSON, made in one walk, without remarks."""
    copies, _ = _copy(parts, rules, MAX_READABLE_NESTING + 1, 0)
    return copies  # type: ignore[no-any-return]


def readable_fields(copy: Any, original: object) -> dict[str, Any]:
    """Return the fields of a copied object, without the remarks that it had on itself."""
    if isinstance(copy, dict):
        return without_remarks(copy, original)
    return {"value": copy}  # a mapping that doesn't tell its items


def _copy(
    value: object, rules: Rules, max_nesting: int, max_remark_characters: int
) -> tuple[Any, list[Remark]]:
    return rebuild(
        value,
        replace_foreign,
        max_nesting,
        rules.text,
        concealment=rules.concealment,
        max_remark_characters=max_remark_characters,
    )


def replace_foreign(value: Any, _locate: Callable[[], str], why: Foreign) -> Replacement:
    """Return what stands for a value or key that JSON has no form for."""
    if why == "cycle":
        return Replacement(CYCLE_MARKER, "cycle")
    if why == "depth":
        return Replacement(DEPTH_MARKER, "depth")
    if is_a(value, int) and not has_digits(value):
        return Replacement(int.__format__(value, "#x"), "key" if why == "key" else "long_integer")
    if why == "key":
        leaf = _replace_leaf(value)
        return Replacement(leaf.value, "key", leaf.original_length)
    for kind in (set, frozenset):
        if is_a(value, kind):
            return Replacement(sorted(kind.__iter__(value), key=repr_of), "set")
    if is_a(value, BaseException):
        return Replacement(describe(value), "exception")
    return _replace_leaf(value)


def _replace_leaf(value: Any) -> Replacement:
    if is_a(value, (bytes, bytearray, memoryview)):
        try:
            data = memoryview(value).tobytes()
        except ValueError:  # a view that was released
            return Replacement(repr_of(value), "object")
        return Replacement(data.decode(errors="backslashreplace"), "bytes", len(data))
    for kind, rule, function in (
        (os.PathLike, "path", os.fspath),
        ((dt.date, dt.time), "date", lambda moment: moment.isoformat()),
    ):
        if _is_instance(value, kind):
            return Replacement(text_of(function, value) or unshowable(value), rule)
    return Replacement(repr_of(value), "object")


def _is_instance(value: object, kind: Any) -> bool:
    try:
        return issubclass(type(value), kind)
    except Exception:  # asking about a class runs the code of its metaclass
        return False
