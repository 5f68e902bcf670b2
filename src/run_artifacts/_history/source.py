"""The source of a history, and the steps in which it is read.

What a caller asks of a tree or a file comes in, checked. Steps go out, for a reader to count: each
run directory, or each line, as a record or as its finished line, as a loss, or as left out.
"""

from __future__ import annotations

import errno
import os
import pickle
import stat
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any

from run_artifacts._arguments import require_callable, require_component, require_count
from run_artifacts._capture.policy import TextCapturePolicy
from run_artifacts._errors import require_system
from run_artifacts._files.opening import open_stream
from run_artifacts._files.system import system_message
from run_artifacts._history.backwards import iter_last
from run_artifacts._history.lines import LineRules, end_of, iter_lines
from run_artifacts._history.losses import HistoryLoss, Reason
from run_artifacts._history.reader import FILTERED, Steps
from run_artifacts._history.record import EMBEDDED
from run_artifacts._history.run import (
    DEFAULT_MAX_EMBED_BYTES,
    Outcome,
    ReadOptions,
    matches_repo_input,
    read_run,
    repo_filter,
)
from run_artifacts._history.tree import iter_places, newest_first
from run_artifacts._history.workers import BATCH_ITEMS, require_executor, spread
from run_artifacts._history.writer import compile_run, line_or_loss
from run_artifacts._json.document import MAX_JSON_BYTES, Loads
from run_artifacts._json.foreign import is_a, member_of
from run_artifacts._json.remarks import REMARKS_KEY, child_pointer
from run_artifacts._layout import RunPlace

if TYPE_CHECKING:
    from concurrent.futures import Executor

# How many runs an executor is given at least, where the newest are looked for.
_RUNS_AT_A_TIME = 4 * BATCH_ITEMS

# A run directory to be read, or one that could not be listed.
_Found = RunPlace | HistoryLoss
_Outcomes = Iterator[Outcome | None]


class Tree:
    """A tree of runs: which of them are wanted, how they are read, and by whom."""

    def __init__(
        self,
        runs_dir: str,
        target_slug: str | None,
        options: ReadOptions,
        last: int | None = None,
        executor: Executor | None = None,
    ) -> None:
        self.runs_dir = runs_dir
        self.target_slug = target_slug
        self.options = options
        self.last = last
        self.executor = executor

    def records(self) -> Steps:
        """Read the runs in order, as records."""
        if self.executor is None:
            return self._steps(partial(map, partial(_read, self.options)))
        unpack = partial(_unpacked, self.options)
        return self._steps(lambda found: map(unpack, self._spread(_read_packed, found)))

    def lines(self) -> Steps:
        """Read the runs in order, as finished lines."""
        return self._steps(partial(self._spread, _compile))

    def _spread(self, work: Callable[..., Any], found: Iterable[_Found]) -> Iterator[Any]:
        is_relative = not os.path.isabs(self.runs_dir)
        return spread(partial(work, self.options), found, self.executor, is_relative=is_relative)

    def _steps(self, read: Callable[[Iterable[_Found]], _Outcomes]) -> Steps:
        found = iter_places(self.runs_dir, self.target_slug)
        at_a_time = 1 if self.executor is None else _RUNS_AT_A_TIME
        outcomes = read(found) if self.last is None else _newest(found, read, self.last, at_a_time)
        for outcome in outcomes:
            if outcome is not None:
                yield FILTERED if outcome.value is None else outcome.value, outcome.bytes_read


def _read(options: ReadOptions, found: _Found) -> Outcome | None:
    return Outcome(found) if isinstance(found, HistoryLoss) else read_run(found, options)


def _read_packed(options: ReadOptions, found: _Found) -> bytes:
    """Read a run on a worker, and pickle what it gave where an error is that of the run alone.

    What is nested deeper than pickle goes, which before Python 3.13 is less deep than a record
    may be, would end the executor, or hang it. Such a run is handed back, to be read here.
    """
    try:
        return pickle.dumps(_read(options, found))
    except RecursionError:
        return pickle.dumps(found)


def _unpacked(options: ReadOptions, packed: bytes) -> Outcome | None:
    outcome = pickle.loads(packed)  # noqa: S301 - a worker of the caller's own has made it
    if isinstance(outcome, RunPlace):
        return read_run(outcome, options)
    return outcome  # type: ignore[no-any-return]


def _compile(options: ReadOptions, found: _Found) -> Outcome | None:
    return Outcome(found) if isinstance(found, HistoryLoss) else compile_run(found, options)


def _newest(
    found: Iterable[_Found],
    read: Callable[[Iterable[_Found]], _Outcomes],
    wanted: int,
    at_a_time: int,
) -> _Outcomes:
    """Read from the newest run down until so many gave a record; yield in the order of the tree.

    Each run is read once, and what it gave is held until its turn comes. At least so many at a
    time are read; what is read beyond the last record that is wanted is left out.
    """
    listed = list(found)
    ranked = iter(newest_first(run for run in listed if isinstance(run, RunPlace)))
    outcomes: dict[RunPlace, Outcome | None] = {}
    while wanted and (batch := list(islice(ranked, max(wanted, at_a_time)))):
        for run, outcome in zip(batch, read(batch), strict=False):
            outcomes[run] = outcome
            wanted -= outcome is not None and outcome.is_record
            if not wanted:
                break
    for item in listed:
        if isinstance(item, HistoryLoss):
            yield Outcome(item)
        elif item in outcomes:
            yield outcomes.pop(item)


class File:
    """A JSON Lines file: which of its records are wanted, and how its lines are read."""

    def __init__(
        self,
        path: str,
        max_line_bytes: int,
        target_slug: str | None = None,
        repo_input: str = "",
        embed: str | None = None,
        last: int | None = None,
        loads: Loads | None = None,
        max_file_bytes: int | None = None,
    ) -> None:
        self.path = path
        self.max_line_bytes = max_line_bytes
        self.target_slug = target_slug
        self.repo_input = repo_input
        self.embed = embed
        self.last = last
        self.loads = loads
        self.max_file_bytes = max_file_bytes

    def records(self) -> Steps:
        """Read the lines as records, with what they embed pruned to an explicit mode."""
        try:
            file = open_stream(self.path)
        except OSError as error:
            require_system(error)
            reason: Reason = "vanished" if error.errno == errno.ENOENT else "unreadable_file"
            yield HistoryLoss(reason, self.path, detail=system_message(error)), 0
            return
        rules = LineRules(self.path, self.max_line_bytes, self.loads, self._select)
        with file:
            if self.last is None:
                most = self.max_file_bytes or sys.maxsize
                yield from iter_lines(file, rules, end=end_of(file), most=most)
            else:
                yield from iter_last(file, rules, self.last, self.max_file_bytes)

    def lines(self) -> Steps:
        """Read the lines as records, and make lines of them again."""
        offset = 0
        for number, (value, size) in enumerate(self.records(), start=1):
            if isinstance(value, dict):
                value = line_or_loss(value, self.path, number, offset, size)
            offset += size
            yield value, size

    def _select(self, record: dict[str, Any]) -> object:
        """Return a record as it is wanted, or `FILTERED`."""
        if self.target_slug is not None and member_of(record, "target_slug") != self.target_slug:
            return FILTERED
        if self.repo_input and not matches_repo_input(
            member_of(record, "target_ref"), self.repo_input
        ):
            return FILTERED
        if self.embed is not None and self.embed != "all":
            _prune(record, EMBEDDED[self.embed])
        return record


def _prune(record: dict[str, Any], kept: Mapping[str, str]) -> None:
    """Keep what an embed mode names, where a record holds embedded texts, and remarks on it."""
    dropped: set[str] = set()
    for key in ("embedded", "embedded_capture_manifest"):
        held = member_of(record, key)
        if isinstance(held, dict):
            record[key] = {name: value for name, value in held.items() if name in kept}
            dropped.update(child_pointer(f"/{key}", name) for name in held if name not in kept)
    remarks = member_of(record, REMARKS_KEY)
    if remarks and is_a(remarks, list):
        record[REMARKS_KEY] = [
            remark for remark in remarks if _member_of_record(remark) not in dropped
        ]


def _member_of_record(remark: object) -> str | None:
    """Return the JSON Pointer of the text that a remark is on, or in: its first two names."""
    path = member_of(remark, "path")
    return "/".join(path.split("/", 3)[:3]) if isinstance(path, str) else None


def source_of(
    path: str,
    *,
    target_slug: str | None = None,
    repo_input: str | None = None,
    embed: str | None = None,
    max_embed_bytes: int | None = None,
    last: int | None = None,
    max_line_bytes: int = MAX_JSON_BYTES,
    max_file_bytes: int | None = None,
    loads: Loads | None = None,
    executor: Executor | None = None,
) -> Tree | File:
    """Check what a caller asks for, and return the source that gives it.

    Raises:
        FileNotFoundError: There is nothing at the path.
        TypeError: An argument has the wrong type, or doesn't go with such a source.
        ValueError: An argument has no such value.
    """
    of_tree = is_tree(path)
    if target_slug is not None:
        require_component(target_slug, "target_slug")
    if embed is not None and not (isinstance(embed, str) and embed in EMBEDDED):
        raise ValueError(f"embed must be one of {', '.join(EMBEDDED)}, not {embed!r}")
    if max_embed_bytes is not None:
        require_count(max_embed_bytes, "max_embed_bytes", 1)
    require_count(max_line_bytes, "max_line_bytes", 1)
    if max_file_bytes is not None:
        require_count(max_file_bytes, "max_file_bytes", 1)
    if last is not None:
        require_count(last, "last", 1)
    require_callable(loads, "loads")
    wanted = repo_filter(repo_input)
    if executor is not None:
        require_executor(executor)
        if not of_tree:
            raise TypeError(f"executor goes with a tree of runs, not with a history file ({path})")
    if not of_tree:
        return File(path, max_line_bytes, target_slug, wanted, embed, last, loads, max_file_bytes)
    max_embed_bytes = max_embed_bytes or DEFAULT_MAX_EMBED_BYTES
    policy = TextCapturePolicy(max_embed_bytes, max_file_bytes=max_file_bytes)
    options = ReadOptions(wanted, embed or "definitions", policy, loads)
    return Tree(path, target_slug, options, last, executor)


def is_tree(source: str) -> bool:
    """Say whether a source is a directory; anything else is a file.

    Raises:
        FileNotFoundError: There is nothing.
    """
    try:
        return stat.S_ISDIR(os.stat(source).st_mode)
    except (FileNotFoundError, NotADirectoryError):
        message = "no such tree of runs or history file"
        raise FileNotFoundError(errno.ENOENT, message, source) from None
