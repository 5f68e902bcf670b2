"""The JSON artifacts of a run: each read once, with an account of the read."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from records import record_of
from support import write_run

READ_ERRORS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "empty": (
        b"",
        {
            "error_phase": "parse",
            "error_type": "JSONDecodeError",
            "error_message": "Expecting value",
            "error_line": 1,
            "error_column": 1,
        },
    ),
    "corrupt": (
        b'{\n "a": }',
        {
            "error_phase": "parse",
            "error_type": "JSONDecodeError",
            "error_message": "Expecting value",
            "error_line": 2,
            "error_column": 7,
        },
    ),
    "Latin-1": (
        b'{"a": "\xe9"}',
        {
            "error_phase": "read",
            "error_type": "UnicodeDecodeError",
            "error_message": "invalid_utf8: invalid continuation byte at byte 7",
        },
    ),
    "5,000 digits": (b"1" * 5_000, {"error_phase": "parse", "error_type": "ValueError"}),
    "100,000 deep": (
        b"[" * 100_000 + b"]" * 100_000,
        {"error_phase": "parse", "error_type": "ValueError"},
    ),
    "UTF-16": (
        "{}".encode("utf-16"),
        {"error_phase": "read", "error_type": "UnicodeDecodeError"},
    ),
}


@pytest.mark.parametrize(("data", "expected"), READ_ERRORS.values(), ids=READ_ERRORS)
@pytest.mark.parametrize("name", ["report", "error", "metrics", "target_ref"])
def test_a_json_artifact_that_cannot_be_read_is_accounted_for(
    runs: Path, name: str, data: bytes, expected: dict[str, Any]
) -> None:
    write_run(runs, **{f"{name}__json": data})
    record = record_of(runs)
    (error,) = record["artifact_read_errors"]
    assert error["path"] == f"{name}.json"
    assert (error["exists"], error["parse_ok"]) == (True, False)
    assert error["decode_ok"] is (expected["error_phase"] == "parse")
    assert error.items() >= expected.items()
    assert record[name] is None
    terminal = name in ("report", "error")
    assert (record["status"] == "terminal_artifact_unreadable") is terminal
    if terminal:
        assert record["terminal_artifact_reads"][f"{name}.json"] == error


def make_outside_link(path: Path) -> None:
    outside = path.parents[5] / "outside.json"
    outside.write_text('{"secret": 1}')
    path.symlink_to(outside)


NO_FILES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "directory": (Path.mkdir, "IsADirectoryError", "not_a_regular_file: is a directory"),
    "fifo": (os.mkfifo, "OSError", "not_a_regular_file: is a FIFO"),
    "loop": (lambda path: path.symlink_to(path.name), "OSError", "link_loop: "),
    "outside": (make_outside_link, "PermissionError", "outside_root: leads outside "),
    "device": (lambda path: path.symlink_to("/dev/zero"), "PermissionError", "outside_root: "),
}


@pytest.mark.parametrize(("make", "kind", "message"), NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("name", ["report.json", "metrics.json", "target_ref.json"])
def test_what_stands_in_an_artifacts_place_is_accounted_for(
    runs: Path, name: str, make: Callable[[Path], object], kind: str, message: str
) -> None:
    run = write_run(runs)
    (run / name).unlink(missing_ok=True)
    make(run / name)
    record = record_of(runs)
    (error,) = record["artifact_read_errors"]
    assert (error["path"], error["exists"]) == (name, True)
    assert (error["error_phase"], error["error_type"]) == ("read", kind)
    assert error["error_message"].startswith(message)
    assert "secret" not in json.dumps(record)
    unreadable = record["status"] == "terminal_artifact_unreadable"
    assert unreadable is (name == "report.json")


def test_a_dangling_link_does_not_exist_and_is_said(runs: Path) -> None:
    run = write_run(runs)
    (run / "report.json").symlink_to("nowhere")
    record = record_of(runs)
    assert record["status"] == "missing_report"
    (error,) = record["artifact_read_errors"]
    assert (error["exists"], error["error_phase"], error["error_message"]) == (
        False,
        "read",
        "dangling_link",
    )


def test_a_link_inside_the_run_directory_is_read(runs: Path) -> None:
    run = write_run(runs, attempt__1__json=None)
    (run / "attempts").mkdir()
    (run / "attempts" / "1.json").write_text('{"n": 1}')
    (run / "report.json").symlink_to("attempts/1.json")
    assert record_of(runs)["report"] == {"n": 1}


def test_nan_a_bom_and_any_value_are_read(runs: Path) -> None:
    write_run(
        runs,
        metrics__json=b'\xef\xbb\xbf{"ratio": NaN, "max": Infinity}',
        preflight__json=[1],
        report__json="text",
    )
    record = record_of(runs)
    assert repr(record["metrics"]) == "{'ratio': nan, 'max': inf}"
    assert (record["preflight"], record["report"]) == ([1], "text")
    assert record["artifact_read_errors"] == []


@pytest.mark.parametrize("name", ["run_meta", "agent_attempts", "ticket_ref", "timing"])
@pytest.mark.parametrize("value", [[1], "text", 0, False])
def test_another_type_than_the_record_takes_is_accounted_for(
    runs: Path, name: str, value: Any
) -> None:
    write_run(runs, **{f"{name}__json": value})
    record = record_of(runs)
    assert record[name] is None
    (error,) = record["artifact_read_errors"]
    assert (error["path"], error["error_type"]) == (f"{name}.json", "TypeError")
    assert error["error_message"] == "expected an object or null"


def test_a_json_artifact_longer_than_a_line_may_be_is_not_read(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("run_artifacts._history.artifacts.MAX_JSON_BYTES", 100)
    write_run(runs, report__json=b'"' + b"x" * 98 + b'"', metrics__json=b'"' + b"x" * 99 + b'"')
    record = record_of(runs)
    assert record["report"] == "x" * 98
    (error,) = record["artifact_read_errors"]
    assert error["error_message"] == "too_long: more than 100 bytes"


def test_of_an_artifact_that_is_too_long_only_so_much_is_read_as_tells_that(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("run_artifacts._history.artifacts.MAX_JSON_BYTES", 100_000)
    run = write_run(runs)
    with (run / "report.json").open("wb") as file:
        file.truncate(50_000_000)
    real = os.read
    asked: list[int] = []
    given: list[int] = []

    def read(fd: int, size: int) -> bytes:
        data = real(fd, size)
        if data[:1] == b"\0":  # what else is read is no hole
            asked.append(size)
            given.append(len(data))
        return data

    monkeypatch.setattr(os, "read", read)
    (error,) = record_of(runs)["artifact_read_errors"]
    assert error["error_message"] == "too_long: more than 100,000 bytes"
    assert (sum(asked), sum(given)) == (100_001, 100_001)


def test_an_artifact_that_grows_while_it_is_read_is_read_to_its_end(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(runs, report__json=b'"' + b"x" * 10_000)
    real = os.read

    def read(fd: int, size: int) -> bytes:
        data = real(fd, min(size, 1_000))  # and the system gives a part at a time
        if data.startswith(b'"xx') and len(data) == 1_000:
            with (run / "report.json").open("ab") as more:
                more.write(b"y" * 90_000 + b'"')
        return data

    monkeypatch.setattr(os, "read", read)
    assert record_of(runs)["report"] == "x" * 10_000 + "y" * 90_000


def test_an_artifact_that_is_cut_off_while_it_is_read_says_so(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is left may well be JSON: of a number its first digits."""
    run = write_run(runs, report__json=b"1234567890")
    real = os.read

    def read(fd: int, size: int) -> bytes:
        if os.fstat(fd).st_size == 10:
            os.truncate(run / "report.json", 3)
        return real(fd, size)

    monkeypatch.setattr(os, "read", read)
    record = record_of(runs)
    assert record["report"] is None
    (error,) = record["artifact_read_errors"]
    assert error["error_message"] == "read_failed: it was cut off meanwhile, from 10 bytes"
