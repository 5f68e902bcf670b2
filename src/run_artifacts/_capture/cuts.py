"""Where a text that is too long is cut: two offsets between characters, and what lies between."""

from __future__ import annotations

from run_artifacts._capture.encoding import Encoding
from run_artifacts._capture.policy import TextCapturePolicy
from run_artifacts._capture.scan import Scan


def cut_offsets(scanned: Scan, policy: TextCapturePolicy) -> tuple[int, int]:
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


def omitted_lines(scanned: Scan, head: bytes, tail: bytes) -> int:
    """Count the lines of which at least one byte lies between head and tail."""
    if not scanned.total_lines:
        return 0
    encoding = scanned.encoding
    before_tail = scanned.back[: len(scanned.back) - len(tail)]
    line_ends = scanned.newlines - encoding.count_newlines(head) - encoding.count_newlines(tail)
    return line_ends + (not encoding.ends_line(before_tail))
