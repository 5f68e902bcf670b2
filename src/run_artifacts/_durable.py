"""Replace a file or append to it, such that whatever happens, nothing that stood is lost.

A target path comes in. To replace it, its new content is written to a new file beside it, made
durable, and put in its place in one step: the old one or the new one stands, whole. To append,
the new content is written behind the old one and made durable, or taken back. Where there are file
locks, whoever writes the same path meanwhile waits.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from io import FileIO
from typing import BinaryIO, NamedTuple

from run_artifacts._arguments import absolute, names_beneath
from run_artifacts._lock import beside, exclusive, without_locks
from run_artifacts._regular import system_message
from run_artifacts._tree import RUN_LEVELS, TARGET_REF

_BLOCK_BYTES = 1 << 17

# What a file system says that can't sync a folder, and needn't.
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def resolve_target(path: str, tree: str | None = None, target_slug: str | None = None) -> str:
    """Return the path of the file that a write to `path` replaces, links followed.

    Args:
        path: The file to write.
        tree: The tree of runs that is compiled into it, if any.
        target_slug: The one target of it that is compiled, if any.

    Raises:
        FileNotFoundError: The path is empty.
        IsADirectoryError: It is a directory, or ends like one.
        OSError: It is no regular file, or can't be looked at.
        ValueError: It lies in a run directory, whose files are evidence.
    """
    if not path:
        raise FileNotFoundError(errno.ENOENT, "the path of a history is empty; name a file", path)
    is_directory = os.path.basename(path) in ("", ".", "..")
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        is_directory = is_directory or stat.S_ISDIR(mode)
        if not is_directory and not stat.S_ISREG(mode):
            message = "not a regular file, and won't be replaced by one; name another"
            raise OSError(errno.EINVAL, message, path)
    if is_directory:
        raise IsADirectoryError(errno.EISDIR, "a directory; name a file in it", path)
    target = os.path.realpath(path)
    run_dir = _run_dir_above(target)
    if run_dir is None and tree is not None:
        # By the name given, too: a link in the tree may lead to runs that lie elsewhere.
        places = (_run_dir_in(tree, place, target_slug) for place in (target, absolute(path)))
        run_dir = next(filter(None, places), None)
    if run_dir:
        raise ValueError(f"{path} lies in a run directory ({run_dir}); write it elsewhere")
    return target


def _run_dir_above(target: str) -> str | None:
    """Return the directory above a target that holds a target reference."""
    folder = os.path.dirname(target)
    while not os.path.lexists(os.path.join(folder, TARGET_REF)):
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _run_dir_in(tree: str, target: str, target_slug: str | None) -> str | None:
    """Return the directory at the depth of a run that a target lies in, by its place in a tree."""
    names = names_beneath(target, tree) or []
    run = names[:RUN_LEVELS]
    # Names that begin with _ hold no runs, but for a target that was asked for.
    skipped = run[1:] if run[:1] == [target_slug] else run
    if len(names) <= RUN_LEVELS or any(name.startswith("_") for name in skipped):
        return None
    return os.path.join(tree, *run)


@contextmanager
def replacing(target: str) -> Iterator[BinaryIO]:
    """Give a new file to write to, which then replaces the target.

    When the block ends, the new file is durable under the target's name. When it raises, the
    new file is gone and the target as it was. The mode of an existing target is kept, its owner
    where that is permitted.

    Raises:
        OSError: A call failed; if its message says that the new file stands, it was the last.
        RuntimeError: This thread is already replacing the target; seen where there are file locks.
    """
    folder = os.path.dirname(target)
    made = _make_folders(folder)
    with exclusive(target) as held:
        temporary = _temporary_path(target, held=held)
        # What a private file held stays private while it is replaced.
        mode = 0o600 if os.path.exists(target) else 0o666
        process = os.getpid()
        try:
            opener = partial(os.open, mode=mode)
            with open(temporary, "xb", buffering=_BLOCK_BYTES, opener=opener) as file:
                yield file
                file.flush()
                _take_after(target, file.fileno(), temporary)
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            if os.getpid() == process:  # else this is a child that was forked in the block
                with suppress(FileNotFoundError):
                    os.unlink(temporary)
            raise
        try:
            _sync_folders([folder, *made])
        except OSError as error:
            message = "the new file stands, but may not outlast a crash: its folder was not synced"
            raise OSError(error.errno, f"{message} ({system_message(error)})", target) from error


def _temporary_path(target: str, *, held: bool) -> str:
    """Return where to write what is to replace a target.

    Who holds its lock knows that what is there was left by a writer that was killed.
    """
    path = beside(target, "tmp")
    if held:
        with suppress(OSError):
            os.unlink(path)
        if not os.path.lexists(path):
            return path
    return beside(target, f"{os.urandom(8).hex()}.tmp")


class _Appending(NamedTuple):
    """A file that is being appended to, as it was, and what it is to gain: `lead` and `source`."""

    path: str
    fd: int
    before: os.stat_result
    lead: bytes
    source: BinaryIO

    def blocks(self) -> Iterator[bytes]:
        """Give what is to be appended, from its start."""
        if self.lead:
            yield self.lead
        self.source.seek(0)
        while block := self.source.read(_BLOCK_BYTES):
            yield block


def append(target: str, source: BinaryIO) -> None:
    """Append whole lines to a target, durably; make it where it isn't there.

    An unterminated last line of the target is ended first. When this raises, the target is as it
    was, but for what the message says.

    Args:
        target: The path of a regular file, or of none, links followed.
        source: A seekable file of the lines.

    Raises:
        NotImplementedError: The file system has no locks.
        OSError: A call failed, or the target was replaced meanwhile by someone without the lock.
        RuntimeError: This thread is writing the target.
    """
    folder = os.path.dirname(target)
    made = _make_folders(folder)
    with exclusive(target) as held:
        if not held:
            raise without_locks("file system")
        is_new = not os.path.lexists(target)
        try:
            with _closing(FileIO(target, "a+")) as opened:
                file = _look_at(target, opened.fileno(), source)
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


def _look_at(target: str, fd: int, source: BinaryIO) -> _Appending:
    """Look at what is there to be appended to."""
    before = os.fstat(fd)
    if not stat.S_ISREG(before.st_mode):
        message = "not a regular file, and can't be appended to; name another"
        raise OSError(errno.EINVAL, message, target)
    has_both = before.st_size and source.seek(0, os.SEEK_END)
    is_torn = has_both and os.pread(fd, 1, before.st_size - 1) != b"\n"
    return _Appending(target, fd, before, b"\n" if is_torn else b"", source)


def _append_or_take_back(file: _Appending, folders: list[str]) -> None:
    try:
        for block in file.blocks():
            _write_whole(file.fd, block)
        os.fsync(file.fd)
        # Each time: who made the file may have been killed before it was in its folder.
        _sync_folders(folders)
        _require_place(file)
    except BaseException as error:
        _take_back(file, error)
        raise


def _remove_empty(target: str) -> None:
    """Remove a file that was made for an append that has failed."""
    with suppress(OSError):
        if not os.lstat(target).st_size:
            os.unlink(target)


def _write_whole(fd: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        written = os.write(fd, rest)
        if not written:
            raise OSError(errno.EIO, "the system writes nothing, and gives no reason")
        rest = rest[written:]


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


def _make_folders(folder: str) -> list[str]:
    """Make a folder and those above it, and return the ones that have gained an entry."""
    missing = folder
    changed = []
    while not os.path.lexists(missing):
        missing = os.path.dirname(missing)
        changed.append(missing)
    os.makedirs(folder, exist_ok=True)
    return changed


def _take_after(target: str, fd: int, temporary: str) -> None:
    """Give the new file the mode, and where permitted the owner, of the one it replaces."""
    try:
        old = os.stat(target)
    except FileNotFoundError:
        return
    if hasattr(os, "fchown"):
        for owner in ((-1, old.st_gid), (old.st_uid, -1)):  # who can't give the one may the other
            with suppress(OSError):
                os.fchown(fd, *owner)
    os.chmod(temporary, stat.S_IMODE(old.st_mode))


def _sync_folders(folders: list[str]) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    for folder in folders:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno not in _CANNOT_SYNC:
                raise
        finally:
            os.close(fd)
