"""How much of a text artifact an excerpt may hold, and what is hidden in it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from run_artifacts._arguments import require_count
from run_artifacts._capture.filled import Record
from run_artifacts._secrets.caller import checked_secrets

_OPTIONAL_LIMITS = ("head_bytes", "tail_bytes", "max_line_count", "max_file_bytes")
_LIMITS = ("max_excerpt_bytes", "binary_detection_bytes", *_OPTIONAL_LIMITS)

# A half that is left out; what it then is depends on the other one.
_SHARED = cast("int", None)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TextCapturePolicy(Record):
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
            (``docs/redaction.md`` lists what is found); best effort, and no guarantee. They are
            found before anything is cut, with 32 KiB beyond each cut, so that a cut through a
            secret that reaches no further leaves nothing of it.
        secrets: The caller's own secrets, of 8 characters or more, replaced with those; found
            also escaped, encoded, wrapped or interrupted. They are not in the policy's ``repr``.
        max_file_bytes: Most bytes of a file that is read, ``None`` for no such limit: its digest
            and its lines need all of it, and a sparse file can claim to be of exabytes. A larger
            one is ``refused``, as ``too_large``.

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
    max_file_bytes: int | None = None

    def __post_init__(self) -> None:
        for name in _LIMITS:
            value = getattr(self, name)
            if value is not None or name not in _OPTIONAL_LIMITS:
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
