"""Go down to a directory deep beneath another in a few steps, and none of them astray.

Where each name is opened from the directory above it, whatever lies n folders deep takes n steps,
and to go through a chain of folders takes the square of their number. Here the system is given
many names at once, and the directory that it opens is then asked where it lies: by its own
parents, which are what they are whatever names are exchanged under way.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

from run_artifacts._errors import require_system
from run_artifacts._files.system import close

# So much is one path to most systems. One that takes less refuses it.
_PATH_BYTES = 4_000


def open_deep(top: int, names: Sequence[str], flags: int) -> int | None:
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
        found = _walk(top, os.fsencode("/".join(names)), flags)
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
    above = _walk(directory, b"/".join([b".."] * depth), flags)
    try:
        return os.path.samestat(os.fstat(above), os.fstat(top))
    finally:
        close(above)


def _walk(start: int, path: bytes, flags: int) -> int:
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
