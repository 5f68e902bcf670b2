"""The reader of a history: one pass over what a source gives, filtered and counted.

The steps of a source come in, each a record, a blank line, a loss or something left out, with its
bytes. Records go out; everything else is counted, and losses are handed over, raised or warned of.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from typing import Any, Self

from run_artifacts._jsonl import Last, iter_file
from run_artifacts._losses import HistoryLoss, HistoryTally, HistoryWarning
from run_artifacts._record import (
    EMBEDDED,
    ReadOptions,
    gives_record,
    matches_repo_input,
    read_run,
)
from run_artifacts._tree import RunPlace, iter_places, newest_first

OnLoss = Callable[[HistoryLoss], object]

# One step of a source: a record, a loss, None for a blank line, or _FILTERED; and its bytes.
_Step = tuple[Any, int]
_FILTERED = object()


class HistoryReader(Iterator[dict[str, Any]]):
    """An iterator over the records of a history, which counts what it can't yield.

    It opens its source at the first ``next``, closes it when it is exhausted or left as a
    context manager, and goes on after a loss that it raised. It belongs to one thread.

    Attributes:
        tally: Where everything met so far went: a `HistoryTally`.
    """

    def __init__(self, steps: Generator[_Step, None, None], on_loss: OnLoss | None) -> None:
        """Go over the steps of a source; `iter_report_history` makes readers."""
        self._steps = steps
        self._on_loss = on_loss
        self._records = self._filtered = self._blank = self._lost = self._bytes_read = 0
        self._interruptions = 0
        self._first_interruption: HistoryLoss | None = None
        self._is_broken = False

    @property
    def tally(self) -> HistoryTally:
        """Where everything met so far went; the sums hold at any moment."""
        kept = self._records + self._filtered
        total = kept + self._blank + self._lost
        return HistoryTally(
            self._records, self._filtered, self._blank, self._lost, total, self._bytes_read
        )

    def __next__(self) -> dict[str, Any]:
        """Return the next record.

        Raises:
            HistoryLoss: Something is damaged, and there is no `on_loss`; the next call goes on.
            RuntimeError: An exception, such as ``KeyboardInterrupt``, has ended the read before.
        """
        if self._is_broken:
            raise RuntimeError("an exception has ended this read; what follows was not read")
        while True:
            self._is_broken = True  # until the step is counted
            try:
                value, size = next(self._steps)
            except StopIteration:
                break
            self._bytes_read += size
            if type(value) is dict:
                self._records += 1
            elif value is None:
                self._blank += 1
            elif value is _FILTERED:
                self._filtered += 1
            else:
                self._lost += 1
            self._is_broken = False
            if type(value) is dict:
                return value
            if isinstance(value, HistoryLoss):
                self._report(value)
        self._is_broken = False
        self._warn()
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._steps.close()
        self._warn()

    def close(self) -> None:
        """Close the source; the reader is then exhausted."""
        self._steps.close()
        self._warn()

    def _report(self, loss: HistoryLoss) -> None:
        if self._on_loss is not None:
            self._on_loss(loss)
        elif loss.is_interruption:
            self._interruptions += 1
            self._first_interruption = self._first_interruption or loss
        else:
            if self._first_interruption is not None:  # who doesn't go on isn't warned at the end
                loss.add_note(f"before it, {self._interrupted()}")
            raise loss

    def _interrupted(self) -> str:
        others = f" and {self._interruptions - 1} more" if self._interruptions > 1 else ""
        return f"not read: {self._first_interruption}{others}"

    def _warn(self) -> None:
        if self._first_interruption is not None:
            message = self._interrupted()
            self._first_interruption = None
            warnings.warn(message, HistoryWarning, stacklevel=3)


def scan_tree(
    runs_dir: str, target_slug: str | None, options: ReadOptions, last: int | None
) -> Generator[_Step, None, None]:
    """Read the runs of a tree, or the newest of them, in order."""
    places = iter_places(runs_dir, target_slug)
    for place in places if last is None else _newest(places, options.repo_input, last):
        if isinstance(place, HistoryLoss):
            yield place, 0
            continue
        outcome = read_run(place, options)
        if outcome is not None:
            yield _FILTERED if outcome.value is None else outcome.value, outcome.bytes_read


def _newest(
    places: Iterable[RunPlace | HistoryLoss], repo_input: str, wanted: int
) -> list[RunPlace | HistoryLoss]:
    """Keep what was lost, and the runs from the newest down to the last that is wanted."""
    listed = list(places)
    chosen = set()
    for place in newest_first(place for place in listed if isinstance(place, RunPlace)):
        if not wanted:
            break
        chosen.add(place)
        wanted -= gives_record(place, repo_input)
    return [place for place in listed if isinstance(place, HistoryLoss) or place in chosen]


def scan_file(
    path: str,
    max_line_bytes: int,
    target_slug: str | None,
    wanted: str,
    embed: str | None,
    last: int | None,
) -> Generator[_Step, None, None]:
    """Read the lines of a file, filtered, with what they embed pruned to an explicit mode."""

    def matches(record: Mapping[str, Any]) -> bool:
        return (target_slug is None or record.get("target_slug") == target_slug) and (
            not wanted or matches_repo_input(record.get("target_ref"), wanted)
        )

    value: Any
    end = None if last is None else Last(last, matches)
    for value, size in iter_file(path, max_line_bytes, end):
        if type(value) is dict:
            if not matches(value):
                value = _FILTERED
            elif embed is not None and embed != "all":
                _prune(value, EMBEDDED[embed])
        yield value, size


def _prune(record: dict[str, Any], kept: Mapping[str, str]) -> None:
    """Keep what an embed mode names, in the places where a record holds embedded texts."""
    for key in ("embedded", "embedded_capture_manifest"):
        held = record.get(key)
        if isinstance(held, dict):
            record[key] = {name: value for name, value in held.items() if name in kept}
