"""What an agent wrote to its standard error, as far as it names a failure."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

import pytest

from records import outcome_of, record_of
from run_artifacts._history.stderr import END_BYTES
from support import BOMS, DEFAULT_RUN, write_run

ERROR = {"type": "AgentExecFailed", "exit_code": 1}
LINE = "fatal: the till is closed"


def titled(runs: Path, content: bytes | None, error: Any = ERROR) -> str:
    folder = write_run(runs, error__json=error)
    if content is not None:
        (folder / "agent_stderr.txt").write_bytes(content)
    failure = record_of(runs)["failure"]
    assert failure["kind"] == "error"
    return str(failure["title"])


def test_a_failure_that_says_nothing_is_told_by_what_the_agent_wrote(runs: Path) -> None:
    assert titled(runs, None) == "AgentExecFailed, exit code 1"
    assert titled(runs, b"working\n" + LINE.encode()) == LINE


def test_one_that_says_it_is_not(runs: Path) -> None:
    assert titled(runs, LINE.encode(), {**ERROR, "stderr": "fatal: shelf"}) == "fatal: shelf"


@pytest.mark.parametrize("encoding", BOMS)
def test_it_is_read_in_its_encoding(runs: Path, encoding: str) -> None:
    codec = "utf-8" if encoding == "utf-8-sig" else encoding
    content = BOMS[encoding] + f"working\n{LINE}\n".encode(codec)
    assert titled(runs, content) == LINE
    long = BOMS[encoding] + ("working\n" * 20_000 + LINE).encode(codec)
    assert titled(runs, long) == LINE


@pytest.mark.parametrize("size", [0, 1, END_BYTES, 2 * END_BYTES, 2 * END_BYTES + 3, 1 << 20])
def test_of_a_long_one_both_ends_are_read(runs: Path, size: int) -> None:
    content = LINE.encode() + b"\n" + b"." * size
    assert titled(runs, content) == LINE
    outcome = outcome_of(runs)
    assert outcome is not None
    assert outcome.bytes_read < 2 * END_BYTES + 100
    assert titled(runs, b"." * size + b"\n" + LINE.encode()) == LINE


def test_half_a_secret_at_a_cut_is_not_read(runs: Path) -> None:
    start, secret = b"error: no ", b"ghp_" + b"a1B2" * 9
    head = b"." * (END_BYTES - len(start) - 9) + b"\n" + start + secret
    tail = secret + b" is wrong\n" + b"." * (END_BYTES - 24)
    for content in (head + b"x" * 99 + tail, head + b"\n" * 99 + tail):
        title = titled(runs, content)
        assert not re.search("ghp|a1|B2|wrong", title), title


@pytest.mark.parametrize("content", [b"", b"\0\xff\xfe" * 1_000, b"\xff", os.urandom(1_000)])
def test_whatever_it_holds_there_is_a_title(runs: Path, content: bytes) -> None:
    assert titled(runs, content)


@pytest.mark.parametrize("content", [LINE.encode("utf-16-le"), b"\0" * 300_000, b"fatal: no\0"])
def test_what_is_binary_says_nothing_as_in_a_capture(runs: Path, content: bytes) -> None:
    assert titled(runs, content) == "AgentExecFailed, exit code 1"


@pytest.mark.parametrize("kind", ["directory", "fifo", "link"])
def test_one_that_cannot_be_read_is_accounted_for(runs: Path, tmp_path: Path, kind: str) -> None:
    folder = write_run(runs, error__json=ERROR)
    path = folder / "agent_stderr.txt"
    if kind == "directory":
        path.mkdir()
    elif kind == "fifo":
        os.mkfifo(path)
    else:
        (tmp_path / "outside.txt").write_text(LINE)
        path.symlink_to(tmp_path / "outside.txt")
    record = record_of(runs)
    assert record["failure"]["title"] == "AgentExecFailed, exit code 1"
    (read,) = record["artifact_read_errors"]
    assert (read["path"], read["exists"], read["error_phase"]) == ("agent_stderr.txt", True, "read")
    assert read["error_message"]


@pytest.mark.parametrize("target", ["agent_stderr_of_it.txt", "nowhere"])
def test_a_link_within_the_run_is_followed_and_one_to_nothing_is_missing(
    runs: Path, target: str
) -> None:
    folder = write_run(runs, error__json=ERROR)
    (folder / "agent_stderr_of_it.txt").write_text(LINE)
    (folder / "agent_stderr.txt").symlink_to(target)
    record = record_of(runs)
    assert record["artifact_read_errors"] == []
    assert record["failure"]["title"] == (
        "AgentExecFailed, exit code 1" if target == "nowhere" else LINE
    )


def test_a_run_that_did_not_fail_has_no_failure_and_its_output_is_not_read(runs: Path) -> None:
    folder = write_run(runs, report__json={})
    (folder / "agent_stderr.txt").mkdir()
    record = record_of(runs)
    assert (record["failure"], record["artifact_read_errors"]) == (None, [])


@pytest.mark.parametrize(
    ("artifacts", "failure"),
    [
        ({}, ("missing_report", "missing_report")),
        ({"report__json": b"{"}, ("terminal_artifact_unreadable", "report.json: parse: ")),
        ({"report_validation_errors__json": ["$.b: 3 is too many", "$.a: no"]},
         ("report_validation_error", "$.a: no")),
        ({"error__json": {"code": "claude_out_of_extra_usage", "message": "until 10:20"}},
         ("quota_exhausted", "claude_out_of_extra_usage: until <time>")),
        ({"error__json": 0}, ("error", '{"value":<n>}')),
    ],
)  # fmt: skip
def test_every_status_but_ok_has_a_failure(
    runs: Path, artifacts: dict[str, Any], failure: tuple[str, str]
) -> None:
    folder = write_run(runs, DEFAULT_RUN, **artifacts)
    (folder / "agent_stderr.txt").write_text("step 1 of 3\n")
    found = record_of(runs)["failure"]
    assert list(found) == ["kind", "fingerprint", "title"]
    assert found["kind"] == failure[0]
    assert found["title"].startswith(failure[1])
