"""Open and list what lies beneath a directory, and nothing outside it.

A directory is held open. Names come in; each is opened from the descriptor of the one above it,
without following links, so that no exchange of a name under way can lead out. Where they are many,
all but the last are gone down at once to a directory that is then asked by its own parents, which
are what they are whatever names are exchanged under way, where it lies: name by name, to go through
a chain of folders takes the square of their number. A link that is met is resolved first, and what
it leads to is opened in the same manner.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from stat import S_ISDIR, S_ISLNK, S_ISREG
from typing import Self

from run_artifacts._errors import require_system
from run_artifacts._files.opening import (
    NOFOLLOW,
    NotOpened,
    OpenedFile,
    missing_or,
    open_regular,
    open_unless_link,
    refusal,
)
from run_artifacts._files.paths import names_by_text, real_path
from run_artifacts._files.system import close, found_at, list_directory
from run_artifacts._process import Owner

_DIRECTORY_FLAGS = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
# With O_PATH a directory that may be searched but not listed can still be a root.
_SEARCH_FLAGS = _DIRECTORY_FLAGS | getattr(os, "O_PATH", 0)
_HAS_DIRECTORY_DESCRIPTORS = bool(
    os.open in os.supports_dir_fd and os.stat in os.supports_dir_fd and NOFOLLOW
)

# Down so many names one by one is as fast as at once.
_FEW_NAMES = 4

# So much is one path to most systems. One that takes less refuses it.
_PATH_BYTES = 4_000

# A path that ends so leads to a directory, whatever its names say.
_DIRECTORY_ENDS = ("/", "/.", os.sep, f"{os.sep}.")


def open_beneath(path: str, top: str, names: list[str] | None) -> OpenedFile:
    """Open a regular file that is to lie in a directory.

    What lies directly in it needs no descriptor of the directory: a name that isn't followed
    leads nowhere else.

    Args:
        path: Its absolute path.
        top: The absolute path of the directory.
        names: What `names_beneath` says of the two.

    Raises:
        NotOpened: It leads outside, to something else, or to nothing.
    """
    plain = names if names and _is_plain(path, names) else None
    if plain and len(plain) == 1:
        opened = open_unless_link(os.path.join(top, plain[0]))
        if opened is not None:
            return opened
    try:
        root = Root(top)
    except (OSError, ValueError) as error:
        problem = NotOpened.from_error(error)
        exists = found_at(path) is not None
        if problem.code is None and (exists or (names is None and os.path.isabs(path))):
            problem = _outside(f"{top}, which is no directory", exists=exists)
        raise problem from None
    with root:
        return root.open(plain) if plain else root.open_resolved(path)


class Root:
    """A directory held open; files are opened and listed beneath it, and never outside it."""

    def __init__(self, path: str) -> None:
        """Open the directory; links in its path are followed.

        Raises:
            OSError: It can't be opened as a directory.
            ValueError: The path holds a NUL or characters that no file name can have.
        """
        self.path = path
        self.owner = Owner(path, "read")
        self._prefix = os.path.join(path, "")
        self.fd: int | None = None
        self._real: str | None = None  # its path, links resolved, once a link was met
        self._unlistable: PermissionError | None = None
        self._files: set[str] = set()
        if _HAS_DIRECTORY_DESCRIPTORS:
            try:
                self.fd = os.open(path, _DIRECTORY_FLAGS)
            except PermissionError as error:
                self.fd = os.open(path, _SEARCH_FLAGS)
                self._unlistable = error
        elif not S_ISDIR(os.stat(path).st_mode):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.fd is not None:
            close(self.fd)
            self.fd = None

    def open(self, names: Sequence[str]) -> OpenedFile:
        """Open the regular file that names lead to, none of them ``..``.

        Raises:
            NotOpened: It leads outside, to something else, or to nothing.
        """
        try:
            opened = self._open_names(names)
        except (OSError, ValueError) as error:
            raise NotOpened.from_error(error) from None
        return opened or self.open_resolved(self.path_of(names))

    def path_of(self, names: Sequence[str]) -> str:
        """Return the path that names lead to."""
        return self._prefix + os.sep.join(names)

    def listing(self) -> dict[str, bool]:
        """List the directory itself: its names in order, and whether each leads to a directory.

        What is a regular file is kept in mind: opened next, it needs no further look.

        Raises:
            OSError: It can't be listed, or not to its end.
        """
        if self._unlistable is not None:
            raise self._unlistable
        names = {}
        entries: list[os.DirEntry[str]] = []
        list_directory(self.owner, self.path if self.fd is None else self.fd, entries)
        for entry in entries:
            name = entry.name
            if entry.is_file(follow_symlinks=False):
                self._files.add(name)
                names[name] = False
            else:
                names[name] = _is_directory(entry, follow_links=True)
        return {name: names[name] for name in sorted(names)}

    def entries(self, names: Sequence[str] = ()) -> Iterator[tuple[str, bool]]:
        """List a directory beneath: each name in it, and whether that is a directory, and no link.

        Args:
            names: The names that lead to it from the root, none of them a link.

        Raises:
            OSError: It can't be listed, or not to its end.
        """
        if self._unlistable is not None:
            raise self._unlistable
        if self.fd is None or not names:
            directory = os.path.join(self.path, *names) if self.fd is None else self.fd
            yield from _iter_entries(self.owner, directory)
            return
        listed = _descend(self.fd, names, _DIRECTORY_FLAGS)
        if listed is None:
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        try:
            yield from _iter_entries(self.owner, listed)
        finally:
            close(listed)

    def _open_names(self, names: Sequence[str]) -> OpenedFile | None:
        """Open a regular file by names, or return ``None`` where one of them is a link."""
        if self.fd is None:
            return None
        *above, name = names
        directory = _descend(self.fd, above) if above else self.fd
        if directory is None:
            return None
        try:
            known = not above and name in self._files
            return open_unless_link(name, directory, look_first=not known)
        finally:
            if above:
                close(directory)

    def open_resolved(self, path: str) -> OpenedFile:
        """Resolve an absolute path that may hold links, check where it leads, and open that.

        Raises:
            NotOpened: It leads outside, to something else, or to nothing.
        """
        try:
            return self._open_resolved(path)
        except (OSError, ValueError) as error:
            raise NotOpened.from_error(error) from None

    def _open_resolved(self, path: str) -> OpenedFile:
        real = real_path(path)
        if self._real is None:
            self._real = real_path(self.path)
        inside = names_by_text(real, self._real)
        try:
            found = os.stat(path)
        except (OSError, ValueError) as error:
            problem = missing_or(error, path)
            if inside is None and problem.code in (None, "permission_denied"):
                raise _outside(self.path, exists=False) from None
            raise problem from None
        if inside is None:
            raise _outside(self.path, exists=True)
        if not S_ISREG(found.st_mode):
            raise refusal(found)
        opened = open_regular(real) if self.fd is None else self._open_names(inside)
        if opened is None:
            raise NotOpened("read_failed", "a link changed while it was resolved", exists=True)
        return opened


def _outside(root: str, *, exists: bool) -> NotOpened:
    """Return why a path that leads outside a root is not opened."""
    detail = f"leads outside {root}"
    return NotOpened("outside_root", detail, exists=exists, error_type="PermissionError")


def _is_plain(path: str, names: list[str]) -> bool:
    """Say whether names lead where the path does: behind a link, ``..`` leads elsewhere."""
    return ".." not in names and not path.endswith(_DIRECTORY_ENDS)


def _iter_entries(owner: Owner, directory: str | int) -> Iterator[tuple[str, bool]]:
    entries: list[os.DirEntry[str]] = []
    try:
        list_directory(owner, directory, entries)
    finally:  # what was listed before an error is there
        for entry in entries:
            yield entry.name, _is_directory(entry, follow_links=False)


def _is_directory(entry: os.DirEntry[str], *, follow_links: bool) -> bool:
    try:
        return entry.is_dir(follow_symlinks=follow_links)
    except OSError as error:  # a link loop, for one: it is reported when it is read
        require_system(error)
        return False


def _descend(top: int, names: Sequence[str], flags: int = _SEARCH_FLAGS) -> int | None:
    """Open a directory beneath another, or return ``None`` where one of the names is a link.

    Without names it is the upper one itself; any other is the caller's to close.
    """
    directory = top
    if len(names) > _FEW_NAMES:
        deep = _open_deep(top, names[:-1], _SEARCH_FLAGS)
        if deep is not None:
            directory, names = deep, names[-1:]
    for name in names:
        try:
            below = _open_directory_at(name, directory, flags)
        finally:
            if directory != top:
                close(directory)
        if below is None:
            return None
        directory = below
    return directory


def _open_directory_at(name: str, directory: int, flags: int) -> int | None:
    """Open a directory below another one, or return ``None`` where the name is a link."""
    try:
        return os.open(name, flags | NOFOLLOW, dir_fd=directory)
    except OSError as error:
        is_link = error.errno in (errno.ELOOP, errno.ENOTDIR) and S_ISLNK(
            os.stat(name, dir_fd=directory, follow_symlinks=False).st_mode
        )
        if not is_link:
            raise
        return None


def _open_deep(top: int, names: Sequence[str], flags: int) -> int | None:
    """Open a directory that lies as deep beneath another as there are names to it.

    Args:
        top: A descriptor of the upper one.
        names: The names that lead down from it.
        flags: What to open a directory with.

    Returns:
        A descriptor, or ``None`` where there is no such directory, where a link has led to one
        that lies elsewhere, or where the system doesn't say: who goes name by name sees why.
    """
    try:
        found = _go_down(top, os.fsencode("/".join(names)), flags)
    except (OSError, ValueError) as error:
        require_system(error)
        return None
    is_beneath = False
    try:
        is_beneath = _lies_beneath(found, top, len(names), flags)
    except OSError as error:
        require_system(error)
    finally:
        if not is_beneath:
            close(found)
    return found if is_beneath else None


def _lies_beneath(directory: int, top: int, depth: int, flags: int) -> bool:
    """Say whether another directory lies so many steps up from one."""
    above = _go_down(directory, b"/".join([b".."] * depth), flags)
    try:
        return os.path.samestat(os.fstat(above), os.fstat(top))
    finally:
        close(above)


def _go_down(start: int, path: bytes, flags: int) -> int:
    """Open the directory that a path of any length leads to from another one."""
    directory = start
    while path:
        end = len(path) if len(path) <= _PATH_BYTES else path.rfind(b"/", 0, _PATH_BYTES)
        step, path = path[:end], path[end + 1 :]
        try:
            below = os.open(step, flags, dir_fd=directory)
        finally:
            if directory != start:
                close(directory)
        directory = below
    return directory
