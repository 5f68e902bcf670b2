"""Whose an exception is."""

from __future__ import annotations

import ast
import errno
import io
import os
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

import run_artifacts
from run_artifacts._errors import (
    CallerStopped,
    Forked,
    as_raised,
    ask,
    is_of_system,
    require_system,
    tolerated,
)


def raised_by(function: Callable[[], object]) -> BaseException:
    with pytest.raises(Exception) as caught:  # noqa: PT011 - whatever it is
        function()
    return caught.value


SYSTEMS = {
    "a number": OSError(errno.EIO, "Input/output error"),
    "a number of a time-out": OSError(errno.ETIMEDOUT, "Connection timed out"),
    "no such file": raised_by(lambda: os.stat("/nowhere")),
    "a NUL": raised_by(lambda: os.stat("a\0b")),
    "a NUL for C": raised_by(lambda: os.open("a\0b", os.O_RDONLY)),
    "a character": raised_by(lambda: os.stat("a\ud800b")),
    "not seekable": raised_by(lambda: io.RawIOBase().seek(0)),
}
OTHERS = {
    "a deadline": TimeoutError(),
    "a deadline with words": TimeoutError("timed out"),
    "no number": OSError("read"),
    "a value": ValueError("not a number"),
    "a decoder": raised_by(lambda: b"\xff".decode()),
    "any": Exception("any"),
    "an interrupt": KeyboardInterrupt(),
}


@pytest.mark.parametrize("error", SYSTEMS.values(), ids=SYSTEMS)
def test_the_systems_errors_have_a_number_or_are_of_a_name(error: OSError) -> None:
    assert is_of_system(error)
    require_system(error)
    with tolerated:
        raise error


@pytest.mark.parametrize("error", OTHERS.values(), ids=OTHERS)
def test_what_is_not_the_systems_goes_on(error: OSError) -> None:
    assert not is_of_system(error)
    with pytest.raises(type(error)) as caught:
        require_system(error)
    assert caught.value is error
    with pytest.raises(type(error)) as caught, tolerated:
        raise error
    assert caught.value is error


def test_what_a_forked_process_leaves_out_is_tolerated() -> None:
    with tolerated:
        raise Forked
    with tolerated:
        pass


def test_a_stop_of_the_callers_is_carried_and_given_back() -> None:
    stop = StopIteration(3)

    def raise_stop(_: object) -> None:
        raise stop

    assert ask(str, 1, "loads") == "1"
    with pytest.raises(CallerStopped, match=r"on_loss raised StopIteration\(3\)") as caught:
        list(map(partial(ask, raise_stop, name="on_loss"), range(3)))
    assert caught.value.__cause__ is stop
    with pytest.raises(StopIteration) as raised, as_raised:
        ask(raise_stop, 1, "on_loss")
    assert raised.value is stop
    with pytest.raises(KeyError), as_raised:
        raise KeyError


#: What looks whose an error is, before anything is made of it.
LOOKS = frozenset(
    {"require_system", "is_of_system", "directory_loss", "from_error", "missing_or", "not_listed"}
    | {"_not_read", "_why_not"}
)
SOURCES = sorted(Path(str(run_artifacts.__file__)).parent.rglob("*.py"))


def catches_system_errors(handler: ast.ExceptHandler) -> bool:
    return handler.type is not None and "OSError" in ast.unparse(handler.type)


@pytest.mark.parametrize("path", SOURCES, ids=[path.stem for path in SOURCES])
def test_whoever_catches_an_error_of_the_system_looks_whose_it_is(path: Path) -> None:
    """What takes any error for an answer, as `os.path.exists` does, is not asked."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        text = ast.unparse(node) if isinstance(node, (ast.Call, ast.ExceptHandler)) else ""
        assert not re.match(
            r"os\.(makedirs|path\.(exists|lexists|is\w+))\(", text.replace("isabs", "")
        ), text
        assert not re.match(r"suppress\(.*OSError", text), text
        if isinstance(node, ast.ExceptHandler) and catches_system_errors(node):
            called = {
                getattr(call.func, "id", getattr(call.func, "attr", ""))
                for call in ast.walk(node)
                if isinstance(call, ast.Call)
            }
            ends = [ast.unparse(statement) for statement in node.body][-1]
            by_number = re.search(r"error\.errno (not )?in ", text)
            assert called & LOOKS or by_number or ends == "raise", f"{path.name}: {text}"
