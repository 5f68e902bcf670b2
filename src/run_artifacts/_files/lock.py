"""Hold a lock on a path, so that those who write it follow each other.

The path of a target comes in, which need not exist, with who wants it. While the block runs, no
other process or thread is in a block of the same path. The lock is that of a file beside the
target, which is there only while it is held; a process that is killed lets go of it, and so does
one that is interrupted. A child that is forked in the block has no part in it.
"""

from __future__ import annotations

import errno
import hashlib
import os
from _thread import get_ident
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import FileIO

from run_artifacts import _process
from run_artifacts._errors import tolerated
from run_artifacts._files.system import is_link
from run_artifacts._process import Owner

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
def exclusive(owner: Owner) -> Iterator[bool]:
    """Hold the lock on the owner's path; wait for another process or thread.

    Yields:
        Whether it is held; false where the platform or the file system has no locks.

    Raises:
        Forked: This process was forked meanwhile from the one that wants the lock.
        RuntimeError: This thread holds it already, and would wait for itself.
    """
    if fcntl is None:
        yield False
        return
    lock = _Lock(owner)
    try:
        try:
            yield lock.take()
        finally:
            lock.let_go()
    except BaseException:
        lock.sweep()
        raise


class _Lock:
    """The lock file of a path.

    Attributes:
        file: It is here before it is locked, so that whatever comes in between, it can be let go.
    """

    def __init__(self, owner: Owner) -> None:
        self.owner = owner
        self.path = beside(owner.path, "lock")
        self.file: FileIO | None = None

    def take(self) -> bool:
        """Open and lock the file at the path, such that it is still the one at that path.

        Returns:
            Whether it is locked.
        """
        while True:
            self.file = file = self.open()
            held = self.wait_for(file)
            if self.is_at_path(file):
                self.share(file)
                self.sign(file)
                return held
            with tolerated:
                file.close()  # its last holder has removed it

    def open(self) -> FileIO:
        """Open the lock file, or make it; in one step, so that no interrupt leaves it open."""
        while True:
            try:
                return self.owner.call(FileIO, self.path, "x+")  # which follows no link
            except FileExistsError:
                pass
            except PermissionError as error:
                message = "no file can be made beside it; make its folder writable"
                raise PermissionError(error.errno, message, self.owner.path) from None
            if is_link(self.path):
                message = "its lock is a symbolic link, and not followed; remove the link"
                raise OSError(errno.ELOOP, message, self.path)
            with suppress(FileNotFoundError):  # its last holder has removed it
                return self.open_existing()

    def open_existing(self) -> FileIO:
        try:
            return self.owner.call(FileIO, self.path, "r+")
        except PermissionError:  # of a user who was killed before it was open to others
            return self.owner.call(FileIO, self.path, "r")

    def wait_for(self, file: FileIO) -> bool:
        try:
            return self.lock_now(file)
        except BlockingIOError:
            if os.pread(file.fileno(), 64, 0) == _signature():
                message = "is being written by this thread already"
                raise RuntimeError(
                    f"{self.owner.path} {message}; records can't write where they go"
                ) from None
            self.owner.call(fcntl.flock, file.fileno(), fcntl.LOCK_EX)
        return True

    def lock_now(self, file: FileIO) -> bool:
        """Lock a file; return false where the file system has no locks.

        Raises:
            BlockingIOError: Another one holds it.
        """
        try:
            self.owner.call(fcntl.flock, file.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _NO_LOCKS:
                return False
            raise
        return True

    def is_at_path(self, file: FileIO) -> bool:
        with suppress(FileNotFoundError):
            return os.path.samestat(os.fstat(file.fileno()), os.lstat(self.path))
        return False

    def share(self, file: FileIO) -> None:
        """Open the lock file to other users, who wait for it too; its maker alone may do so."""
        if _is_ours(file):
            with tolerated:
                self.owner.call(os.fchmod, file.fileno(), 0o666)

    def sign(self, file: FileIO) -> None:
        """Say in the lock file who holds it."""
        if _is_ours(file):
            self.owner.call(os.ftruncate, file.fileno(), 0)
            self.owner.call(os.pwrite, file.fileno(), _signature(), 0)

    def sweep(self) -> None:
        """Remove a lock file that nobody holds: an interrupt has left it."""
        with tolerated:
            if (self.file is None or self.file.closed) and not is_link(self.path):
                self.file = self.open_existing()
        self.let_go()

    def let_go(self) -> None:
        """Unlock and close the file, and remove it, unless another one holds it.

        What fails here is no failure of what was done under the lock.
        """
        file = self.file
        if file is None or file.closed:
            return
        try:
            with tolerated:
                self.lock_now(file)
                # Removed while it is held: whoever waits for it finds that it isn't the lock.
                if self.is_at_path(file):
                    self.owner.call(os.unlink, self.path)
        finally:
            try:
                # A child forked meanwhile has the descriptor too: closing ours would leave it
                # locked.
                with tolerated:
                    self.owner.call(fcntl.flock, file.fileno(), fcntl.LOCK_UN)
            finally:
                with tolerated:
                    file.close()


def _signature() -> bytes:
    return f"{_process.current.hex()} {get_ident()}".encode()


def _is_ours(file: FileIO) -> bool:
    """Say whether a lock file is to be written, and no other name of another file."""
    return file.writable() and os.fstat(file.fileno()).st_nlink == 1
