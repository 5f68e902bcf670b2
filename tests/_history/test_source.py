"""The steps of a source: what is asked of a tree or a file is read once, and filtered once."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from lines import GOOD
from run_artifacts import HistoryLoss, iter_report_history
from run_artifacts._history import source
from run_artifacts._history.source import File
from support import run_python, write_run

RUNS = [f"t/2026010{day}T000000Z/codex/{seed}" for day in range(1, 7) for seed in (0, 1)]


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often each run is read."""
    counts: Counter[str] = Counter()
    real = source.read_run

    def counting(place: Any, options: Any) -> Any:
        counts[place.run_rel] += 1
        return real(place, options)

    monkeypatch.setattr(source, "read_run", counting)
    return counts


def make_tree(runs: Path, repo_of: Callable[[int], str]) -> None:
    for number, run_rel in enumerate(RUNS):
        write_run(runs, run_rel, target_ref__json={"repo_input": repo_of(number)})


@pytest.mark.parametrize("workers", [0, 2], ids=["here", "on an executor"])
@pytest.mark.parametrize("last", [1, 3, 11, 99])
def test_the_newest_runs_of_a_tree_are_read_once_each_and_no_others(
    runs: Path, read: Counter[str], last: int, workers: int
) -> None:
    make_tree(runs, lambda _: "repo")
    with ThreadPoolExecutor(max(workers, 1)) as executor:
        options: dict[str, Any] = {"executor": executor} if workers else {}
        found = [record["run_rel"] for record in iter_report_history(runs, last=last, **options)]
    assert found == RUNS[-last:]
    # An executor may be given more than is wanted, which is then left out.
    assert read == Counter(RUNS if workers else RUNS[-last:])


@pytest.mark.parametrize("workers", [0, 2], ids=["here", "on an executor"])
def test_what_a_filter_leaves_out_among_the_newest_is_read_once_too(
    runs: Path, read: Counter[str], workers: int
) -> None:
    make_tree(runs, lambda number: "repo" if number in (1, 4, 9) else "other")
    with ThreadPoolExecutor(max(workers, 1)) as executor:
        options: dict[str, Any] = {"executor": executor} if workers else {}
        reader = iter_report_history(runs, last=2, repo_input="repo", **options)
        assert [record["run_rel"] for record in reader] == [RUNS[4], RUNS[9]]
    assert read == Counter(RUNS if workers else RUNS[4:])
    assert (reader.tally.records, reader.tally.filtered) == (2, len(RUNS[4:]) - 2)


def test_a_run_that_is_lost_is_no_record_and_an_older_one_is_read_for_it(
    runs: Path, read: Counter[str]
) -> None:
    make_tree(runs, lambda _: "repo")
    (runs / RUNS[-1] / "target_ref.json").write_bytes(b"{")
    losses: list[HistoryLoss] = []
    reader = iter_report_history(runs, last=2, repo_input="repo", on_loss=losses.append)
    assert [record["run_rel"] for record in reader] == RUNS[-3:-1]
    assert [loss.reason for loss in losses] == ["unreadable_file"]
    assert read == Counter(RUNS[-3:])


@pytest.mark.parametrize("last", [None, 1, 2, 99])
def test_each_record_of_a_file_is_held_against_the_filter_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, last: int | None
) -> None:
    looked_at: list[int] = []

    def matches(target_ref: Any, _wanted: str) -> bool:
        looked_at.append(target_ref["n"])
        return bool(target_ref["n"] % 2)

    monkeypatch.setattr(source, "matches_repo_input", matches)
    file = tmp_path / "history.jsonl"
    file.write_text("".join(f"{json.dumps({'target_ref': {'n': n}})}\n" for n in range(6)))
    steps = File(str(file), 1_000, repo_input="repo", last=last).records()
    found = [value["target_ref"]["n"] for value, _ in steps if isinstance(value, dict)]
    expected = [1, 3, 5] if last is None else [1, 3, 5][-last:]
    assert found == expected
    first = 0 if last in (None, 99) else expected[0]
    assert sorted(looked_at) == [*range(first, 6)]


def test_a_file_that_cannot_be_opened_is_a_loss(tmp_path: Path) -> None:
    for path, reason in ((tmp_path / "absent", "vanished"), (tmp_path, "unreadable_file")):
        ((value, length),) = File(str(path), 100).records()
        assert (value.reason, length) == (reason, 0)


LARGE: dict[str, tuple[int, bytes, str]] = {
    "a line of zeros": (64_000_000, b"\n" + GOOD, "[(1, 1), (1, 1)]"),
    "many short lines": (0, GOOD + b"x\n" * 20_000, "[(1, 20000), (1, 20000)]"),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
@pytest.mark.parametrize(("zeros", "rest", "expected"), LARGE.values(), ids=LARGE)
def test_a_file_is_read_in_memory_that_its_lines_do_not_bound(
    tmp_path: Path, zeros: int, rest: bytes, expected: str
) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(zeros)
        file.seek(0, os.SEEK_END)
        file.write(rest)
    out = run_python(
        """
        import sys
        from run_artifacts import iter_report_history
        before = peak_kib()
        found = []
        for last in (None, 5):
            reader = iter_report_history(
                sys.argv[1], last=last, max_line_bytes=1_000_000, on_loss=lambda loss: None
            )
            assert list(reader) == [{"n": 1}]
            found.append((reader.tally.records, reader.tally.lost))
        print(found, peak_kib() - before < 6_144)
        """,
        str(tmp_path / "file"),
    )
    assert out == f"{expected} True\n"
