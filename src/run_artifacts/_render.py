"""The text of a failure: complete, and such that no content can look like a line of ours.

The parts of a failure come in, as strict JSON values. Sections go out in a fixed order. Every
line of content begins with ``| ``, and no line of ours does; what stands within a line of ours
is quoted wherever it could be mistaken.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from run_artifacts._excerpt import COUNTS, TextExcerpt
from run_artifacts._foreign import is_mapping
from run_artifacts._remarks import REMARKS_KEY, unused_key
from run_artifacts._sanitize import PLAIN_RULES, Rules, readable_value, sanitize_object
from run_artifacts._shorten import Block, shorten
from run_artifacts.capture import CaptureResult

# What is shown as an escape: C0 but tab and line feed, DEL, C1, the twelve Bidi_Control characters
# (Unicode, PropList.txt), other invisible ones, the line separators, and lone surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028\u2029\u202a-\u202e"
    "\u2060-\u2064\u2066-\u2069\ufeff\ud800-\udfff]"
)

# What may stand in a line of ours as it is; anything else is quoted as a JSON string.
_PLAIN = re.compile(r"[\w./\\@+~](?:(?:[\w./\\@+~ -]|:(?! ))*[\w./\\@+~-])?")

_UNCOUNTABLE = 10**18  # more bytes or lines than any file has

# What an account of a read says beside what went wrong, and what its item shows of that.
_READ_FIELDS = frozenset({"path", "exists", "decode_ok", "parse_ok"})
_READ_SHOWN = frozenset({"error_phase", "error_type", "error_message"})

_SHOWN_FIRST = ("agent_stderr.txt", "agent_last_message.txt")
_BLOCKS = ("stderr", "message", "traceback")

# What each line of content begins with, and no line of ours.
_CONTENT = "| "


@dataclass(frozen=True, slots=True)
class Attachment:
    """An artifact to show: its path, its excerpt, and what went wrong in its capture.

    `rest` holds what else a caller's mapping said of it.
    """

    path: str | None
    excerpt: TextExcerpt | None
    error: str | None
    rest: dict[str, Any]

    @classmethod
    def from_capture(cls, captured: CaptureResult, rules: Rules) -> Attachment:
        """Take over what a capture found."""
        error, excerpt = captured.error, captured.excerpt
        if excerpt is None and error is None:
            error = captured.status or "nothing recorded"
        if excerpt is not None:
            texts = _united(excerpt.head, excerpt.tail, excerpt.truncated)
            head, tail = (rules.text(text)[0] for text in texts)
            excerpt = replace(excerpt, head=head, tail=tail)
        path, error = readable_value([captured.artifact.path, error], rules)
        return cls(path, excerpt, error, {})

    @classmethod
    def from_mapping(cls, given: object, rules: Rules) -> Attachment:
        """Take over a mapping of a caller's; whatever it isn't, or lacks, is shown as that."""
        plain = sanitize_object(given if is_mapping(given) else {"attachment": given}, PLAIN_RULES)
        head, tail = plain.get("excerpt_head"), plain.get("excerpt_tail")
        if isinstance(head, str) and isinstance(tail, str):
            texts = _united(head, tail, plain.get("truncated"))
            plain.update(zip(("excerpt_head", "excerpt_tail"), texts, strict=True))
        rest = sanitize_object(plain, rules)
        rest = {key: value for key, value in rest.items() if key != REMARKS_KEY}
        path = _text(rest.pop("path", None))
        head, tail = rest.pop("excerpt_head", None), rest.pop("excerpt_tail", None)
        error, truncated = _text(rest.pop("capture_error", None)), rest.get("truncated")
        if truncated is None or isinstance(truncated, bool):
            rest.pop("truncated", None)
        excerpt = None
        if head is not None or tail is not None or truncated:
            counts: Any = {name: rest[name] for name in COUNTS if _is_count(rest.get(name))}
            excerpt = TextExcerpt(_text(head) or "", _text(tail) or "", bool(truncated), **counts)
        elif error is None:
            error = "nothing recorded"
        return cls(path, excerpt, error, rest)


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
    reads: Any


def render(event: FailureEvent, max_chars: int | None) -> str:
    """Render a failure, in at most so many characters; its last line has no line end."""
    return shorten(list(_pieces(event)), sys.maxsize if max_chars is None else max_chars)


def escape(text: str) -> str:
    """Show characters that act on a terminal, or can't be seen, as JSON escapes."""
    return _HIDDEN.sub(lambda hidden: f"\\u{ord(hidden[0]):04x}", text)


def _pieces(event: FailureEvent) -> Iterator[str | Block]:
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
            yield _content(error.pop(name))
    shown = (json.dumps(None), json.dumps(error.get("artifacts")))
    if json.dumps(event.artifacts) not in shown and not _are_names(event.artifacts):
        error[unused_key("artifacts_given", error)[0]] = event.artifacts
    if error:
        yield "details:"
        yield _content(json.dumps(error, ensure_ascii=False, indent=2))
    if event.validation_errors:
        yield "report_validation_errors:"
        yield Block("\n".join(f"- {_one_line(item)}" for item in event.validation_errors))
    if unreadable := list(map(_unreadable, _failed(event.reads))):
        yield "terminal_artifact_reads:"
        yield Block("\n".join(unreadable))
    if event.filenames:
        yield f"artifacts: {', '.join(map(_inline, event.filenames))}"
    for attachment in sorted(event.attachments, key=_rank):
        yield from _attachment_pieces(attachment)


def _facts(error: dict[str, Any]) -> Iterator[str]:
    """Take out of an error what its second line states."""
    if isinstance(error.get("type"), str):
        yield f"type={_inline(error.pop('type'))}"
    if type(error.get("exit_code")) is int:
        yield f"exit_code={error.pop('exit_code')}"
    if isinstance(error.get("stderr_synthesized"), bool):
        yield f"stderr_synthesized={json.dumps(error.pop('stderr_synthesized'))}"


def _united(head: str, tail: str, truncated: object) -> tuple[str, str]:
    """Unite a head and a tail of which nothing is cut: a secret may lie across their joint."""
    return (head, tail) if truncated else (head + tail, "")


def _failed(reads: Any) -> Iterator[tuple[str, Any]]:
    """Yield the reads that failed, and what is no account of a read."""
    if not isinstance(reads, dict):
        yield from () if reads is None else [("(no names)", reads)]
        return
    for name, read in reads.items():
        if not isinstance(read, dict) or "error_phase" not in read or _tells_more(read):
            yield name, read


def _tells_more(read: dict[str, Any]) -> bool:
    """Say whether the account of a read tells more than that it went well, or that there is none.

    What a rendering shows of it must tell a failure, even where its fields contradict each other.
    """
    told = {key for key, value in read.items() if value is not None}
    well = {key for key in _READ_FIELDS if read.get(key) is True}
    return not told - well <= {"path", "exists"}


def _unreadable(item: tuple[str, Any]) -> str:
    """Return the item for a read that failed."""
    name, read = item
    if not isinstance(read, dict) or not read.get("error_phase"):
        return f"- {_inline(name)}: {_one_line(_text(read) or 'nothing recorded')}"
    phase, kind = (_text(read.get(field)) or "-" for field in ("error_phase", "error_type"))
    said = _one_line(f"{phase} {kind}: {_text(read.get('error_message')) or ''}")
    lines = {field: read.get(f"error_{field}") for field in ("line", "column")}
    known = {field: number for field, number in lines.items() if type(number) is int}
    place = ", ".join(f"{field} {number}" for field, number in known.items())
    shown = _READ_FIELDS | _READ_SHOWN | {f"error_{field}" for field in known}
    rest = {key: value for key, value in read.items() if key not in shown and value is not None}
    more = f" {_one_line(_text(rest) or '')}" if rest else ""
    return f"- {_inline(name)}: {said}{f' ({place})' if place else ''}{more}"


def _attachment_pieces(attachment: Attachment) -> Iterator[str | Block]:
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
        yield _content(json.dumps(attachment.rest, ensure_ascii=False, indent=2))


def _content(text: str) -> Block:
    """Return the lines of a content; CRLF is one line end, and a last one begins an empty line."""
    shown = escape(text.replace("\r\n", "\n")).replace("\n", f"\n{_CONTENT}")
    return Block(f"{_CONTENT}{shown}", _CONTENT)


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
    return all(isinstance(item, str) and item.strip() for item in items)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _UNCOUNTABLE


def _rank(attachment: Attachment) -> int:
    path = attachment.path
    return _SHOWN_FIRST.index(path) if path in _SHOWN_FIRST else len(_SHOWN_FIRST)
