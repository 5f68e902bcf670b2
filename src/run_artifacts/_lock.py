"""Hold a lock on a path, so that those who write it follow each other.

The path of a target comes in, which need not exist. While the block runs, no other process or
thread is in a block of the same path. The lock is that of a file beside the target, which is there
only while it is held; a process that is killed lets go of it.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

try:
    import fcntl
except ImportError:  # Windows has none: there the last writer of a path wins
    fcntl = None  # type: ignore[assignment]

# What a file system says that has no locks; it is then as on a platform without them.
_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP})


def require_locks() -> None:
    """Raise ``NotImplementedError`` on a platform that has no file locks."""
    if fcntl is None:
        raise NotImplementedError("appending needs file locks, which this platform doesn't have")


@contextmanager
def exclusive(target: str) -> Iterator[bool]:
    """Hold the lock on a target; wait for another process or thread.

    Yields:
        Whether it is held; false where the platform or the file system has no locks.

    Raises:
        RuntimeError: This thread holds it already, and would wait for itself.
    """
    if fcntl is None:
        yield False
        return
    folder, name = os.path.split(target)
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    lock = os.path.join(folder, f".run_artifacts-{digest}.lock")
    fd, held = _open_locked(lock, target)
    try:
        os.ftruncate(fd, 0)
        os.pwrite(fd, _owner(), 0)
        yield held
    finally:
        _let_go(fd, lock)


def _owner() -> bytes:
    return f"{os.getpid()} {threading.get_ident()}".encode()


def _open_locked(lock: str, target: str) -> tuple[int, bool]:
    """Open and lock the file at a path, such that it is still the one at that path.

    Returns:
        Its descriptor, and whether it is locked.
    """
    while True:
        fd = _open_lock(lock, target)
        try:
            with suppress(OSError):  # other users wait for it too; its owner alone may say so
                os.fchmod(fd, 0o666)
            held = _wait_for(fd, target)
            if _is_at(fd, lock):
                return fd, held
        except BaseException:
            _let_go(fd, lock)
            raise
        os.close(fd)  # its last holder has removed it


def _open_lock(lock: str, target: str) -> int:
    flags = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
    try:
        return os.open(lock, flags | os.O_CREAT, 0o666)
    except PermissionError as error:
        # In a sticky folder, a file that another user has made can be opened, but not with O_CREAT.
        with suppress(FileNotFoundError):
            return os.open(lock, flags)
        raise PermissionError(error.errno, "no file can be made beside it", target) from None


def _is_at(fd: int, path: str) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(fd), os.lstat(path))
    return False


def _wait_for(fd: int, target: str) -> bool:
    try:
        return _lock_now(fd)
    except BlockingIOError:
        if os.pread(fd, 64, 0) == _owner():
            raise RuntimeError(f"{target} is being written by this thread already") from None
        fcntl.flock(fd, fcntl.LOCK_EX)
    return True


def _lock_now(fd: int) -> bool:
    """Lock a file; return false where the file system has no locks.

    Raises:
        BlockingIOError: Another one holds it.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True


def _let_go(fd: int, lock: str) -> None:
    """Unlock and close a lock file, and remove it, unless another one holds it."""
    try:
        with suppress(OSError):
            _lock_now(fd)
            # Removed while it is held: whoever waits for it finds that it is no longer the lock.
            if _is_at(fd, lock):
                os.unlink(lock)
        # A child forked meanwhile has the descriptor too: closing ours would leave it locked.
        with suppress(OSError):
            fcntl.flock(fd, fcntl.LOCK_UN)
    finally:
        os.close(fd)
