"""What a record says of a failed run: its kind, its fingerprint, its title.

The parts of a record come in, from whoever has them. A run that did not fail gives ``None``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypedDict

from run_artifacts._causes.fingerprint import fingerprint
from run_artifacts._causes.kinds import classify_failure_kind
from run_artifacts._causes.name import FailureFingerprint
from run_artifacts._json.foreign import is_mapping, member_of, pairs_of
from run_artifacts._secrets.redact import Redactor


class RunFailure(TypedDict):
    """What a record says of a failed run: see `classify_failure_kind`, `FailureFingerprint`."""

    kind: str
    fingerprint: str
    title: str


def failure_of(
    record: Any, attached: Callable[[], Iterable[str]] = lambda: ()
) -> RunFailure | None:
    """Return what a record says of its failure; ``None`` where the run did not fail.

    Args:
        record: A record, or the part of one that tells of a failure.
        attached: Gives the texts that stand beside it; asked where they are needed.
    """
    error, invalid = (member_of(record, name) for name in ("error", "report_validation_errors"))
    failed, kind = classify_failure_kind(
        error, status=member_of(record, "status"), validation_errors=invalid
    )
    if not failed:
        return None
    found = _named(record, kind, error, invalid, attached)
    return {"kind": kind, "fingerprint": found.id, "title": found.title}


def _named(
    record: Any, kind: str, error: object, invalid: object, attached: Callable[[], Iterable[str]]
) -> FailureFingerprint:
    """Return the fingerprint of what a kind of failure is told by."""
    redactor = Redactor()
    if error is not None:
        return fingerprint(error, attached, redactor)
    if kind == "report_validation_error":
        return fingerprint({"errors": invalid}, tuple, redactor)
    if kind == "terminal_artifact_unreadable":
        reads = member_of(record, "terminal_artifact_reads")
        return fingerprint({"type": kind, "errors": _failed_reads(reads)}, tuple, redactor)
    return fingerprint({"type": kind}, attached, redactor)


def _failed_reads(reads: object) -> list[str]:
    """Return what went wrong with each terminal artifact that could not be read."""
    said = []
    for name, read in pairs_of(reads) if is_mapping(reads) else ():
        phase = member_of(read, "error_phase")
        if phase:
            what = (member_of(read, f"error_{field}") for field in ("type", "message"))
            said.append(": ".join(map(str, (name, phase, *filter(None, what)))))
    return said
