"""What a process has begun, and no child of it goes on with; and threads, where it has any."""

from __future__ import annotations

import errno
import os
import sys
import threading
from queue import SimpleQueue

import pytest

from run_artifacts import _process
from run_artifacts._errors import Forked
from run_artifacts._process import (
    NoStack,
    Owner,
    on_fresh_stack,
    start_thread,
    wait_for,
)
from support import refuse_threads, run_python

# Threads of other tests may still be ending.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

WHOSE = "by the process that this one was forked from, which alone goes on with it: begin anew here"


def become_another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Be a child that was forked, as far as can be told here."""
    monkeypatch.setattr(_process, "current", b"another")


def test_a_child_has_another_identity_also_where_it_has_the_same_number() -> None:
    reading, writing = os.pipe()
    here = _process.current
    if os.fork() == 0:
        os.write(writing, _process.current)
        os._exit(0)
    os.wait()
    child = os.read(reading, 100)
    os.close(reading)
    os.close(writing)
    assert len(child) == len(here) == 16
    assert child != here == _process.current


@pytest.mark.parametrize("doing", ["read", "written", "appended to"])
def test_an_owner_makes_calls_in_its_own_process_alone(
    monkeypatch: pytest.MonkeyPatch, doing: str
) -> None:
    owner = Owner("the tree", doing)
    begun = _process.current
    assert owner.call(divmod, 7, 2) == (3, 1)
    owner.require()
    assert owner.is_here()
    become_another(monkeypatch)
    made: list[int] = []
    with pytest.raises(Forked) as caught:
        owner.call(made.append, 1)
    assert str(caught.value) == f"the tree is being {doing} {WHOSE}"
    assert made == []
    assert not owner.is_here()
    assert Owner("the tree", doing).is_here()
    assert not Owner("the tree", doing, begun).is_here()


def test_no_signal_handler_runs_between_a_look_and_a_call() -> None:
    """If one did, the child that it forked would make the call too.

    The signals come to a process of its own: with other threads about, one can still be on its way
    after the timer has ended and the handler is gone.
    """
    source = """
        import operator, signal
        from run_artifacts import _process
        from run_artifacts._errors import Forked

        owner = _process.Owner("path", "read")
        look = operator.attrgetter("current")  # says at once, in C, whose process it is called in
        came = made = left = 0

        def become_another_or_back(*_):
            global came
            came += 1
            _process.current = b"another" if _process.current is owner.begun else owner.begun

        signal.signal(signal.SIGALRM, become_another_or_back)
        signal.setitimer(signal.ITIMER_REAL, 1e-5, 1e-5)
        while came < 2_000:
            try:
                assert owner.call(look, _process) is owner.begun
                made += 1
            except Forked:
                left += 1
        signal.setitimer(signal.ITIMER_REAL, 0)
        print(made > 100, left > 100)
    """
    assert run_python(source) == "True True\n"


def test_an_error_of_the_system_names_the_path_and_no_other_does() -> None:
    def fail(error: OSError) -> None:
        raise error

    owner = Owner("path", "written")
    named = {
        OSError(errno.ENOSPC, "full"): "path",
        OSError(errno.ENOSPC, "full", "other"): "other",
        TimeoutError("late"): None,
    }
    for error, name in named.items():
        with pytest.raises(type(error)) as caught:
            owner.call(fail, error)
        assert caught.value.filename == name


def test_no_thread_is_asked_for_while_the_interpreter_shuts_down(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    done = threading.Event()
    assert start_thread(done.set)
    assert done.wait(10)
    monkeypatch.setattr(sys, "is_finalizing", lambda: True)
    monkeypatch.setattr(_process, "start_new_thread", None)
    assert not start_thread(done.set)
    monkeypatch.undo()
    monkeypatch.setattr(_process, "start_new_thread", refuse_threads)
    assert not start_thread(done.set)


def test_a_child_waits_for_no_thread_that_it_has_not_got(monkeypatch: pytest.MonkeyPatch) -> None:
    queue: SimpleQueue[str] = SimpleQueue()
    queue.put("word")
    owner = Owner("path", "read")
    assert wait_for(queue, owner) == "word"
    monkeypatch.setattr(_process, "_WAIT_SECONDS", 0.001)
    threading.Timer(0.01, become_another, (monkeypatch,)).start()
    with pytest.raises(Forked):
        wait_for(queue, owner)


def test_a_fresh_stack_gives_what_the_function_gives(monkeypatch: pytest.MonkeyPatch) -> None:
    def raise_it(error: BaseException) -> None:
        raise error

    assert on_fresh_stack(str, 1) == "1"
    for error in (KeyError("a"), KeyboardInterrupt("b")):
        with pytest.raises(type(error)) as caught:
            on_fresh_stack(raise_it, error)
        assert caught.value is error

    def fork(_: object) -> None:
        become_another(monkeypatch)
        threading.Event().wait(0.5)

    monkeypatch.setattr(_process, "_WAIT_SECONDS", 0.001)
    with pytest.raises(Forked) as forked:
        on_fresh_stack(fork, None)
    assert str(forked.value) == f"a deeply nested value is being read or written {WHOSE}"


def test_where_there_is_no_thread_there_is_no_fresh_stack(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_process, "start_new_thread", refuse_threads)
    with pytest.raises(
        NoStack, match="nested deeper than there is room for here, and no thread can be had for it"
    ):
        on_fresh_stack(str, 1)
