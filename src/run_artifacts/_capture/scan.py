"""The one pass over an open file: everything that a capture says comes from these bytes.

A descriptor comes in. Its bytes are read once, up to the size that the file had when it was
opened; out go their number, digest, encoding and line count, the first and the last of them, and
what showed that the file changed meanwhile. Cuts are made later, from these values alone.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from hashlib import sha256
from typing import NamedTuple

from run_artifacts._capture.hashing import Sha256Beside
from run_artifacts._encoding import UTF_8, Encoding, detect
from run_artifacts._files.opening import OpenedFile

#: How far a capture can look beyond each cut, in bytes: what a cut would go through (a character,
#: a secret) is seen whole, whichever side it lies on.
MARGIN_BYTES = 8_192

# What is larger is read in blocks, and hashed beside. What reports no size and yields bytes
# (/proc) is read up to here.
_SMALL_BYTES = 1_048_576

# A multiple of every code unit, so that no unit lies in two blocks.
_BLOCK_BYTES = 524_288


class Scan(NamedTuple):
    r"""What one pass over a file leaves.

    Attributes:
        size_bytes: How many bytes were read.
        sha256: The digest of exactly those, lower-case hex.
        encoding: What the byte order mark at their start says.
        newlines: How many ``\n`` they hold, decoded.
        front: The first of them, at most as many as were asked for.
        back: The last of them, from a whole code unit on, at most as many as were asked for;
            overlaps `front` in a small file.
        change: How the file was seen to change, or ``None``.
    """

    size_bytes: int
    sha256: str
    encoding: Encoding
    newlines: int
    front: bytes
    back: bytes
    change: str | None = None

    @property
    def total_lines(self) -> int:
        """Lines of the text, of which an unterminated last one is one."""
        if self.encoding.ends_line(self.back):
            return self.newlines
        return self.newlines + (self.size_bytes > len(self.encoding.bom))


def scan(opened: OpenedFile, front_bytes: int, back_bytes: int) -> Scan:
    """Read a file once, from its start to the size it had when it was opened.

    Args:
        opened: The file, at offset 0. It is not closed.
        front_bytes: How many first bytes to keep.
        back_bytes: How many last bytes to keep, at least one code unit.

    Raises:
        OSError: A read failed.
        Forked: This process was forked meanwhile.
    """
    before = opened.status
    end = before.st_size or _SMALL_BYTES
    read = _read_small if end <= _SMALL_BYTES else _read_large
    scanned = read(opened, end, front_bytes, back_bytes)
    after = os.fstat(opened.fd)
    unchanged = after == before and after.st_mtime_ns == before.st_mtime_ns
    if unchanged and scanned.size_bytes == before.st_size:  # mostly, and told faster
        return scanned
    change = _change(before, after, scanned.size_bytes)
    if not before.st_size and scanned.size_bytes == end and opened.read(1):
        change = f"{change}; more follows"
    return scanned._replace(change=change)


def _read_small(file: OpenedFile, end: int, front_bytes: int, back_bytes: int) -> Scan:
    data = file.read_whole(end)
    encoding = detect(data)
    return Scan(
        len(data),
        sha256(data).hexdigest(),
        encoding,
        encoding.count_newlines(data),
        data[:front_bytes],
        _from_unit(encoding, data[-back_bytes:], len(data)),
    )


def _read_large(file: OpenedFile, end: int, front_bytes: int, back_bytes: int) -> Scan:
    """Read block by block; of the blocks behind, keep those that reach back far enough."""
    encoding = UTF_8
    size = newlines = held = 0
    front: list[bytes] = []
    last: deque[bytes] = deque()
    with Sha256Beside(file.owner) as hasher:
        for block in _blocks(file, end):
            hasher.update(block)
            if not size:
                encoding = detect(block)
            newlines += encoding.count_newlines(block)
            if size < front_bytes:
                front.append(block[: front_bytes - size])
            last.append(block)
            size += len(block)
            held += len(block)
            while held - len(last[0]) >= back_bytes:
                held -= len(last.popleft())
        digest = hasher.hexdigest()
    back = _from_unit(encoding, b"".join(last)[-back_bytes:], size)
    return Scan(size, digest, encoding, newlines, b"".join(front), back)


def _from_unit(encoding: Encoding, back: bytes, size: int) -> bytes:
    """Cut the last bytes of a file to those from a whole code unit on."""
    return back[(len(back) - size) % encoding.unit_bytes :]


def _blocks(file: OpenedFile, end: int) -> Iterator[bytes]:
    """Read up to an offset in blocks; after one that is not full, the file has ended."""
    size = 0
    while size < end:
        wanted = min(_BLOCK_BYTES, end - size)
        block = file.read_whole(wanted)
        if block:
            yield block
        if len(block) < wanted:
            return
        size += wanted


def _change(before: os.stat_result, after: os.stat_result, size: int) -> str | None:
    """Say how a file differs from when it was opened, as far as its metadata shows it."""
    seen = []
    if not before.st_size and size:
        seen.append(f"0 bytes were reported and {size} read")
    elif size < before.st_size:
        seen.append(f"{before.st_size} bytes were reported and {size} read")
    if after.st_size != before.st_size:
        seen.append(f"from {before.st_size} to {after.st_size} bytes")
    if after.st_nlink < before.st_nlink:
        seen.append("replaced or removed")
    if not seen and (after.st_mtime_ns, after.st_nlink) != (before.st_mtime_ns, before.st_nlink):
        seen.append("modified")
    return ", ".join(seen) or None
