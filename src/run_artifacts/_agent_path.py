"""Paths as agents report them, from whatever platform they ran on."""

from __future__ import annotations

import re


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
