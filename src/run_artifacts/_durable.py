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
from typing import BinaryIO, NamedTuple

from run_artifacts._arguments import names_beneath
from run_artifacts._lock import exclusive
from run_artifacts._regular import system_message
from run_artifacts._tree import RUN_LEVELS, TARGET_REF

_CLOEXEC = getattr(os, "O_CLOEXEC", 0)
_BLOCK_BYTES = 1 << 17


def resolve_target(path: str, tree: str | None = None) -> str:
    """Return the path of the file that a write to `path` replaces, links followed.

    Args:
        path: The file to write.
        tree: The tree of runs that is compiled into it, if any.

    Raises:
        FileNotFoundError: The path is empty.
        IsADirectoryError: It is a directory, or ends like one.
        OSError: It is no regular file, or can't be looked at.
        ValueError: It lies in a run directory, whose files are evidence.
    """
    if not path:
        raise FileNotFoundError(errno.ENOENT, "the path of a history is empty", path)
    is_directory = path.endswith(("/", os.sep))
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        is_directory = is_directory or stat.S_ISDIR(mode)
        if not is_directory and not stat.S_ISREG(mode):
            raise OSError(errno.EINVAL, "not a regular file, and won't be replaced by one", path)
    if is_directory:
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    target = os.path.realpath(path)
    run_dir = _run_dir_above(target) or (tree is not None and _run_dir_in(tree, target))
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


def _run_dir_in(tree: str, target: str) -> str | None:
    """Return the directory at the depth of a run that a target lies in, by its place in a tree."""
    names = names_beneath(target, tree) or []
    run = names[:RUN_LEVELS]
    if len(names) <= RUN_LEVELS or any(name.startswith("_") for name in run):
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
    with exclusive(target):
        temporary = os.path.join(folder, f".run_artifacts-{os.urandom(8).hex()}.tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
        # What a private file held stays private while it is replaced.
        mode = 0o600 if os.path.exists(target) else 0o666
        try:
            fd = os.open(temporary, flags | _CLOEXEC, mode)
            with open(fd, "wb", buffering=_BLOCK_BYTES) as file:
                yield file
                file.flush()
                _take_after(target, fd, temporary)
                os.fsync(fd)
            os.replace(temporary, target)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        try:
            _sync_folders([folder, *made])
        except OSError as error:
            message = "the new file stands, but may not outlast a crash: its folder was not synced"
            raise OSError(error.errno, f"{message} ({system_message(error)})", target) from error


class _Appending(NamedTuple):
    """A file that is being appended to, as it was, and the most bytes that it is to gain."""

    path: str
    before: os.stat_result
    is_new: bool
    most_bytes: int


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
            raise NotImplementedError("appending needs file locks, which this file system lacks")
        fd, file = _open_to_append(target, source.seek(0, os.SEEK_END) + len(b"\n"))
        try:
            try:
                if not file.before.st_size:  # first, so that what has content is in its folder
                    _sync_folders([folder, *made])
                _append_to(fd, file.before.st_size, source)
                _require_place(file)
            finally:
                os.close(fd)
        except BaseException as error:
            _take_back(file, error)
            raise


def _open_to_append(target: str, most_bytes: int) -> tuple[int, _Appending]:
    """Open a file for appending, and make it where it isn't there."""
    flags = os.O_RDWR | os.O_APPEND | _CLOEXEC
    is_new = False
    try:
        fd = os.open(target, flags)
    except FileNotFoundError:
        fd = os.open(target, flags | os.O_CREAT | os.O_EXCL, 0o666)
        is_new = True
    try:
        return fd, _Appending(target, os.fstat(fd), is_new, most_bytes)
    except BaseException:
        os.close(fd)
        if is_new:
            os.unlink(target)
        raise


def _append_to(fd: int, size: int, source: BinaryIO) -> None:
    source.seek(0)
    block = source.read(_BLOCK_BYTES)
    if block and size and os.pread(fd, 1, size - 1) != b"\n":
        _write_whole(fd, b"\n")
    while block:
        _write_whole(fd, block)
        block = source.read(_BLOCK_BYTES)
    os.fsync(fd)


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
    message = "the file was replaced or removed while it was appended to"
    raise OSError(errno.ESTALE, message, file.path)


def _take_back(file: _Appending, cause: BaseException) -> None:
    """Make a file as it was before an append, by its path: its descriptor may be closed."""
    try:
        fd = os.open(file.path, os.O_WRONLY | _CLOEXEC)
        try:
            now = os.fstat(fd)
            if not os.path.samestat(now, file.before):
                return
            if now.st_size > file.before.st_size + file.most_bytes:
                raise OSError(errno.EBUSY, "another one has appended without the lock")
            os.ftruncate(fd, file.before.st_size)
            os.fsync(fd)
        finally:
            os.close(fd)
        if file.is_new:
            os.unlink(file.path)
    except FileNotFoundError:
        return
    except OSError as error:
        message = f"the append failed ({cause}), and could not be taken back"
        raise OSError(error.errno, f"{message} ({system_message(error)})", file.path) from cause


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
        with suppress(OSError):
            os.fchown(fd, old.st_uid, old.st_gid)
    os.chmod(temporary, stat.S_IMODE(old.st_mode))


def _sync_folders(folders: list[str]) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    for folder in folders:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | _CLOEXEC)
        try:
            os.fsync(fd)
        finally:
            os.close(fd)
