"""Paths by name: made absolute, resolved, and led from a directory to what lies beneath it."""

from __future__ import annotations

import errno
import os

from run_artifacts._errors import require_system


def absolute(path: str) -> str:
    """Make a path absolute by name, links and ``..`` left as they are.

    In a working directory that was deleted, a relative path stays as given.
    """
    if path.startswith(os.sep) or os.path.isabs(path) or not path:
        return path
    try:
        return os.path.join(os.getcwd(), path)
    except OSError as error:
        require_system(error)
        return path


def posix(path: str) -> str:
    """Write a path of this platform with ``/``."""
    return path if os.sep == "/" else path.replace(os.sep, "/")


def real_path(path: str) -> str:
    """Resolve the links in a path, as far as it leads.

    Raises:
        OSError: There are more of them than the system follows, or one changes meanwhile.
        ValueError: The path holds what no file name can hold.
    """
    try:
        os.stat(path)
    except OSError as error:
        require_system(error)
        # Python would follow them further, up to its own limit of recursion.
        if error.errno == errno.ELOOP:
            raise
    try:
        return os.path.realpath(path, strict=True)
    except OSError as error:
        require_system(error)
    # It doesn't lead anywhere. To resolve it as far as it does, Python takes any error, that of a
    # deadline too, for a name that is no link; so this is not tried first.
    try:
        return os.path.realpath(path)
    except OSError as error:
        if error.errno == errno.EINVAL:  # what was a link is none any more
            raise OSError(errno.ESTALE, "a link changed while it was resolved") from None
        raise


def names_beneath(path: str, root: str) -> list[str] | None:
    """Return the names that lead from a root to a path, or ``None`` where it isn't beneath.

    A root that the path calls by another name, as through a link, is recognised; where the path
    enters it by a link to something below, its parent is resolved. The last name never is.
    """
    if not root or not path:
        return None
    full, top = absolute(path), absolute(root)
    names = names_by_text(full, top)
    if names is None:
        try:
            names = _names_below_alias(full, top)
        except (OSError, ValueError) as error:  # opening it says why
            require_system(error)
            return None
    return names


def _names_below_alias(path: str, top: str) -> list[str] | None:
    root = os.stat(top)
    parts = path.split(os.sep)
    for depth in range(1, len(parts)):
        folder = os.sep.join(parts[:depth]) or os.sep
        if os.path.samestat(os.stat(folder), root):
            return names_by_text(path, folder)
    folder, name = os.path.split(path)
    return names_by_text(os.path.join(real_path(folder), name), real_path(top))


def names_by_text(path: str, top: str) -> list[str] | None:
    """Return the names that lead from an absolute directory to an absolute path, by text."""
    prefix = top if top.endswith(os.sep) else top + os.sep
    if not path.startswith(prefix):
        return [] if path == top else None
    names = posix(path[len(prefix) :]).split("/")
    if "" in names or "." in names:
        names = [name for name in names if name not in ("", ".")]
    return names
