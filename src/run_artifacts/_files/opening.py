"""Open a file for reading: a regular one and nothing else, without blocking; or any stream.

A path comes in. A descriptor of a regular file goes out, with its ``fstat``; or `NotOpened` is
raised, which says why in one of the documented problem codes. The kind is that of the descriptor,
so that no exchange of the name can come between; no byte of anything else is read.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader
from stat import S_IFMT, S_ISLNK, S_ISREG
from typing import BinaryIO, Literal, get_args

from run_artifacts._errors import require_system
from run_artifacts._files.owned import OwnedReader
from run_artifacts._files.system import BLOCK_BYTES, close, is_link, system_message
from run_artifacts._process import Owner

# Windows lacks most of these flags; the checks that back them up stay in force there.
_FILE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_NONBLOCK", 0)
)

#: Makes opening a name that is a link fail; 0 where the platform has no such flag.
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)

# Why a path leads to no open regular file, or to none that is read: closed sets, by what that makes
# of an artifact.
MissingCode = Literal["dangling_link"]
RefusedCode = Literal["not_a_regular_file", "outside_root", "too_large"]
UnreadableCode = Literal["link_loop", "permission_denied", "invalid_path", "read_failed"]
OpeningCode = Literal[MissingCode, RefusedCode, UnreadableCode]

_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}
_CODES: dict[int, OpeningCode] = {
    errno.ELOOP: "link_loop",
    errno.EACCES: "permission_denied",
    errno.EPERM: "permission_denied",
    errno.ENAMETOOLONG: "invalid_path",
    errno.EINVAL: "invalid_path",
    errno.ENXIO: "not_a_regular_file",
}


class NotOpened(Exception):
    """A path that did not lead to an open regular file.

    Attributes:
        code: One of the problem codes, or ``None`` where nothing stands under the name.
        detail: What the system or the check said.
        exists: Whether the system shows something under the name.
        size_bytes: The size that the system reports for a regular file, else ``None``.
        error_type: The name of the builtin exception that ``open`` would have raised.
    """

    def __init__(
        self,
        code: OpeningCode | None,
        detail: str = "",
        *,
        exists: bool = False,
        size_bytes: int | None = None,
        error_type: str = "OSError",
    ) -> None:
        super().__init__(code, detail)
        self.code = code
        self.detail = detail
        self.exists = exists
        self.size_bytes = size_bytes
        self.error_type = error_type

    @property
    def is_missing(self) -> bool:
        """Whether nothing stands under the name, or a link that leads to nothing."""
        return self.code is None or self.code in get_args(MissingCode)

    @classmethod
    def from_error(
        cls, error: OSError | ValueError, found: os.stat_result | None = None
    ) -> NotOpened:
        """Give an error of a system call its code; ``found`` is what a ``stat`` showed before.

        An error that isn't the system's is raised on.
        """
        require_system(error)
        name = type(error).__name__
        if isinstance(error, ValueError):
            cause = "a character that no name can have"
            if not isinstance(error, UnicodeError):
                cause = "a NUL"
            return cls("invalid_path", f"holds {cause}", error_type=name)
        if found is None and error.errno in (errno.ENOENT, errno.ENOTDIR):
            return cls(None, error_type=name)
        return cls(
            _CODES.get(error.errno or 0, "read_failed"),
            system_message(error),
            exists=found is not None,
            size_bytes=found.st_size if found else None,
            error_type=name,
        )


class OpenedFile:
    """A descriptor of a regular file, at offset 0, which the receiver closes, and its ``fstat``.

    A child that is forked shares the offset; so it is read in the process that opened it alone.
    """

    __slots__ = ("fd", "owner", "status")

    def __init__(self, fd: int, status: os.stat_result, owner: Owner) -> None:
        self.fd = fd
        self.status = status
        self.owner = owner

    def read(self, length: int) -> bytes:
        """Read at most so many bytes from where the last read ended."""
        return self.owner.call(os.read, self.fd, length)

    def read_whole(self, length: int) -> bytes:
        """Read so many bytes, fewer only where the file ends."""
        block = self.read(length)
        while block and len(block) < length and (more := self.read(length - len(block))):
            block += more
        return block

    def close(self) -> str | None:
        """Close the descriptor; return what the system says where it can't."""
        return close(self.fd)


def open_regular(path: str) -> OpenedFile:
    """Open the regular file that a path leads to, links followed.

    Raises:
        NotOpened: It leads to something else, or to nothing.
    """
    owner = Owner(path, "read")
    try:
        return _if_regular(os.open(path, _FILE_FLAGS), owner)
    except (OSError, ValueError) as error:
        raise _why_not(error, path) from None


def open_unless_link(
    name: str, directory: int | None = None, *, look_first: bool = False
) -> OpenedFile | None:
    """Open a regular file by a name that isn't followed, or return ``None`` where it is a link.

    Args:
        name: Its name in the directory, or its path.
        directory: A descriptor of the directory.
        look_first: Don't open what isn't a regular file, not even to see what it is: opening a
            FIFO releases who waits to write to it, and opening a device can act on it.

    Raises:
        NotOpened: The name is that of something else, or of nothing.
    """
    owner = Owner(name, "read")
    try:
        if look_first or not NOFOLLOW:
            found = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if S_ISLNK(found.st_mode):
                return None
            if not S_ISREG(found.st_mode):
                raise refusal(found)
        return _if_regular(os.open(name, _FILE_FLAGS | NOFOLLOW, dir_fd=directory), owner)
    except (OSError, ValueError) as error:
        require_system(error)
        try:
            found = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except (OSError, ValueError) as why:
            require_system(why)
            raise NotOpened.from_error(error) from None
        if S_ISLNK(found.st_mode):
            return None
        raise _not_opened(error, found) from None


def _if_regular(fd: int, owner: Owner) -> OpenedFile:
    """Return what was opened, or close it."""
    try:
        status = os.fstat(fd)
        if S_ISREG(status.st_mode):
            return OpenedFile(fd, status, owner)
    except BaseException:
        close(fd)
        raise
    close(fd)
    raise refusal(status)


def _why_not(error: OSError | ValueError, path: str) -> NotOpened:
    """Say why a path could not be opened, by what there is."""
    require_system(error)
    try:
        found = os.stat(path)
    except (OSError, ValueError) as why:
        return missing_or(why, path)
    return _not_opened(error, found)


def _not_opened(error: OSError | ValueError, found: os.stat_result) -> NotOpened:
    if not S_ISREG(found.st_mode):
        return refusal(found)
    return NotOpened.from_error(error, None if isinstance(error, FileNotFoundError) else found)


def missing_or(error: OSError | ValueError, path: str) -> NotOpened:
    """Tell a dangling link from a name that isn't there."""
    problem = NotOpened.from_error(error)
    if problem.code is None and is_link(path):
        return NotOpened("dangling_link", error_type="FileNotFoundError")
    return problem


def refusal(status: os.stat_result) -> NotOpened:
    """Return why what a ``stat`` shows is not opened, or not used."""
    kind = S_IFMT(status.st_mode)
    return NotOpened(
        "not_a_regular_file",
        f"is {_KINDS.get(kind, 'of an unknown kind')}",
        exists=True,
        error_type="IsADirectoryError" if kind == stat.S_IFDIR else "OSError",
    )


def open_stream(path: str) -> BinaryIO:
    """Open whatever a path names, a pipe too, to read its bytes in order, in this process alone.

    Raises:
        OSError: It can't be opened.
    """
    return BufferedReader(OwnedReader(path), BLOCK_BYTES)
