"""Calls of the system of which one fails, or at which the process is killed."""

from __future__ import annotations

import io
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from typing import Any
from unittest import mock

from run_artifacts._files import append, lock, replace

NAMES = (
    "chmod",
    "close",
    "fchmod",
    "fchown",
    "fstat",
    "fsync",
    "ftruncate",
    "lstat",
    "mkdir",
    "open",
    "pread",
    "pwrite",
    "replace",
    "stat",
    "unlink",
    "write",
)

#: Is given a call's name, the call itself and its data, if it writes; makes the call or not.
Fault = Callable[[str, Callable[..., Any], Any], Any]


def error(code: int, *, after: bool = False) -> Fault:
    """Fail with an error of the system, before or after the call is made."""
    return raising(lambda: OSError(code, os.strerror(code)), after=after)


def raising(make: Callable[[], BaseException], *, after: bool = False) -> Fault:
    def fault(_name: str, call: Callable[..., Any], data: Any) -> Any:
        if after:
            call() if data is None else call(data)
        raise make()

    return fault


def short(_name: str, call: Callable[..., Any], data: Any) -> Any:
    """Write a single byte of what is to be written; make any other call as it is."""
    return call() if data is None else call(data[:1])


def half_and(then: Fault) -> Fault:
    """Write half of what is to be written, and fail then."""

    def fault(name: str, call: Callable[..., Any], data: Any) -> Any:
        if data is not None:
            call(data[: len(data) // 2])
        return then(name, call, None if data is None else b"")

    return fault


def killed(*, after: bool = False) -> Fault:
    def fault(_name: str, call: Callable[..., Any], data: Any) -> Any:
        with suppress(OSError):
            if after:
                call() if data is None else call(data)
        os.kill(os.getpid(), signal.SIGKILL)

    return fault


@contextmanager
def calls(at: int | None = None, fault: Fault = short) -> Iterator[list[str]]:
    """Record the calls that are made by name, and put a fault in the place of one of them."""
    made: list[str] = []

    def step(name: str, call: Callable[..., Any], data: Any = None) -> Any:
        made.append(name)
        if len(made) - 1 == at:
            return fault(name, call, data)
        return call() if data is None else call(data)

    def patched(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            if name == "write":
                return step(name, lambda data: real(arguments[0], data), bytes(arguments[1]))
            label = name
            if name in ("unlink", "lstat") and str(arguments[0]).endswith(".lock"):
                label = f"{name} lock"
            with closing_anyway(partial(real, *arguments) if name == "close" else None):
                return step(label, lambda: real(*arguments, **options))

        return call

    class Raw(io.FileIO):
        """A file of which opening, writing and closing are steps, wherever C code does them."""

        def __init__(self, path: Any, mode: str, opener: Any = None) -> None:
            if opener is None:
                label = "open lock" if str(path).endswith(".lock") else "open"
                step(label, lambda: super(Raw, self).__init__(path, mode))
            else:  # which is a step itself
                super().__init__(path, mode, opener=opener)

        def close(self) -> None:
            if not self.closed:
                with closing_anyway(super().close):
                    step("raw close", super().close)

    flock = lock.fcntl.flock

    def locking(*how: Any) -> Any:
        return step("flock", lambda: flock(*how))

    with ExitStack() as patches:
        for name in NAMES:
            patches.enter_context(mock.patch.object(os, name, patched(name)))
        patches.enter_context(mock.patch.object(replace, "FileIO", Raw))
        patches.enter_context(mock.patch.object(append, "FileIO", Raw))
        patches.enter_context(mock.patch.object(lock, "FileIO", Raw))
        patches.enter_context(mock.patch.object(lock.fcntl, "flock", locking))
        yield made


@contextmanager
def closing_anyway(close: Callable[[], None] | None) -> Iterator[None]:
    """Close a file whose close is to fail: its descriptor is gone then, as it is on Linux."""
    try:
        yield
    except BaseException:
        if close is not None:
            with suppress(OSError):
                close()
        raise
