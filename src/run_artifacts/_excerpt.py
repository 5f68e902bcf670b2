"""The excerpt of a text: where it is cut, what is kept, and what is said of the rest.

The values of one `Scan` and the limits of a policy come in; two cuts are made between characters,
and the text before the first and after the second goes out, with what lies between counted.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import cast

from run_artifacts._arguments import require_count
from run_artifacts._encoding import Encoding
from run_artifacts._filled import filled
from run_artifacts._scan import Scan

# Control bytes that mark a file as binary; ESC, BS, FF and white space are text.
_CONTROL_BYTES = bytes(set(range(0x20)) - set(b"\x1b\b\f\t\n\v\r")) + b"\x7f"
_TEXT_SHARE = 0.7

#: The counts of an excerpt, as its fields, a manifest and a caller's mapping name them.
COUNTS = ("head_bytes", "tail_bytes", "omitted_bytes", "omitted_lines", "total_lines")

_OPTIONAL = frozenset({"head_bytes", "tail_bytes", "max_line_count"})

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

    Raises:
        TypeError: A value is no integer; a bool is none either.
        ValueError: A value is negative.

    >>> TextCapturePolicy(max_excerpt_bytes=1_001).tail_bytes
    501
    """

    max_excerpt_bytes: int = 24_000
    head_bytes: int = _SHARED
    tail_bytes: int = _SHARED
    max_line_count: int | None = None
    binary_detection_bytes: int = 2_048

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None or field.name not in _OPTIONAL:
                require_count(value, field.name, 0)
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
        return new_excerpt(text, "", False, size, 0, 0, 0, lines, encoding.name, invalid)
    head_end, tail_start = _cuts(scanned, policy)
    head = scanned.front[:head_end]
    tail = scanned.back[len(scanned.back) - (size - tail_start) :]
    head_text, head_invalid = encoding.decode(head.removeprefix(encoding.bom))
    tail_text, tail_invalid = encoding.decode(tail)
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
    )


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
