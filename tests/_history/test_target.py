"""The file that a history is written to: a regular one, and none in a run directory."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from run_artifacts._history.target import resolve_target
from support import names
from writes import replace


def test_a_path_that_can_name_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="the path of a history is empty"):
        resolve_target("")
    for end in ("/", "/.", "/..", "/./"):
        with pytest.raises(IsADirectoryError):
            resolve_target(f"{tmp_path}/new{end}")
    assert names(tmp_path) == []


def test_a_target_that_is_no_file_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(IsADirectoryError):
        replace(tmp_path / "folder")
    with pytest.raises(OSError, match="not a regular file"):
        replace(tmp_path / "fifo")
    with pytest.raises(OSError, match="Too many levels"):
        replace(tmp_path / "loop")
    with pytest.raises(OSError, match="not a regular file"):
        resolve_target(os.devnull)
    assert names(tmp_path) == ["fifo", "folder", "loop"]
    assert stat.S_ISFIFO((tmp_path / "fifo").stat().st_mode)


def test_a_target_in_a_run_directory_is_refused(tmp_path: Path) -> None:
    run = tmp_path / "target" / "20260101T000000Z" / "agent" / "0"
    (run / "sub").mkdir(parents=True)
    (run / "target_ref.json").write_text("{}")
    (run / "report.json").write_text("{}")
    (tmp_path / "link.jsonl").symlink_to(run / "report.json")
    for target in (run / "report.json", run / "sub" / "new", tmp_path / "link.jsonl"):
        with pytest.raises(ValueError, match="lies in a run directory"):
            replace(target)
    assert (run / "report.json").read_text() == "{}"
    replace(tmp_path / "_compiled" / "history.jsonl")
    deep = tmp_path / "_compiled" / "a" / "b" / "c" / "history.jsonl"
    assert resolve_target(str(deep), tree=str(tmp_path)) == str(deep)


def test_a_target_in_a_run_that_another_way_leads_to_is_refused(tmp_path: Path) -> None:
    """A target that was asked for by name, and one that a link in the tree leads to."""
    runs = tmp_path / "runs"
    asked = runs / "_x" / "20260101T000000Z" / "agent" / "0"
    elsewhere = tmp_path / "elsewhere" / "20260101T000000Z" / "agent" / "0"
    for run in (asked, elsewhere):
        run.mkdir(parents=True)
        (run / "log").write_text("evidence")
    (runs / "alias").symlink_to(tmp_path / "elsewhere")
    linked = runs / "alias" / "20260101T000000Z" / "agent" / "0"
    with pytest.raises(ValueError, match="lies in a run directory"):
        resolve_target(str(asked / "log"), str(runs), "_x")
    with pytest.raises(ValueError, match="lies in a run directory"):
        resolve_target(str(linked / "log"), str(runs))
    assert resolve_target(str(asked / "log"), str(runs)) == str(asked / "log")
    assert resolve_target(str(asked / "log"), str(runs), "_y") == str(asked / "log")
