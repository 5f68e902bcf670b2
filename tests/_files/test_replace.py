"""Replacing a file: the old one or the new one, whole, whatever fails."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import faults
from run_artifacts._files.replace import replacing
from run_artifacts._history.target import resolve_target
from run_artifacts._process import Owner
from support import names, run_python
from writes import NEW, OLD, replace


def write(target: Path, data: bytes = b"new") -> None:
    with replacing(Owner(resolve_target(str(target)), "written")) as file:
        file.write(data)


def test_the_order_of_the_calls_makes_the_new_file_last(tmp_path: Path) -> None:
    """A kill can't show a file that is renamed before its content is on the disk."""
    told = ("write", "chmod", "fsync", "replace", "raw close")
    (tmp_path / "file").write_bytes(b"old")
    for target, folders in ((tmp_path / "file", 1), (tmp_path / "a" / "b" / "file", 3)):
        with faults.calls() as made:
            write(target)
        order = [call for call in made if call in told][:-1]  # the last is the lock's
        chmod = ["chmod"] if folders == 1 else []
        assert order == [
            *["write", *chmod, "fsync", "raw close", "replace"],
            *["fsync"] * folders,
        ]


@pytest.mark.parametrize("error", [errno.ENOSPC, errno.EIO, errno.EACCES])
@pytest.mark.parametrize("name", ["open", "fsync", "replace", "chmod"])
def test_a_call_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, error: int
) -> None:
    (tmp_path / "file").write_bytes(b"old")
    real = getattr(os, name)

    def fail(*arguments: Any, **options: Any) -> Any:
        if name == "open" and ".tmp" not in str(arguments[0]):
            return real(*arguments, **options)
        raise OSError(error, os.strerror(error))

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(OSError, match=os.strerror(error)):
        write(tmp_path / "file")
    monkeypatch.undo()
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_folder_that_cannot_be_synced_is_said_with_the_new_file_in_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.fsync

    def fail_on_folders(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(errno.EIO, "Input/output error")
        real(fd)

    monkeypatch.setattr(os, "fsync", fail_on_folders)
    with pytest.raises(OSError, match="the new file stands, but may not outlast a crash"):
        write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"new"
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("raised", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_an_exception_in_the_middle_leaves_the_old_file(
    tmp_path: Path, raised: type[BaseException]
) -> None:
    (tmp_path / "file").write_bytes(b"old")

    def write_half() -> None:
        with replacing(Owner(str(tmp_path / "file"), "written")) as file:
            file.write(b"x" * 1_000_000)
            raise raised

    with pytest.raises(raised):
        write_half()
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_file_size_limit_leaves_the_old_file(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    out = run_python(
        """
        import resource, signal, sys
        from run_artifacts._files.replace import replacing
        from run_artifacts._process import Owner
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            with replacing(Owner(sys.argv[1], "written")) as file:
                file.write(b"x" * 100_000)
        except OSError as error:
            print(error.strerror)
        """,
        str(tmp_path / "file"),
    )
    assert out == "File too large\n"
    assert (tmp_path / "file").read_bytes() == b"old"
    assert names(tmp_path) == ["file"]


def test_a_kill_leaves_the_old_file_and_the_next_write_works(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    source = """
        import os, signal, sys
        from run_artifacts._files.replace import replacing
        from run_artifacts._process import Owner
        if os.fork() == 0:
            with replacing(Owner(sys.argv[1], "written")) as file:
                file.write(b"new" * 100_000)
                os.kill(os.getpid(), signal.SIGKILL)
        print(os.waitstatus_to_exitcode(os.wait()[1]))
    """
    assert run_python(source, str(tmp_path / "file")) == "-9\n"
    assert (tmp_path / "file").read_bytes() == b"old"
    write(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == b"new"


def test_the_new_file_of_a_private_one_is_private_while_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    (tmp_path / "file").chmod(0o600)
    with replacing(Owner(str(tmp_path / "file"), "written")):
        (temporary,) = tmp_path.glob(".run_artifacts-*.tmp")
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_an_existing_file_keeps_its_owner(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"old")
    os.chown(tmp_path / "file", 12_345, 23_456)
    write(tmp_path / "file")
    status = (tmp_path / "file").stat()
    assert (status.st_uid, status.st_gid) == (12_345, 23_456)


def test_a_link_in_the_place_of_the_target_is_kept(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    for name in ("old", "not_there_yet"):
        (tmp_path / name).symlink_to(f"elsewhere/{name}")
    (tmp_path / "elsewhere" / "old").write_bytes(b"old")
    for name in ("old", "not_there_yet"):
        write(tmp_path / name)
        assert (tmp_path / name).is_symlink()
        assert (tmp_path / "elsewhere" / name).read_bytes() == b"new"


def test_a_folder_without_permission_is_a_permission_error(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    (public_path / "closed").mkdir()
    (public_path / "closed" / "file").write_bytes(b"old")
    (public_path / "closed").chmod(0o555)
    out = run_unprivileged(f"""
        from run_artifacts import write_report_history_jsonl
        try:
            write_report_history_jsonl({str(public_path / "closed" / "file")!r}, [])
        except PermissionError as error:
            print(error.strerror, error.filename[-6:])
    """)
    assert out == "no file can be made beside it; make its folder writable d/file\n"
    assert (public_path / "closed" / "file").read_bytes() == b"old"


def test_what_a_killed_writer_left_and_cannot_be_removed_hinders_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a sticky folder, what another user left stays."""
    with replacing(Owner(str(tmp_path / "file"), "written")):
        (left,) = tmp_path.glob(".run_artifacts-*.tmp")
    left.write_text("left")
    unlink = os.unlink

    def refuse(path: str) -> None:
        if path == str(left):
            raise PermissionError(errno.EPERM, "Operation not permitted", path)
        unlink(path)

    monkeypatch.setattr(os, "unlink", refuse)
    replace(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == NEW
    assert names(tmp_path) == [left.name, "file"]


def test_the_group_is_kept_where_the_user_cannot_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = []

    def fchown(_fd: int, user: int, group: int) -> None:
        if user != -1:
            raise PermissionError(errno.EPERM, "Operation not permitted")
        given.append(group)

    (tmp_path / "file").write_bytes(OLD)
    monkeypatch.setattr(os, "fchown", fchown)
    replace(tmp_path / "file")
    assert given == [(tmp_path / "file").stat().st_gid]


def test_a_child_that_is_forked_while_a_file_is_written_leaves_it_alone(tmp_path: Path) -> None:
    """It leaves the block by an exception, as a child that ends in `sys.exit` does."""
    out = run_python(
        """
        import os, sys
        from run_artifacts._files.replace import replacing
        from run_artifacts._process import Owner
        try:
            with replacing(Owner(sys.argv[1], "written")) as file:
                if (child := os.fork()) == 0:
                    sys.exit(3)
                print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
                file.write(b"new")
                print(sorted(name[-4:] for name in os.listdir(os.path.dirname(sys.argv[1]))))
        except SystemExit:
            os._exit(3)
        """,
        str(tmp_path / "file"),
    )
    assert out == "3\n['.tmp', 'lock']\n"
    assert (tmp_path / "file").read_bytes() == b"new"
    assert names(tmp_path) == ["file"]
