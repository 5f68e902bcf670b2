"""Open a regular file for reading, and nothing else, without blocking.

A path comes in. A descriptor of a regular file goes out, with what a ``stat`` showed before; or
`NotOpened` is raised, which says why in one of the documented problem codes. Nothing else is
opened, as opening a FIFO releases who waits to write to it, and opening a device can act on it.
What took the place of a regular file in between is found out when its bytes are read: they count
once the descriptor is confirmed.
"""

from __future__ import annotations

import errno
import os
import stat
from stat import S_IFMT, S_ISLNK, S_ISREG
from typing import NamedTuple

# Windows lacks most of these flags; the checks that back them up stay in force there.
_FILE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_KINDS = {
    stat.S_IFDIR: "a directory",
    stat.S_IFIFO: "a FIFO",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
}
_CODES = {
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
        code: str | None,
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

    @classmethod
    def from_error(
        cls, error: OSError | ValueError, found: os.stat_result | None = None
    ) -> NotOpened:
        """Give an error of a system call its code; ``found`` is what a ``stat`` showed before."""
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


def system_message(error: OSError) -> str:
    """Return what the system said of a failed call, without the path."""
    return error.strerror or str(error)


class OpenedFile(NamedTuple):
    """A descriptor, which the receiver closes, and the regular file that was seen there before.

    Attributes:
        fd: The descriptor, at offset 0; reading it never blocks.
        found: The ``stat`` that showed a regular file, from just before it was opened.
    """

    fd: int
    found: os.stat_result

    def confirm(self) -> os.stat_result:
        """Return the ``fstat`` of the descriptor after its bytes were read.

        Raises:
            NotOpened: It is no regular file, so that the bytes are those of something else.
        """
        status = os.fstat(self.fd)
        if not S_ISREG(status.st_mode):
            raise _refusal(status)
        return status


def open_regular(path: str) -> OpenedFile:
    """Open the regular file that a path leads to, links followed.

    Raises:
        NotOpened: It leads to something else, or to nothing.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise missing_or(error, path) from None
    return open_found(path, found)


def missing_or(error: OSError | ValueError, path: str) -> NotOpened:
    """Tell a dangling link from a name that isn't there."""
    problem = NotOpened.from_error(error)
    if problem.code is None and os.path.islink(path):
        return NotOpened("dangling_link", error_type="FileNotFoundError")
    return problem


def open_unless_link(name: str, directory: int | None = None) -> OpenedFile | None:
    """Open a regular file by a name that isn't followed, or return ``None`` where it is a link."""
    found = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if S_ISLNK(found.st_mode):
        return None
    return open_found(name, found, NOFOLLOW, directory)


def open_found(
    name: str, found: os.stat_result, more_flags: int = 0, directory: int | None = None
) -> OpenedFile:
    """Open what a ``stat`` has shown."""
    if not S_ISREG(found.st_mode):
        raise _refusal(found)
    try:
        return OpenedFile(os.open(name, _FILE_FLAGS | more_flags, dir_fd=directory), found)
    except FileNotFoundError:
        raise NotOpened(None, error_type="FileNotFoundError") from None
    except OSError as error:
        if more_flags and error.errno == errno.ELOOP:
            raise NotOpened("read_failed", "a link took its place meanwhile", exists=True) from None
        raise NotOpened.from_error(error, found) from None


def _refusal(status: os.stat_result) -> NotOpened:
    kind = S_IFMT(status.st_mode)
    return NotOpened(
        "not_a_regular_file",
        f"is {_KINDS.get(kind, 'of an unknown kind')}",
        exists=True,
        error_type="IsADirectoryError" if kind == stat.S_IFDIR else "OSError",
    )
