"""The excerpt of a text: what is kept of it, and what is said of the rest.

The values of one `Scan` and the limits of a policy come in; two cuts are made between characters,
and the text before the first and after the second goes out, with what lies between counted. Where
secrets are to be replaced, they are found in the text as it is on both sides of each cut.
"""

from dataclasses import dataclass, field

from run_artifacts._capture.filled import Record, filled
from run_artifacts._capture.policy import TextCapturePolicy
from run_artifacts._capture.redaction import around_cuts, redact_cut, redact_whole
from run_artifacts._capture.scan import Scan
from run_artifacts._encoding import Encoding
from run_artifacts._json.remarks import Remark

# Control bytes that mark a file as binary; ESC, BS, FF and white space are text.
_CONTROL_BYTES = bytes(set(range(0x20)) - set(b"\x1b\b\f\t\n\v\r")) + b"\x7f"
_TEXT_SHARE = 0.7

#: The counts of an excerpt, as its fields, a manifest and a caller's mapping name them.
COUNTS = ("head_bytes", "tail_bytes", "omitted_bytes", "omitted_lines", "total_lines")


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TextExcerpt(Record):
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
    """Make the excerpt of a scanned text: whole where it fits, else cut."""
    most = policy.max_line_count
    fits = scanned.size_bytes <= policy.max_excerpt_bytes
    if fits and (most is None or scanned.total_lines <= 2 * most):
        return _whole(scanned, policy)
    return _cut(scanned, policy)


def _whole(scanned: Scan, policy: TextCapturePolicy) -> TextExcerpt:
    encoding = scanned.encoding
    text, invalid = encoding.decode(scanned.front.removeprefix(encoding.bom))
    redactions = None
    if policy.redact:
        text, redactions = redact_whole(text, policy)
    size, lines = scanned.size_bytes, scanned.total_lines
    return new_excerpt(text, "", False, size, 0, 0, 0, lines, encoding.name, invalid, redactions)


def _cut(scanned: Scan, policy: TextCapturePolicy) -> TextExcerpt:
    encoding, size = scanned.encoding, scanned.size_bytes
    head_end, tail_start = _cut_offsets(scanned, policy)
    head = scanned.front[:head_end]
    tail = scanned.back[len(scanned.back) - (size - tail_start) :]
    head_text, head_invalid = encoding.decode(head.removeprefix(encoding.bom))
    tail_text, tail_invalid = encoding.decode(tail)
    redactions = None
    if policy.redact:
        around = around_cuts(scanned, head_end, tail_start)
        head_text, tail_text, redactions = redact_cut(head_text, tail_text, around, policy)
    return new_excerpt(
        head_text,
        tail_text,
        truncated=tail_start > head_end,
        head_bytes=head_end,
        tail_bytes=len(tail),
        omitted_bytes=tail_start - head_end,
        omitted_lines=_omitted_lines(scanned, head, tail),
        total_lines=scanned.total_lines,
        encoding=encoding.name,
        invalid_bytes=head_invalid + tail_invalid,
        redactions=redactions,
    )


def _cut_offsets(scanned: Scan, policy: TextCapturePolicy) -> tuple[int, int]:
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
