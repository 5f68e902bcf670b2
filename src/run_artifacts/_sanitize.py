"""What stands in an error for values that JSON has no form for.

The walk (`_walk`) asks for a replacement where it meets such a value. What comes back is
text that a person can read, or a container that is walked in turn; nothing here raises, whatever
an object's own methods do.
"""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from run_artifacts._earlier import are_true, carried_over
from run_artifacts._exceptions import describe
from run_artifacts._foreign import is_a, readable, text_of, unshowable
from run_artifacts._redact import BY_NAME, Redactor, replace_spans
from run_artifacts._remarks import (
    REMARKS_KEY,
    Alteration,
    Replacement,
    TextRule,
    child_pointer,
    keep_text,
    replace_surrogates,
    set_aside,
)
from run_artifacts._walk import Concealment, Foreign, Rebuilt, has_digits, rebuild

#: Most levels of arrays and objects in a sanitized error; what lies deeper becomes a marker.
MAX_ERROR_NESTING = 200

CYCLE_MARKER = "[contains itself]"
DEPTH_MARKER = f"[nested more than {MAX_ERROR_NESTING} levels deep]"

# About how many characters the remarks on an error may have. Where names are long and much below
# them is altered, listing it all would take far more memory than the error.
_MAX_REMARK_CHARACTERS = 64 * 1024 * 1024


class Rules(NamedTuple):
    """What becomes of texts, and of what stands under the names of secrets."""

    text: TextRule
    concealment: Concealment | None


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


#: The rules that alter no text.
PLAIN_RULES = Rules(keep_text, None)


def shown_rules(redactor: Redactor | None) -> Rules:
    """Return the rules for what is rendered, where lone surrogates are shown as escapes."""
    return Rules(redactor.text, BY_NAME) if redactor else PLAIN_RULES


def sanitize_object(error: object, rules: Rules) -> dict[str, Any]:
    """Return a deep copy of an object as JSON, with remarks on what was altered.

    True remarks that it has on itself already stay; whatever else stands under their key moves.
    """
    value, remarks, renamed = _copy(error, rules, _MAX_REMARK_CHARACTERS)
    if not isinstance(value, dict):  # a mapping that doesn't tell its items
        return sanitize_object({"value": error}, rules)
    if REMARKS_KEY not in value:
        return {**value, REMARKS_KEY: remarks} if remarks else value
    earlier: Any = error.get(REMARKS_KEY) if type(error) is dict else None
    if type(error) is not dict or not are_true(earlier, error, rules.text, MAX_ERROR_NESTING):
        return set_aside(value, remarks)
    below = child_pointer("", REMARKS_KEY) + "/"
    new = [remark for remark in remarks if not remark["path"].startswith(below)]
    return {**value, REMARKS_KEY: [*carried_over(earlier, new, renamed, value), *new]}


def readable_value(value: object, rules: Rules) -> Any:
    """Return a copy of any value as JSON, without remarks."""
    return _copy(value, rules, 0).value


def _copy(value: object, rules: Rules, max_remark_characters: int) -> Rebuilt:
    return rebuild(
        value,
        replace_foreign,
        MAX_ERROR_NESTING,
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
        return _replace_leaf(value)._replace(rule="key")
    for kind in (set, frozenset):
        if is_a(value, kind):
            return Replacement(sorted(kind.__iter__(value), key=readable), "set")
    if is_a(value, BaseException):
        return Replacement(describe(value), "exception")
    return _replace_leaf(value)


def _replace_leaf(value: Any) -> Replacement:
    if is_a(value, (bytes, bytearray, memoryview)):
        try:
            data = memoryview(value).tobytes()
        except ValueError:  # a view that was released
            return Replacement(readable(value), "object")
        return Replacement(data.decode(errors="backslashreplace"), "bytes", len(data))
    for kind, rule, shown in (
        (os.PathLike, "path", os.fspath),
        ((dt.date, dt.time), "date", lambda moment: moment.isoformat()),
    ):
        if _is_instance(value, kind):
            return Replacement(text_of(shown, value) or unshowable(value), rule)
    return Replacement(readable(value), "object")


def _is_instance(value: object, kind: Any) -> bool:
    try:
        return issubclass(type(value), kind)
    except Exception:  # asking about a class runs the code of its metaclass
        return False
