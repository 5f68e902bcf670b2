"""What becomes of an error, and the rules for the texts in it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from run_artifacts._causes.given import as_object
from run_artifacts._json.readable import PLAIN_RULES, Rules, readable_object
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
