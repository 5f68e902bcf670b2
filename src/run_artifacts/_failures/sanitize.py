"""What becomes of an error: which object it is, and the rules for the texts in it.

Validation errors are here too: a list of texts, however a caller has them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from run_artifacts._json.encode import compact
from run_artifacts._json.exception import describe
from run_artifacts._json.foreign import elements_of, is_a, is_mapping
from run_artifacts._json.readable import PLAIN_RULES, Rules, readable_object, readable_parts
from run_artifacts._json.remarks import Alteration, replace_surrogates
from run_artifacts._secrets.concealment import BY_NAME
from run_artifacts._secrets.redact import Redactor, replace_spans


def sanitize(error: object, redactor: Redactor | None) -> dict[str, Any]:
    """Return a deep copy of an error as strict JSON, with remarks on what was altered."""
    value = as_object(error)
    return readable_object(value, strict_rules(redactor))


def strict_rules(redactor: Redactor | None) -> Rules:
    """Return the rules for strict JSON: secrets and lone surrogates are replaced."""
    if redactor is None:
        return Rules(replace_surrogates, None)

    def replace(text: str) -> tuple[str, Iterable[Alteration]]:
        # Secrets are found as they will stand in the result, or they might be found only there.
        strict, replaced = replace_surrogates(text)
        spans = redactor.spans(strict)
        if not spans:
            return strict, replaced
        text, redacted = replace_spans(text, spans)
        text, replaced = replace_surrogates(text)  # which moves nothing
        return text, sorted([*redacted, *replaced], key=lambda alteration: alteration["start"])

    return Rules(replace, BY_NAME)


def shown_rules(redactor: Redactor | None) -> Rules:
    """Return the rules for what is rendered, where lone surrogates are shown as escapes."""
    return Rules(redactor.text, BY_NAME) if redactor else PLAIN_RULES


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
