"""Walk a tree of runs: which run directories there are, in order.

The path of a tree comes in. A `RunPlace` goes out for each directory at the depth of a run, by
name at each level; a directory that could not be listed goes out as a `HistoryLoss`.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterable, Iterator

from run_artifacts._errors import require_system
from run_artifacts._files.paths import absolute, names_by_text, real_path
from run_artifacts._files.system import list_directory, system_message
from run_artifacts._history.losses import HistoryLoss, OnLoss, Reason, hand_over
from run_artifacts._layout import RUN_LEVELS, TARGET_REF, RunPlace, utc_timestamp
from run_artifacts._process import Owner

# What a system says of a target that isn't there, which is no loss.
_NOT_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ENAMETOOLONG})

# What it says of a link that can't lead to a directory: like a dangling one, it hides no run.
_LEADS_NOWHERE = frozenset({errno.ELOOP, errno.ENOTDIR})


class _Real:
    """The real path of a directory that is walked, its level, and whether a link led up to it."""

    def __init__(self, path: str, level: int) -> None:
        self.path = path
        self.level = level
        self.leads_up = False


def iter_places(runs_dir: str, target_slug: str | None) -> Iterator[RunPlace | HistoryLoss]:
    """Walk a tree, or one target of it; see the module.

    Names that begin with ``_`` are skipped, an explicit target is not. A link to a directory is
    skipped as an alias where the directory that it leads to is itself walked at its level: the
    runs below it are then those of that one.
    """
    top = RunPlace(runs_dir, () if target_slug is None else (target_slug,))
    try:
        if target_slug is not None and not stat.S_ISDIR(os.stat(top.run_dir).st_mode):
            return
        real = real_path(absolute(top.run_dir))
    except UnicodeEncodeError:  # a name that no file of this system can have
        return
    except OSError as error:
        require_system(error)
        if target_slug is None or error.errno not in _NOT_THERE:
            yield directory_loss(top.run_dir, error)
        return
    yield from _iter_below(top, (_Real(real, len(top.names)),), Owner(runs_dir, "read"))


def _iter_below(
    place: RunPlace, walked: tuple[_Real, ...], owner: Owner
) -> Iterator[RunPlace | HistoryLoss]:
    level = len(place.names) + 1
    entries: list[os.DirEntry[str]] = []
    try:
        list_directory(owner, place.run_dir, entries)
    except OSError as error:
        yield directory_loss(place.run_dir, error)
        return
    for entry in sorted(entries, key=lambda entry: entry.name):
        owner.require()
        if entry.name.startswith("_"):
            continue
        try:
            below = _walked_through(entry, level, walked)
        except OSError as error:
            yield directory_loss(entry.path, error)
            continue
        if below is not None:
            found = RunPlace(place.runs_dir, (*place.names, entry.name))
            if level == RUN_LEVELS:
                yield found
            else:
                yield from _iter_below(found, below, owner)


def _walked_through(
    entry: os.DirEntry[str], level: int, walked: tuple[_Real, ...]
) -> tuple[_Real, ...] | None:
    """Return the real directories walked below an entry, or ``None`` where it isn't walked.

    Raises:
        OSError: The system won't tell whether it is a directory.
    """
    try:
        if not entry.is_dir():
            return None
    except OSError as error:
        if error.errno in _LEADS_NOWHERE:
            return None
        raise
    if not entry.is_symlink():
        return walked
    here = _Real(real_path(absolute(entry.path)), level)
    if any(_is_walked(here, base) for base in walked):
        return None
    parent = real_path(absolute(os.path.dirname(entry.path)))
    here.leads_up = names_by_text(parent, here.path) is not None
    # Of links that lead up one is followed on a way: each leads to all of them again.
    is_loop = here.leads_up and any(base.leads_up for base in walked)
    return None if is_loop else (*walked, here)


def _is_walked(here: _Real, base: _Real) -> bool:
    """Say whether a walk of the base meets a real path under its own name, and at its level."""
    names = names_by_text(here.path, base.path)
    return (
        names is not None
        and base.level + len(names) == here.level
        and not any(name.startswith("_") for name in names)
    )


def newest_first(places: Iterable[RunPlace]) -> list[RunPlace]:
    """Rank runs by timestamp, then by their path; one without a valid timestamp has no rank."""
    ranked = [place for place in places if utc_timestamp(place.names[1]) is not None]
    return sorted(ranked, key=lambda place: (place.names[1], place.run_rel), reverse=True)


def iter_runs(runs_dir: str, target_slug: str | None, on_loss: OnLoss | None) -> Iterator[RunPlace]:
    """Yield the run directories of a tree that hold a target reference, in order."""
    for found in iter_places(runs_dir, target_slug):
        if isinstance(found, HistoryLoss):
            hand_over(found, on_loss)
        elif _told(holds_run, found, on_loss):
            yield found


def newest_runs(
    runs: Iterable[RunPlace],
    limit: int,
    on_loss: OnLoss | None,
    is_selected: Callable[[RunPlace], bool] | None,
) -> list[RunPlace]:
    """Return the newest runs that a filter lets pass, if there is one, the oldest of them first."""
    newest: list[RunPlace] = []
    for run in newest_first(runs):
        if len(newest) == limit:
            break
        if is_selected is None or _told(is_selected, run, on_loss):
            newest.append(run)
    return newest[::-1]


def _told(ask: Callable[[RunPlace], bool], place: RunPlace, on_loss: OnLoss | None) -> bool:
    """Ask what raises a loss where it can't tell, which is then handed over."""
    try:
        return ask(place)
    except HistoryLoss as loss:
        hand_over(loss, on_loss)
        return False


def holds_run(place: RunPlace) -> bool:
    """Say whether a directory at the depth of a run holds a target reference.

    Raises:
        HistoryLoss: The system won't tell.
    """
    try:
        os.lstat(os.path.join(place.run_dir, TARGET_REF))
    except OSError as error:
        loss = directory_loss(place.run_dir, error)
        if isinstance(error, FileNotFoundError):
            return False
        raise loss from None
    return True


def directory_loss(path: str, error: OSError) -> HistoryLoss:
    """Say what an error means for the runs in a directory that another one has shown.

    An error that isn't the system's is raised on.
    """
    require_system(error)
    gone = isinstance(error, (FileNotFoundError, NotADirectoryError))
    reason: Reason = "vanished" if gone else "unreadable_directory"
    return HistoryLoss(reason, path, detail=system_message(error))
