"""Arguments: paths, names and counts, checked and brought to the form that is compared."""

from __future__ import annotations

import errno
import os
import re

StrPath = str | os.PathLike[str]


def path_text(value: object, argument: str) -> str:
    """Return a path argument as text, or raise a ``TypeError`` that names the argument."""
    if isinstance(value, str):
        return value
    if isinstance(value, os.PathLike):
        value = os.fspath(value)
        if isinstance(value, str):
            return value
    raise TypeError(
        f"{argument} must be str or os.PathLike[str], not {type(value).__name__}"
        + ("; decode it with os.fsdecode()" if isinstance(value, bytes) else "")
    )


def absolute(path: str) -> str:
    """Make a path absolute by name, links and ``..`` left as they are.

    In a working directory that was deleted, a relative path stays as given.
    """
    if path.startswith(os.sep) or os.path.isabs(path) or not path:
        return path
    try:
        return os.path.join(os.getcwd(), path)
    except OSError:
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
        # Python would follow them further, up to its own limit of recursion.
        if error.errno == errno.ELOOP:
            raise
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
        except (OSError, ValueError):  # opening it says why
            return None
    return names


def _names_below_alias(path: str, top: str) -> list[str] | None:
    root = os.stat(top)
    parts = path.split(os.sep)
    for place in range(1, len(parts)):
        folder = os.sep.join(parts[:place]) or os.sep
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


def require_count(value: object, argument: str, minimum: int) -> None:
    """Raise ``TypeError`` or ``ValueError`` where an argument is no integer from a minimum up."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(f"{argument} must be an int, not {type(value).__name__}")
    if value < minimum:
        raise ValueError(f"{argument} must be {minimum} or more, not {value}")


def require_callable(value: object, argument: str) -> None:
    """Raise ``TypeError`` where an argument is given and can't be called."""
    if value is not None and not callable(value):
        raise TypeError(f"{argument} must be callable, not {type(value).__name__}")


def require_component(name: str, argument: str) -> str:
    """Return a name that is one path component, or raise ``TypeError`` or ``ValueError``."""
    if not isinstance(name, str):
        raise TypeError(f"{argument} must be str, not {type(name).__name__}")
    separators = {"/", os.sep, os.altsep or "/", "\0"}
    if name in ("", ".", "..") or any(separator in name for separator in separators):
        raise ValueError(f"{argument} must be one path component, not {name!r}")
    return name


def normalize_repo_input(value: str) -> str:
    """Bring a repository argument to the form in which two of them are compared.

    Surrounding white space goes. What holds ``://`` is lower-cased; anything else is a path,
    with ``/`` for each backslash, as ``os.path.normpath`` gives it, its case kept.
    """
    value = value.strip()
    if not value:
        return ""
    return value.lower() if "://" in value else os.path.normpath(value.replace("\\", "/"))


def normalize_agent_path(path: str) -> str:
    r"""Write a path as agents on any platform report it with single forward slashes.

    Args:
        path: A path as text, for example ``C:\\ws\\a.txt``. It is not resolved.

    Returns:
        The path with ``/`` for each backslash and one ``/`` for each run of them; an empty
        string stays empty.

    Raises:
        TypeError: ``path`` is no ``str``.

    >>> normalize_agent_path("C:\\\\ws//src\\\\a.py")
    'C:/ws/src/a.py'
    """
    if not isinstance(path, str):
        raise TypeError(f"path must be str, not {type(path).__name__}")
    return re.sub("/+", "/", path.replace("\\", "/"))
