"""The file that a history is written to: not just any, and none in a run directory."""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

from run_artifacts._files.paths import absolute, names_beneath, real_path
from run_artifacts._files.system import found_at
from run_artifacts._layout import RUN_LEVELS, TARGET_REF

# How often a link is compared with what it leads to, which others may be replacing.
_LOOKS = 10


def resolve_target(path: str, tree: str | None = None, target_slug: str | None = None) -> str:
    """Return the path of the file that a write to `path` replaces, links followed.

    Args:
        path: The file to write.
        tree: The tree of runs that is compiled into it, if any.
        target_slug: The one target of it that is compiled, if any.

    Raises:
        FileNotFoundError: The path is empty.
        IsADirectoryError: It is a directory, or ends like one.
        OSError: It is no regular file, or can't be looked at.
        ValueError: It lies in a run directory, whose files are evidence.
    """
    if not path:
        raise FileNotFoundError(errno.ENOENT, "the path of a history is empty; name a file", path)
    is_directory = os.path.basename(path) in ("", ".", "..")
    with suppress(FileNotFoundError):
        mode = os.stat(path).st_mode
        is_directory = is_directory or stat.S_ISDIR(mode)
        if not is_directory and not stat.S_ISREG(mode):
            message = "not a regular file, and won't be replaced by one; name another"
            raise OSError(errno.EINVAL, message, path)
    if is_directory:
        raise IsADirectoryError(errno.EISDIR, "a directory; name a file in it", path)
    target = real_path(path)
    if target != os.path.normpath(absolute(path)):
        _require_name(path, target)
    run_dir = _run_dir_above(target)
    if run_dir is None and tree is not None:
        # By the name given, too: a link in the tree may lead to runs that lie elsewhere.
        run_dirs = (_run_dir_in(tree, name, target_slug) for name in (target, absolute(path)))
        run_dir = next(filter(None, run_dirs), None)
    if run_dir:
        raise ValueError(f"{path} lies in a run directory ({run_dir}); write it elsewhere")
    return target


def _require_name(path: str, target: str) -> None:
    """Raise where a link leads to a file that has another name than it says, or none.

    What ``/proc`` shows of an open file that was removed names it ``<its name> (deleted)``.
    """
    for _ in range(_LOOKS):
        found, named = found_at(path), found_at(target)
        if found is None or (named is not None and os.path.samestat(found, named)):
            return
    message = f"leads to a file that isn't at {target} (was it removed?); name another"
    raise OSError(errno.ESTALE, message, path)


def _run_dir_above(target: str) -> str | None:
    """Return the directory above a target that holds a target reference."""
    folder = os.path.dirname(target)
    while found_at(os.path.join(folder, TARGET_REF), follow_links=False) is None:
        above = os.path.dirname(folder)
        if above == folder:
            return None
        folder = above
    return folder


def _run_dir_in(tree: str, target: str, target_slug: str | None) -> str | None:
    """Return the directory at the depth of a run that a target lies in, by its place in a tree."""
    names = names_beneath(target, tree) or []
    run = names[:RUN_LEVELS]
    # Names that begin with _ hold no runs, but for a target that was asked for.
    skipped = run[1:] if run[:1] == [target_slug] else run
    if len(names) <= RUN_LEVELS or any(name.startswith("_") for name in skipped):
        return None
    return os.path.join(tree, *run)
