"""Replace a file so that the old one or the new one stands, whole, whatever happens.

A target path comes in; its new content is written to a new file beside it, made durable, and put
in its place in one step. Where there are file locks, whoever writes the same path meanwhile waits.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import BinaryIO

from run_artifacts._arguments import names_beneath
from run_artifacts._tree import RUN_LEVELS, TARGET_REF

try:
    import fcntl
except ImportError:  # Windows has none: there the last writer of a path wins
    fcntl = None  # type: ignore[assignment]

# What a file system says that has no locks; the write is then as on a platform without them.
_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP})


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
    with _exclusive(target):
        temporary = os.path.join(folder, f".run_artifacts-{os.urandom(8).hex()}.tmp")
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_CLOEXEC", 0)
        # What a private file held stays private while it is replaced.
        mode = 0o600 if os.path.exists(target) else 0o666
        fd = os.open(temporary, flags | getattr(os, "O_BINARY", 0), mode)
        try:
            with open(fd, "wb") as file:
                yield file
                file.flush()
                _take_after(target, fd, temporary)
                os.fsync(fd)
            os.replace(temporary, target)
        except BaseException:
            with suppress(FileNotFoundError):
                os.unlink(temporary)
            raise
        _sync_folders(target, [folder, *made])


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


def _sync_folders(target: str, folders: list[str]) -> None:
    if not hasattr(os, "O_DIRECTORY"):
        return
    try:
        for folder in folders:
            fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            try:
                os.fsync(fd)
            finally:
                os.close(fd)
    except OSError as error:
        message = "the new file stands, but may not outlast a crash: its folder was not synced"
        raise OSError(error.errno, f"{message} ({error.strerror})", target) from error


@contextmanager
def _exclusive(target: str) -> Iterator[None]:
    """Hold the lock on a target, which need not exist; wait for another process or thread.

    The lock is that of a file beside the target, which is there only while it is held.

    Raises:
        RuntimeError: This thread holds it already, and would wait for itself.
    """
    if fcntl is None:
        yield
        return
    folder, name = os.path.split(target)
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    lock = os.path.join(folder, f".run_artifacts-{digest}.lock")
    fd = _open_locked(lock, target)
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, _owner(), 0)
        yield
    finally:
        # Removed while it is held: whoever waits for it finds that it is no longer the lock.
        with suppress(OSError):
            os.unlink(lock)
        # A child forked meanwhile has the descriptor too: closing ours would leave it locked.
        with suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_UN)
        os.close(fd)


def _owner() -> bytes:
    return f"{os.getpid()} {threading.get_ident()}".encode()


def _open_locked(lock: str, target: str) -> int:
    """Open and lock the file at a path, such that it is still the one at that path."""
    while True:
        fd = _open_lock(lock, target)
        try:
            _wait_for(fd, target)
            if os.path.samestat(os.fstat(fd), os.lstat(lock)):
                return fd
        except FileNotFoundError:  # its last holder has removed it
            pass
        except BaseException:
            os.close(fd)
            raise
        os.close(fd)


def _open_lock(lock: str, target: str) -> int:
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        fd = os.open(lock, flags | os.O_CREAT, 0o666)
    except PermissionError as error:
        # In a sticky folder, a file that another user has made can be opened, but not with O_CREAT.
        with suppress(FileNotFoundError):
            return os.open(lock, flags)
        raise PermissionError(error.errno, "no file can be made beside it", target) from None
    with suppress(OSError):  # another user's writer waits for it too; its owner alone may say so
        os.fchmod(fd, 0o666)
    return fd


def _wait_for(fd: int, target: str) -> None:
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        if os.pread(fd, 64, 0) == _owner():
            raise RuntimeError(f"{target} is being written by this thread already") from None
        fcntl.flock(fd, fcntl.LOCK_EX)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
