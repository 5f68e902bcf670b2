"""What callers give of a failure: an error of any kind, and validation errors however they come."""

from __future__ import annotations

from typing import Any

from run_artifacts._json.encode import compact
from run_artifacts._json.exception import describe
from run_artifacts._json.foreign import elements_of, is_a, is_mapping, member_of
from run_artifacts._json.readable import PLAIN_RULES, readable_parts, readable_value

# No number of a system is as large.
_MOST = 1 << 63


def as_object(error: Any) -> Any:
    """Return an error as an object, whatever it is."""
    if is_a(error, BaseException):
        return describe(error)
    if is_mapping(error):
        return error
    if is_a(error, str):
        return {"message": error}
    elements = elements_of(error)
    return {"value": error} if elements is None else {"errors": [*elements]}


def field_text(error: Any, name: str) -> str:
    """Return a field as text: what isn't one says nothing, but for bytes and lists of lines."""
    value = member_of(error, name)
    if is_a(value, str):
        return str.__str__(value)
    if value is None or is_a(value, (bool, int, float, dict)):
        return ""
    shown = readable_value(value, PLAIN_RULES)
    if isinstance(shown, list):
        return "\n".join(item for item in shown if isinstance(item, str))
    return shown if isinstance(shown, str) else ""


def field_integer(error: Any, name: str) -> int | None:
    """Return a field that is a number, of a size that a system has."""
    value = member_of(error, name)
    if not is_a(value, int) or is_a(value, bool):
        return None
    number = int.__int__(value)
    return number if -_MOST < number < _MOST else None


def coerce_validation_errors(raw: object) -> list[str]:
    """Return validation errors as a list of stripped texts.

    Args:
        raw: A list or tuple; a string, or any other single value, is one item. What isn't text
            is kept as compact JSON; only ``None`` and blanks go.

    >>> coerce_validation_errors([" a ", None, {"path": "$.x"}])
    ['a', '{"path":"$.x"}']
    """
    items = validation_items(raw)
    if not items:
        return []
    return validation_texts(items, readable_parts(items, PLAIN_RULES))


def validation_items(raw: object) -> list[Any]:
    """Return what a caller has of validation errors, one by one."""
    elements = elements_of(raw)
    return [item for item in ([raw] if elements is None else elements) if item is not None]


def validation_texts(items: list[Any], shown: list[Any]) -> list[str]:
    """Return validation errors as texts, given what they are and how they are shown as JSON."""
    texts = (
        text if is_a(item, str) else compact(text) for item, text in zip(items, shown, strict=True)
    )
    return [text.strip() for text in texts if text.strip()]
