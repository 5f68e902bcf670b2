"""Open a regular file for reading: without blocking, and without leaving a root directory.

A path comes in. A descriptor of a regular file goes out, with its ``fstat``; or `NotOpened` is
raised, which says why in one of the documented problem codes. But for the directories on its way,
nothing other than a regular file is opened, and no byte of a refused one is read.
"""

from __future__ import annotations

import errno
import os
import stat
from typing import NamedTuple, Self

from run_artifacts._arguments import names_by_text

# Windows lacks most of these flags; the checks that back them up stay in force there.
_FILE_FLAGS = (
    os.O_RDONLY
    | getattr(os, "O_BINARY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_NONBLOCK", 0)
)
_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_DIRECTORY_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
# With O_PATH a directory that may be searched but not listed can still be a root.
_SEARCH_FLAGS = _DIRECTORY_FLAGS | getattr(os, "O_PATH", 0)
_HAS_DIRECTORY_DESCRIPTORS = bool(
    os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd and _NOFOLLOW
)

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
        if isinstance(error, ValueError):  # a NUL, or a character the file system can't encode
            return cls("invalid_path", str(error), error_type=name)
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
    """A descriptor of a regular file, which the receiver closes, and its ``fstat``."""

    fd: int
    status: os.stat_result


def open_regular(path: str) -> OpenedFile:
    """Open the regular file that a path leads to, links followed.

    Raises:
        NotOpened: It leads to something else, or to nothing.
    """
    try:
        found = os.stat(path)
    except (OSError, ValueError) as error:
        raise _missing_or(error, path) from None
    return _open_found(path, found)


class Root:
    """A directory held open; files are opened beneath it by name, and never outside it.

    Where the platform has directory descriptors, each name is opened from the descriptor of the
    one above it without following links, so that no exchange of a name under way can lead out.
    A link that is met is resolved first; what it leads to is then opened in the same manner.
    """

    def __init__(self, path: str, *, listable: bool = False) -> None:
        """Open the directory.

        Args:
            path: The directory; links in it are followed.
            listable: Make `fd` one that ``os.scandir`` takes.

        Raises:
            OSError: It can't be opened as a directory.
            ValueError: The path holds a NUL or characters that no file name can have.
        """
        self.path = path
        self.fd: int | None = None
        if _HAS_DIRECTORY_DESCRIPTORS:
            self.fd = os.open(path, _DIRECTORY_FLAGS if listable else _SEARCH_FLAGS)
        elif not stat.S_ISDIR(os.stat(path).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.fd is not None:
            os.close(self.fd)
            self.fd = None

    def open(self, path: str) -> OpenedFile:
        """Open a regular file by its path, which begins with the root's own where it can.

        Raises:
            NotOpened: It leads outside, to something else, or to nothing.
        """
        names = names_by_text(path, self.path)
        try:
            opened = self._open_names(names) if names and _is_plain(path, names) else None
            return opened or self._open_resolved(path)
        except (OSError, ValueError) as error:
            raise NotOpened.from_error(error) from None

    def _open_names(self, names: list[str]) -> OpenedFile | None:
        """Walk down the names, or return ``None`` where one is a link."""
        if self.fd is None:
            return None
        directory = self.fd
        try:
            for name in names[:-1]:
                below = _open_directory_at(name, directory)
                if below is None:
                    return None
                if directory != self.fd:
                    os.close(directory)
                directory = below
            found = _lstat_at(names[-1], directory)
            if stat.S_ISLNK(found.st_mode):
                return None
            return _open_found(names[-1], found, directory)
        finally:
            if directory != self.fd:
                os.close(directory)

    def _open_resolved(self, path: str) -> OpenedFile:
        """Resolve a path that holds links, check where it leads, and open that."""
        real = os.path.realpath(path)
        inside = names_by_text(real, os.path.realpath(self.path))
        try:
            found = os.stat(path)
        except (OSError, ValueError) as error:
            problem = _missing_or(error, path)
            if inside is None and problem.code in (None, "permission_denied"):
                raise outside(self.path, exists=False) from None
            raise problem from None
        if inside is None:
            raise outside(self.path, exists=True)
        if self.fd is None or not inside:
            return _open_found(real, found)
        opened = self._open_names(inside)
        if opened is None:
            raise NotOpened("read_failed", "a link changed while it was resolved", exists=True)
        return opened


def outside(root: str, *, exists: bool) -> NotOpened:
    """Return why a path that leads outside a root is not opened."""
    detail = f"leads outside {root}"
    return NotOpened("outside_root", detail, exists=exists, error_type="PermissionError")


def _is_plain(path: str, names: list[str]) -> bool:
    """Say whether names lead where the path does: behind a link, ``..`` leads elsewhere."""
    return ".." not in names and not path.endswith((os.sep, "/", f"{os.sep}.", "/."))


def _open_directory_at(name: str, directory: int) -> int | None:
    """Open a directory below another one, or return ``None`` where the name is a link."""
    try:
        return os.open(name, _SEARCH_FLAGS | _NOFOLLOW, dir_fd=directory)
    except OSError as error:
        is_link = error.errno in (errno.ELOOP, errno.ENOTDIR) and stat.S_ISLNK(
            _lstat_at(name, directory).st_mode
        )
        if not is_link:
            raise
        return None


def _lstat_at(name: str, directory: int) -> os.stat_result:
    return os.stat(name, dir_fd=directory, follow_symlinks=False)


def _missing_or(error: OSError | ValueError, path: str) -> NotOpened:
    """Tell a dangling link from a name that isn't there."""
    problem = NotOpened.from_error(error)
    if problem.code is None and os.path.islink(path):
        return NotOpened("dangling_link", error_type="FileNotFoundError")
    return problem


def _open_found(name: str, found: os.stat_result, directory: int | None = None) -> OpenedFile:
    """Open what a ``stat`` has shown; below a directory descriptor, no link in its place.

    The kind is checked before, as opening a device can act on it, and again on the descriptor,
    as the name may have been exchanged since.
    """
    _require_regular(found)
    flags = _FILE_FLAGS if directory is None else _FILE_FLAGS | _NOFOLLOW
    try:
        fd = os.open(name, flags, dir_fd=directory)
    except FileNotFoundError:
        raise NotOpened(None, error_type="FileNotFoundError") from None
    except OSError as error:
        if directory is not None and error.errno == errno.ELOOP:
            raise NotOpened("read_failed", "a link took its place meanwhile", exists=True) from None
        raise NotOpened.from_error(error, found) from None
    try:
        status = os.fstat(fd)
        _require_regular(status)
    except BaseException:
        os.close(fd)
        raise
    return OpenedFile(fd, status)


def _require_regular(status: os.stat_result) -> None:
    if stat.S_ISREG(status.st_mode):
        return
    kind = stat.S_IFMT(status.st_mode)
    raise NotOpened(
        "not_a_regular_file",
        f"is {_KINDS.get(kind, 'of an unknown kind')}",
        exists=True,
        error_type="IsADirectoryError" if kind == stat.S_IFDIR else "OSError",
    )
