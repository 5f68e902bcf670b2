"""The text of a failure: complete, and such that no content can look like a line of ours.

The parts of a failure come in, as strict JSON values. Sections go out in a fixed order. Every
line of content begins with ``| ``, and no line of ours does; what stands within a line of ours
is quoted wherever it could be mistaken.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from run_artifacts._excerpt import COUNTS, TextExcerpt
from run_artifacts._remarks import REMARKS_KEY, is_remarks, unused_key
from run_artifacts.capture import CaptureResult

# What is shown as an escape: C0 but tab and line feed, DEL, C1, the twelve Bidi_Control characters
# (Unicode, PropList.txt), other invisible ones, the line separators, and lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e"
    "\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)

# What may stand in a line of ours as it is; anything else is quoted as a JSON string.
_PLAIN = re.compile(r"[\w./\\@+~](?:(?:[\w./\\@+~ -]|:(?! ))*[\w./\\@+~-])?")

_SHOWN_FIRST = ("agent_stderr.txt", "agent_last_message.txt")
_BLOCKS = ("stderr", "message", "traceback")


@dataclass(frozen=True, slots=True)
class Attachment:
    """An artifact to show: its path, its excerpt, and what went wrong in its capture.

    `rest` holds what else a caller's mapping said of it.
    """

    path: str
    excerpt: TextExcerpt | None
    error: str | None
    rest: dict[str, Any]

    @classmethod
    def from_capture(cls, captured: CaptureResult) -> Attachment:
        """Take over what a capture found."""
        error = captured.error
        if captured.excerpt is None and error is None:
            error = captured.status or "nothing recorded"
        return cls(captured.artifact.path, captured.excerpt, error, {})

    @classmethod
    def from_mapping(cls, given: object) -> Attachment:
        """Take over a mapping of a caller's; whatever it isn't, or lacks, is shown as that."""
        rest = dict(given) if isinstance(given, dict) else {"attachment": given}
        if is_remarks(rest.get(REMARKS_KEY)):
            del rest[REMARKS_KEY]
        path = _text(rest.pop("path", None))
        head, tail = rest.pop("excerpt_head", None), rest.pop("excerpt_tail", None)
        truncated, error = rest.pop("truncated", None), _text(rest.pop("capture_error", None))
        excerpt = None
        if head is not None or tail is not None or truncated:
            counts: Any = {name: rest[name] for name in COUNTS if type(rest.get(name)) is int}
            excerpt = TextExcerpt(_text(head) or "", _text(tail) or "", bool(truncated), **counts)
        elif error is None:
            error = "nothing recorded"
        return cls(path or "(no path)", excerpt, error, rest)


class FailureEvent(NamedTuple):
    """Everything that a rendered failure shows; the values are strict JSON."""

    kind: object
    agent: object
    status: object
    error: dict[str, Any]
    validation_errors: list[str]
    artifacts: Any
    filenames: list[str]
    attachments: list[Attachment]
    reads: dict[str, Any]


def render(event: FailureEvent) -> str:
    """Render a failure; its last line has no line end."""
    return "\n".join(_lines(event))


def escape(text: str) -> str:
    """Show characters that act on a terminal, or can't be seen, as JSON escapes."""
    return _HIDDEN.sub(lambda hidden: f"\\u{ord(hidden[0]):04x}", text)


def _lines(event: FailureEvent) -> Iterator[str]:
    error = {key: value for key, value in event.error.items() if key != REMARKS_KEY}
    stated = {"agent": _text(event.agent), "status": _text(event.status)}
    known = " ".join(f"{name}={_inline(text)}" for name, text in stated.items() if text)
    kind = _inline(_text(event.kind) or "unknown")
    yield f"Run failure: {kind} ({known})" if known else f"Run failure: {kind}"
    if facts := " ".join(_facts(error)):
        yield facts
    for name in _BLOCKS:
        if isinstance(error.get(name), str):
            yield f"{name}:"
            yield from _content(error.pop(name))
    if event.artifacts not in (None, error.get("artifacts")) and not _are_names(event.artifacts):
        error[unused_key("artifacts_given", error)[0]] = event.artifacts
    if error:
        yield "details:"
        yield from _content(json.dumps(error, ensure_ascii=False, indent=2))
    if event.validation_errors:
        yield "report_validation_errors:"
        yield from (f"- {_one_line(item)}" for item in event.validation_errors)
    if unreadable := list(_unreadable(event.reads)):
        yield "terminal_artifact_reads:"
        yield from unreadable
    if event.filenames:
        yield f"artifacts: {', '.join(map(_inline, event.filenames))}"
    for attachment in sorted(event.attachments, key=_rank):
        yield from _attachment_lines(attachment)


def _facts(error: dict[str, Any]) -> Iterator[str]:
    """Take out of an error what its second line states."""
    if isinstance(error.get("type"), str):
        yield f"type={_inline(error.pop('type'))}"
    if type(error.get("exit_code")) is int:
        yield f"exit_code={error.pop('exit_code')}"
    if isinstance(error.get("stderr_synthesized"), bool):
        yield f"stderr_synthesized={json.dumps(error.pop('stderr_synthesized'))}"


def _unreadable(reads: dict[str, Any]) -> Iterator[str]:
    """Yield an item for each read that failed, or that isn't an account of a read."""
    for name, read in reads.items():
        if not isinstance(read, dict):
            yield f"- {_inline(name)}: {_one_line(_text(read) or 'nothing recorded')}"
        elif read.get("error_phase"):
            phase, kind = (_text(read.get(key)) or "-" for key in ("error_phase", "error_type"))
            message = _text(read.get("error_message")) or ""
            said = _one_line(f"{phase} {kind}: {message}")
            yield f"- {_inline(name)}: {said}{_place(read)}"


def _place(read: dict[str, Any]) -> str:
    known = [
        f"{name} {read[f'error_{name}']}"
        for name in ("line", "column")
        if type(read.get(f"error_{name}")) is int
    ]
    return f" ({', '.join(known)})" if known else ""


def _attachment_lines(attachment: Attachment) -> Iterator[str]:
    path, excerpt = _inline(attachment.path), attachment.excerpt
    if excerpt is not None:
        yield f"{path} excerpt:"
        if excerpt.head or not excerpt.truncated:
            yield from _content(excerpt.head)
        if excerpt.truncated:
            yield excerpt.seam()
        if excerpt.tail:
            yield from _content(excerpt.tail)
    if attachment.error is not None:
        yield f"{path} capture_error: {_one_line(attachment.error)}"
    if attachment.rest:
        yield f"{path} details:"
        yield from _content(json.dumps(attachment.rest, ensure_ascii=False, indent=2))


def _content(text: str) -> Iterator[str]:
    """Yield the lines of a content; CRLF is one line end, and a last one begins an empty line."""
    for line in text.replace("\r\n", "\n").split("\n"):
        yield f"| {escape(line)}"


def _one_line(text: str) -> str:
    return escape(text.replace("\r\n", "\n")).replace("\n", "\\n")


def _inline(text: str) -> str:
    """Show a text within a line of ours: as it is, or quoted where it could be mistaken."""
    if _PLAIN.fullmatch(text) and not _HIDDEN.search(text):
        return text
    return escape(json.dumps(text, ensure_ascii=False))


def _text(value: object) -> str | None:
    """Return a JSON value as text: a string as it is, anything else as compact JSON."""
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _are_names(artifacts: object) -> bool:
    items = artifacts if isinstance(artifacts, list) else [artifacts]
    return all(isinstance(item, str) for item in items)


def _rank(attachment: Attachment) -> int:
    if attachment.path in _SHOWN_FIRST:
        return _SHOWN_FIRST.index(attachment.path)
    return len(_SHOWN_FIRST)
