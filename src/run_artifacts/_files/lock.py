"""Hold a lock on a path, so that those who write it follow each other.

The path of a target comes in, which need not exist. While the block runs, no other process or
thread is in a block of the same path. The lock is that of a file beside the target, which is there
only while it is held; a process that is killed lets go of it, and so does one that is interrupted.
"""

from __future__ import annotations

import errno
import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO

try:
    import fcntl
except ImportError:  # Windows has none: there the last writer of a path wins
    fcntl = None  # type: ignore[assignment]

# What a file system says that has no locks; it is then as on a platform without them.
_NO_LOCKS = frozenset({errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOTSUP})


def without_locks(lacking: str) -> NotImplementedError:
    """Return what is raised where something has no file locks."""
    needed = f"appending needs file locks, which this {lacking} lacks"
    return NotImplementedError(f"{needed}; write the whole file with write_report_history_jsonl")


def require_locks() -> None:
    """Raise ``NotImplementedError`` on a platform that has no file locks."""
    if fcntl is None:
        raise without_locks("platform")


def beside(target: str, ending: str) -> str:
    """Return the path of a file beside a target that belongs to it, and to no other."""
    folder, name = os.path.split(target)
    digest = hashlib.sha256(os.fsencode(name)).hexdigest()[:16]
    return os.path.join(folder, f".run_artifacts-{digest}.{ending}")


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
    path = beside(target, "lock")
    process = os.getpid()
    try:
        file, held = _open_locked(path, target)
        try:
            _sign(file)
            yield held
        finally:
            if os.getpid() == process:  # else this is a child that was forked in the block
                _let_go(file, path)
    except BaseException:
        if os.getpid() == process:
            _sweep(path)
        raise


def _open_locked(path: str, target: str) -> tuple[FileIO, bool]:
    """Open and lock the file at a path, such that it is still the one at that path.

    The lock is taken when the descriptor belongs to an object that closes it, and thereby lets
    go of the lock, wherever an interrupt may come.

    Returns:
        The file, and whether it is locked.
    """
    while True:
        file = _open(path, target)
        try:
            held = _wait_for(file, target)
            if _is_at(file, path):
                _share(file)
                return file, held
        except BaseException:
            _let_go(file, path)
            raise
        file.close()  # its last holder has removed it


def _open(path: str, target: str) -> FileIO:
    """Open the lock file, or make it; in one step, so that no interrupt leaves it open."""
    while True:
        try:
            return FileIO(path, "x+")  # which follows no link
        except FileExistsError:
            pass
        except PermissionError as error:
            message = "no file can be made beside it; make its folder writable"
            raise PermissionError(error.errno, message, target) from None
        if os.path.islink(path):
            message = "its lock is a symbolic link, and not followed; remove the link"
            raise OSError(errno.ELOOP, message, path)
        with suppress(FileNotFoundError):  # its last holder has removed it
            return _open_existing(path)


def _open_existing(path: str) -> FileIO:
    try:
        return FileIO(path, "r+")
    except PermissionError:  # of a user who was killed before it was open to others
        return FileIO(path, "r")


def _wait_for(file: FileIO, target: str) -> bool:
    try:
        return _lock_now(file)
    except BlockingIOError:
        if os.pread(file.fileno(), 64, 0) == _owner():
            message = "is being written by this thread already; records can't write where they go"
            raise RuntimeError(f"{target} {message}") from None
        fcntl.flock(file, fcntl.LOCK_EX)
    return True


def _lock_now(file: FileIO) -> bool:
    """Lock a file; return false where the file system has no locks.

    Raises:
        BlockingIOError: Another one holds it.
    """
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _NO_LOCKS:
            return False
        raise
    return True


def _is_at(file: FileIO, path: str) -> bool:
    with suppress(FileNotFoundError):
        return os.path.samestat(os.fstat(file.fileno()), os.lstat(path))
    return False


def _owner() -> bytes:
    return f"{os.getpid()} {threading.get_ident()}".encode()


def _share(file: FileIO) -> None:
    """Open the lock file to other users, who wait for it too; its maker alone may do so."""
    if _is_ours(file):
        with suppress(OSError):
            os.fchmod(file.fileno(), 0o666)


def _is_ours(file: FileIO) -> bool:
    """Say whether a lock file is to be written, and no other name of another file."""
    return file.writable() and os.fstat(file.fileno()).st_nlink == 1


def _sign(file: FileIO) -> None:
    """Say in the lock file who holds it."""
    if _is_ours(file):
        os.ftruncate(file.fileno(), 0)
        os.pwrite(file.fileno(), _owner(), 0)


def _sweep(path: str) -> None:
    """Remove a lock file that nobody holds: an interrupt has left it."""
    with suppress(OSError):
        if not os.path.islink(path):
            _let_go(_open_existing(path), path)


def _let_go(file: FileIO, path: str) -> None:
    """Unlock and close a lock file, and remove it, unless another one holds it.

    What fails here is no failure of what was done under the lock.
    """
    try:
        with suppress(OSError):
            _lock_now(file)
            # Removed while it is held: whoever waits for it finds that it is no longer the lock.
            if _is_at(file, path):
                os.unlink(path)
    finally:
        try:
            # A child forked meanwhile has the descriptor too: closing ours would leave it locked.
            with suppress(OSError):
                fcntl.flock(file, fcntl.LOCK_UN)
        finally:
            with suppress(OSError):
                file.close()
