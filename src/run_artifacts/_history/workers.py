"""Work on many items, here or on an executor of the caller's.

A function and its items come in. Without an executor they meet here, one at a time. With one, the
items go out in batches, a bounded number of them at a time, and the results come back in order.
"""

from __future__ import annotations

import os
import pickle
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from itertools import islice
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

from run_artifacts import _version
from run_artifacts._process import Owner, wait_for

if TYPE_CHECKING:
    from concurrent.futures import Executor, Future

#: How many items a batch has, and how many batches wait or are worked on at most.
BATCH_ITEMS, MAX_BATCHES = 16, 64

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")


def require_executor(executor: object) -> None:
    """Raise ``TypeError`` unless something is an executor."""
    # Who has one has imported this; for all others it is too costly.
    futures = sys.modules.get("concurrent.futures")
    if futures is None or not isinstance(executor, futures.Executor):
        kind = type(executor).__name__
        raise TypeError(f"executor must be a concurrent.futures.Executor, not {kind}")


def spread(
    function: Callable[[_Item], _Result],
    items: Iterable[_Item],
    executor: Executor | None,
    *,
    is_relative: bool,
) -> Iterator[_Result]:
    """Apply a function to items; yield the results in the order of the items.

    Args:
        function: Picklable, if there is an executor whose workers are processes; so are its items
            and results.
        items: Listed as far as there is room for another batch.
        executor: What it has not begun is cancelled when this iterator is closed, or fails.
        is_relative: Whether a relative path leads to the items, which must mean the same there.

    Raises:
        RuntimeError: The executor is shut down, a worker was lost, or would not do the same as is
            done here. Whatever a worker raises is raised, with a note on what was not done.
    """
    if executor is None:
        yield from map(function, items)
        return
    owner = Owner("the tree", "read")
    here = _Surroundings(with_directory=is_relative)
    asked = os.urandom(16)
    rest = iter(items)
    waiting: deque[tuple[tuple[_Item, ...], Future[list[_Result]]]] = deque()
    batch: tuple[_Item, ...] = ()
    try:
        while True:
            while len(waiting) < MAX_BATCHES and (batch := tuple(islice(rest, BATCH_ITEMS))):
                waiting.append((batch, executor.submit(_Call(_work, function, batch, here, asked))))
            if not waiting:
                return
            yield from _results_of(*waiting[0], owner)
            waiting.popleft()
    except Exception as error:
        _explain(error, waiting[0][0] if waiting else batch)
        raise
    finally:
        if owner.is_here():  # a child that was forked may find their locks held for ever
            for _, future in waiting:
                future.cancel()


def _results_of(
    batch: tuple[_Item, ...], future: Future[list[_Result]], owner: Owner
) -> list[_Result]:
    is_done: SimpleQueue[object] = SimpleQueue()
    future.add_done_callback(is_done.put)
    wait_for(is_done, owner)
    results = future.result()
    if len(results) != len(batch):
        counts = f"{len(results)} results, and not {len(batch)}"
        raise RuntimeError(f"the executor has handed back {counts}: it loses some")
    return results


def _explain(error: Exception, batch: tuple[Any, ...]) -> None:
    futures: Any = sys.modules["concurrent.futures"]
    if isinstance(error, futures.CancelledError):
        error.add_note("The executor was shut down, or its work was cancelled.")
    if isinstance(error, futures.BrokenExecutor):
        error.add_note("A worker was killed, or could not start; its standard error may say why.")
    if isinstance(error, ImportError):
        error.add_note("A worker needs what is imported here, run_artifacts in the same version.")
    if batch:
        error.add_note(f"The executor has done neither {batch[0]} nor what follows it.")


class _Call(partial[_Result]):
    """A call that a worker can be sent without having this package, and then fails alone.

    Workers unpickle what they are sent where an error takes the worker with it, or the whole
    executor. So the call is pickled within bytes, and opened where its result is made.
    """

    def __reduce__(self) -> tuple[Any, ...]:
        return partial, (pickle.loads, pickle.dumps(_Opened(self.func, self.args)))


class _Opened:
    """A call that is made by unpickling it."""

    def __init__(self, function: Callable[..., Any], arguments: tuple[Any, ...]) -> None:
        self.function = function
        self.arguments = arguments

    def __reduce__(self) -> tuple[Any, ...]:
        return self.function, self.arguments


class _Surroundings:
    """What the results of a worker depend on, beside what it is sent."""

    def __init__(self, *, with_directory: bool) -> None:
        self.version = _version.__version__
        self.directory = os.getcwd() if with_directory else None
        self.max_digits = sys.get_int_max_str_digits()


def _work(
    function: Callable[[_Item], _Result],
    batch: tuple[_Item, ...],
    expected: _Surroundings,
    _asked: bytes,
) -> list[_Result]:
    """Return, on a worker, what a function makes of each item.

    Args:
        function: Applied to each item.
        batch: The items.
        expected: What the work depends on, as it is where the work comes from.
        _asked: Other bytes for each iteration: executors that answer equal calls with the same
            result (Dask's do) would give an earlier state of the tree.

    Raises:
        RuntimeError: This worker has another version of the package, another directory, or
            another limit of the digits of integers.
    """
    found = _Surroundings(with_directory=expected.directory is not None)
    if found.version != expected.version:
        versions = f"{found.version}, and not {expected.version}"
        raise RuntimeError(f"a worker has run_artifacts {versions}: install the same everywhere")
    if found.directory != expected.directory:
        folders = f"{found.directory}, and not {expected.directory}"
        raise RuntimeError(f"a worker is in {folders}: give the tree as an absolute path")
    if found.max_digits != expected.max_digits:
        digits = f"{found.max_digits} digits, and not {expected.max_digits} digits"
        remedy = "call sys.set_int_max_str_digits() there too"
        raise RuntimeError(f"a worker converts integers of {digits}: {remedy}")
    return [function(item) for item in batch]
