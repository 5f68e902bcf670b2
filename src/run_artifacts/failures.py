"""Failure events: classified, sanitized, their artifacts extracted, rendered as text.

An error comes in as a caller or a run's ``error.json`` has it. `sanitize_error` makes strict JSON
of it, with a remark for each thing altered; `render_failure_text` (`_render`) makes a text of it
that holds everything and in which no content can look like a line of ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple, TypedDict

from run_artifacts._remarks import keep_text
from run_artifacts._render import Attachment, FailureEvent, render
from run_artifacts._sanitize import readable_value, sanitize_object
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
    stated = status.strip().lower() if isinstance(status, str) else ""
    if stated in _MISSING_REPORT:
        return FailureKind(True, "missing_report")
    if stated in _FAILED:
        return FailureKind(True, stated)
    return FailureKind(False, "unknown")


def _is_quota(error: object) -> bool:
    if not isinstance(error, Mapping):
        return False
    code = error.get("code")
    return (
        error.get("type") == "AgentQuotaExceeded"
        or error.get("subtype") == "provider_quota_exceeded"
        or (isinstance(code, str) and code.lower() == "claude_out_of_extra_usage")
    )


def sanitize_error(error: object) -> dict[str, Any] | None:
    """Return a deep copy of an error as strict JSON, with a remark for each thing altered.

    A number that isn't finite becomes ``null``, a lone surrogate U+FFFD; bytes, paths, dates,
    sets and other objects become readable text or a list; cycles, and what is nested more than
    200 levels deep, become a marker. Each such place has a remark in ``_remarks``. Text is never
    shortened, the input never altered, and sanitizing the result changes nothing more.

    Args:
        error: A mapping. A string is kept under ``message``, a list or tuple under ``errors``,
            any other value under ``value``.

    Returns:
        The copy, equal to a mapping that is strict JSON already; ``None`` for ``None`` alone.

    >>> sanitize_error({"ratio": float("nan")})["_remarks"]
    [{'path': '/ratio', 'rule': 'non_finite_number', 'action': 'substituted', 'original': 'NaN'}]
    """
    return None if error is None else sanitize_object(_as_object(error))


def _as_object(error: object) -> Mapping[Any, Any]:
    """Return an error as an object, whatever it is."""
    if isinstance(error, Mapping):
        return error
    if isinstance(error, str):
        return {"message": error}
    if isinstance(error, (list, tuple)):
        return {"errors": list(error)}
    return {"value": error}


def extract_error_artifacts(error: object) -> dict[str, Any] | None:
    """Return a deep copy of an error's ``artifacts`` where they are a dict, else ``None``."""
    artifacts = error.get("artifacts") if isinstance(error, Mapping) else None
    return _copy_containers(artifacts) if isinstance(artifacts, dict) else None


def _copy_containers(value: dict[str, Any]) -> dict[str, Any]:
    """Copy dicts and lists at any depth; what is shared, or a cycle, stays so."""
    copies: dict[int, Any] = {id(value): value.copy()}
    waiting = [copies[id(value)]]
    while waiting:
        container = waiting.pop()
        for key, child in container.items() if type(container) is dict else enumerate(container):
            if type(child) in (dict, list):
                if id(child) not in copies:
                    copies[id(child)] = child.copy()
                    waiting.append(copies[id(child)])
                container[key] = copies[id(child)]
    return copies[id(value)]  # type: ignore[no-any-return]


def extract_artifact_filenames(artifacts: object) -> list[str]:
    """Return the strings in artifacts that aren't blank, at any depth, each once, sorted.

    Args:
        artifacts: A string, or dicts and lists of them; the keys of a dict are not names.

    >>> extract_artifact_filenames({"stderr": "b.txt", "logs": ["a.txt", " ", {"x": "b.txt"}]})
    ['a.txt', 'b.txt']
    """
    return sorted({text for text in _texts(artifacts) if text.strip()})


def _texts(value: object) -> Iterator[str]:
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if isinstance(value, str):
            yield value
        elif isinstance(value, (Mapping, list, tuple, set, frozenset)) and id(value) not in seen:
            seen.add(id(value))
            waiting.extend(value.values() if isinstance(value, Mapping) else value)


def coerce_validation_errors(raw: object) -> list[str]:
    """Return validation errors as a list of stripped texts.

    Args:
        raw: A list or tuple; a string, or any other single value, is one item. What isn't text
            is kept as compact JSON; only ``None`` and blanks go.

    >>> coerce_validation_errors([" a ", None, {"path": "$.x"}])
    ['a', '{"path":"$.x"}']
    """
    items = raw if isinstance(raw, (list, tuple)) else [raw]
    texts = (item if isinstance(item, str) else _compact(item) for item in items)
    return [text.strip() for text in texts if text.strip()]


def _compact(value: object) -> str:
    if value is None:
        return ""
    return json.dumps(readable_value(value), ensure_ascii=False, separators=(",", ":"))


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
) -> str:
    """Render a failure as text for people and models: everything that is given, and no more.

    Lines of content begin with ``| ``, lines of the rendering never do; an empty one at the end
    of a content stands for its last line end. Control characters,
    direction marks, invisible characters and line separators come out as visible escapes, so no
    artifact can forge a line, or hide one.

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

    Returns:
        The text; its last line has no line end.

    Raises:
        TypeError: `attachments` or `terminal_artifact_reads` have the wrong type.

    >>> print(render_failure_text({"type": "AgentExecFailed", "exit_code": 1}, agent="claude"))
    Run failure: error (agent=claude)
    type=AgentExecFailed exit_code=1
    """
    if terminal_artifact_reads is not None and not isinstance(terminal_artifact_reads, Mapping):
        kind = type(terminal_artifact_reads).__name__
        raise TypeError(f"terminal_artifact_reads must be a mapping, not {kind}")
    if failure_kind is None:
        failure_kind = classify_failure_kind(
            error, status=status, validation_errors=report_validation_errors
        ).kind
    given = readable_value(extract_error_artifacts(error) if artifacts is None else artifacts)
    event = FailureEvent(
        kind=readable_value(failure_kind),
        agent=readable_value(agent),
        status=readable_value(status),
        error={} if error is None else sanitize_object(_as_object(error), keep_text),
        validation_errors=coerce_validation_errors(report_validation_errors),
        artifacts=given,
        filenames=extract_artifact_filenames(given),
        attachments=_attachments(attachments),
        reads=readable_value(terminal_artifact_reads or {}),
    )
    return render(event)


def _attachments(given: object) -> list[Attachment]:
    if given is None:
        return []
    if isinstance(given, (str, Mapping)) or not isinstance(given, Iterable):
        raise TypeError(f"attachments must be a list, not {type(given).__name__}")
    return [
        Attachment.from_capture(item)
        if isinstance(item, CaptureResult)
        else Attachment.from_mapping(readable_value(item))
        for item in given
    ]


class KnownWarnings(TypedDict):
    """What a standard error holds of warnings that are known and harmless.

    `codes` is sorted, `counts` has the lines of each code, `unknown_lines` the stripped lines
    that no rule knows; `warning_only` says that there are known lines and no others.
    """

    codes: list[str]
    counts: dict[str, int]
    unknown_lines: list[str]
    warning_only: bool


class _WarningRule(NamedTuple):
    """A known warning: the texts that a line holds together, or its hint as a whole line."""

    code: str
    needles: tuple[str, ...]
    hint: str = ""


_WARNING_RULES = (
    _WarningRule(
        "shell_snapshot_powershell_unsupported",
        ("shell snapshot not supported yet for powershell",),
        "hint=PowerShell shell snapshot unsupported; continuing without shell snapshot metadata.",
    ),
    _WarningRule(
        "turn_metadata_header_timeout",
        ("turn metadata", "header", "timed out"),
        "hint=Turn metadata header timed out; continuing without metadata header.",
    ),
    _WarningRule(
        "codex_model_refresh_timeout",
        ("failed to refresh available models", "timeout waiting for child process"),
        "hint=Codex model refresh timed out; model list may be stale.",
    ),
    _WarningRule(
        "bash_tool_preflight_slow",
        ("[bashtool]", "pre-flight check is taking longer than expected"),
    ),
)


def classify_known_stderr_warnings(text: str) -> KnownWarnings:
    """Tell the known warnings in a standard error from other lines.

    Each line is looked at alone, stripped and ignoring case; blank ones don't count. The first
    rule that knows a line counts it.

    Raises:
        TypeError: `text` is no ``str``.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    counts: dict[str, int] = {}
    unknown: list[str] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        code = _warning_code(line.lower())
        if code is None:
            unknown.append(line)
        else:
            counts[code] = counts.get(code, 0) + 1
    codes = sorted(counts)
    return KnownWarnings(
        codes=codes,
        counts={code: counts[code] for code in codes},
        unknown_lines=unknown,
        warning_only=bool(codes) and not unknown,
    )


def _warning_code(line: str) -> str | None:
    for rule in _WARNING_RULES:
        if all(needle in line for needle in rule.needles):
            return rule.code
        if rule.hint and (
            line == rule.hint.lower() or re.search(rf"\bcode={rule.code}(?!\w)", line)
        ):
            return rule.code
    return None
