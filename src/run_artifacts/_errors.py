"""Whose an exception is: the system's, the caller's, or that of a process that was forked.

What the system refuses becomes a value: a loss, a problem. All else goes on as what it is; also
what comes in between, as the ``TimeoutError`` of a deadline that a signal handler raises.
"""

from __future__ import annotations

from collections.abc import Callable
from io import UnsupportedOperation
from typing import Any, TypeVar

_Given = TypeVar("_Given")
_Result = TypeVar("_Result")


def is_of_system(error: BaseException | None) -> bool:
    """Say whether an error is that of a call of the system, or of a name that it can't be given.

    The system's errors have a number. What is raised in their name without one is not theirs, but
    for what Python knows that a file can't do (go back in a pipe).
    """
    if isinstance(error, OSError):
        return error.errno is not None or isinstance(error, UnsupportedOperation)
    # A path with a NUL, or with characters that no name can have.
    return isinstance(error, UnicodeEncodeError) or (
        isinstance(error, ValueError) and "null" in str(error)
    )


def require_system(error: OSError | ValueError) -> None:
    """Raise an error on, as what it is, unless it is the system's."""
    if not is_of_system(error):
        raise error


class Forked(RuntimeError):
    """A process was forked from the one that had begun something, and can't go on with it."""


class _Tolerated:
    """A block in which a call may fail, and may be left out in a process that was forked."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> bool:
        return isinstance(error, Forked) or is_of_system(error)


tolerated = _Tolerated()


class CallerStopped(RuntimeError):
    """What a caller's function raised is a ``StopIteration``, the cause of this.

    Raised on as what it is, it would look like the end of whatever is gone through.
    """


def ask(function: Callable[[_Given], _Result], given: _Given, name: str) -> _Result:
    """Call a function of the caller's; whatever it raises can't be taken for the end of anything.

    Raises:
        CallerStopped: It raised a ``StopIteration``.
    """
    try:
        return function(given)
    except StopIteration as stop:
        raise CallerStopped(f"{name} raised {stop!r}") from stop


class _AsRaised:
    """A block that ends in the ``StopIteration`` that a function of the caller's has raised."""

    def __enter__(self) -> None:
        pass

    def __exit__(self, _kind: object, error: BaseException | None, _traceback: object) -> None:
        if isinstance(error, CallerStopped):
            stop: Any = error.__cause__
            raise stop


as_raised = _AsRaised()
