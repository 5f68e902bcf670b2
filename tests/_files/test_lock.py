"""Locks: who writes one path follows who writes it already."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from run_artifacts._files import lock as lock_module
from run_artifacts._files.replace import replacing
from run_artifacts._history.target import resolve_target
from run_artifacts._process import Owner
from support import names, run_python
from writes import add

OLD, NEW = b'{"old": 1}\n', b'{"new": 1}\n'


def write(target: Path) -> None:
    with replacing(Owner(resolve_target(str(target)), "written")) as file:
        file.write(NEW)


def test_another_users_lock_is_waited_for_and_outlives_no_kill(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    shared = public_path / "shared"
    shared.mkdir()
    shared.chmod(0o777)
    with replacing(Owner(str(shared / "file"), "written")):
        (lock,) = shared.glob(".run_artifacts-*.lock")
        assert stat.S_IMODE(lock.stat().st_mode) == 0o666
    # What a writer that was killed leaves behind.
    for mode in (0o666, 0o644):
        lock.write_text("12 34")
        lock.chmod(mode)
        out = run_unprivileged(f"""
            from run_artifacts import write_report_history_jsonl
            print(write_report_history_jsonl({str(shared / "file")!r}, [])["total"])
        """)
        assert out == "0\n"
        assert names(shared) == ["file"]


@pytest.mark.parametrize("name", ["pwrite", "ftruncate"])
def test_a_lock_that_fails_is_not_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, name, fail)
    with pytest.raises(OSError, match="No space left"):
        write(tmp_path / "file")
    monkeypatch.undo()
    assert names(tmp_path) == []


def test_a_thread_that_writes_what_it_is_writing_is_told_so(tmp_path: Path) -> None:
    for exists in (False, True):
        if exists:
            (tmp_path / "file").write_bytes(b"old")
        with (
            pytest.raises(RuntimeError, match="file is being written by this thread already"),
            replacing(Owner(str(tmp_path / "file"), "written")),
            replacing(Owner(str(tmp_path / "file"), "written")),
        ):
            pytest.fail("the second one began")
        assert (tmp_path / "file").exists() == exists
        assert names(tmp_path) == ["file"] * exists


def test_other_files_of_the_folder_can_be_written_meanwhile(tmp_path: Path) -> None:
    with replacing(Owner(str(tmp_path / "one"), "written")) as file:
        write(tmp_path / "two")
        file.write(b"1")
    assert names(tmp_path) == ["one", "two"]


def test_writers_of_one_path_follow_each_other(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"")

    def add(number: int) -> None:
        for _ in range(20):
            with replacing(Owner(str(target), "written")) as file:
                file.write(target.read_bytes() + b"%d" % number)

    threads = [threading.Thread(target=add, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(target.read_bytes()) == sorted(b"0123" * 20)
    assert names(tmp_path) == ["file"]


def test_processes_that_write_one_path_follow_each_other(tmp_path: Path) -> None:
    target = tmp_path / "file"
    target.write_bytes(b"")
    run_python(
        """
        import os, pathlib, sys
        from run_artifacts._files.replace import replacing
        from run_artifacts._process import Owner
        target = pathlib.Path(sys.argv[1])
        os.fork()
        os.fork()
        for _ in range(20):
            with replacing(Owner(str(target), "written")) as file:
                file.write(target.read_bytes() + b"x")
        while True:
            try:
                assert os.wait()[1] == 0
            except ChildProcessError:
                break
        """,
        str(target),
    )
    assert target.read_bytes() == b"x" * 80
    assert names(tmp_path) == ["file"]


def test_without_locks_a_write_works_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("run_artifacts._files.lock.fcntl", None)
    write(tmp_path / "file")
    assert names(tmp_path) == ["file"]


def test_a_lock_that_is_another_file_of_someone_is_not_written_to(tmp_path: Path) -> None:
    (tmp_path / "precious").write_bytes(b"precious")
    (tmp_path / "precious").chmod(0o640)
    with replacing(Owner(str(tmp_path / "file"), "written")):
        (lock,) = tmp_path.glob(".run_artifacts-*.lock")
    lock.hardlink_to(tmp_path / "precious")
    add(tmp_path / "file")
    assert (tmp_path / "precious").read_bytes() == b"precious"
    assert stat.S_IMODE((tmp_path / "precious").stat().st_mode) == 0o640
    assert names(tmp_path) == ["file", "precious"]


def test_a_thread_that_appends_to_what_it_writes_is_told_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(OLD)
    with (
        pytest.raises(RuntimeError, match="file is being written by this thread already"),
        replacing(Owner(str(tmp_path / "file"), "written")),
    ):
        add(tmp_path / "file")
    assert (tmp_path / "file").read_bytes() == OLD
    assert names(tmp_path) == ["file"]


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_a_file_system_has_no_locks_nothing_is_appended(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("run_artifacts._files.lock.fcntl.flock", no_locks)
    said = "appending needs file locks, which this file system lacks; "
    said += "write the whole file with write_report_history_jsonl"
    with pytest.raises(NotImplementedError, match=said):
        add(tmp_path / "file")
    assert names(tmp_path) == []
    write(tmp_path / "file")
    assert names(tmp_path) == ["file"]


def test_appends_of_threads_follow_each_other_and_a_writer(tmp_path: Path) -> None:
    """Each writer rewrites what it finds; without the lock it would lose what comes between."""
    target = tmp_path / "file"

    def work(number: int) -> None:
        for step in range(15):
            if number == 0 and target.exists():
                with replacing(Owner(str(target), "written")) as file:
                    file.write(target.read_bytes())
            add(target, b"%d %d\n" % (number, step))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    expected = {b"%d %d" % (number, step) for number in range(4) for step in range(15)}
    lines = target.read_bytes().splitlines()
    assert (len(lines), set(lines)) == (60, expected)
    assert names(tmp_path) == ["file"]


def lock_of(target: Path) -> Path:
    with replacing(Owner(str(target), "written")):
        (lock,) = target.parent.glob(".run_artifacts-*.lock")
    return lock


def test_a_link_in_the_place_of_the_lock_is_not_followed(tmp_path: Path) -> None:
    lock = lock_of(tmp_path / "file")
    lock.symlink_to(tmp_path / "made")
    with pytest.raises(OSError, match="its lock is a symbolic link"):
        add(tmp_path / "file")
    lock.unlink()
    (tmp_path / "precious").write_text("precious")
    lock.symlink_to(tmp_path / "precious")
    with pytest.raises(OSError, match="its lock is a symbolic link"):
        add(tmp_path / "file")
    assert names(tmp_path) == [lock.name, "file", "precious"]
    assert (tmp_path / "precious").read_text() == "precious"


@pytest.mark.parametrize("name", ["unlink", "lstat", "fstat"])
def test_an_interrupt_while_a_lock_is_let_go_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    real = getattr(os, name)

    def interrupt(*_: object) -> None:
        monkeypatch.setattr(os, name, real)
        raise KeyboardInterrupt

    def block() -> None:
        with replacing(Owner(str(tmp_path / "file"), "written")) as file:
            file.write(NEW)
            monkeypatch.setattr("run_artifacts._files.replace.sync_folders", arm)

    def arm(_folders: object) -> None:
        monkeypatch.setattr(os, name, interrupt)

    with pytest.raises(KeyboardInterrupt):
        block()
    monkeypatch.undo()
    assert names(tmp_path) == ["file"]
    add(tmp_path / "file")


def test_a_process_of_the_same_number_is_not_taken_for_this_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each PID namespace has its own numbers; and threads of two processes share theirs too."""
    monkeypatch.setattr(os, "getpid", lambda: 1)
    monkeypatch.setattr(lock_module, "get_ident", lambda: 1)
    with replacing(Owner(str(tmp_path / "file"), "written")):
        out = run_python(
            """
            import os, sys
            from run_artifacts._files import lock
            os.getpid = lock.get_ident = lambda: 1
            real = lock.fcntl.flock
            def flock(fd, how):
                if how == lock.fcntl.LOCK_EX:
                    print("it waits", flush=True)
                    os._exit(0)
                real(fd, how)
            lock.fcntl.flock = flock
            write_report_history_jsonl(sys.argv[1], [])
            """,
            str(tmp_path / "file"),
        )
    assert out == "it waits\n"
