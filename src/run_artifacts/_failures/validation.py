"""Validation errors, however a caller has them, as a list of texts."""

from __future__ import annotations

from typing import Any

from run_artifacts._json.encode import compact
from run_artifacts._json.foreign import elements_of, is_a
from run_artifacts._json.readable import PLAIN_RULES, readable_parts


def coerce_validation_errors(raw: object) -> list[str]:
    """Return validation errors as a list of stripped texts.

    Args:
        raw: A list or tuple; a string, or any other single value, is one item. What isn't text
            is kept as compact JSON; only ``None`` and blanks go.

    >>> coerce_validation_errors([" a ", None, {"path": "$.x"}])
    ['a', '{"path":"$.x"}']
    """
    items = validation_items(raw)
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
