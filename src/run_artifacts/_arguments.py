"""Arguments of public functions: paths, names and counts, checked."""

from __future__ import annotations

import os

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
