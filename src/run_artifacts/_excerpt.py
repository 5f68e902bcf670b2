"""The excerpt of a text: where it is cut, what is kept, and what is said of the rest.

The values of one `Scan` and the limits of a policy come in; two cuts are made between characters,
and the text before the first and after the second goes out, with what lies between counted. Where
secrets are to be replaced, they are found in the text as it is on both sides of each cut.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast

from run_artifacts._arguments import require_count
from run_artifacts._encoding import Encoding
from run_artifacts._filled import filled
from run_artifacts._formats import KEY_RULE, end_of_key, is_open_key
from run_artifacts._redact import Redactor, Span, checked_secrets, replace_spans
from run_artifacts._remarks import Remark
from run_artifacts._scan import MARGIN_BYTES, Scan

# Control bytes that mark a file as binary; ESC, BS, FF and white space are text.
_CONTROL_BYTES = bytes(set(range(0x20)) - set(b"\x1b\b\f\t\n\v\r")) + b"\x7f"
_TEXT_SHARE = 0.7

#: The counts of an excerpt, as its fields, a manifest and a caller's mapping name them.
COUNTS = ("head_bytes", "tail_bytes", "omitted_bytes", "omitted_lines", "total_lines")

_LIMITS = ("max_excerpt_bytes", "head_bytes", "tail_bytes", "max_line_count")
_OPTIONAL = frozenset(_LIMITS[1:])

# What a cut may go through is longer where it is a secret: with up to four bytes a character, and
# a caller's own with each of them escaped.
_REDACTION_MARGIN_BYTES = 4 * MARGIN_BYTES
_MOST_BYTES_ESCAPED = 4 * len("\\\\ud83d\\\\ude00")

# A half that is left out; what it then is depends on the other one.
_SHARED = cast("int", None)


@dataclass(frozen=True, slots=True)
class TextCapturePolicy:
    """How much of a text artifact an excerpt may hold.

    A file of at most `max_excerpt_bytes` bytes is kept whole. Of a longer one the first
    `head_bytes` and the last `tail_bytes` are kept. Halves that are left out share
    `max_excerpt_bytes` evenly, the odd byte going to the tail; one that is left out takes what
    the other leaves; halves that together exceed it are scaled down in proportion.

    Attributes:
        max_excerpt_bytes: Most bytes of the file in an excerpt; 0 omits everything.
        head_bytes: Most bytes of the head.
        tail_bytes: Most bytes of the tail.
        max_line_count: Most lines of head and tail each, ``None`` for no such limit. A file of
            at most twice as many lines that fits `max_excerpt_bytes` is kept whole.
        binary_detection_bytes: How many first bytes decide whether the file is text.
        redact: Whether secrets in a known format are replaced by ``[redacted:<rule>]``
            (``docs/format.md`` lists the formats); best effort, and no guarantee. They are found
            before anything is cut, with 32 KiB beyond each cut, so that a cut through a secret
            that reaches no further leaves nothing of it.
        secrets: The caller's own secrets, of 8 characters or more, replaced with those; found
            also as JSON escapes them. They are not in the policy's ``repr``.

    Raises:
        TypeError: A limit is no integer (a bool is none either), `redact` is no bool, `secrets`
            is no collection of ``str``.
        ValueError: A limit is negative, or one of `secrets` is too short.

    >>> TextCapturePolicy(max_excerpt_bytes=1_001).tail_bytes
    501
    """

    max_excerpt_bytes: int = 24_000
    head_bytes: int = _SHARED
    tail_bytes: int = _SHARED
    max_line_count: int | None = None
    binary_detection_bytes: int = 2_048
    redact: bool = False
    secrets: Sequence[str] = field(default=(), repr=False)

    def __post_init__(self) -> None:
        for name in (*_LIMITS, "binary_detection_bytes"):
            value = getattr(self, name)
            if value is not None or name not in _OPTIONAL:
                require_count(value, name, 0)
        if not isinstance(self.redact, bool):
            raise TypeError(f"redact must be a bool, not {type(self.redact).__name__}")
        object.__setattr__(self, "secrets", checked_secrets(self.secrets))
        head, tail = _halves(self.max_excerpt_bytes, self.head_bytes, self.tail_bytes)
        object.__setattr__(self, "head_bytes", head)
        object.__setattr__(self, "tail_bytes", tail)


def _halves(whole: int, head: int | None, tail: int | None) -> tuple[int, int]:
    """Fill in what was left out, then scale down what exceeds the whole."""
    if head is None:
        head = whole // 2 if tail is None else max(whole - tail, 0)
    if tail is None:
        tail = max(whole - head, 0)
    if head + tail > whole:
        head = whole * head // (head + tail)
        tail = whole - head
    return head, tail


@dataclass(frozen=True, slots=True)
class TextExcerpt:
    r"""The start and the end of a text, and what is known of the part between.

    ``head_bytes + omitted_bytes + tail_bytes`` is the size of the file. The counts are ``None``
    where they were not measured, as in an excerpt that a caller made of three values.

    Attributes:
        head: The decoding of exactly the first ``head_bytes`` bytes, a BOM left out.
        tail: The decoding of exactly the last ``tail_bytes`` bytes.
        truncated: Whether anything between the two is left out.
        head_bytes: Bytes of the file that `head` stands for, a BOM counted.
        tail_bytes: Bytes of the file that `tail` stands for.
        omitted_bytes: Bytes between the two.
        omitted_lines: Lines of which at least one byte is omitted.
        total_lines: Lines of the text; each ends at a ``\n``, an unterminated last one counts.
        encoding: ``utf-8``, or what a BOM at the start of the file says: ``utf-8-sig``,
            ``utf-16-le``, ``utf-16-be``, ``utf-32-le`` or ``utf-32-be``.
        invalid_bytes: Bytes within the excerpt that are invalid in the file; U+FFFD stands
            for them, and for nothing else that the file doesn't hold itself.
        redactions: A remark for each secret that a placeholder stands for, with the path
            ``/head`` or ``/tail`` and offsets in that text; ``None`` where none were looked for.
            All counts are those of the file, and `head` and `tail` but for the placeholders.
    """

    head: str
    tail: str
    truncated: bool
    head_bytes: int | None = None
    tail_bytes: int | None = None
    omitted_bytes: int | None = None
    omitted_lines: int | None = None
    total_lines: int | None = None
    encoding: str | None = None
    invalid_bytes: int | None = None
    redactions: tuple[Remark, ...] | None = field(default=None, hash=False)

    def seam(self) -> str:
        """Return the line that stands where something is omitted, without a line end."""
        counts = (self.head_bytes, self.omitted_bytes, self.tail_bytes)
        total = None if None in counts else sum(count or 0 for count in counts)
        said = [
            f"{omitted:,}{'' if whole is None else f' of {whole:,}'} {unit}"
            for omitted, whole, unit in (
                (self.omitted_bytes, total, "bytes"),
                (self.omitted_lines, self.total_lines, "lines"),
            )
            if omitted is not None
        ]
        return f"[... omitted: {', '.join(said) or 'amount not recorded'} ...]"

    def text(self) -> str:
        r"""Return head, seam and tail as one text, the seam alone on its line.

        >>> print(TextExcerpt("first\n", "last\n", True, 6, 5, 89, 9, 11).text(), end="")
        first
        [... omitted: 89 of 100 bytes, 9 of 11 lines ...]
        last
        """
        if not self.truncated:
            return self.head + self.tail
        line_end = "" if self.head.endswith("\n") or not self.head else "\n"
        return f"{self.head}{line_end}{self.seam()}\n{self.tail}"


new_excerpt = filled(TextExcerpt)


def is_binary(sample: bytes) -> bool:
    """Say whether the first bytes of a file without a byte order mark show that it is no text."""
    text = sample.translate(None, _CONTROL_BYTES)
    return b"\0" in sample or len(text) < _TEXT_SHARE * len(sample)


def make_excerpt(scanned: Scan, policy: TextCapturePolicy) -> TextExcerpt:
    """Cut the excerpt of a scanned text."""
    encoding, size, lines = scanned.encoding, scanned.size_bytes, scanned.total_lines
    cap = policy.max_line_count
    if size <= policy.max_excerpt_bytes and (cap is None or lines <= 2 * cap):
        text, invalid = encoding.decode(scanned.front.removeprefix(encoding.bom))
        redactions = None
        if policy.redact:
            text, redactions = _replaced(text, Redactor(policy.secrets).spans(text), "/head")
        return new_excerpt(
            text, "", False, size, 0, 0, 0, lines, encoding.name, invalid, redactions
        )
    head_end, tail_start = _cuts(scanned, policy)
    head = scanned.front[:head_end]
    tail = scanned.back[len(scanned.back) - (size - tail_start) :]
    head_text, head_invalid = encoding.decode(head.removeprefix(encoding.bom))
    tail_text, tail_invalid = encoding.decode(tail)
    redactions = None
    if policy.redact:
        around = _around_cuts(scanned, head_end, tail_start)
        head_text, tail_text, redactions = _redacted(head_text, tail_text, around, policy)
    return new_excerpt(
        head_text,
        tail_text,
        truncated=tail_start > head_end,
        head_bytes=head_end,
        tail_bytes=len(tail),
        omitted_bytes=tail_start - head_end,
        omitted_lines=_omitted_lines(scanned, head, tail),
        total_lines=lines,
        encoding=encoding.name,
        invalid_bytes=head_invalid + tail_invalid,
        redactions=redactions,
    )


def margin_bytes(policy: TextCapturePolicy) -> int:
    """Return how many bytes beyond each cut an excerpt needs to know."""
    if not policy.redact:
        return MARGIN_BYTES
    longest = max(map(len, policy.secrets), default=0)
    return _REDACTION_MARGIN_BYTES + longest * _MOST_BYTES_ESCAPED


def _around_cuts(scanned: Scan, head_end: int, tail_start: int) -> tuple[str, str]:
    """Return what is known of the text behind the head and of that before the tail."""
    encoding, size = scanned.encoding, scanned.size_bytes
    if size <= len(scanned.front):
        before_tail = scanned.front[:tail_start]
    else:
        before_tail = scanned.back[: len(scanned.back) - (size - tail_start)]
    return encoding.decode(scanned.front[head_end:])[0], encoding.decode(before_tail)[0]


def _redacted(
    head: str, tail: str, around: tuple[str, str], policy: TextCapturePolicy
) -> tuple[str, str, tuple[Remark, ...]]:
    """Replace the secrets of head and tail, found together with what lies beyond the cuts."""
    behind_head, before_tail = around
    redactor = Redactor(policy.secrets)
    front, back = head + behind_head, before_tail + tail
    in_front, in_back = redactor.spans(front), redactor.spans(back)
    if any(start < len(head) and is_open_key(front, start, end) for start, end, _ in in_front):
        end = end_of_key(back)
        in_back = [(0, end, KEY_RULE), *(span for span in in_back if span[0] >= end)]
    head, head_remarks = _replaced(head, _within(in_front, 0, len(head)), "/head")
    in_tail = _within(in_back, len(before_tail), len(back))
    tail, tail_remarks = _replaced(tail, in_tail, "/tail")
    return head, tail, head_remarks + tail_remarks


def _within(spans: list[Span], start: int, end: int) -> list[Span]:
    """Return what of spans lies within a part of their text, counted from its start."""
    return [
        (max(first, start) - start, min(last, end) - start, rule)
        for first, last, rule in spans
        if first < end and last > start
    ]


def _replaced(text: str, spans: list[Span], pointer: str) -> tuple[str, tuple[Remark, ...]]:
    text, alterations = replace_spans(text, spans)
    remarks: Any = [{"path": pointer, **alteration} for alteration in alterations]
    return text, tuple(remarks)


def _cuts(scanned: Scan, policy: TextCapturePolicy) -> tuple[int, int]:
    """Return the offsets at which the head ends and the tail starts in a file that doesn't fit."""
    size, lines = scanned.size_bytes, policy.max_line_count
    encoding, front, back = scanned.encoding, scanned.front, scanned.back
    head_end = encoding.character_around(front, min(policy.head_bytes, size))[0]
    base = size - len(back)
    tail_size = min(policy.tail_bytes, size)
    tail_start = base + encoding.character_around(back, len(back) - tail_size)[1]
    if lines is not None:
        head_end = _after_first_lines(encoding, front[:head_end], lines)
        tail_start = size - _size_of_last_lines(encoding, back[tail_start - base :], lines)
    return head_end, tail_start


def _after_first_lines(encoding: Encoding, data: bytes, lines: int) -> int:
    """Return the offset behind the first lines."""
    end = 0
    for _ in range(lines):
        found = encoding.find_newline(data, end)
        if found < 0:
            return len(data)
        end = found + encoding.unit_bytes
    return end


def _size_of_last_lines(encoding: Encoding, data: bytes, lines: int) -> int:
    """Return how many bytes the last lines have."""
    if not lines:
        return 0
    start = len(data) - (encoding.unit_bytes if encoding.ends_line(data) else 0)
    for _ in range(lines):
        start = encoding.rfind_newline(data, start)
        if start < 0:
            return len(data)
    return len(data) - start - encoding.unit_bytes


def _omitted_lines(scanned: Scan, head: bytes, tail: bytes) -> int:
    """Count the lines of which at least one byte lies between head and tail."""
    if not scanned.total_lines:
        return 0
    encoding = scanned.encoding
    before_tail = scanned.back[: len(scanned.back) - len(tail)]
    line_ends = scanned.newlines - encoding.count_newlines(head) - encoding.count_newlines(tail)
    return line_ends + (not encoding.ends_line(before_tail))
