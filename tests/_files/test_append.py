"""Appending to a file: acknowledged when it is durable, and taken back where it fails."""

from __future__ import annotations

import errno
import itertools
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import faults
from run_artifacts._files.append import append
from run_artifacts._files.owned import Spool
from run_artifacts._history.target import resolve_target
from run_artifacts._process import Owner
from support import names, run_python
from writes import NEW, OLD, add


def test_an_append_is_durable_before_it_returns(tmp_path: Path) -> None:
    target = tmp_path / "a" / "file"
    seen = []
    for _ in range(2):
        with faults.calls() as made:
            add(target)
        order = [call for call in made if call in ("open", "write", "fsync", "pread")]
        seen.append([call for call, _ in itertools.groupby(order)])
    assert seen == [
        ["open", "write", "fsync", "open", "fsync", "open", "fsync"],  # the folders too
        ["open", "pread", "write", "fsync", "open", "fsync"],
    ]


def test_what_could_not_be_taken_back_is_said(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(OLD)
    with (
        mock.patch.object(os, "fsync", side_effect=OSError(errno.EIO, "Input/output error")),
        mock.patch.object(os, "ftruncate", side_effect=full_unless_empty),
        pytest.raises(OSError, match="the append failed") as caught,
    ):
        add(target)
    assert "and could not be taken back (No space left on device)" in str(caught.value)
    assert caught.value.filename == str(target)
    assert target.read_bytes() == OLD + NEW


def full_unless_empty(fd: int, size: int) -> None:
    """Truncate a lock file alone."""
    if size:
        raise OSError(errno.ENOSPC, "No space left on device")
    os.truncate(fd, size)


def others_write(how: Callable[[], object]) -> Any:
    """Have the first `fsync` fail, and others write to the file before it."""

    def fail_once(_fd: int) -> None:
        patch.stop()
        how()
        raise OSError(errno.EIO, "Input/output error")

    patch = mock.patch.object(os, "fsync", fail_once)
    return patch


OTHERS: dict[str, tuple[Callable[[Path], object], bytes]] = {
    "append": (lambda file: os.system(f"printf theirs >> '{file}'"), OLD + NEW + b"theirs"),
    "cut it off": (lambda file: os.truncate(file, 4), OLD[:4]),
    "cut what is new": (lambda file: os.truncate(file, len(OLD) + 9), OLD),
    "empty it": (lambda file: os.truncate(file, 0), b""),
    "rewrite it": (lambda file: file.write_bytes(b"x" * 999), b"x" * 999),
}


@pytest.mark.parametrize(("how", "left"), OTHERS.values(), ids=OTHERS)
def test_what_others_write_without_the_lock_is_not_taken_back(
    tmp_path: Path, how: Callable[[Path], object], left: bytes
) -> None:
    target = tmp_path / "file"
    target.write_bytes(OLD)
    others_write(lambda: how(target)).start()
    with pytest.raises(OSError, match="Input/output error") as caught:
        add(target)
    assert target.read_bytes() == left
    is_said = "another one has written to it without the lock" in str(caught.value)
    assert is_said == (left != OLD)


def test_an_append_between_two_names_of_a_file_is_not_taken_back(tmp_path: Path) -> None:
    """Each name has a lock of its own; what the other one was told stays true."""
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(OLD)
    other.hardlink_to(one)
    others_write(lambda: add(other, b"{}\n")).start()
    with pytest.raises(OSError, match="could not be taken back"):
        add(one)
    assert other.read_bytes() == OLD + NEW + b"{}\n"


def test_an_append_to_a_file_that_is_moved_away_is_taken_back_where_it_is(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(OLD)
    real = os.fsync

    def move(fd: int) -> None:
        if target.exists():
            target.rename(tmp_path / "moved")
        real(fd)

    with (
        mock.patch.object(os, "fsync", move),
        pytest.raises(
            OSError, match="the file was replaced or removed while it was appended to; append again"
        ),
    ):
        add(target)
    assert (tmp_path / "moved").read_bytes() == OLD
    assert names(tmp_path) == ["moved"]


def test_what_becomes_a_fifo_is_not_waited_for(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(OLD)
    lines = Spool(Owner(resolve_target(str(target)), "appended to"))
    target.unlink()
    os.mkfifo(target)
    with pytest.raises(OSError, match="not a regular file, and can't be appended to"):
        append(lines)
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("removed", [False, True])
def test_an_append_to_a_file_that_is_replaced_meanwhile_is_not_acknowledged(
    tmp_path: Path, removed: bool
) -> None:
    target, other = tmp_path / "file", tmp_path / "other"
    target.write_bytes(OLD)
    other.write_bytes(b"other")
    real = os.fsync

    def replace_first(fd: int) -> None:
        if stat.S_ISREG(os.fstat(fd).st_mode) and other.exists():
            os.replace(other, target)
            if removed:
                target.unlink()
        real(fd)

    with (
        mock.patch.object(os, "fsync", replace_first),
        pytest.raises(
            OSError, match="the file was replaced or removed while it was appended to; append again"
        ),
    ):
        add(target)
    assert removed or target.read_bytes() == b"other"
    assert names(tmp_path) == ["file"] * (not removed)


def test_a_file_size_limit_takes_an_append_back(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OLD)
    out = run_python(
        """
        import resource, sys
        from run_artifacts import append_report_history_jsonl
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            append_report_history_jsonl(sys.argv[1], [{"n": "x" * 100_000}])
        except OSError as error:
            print(error.strerror)
        """,
        str(tmp_path / "file"),
    )
    assert out == "File too large\n"
    assert (tmp_path / "file").read_bytes() == OLD
    assert names(tmp_path) == ["file"]


def test_a_link_in_the_place_of_the_file_that_is_appended_to_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("folder/file")
    (tmp_path / "folder").mkdir()
    for times in (1, 2):
        add(tmp_path / "link")
        assert (tmp_path / "folder" / "file").read_bytes() == NEW * times
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "folder") == ["file"]


def test_what_is_taken_back_is_so_durably(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OLD)
    with faults.calls() as whole:
        add(tmp_path / "file")
    (tmp_path / "file").write_bytes(OLD)
    failing = faults.error(errno.EIO, after=True)
    with (
        pytest.raises(OSError, match="Input/output error"),
        faults.calls(whole.index("write"), failing) as made,
    ):
        add(tmp_path / "file")
    order = [call for call in made if call in ("write", "ftruncate", "fsync")]
    assert order == ["ftruncate", "write", "ftruncate", "fsync"]  # the first is the lock's
