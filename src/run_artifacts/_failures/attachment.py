"""An attachment of a failure: a captured artifact, or whatever mapping a caller made of one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Self

from run_artifacts._capture.artifact import CaptureResult
from run_artifacts._capture.excerpt import COUNTS, TextExcerpt
from run_artifacts._causes.lines import joined_ends
from run_artifacts._json.encode import as_text
from run_artifacts._json.foreign import is_mapping
from run_artifacts._json.readable import PLAIN_RULES, readable_fields, readable_value
from run_artifacts._layout import STDERR_NAME

_UNCOUNTABLE = 10**18  # more bytes or lines than any file has


class Given:
    """What is given of an attachment: the values to be sanitized, and the capture if it is one."""

    def __init__(self, values: Any, captured: CaptureResult | None = None) -> None:
        self.values = values
        self.captured = captured


class Attachment:
    """An artifact to show: its path, its excerpt, and what went wrong in its capture.

    `rest` holds what else a caller's mapping said of it.
    """

    def __init__(
        self,
        path: str | None,
        excerpt: TextExcerpt | None,
        error: str | None,
        rest: dict[str, Any],
    ) -> None:
        self.path = path
        self.excerpt = excerpt
        self.error = error
        self.rest = rest

    @classmethod
    def of(cls, given: Given, values: Any) -> Self:
        """Put together what was given, with its values as they were sanitized."""
        if given.captured is None:
            return cls._of_mapping(values)
        path, error, head, tail = values
        excerpt = given.captured.excerpt
        if excerpt is not None:
            excerpt = replace(excerpt, head=head, tail=tail)
        return cls(path, excerpt, error, {})

    @classmethod
    def _of_mapping(cls, values: dict[str, Any]) -> Self:
        path, error = (_text(values.pop(name, None)) for name in ("path", "capture_error"))
        head, tail = (_text(values.pop(name, None)) for name in ("excerpt_head", "excerpt_tail"))
        truncated = values.get("truncated")
        if truncated is None or isinstance(truncated, bool):
            values.pop("truncated", None)
        excerpt = None
        if head is not None or tail is not None or truncated:
            counts: Any = {name: values[name] for name in COUNTS if _is_count(values.get(name))}
            excerpt = TextExcerpt(head or "", tail or "", bool(truncated), **counts)
        elif error is None:
            error = "nothing recorded"
        return cls(path, excerpt, error, values)


def iter_given(attachments: object) -> Iterator[Given]:
    """Yield attachments as a caller gives them.

    Raises:
        TypeError: They are no list of captures or mappings.
    """
    if attachments is None:
        return
    if isinstance(attachments, (str, bytes, Mapping)) or not isinstance(attachments, Iterable):
        kind = type(attachments).__name__
        raise TypeError(f"attachments must be a list of CaptureResult or mappings, not {kind}")
    for item in attachments:
        yield _captured(item) if isinstance(item, CaptureResult) else _recorded(item)


def attached_texts(given: Iterable[Given]) -> Iterator[str]:
    """Yield the texts of attachments, the agent's standard error first; of a cut one its ends."""
    attached = [Attachment.of(item, item.values) for item in given]
    for attachment in sorted(attached, key=lambda item: item.path != STDERR_NAME):
        excerpt = attachment.excerpt
        if excerpt is None:
            continue
        is_cut = excerpt.truncated
        yield joined_ends(excerpt.head, excerpt.tail) if is_cut else excerpt.head + excerpt.tail


def _captured(found: CaptureResult) -> Given:
    """Take over what a capture found."""
    excerpt, error = found.excerpt, found.error
    if excerpt is None and error is None:
        error = found.status or "nothing recorded"
    texts: tuple[str | None, str | None] = (None, None)
    if excerpt is not None:
        texts = _united(excerpt.head, excerpt.tail, excerpt.truncated)
    return Given([found.artifact.path, error, *texts], found)


def _recorded(item: object) -> Given:
    """Take over a mapping of a caller's; whatever it isn't, or lacks, is shown as that."""
    copy = readable_value(item, PLAIN_RULES)
    values = readable_fields(copy, item) if is_mapping(item) else {"attachment": copy}
    head, tail = values.get("excerpt_head"), values.get("excerpt_tail")
    if isinstance(head, str) and isinstance(tail, str):
        head, tail = _united(head, tail, values.get("truncated"))
        values |= {"excerpt_head": head, "excerpt_tail": tail}
    return Given(values)


def _united(head: str, tail: str, truncated: object) -> tuple[str, str]:
    """Unite a head and a tail of which nothing is cut: a secret may lie across their joint."""
    return (head, tail) if truncated else (head + tail, "")


def _text(value: object) -> str | None:
    return None if value is None else as_text(value)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value < _UNCOUNTABLE
