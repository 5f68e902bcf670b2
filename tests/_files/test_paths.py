"""Paths by name: resolved as far as they lead, and led from a root to what lies beneath it."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from run_artifacts import capture_text_artifact
from run_artifacts._files.paths import absolute, names_beneath, names_by_text, real_path


def test_a_link_that_is_none_any_more_is_no_invalid_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")

    def fail(_: str, **__: bool) -> str:
        raise OSError(errno.EINVAL, "Invalid argument")

    monkeypatch.setattr(os.path, "realpath", fail)
    result = capture_text_artifact(tmp_path / "link", root=tmp_path)
    assert result.error == "read_failed: a link changed while it was resolved"


@pytest.mark.parametrize("way_in", ["alias", "alias/run", "run_alias"])
def test_a_link_below_an_alias_of_the_root_keeps_its_name(tmp_path: Path, way_in: str) -> None:
    run = tmp_path / "real" / "run"
    (run / "sub").mkdir(parents=True)
    (run / "sub" / "file").write_bytes(b"x")
    (run / "link").symlink_to("sub")
    (tmp_path / "alias").symlink_to("real")
    (tmp_path / "run_alias").symlink_to("real/run")
    (tmp_path / "sub_alias").symlink_to("real/run/sub")
    top = {"alias": run.parent, "alias/run": run, "run_alias": run}[way_in]
    path = tmp_path / way_in / ("run/link/file" if way_in == "alias" else "link/file")
    result = capture_text_artifact(path, root=top)
    expected = "run/link/file" if way_in == "alias" else "link/file"
    assert (result.status, result.artifact.path) == ("captured", expected)
    assert result.artifact.abs_path == str(path)
    entered = capture_text_artifact(tmp_path / "sub_alias" / "file", root=run)
    assert (entered.status, entered.artifact.path) == ("captured", "sub/file")


# A path, what it is to lie beneath, and the names that lead there.
BENEATH: dict[str, tuple[str, str, list[str] | None]] = {
    "a file": ("/top/a/b", "/top", ["a", "b"]),
    "the root itself": ("/top", "/top", []),
    "a root that ends like one": ("/top/a", "/top/", ["a"]),
    "the root of all": ("/a/b", "/", ["a", "b"]),
    "a name that begins alike": ("/top2/a", "/top", None),
    "above": ("/", "/top", None),
    "more separators than needed": ("/top//a///b/", "/top", ["a", "b"]),
    "the folder itself": ("/top/./a/.", "/top", ["a"]),
    "up and back": ("/top/a/../b", "/top", ["a", "..", "b"]),
}


@pytest.mark.parametrize(("path", "top", "expected"), BENEATH.values(), ids=BENEATH)
def test_names_lead_from_a_root_to_what_lies_beneath(
    path: str, top: str, expected: list[str] | None
) -> None:
    assert names_by_text(path, top) == expected


@pytest.mark.parametrize(("path", "root"), [("", "/"), ("/a", ""), ("", "")])
def test_nothing_lies_beneath_no_root_and_no_path_beneath_any(path: str, root: str) -> None:
    assert names_beneath(path, root) is None


def test_a_relative_path_lies_where_the_working_folder_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sub").mkdir()
    monkeypatch.chdir(tmp_path / "sub")
    assert names_beneath("file", str(tmp_path)) == ["sub", "file"]
    assert names_beneath(f"{tmp_path}/sub/file", ".") == ["file"]
    assert names_beneath("../file", str(tmp_path)) == ["sub", "..", "file"]
    assert (absolute("a/../b"), absolute("")) == (f"{tmp_path}/sub/a/../b", "")


def test_a_relative_path_stays_where_the_working_folder_is_gone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "gone").mkdir()
    monkeypatch.chdir(tmp_path / "gone")
    (tmp_path / "gone").rmdir()
    assert absolute("file") == "file"


def test_a_path_is_resolved_as_far_as_it_leads_and_no_loop_is(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("sub")
    (tmp_path / "loop").symlink_to("loop")
    assert real_path(f"{tmp_path}/link/absent") == f"{os.path.realpath(tmp_path)}/sub/absent"
    with pytest.raises(OSError, match="Too many levels of symbolic links"):
        real_path(f"{tmp_path}/loop")
    with pytest.raises(ValueError, match="null"):
        real_path("a\0b")
