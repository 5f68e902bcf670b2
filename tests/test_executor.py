"""A tree that is read on an executor gives the same as one that is read here, or an error."""

from __future__ import annotations

import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import (
    HistoryLoss,
    HistoryReader,
    HistoryWarning,
    iter_report_history,
    write_report_history_jsonl,
)
from run_artifacts._history.writer import compile_run
from support import names, run_python, write_run

RUNS = 150


@pytest.fixture(scope="module")
def processes() -> Iterator[Executor]:
    with ProcessPoolExecutor(2, get_context("spawn")) as executor:
        yield executor


@pytest.fixture(params=["threads", "processes"])
def executor(request: pytest.FixtureRequest, processes: Executor) -> Iterator[Executor]:
    if request.param == "processes":
        yield processes
        return
    with ThreadPoolExecutor(3) as threads:
        yield threads


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tree with what can happen to a run: every status, filters, losses, odd values."""
    runs = tmp_path_factory.mktemp("tree") / "runs"
    for number in range(RUNS):
        kinds: list[dict[str, Any]] = [
            {"report__json": {"n": number}, "persona__source__md": b"x" * number},
            {"error__json": b'{"n": NaN, "s": "\\ud800"}'},
            {"report__json": b"{"},
            {"target_ref__json": None, "agent_stderr__txt": b"not set up"},
            {"target_ref__json": {"repo_input": "another"}},
            {"report__json": b"[" * 880 + b"]" * 880},
            {"target_ref__json": b"\xff"},
        ]
        time = f"202601{number % 28 + 1:02}T000000Z"
        artifacts = kinds[number % len(kinds)]
        if "persona__source__md" in artifacts:
            artifacts["persona.source__md"] = artifacts.pop("persona__source__md")
        write_run(runs, f"target_{number % 3}/{time}/agent/{number}", **artifacts)
    (runs / "target_1" / "20260103T000000Z" / "agent" / "loop").symlink_to("loop")
    return runs


OPTIONS: dict[str, dict[str, Any]] = {
    "all": {},
    "target": {"target_slug": "target_1"},
    "repository": {"repo_input": "repo"},
    "embedded": {"embed": "all", "max_embed_bytes": 10},
    "last": {"last": 20, "repo_input": "repo"},
    "few": {"last": 1},
}


def read(tree: Path, **options: Any) -> tuple[list[Any], list[tuple[Any, ...]], Any, list[str]]:
    """Read all of a tree; NaN is no equal of itself, so records are compared as JSON."""
    losses: list[HistoryLoss] = []
    with warnings.catch_warnings(record=True) as warned:
        reader = iter_report_history(tree, on_loss=losses.append, **options)
        records = [json.dumps(record) for record in reader]
    said = [loss.args for loss in losses]
    return records, said, reader.tally, [str(warning.message) for warning in warned]


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_the_records_losses_and_counts_are_the_same(
    tree: Path, executor: Executor, options: dict[str, Any]
) -> None:
    expected = read(tree, **options)
    assert expected[0]
    assert read(tree, executor=executor, **options) == expected


@pytest.mark.parametrize("options", list(OPTIONS.values())[:4], ids=list(OPTIONS)[:4])
def test_the_file_is_the_same_byte_for_byte(
    tree: Path, tmp_path: Path, executor: Executor, options: dict[str, Any]
) -> None:
    found = []
    for number, more in enumerate(({}, {"executor": executor})):
        losses: list[HistoryLoss] = []
        out = tmp_path / f"{number}.jsonl"
        counts = write_report_history_jsonl(
            tree, out_path=out, on_loss=losses.append, **options, **more
        )
        found.append((counts, [loss.args for loss in losses], out.read_bytes()))
    assert found[0] == found[1]
    assert found[0][0]["total"] == len(found[0][2].splitlines()) > 20


def test_a_relative_tree_is_the_same_one_for_a_worker_that_stands_here(
    tree: Path, executor: Executor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tree.parent)
    reader = iter_report_history("runs", repo_input="repo", on_loss=lambda _: None)
    expected = [record["run_dir"] for record in reader]
    assert expected[0].startswith(f"runs{os.sep}target_0")
    if isinstance(executor, ProcessPoolExecutor):  # its workers stand where they began
        with pytest.raises(RuntimeError, match="give the tree as an absolute path"):
            list(iter_report_history("runs", executor=executor))
        return
    again = iter_report_history(
        "runs", repo_input="repo", on_loss=lambda _: None, executor=executor
    )
    assert [record["run_dir"] for record in again] == expected


def steps_of(reader: HistoryReader) -> list[str]:
    """Read on after each loss that is raised."""
    steps: list[str] = []
    while True:
        try:
            steps.append(next(reader)["run_rel"])
        except HistoryLoss as loss:
            steps.append(str(loss))
        except StopIteration:
            return steps


def test_damage_raises_in_its_place_and_reading_goes_on(tree: Path, executor: Executor) -> None:
    found = []
    for more in ({}, {"executor": executor}):
        with pytest.warns(HistoryWarning) as warned:
            steps = steps_of(iter_report_history(tree, repo_input="repo", **more))
        found.append((steps, [str(warning.message) for warning in warned]))
    assert found[0] == found[1]
    assert any("unreadable_file" in step for step in found[0][0])


def test_damage_publishes_nothing(tree: Path, tmp_path: Path, executor: Executor) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    with pytest.raises(HistoryLoss, match="unreadable_file"), pytest.warns(HistoryWarning):
        write_report_history_jsonl(tree, out_path=out, repo_input="repo", executor=executor)
    assert (names(tmp_path), out.read_text()) == (["out.jsonl"], "old")


@pytest.mark.parametrize("state", ["shut down", "broken"])
def test_an_executor_that_is_lost_publishes_nothing(tree: Path, tmp_path: Path, state: str) -> None:
    out = tmp_path / "out.jsonl"
    out.write_text("old")
    with ProcessPoolExecutor(1, get_context("spawn")) as lost:
        if state == "broken":
            lost.submit(os._exit, 1)
        else:
            lost.shutdown()
        with pytest.raises(RuntimeError) as failed:
            write_report_history_jsonl(tree, out_path=out, on_loss=lambda _: None, executor=lost)
    first = min((tree / "target_0").iterdir())
    assert f"neither {first}" in " ".join(failed.value.__notes__)
    assert (names(tmp_path), out.read_text()) == (["out.jsonl"], "old")


def test_a_line_that_is_too_long_is_a_loss_of_its_run(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("run_artifacts._json.encode.MAX_JSON_BYTES", 5_000)
    found = []
    for more in ({}, {"executor": ThreadPoolExecutor(2)}):
        losses: list[HistoryLoss] = []
        counts = write_report_history_jsonl(
            tree, out_path=tmp_path / "out", on_loss=losses.append, embed="definitions", **more
        )
        long = [loss for loss in losses if loss.reason == "line_too_long"]
        assert long
        assert all(Path(loss.path).is_dir() and "its line has" in loss.detail for loss in long)
        assert counts["lost"] == len(losses)
        found.append([loss.args for loss in losses])
        for executor in more.values():
            executor.shutdown()
    assert found[0] == found[1]


def test_a_tree_that_goes_under_way_is_lost_and_not_missing(
    tree: Path, tmp_path: Path, executor: Executor
) -> None:
    copied = tmp_path / "runs"
    shutil.copytree(tree, copied, symlinks=True)
    losses: list[HistoryLoss] = []
    reader = iter_report_history(copied, on_loss=losses.append, executor=executor)
    next(reader)
    shutil.rmtree(copied)
    rest = list(reader)
    assert reader.tally.total == 1 + len(rest) + len(losses) + reader.tally.filtered
    assert all(loss.reason in ("vanished", "run_without_target_ref") for loss in losses[-5:])


def test_a_reader_that_is_left_leaves_the_executor_usable(tree: Path, executor: Executor) -> None:
    with iter_report_history(tree, on_loss=lambda _: None, executor=executor) as reader:
        next(reader)
    assert executor.submit(int, "5").result(30) == 5


@pytest.mark.parametrize("given", [5, "threads", ThreadPoolExecutor, map])
def test_only_an_executor_is_one(tree: Path, tmp_path: Path, given: Any) -> None:
    message = "executor must be a concurrent.futures.Executor, not "
    with pytest.raises(TypeError, match=f"{message}{type(given).__name__}"):
        iter_report_history(tree, executor=given)
    with pytest.raises(TypeError, match=message):
        write_report_history_jsonl(tree, out_path=tmp_path / "x", executor=given)
    assert names(tmp_path) == []


def test_an_executor_goes_with_a_tree(tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    history.write_bytes(b"{}\n")
    with ThreadPoolExecutor(1) as threads:
        with pytest.raises(TypeError, match="executor goes with a tree of runs, not with a hist"):
            iter_report_history(history, executor=threads)
        with pytest.raises(TypeError, match="executor goes with a tree of runs, not with a hist"):
            write_report_history_jsonl(history, out_path=tmp_path / "x", executor=threads)
        with pytest.raises(TypeError, match="executor goes with out_path, not with records"):
            write_report_history_jsonl(tmp_path / "x", [], executor=threads)  # type: ignore[call-overload]
    assert names(tmp_path) == ["history.jsonl"]


def test_the_first_work_goes_out_before_the_target_is_locked(tree: Path, tmp_path: Path) -> None:
    """Workers that are forked for it would hold the lock for as long as they live."""
    seen: list[list[str]] = []

    class Looking(ThreadPoolExecutor):
        def submit(self, *arguments: Any, **named: Any) -> Any:  # type: ignore[override]
            seen.append(names(tmp_path))
            return super().submit(*arguments, **named)

    with Looking(1) as executor:
        write_report_history_jsonl(
            tree, out_path=tmp_path / "out", on_loss=lambda _: None, executor=executor
        )
    assert seen[0] == []
    assert names(tmp_path) == ["out"]


def test_a_killed_compile_leaves_no_lock_with_its_workers(runs: Path, tmp_path: Path) -> None:
    write_run(runs)
    write_run(runs, "z/20260101T000000Z/a/0", target_ref__json=None, log__txt=b"x")
    source = f"""
import os, signal
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from run_artifacts import write_report_history_jsonl
def die(_):
    print(*executor._processes, flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
with ProcessPoolExecutor(2, get_context("fork")) as executor:
    write_report_history_jsonl({str(runs)!r}, out_path="history", on_loss=die, executor=executor)
"""
    with subprocess.Popen(
        [sys.executable, "-c", source], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout is not None
        workers = child.stdout.readline().split()
        assert child.wait(30) == -signal.SIGKILL
        try:
            assert len(workers) == 2
            append = "append_report_history_jsonl(sys.argv[1], [{}])"
            run_python(f"import sys\n{append}", str(tmp_path / "history"))
        finally:
            for worker in workers:
                os.kill(int(worker), signal.SIGKILL)
    assert (tmp_path / "history").read_bytes() == b"{}\n"


class _Worse(Exception):
    pass


def refuse(text: str) -> Any:
    if text == '"refused"':
        raise _Worse
    return json.loads(text, object_pairs_hook=tuple_of_pairs)


def tuple_of_pairs(pairs: list[tuple[str, Any]]) -> dict[Any, Any]:
    return {**dict(pairs), 5: (1, 2)}


def test_what_a_decoder_makes_comes_back_as_it_is(runs: Path, executor: Executor) -> None:
    deep = b'{"a":' * 880 + b"1" + b"}" * 880
    write_run(runs, report__json=deep, error__json=b'"refused"', metrics__json={})
    (here,) = iter_report_history(runs, loads=refuse)
    (there,) = iter_report_history(runs, loads=refuse, executor=executor)
    assert list(here) == list(there)
    for record in (here, there):
        assert record["metrics"] == {5: (1, 2)}
        report = record.pop("report")
        for _ in range(880):
            assert report[5] == (1, 2)
            report = report["a"]
    assert here == there


def test_a_decoder_that_workers_cannot_import_is_a_clear_error(tree: Path) -> None:
    class Pickling(ThreadPoolExecutor):
        """Pickles what it is given at once; the pool of processes does so on a thread."""

        def submit(self, *arguments: Any, **named: Any) -> Any:  # type: ignore[override]
            return super().submit(pickle.loads, pickle.dumps((arguments, named)))

    with Pickling(1) as executor:
        reader = iter_report_history(tree, loads=lambda text: json.loads(text), executor=executor)
        with pytest.raises((AttributeError, pickle.PicklingError), match="lambda") as failed:
            next(reader)
        assert "The executor has done neither" in failed.value.__notes__[-1]


def test_a_worker_that_fails_publishes_nothing(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.write_text("old")

    def fail(place: Any, options: Any) -> Any:
        if place.names[-1] == "149":
            raise OSError(5, "Input/output error")
        return compile_run(place, options)

    monkeypatch.setattr("run_artifacts._history.source.compile_run", fail)
    with ThreadPoolExecutor(2) as executor, pytest.raises(OSError, match="Input/output") as failed:
        write_report_history_jsonl(tree, out_path=out, on_loss=lambda _: None, executor=executor)
    assert "The executor has done neither" in failed.value.__notes__[-1]
    assert (names(tmp_path), out.read_text()) == (["out"], "old")


def test_a_child_forked_while_a_worker_works_does_not_wait_for_it(runs: Path) -> None:
    """It hasn't got the threads of its parent, which alone could end the work."""
    for number in range(40):
        write_run(runs, f"a/20260101T000000Z/x/{number}", report__json={"n": number})
    out = run_python(
        """
        import os, signal, sys, time
        from concurrent.futures import ThreadPoolExecutor
        def loads(text):
            time.sleep(0.01)
            return json.loads(text)
        parent = os.getpid()
        with ThreadPoolExecutor(1) as executor:
            children = fork_at_alarm(0.1)
            try:
                reader = iter_report_history(sys.argv[1], executor=executor, loads=loads)
                records = [*reader]
            except RuntimeError as error:
                os._exit(0 if os.getpid() != parent and "forked" in str(error) else 1)
            if os.getpid() != parent:
                os._exit(2)
            print(len(records), [os.waitpid(child, 0)[1] for child in children])
        """,
        str(runs),
    )
    assert out == "40 [0]\n"
