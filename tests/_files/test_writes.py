"""Both ways to write a file: the old content or the new one stands, whatever fails."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable
from pathlib import Path

import pytest

import faults
from support import names, run_python
from writes import OLD, WRITES, add, replace

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


def descriptors() -> int:
    return len(os.listdir("/proc/self/fd")) if os.path.exists("/proc/self/fd") else 0


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
        import faults, writes
        from run_artifacts import append_report_history_jsonl, iter_report_history
        target = pathlib.Path(sys.argv[2])
        write, old, new = writes.WRITES[sys.argv[3]]
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
        str(Path(__file__).parents[1]),
        str(tmp_path / "file"),
        write,
    )
    assert out == f"{write != 'replace'}\n"


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
