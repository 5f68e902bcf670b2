"""Run history: streamed from a tree of runs or from JSON Lines, and written as JSON Lines.

A source comes in: a tree or a file. One `HistoryReader` goes over what either gives, counts it,
and yields records. Written, records become lines of a file that is replaced as a whole.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast, overload

from run_artifacts import _process
from run_artifacts._arguments import (
    StrPath,
    path_text,
    require_callable,
    require_component,
    require_count,
)
from run_artifacts._errors import as_raised
from run_artifacts._files.append import append
from run_artifacts._files.lock import require_locks
from run_artifacts._files.owned import Spool
from run_artifacts._files.paths import names_beneath
from run_artifacts._files.replace import replacing
from run_artifacts._history.artifacts import ArtifactRead
from run_artifacts._history.losses import HistoryLoss, HistoryTally, HistoryWarning, OnLoss
from run_artifacts._history.reader import HistoryReader, StepReader
from run_artifacts._history.record import EmbedMode, RunRecord
from run_artifacts._history.run import ReadOptions, is_selected, read_run, repo_filter
from run_artifacts._history.source import is_tree, source_of
from run_artifacts._history.target import resolve_target
from run_artifacts._history.tree import iter_runs, newest_runs
from run_artifacts._history.writer import Line, require_records, write_lines, write_records
from run_artifacts._json.document import MAX_JSON_BYTES, Loads
from run_artifacts._layout import RUN_LEVELS, RunPlace
from run_artifacts._process import Owner

if TYPE_CHECKING:
    from concurrent.futures import Executor
else:
    Executor = Any  # for `typing.get_type_hints`: too costly to import for those who have none

__all__ = [
    "ArtifactRead",
    "EmbedMode",
    "HistoryLoss",
    "HistoryReader",
    "HistoryTally",
    "HistoryWarning",
    "RunRecord",
    "append_report_history_jsonl",
    "iter_report_history",
    "iter_run_dirs",
    "load_run_record",
    "select_recent_run_dirs",
    "write_report_history_jsonl",
]


@overload
def iter_report_history(
    path: StrPath,
    *,
    target_slug: str | None = None,
    repo_input: str | None = None,
    embed: EmbedMode | None = None,
    last: int | None = None,
    on_loss: OnLoss | None = None,
    max_line_bytes: int = ...,
    max_file_bytes: int | None = None,
    loads: Loads | None = None,
) -> HistoryReader: ...
@overload
def iter_report_history(
    path: StrPath,
    *,
    target_slug: str | None = None,
    repo_input: str | None = None,
    embed: EmbedMode | None = None,
    max_embed_bytes: int | None = None,
    last: int | None = None,
    on_loss: OnLoss | None = None,
    max_file_bytes: int | None = None,
    loads: Loads | None = None,
    executor: Executor | None = None,
) -> HistoryReader: ...
def iter_report_history(
    path: StrPath,
    *,
    target_slug: str | None = None,
    repo_input: str | None = None,
    embed: EmbedMode | None = None,
    max_embed_bytes: int | None = None,
    last: int | None = None,
    on_loss: OnLoss | None = None,
    max_line_bytes: int = MAX_JSON_BYTES,
    max_file_bytes: int | None = None,
    loads: Loads | None = None,
    executor: Executor | None = None,
) -> HistoryReader:
    r"""Iterate over the records of a history: those of a tree of runs, or of a JSON Lines file.

    Args:
        path: A directory, which is a tree
            ``<target_slug>/<timestamp>/<agent>/<seed>/target_ref.json``; anything else is a
            JSON Lines file in UTF-8. A directory of another depth is a tree without runs.
        target_slug: Only runs of this target; one path component.
        repo_input: Only runs whose ``target_ref.repo_input`` is the same repository. Both are
            stripped; with ``://`` they are compared in lower case (``https://h/A`` is
            ``https://h/a``, and not ``https://h/a.git``), else as normalised paths (``./a\b/``
            is ``a/b``, and not ``A/b``). Blank is no filter.
        embed: Which artifacts the records embed: ``none``, ``definitions``, ``prompt`` or
            ``all``. Left out, a tree gives ``definitions`` and a file its records as stored; of
            a file's records an explicit value keeps what it names (``all`` whatever there is) and
            adds nothing.
        max_embed_bytes: Most bytes of each text that is embedded from a tree, 200,000 where left
            out. The texts of a file were cut when it was written and stay as they are.
        last: Only so many records: the last ones that the filters let pass, in their usual order.
            A file is read from its end up to the first of them: these are the records and the
            losses with which a full read would end, but without line numbers. Of a tree it is
            the newest runs by timestamp, then by path, each read once and held until its turn;
            a run whose timestamp is invalid has no rank and is not among them.
        on_loss: Is called with each `HistoryLoss`; reading goes on after it. Without it,
            damage raises, and interruptions (torn lines, runs without ``target_ref.json``)
            give one `HistoryWarning` a read.
        max_line_bytes: Most bytes of a line of a file, its line end not counted; a longer one is a
            loss.
        max_file_bytes: Most bytes that are read of a history file, and of each text of a tree that
            is embedded; no such limit where left out. What lies beyond them is a loss of a file
            (with `last`, what lies before them), and a text that is larger is not embedded, which
            is said. A sparse file can claim to be of exabytes.
        loads: Parses each line, or each JSON artifact, in place of our decoder, as ``json.loads``
            does: it takes a ``str``. Whatever it raises makes that line an ``invalid_json`` loss,
            or that artifact unreadable, but for ``MemoryError``, ``StopIteration``, an
            ``OSError`` without an ``errno`` and what is no ``Exception``. It decides alone how
            large a number and how deep a value may be; ``docs/scaling.md`` says what changes with
            orjson. Workers that are processes must be able to import it.
        executor: Any ``concurrent.futures.Executor``: the runs of a tree are read by its workers,
            in batches, and come in the same order. It is not shut down. A worker that fails or is
            lost raises, with a note on the first run that was not read.

    Returns:
        A reader; nothing is opened before its first record is asked for.

    Raises:
        FileNotFoundError: There is nothing at `path`.
        TypeError: An argument has the wrong type, or there is an `executor` for a file.
        ValueError: `embed` is unknown, `target_slug` is no path component, or `last` or a
            number of bytes is not positive.
    """
    name = path_text(path, "path")
    source = source_of(
        name,
        target_slug=target_slug,
        repo_input=repo_input,
        embed=embed,
        max_embed_bytes=max_embed_bytes,
        last=last,
        max_line_bytes=max_line_bytes,
        max_file_bytes=max_file_bytes,
        loads=loads,
        executor=executor,
    )
    require_callable(on_loss, "on_loss")
    return HistoryReader(source.records(), on_loss, name, is_plain=loads is None)


def iter_run_dirs(
    runs_dir: StrPath, *, target_slug: str | None = None, on_loss: OnLoss | None = None
) -> Iterator[Path]:
    """Iterate over the run directories of a tree that hold a ``target_ref.json``.

    Args:
        runs_dir: The tree.
        target_slug: Only runs of this target; one path component.
        on_loss: Is called with a `HistoryLoss` for each directory that can't be looked into;
            without it, the loss is raised, and ends the iteration.

    Returns:
        Their paths, by name at each level.

    Raises:
        FileNotFoundError: There is nothing at `runs_dir`.
        NotADirectoryError: It is no directory.
        ValueError: `target_slug` is no path component.
    """
    runs = iter_runs(_require_tree(runs_dir, target_slug), target_slug, on_loss)
    return (Path(run.run_dir) for run in runs)


def _require_tree(runs_dir: StrPath, target_slug: str | None) -> str:
    source = path_text(runs_dir, "runs_dir")
    if not is_tree(source):
        raise NotADirectoryError(errno.ENOTDIR, "a tree of runs is a directory", source)
    if target_slug is not None:
        require_component(target_slug, "target_slug")
    return source


def load_run_record(run_dir: StrPath, *, runs_dir: StrPath) -> dict[str, Any] | None:
    """Read the record of one run directory, with nothing embedded.

    Args:
        run_dir: The run directory, four levels below `runs_dir`.
        runs_dir: The tree that it belongs to; the record's paths begin with it as given.

    Returns:
        The record, or ``None`` where there is no ``target_ref.json``.

    Raises:
        FileNotFoundError: There is nothing at `run_dir`.
        HistoryLoss: The directory can't be read.
        ValueError: `run_dir` is no run directory of that tree.
    """
    path, tree = path_text(run_dir, "run_dir"), path_text(runs_dir, "runs_dir")
    os.stat(path)
    names = names_beneath(path, tree)
    if names is None or len(names) != RUN_LEVELS or ".." in names:
        expected = "<target_slug>/<timestamp>/<agent>/<seed>"
        raise ValueError(f"run_dir must be {expected} below {tree}, not {path}")
    outcome = read_run(RunPlace(tree, tuple(names)), ReadOptions())
    if outcome is None:
        return None
    if isinstance(outcome.value, HistoryLoss):
        if outcome.value.is_interruption:
            return None
        raise outcome.value
    return cast("dict[str, Any]", outcome.value)


def select_recent_run_dirs(
    runs_dir: StrPath,
    *,
    target_slug: str | None = None,
    repo_input: str | None = None,
    limit: int,
    on_loss: OnLoss | None = None,
) -> list[Path]:
    """Select the newest run directories of a tree.

    Args:
        runs_dir: The tree.
        target_slug: Only runs of this target; one path component.
        repo_input: Only runs of this repository, as in `iter_report_history`.
        limit: How many at most, 0 or more.
        on_loss: Is called with a `HistoryLoss` for what can't be read; without it, the loss is
            raised.

    Returns:
        The newest by timestamp, then by their path in the tree, the oldest of them first. A run
        whose timestamp is invalid can't be ranked and is not among them.

    Raises:
        FileNotFoundError: There is nothing at `runs_dir`.
        NotADirectoryError: It is no directory.
        ValueError: `limit` is negative, or `target_slug` is no path component.
    """
    tree, wanted = _require_tree(runs_dir, target_slug), repo_filter(repo_input)
    require_count(limit, "limit", 0)
    runs = iter_runs(tree, target_slug, on_loss)
    is_wanted = partial(is_selected, repo_input=wanted) if wanted else None
    with as_raised:
        return [Path(run.run_dir) for run in newest_runs(runs, limit, on_loss, is_wanted)]


@overload
def write_report_history_jsonl(
    path: StrPath, records: Iterable[Mapping[str, Any]]
) -> dict[str, int]: ...
@overload
def write_report_history_jsonl(
    path: StrPath,
    *,
    out_path: StrPath,
    target_slug: str | None = None,
    repo_input: str | None = None,
    embed: EmbedMode | None = None,
    max_embed_bytes: int | None = None,
    max_file_bytes: int | None = None,
    on_loss: OnLoss | None = None,
    executor: Executor | None = None,
) -> dict[str, int]: ...
def write_report_history_jsonl(
    path: StrPath,
    records: Iterable[Mapping[str, Any]] | None = None,
    *,
    out_path: StrPath | None = None,
    target_slug: str | None = None,
    repo_input: str | None = None,
    embed: EmbedMode | None = None,
    max_embed_bytes: int | None = None,
    max_file_bytes: int | None = None,
    on_loss: OnLoss | None = None,
    executor: Executor | None = None,
) -> dict[str, int]:
    """Write a history as JSON Lines, all or nothing: records to a file, or a tree to a file.

    The new file is written beside the target, made durable and put in its place in one step.
    Until then, and if anything fails, the old one stands. Missing folders are made; the mode of
    an existing file, and a link in its place, are kept. Each line is I-JSON (RFC 7493), but that
    numbers and Unicode noncharacters stay as they are; what had to be altered is listed in the
    record's ``_remarks``.

    Args:
        path: With `records`, the file to write. With `out_path`, the tree (or history file) to
            read.
        records: What to write: mappings of JSON's own types. They may read the file that is
            being written.
        out_path: The file to write. It may lie in the tree, but not in a run directory.
        target_slug: See `iter_report_history`, as for the other options.
        repo_input: See there.
        embed: See there.
        max_embed_bytes: See there.
        max_file_bytes: See there.
        on_loss: See there; without it, damage ends the write.
        executor: See there; its workers make the lines too, and the file is the same.

    Returns:
        How many records have each status: ``ok``, ``missing_report``,
        ``report_validation_error``, ``terminal_artifact_unreadable``, ``error``, then any other
        that was met (``no_status`` where there is no text); ``lost`` where there were losses;
        ``total``, the lines written, last.

    Raises:
        FileNotFoundError: The tree doesn't exist.
        HistoryLoss: The tree is damaged, and there is no `on_loss`.
        OSError: The file can't be written. If the message says that the new file stands, it is
            in its place but may not outlast a crash.
        RuntimeError: `records` themselves write to the same path; or this process was forked
            from the one that writes, which alone goes on with it.
        TypeError: An argument has the wrong type; `records` and `out_path` are both given, or
            neither; a record is no mapping, or holds what JSON has no form for.
        ValueError: The target lies in a run directory; or as in `iter_report_history`.
    """
    begun = _process.current
    options: dict[str, Any] = {
        "target_slug": target_slug,
        "repo_input": repo_input,
        "embed": embed,
        "max_embed_bytes": max_embed_bytes,
        "max_file_bytes": max_file_bytes,
        "executor": executor,
    }
    name = path_text(path, "path")
    if (records is None) == (out_path is None):
        given = "neither is" if records is None else "both are"
        raise TypeError(f"give records to write, or out_path to compile to; {given} given")
    if records is not None:
        for option, value in {**options, "on_loss": on_loss}.items():
            if value is not None:
                raise TypeError(f"{option} goes with out_path, not with records")
        require_records(records)
        with as_raised, replacing(Owner(resolve_target(name), "written", begun)) as file:
            return write_records(file, records)
    steps = source_of(name, **options).lines()
    require_callable(on_loss, "on_loss")
    target = resolve_target(path_text(out_path, "out_path"), name, target_slug)
    return _compile(StepReader(steps, on_loss, name), Owner(target, "written", begun))


def _compile(lines: StepReader[Line], owner: Owner) -> dict[str, int]:
    with as_raised, lines:
        # Workers that are forked for the first line have neither the lock nor the new file.
        first = tuple(islice(lines, 1))
        with replacing(owner) as file:
            return write_lines(file, lines, first)


def append_report_history_jsonl(
    path: StrPath, records: Iterable[Mapping[str, Any]]
) -> dict[str, int]:
    """Add records to a history file, durably: when this returns, all of them are there to stay.

    Any number of processes and threads may append to one path; they follow each other, and those
    who write it whole, under a lock beside it. The lines are put together first, in memory or in
    a file without a name beside it, so `records` may read the same path. A last line that an
    interrupted append has left without its end is ended first, if there is anything to add: it
    stays, and is read as a ``torn_line``.

    An error takes back what was written. An interrupt, such as ``KeyboardInterrupt``, does too,
    unless it comes when all is done but to return.

    Args:
        path: The file; it is made, with its folders, where it isn't there.
        records: What to add: mappings of JSON's own types.

    Returns:
        How many records have each status, and their ``total``, as
        `write_report_history_jsonl` does.

    Raises:
        NotImplementedError: The platform or the file system has no file locks.
        OSError: The file can't be written. It is as it was before, unless the message says that
            what was written could not be taken back.
        RuntimeError: This thread is writing the same path; or this process was forked from the
            one that appends, which alone goes on with it.
        TypeError: An argument has the wrong type; a record is no mapping, or holds what JSON has
            no form for. Nothing was written.
        ValueError: The path lies in a run directory.
    """
    begun = _process.current
    require_locks()
    require_records(records)
    target = resolve_target(path_text(path, "path"))
    with as_raised, Spool(Owner(target, "appended to", begun)) as lines:
        counts = write_records(lines, records)
        append(lines)
    return counts
