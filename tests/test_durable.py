"""Replacing a file: the old one or the new one, whole, whatever fails."""

from __future__ import annotations

import errno
import io
import itertools
import os
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

import faults
from run_artifacts._durable import append, replacing, resolve_target
from support import names, run_python


def write(target: Path, data: bytes = b"new") -> None:
    with replacing(resolve_target(str(target))) as file:
        file.write(data)


def test_the_order_of_the_calls_makes_the_new_file_last(tmp_path: Path) -> None:
    """A kill can't show a file that is renamed before its content is on the disk."""
    told = ("raw write", "chmod", "fsync", "replace", "raw close")
    (tmp_path / "file").write_bytes(b"old")
    for target, folders in ((tmp_path / "file", 1), (tmp_path / "a" / "b" / "file", 3)):
        with faults.calls() as made:
            write(target)
        order = [call for call in made if call in told][:-1]  # the last is the lock's
        chmod = ["chmod"] if folders == 1 else []
        assert order == [
            *["raw write", *chmod, "fsync", "raw close", "replace"],
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
        with replacing(str(tmp_path / "file")) as file:
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
        from run_artifacts._durable import replacing
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, 10_000))
        try:
            with replacing(sys.argv[1]) as file:
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
        from run_artifacts._durable import replacing
        if os.fork() == 0:
            with replacing(sys.argv[1]) as file:
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
    with replacing(str(tmp_path / "file")):
        (temporary,) = tmp_path.glob(".run_artifacts-*.tmp")
        assert stat.S_IMODE(temporary.stat().st_mode) == 0o600


def test_a_path_that_can_name_no_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match="the path of a history is empty"):
        resolve_target("")
    for end in ("/", "/.", "/..", "/./"):
        with pytest.raises(IsADirectoryError):
            resolve_target(f"{tmp_path}/new{end}")
    assert names(tmp_path) == []


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


def test_a_target_that_is_no_file_is_refused_and_left(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "fifo")
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(IsADirectoryError):
        write(tmp_path / "folder")
    with pytest.raises(OSError, match="not a regular file"):
        write(tmp_path / "fifo")
    with pytest.raises(OSError, match="Too many levels"):
        write(tmp_path / "loop")
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
            write(target)
    assert (run / "report.json").read_text() == "{}"
    write(tmp_path / "_compiled" / "history.jsonl")
    deep = tmp_path / "_compiled" / "a" / "b" / "c" / "history.jsonl"
    assert resolve_target(str(deep), tree=str(tmp_path)) == str(deep)


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


OLD, NEW = b'{"old": 1}\n', b'{"new": "' + b"x" * 400_000 + b'"}\n'

FAULTS = {
    "ENOSPC": faults.error(errno.ENOSPC),
    "EIO afterwards": faults.error(errno.EIO, after=True),
    "EINTR": faults.error(errno.EINTR),
    "KeyboardInterrupt": faults.raising(KeyboardInterrupt),
    "KeyboardInterrupt afterwards": faults.raising(KeyboardInterrupt, after=True),
    "half a write, then ENOSPC": faults.half_and(faults.error(errno.ENOSPC)),
    "a short write": faults.short,
}

# How each write ends: where one of these fails, what it was to do away with stays.
CLEANING = ["flock", "fstat", "lstat lock", "unlink lock", "flock", "raw close"]


def replace(target: Path) -> None:
    with replacing(resolve_target(str(target))) as file:
        for place in range(0, len(NEW), 50_000):
            file.write(NEW[place : place + 50_000])


def add(target: Path) -> None:
    append(resolve_target(str(target)), io.BytesIO(NEW))


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0


WRITES: dict[str, tuple[Callable[[Path], None], bytes, bytes]] = {
    "replace": (replace, OLD, NEW),
    "append": (add, OLD, OLD + NEW),
    "append to a torn file": (add, OLD + b'{"t', OLD + b'{"t\n' + NEW),
    "append to nothing": (add, b"", NEW),
}


# What an interrupt leaves open is closed with the object that it belongs to, which warns.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(("write", "old", "new"), WRITES.values(), ids=WRITES)
def test_whatever_call_fails_the_old_file_or_the_new_one_stands(
    tmp_path: Path, write: Callable[[Path], None], old: bytes, new: bytes, fault: str
) -> None:
    target = tmp_path / "file"

    def prepare() -> None:
        for path in tmp_path.iterdir():
            path.unlink()
        if old:
            target.write_bytes(old)

    prepare()
    with faults.calls() as whole:
        write(target)
    assert whole[-len(CLEANING) :] == CLEANING
    # From here on an interrupt can come when all is done but to say so.
    late = whole.index("replace" if "replace" in whole else "close")
    outcomes = set()
    for at, call in enumerate(whole):
        prepare()
        open_before = descriptors()
        failed = None
        try:
            with faults.calls(at, FAULTS[fault]):
                write(target)
        except (OSError, KeyboardInterrupt) as caught:
            failed = caught
        found = target.read_bytes() if target.exists() else b""
        outcomes.add(failed is None)
        where = (at, call, whole)
        if failed is None or "the new file stands" in str(failed):
            assert found == new, where
        elif call == "replace" or (isinstance(failed, KeyboardInterrupt) and at >= late):
            assert found in (old, new), where
        else:
            assert found == old, where
        if at < len(whole) - len(CLEANING) and (call, fault[-10:]) != ("open lock", "afterwards"):
            assert names(tmp_path) == ["file"] * target.exists(), where
            assert target.exists() == bool(found or old), where
            assert descriptors() <= open_before or "open" in call, where
        write(target)  # which would wait for ever if the lock were still held
    assert (False in outcomes) == (fault != "a short write")


@pytest.mark.parametrize("after", ["", "after=True"], ids=["before", "after"])
@pytest.mark.parametrize("write", ["replace", "append", "append to a torn file"])
def test_whatever_call_a_kill_meets_nothing_that_stood_is_lost(
    tmp_path: Path, write: str, after: str
) -> None:
    """Half of each write is done when the kill comes, so that appending really tears."""
    out = run_python(
        f"""
        import os, pathlib, sys
        sys.path.insert(0, sys.argv[1])
        import faults, test_durable
        from run_artifacts import append_report_history_jsonl, iter_report_history
        target = pathlib.Path(sys.argv[2])
        write, old, new = test_durable.WRITES[sys.argv[3]]
        target.write_bytes(old)
        with faults.calls() as whole:
            write(target)
        torn = 0
        for at in range(len(whole)):
            target.write_bytes(old)
            if (child := os.fork()) == 0:
                with faults.calls(at, faults.half_and(faults.killed({after}))):
                    write(target)
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -9, whole[at]
            found = target.read_bytes()
            if "replace" in sys.argv[3]:
                assert found in (old, new), whole[at]
            else:
                assert found.startswith(old) and new.startswith(found), whole[at]
            append_report_history_jsonl(target, [{{"next": 1}}])
            losses = []
            records = list(iter_report_history(target, on_loss=losses.append))
            assert records[-1] == {{"next": 1}}
            assert [list(record) for record in records[:-1]] in (
                [["old"]], [["new"]], [["old"], ["new"]]
            ), whole[at]
            assert {{loss.reason for loss in losses}} <= {{"torn_line"}}, whole[at]
            torn += len(losses)
            left = set(os.listdir(target.parent)) - {{target.name}}
            assert all(name.endswith(".tmp") for name in left) and len(left) <= 1, left
        write(target)
        assert os.listdir(target.parent) == [target.name]
        print(torn > 0)
        """,
        str(Path(__file__).parent),
        str(tmp_path / "file"),
        write,
    )
    assert out == f"{write != 'replace'}\n"


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


def test_what_a_killed_writer_left_and_cannot_be_removed_hinders_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a sticky folder, what another user left stays."""
    with replacing(str(tmp_path / "file")):
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
    others_write(lambda: append(str(other), io.BytesIO(b"{}\n"))).start()
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
    resolved = resolve_target(str(target))
    target.unlink()
    os.mkfifo(target)
    with pytest.raises(OSError, match="not a regular file, and can't be appended to"):
        append(resolved, io.BytesIO(NEW))
    assert names(tmp_path) == ["file"]


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


def test_a_system_that_writes_nothing_ends_the_append(tmp_path: Path) -> None:
    with (
        mock.patch.object(os, "write", return_value=0),
        pytest.raises(OSError, match="the system writes nothing"),
    ):
        add(tmp_path / "file")
    assert names(tmp_path) == []


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


@pytest.mark.parametrize("write", [replace, add])
def test_a_new_file_has_the_mode_of_the_umask_and_an_existing_one_keeps_its_own(
    tmp_path: Path, write: Callable[[Path], None]
) -> None:
    before = os.umask(0o002)
    try:
        write(tmp_path / "new")
        (tmp_path / "kept").write_bytes(OLD)
        (tmp_path / "kept").chmod(0o604)
        write(tmp_path / "kept")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "new").stat().st_mode) == 0o664
    assert stat.S_IMODE((tmp_path / "kept").stat().st_mode) == 0o604


def test_a_link_in_the_place_of_the_file_that_is_appended_to_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("folder/file")
    (tmp_path / "folder").mkdir()
    for times in (1, 2):
        add(tmp_path / "link")
        assert (tmp_path / "folder" / "file").read_bytes() == NEW * times
    assert (tmp_path / "link").is_symlink()
    assert names(tmp_path / "folder") == ["file"]


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


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EIO])
def test_a_file_system_that_cannot_sync_folders_needs_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    real = os.fsync

    def refuse(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(code, os.strerror(code))
        real(fd)

    monkeypatch.setattr(os, "fsync", refuse)
    if code == errno.EIO:
        with pytest.raises(OSError, match="Input/output error"):
            add(tmp_path / "file")
        assert names(tmp_path) == []
    else:
        add(tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == NEW


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


def test_a_child_that_is_forked_while_a_file_is_written_leaves_it_alone(tmp_path: Path) -> None:
    """It leaves the block by an exception, as a child that ends in `sys.exit` does."""
    out = run_python(
        """
        import os, sys
        from run_artifacts._durable import replacing
        try:
            with replacing(sys.argv[1]) as file:
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
