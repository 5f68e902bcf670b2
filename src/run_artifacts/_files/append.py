"""Append whole lines to a file, durably, or not at all.

A target path comes in, and a file of what it is to gain. That is written behind what stands there
and made durable, or taken back; what stood is not touched. Whoever writes the same path meanwhile
waits.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO
from typing import BinaryIO, NamedTuple

from run_artifacts._files.lock import exclusive, without_locks
from run_artifacts._files.system import (
    BLOCK_BYTES,
    make_folders,
    sync_folders,
    system_message,
    write_whole,
)


class _Appending(NamedTuple):
    """A file that is being appended to, as it was, and what it is to gain: `lead`, then `lines`."""

    path: str
    fd: int
    before: os.stat_result
    lead: bytes
    lines: BinaryIO

    def blocks(self) -> Iterator[bytes]:
        """Give what is to be appended, from its start."""
        if self.lead:
            yield self.lead
        self.lines.seek(0)
        while block := self.lines.read(BLOCK_BYTES):
            yield block


def append(target: str, lines: BinaryIO) -> None:
    """Append whole lines to a target, durably; make it where it isn't there.

    An unterminated last line of the target is ended first. When this raises, the target is as it
    was, but for what the message says.

    Args:
        target: The path of a regular file, or of none, links followed.
        lines: A seekable file of the lines.

    Raises:
        NotImplementedError: The file system has no locks.
        OSError: A call failed, or the target was replaced meanwhile by someone without the lock.
        RuntimeError: This thread is writing the target.
    """
    folder = os.path.dirname(target)
    made = make_folders(folder)
    with exclusive(target) as held:
        if not held:
            raise without_locks("file system")
        is_new = not os.path.lexists(target)
        try:
            with _closing(FileIO(target, "a+")) as opened:
                file = _look_at(target, opened.fileno(), lines)
                _append_or_take_back(file, [folder, *made])
        except BaseException:
            if is_new:
                _remove_empty(target)
            raise


@contextmanager
def _closing(file: FileIO) -> Iterator[FileIO]:
    """Close a file at the end, whatever closing says: what is durable is so."""
    try:
        yield file
    finally:
        with suppress(OSError):
            file.close()


def _look_at(target: str, fd: int, lines: BinaryIO) -> _Appending:
    """Look at what is there to be appended to."""
    before = os.fstat(fd)
    if not stat.S_ISREG(before.st_mode):
        message = "not a regular file, and can't be appended to; name another"
        raise OSError(errno.EINVAL, message, target)
    has_both = before.st_size and lines.seek(0, os.SEEK_END)
    is_torn = has_both and os.pread(fd, 1, before.st_size - 1) != b"\n"
    return _Appending(target, fd, before, b"\n" if is_torn else b"", lines)


def _append_or_take_back(file: _Appending, folders: list[str]) -> None:
    try:
        for block in file.blocks():
            write_whole(file.fd, block)
        os.fsync(file.fd)
        # Each time: who made the file may have been killed before it was in its folder.
        sync_folders(folders)
        _require_place(file)
    except BaseException as error:
        _take_back(file, error)
        raise


def _remove_empty(target: str) -> None:
    """Remove a file that was made for an append that has failed."""
    with suppress(OSError):
        if not os.lstat(target).st_size:
            os.unlink(target)


def _require_place(file: _Appending) -> None:
    """Raise where the path no longer leads to the file that was opened."""
    with suppress(FileNotFoundError):
        if os.path.samestat(os.stat(file.path), file.before):
            return
    message = "the file was replaced or removed while it was appended to; append again"
    raise OSError(errno.ESTALE, message, file.path)


def _take_back(file: _Appending, cause: BaseException) -> None:
    """Make a file as it was before an append, unless others have changed it."""
    try:
        if not _holds_only_ours(file):
            raise OSError(errno.EBUSY, "another one has written to it without the lock")
        os.ftruncate(file.fd, file.before.st_size)
        os.fsync(file.fd)
    except OSError as error:
        why = f"the append failed ({cause!r}), and could not be taken back"
        raise OSError(error.errno, f"{why} ({system_message(error)})", file.path) from cause


def _holds_only_ours(file: _Appending) -> bool:
    """Say whether what a file has gained is a start of what it was to gain."""
    position, end = file.before.st_size, os.fstat(file.fd).st_size
    for block in file.blocks():
        found = os.pread(file.fd, len(block), position)
        position += len(found)
        if not block.startswith(found):
            return False
        if len(found) < len(block):
            break
    return position == end
