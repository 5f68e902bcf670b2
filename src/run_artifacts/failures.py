"""Failure events: classified, sanitized, their artifacts extracted, rendered as text.

An error comes in as a caller or a run's ``error.json`` has it. `sanitize_error` makes strict JSON
of it, with a remark for each thing altered; `render_failure_text` (`_render`) makes a text of it
that holds everything and in which no content can look like a line of ours.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from run_artifacts._arguments import require_count
from run_artifacts._exceptions import describe
from run_artifacts._foreign import (
    elements_of,
    is_a,
    is_mapping,
    members_of,
    readable,
    text_of,
    type_name,
)
from run_artifacts._redact import Redactor
from run_artifacts._render import Attachment, FailureEvent, render
from run_artifacts._sanitize import (
    Rules,
    readable_value,
    sanitize_object,
    shown_rules,
    strict_rules,
)
from run_artifacts._shorten import MIN_TEXT_CHARACTERS
from run_artifacts._stderr import KnownWarnings, classify_known_stderr_warnings
from run_artifacts.capture import CaptureResult

__all__ = [
    "FailureKind",
    "KnownWarnings",
    "classify_failure_kind",
    "classify_known_stderr_warnings",
    "coerce_validation_errors",
    "extract_artifact_filenames",
    "extract_error_artifacts",
    "render_failure_text",
    "sanitize_error",
]

# Kinds that a status alone states; the second is the first one's old name.
_MISSING_REPORT = frozenset({"missing_report", "no_terminal_artifact"})
_FAILED = frozenset({"error", "report_validation_error", "terminal_artifact_unreadable"})


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
    if error is not None:
        return FailureKind(True, "quota_exhausted" if _is_quota(error) else "error")
    if coerce_validation_errors(validation_errors):
        return FailureKind(True, "report_validation_error")
    stated = str.__str__(status).strip().lower() if is_a(status, str) else ""
    if stated in _MISSING_REPORT:
        return FailureKind(True, "missing_report")
    if stated in _FAILED:
        return FailureKind(True, stated)
    return FailureKind(False, "unknown")


def _is_quota(error: object) -> bool:
    if is_a(error, BaseException):
        return type_name(error) == "AgentQuotaExceeded"
    return (
        _field(error, "type") == "AgentQuotaExceeded"
        or _field(error, "subtype") == "provider_quota_exceeded"
        or (_field(error, "code") or "").lower() == "claude_out_of_extra_usage"
    )


def _field(error: object, name: str) -> str | None:
    """Return a text that an error has under a name, if it has one."""
    return text_of(lambda mapping: mapping.get(name), error) if is_mapping(error) else None


def sanitize_error(
    error: object, *, redact: bool = True, secrets: Iterable[str] = ()
) -> dict[str, Any] | None:
    """Return a deep copy of an error as strict JSON, with a remark for each thing altered.

    A number that isn't finite becomes ``null``, a lone surrogate U+FFFD; bytes, paths, dates,
    sets and other objects become readable text or a container; cycles, and what is nested more
    than 200 levels deep, become a marker. Secrets become ``[redacted:<rule>]``: what stands under
    the name of one, what has the format of one, and those that the caller names
    (``docs/format.md`` lists names and formats). That is best effort, and no guarantee.

    Each such place has a remark in ``_remarks``. Text is never shortened, the input never
    altered, and sanitizing the result changes nothing more.

    Args:
        error: A mapping or an exception. A string is kept under ``message``, a list or tuple
            under ``errors``, any other value under ``value``.
        redact: Whether secrets are replaced. Numbers, booleans and ``null`` never are.
        secrets: The caller's own secrets, of 8 characters or more; found also as JSON escapes
            them.

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
    return None if error is None else sanitize_object(_as_object(error), strict_rules(redactor))


def _redactor(redact: object, secrets: Iterable[str]) -> Redactor | None:
    """Return what finds secrets, if they are to be found; refuse unusable ones in any case."""
    redactor = Redactor(secrets)
    return redactor if redact else None


def _as_object(error: Any) -> Any:
    """Return an error as an object, whatever it is."""
    if is_a(error, BaseException):
        return describe(error)
    if is_mapping(error):
        return error
    if is_a(error, str):
        return {"message": error}
    elements = elements_of(error)
    return {"value": error} if elements is None else {"errors": [*elements]}


def extract_error_artifacts(error: object) -> dict[str, Any] | None:
    """Return a deep copy of an error's ``artifacts`` where they are a dict, else ``None``."""
    artifacts: Any = None
    try:
        artifacts = error.get("artifacts") if is_mapping(error) else None  # type: ignore[attr-defined]
    except Exception:  # the mapping's own code may do anything
        return None
    return _copy_containers(artifacts) if is_a(artifacts, dict) else None


def _copy_containers(value: dict[str, Any]) -> dict[str, Any]:
    """Copy dicts and lists at any depth; what is shared, or a cycle, stays so."""
    copies: dict[int, Any] = {}
    waiting: list[Any] = []

    def copy(container: Any) -> Any:
        if id(container) not in copies:
            is_dict = is_a(container, dict)
            new = dict(dict.items(container)) if is_dict else list.copy(container)
            copies[id(container)] = new
            waiting.append(new)
        return copies[id(container)]

    result = copy(value)
    while waiting:
        container = waiting.pop()
        for key, child in container.items() if type(container) is dict else enumerate(container):
            if is_a(child, (dict, list)):
                container[key] = copy(child)
    return result  # type: ignore[no-any-return]


def extract_artifact_filenames(artifacts: object) -> list[str]:
    """Return the strings in artifacts that aren't blank, at any depth, each once, sorted.

    Args:
        artifacts: A string, or dicts and lists of them; the keys of a dict are not names.

    >>> extract_artifact_filenames({"stderr": "b.txt", "logs": ["a.txt", " ", {"x": "b.txt"}]})
    ['a.txt', 'b.txt']
    """
    return sorted({text for text in _texts(artifacts) if text.strip()})


def _texts(value: object) -> Iterator[str]:
    seen: dict[int, object] = {}  # kept alive, so that no other has its identity
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if is_a(value, str):
            yield str.__str__(value)
        elif id(value) not in seen:
            seen[id(value)] = value
            waiting.extend(members_of(value))


def coerce_validation_errors(raw: object) -> list[str]:
    """Return validation errors as a list of stripped texts.

    Args:
        raw: A list or tuple; a string, or any other single value, is one item. What isn't text
            is kept as compact JSON; only ``None`` and blanks go.

    >>> coerce_validation_errors([" a ", None, {"path": "$.x"}])
    ['a', '{"path":"$.x"}']
    """
    return _validation_errors(raw, shown_rules(None))


def _validation_errors(raw: object, rules: Rules) -> list[str]:
    elements = elements_of(raw)
    items = [raw] if elements is None else elements
    shown = ((item, readable_value(item, rules)) for item in items if item is not None)
    texts = (text if is_a(item, str) else _compact(text) for item, text in shown)
    return [text.strip() for text in texts if text.strip()]


def _compact(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


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
    shown_error = None if error is None else sanitize_object(_as_object(error), rules)
    invalid = _validation_errors(report_validation_errors, rules)
    if failure_kind is None:
        found = classify_failure_kind(shown_error, status=status, validation_errors=invalid)
        failure_kind = found.kind
    if artifacts is None:
        artifacts = extract_error_artifacts(shown_error)
    else:
        artifacts = readable_value(artifacts, rules)
    event = FailureEvent(
        kind=_stated(failure_kind, rules),
        agent=_stated(agent, rules),
        status=_stated(status, rules),
        error=shown_error or {},
        validation_errors=invalid,
        artifacts=artifacts,
        filenames=extract_artifact_filenames(artifacts),
        attachments=_attachments(attachments, rules),
        reads=readable_value(terminal_artifact_reads, rules),
    )
    return render(event, max_chars)


def _stated(value: object, rules: Rules) -> Any:
    """Return what the first line states of a value; what is ``null`` in JSON is named there."""
    shown = readable_value(value, rules)
    return readable(value) if shown is None and value is not None else shown


def _attachments(given: object, rules: Rules) -> list[Attachment]:
    if given is None:
        return []
    if isinstance(given, (str, bytes, Mapping)) or not isinstance(given, Iterable):
        kind = type(given).__name__
        raise TypeError(f"attachments must be a list of CaptureResult or mappings, not {kind}")
    return [
        Attachment.from_capture(item, rules)
        if isinstance(item, CaptureResult)
        else Attachment.from_mapping(item, rules)
        for item in given
    ]
