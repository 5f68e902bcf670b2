"""The one pass over an open file: everything that a capture says comes from these bytes.

A descriptor comes in. Its bytes are read once, up to the size that the file had when it was
opened; out go their number, digest and line count, the first and the last of them, and what
showed that the file changed meanwhile. Cuts are made later, from these values alone.
"""

from __future__ import annotations

import hashlib
import os
from typing import NamedTuple

#: How far a capture can look beyond each cut, in bytes: what a cut would go through (a character,
#: a secret) is seen whole, whichever side it lies on.
MARGIN_BYTES = 8_192

_CHUNK_BYTES = 262_144

# A file that reports size 0 and yields bytes (/proc) has no size to stop at.
_UNSIZED_BYTES = 1_048_576


class Scan(NamedTuple):
    r"""What one pass over a file leaves.

    Attributes:
        size_bytes: How many bytes were read.
        sha256: The digest of exactly those, lower-case hex.
        newlines: How many of them are ``\n``.
        front: The first of them, at most as many as were asked for.
        back: The last of them, at most as many as were asked for; overlaps `front` in a small file.
        change: How the file was seen to change, or ``None``.
    """

    size_bytes: int
    sha256: str
    newlines: int
    front: bytes
    back: bytes
    change: str | None

    @property
    def total_lines(self) -> int:
        """Lines, of which an unterminated last one is one."""
        return self.newlines + (self.size_bytes > 0 and not self.back.endswith(b"\n"))


def scan(fd: int, opened: os.stat_result, *, front_bytes: int, back_bytes: int) -> Scan:
    """Read a file once, from its start to the size it had when it was opened.

    Args:
        fd: A descriptor of a regular file, at offset 0. It is not closed.
        opened: Its ``fstat`` from when it was opened.
        front_bytes: How many first bytes to keep.
        back_bytes: How many last bytes to keep, at least 1.

    Raises:
        OSError: A read failed.
    """
    end = opened.st_size or _UNSIZED_BYTES
    digest = hashlib.sha256()
    size = newlines = 0
    front, back = bytearray(), bytearray()
    while size < end and (chunk := os.read(fd, min(_CHUNK_BYTES, end - size))):
        digest.update(chunk)
        newlines += chunk.count(b"\n")
        size += len(chunk)
        if len(front) < front_bytes:
            front += chunk[: front_bytes - len(front)]
        back += chunk
        if len(back) > back_bytes:
            del back[:-back_bytes]
    change = _change(opened, os.fstat(fd), size)
    if not opened.st_size and size == end and os.read(fd, 1):
        change = f"{change}; more follows"
    return Scan(size, digest.hexdigest(), newlines, bytes(front), bytes(back), change)


def _change(opened: os.stat_result, closed: os.stat_result, size: int) -> str | None:
    """Say how a file differs from when it was opened, as far as its metadata shows it."""
    seen = []
    if not opened.st_size and size:
        seen.append(f"0 bytes were reported and {size} read")
    elif size < opened.st_size:
        seen.append(f"{opened.st_size} bytes were reported and {size} read")
    if closed.st_size != opened.st_size:
        seen.append(f"from {opened.st_size} to {closed.st_size} bytes")
    if closed.st_nlink < opened.st_nlink:
        seen.append("replaced or removed")
    if not seen and (closed.st_mtime_ns, closed.st_nlink) != (opened.st_mtime_ns, opened.st_nlink):
        seen.append("modified")
    return ", ".join(seen) or None
