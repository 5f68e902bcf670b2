"""The run directories of a tree, without their records: which there are, and the newest."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from run_artifacts._history.losses import HistoryLoss, OnLoss, hand_over
from run_artifacts._history.run import is_selected
from run_artifacts._history.tree import holds_run, iter_places, newest_first
from run_artifacts._layout import RunPlace


def iter_runs(runs_dir: str, target_slug: str | None, on_loss: OnLoss | None) -> Iterator[RunPlace]:
    """Yield the run directories of a tree that hold a target reference, in order."""
    for found in iter_places(runs_dir, target_slug):
        if isinstance(found, HistoryLoss):
            hand_over(found, on_loss)
        elif _told(holds_run, found, on_loss=on_loss):
            yield found


def newest_runs(
    runs: Iterable[RunPlace], repo_input: str, limit: int, on_loss: OnLoss | None
) -> list[RunPlace]:
    """Return the newest runs that a repository filter lets pass, the oldest of them first."""
    newest: list[RunPlace] = []
    for run in newest_first(runs):
        if len(newest) == limit:
            break
        if not repo_input or _told(is_selected, run, repo_input, on_loss=on_loss):
            newest.append(run)
    return newest[::-1]


def _told(function: Callable[..., bool], *arguments: object, on_loss: OnLoss | None) -> bool:
    """Call a function that raises a loss where it can't tell, which is then handed over."""
    try:
        return function(*arguments)
    except HistoryLoss as loss:
        hand_over(loss, on_loss)
        return False
