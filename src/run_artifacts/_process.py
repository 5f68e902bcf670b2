"""This process: what it has begun and no child of it may go on with, and threads where it has any.

A child that is forked has its parent's objects and descriptors, and none of its threads. What was
begun before has an `Owner`, through which each call goes that others could see.
"""

from __future__ import annotations

import os
import sys
from _thread import start_new_thread
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, TypeVar

from run_artifacts._errors import Forked, is_of_system

_T = TypeVar("_T")
_U = TypeVar("_U")

# How long to wait for a thread before looking whether this process still has it.
_WAIT_SECONDS = 0.2

#: What no other process has, a child of this one neither. Their numbers won't do: they are given
#: again, and once in each PID namespace.
current = os.urandom(16)


def _become_another() -> None:
    global current
    current = os.urandom(16)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_become_another)


class Owner:
    """The process that has begun to do something with a path, and may alone go on with it.

    Attributes:
        path: The file or folder, as errors name it.
        begun: What `current` was then.
    """

    __slots__ = ("_doing", "begun", "path")

    def __init__(self, path: str, doing: str, begun: bytes | None = None) -> None:
        """Begin, or go on with what was begun before.

        Args:
            path: See the attribute.
            doing: What is being done, as in "is being read".
            begun: What `current` was when it was begun, if that was before.
        """
        self.path = path
        self._doing = doing
        self.begun = current if begun is None else begun

    def is_here(self) -> bool:
        """Say whether this is the process that has begun."""
        return self.begun is current

    def require(self) -> None:
        """Raise `Forked` in another process."""
        if self.begun is not current:
            raise self.forked()

    def call(self, function: Callable[..., _T], *arguments: Any) -> _T:
        """Make a call of the system, in no other process; an error of it names the path.

        No signal handler runs between the look and the call, as it would where the two stood in
        different functions: one that forks could have its child make the call.
        """
        if self.begun is not current:
            raise self.forked()
        try:
            return function(*arguments)
        except OSError as error:
            if error.filename is None and is_of_system(error):
                error.filename = self.path
            raise

    def forked(self) -> Forked:
        """Return what is raised in another process."""
        whose = "by the process that this one was forked from, which alone goes on with it"
        return Forked(f"{self.path} is being {self._doing} {whose}: begin anew here")


def start_thread(function: Callable[..., object], *arguments: Any) -> bool:
    """Start a thread, and say so; or say that none can be had.

    While the interpreter shuts down, a thread may never come to run.
    """
    if sys.is_finalizing():
        return False
    try:
        start_new_thread(function, arguments)
    except RuntimeError:  # the system grants no more, or this is the exit
        return False
    return True


def wait_for(queue: SimpleQueue[_T], owner: Owner) -> _T:
    """Take what a thread puts into a queue; a child that hasn't got the thread doesn't wait.

    Raises:
        Forked: This is such a child.
    """
    while True:
        owner.require()
        try:
            return queue.get(timeout=_WAIT_SECONDS)
        except Empty:
            pass


class NoStack(RecursionError):
    """A stack is too short for a call, and no thread can be had that has another."""


class TooDeep(RecursionError):
    """A fresh stack is too short for a call."""


def on_fresh_stack(function: Callable[[_T], _U], argument: _T) -> _U:
    """Call a function on a thread of its own; raise what it raises.

    Raises:
        NoStack: No thread can be had.
        TooDeep: It takes more stack than a thread has.
        Forked: This process was forked meanwhile, and hasn't got the thread.
    """
    owner = Owner("a deeply nested value", "read or written")
    outcomes: SimpleQueue[tuple[Any, BaseException | None]] = SimpleQueue()

    def work() -> None:
        try:
            outcomes.put((function(argument), None))
        except BaseException as error:  # raised below
            outcomes.put((None, error))

    if not start_thread(work):
        raise NoStack("nested deeper than there is room for here, and no thread can be had for it")
    result, error = wait_for(outcomes, owner)
    if isinstance(error, RecursionError):
        raise TooDeep(str(error)) from None
    if error is not None:
        raise error
    return result  # type: ignore[no-any-return]
