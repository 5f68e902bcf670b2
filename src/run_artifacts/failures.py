"""Failure events: classified, sanitized, their artifacts extracted, rendered as text.

An error comes in as a caller or a run's ``error.json`` has it. `sanitize_error` makes strict JSON
of it, with a remark for each thing altered; `render_failure_text` makes a text of it that holds
everything and in which no content can look like a line of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from run_artifacts._arguments import require_count
from run_artifacts._capture.artifact import CaptureResult
from run_artifacts._causes.failure import RunFailure
from run_artifacts._causes.fingerprint import fingerprint
from run_artifacts._causes.given import coerce_validation_errors
from run_artifacts._causes.kinds import FailureKind, classify_failure_kind
from run_artifacts._causes.name import VERSIONS, FailureFingerprint
from run_artifacts._failures.artifacts import extract_artifact_filenames, extract_error_artifacts
from run_artifacts._failures.attachment import attached_texts, iter_given
from run_artifacts._failures.budget import MIN_TEXT_CHARACTERS
from run_artifacts._failures.event import make_event
from run_artifacts._failures.groups import FailureGroup, FailureGroups, group_records
from run_artifacts._failures.render import render
from run_artifacts._failures.sanitize import sanitize, shown_rules
from run_artifacts._failures.warnings import KnownWarnings, classify_known_stderr_warnings
from run_artifacts._secrets.redact import Redactor

__all__ = [
    "FailureFingerprint",
    "FailureGroup",
    "FailureGroups",
    "FailureKind",
    "KnownWarnings",
    "RunFailure",
    "classify_failure_kind",
    "classify_known_stderr_warnings",
    "coerce_validation_errors",
    "extract_artifact_filenames",
    "extract_error_artifacts",
    "failure_fingerprint",
    "group_failures",
    "render_failure_text",
    "sanitize_error",
]


def sanitize_error(
    error: object, *, redact: bool = True, secrets: Iterable[str] = ()
) -> dict[str, Any] | None:
    """Return a deep copy of an error as strict JSON, with a remark for each thing altered.

    A number that isn't finite becomes ``null``, a lone surrogate U+FFFD; bytes, paths, dates,
    sets and other objects become readable text or a container; cycles, and what is nested more
    than 200 levels deep, become a marker. Secrets become ``[redacted:<rule>]``: what stands under
    the name of one, what has the format of one, and those that the caller names
    (``docs/redaction.md`` lists what is found). That is best effort, and no guarantee.

    Each such value has a remark in ``_remarks``. Text is never shortened, the input never
    altered, and sanitizing the result changes nothing more.

    Args:
        error: A mapping or an exception. A string is kept under ``message``, a list or tuple
            under ``errors``, any other value under ``value``.
        redact: Whether secrets are replaced. Numbers, booleans and ``null`` never are.
        secrets: The caller's own secrets, of 8 characters or more; found also where they are
            escaped (JSON, HTML, URLs, program text), in base64 or hex, wrapped or interrupted.

    Returns:
        The copy, equal to a mapping that is strict JSON already and holds no secret; ``None``
        for ``None`` alone. An exception has ``type`` (its bare name), ``message`` and as far as
        there are any ``notes``, ``traceback``, ``cause`` or ``context`` (as a traceback shows
        them), the ``exceptions`` of a group, and ``exceptions_omitted``: how many members of a
        group, or links of a chain, are left out where all are more than 250, or 60 deep.

    Raises:
        TypeError: `secrets` is no collection of ``str``.
        ValueError: One of `secrets` has fewer than 8 characters.

    >>> sanitize_error({"ratio": float("nan")})["_remarks"]
    [{'path': '/ratio', 'rule': 'non_finite_number', 'action': 'substituted', 'original': 'NaN'}]
    >>> sanitize_error({"api_key": "till-7", "max_tokens": 100})["api_key"]
    '[redacted:key_name]'
    """
    redactor = _redactor(redact, secrets)
    return None if error is None else sanitize(error, redactor)


def _redactor(redact: object, secrets: Iterable[str]) -> Redactor | None:
    """Return what finds secrets, if they are to be found; refuse unusable ones in any case."""
    redactor = Redactor(secrets)
    return redactor if redact else None


def render_failure_text(
    error: object = None,
    *,
    failure_kind: str | None = None,
    agent: object = None,
    status: object = None,
    report_validation_errors: object = None,
    artifacts: object = None,
    attachments: Iterable[CaptureResult | Mapping[str, Any]] | None = None,
    terminal_artifact_reads: Mapping[str, Any] | None = None,
    redact: bool = True,
    secrets: Iterable[str] = (),
    max_chars: int | None = None,
) -> str:
    """Render a failure as text for people and models: everything that is given, and no more.

    Lines of content begin with ``| ``, lines of the rendering never do; an empty one at the end
    of a content stands for its last line end. Control characters,
    direction marks, invisible characters and line separators come out as visible escapes, so no
    artifact can forge a line, or hide one. Secrets are replaced as `sanitize_error` does it, in
    all that is given, before anything is cut. Of an artifact that was captured without
    ``TextCapturePolicy(redact=True)`` nothing can be found of a secret that the capture cut.

    Args:
        error: What ``error.json`` holds; see `sanitize_error`.
        failure_kind: As `classify_failure_kind` gives it; derived where left out.
        agent: The agent's name.
        status: The record's status.
        report_validation_errors: As `coerce_validation_errors` takes them.
        artifacts: What `extract_artifact_filenames` takes; derived from the error where left
            out.
        attachments: Captured artifacts, or mappings with ``path``, ``excerpt_head``,
            ``excerpt_tail``, ``truncated`` and ``capture_error``, of which any may be absent.
        terminal_artifact_reads: As a record holds them.
        redact: Whether secrets are replaced.
        secrets: The caller's own secrets, of 8 characters or more.
        max_chars: Most characters (code points) of the text, at least 20. Contents then share
            what our own lines leave; of a long one the start and the end are kept, around a line
            that counts what is cut. Left out, nothing is.

    Returns:
        The text; its last line has no line end.

    Raises:
        TypeError: `attachments`, `terminal_artifact_reads`, `secrets` or `max_chars` have the
            wrong type.
        ValueError: `max_chars` or one of `secrets` is too short.

    >>> print(render_failure_text({"type": "AgentExecFailed", "exit_code": 1}, agent="claude"))
    Run failure: error (agent=claude)
    type=AgentExecFailed exit_code=1
    """
    if terminal_artifact_reads is not None and not isinstance(terminal_artifact_reads, Mapping):
        kind = type(terminal_artifact_reads).__name__
        raise TypeError(f"terminal_artifact_reads must be a mapping, not {kind}")
    if max_chars is not None:
        require_count(max_chars, "max_chars", MIN_TEXT_CHARACTERS)
    rules = shown_rules(_redactor(redact, secrets))
    event = make_event(
        error,
        rules,
        kind=failure_kind,
        agent=agent,
        status=status,
        validation_errors=report_validation_errors,
        artifacts=artifacts,
        attachments=iter_given(attachments),
        reads=terminal_artifact_reads,
    )
    return render(event, max_chars)


def failure_fingerprint(
    error: object,
    *,
    attachments: Iterable[CaptureResult | Mapping[str, Any]] | None = (),
    secrets: Iterable[str] = (),
    version: int = 1,
) -> FailureFingerprint:
    """Return the name of a failure: the same for the same cause, wherever and whenever it was met.

    What was written is read in some forty formats (``docs/fingerprints.md``), from
    `error` first, then from the attachments; of a long text 65,536 characters at each end. Paths,
    line numbers, times, ids, counts and the like say nothing; names, keys, codes, statuses and
    signals do. Secrets are replaced before anything is compared.

    Args:
        error: What ``error.json`` holds, an exception, or any other value; see `sanitize_error`.
        attachments: What was captured beside it, as `render_failure_text` takes it.
        secrets: The caller's own secrets, of 8 characters or more.
        version: That of the rules; 1 is the only one so far.

    Raises:
        TypeError: `attachments` or `secrets` have the wrong type.
        ValueError: `version` is unknown, or one of `secrets` is too short.

    >>> failure_fingerprint({"exit_code": 1, "stderr": "fatal: branch 'x-7f3a9c' not found"}).title
    "fatal: branch 'x-<n>' not found"
    >>> failure_fingerprint({"exit_code": 139}).parts
    ('SIGSEGV',)
    """
    if type(version) is not int or version not in VERSIONS:
        raise ValueError(f"version must be one of {list(VERSIONS)}, not {version!r}")
    redactor = Redactor(secrets)
    given = list(iter_given(attachments))
    return fingerprint(error, lambda: attached_texts(given), redactor)


def group_failures(records: Iterable[Mapping[str, Any]]) -> FailureGroups:
    """Group the failures of a history by their fingerprint.

    A record of an older file, which has no ``failure``, gets its fingerprint as it comes: from
    what is in it alone, and not from what the run wrote to its standard error. A ``failure`` that
    is there is believed, ``None`` too.

    Args:
        records: Any number of records, as `iter_report_history` yields them.

    Returns:
        A list of `FailureGroup`, the most frequent first. What its groups count and its ``passed``
        add up to its ``records``.

    Raises:
        TypeError: A record is no mapping.

    >>> failed = {"status": "error", "error": {"exit_code": 137}, "run_rel": "a/b/c/0"}
    >>> groups = group_failures([failed, failed, {"status": "ok"}])
    >>> [(group.title, group.count) for group in groups], groups.passed
    ([('SIGKILL', 2)], 1)
    """
    return group_records(records)
