"""The source of a history, and the steps in which it is read.

What a caller asks of a tree or a file comes in, checked. Steps go out, for a reader to count: each
run directory, or each line, as a record or as its finished line, as a loss, or as left out.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from run_artifacts._arguments import (
    normalize_repo_input,
    require_callable,
    require_component,
    require_count,
)
from run_artifacts._jsondoc import MAX_JSON_BYTES, LineTooLong, Loads
from run_artifacts._jsonl import Last, iter_file
from run_artifacts._losses import HistoryLoss
from run_artifacts._reader import FILTERED, Step, Steps
from run_artifacts._record import (
    DEFAULT_MAX_EMBED_BYTES,
    EMBEDDED,
    Outcome,
    ReadOptions,
    gives_record,
    matches_repo_input,
    read_run,
)
from run_artifacts._spread import require_executor, spread
from run_artifacts._tree import RunPlace, iter_places, newest_first
from run_artifacts._writer import compile_run, line_of
from run_artifacts.capture import TextCapturePolicy

if TYPE_CHECKING:
    from concurrent.futures import Executor


class Tree(NamedTuple):
    """A tree of runs: which of them are wanted, how they are read, and by whom."""

    runs_dir: str
    target_slug: str | None
    options: ReadOptions
    last: int | None = None
    executor: Executor | None = None

    def records(self) -> Steps:
        """Read the runs in order, as records."""
        if self.executor is None:
            yield from _steps(map(partial(_read, self.options), self._places()))
        else:
            yield from _steps(map(_unpacked, self._spread(_read_packed)))

    def lines(self) -> Steps:
        """Read the runs in order, as finished lines."""
        yield from _steps(self._spread(_compile))

    def _spread(self, function: Any) -> Iterator[Any]:
        return spread(
            partial(function, self.options),
            self._places(),
            self.executor,
            is_relative=not os.path.isabs(self.runs_dir),
        )

    def _places(self) -> Iterable[RunPlace | HistoryLoss]:
        places = iter_places(self.runs_dir, self.target_slug)
        return places if self.last is None else _newest(places, self.options, self.last)


def _read(options: ReadOptions, place: RunPlace | HistoryLoss) -> Outcome | None:
    return Outcome(place) if isinstance(place, HistoryLoss) else read_run(place, options)


def _compile(options: ReadOptions, place: RunPlace | HistoryLoss) -> Outcome | None:
    return Outcome(place) if isinstance(place, HistoryLoss) else compile_run(place, options)


def _read_packed(options: ReadOptions, place: RunPlace | HistoryLoss) -> bytes:
    """Do the same as `_read`, for a worker to hand back; flat where it is too deep for pickle."""
    import pickle  # too costly to import for who needs none

    outcome = _read(options, place)
    try:
        return pickle.dumps(outcome)
    except RecursionError:
        record: Any = cast("Outcome", outcome)
        return pickle.dumps(record._replace(value=_Flat.of(record.value)))


def _unpacked(packed: bytes) -> Outcome | None:
    import pickle

    outcome: Any = pickle.loads(packed)  # noqa: S301 - a worker of the caller's own has made it
    if outcome is not None and isinstance(outcome.value, _Flat):
        return Outcome(outcome.value.nested(), outcome.bytes_read)
    return outcome  # type: ignore[no-any-return]


class _Flat(NamedTuple):
    """The parts of a nested value, the outer ones first.

    Each is a leaf, or a dict's keys or a list's length with the place of its first child.
    """

    parts: list[tuple[type | None, Any, int]]

    @classmethod
    def of(cls, value: Any) -> _Flat:
        """Lay out a value."""
        waiting = [value]
        parts: list[tuple[type | None, Any, int]] = []
        for part in waiting:  # which grows
            if type(part) is dict:
                parts.append((dict, [*part], len(waiting)))
                waiting += part.values()
            elif type(part) is list:
                parts.append((list, len(part), len(waiting)))
                waiting += part
            else:
                parts.append((None, part, 0))
        return cls(parts)

    def nested(self) -> Any:
        """Put the value together again."""
        values: list[Any] = [None] * len(self.parts)
        for place, (kind, what, first) in reversed([*enumerate(self.parts)]):
            if kind is dict:
                values[place] = dict(zip(what, values[first : first + len(what)], strict=True))
            else:
                values[place] = values[first : first + what] if kind is list else what
        return values[0]


def _steps(outcomes: Iterable[Outcome | None]) -> Iterator[Step]:
    for outcome in outcomes:
        if outcome is not None:
            yield FILTERED if outcome.value is None else outcome.value, outcome.bytes_read


def _newest(
    places: Iterable[RunPlace | HistoryLoss], options: ReadOptions, wanted: int
) -> list[RunPlace | HistoryLoss]:
    """Keep what was lost, and the runs from the newest down to the last that is wanted."""
    listed = list(places)
    chosen = set()
    for place in newest_first(place for place in listed if isinstance(place, RunPlace)):
        if not wanted:
            break
        chosen.add(place)
        wanted -= gives_record(place, options)
    return [place for place in listed if isinstance(place, HistoryLoss) or place in chosen]


class File(NamedTuple):
    """A JSON Lines file: which of its records are wanted, and how its lines are read."""

    path: str
    max_line_bytes: int
    target_slug: str | None = None
    repo_input: str = ""
    embed: str | None = None
    last: int | None = None
    loads: Loads | None = None

    def records(self) -> Steps:
        """Read the lines as records, with what they embed pruned to an explicit mode."""
        value: Any
        end = None if self.last is None else Last(self.last, self._matches)
        for value, size in iter_file(self.path, self.max_line_bytes, end, self.loads):
            if isinstance(value, dict):
                if not self._matches(value):
                    value = FILTERED
                elif self.embed is not None and self.embed != "all":
                    _prune(value, EMBEDDED[self.embed])
            yield value, size

    def lines(self) -> Steps:
        """Read the lines as records, and make lines of them again."""
        offset = 0
        for number, (value, size) in enumerate(self.records(), start=1):
            if isinstance(value, dict):
                try:
                    value = line_of(value)
                except LineTooLong as error:
                    value = HistoryLoss(
                        "line_too_long", self.path, number, offset, size, detail=str(error)
                    )
            offset += size
            yield value, size

    def _matches(self, record: Mapping[str, Any]) -> bool:
        return (self.target_slug is None or record.get("target_slug") == self.target_slug) and (
            not self.repo_input or matches_repo_input(record.get("target_ref"), self.repo_input)
        )


def _prune(record: dict[str, Any], kept: Mapping[str, str]) -> None:
    """Keep what an embed mode names, in the places where a record holds embedded texts."""
    for key in ("embedded", "embedded_capture_manifest"):
        held = record.get(key)
        if isinstance(held, dict):
            record[key] = {name: value for name, value in held.items() if name in kept}


def source_of(
    path: str,
    *,
    target_slug: str | None = None,
    repo_input: str | None = None,
    embed: str | None = None,
    max_embed_bytes: int | None = None,
    last: int | None = None,
    max_line_bytes: int = MAX_JSON_BYTES,
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
    if embed is not None and embed not in tuple(EMBEDDED):
        raise ValueError(f"embed must be one of {', '.join(EMBEDDED)}, not {embed!r}")
    if max_embed_bytes is not None:
        require_count(max_embed_bytes, "max_embed_bytes", 1)
    require_count(max_line_bytes, "max_line_bytes", 1)
    if last is not None:
        require_count(last, "last", 1)
    require_callable(loads, "loads")
    wanted = repo_filter(repo_input)
    if executor is not None:
        require_executor(executor)
        if not of_tree:
            raise TypeError(f"executor goes with a tree of runs, not with a history file ({path})")
    if not of_tree:
        return File(path, max_line_bytes, target_slug, wanted, embed, last, loads)
    policy = TextCapturePolicy(max_embed_bytes or DEFAULT_MAX_EMBED_BYTES)
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


def repo_filter(repo_input: object) -> str:
    """Return a repository filter in normal form; a blank one filters nothing.

    Raises:
        TypeError: It is no text.
    """
    if repo_input is None:
        return ""
    if not isinstance(repo_input, str):
        raise TypeError(f"repo_input must be str, not {type(repo_input).__name__}")
    return normalize_repo_input(repo_input)
