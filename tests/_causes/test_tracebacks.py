"""Tracebacks as Python prints them, whole, cut, chained, in groups, and among other output."""

from __future__ import annotations

import traceback
from collections.abc import Callable

import pytest

from run_artifacts._causes.python import read_crash, read_traceback

HEADER = "Traceback (most recent call last):"


def read(text: str) -> list[str] | None:
    return read_traceback(text.splitlines())


def printed(function: Callable[[], None]) -> str:
    """What Python prints of what a function raises, without the frame that calls it here."""
    try:
        function()
    except BaseException as error:
        error.__traceback__ = error.__traceback__ and error.__traceback__.tb_next
        return "".join(traceback.format_exception(error))
    raise AssertionError("nothing was raised")


def plain() -> None:
    raise KeyError("shelf")


def chained() -> None:
    try:
        plain()
    except KeyError as error:
        raise ValueError("no till 42") from error


def in_context() -> None:
    try:
        plain()
    except KeyError:
        raise ValueError("no till 42")  # noqa: B904 - the point


def hidden() -> None:
    try:
        plain()
    except KeyError:
        raise ValueError("no till 42") from None


def grouped() -> None:
    members: list[Exception] = []
    for function in (plain, hidden, plain):
        try:
            function()
        except Exception as error:
            members.append(error)
    raise ExceptionGroup("two", [*members, ExceptionGroup("inner", [TypeError("never raised")])])


def wrong() -> None:
    compile("till(\n", "/srv/app/till.py", "exec")


def silent() -> None:
    raise RuntimeError


def announcing() -> None:
    raise ValueError("2 problems:\n- shelf is missing\n- till is open\n")


HERE = "in test_tracebacks"
PARTS = {
    plain: ["KeyError: 'shelf'", f"{HERE}.plain"],
    chained: ["ValueError: no till 42", f"{HERE}.chained", "KeyError: 'shelf'", f"{HERE}.plain"],
    in_context: [
        "ValueError: no till 42",
        f"{HERE}.in_context",
        "KeyError: 'shelf'",
        f"{HERE}.plain",
    ],
    hidden: ["ValueError: no till 42", f"{HERE}.hidden"],
    grouped: [
        "ExceptionGroup: inner (1 sub-exception)",
        "KeyError: 'shelf'",
        f"{HERE}.plain",
        "TypeError: never raised",
        "ValueError: no till 42",
        f"{HERE}.hidden",
    ],
    wrong: ["SyntaxError: '(' was never closed", "in till"],
    silent: ["RuntimeError", f"{HERE}.silent"],
    announcing: [
        "ValueError: 2 problems: - shelf is missing - till is open",
        f"{HERE}.announcing",
    ],
}


@pytest.mark.parametrize("function", PARTS, ids=lambda function: function.__name__)
def test_a_traceback_says_what_was_raised_and_where(function: Callable[[], None]) -> None:
    assert read(printed(function)) == PARTS[function]


@pytest.mark.parametrize("function", PARTS, ids=lambda function: function.__name__)
def test_what_stands_around_a_traceback_changes_nothing(function: Callable[[], None]) -> None:
    text = printed(function)
    noise = "INFO: started\nFile 'a' is not there\nValueErrors are fine\n"
    for around in (noise + text, f"{text}Done in 3 s.\n", f"{noise}{text}\n{noise}"):
        assert read(around) == PARTS[function]
    assert read(f"{HEADER}\n  File 'x'\n{text}") == PARTS[function]


def test_the_last_of_several_tracebacks_counts() -> None:
    assert read(printed(chained) + printed(plain)) == PARTS[plain]
    assert read(printed(plain) + "retrying\n" + printed(chained)) == PARTS[chained]


def test_a_traceback_without_its_header_is_one() -> None:
    text = printed(plain)
    assert read(text.partition("\n")[2]) == PARTS[plain]


def test_one_without_its_last_line_is_none() -> None:
    text = printed(plain)
    assert read(text.rpartition("KeyError")[0]) is None
    assert read(printed(hidden) + text.rpartition("KeyError")[0]) == PARTS[hidden]


def test_what_python_ignores_is_no_failure() -> None:
    ignored = "Exception ignored in: <function Till.__del__ at 0x7f>\n" + printed(silent)
    assert read(printed(plain) + ignored) == PARTS[plain]
    assert read(ignored) is None


def test_a_frame_of_a_library_is_passed_over_where_there_is_another() -> None:
    frames = (
        f"{HEADER}\n"
        '  File "/srv/app/shop/jobs.py", line 3, in load\n    get()\n'
        '  File "/usr/lib/python3.11/site-packages/web/api.py", line 9, in get\n    raise E\n'
    )
    assert read(f"{frames}web.api.E: no\n") == ["E: no", "in jobs.load"]
    library = "\n".join(line for line in frames.split("\n") if "jobs" not in line)
    assert read(f"{library}web.api.E: no\n") == ["E: no", "in api.get"]


@pytest.mark.parametrize(
    ("message", "kept"),
    [
        ("cannot import name 'a' from 'b' (/usr/lib/b.py)", "cannot import name 'a' from 'b'"),
        ("name 'tlil' is not defined. Did you mean: 'till'?", "name 'tlil' is not defined"),
        ("invalid syntax. Perhaps you forgot a comma?", "invalid syntax"),
        ("say what you mean (exactly)", "say what you mean (exactly)"),
    ],
)
def test_what_differs_with_the_version_or_the_place_of_python_is_left_out(
    message: str, kept: str
) -> None:
    text = f'{HEADER}\n  File "/a/b.py", line 1, in c\n    d\nImportError: {message}\n'
    assert read(text) == [f"ImportError: {kept}", "in b.c"]


def test_only_what_is_listed_belongs_to_a_message_that_counts() -> None:
    text = f'{HEADER}\n  File "/a/b.py", line 1, in c\n    d\nE: 2 errors in till\n'
    assert read(f"{text}shelf\n  is missing\nDone.\n") == [
        "E: 2 errors in till shelf is missing",
        "in b.c",
    ]
    assert read(f"{text}Done.\n") == ["E: 2 errors in till", "in b.c"]


def test_a_group_of_ten_thousand_has_a_bounded_number_of_parts() -> None:
    members = "".join(
        f"    | ValueError: {n}\n    +---------------- {n + 1} ----------------\n"
        for n in range(10_000)
    )
    text = (
        f"  + Exception Group {HEADER}\n"
        '  |   File "/a/b.py", line 1, in c\n'
        "  | ExceptionGroup: many (10000 sub-exceptions)\n"
        "  +-+---------------- 1 ----------------\n"
    )
    parts = read(text + members)
    assert parts is not None
    assert len(parts) <= 400
    assert parts[0] == "ValueError: 0"


def test_a_crash_of_the_interpreter_says_why_and_where() -> None:
    text = (
        "Fatal Python error: Segmentation fault\n\n"
        "Current thread 0x00007f (most recent call first):\n"
        '  File "/usr/lib/python3.11/ctypes/__init__.py", line 5 in string_at\n'
        '  File "/srv/app/till.py", line 7 in peek\n'
        '  File "/srv/app/till.py", line 9 in <module>\n'
    )
    assert read_crash(text.splitlines()) == [
        "Fatal Python error: Segmentation fault",
        "in till.peek",
    ]
    assert read_crash(["nothing"]) is None
