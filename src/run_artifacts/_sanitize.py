"""What stands in an error for values that JSON has no form for.

The walk of `_remarks` asks for a replacement where it meets such a value. What comes back is
text that a person can read, or a list that is walked in turn; nothing here raises, whatever an
object's own methods do.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Mapping
from typing import Any

from run_artifacts._remarks import (
    Foreign,
    Replacement,
    TextRule,
    keep_text,
    rebuild,
    replace_surrogates,
    with_remarks,
)

#: Most levels of arrays and objects in a sanitized error; what lies deeper becomes a marker.
MAX_ERROR_NESTING = 200

CYCLE_MARKER = "[contains itself]"
DEPTH_MARKER = f"[nested more than {MAX_ERROR_NESTING} levels deep]"


def sanitize_object(
    error: Mapping[Any, Any], text_rule: TextRule = replace_surrogates
) -> dict[str, Any]:
    """Return a deep copy of an object as strict JSON, with remarks on what was altered."""
    return with_remarks(*rebuild(error, replace_foreign, MAX_ERROR_NESTING, text_rule))


def readable_value(value: object) -> Any:
    """Return a copy of any value as JSON for rendering: texts as they are, and no remarks."""
    return rebuild(value, replace_foreign, MAX_ERROR_NESTING, keep_text)[0]


def replace_foreign(value: object, _pointer: str, why: Foreign) -> Replacement:
    """Return what stands for a value or key that JSON has no form for."""
    if why == "cycle":
        return Replacement(CYCLE_MARKER, "cycle")
    if why == "depth":
        return Replacement(DEPTH_MARKER, "depth")
    if why == "digits":
        return Replacement(hex(value), "long_integer")  # type: ignore[arg-type]
    if why == "key":
        return _replace_leaf(value)._replace(rule="key")
    if isinstance(value, (set, frozenset)):
        return Replacement(sorted(value, key=_readable), "set")
    return _replace_leaf(value)


def _replace_leaf(value: object) -> Replacement:
    if isinstance(value, (bytes, bytearray, memoryview)):
        try:
            data = bytes(value)
        except ValueError:  # a view that was released
            return Replacement(_readable(value), "object")
        return Replacement(data.decode(errors="backslashreplace"), "bytes", len(data))
    if isinstance(value, os.PathLike):
        return Replacement(_text_of(os.fspath, value), "path")
    if isinstance(value, (dt.date, dt.time)):
        return Replacement(_text_of(lambda moment: moment.isoformat(), value), "date")
    return Replacement(_readable(value), "object")


def _readable(value: object) -> str:
    return _text_of(repr, value)


def _text_of(function: Callable[[Any], object], value: object) -> str:
    """Return what a function says of a value, or the name of its type where it raises."""
    try:
        said = function(value)
    except Exception:  # the value's own code may do anything
        said = None
    if isinstance(said, bytes):
        said = said.decode(errors="backslashreplace")
    return said if isinstance(said, str) else f"<{type(value).__name__} that can't be shown>"
