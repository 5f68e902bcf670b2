"""Append whole lines to a file, durably, or not at all.

A target path comes in, and a spool of what it is to gain. That is written behind what stands there
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

from run_artifacts._errors import require_system, tolerated
from run_artifacts._files.lock import exclusive, without_locks
from run_artifacts._files.owned import Spool
from run_artifacts._files.system import (
    found_at,
    make_folders,
    sync_folders,
    system_message,
    write_whole,
)
from run_artifacts._process import Owner


class _Appending:
    """A file that is being appended to, as it was, and what it is to gain: `lead`, then `lines`."""

    def __init__(self, fd: int, before: os.stat_result, lead: bytes, lines: Spool) -> None:
        self.fd = fd
        self.before = before
        self.lead = lead
        self.lines = lines

    def blocks(self) -> Iterator[bytes]:
        """Give what is to be appended, from its start."""
        if self.lead:
            yield self.lead
        yield from self.lines.blocks()


def append(lines: Spool) -> None:
    """Append whole lines to the path of their owner, durably; make it where it isn't there.

    An unterminated last line of the target is ended first. When this raises, the target is as it
    was, but for what the message says.

    Args:
        lines: The lines; the path is that of a regular file, or of none, links followed.

    Raises:
        Forked: This process was forked from the one that has begun the lines.
        NotImplementedError: The file system has no locks.
        OSError: A call failed, or the target was replaced meanwhile by someone without the lock.
        RuntimeError: This thread is writing the target.
    """
    owner = lines.owner
    folder = os.path.dirname(owner.path)
    made = make_folders(folder)
    with exclusive(owner) as held:
        if not held:
            raise without_locks("file system")
        is_new = found_at(owner.path, follow_links=False) is None
        try:
            with _closing(owner.call(FileIO, owner.path, "a+")) as opened:
                _append_or_take_back(_look_at(opened.fileno(), lines), [folder, *made])
        except BaseException:
            if is_new:
                _remove_empty(owner)
            raise


@contextmanager
def _closing(file: FileIO) -> Iterator[FileIO]:
    """Close a file at the end, whatever closing says: what is durable is so."""
    try:
        yield file
    finally:
        with tolerated:
            file.close()


def _look_at(fd: int, lines: Spool) -> _Appending:
    """Look at what is there to be appended to."""
    owner = lines.owner
    before = owner.call(os.fstat, fd)
    if not stat.S_ISREG(before.st_mode):
        message = "not a regular file, and can't be appended to; name another"
        raise OSError(errno.EINVAL, message, owner.path)
    has_both = before.st_size and lines.size_bytes
    is_torn = has_both and owner.call(os.pread, fd, 1, before.st_size - 1) != b"\n"
    return _Appending(fd, before, b"\n" if is_torn else b"", lines)


def _append_or_take_back(file: _Appending, folders: list[str]) -> None:
    owner = file.lines.owner
    try:
        for block in file.blocks():
            write_whole(owner, file.fd, block)
        owner.call(os.fsync, file.fd)
        # Each time: who made the file may have been killed before it was in its folder.
        sync_folders(folders)
        _require_place(owner.path, file.before)
    except BaseException as error:
        if owner.is_here():
            _take_back(file, error)
        raise


def _remove_empty(owner: Owner) -> None:
    """Remove a file that was made for an append that has failed."""
    with tolerated:
        if not os.lstat(owner.path).st_size:
            owner.call(os.unlink, owner.path)


def _require_place(path: str, opened: os.stat_result) -> None:
    """Raise where a path no longer leads to the file that was opened."""
    with suppress(FileNotFoundError):
        if os.path.samestat(os.stat(path), opened):
            return
    message = "the file was replaced or removed while it was appended to; append again"
    raise OSError(errno.ESTALE, message, path)


def _take_back(file: _Appending, cause: BaseException) -> None:
    """Make a file as it was before an append, unless others have changed it."""
    owner = file.lines.owner
    try:
        if not _holds_only_ours(file):
            raise OSError(errno.EBUSY, "another one has written to it without the lock")
        owner.call(os.ftruncate, file.fd, file.before.st_size)
        owner.call(os.fsync, file.fd)
    except OSError as error:
        require_system(error)
        why = f"the append failed ({cause!r}), and could not be taken back"
        raise OSError(error.errno, f"{why} ({system_message(error)})", owner.path) from cause


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
