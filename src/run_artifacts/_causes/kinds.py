"""Whether a run failed, and how: the first that holds of its error, its validation, its status."""

from collections.abc import Mapping
from functools import partial
from typing import NamedTuple

from run_artifacts._causes.given import coerce_validation_errors
from run_artifacts._json.foreign import is_a, member_of, text_of, type_name
from run_artifacts._layout import RUN_STATUSES

# What a status says by itself: the kind of its own name, but for one's old name.
_KINDS_BY_STATUS = {status: status for status in RUN_STATUSES if status != "ok"} | {
    "no_terminal_artifact": "missing_report"
}

# The fields of an error that tell an exhausted quota from another error.
_QUOTA_FIELDS = ("type", "subtype", "code")


class FailureKind(NamedTuple):
    """Whether a run failed, and how.

    Attributes:
        is_failure: Whether anything says so.
        kind: ``quota_exhausted``, ``error``, ``report_validation_error``, ``missing_report``,
            ``terminal_artifact_unreadable``; ``unknown`` where nothing says that it failed.
    """

    is_failure: bool
    kind: str


def classify_failure_kind(
    error: object = None, *, status: object = "", validation_errors: object = ()
) -> FailureKind:
    """Say whether a run failed and how; the first that holds of error, validation, status.

    Args:
        error: What ``error.json`` holds; anything but ``None`` is a failure.
        status: The record's status, in any case; what isn't text says nothing.
        validation_errors: As `coerce_validation_errors` takes them.

    >>> classify_failure_kind({"code": "claude_out_of_extra_usage"})
    FailureKind(is_failure=True, kind='quota_exhausted')
    >>> failed, kind = classify_failure_kind(status="ok")
    >>> kind
    'unknown'
    """
    fields: dict[str, object] | None = None
    if is_a(error, BaseException):
        fields = {"type": type_name(error)}
    elif error is not None:
        fields = {name: text_of(partial(member_of, name=name), error) for name in _QUOTA_FIELDS}
    return kind_of(fields, status, coerce_validation_errors(validation_errors))


def kind_of(
    error: Mapping[str, object] | None, status: object, validation_errors: list[str]
) -> FailureKind:
    """Say the same of an error whose texts can be relied on."""
    if error is not None:
        return FailureKind(True, "quota_exhausted" if _is_quota(error) else "error")
    if validation_errors:
        return FailureKind(True, "report_validation_error")
    stated = str.__str__(status).strip().lower() if is_a(status, str) else ""
    kind = _KINDS_BY_STATUS.get(stated)
    return FailureKind(False, "unknown") if kind is None else FailureKind(True, kind)


def _is_quota(error: Mapping[str, object]) -> bool:
    kind, subtype, code = (error.get(name) for name in _QUOTA_FIELDS)
    return (
        kind == "AgentQuotaExceeded"
        or subtype == "provider_quota_exceeded"
        or (isinstance(code, str) and code.lower() == "claude_out_of_extra_usage")
    )
