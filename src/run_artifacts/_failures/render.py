"""The text of a failure: complete, and such that no content can look like a line of ours.

A `FailureEvent` comes in. Sections go out in the order of one table. Every line of content begins
with ``| ``, and no line of ours does; what stands within a line of ours is quoted wherever it
could be mistaken.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from typing import Any

from run_artifacts._failures.attachment import Attachment
from run_artifacts._failures.budget import Block, fit
from run_artifacts._failures.event import READ_FIELDS, FailureEvent
from run_artifacts._invisible import escape
from run_artifacts._json.encode import as_text
from run_artifacts._layout import STDERR_NAME
from run_artifacts._patterns import lazy_pattern

# What may stand in a line of ours as it is; anything else is quoted as a JSON string.
_PLAIN = lazy_pattern(r"[\w./\\@+~](?:(?:[\w./\\@+~ -]|:(?! ))*[\w./\\@+~-])?")

# What the item of a failed read shows in words of its own.
_READ_SHOWN = frozenset({"error_phase", "error_type", "error_message"})

_SHOWN_FIRST = (STDERR_NAME, "agent_last_message.txt")

# What each line of content begins with, and no line of ours.
_CONTENT = "| "


def render(event: FailureEvent, max_chars: int | None) -> str:
    """Render a failure, in at most so many characters; its last line has no line end."""
    pieces = [piece for section in _SECTIONS for piece in section(event)]
    return fit(pieces, sys.maxsize if max_chars is None else max_chars)


def _headline(event: FailureEvent) -> Iterator[str]:
    stated = {"agent": _said(event.agent), "status": _said(event.status)}
    known = " ".join(f"{name}={_inline(text)}" for name, text in stated.items() if text)
    kind = _inline(_said(event.kind) or "unknown")
    yield f"Run failure: {kind} ({known})" if known else f"Run failure: {kind}"


def _facts(event: FailureEvent) -> Iterator[str]:
    facts = [
        f"{name}={_inline(value) if isinstance(value, str) else json.dumps(value)}"
        for name, value in event.facts.items()
    ]
    if facts:
        yield " ".join(facts)


def _texts(event: FailureEvent) -> Iterator[str | Block]:
    for name, text in event.texts.items():
        yield f"{name}:"
        yield _content(text)


def _details(event: FailureEvent) -> Iterator[str | Block]:
    if event.details:
        yield "details:"
        yield _json(event.details)


def _validation_errors(event: FailureEvent) -> Iterator[str | Block]:
    if event.validation_errors:
        yield "report_validation_errors:"
        yield Block("\n".join(f"- {_one_line(item)}" for item in event.validation_errors))


def _reads(event: FailureEvent) -> Iterator[str | Block]:
    if event.failed_reads:
        yield "terminal_artifact_reads:"
        yield Block("\n".join(_failed_read(name, read) for name, read in event.failed_reads))


def _artifacts(event: FailureEvent) -> Iterator[str]:
    if event.filenames:
        yield f"artifacts: {', '.join(map(_inline, event.filenames))}"


def _attachments(event: FailureEvent) -> Iterator[str | Block]:
    for attachment in sorted(event.attachments, key=_rank):
        yield from _attachment(attachment)


#: The sections of the text, in the order in which they are printed.
_SECTIONS: tuple[Callable[[FailureEvent], Iterator[str | Block]], ...] = (
    _headline,
    _facts,
    _texts,
    _details,
    _validation_errors,
    _reads,
    _artifacts,
    _attachments,
)


def _failed_read(name: str, read: Any) -> str:
    """Return the item for a read that failed."""
    if not isinstance(read, dict) or not read.get("error_phase"):
        return f"- {_inline(name)}: {_one_line(_said(read) or 'nothing recorded')}"
    phase, kind = (_said(read.get(field)) or "-" for field in ("error_phase", "error_type"))
    said = _one_line(f"{phase} {kind}: {_said(read.get('error_message'))}")
    lines = {field: read.get(f"error_{field}") for field in ("line", "column")}
    known = {field: number for field, number in lines.items() if type(number) is int}
    position = ", ".join(f"{field} {number}" for field, number in known.items())
    shown = READ_FIELDS | _READ_SHOWN | {f"error_{field}" for field in known}
    rest = {key: value for key, value in read.items() if key not in shown and value is not None}
    more = f" {_one_line(as_text(rest))}" if rest else ""
    return f"- {_inline(name)}: {said}{f' ({position})' if position else ''}{more}"


def _attachment(attachment: Attachment) -> Iterator[str | Block]:
    path = "(no path)" if attachment.path is None else _inline(attachment.path)
    excerpt = attachment.excerpt
    if excerpt is not None:
        yield f"{path} excerpt:"
        if not excerpt.truncated:
            yield _content(excerpt.head + excerpt.tail)
        else:
            yield from (_content(text) for text in [excerpt.head] if text)
            yield excerpt.seam()
            yield from (_content(text) for text in [excerpt.tail] if text)
    if attachment.error is not None:
        yield f"{path} capture_error: {_one_line(attachment.error)}"
    if attachment.rest:
        yield f"{path} details:"
        yield _json(attachment.rest)


def _rank(attachment: Attachment) -> int:
    path = attachment.path
    return _SHOWN_FIRST.index(path) if path in _SHOWN_FIRST else len(_SHOWN_FIRST)


def _json(value: object) -> Block:
    return _content(json.dumps(value, ensure_ascii=False, indent=2))


def _content(text: str) -> Block:
    """Return the lines of a content; CRLF is one line end, and a last one begins an empty line."""
    shown = escape(text.replace("\r\n", "\n")).replace("\n", f"\n{_CONTENT}")
    return Block(f"{_CONTENT}{shown}", _CONTENT)


def _one_line(text: str) -> str:
    return escape(text.replace("\r\n", "\n")).replace("\n", "\\n")


def _inline(text: str) -> str:
    """Show a text within a line of ours: as it is, or quoted where it could be mistaken."""
    if _PLAIN.fullmatch(text) and escape(text) == text:
        return text
    return escape(json.dumps(text, ensure_ascii=False))


def _said(value: object) -> str:
    return "" if value is None else as_text(value)
