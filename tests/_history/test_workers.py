"""Work that is spread over an executor comes back whole and in order, or says what didn't."""

from __future__ import annotations

import json
import os
import pickle
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import CancelledError, Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import _process
from run_artifacts._history.workers import BATCH_ITEMS, MAX_BATCHES, spread
from support import run_python

IN_FLIGHT = BATCH_ITEMS * MAX_BATCHES


class Holding(Executor):
    """Takes work and does none of it until it is told to."""

    def __init__(self) -> None:
        self.futures: list[Future[Any]] = []
        self.work: list[Callable[[], Any]] = []

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        self.futures.append(Future())
        self.work.append(lambda: function(*arguments, **named))
        return self.futures[-1]

    def do(self, place: int) -> None:
        self.futures[place].set_result(self.work[place]())


def counted(items: int, seen: list[int]) -> Iterator[int]:
    for item in range(items):
        seen.append(item)
        yield item


def spread_over(
    executor: Executor | None, items: Any, function: Callable[[Any], Any] = str
) -> Iterator[Any]:
    return spread(function, items, executor, is_relative=False)


@pytest.mark.parametrize("items", [0, 1, BATCH_ITEMS, BATCH_ITEMS + 1, 3 * IN_FLIGHT + 7])
def test_results_come_in_the_order_of_the_items(items: int) -> None:
    expected = [str(item) for item in range(items)]
    assert list(spread_over(None, range(items))) == expected
    with ThreadPoolExecutor(3) as executor:
        assert list(spread_over(executor, range(items))) == expected


def test_results_wait_for_those_before_them() -> None:
    others = threading.Event()

    def wait(item: int) -> int:
        if item == 0:
            assert others.wait(30)
        if item == 5 * BATCH_ITEMS:
            others.set()
        return item

    with ThreadPoolExecutor(2) as executor:
        found = spread_over(executor, range(6 * BATCH_ITEMS), wait)
        assert next(found) == 0
        assert others.is_set()
        assert list(found) == [*range(1, 6 * BATCH_ITEMS)]


def test_without_an_executor_one_item_is_taken_at_a_time() -> None:
    seen: list[int] = []
    found = spread_over(None, counted(9, seen))
    assert seen == []
    assert next(found) == "0"
    assert seen == [0]


def test_a_bounded_number_of_items_is_in_flight() -> None:
    executor, seen = Holding(), list[int]()
    found = spread_over(executor, counted(10 * IN_FLIGHT, seen))
    with ThreadPoolExecutor(1) as beside:
        waits = beside.submit(next, found)
        while len(executor.futures) < MAX_BATCHES:
            assert not waits.done()
        executor.do(0)
        assert waits.result(30) == "0"
    assert len(seen) == IN_FLIGHT
    for _ in range(BATCH_ITEMS - 1):
        next(found)
    executor.do(1)
    assert next(found) == str(BATCH_ITEMS)
    assert len(seen) == IN_FLIGHT + BATCH_ITEMS


def one_result_of(executor: Holding) -> Iterator[Any]:
    """Spread work of which one batch is done, and its first result taken."""
    found = spread_over(executor, range(10 * IN_FLIGHT))
    with ThreadPoolExecutor(1) as beside:
        waits = beside.submit(next, found)
        while not executor.futures:
            assert not waits.done()
        executor.do(0)
        waits.result(30)
    return found


def test_what_has_not_begun_is_cancelled_when_nobody_waits_for_it() -> None:
    executor = Holding()
    found = one_result_of(executor)
    found.close()  # type: ignore[attr-defined]
    assert [future.cancelled() for future in executor.futures] == [False, *[True] * 63]


def notes(error: BaseException) -> str:
    return " ".join(getattr(error, "__notes__", []))


def test_what_a_worker_raises_is_raised_with_a_note_and_cancels_the_rest() -> None:
    def fail(item: int) -> int:
        if item == 2 * BATCH_ITEMS + 3:
            raise OSError(5, "Input/output error")
        return item

    with ThreadPoolExecutor(1) as executor:
        found = spread_over(executor, range(10 * IN_FLIGHT), fail)
        with pytest.raises(OSError, match="Input/output error") as failed:
            list(found)
    assert notes(failed.value) == (
        f"The executor has done neither {2 * BATCH_ITEMS} nor what follows it."
    )
    assert list(found) == []


def test_items_that_cannot_be_listed_are_an_error_of_theirs() -> None:
    def broken() -> Iterator[int]:
        yield from range(BATCH_ITEMS)
        raise OSError(5, "Input/output error")

    with ThreadPoolExecutor(1) as executor, pytest.raises(OSError, match="Input/output error"):
        list(spread_over(executor, broken()))


def test_an_executor_that_is_shut_down_is_an_error() -> None:
    executor = ThreadPoolExecutor(1)
    executor.shutdown()
    with pytest.raises(RuntimeError, match="cannot schedule new futures") as failed:
        list(spread_over(executor, range(9)))
    assert "neither 0 nor what follows" in notes(failed.value)


class Remembering(ThreadPoolExecutor):
    """Answers equal calls with one result, as Dask's executor does."""

    def __init__(self) -> None:
        super().__init__(1)
        self.results: dict[bytes, Future[Any]] = {}

    def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
        call = pickle.dumps((function, arguments, named))
        if call not in self.results:
            self.results[call] = super().submit(function, *arguments, **named)
        return self.results[call]


def test_an_executor_that_remembers_calls_is_asked_anew(tmp_path: Path) -> None:
    path = tmp_path / "changes"
    with Remembering() as executor:
        for there in (False, True):
            assert list(spread_over(executor, [path], os.path.exists)) == [there]
            path.touch()


def test_work_that_somebody_cancels_is_an_error() -> None:
    executor = Holding()
    found = spread_over(executor, range(IN_FLIGHT + 1))
    with ThreadPoolExecutor(1) as beside:
        waits = beside.submit(next, found)
        while not executor.futures:
            assert not waits.done()
        executor.futures[0].cancel()
        executor.futures[0].set_running_or_notify_cancel()
        with pytest.raises(CancelledError) as failed:
            waits.result(30)
    assert notes(failed.value) == (
        "The executor was shut down, or its work was cancelled."
        " The executor has done neither 0 nor what follows it."
    )


@pytest.mark.parametrize("kept", [0, 1, BATCH_ITEMS - 1])
def test_results_that_an_executor_loses_are_missed(kept: int) -> None:
    class Losing(ThreadPoolExecutor):
        def submit(self, function: Callable[..., Any], /, *arguments: Any, **named: Any) -> Any:
            return super().submit(lambda: function(*arguments, **named)[:kept])

    with Losing(1) as executor, pytest.raises(RuntimeError) as failed:
        list(spread_over(executor, range(100)))
    lost = f"{kept} results, and not {BATCH_ITEMS}"
    assert str(failed.value) == f"the executor has handed back {lost}: it loses some"
    assert "neither 0 nor" in notes(failed.value)


ON_PROCESSES = """
import multiprocessing, os, sys
from concurrent.futures import ProcessPoolExecutor
from run_artifacts._history.workers import spread

def attempt(initializer, function=str, items=map(str, range(100)), is_relative=False):
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(2, context, exec, (initializer,)) as executor:
        try:
            return list(spread(function, items, executor, is_relative=is_relative))
        except Exception as error:
            return [type(error).__name__, str(error), *getattr(error, "__notes__", [])]


folders = [path for path in sys.path if not os.path.isdir(os.path.join(path, "run_artifacts"))]
without_package = f"import sys; sys.path = {folders}"
"""
NEITHER = "The executor has done neither 0 nor what follows it."


@pytest.mark.parametrize(
    ("attempt", "expected"),
    [
        ('attempt("")[::33]', ["0", "33", "66", "99"]),
        (
            "attempt(without_package)[::2]",
            [
                "ModuleNotFoundError",
                "A worker needs what is imported here, run_artifacts in the same version.",
            ],
        ),
        (
            "attempt(\"from run_artifacts import _version; _version.__version__ = '0'\")",
            [
                "RuntimeError",
                "a worker has run_artifacts 0, and not {version}: install the same everywhere",
                NEITHER,
            ],
        ),
        (
            "attempt(\"import os; os.chdir('/')\", is_relative=True)",
            [
                "RuntimeError",
                "a worker is in /, and not {cwd}: give the tree as an absolute path",
                NEITHER,
            ],
        ),
        (
            'attempt("import sys; sys.set_int_max_str_digits(5000)")',
            [
                "RuntimeError",
                "a worker converts integers of 5000 digits, and not 4300 digits: call"
                " sys.set_int_max_str_digits() there too",
                NEITHER,
            ],
        ),
        ("attempt(\"import os; os.chdir('/')\")[:2]", ["0", "1"]),
        ('attempt("", function=int, is_relative=True)[:2]', [0, 1]),
        ('attempt("", function=os._exit)[:1]', ["TypeError"]),
    ],
    ids=["done", "no package", "version", "directory", "digits", "absolute", "relative", "raises"],
)
def test_workers_that_would_do_another_thing_do_nothing(attempt: str, expected: list[Any]) -> None:
    source = f"{ON_PROCESSES}print(json.dumps([{attempt}, os.getcwd(), run_artifacts.__version__]))"
    found, cwd, version = json.loads(run_python(source))
    expected = [
        text.format(cwd=cwd, version=version) if isinstance(text, str) else text
        for text in expected
    ]
    assert found == expected


@pytest.mark.parametrize("killed_at", [0, 40, 99])
def test_a_worker_that_is_killed_is_an_error(killed_at: int) -> None:
    items = ["0"] * 100
    items[killed_at] = "import os; os._exit(1)"
    source = f"{ON_PROCESSES}print(json.dumps(attempt('', exec, {items})))"
    name, _, why, _ = json.loads(run_python(source))
    assert name == "BrokenProcessPool"
    assert why == "A worker was killed, or could not start; its standard error may say why."


def test_a_child_leaves_alone_what_its_parent_has_asked_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Another thread may have held the lock of a future when the child was forked."""
    executor = Holding()
    found = one_result_of(executor)
    monkeypatch.setattr(_process, "current", b"another")
    found.close()  # type: ignore[attr-defined]
    assert not any(future.cancelled() for future in executor.futures)
