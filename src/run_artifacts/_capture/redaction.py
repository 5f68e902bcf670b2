"""The secrets of an excerpt: found in the text on both sides of each cut, before it is cut."""

from __future__ import annotations

from typing import Any

from run_artifacts._capture.policy import TextCapturePolicy
from run_artifacts._capture.scan import MARGIN_BYTES, Scan
from run_artifacts._json.remarks import Remark
from run_artifacts._secrets.keys import KEY_RULE, end_of_key, is_unclosed_key
from run_artifacts._secrets.redact import Redactor, Span, replace_spans

# What a cut may go through is longer where it is a secret: with up to four bytes a character.
_REDACTION_MARGIN_BYTES = 4 * MARGIN_BYTES

# A caller's own has no character that takes more: one beyond U+FFFF, percent-encoded three times,
# in UTF-32. In UTF-8 that leaves 84 bytes for each, which is a guess at what may interrupt it: its
# colour, set and reset, takes some 40, and so does a line of a narrow column with its borders.
_MOST_BYTES_SPELT = 4 * len("%2525F0%25259F%252598%252580")


def margin_bytes(policy: TextCapturePolicy) -> int:
    """Return how many bytes beyond each cut an excerpt needs to know."""
    if not policy.redact:
        return MARGIN_BYTES
    longest = max(map(len, policy.secrets), default=0)
    return _REDACTION_MARGIN_BYTES + longest * _MOST_BYTES_SPELT


def around_cuts(scanned: Scan, head_end: int, tail_start: int) -> tuple[str, str]:
    """Return what is known of the text behind the head and of that before the tail."""
    encoding, size = scanned.encoding, scanned.size_bytes
    if size <= len(scanned.front):
        before_tail = scanned.front[:tail_start]
    else:
        before_tail = scanned.back[: len(scanned.back) - (size - tail_start)]
    return encoding.decode(scanned.front[head_end:])[0], encoding.decode(before_tail)[0]


def redact_whole(text: str, policy: TextCapturePolicy) -> tuple[str, tuple[Remark, ...]]:
    """Replace the secrets of a text that is kept whole."""
    return _replaced(text, Redactor(policy.secrets).spans(text), "/head")


def redact_cut(
    head: str, tail: str, around: tuple[str, str], policy: TextCapturePolicy
) -> tuple[str, str, tuple[Remark, ...]]:
    """Replace the secrets of head and tail, found together with what lies beyond the cuts."""
    behind_head, before_tail = around
    redactor = Redactor(policy.secrets)
    front, back = head + behind_head, before_tail + tail
    in_front, in_back = redactor.spans(front), redactor.spans(back)
    if any(start < len(head) and is_unclosed_key(front, start, end) for start, end, _ in in_front):
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
