"""Arguments: paths, names and counts, checked and brought to the form that is compared."""

from __future__ import annotations

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


def names_beneath(path: str, top: str) -> list[str] | None:
    """Return the names that lead from an absolute directory to an absolute path, or ``None``.

    A directory or a parent that is an alias by a link is seen through; the last name never is.
    """
    if not top:
        return None
    names = names_by_text(path, top)
    if names is None:
        folder, name = os.path.split(path)
        names = names_by_text(os.path.join(os.path.realpath(folder), name), os.path.realpath(top))
    return names


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
