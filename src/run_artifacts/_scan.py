"""The one pass over an open file: everything that a capture says comes from these bytes.

A descriptor comes in. Its bytes are read once, up to the size that the file had when it was
opened; out go their number, digest, encoding and line count, the first and the last of them, and
what showed that the file changed meanwhile. Cuts are made later, from these values alone.
"""

from __future__ import annotations

import os
import queue
import threading
from collections import deque
from collections.abc import Callable
from hashlib import sha256
from typing import NamedTuple, Self

from run_artifacts._encoding import UTF_8, Encoding, detect
from run_artifacts._regular import OpenedFile

#: How far a capture can look beyond each cut, in bytes: what a cut would go through (a character,
#: a secret) is seen whole, whichever side it lies on.
MARGIN_BYTES = 8_192

# What is larger is read in blocks, and hashed beside. What reports no size and yields bytes
# (/proc) is read up to here.
_SMALL_BYTES = 1_048_576

# A multiple of every code unit, so that no unit lies in two blocks.
_BLOCK_BYTES = 524_288
_WAITING_BLOCKS = 2


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
    change: str | None

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
        NotOpened: Something that is no regular file took its place.
        OSError: A read failed.
    """
    fd, found = opened
    end = found.st_size or _SMALL_BYTES
    read = _read_small if end <= _SMALL_BYTES else _read_large
    scanned = read(fd, end, front_bytes, back_bytes)
    closed = os.fstat(fd)
    # Mostly nothing at all has changed, which is told faster than what has.
    if (
        closed == found
        and closed.st_mtime_ns == found.st_mtime_ns
        and scanned.size_bytes == found.st_size
    ):
        return scanned
    opened.confirm()
    change = _change(found, closed, scanned.size_bytes)
    if not found.st_size and scanned.size_bytes == end and os.read(fd, 1):
        change = f"{change}; more follows"
    return scanned._replace(change=change)


def _read_small(fd: int, end: int, front_bytes: int, back_bytes: int) -> Scan:
    data = os.read(fd, end)
    if len(data) < end:
        data += _read_block(fd, end - len(data))
    size, digest = len(data), sha256(data).hexdigest()
    front, back = data[:front_bytes], data[-back_bytes:]
    encoding = detect(data)
    if encoding is UTF_8:
        return Scan(size, digest, UTF_8, data.count(b"\n"), front, back, None)
    newlines = encoding.count_newlines(data)
    return Scan(size, digest, encoding, newlines, front, _from_unit(encoding, back, size), None)


def _read_large(fd: int, end: int, front_bytes: int, back_bytes: int) -> Scan:
    """Read block by block; of the blocks behind, keep those that reach back far enough."""
    encoding = UTF_8
    size = newlines = held = 0
    front: list[bytes] = []
    last: deque[bytes] = deque()
    with _Sha256Beside() as hasher:
        while size < end and (block := _read_block(fd, min(_BLOCK_BYTES, end - size))):
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
    return Scan(size, digest, encoding, newlines, b"".join(front), back, None)


def _from_unit(encoding: Encoding, back: bytes, size: int) -> bytes:
    """Cut the last bytes of a file to those from a whole code unit on."""
    return back[(len(back) - size) % len(encoding.newline) :]


def _read_block(fd: int, length: int) -> bytes:
    """Read a number of bytes, fewer only where the file ends."""
    block = os.read(fd, length)
    while block and len(block) < length and (more := os.read(fd, length - len(block))):
        block += more
    return block


class _Sha256Beside:
    """A digest that is computed on a thread of its own while its context lasts.

    Hashing releases the interpreter's lock and counting lines holds it, so that the two take no
    longer than the hashing alone.
    """

    def __init__(self) -> None:
        self._digest = sha256()
        self._waiting: queue.Queue[bytes] = queue.Queue(maxsize=_WAITING_BLOCKS)
        self._worker = threading.Thread(target=self._work, name="sha256", daemon=True)
        self.update: Callable[[bytes], object] = self._waiting.put

    def __enter__(self) -> Self:
        try:
            self._worker.start()
        except RuntimeError:  # the system grants no more threads
            self.update = self._digest.update
        return self

    def __exit__(self, *_: object) -> None:
        self._finish()

    def _work(self) -> None:
        while block := self._waiting.get():
            self._digest.update(block)

    def _finish(self) -> None:
        if self._worker.is_alive():
            self._waiting.put(b"")
            self._worker.join()

    def hexdigest(self) -> str:
        """Return the digest of all that was given."""
        self._finish()
        return self._digest.hexdigest()


def _change(found: os.stat_result, closed: os.stat_result, size: int) -> str | None:
    """Say how a file differs from what was found, as far as its metadata shows it.

    A file that reports no size has one that nothing shows, so reading it is a change of its own.
    """
    seen = []
    if not found.st_size and size:
        seen.append(f"0 bytes were reported and {size} read")
    elif size < found.st_size:
        seen.append(f"{found.st_size} bytes were reported and {size} read")
    if closed.st_size != found.st_size:
        seen.append(f"from {found.st_size} to {closed.st_size} bytes")
    if not os.path.samestat(found, closed) or closed.st_nlink < found.st_nlink:
        seen.append("replaced or removed")
    if not seen and (closed.st_mtime_ns, closed.st_nlink) != (found.st_mtime_ns, found.st_nlink):
        seen.append("modified")
    return ", ".join(seen) or None
