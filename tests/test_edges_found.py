"""What an attack has found at the edges, each as it was found."""

from __future__ import annotations

import errno
import json
import os
import signal
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import (
    HistoryLoss,
    HistoryWarning,
    TextCapturePolicy,
    append_report_history_jsonl,
    capture_text_artifact,
    iter_report_history,
    iter_run_artifacts,
    iter_run_dirs,
    load_run_record,
    select_recent_run_dirs,
    write_report_history_jsonl,
)
from run_artifacts._files import owned
from support import run_python, write_run

# Threads of other tests may still be ending.
pytestmark = pytest.mark.filterwarnings("ignore:This process:DeprecationWarning")

OLD = b'{"old": 1}\n'
STOPS = [StopIteration("enough"), GeneratorExit("enough"), KeyError("enough"), TimeoutError()]


def raise_it(error: BaseException) -> Callable[[Any], Any]:
    def function(_: Any) -> Any:
        raise error

    return function


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"bad\n" + b'{"n": 1}\n' * 3)
    return path


def in_a_child(work: Callable[[], object]) -> int:
    """Do something in a child; return how it exits, as a program that comes to its end."""
    child = os.fork()
    if child == 0:
        signal.alarm(20)
        code = 1
        try:
            work()
            code = 0
        except SystemExit as error:
            code = int(error.code or 0)
        except RuntimeError as error:
            code = 7 if "forked" in str(error) else 1
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


# 1. Nobody's exception is ours.


@pytest.mark.parametrize("error", STOPS, ids=repr)
def test_what_on_loss_raises_ends_a_write_and_publishes_nothing(
    history: Path, tmp_path: Path, error: BaseException
) -> None:
    target = tmp_path / "compiled.jsonl"
    target.write_bytes(OLD)
    with pytest.raises(type(error)) as caught:
        write_report_history_jsonl(history, out_path=target, on_loss=raise_it(error))
    assert caught.value is error
    assert target.read_bytes() == OLD
    assert sorted(os.listdir(tmp_path)) == ["compiled.jsonl", "history.jsonl"]


@pytest.mark.parametrize("error", STOPS, ids=repr)
def test_what_on_loss_raises_ends_whatever_goes_over_runs(runs: Path, error: BaseException) -> None:
    (runs / "a" / "20260101T000000Z" / "x").mkdir(parents=True)
    (runs / "a" / "20260101T000000Z" / "x" / "0").symlink_to("1" * 200)
    write_run(runs, "b/20260101T000000Z/x/0", target_ref__json=b"{")
    with pytest.raises(type(error)) as caught:
        select_recent_run_dirs(runs, limit=3, repo_input="r", on_loss=raise_it(error))
    assert caught.value is error
    with pytest.raises(type(error)) as caught:
        write_report_history_jsonl(
            runs, out_path=runs / "_c.jsonl", repo_input="r", on_loss=raise_it(error)
        )
    assert caught.value is error
    assert not (runs / "_c.jsonl").exists()


@pytest.mark.parametrize("option", ["on_loss", "loads"])
def test_a_stop_of_the_callers_is_not_taken_for_the_end_of_a_history(
    history: Path, tmp_path: Path, option: str
) -> None:
    """What an iterator raises as such is its end; so it comes as the cause of another error."""
    stop = StopIteration("enough")
    options: dict[str, Any] = {"on_loss": lambda _: None, option: raise_it(stop)}
    reader = iter_report_history(history, **options)
    with pytest.raises(RuntimeError, match=f"{option} raised StopIteration.'enough'.") as caught:
        list(reader)
    assert caught.value.__cause__ is stop
    with pytest.raises(StopIteration) as raised:
        write_report_history_jsonl(tmp_path / "copy.jsonl", iter_report_history(history, **options))
    assert raised.value is stop
    assert not (tmp_path / "copy.jsonl").exists()
    with pytest.raises(RuntimeError, match="raised StopIteration"):
        list(iter_report_history(history, last=9, **options))


@pytest.mark.parametrize("error", STOPS, ids=repr)
@pytest.mark.parametrize("write", [write_report_history_jsonl, append_report_history_jsonl])
def test_what_records_raise_publishes_nothing(
    history: Path, write: Callable[..., Any], error: BaseException
) -> None:
    class Stopping(dict[str, Any]):
        def items(self) -> Any:
            raise error

    def records() -> Iterator[Any]:
        yield {"n": 1}
        raise error

    before = history.read_bytes()
    expected = RuntimeError if isinstance(error, StopIteration) else type(error)
    with pytest.raises(expected):  # as Python has it of any generator
        write(history, records())
    assert history.read_bytes() == before
    assert os.listdir(history.parent) == [history.name]


def test_a_deadline_while_a_decoder_works_is_no_damage(history: Path) -> None:
    with pytest.raises(TimeoutError):
        list(iter_report_history(history, on_loss=lambda _: None, loads=raise_it(TimeoutError())))


# 2. A fork copies nothing of ours.

LEAVE = {
    "sys.exit": "sys.exit()",
    "an exception": "raise KeyError",
    "returning": "pass",
}


@pytest.mark.parametrize("way", LEAVE)
@pytest.mark.parametrize("spooled", [0, 8 << 20])
@pytest.mark.parametrize("write", ["write_report_history_jsonl", "append_report_history_jsonl"])
def test_a_child_forked_by_records_adds_nothing(
    tmp_path: Path, write: str, spooled: int, way: str
) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(OLD)
    run_python(
        f"""
        import os, sys
        from run_artifacts._files import owned
        def records():
            for number in range(100):
                if number == 50 and os.fork() == 0:
                    {LEAVE[way]}
                yield {{"n": number, "text": "x" * {200_000 if spooled else 10}}}
            try:
                os.wait()
            except ChildProcessError:
                pass
        parent = os.getpid()
        try:
            {write}(sys.argv[1], records())
        except (KeyError, RuntimeError):
            assert os.getpid() != parent
        """,
        str(path),
    )
    lines = path.read_bytes().splitlines(keepends=True)
    kept = [OLD] if write.startswith("append") else []
    assert lines[: len(kept)] == kept
    assert [json.loads(line)["n"] for line in lines[len(kept) :]] == [*range(100)]
    assert os.listdir(tmp_path) == ["history.jsonl"]


@pytest.mark.parametrize("options", [{}, {"last": 50_000}])
def test_a_reader_shared_with_a_child_is_the_parents(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"".join(b'{"n": %d}\n' % number for number in range(50_000)))
    reader = iter_report_history(path, **options)
    assert next(reader)["n"] == 0
    for use in (lambda: next(reader), lambda: list(reader)):
        assert in_a_child(use) == 7
    assert in_a_child(reader.close) == 0
    assert [record["n"] for record in reader] == [*range(1, 50_000)]


def test_what_goes_over_a_tree_is_the_parents(runs: Path) -> None:
    for number in range(5):
        run = write_run(runs, f"a/20260101T000000Z/x/{number}")
    for made in (
        iter_report_history(runs),
        iter_run_dirs(runs),
        iter_run_artifacts(run.parent),
    ):
        next(made)
        assert in_a_child(lambda made=made: [*made]) == 7  # type: ignore[misc]
        assert len([*made]) == 4


# 4., 5. A file is what it was when it was opened.


def test_a_file_that_is_cut_off_while_it_is_read_is_a_loss(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    line = json.dumps({"text": "x" * 116}).encode() + b"\n"
    path.write_bytes(line * 20_000)
    losses: list[HistoryLoss] = []
    reader = iter_report_history(path, on_loss=losses.append)
    next(reader)
    os.truncate(path, 0)
    assert len([*reader]) < 20_000
    assert [(loss.reason, loss.path) for loss in losses] == [("unreadable_file", str(path))]
    assert reader.tally.lost == 1
    path.write_bytes(line * 20_000)
    reader = iter_report_history(path)
    next(reader)
    os.truncate(path, 0)
    with pytest.raises(HistoryLoss, match="cut off meanwhile, before byte"):
        write_report_history_jsonl(path, reader)
    assert path.read_bytes() == b""


def test_what_is_appended_while_a_file_is_read_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    for torn, end in ((b"", 2), (b'{"n"', 3)):
        path.write_bytes(OLD * 2 + torn)
        losses: list[HistoryLoss] = []
        reader = iter_report_history(path, on_loss=losses.append)
        next(reader)
        with path.open("ab") as file:
            file.write(b": 1}\n" + OLD * 100_000)
        assert len([*reader]) == 1
        assert reader.tally.total == end
        assert [loss.reason for loss in losses] == ["torn_tail"] * (end - 2)


def test_no_more_than_the_last_records_are_given_whatever_is_written(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(OLD + b'{"text": "' + b"x" * 5_000)
    losses: list[HistoryLoss] = []

    def complete(loss: HistoryLoss) -> None:
        losses.append(loss)

    reader = iter_report_history(path, last=1, max_line_bytes=1_000, on_loss=complete)
    real = owned.OwnedReader.seek
    moved: list[int] = []

    def seek(file: owned.OwnedReader, offset: int, whence: int = 0) -> int:
        moved.append(offset)
        if len(moved) == 3:
            with path.open("ab") as more:
                more.write(b'"}\n' + OLD * 3)
        return real(file, offset, whence)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owned.OwnedReader, "seek", seek)
        records = [*reader]
    assert len(moved) >= 3
    assert records == [{"old": 1}]
    assert [loss.reason for loss in losses] == ["line_too_long"]


def test_a_part_that_is_rewritten_gives_no_more_than_the_last_records(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(OLD + b'{"text": "' + b"x" * 1_200_000 + b'"}\n')
    blocks = -(-path.stat().st_size // owned.BLOCK_BYTES)
    real = owned.OwnedReader.readinto
    reads: list[int] = []

    def readinto(file: owned.OwnedReader, buffer: Any) -> int | None:
        reads.append(len(buffer))
        if len(reads) == blocks + 1:
            with path.open("r+b") as again:
                again.write(OLD * 109_090)
        return real(file, buffer)

    losses: list[HistoryLoss] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(owned.OwnedReader, "readinto", readinto)
        records = [*iter_report_history(path, last=1, on_loss=losses.append)]
    assert len(reads) > blocks
    assert records == [{"old": 1}]
    assert (losses[-1].reason, losses[-1].detail) == (
        "unreadable_file",
        "it was rewritten meanwhile",
    )


# 7. What needs a thread works without one.


@pytest.mark.parametrize("levels", [2_000, 850])
def test_a_line_that_is_nested_deep_ends_no_read(tmp_path: Path, levels: int) -> None:
    path = tmp_path / "history.jsonl"
    deep = b'{"a": ' + b"[" * levels + b"]" * levels + b"}\n"
    path.write_bytes(OLD + deep + OLD)
    out = run_python(
        """
        import sys
        from run_artifacts import _process
        def refuse(*_):
            raise RuntimeError("can't start new thread")
        _process.start_new_thread = refuse
        def read(levels):
            if levels:
                return read(levels - 1)
            losses = []
            reader = iter_report_history(sys.argv[1], on_loss=losses.append)
            print(len([*reader]), [(loss.reason, loss.detail) for loss in losses])
        read(600)
        """,
        str(path),
    )
    in_words = (
        "nested deeper than there is room for here, and no thread can be had for it",
        "nested more than 900 levels deep",
    )
    allowed = [f"2 {[('invalid_json', detail)]}\n" for detail in in_words]
    assert out in (allowed if levels > 900 else [*allowed[:1], "3 []\n"])


# 8. A child that has no thread doesn't wait for it.


def test_a_child_forked_while_a_large_file_is_hashed_does_not_wait(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 40_000_000)
    out = run_python(
        """
        import os, signal, sys
        from run_artifacts._capture import scan
        scan._BLOCK_BYTES = 4_096
        parent, children = os.getpid(), fork_at_alarm(0.01, 0.01)
        try:
            status = capture_text_artifact(sys.argv[1]).status
        except RuntimeError as error:
            os._exit(0 if os.getpid() != parent and "forked" in str(error) else 1)
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        if os.getpid() != parent:
            os._exit(0 if status == "captured" else 2)
        print(status, len(children) > 2, {os.waitpid(child, 0)[1] for child in children})
        """,
        str(tmp_path / "file"),
    )
    assert out == "captured True {0}\n"


# 11. Smaller ones.


@pytest.mark.parametrize("size", [10, 2_000_000])
def test_a_close_that_fails_is_a_problem_of_the_capture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: int
) -> None:
    (tmp_path / "file").write_bytes(b"x" * size)
    real = os.close

    def fail(fd: int) -> None:
        real(fd)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "close", fail)
    found = [capture_text_artifact(tmp_path / "file"), *iter_run_artifacts(tmp_path)]
    monkeypatch.undo()
    for result in found:
        assert (result.status, result.error) == ("captured", "close_failed: Input/output error")
        assert result.excerpt is not None


def test_a_close_that_fails_loses_no_run(runs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run = write_run(runs, report__json={"n": 1})
    real = os.close

    def fail(fd: int) -> None:
        real(fd)
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(os, "close", fail)
    record = load_run_record(run, runs_dir=runs)
    monkeypatch.undo()
    assert record is not None
    assert (record["status"], record["report"]) == ("ok", {"n": 1})


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="needs /proc")
@pytest.mark.parametrize("write", [write_report_history_jsonl, append_report_history_jsonl])
def test_a_file_that_has_no_name_any_more_is_not_written_under_another(
    tmp_path: Path, write: Callable[..., Any]
) -> None:
    path = tmp_path / "history.jsonl"
    with path.open("w+b") as file:
        link = f"/proc/self/fd/{file.fileno()}"
        write(link, [{"n": 1}])
        assert path.read_bytes() == b'{"n": 1}\n'
    with path.open("r+b") as file:
        path.unlink()
        link = f"/proc/self/fd/{file.fileno()}"
        with pytest.raises(OSError, match=r"leads to a file that isn't at .*deleted"):
            write(link, [{"n": 1}])
    assert os.listdir(tmp_path) == []


@pytest.mark.parametrize("write", [write_report_history_jsonl, append_report_history_jsonl])
@pytest.mark.parametrize("call", ["write", "fsync"])
def test_an_error_of_a_write_names_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[..., Any], call: str
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, call, fail)
    with pytest.raises(OSError, match="No space left") as caught:
        write(tmp_path / "history.jsonl", [{"n": 1}])
    assert caught.value.filename == str(tmp_path / "history.jsonl")


def test_a_sparse_file_is_read_as_far_as_a_policy_lets_it(tmp_path: Path) -> None:
    path = tmp_path / "sparse.txt"
    path.touch()
    os.truncate(path, 1 << 40)
    result = capture_text_artifact(path, TextCapturePolicy(max_file_bytes=1_000_000))
    assert (result.status, result.excerpt, result.artifact.size_bytes) == ("refused", None, 1 << 40)
    assert result.error == (
        "too_large: 1,099,511,627,776 bytes, of which at most 1,000,000 are read"
    )
    path.write_bytes(b"x" * 1_000_000)
    assert capture_text_artifact(path, TextCapturePolicy(max_file_bytes=1_000_000)).excerpt


def test_a_history_is_read_as_far_as_is_asked_for(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b'{"n": 1}\n{"n": 2}\n')
    os.truncate(path, 1 << 40)
    found: list[HistoryLoss] = []
    reader = iter_report_history(path, max_file_bytes=1_000_000, on_loss=found.append)
    assert [record["n"] for record in reader] == [1, 2]
    assert [(loss.reason, loss.byte_offset) for loss in found] == [("unreadable_file", 18)]
    assert reader.tally.bytes_read == 1_000_000
    assert found[-1].detail == "at most 1,000,000 bytes of it are read"
    found.clear()
    with path.open("ab") as file:
        file.write(b'\n{"n": 3}\n')
    reader = iter_report_history(path, max_file_bytes=1_000_000, on_loss=found.append, last=2)
    assert [record["n"] for record in reader] == [3]
    assert [(loss.reason, loss.detail) for loss in found] == [
        ("unreadable_file", "nothing before this: at most 1,000,000 bytes of it are read")
    ]
    found.clear()
    path.write_bytes(b'{"n": 1}\n{"n": 2} and what makes no JSON of it\n{"n": 3}\n')
    reader = iter_report_history(path, max_file_bytes=17, on_loss=found.append)
    assert [record["n"] for record in reader] == [1]
    assert [(loss.reason, loss.byte_offset) for loss in found] == [("unreadable_file", 9)]
    whole: dict[str, Any] = {"max_file_bytes": 9, "on_loss": found.append}
    path.write_bytes(b'{"n": 1}\n')
    found.clear()
    for options in ({}, {"last": 1}, {"max_file_bytes": 10}):
        assert len([*iter_report_history(path, **{**whole, **options})]) == 1
    path.write_bytes(b"")
    assert [*iter_report_history(path, **whole)] == []
    for most in (18, 19, 1_000_000):
        reading, writing = os.pipe()
        os.write(writing, b'{"n": 1}\n{"n": 2}\n')
        os.close(writing)
        pipe = iter_report_history(f"/dev/fd/{reading}", max_file_bytes=most, on_loss=found.append)
        assert len([*pipe]) == 2
        os.close(reading)
    assert found == []


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_what_reports_no_size_is_bounded_by_what_it_gives() -> None:
    result = capture_text_artifact("/proc/self/status", TextCapturePolicy(max_file_bytes=10))
    assert (result.status, result.problems[0].code) == ("refused", "too_large")
    found: list[HistoryLoss] = []
    assert [*iter_report_history("/proc/self/cmdline", last=3, on_loss=found.append)] == []
    assert [loss.detail for loss in found] == [
        "nothing before this: it reports no size, and so no end to read from"
    ]


def test_a_child_forked_while_a_pipe_is_waited_for_takes_nothing_of_it(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    out = run_python(
        """
        import os, signal, sys, time
        writer = os.fork()
        if writer == 0:
            with open(sys.argv[1], "w", buffering=1) as pipe:
                for number in range(30):
                    pipe.write(json.dumps({"n": number}) + chr(10))
                    time.sleep(0.01)
            os._exit(0)
        parent, children = os.getpid(), fork_at_alarm(0.1)
        try:
            found = [record["n"] for record in iter_report_history(sys.argv[1])]
        except RuntimeError as error:
            os._exit(0 if os.getpid() != parent and "forked" in str(error) else 1)
        if os.getpid() != parent:
            os._exit(2)
        print(found == [*range(30)], [os.waitpid(child, 0)[1] for child in children])
        """,
        str(tmp_path / "pipe"),
    )
    assert out == "True [0]\n"


def test_a_warning_that_is_an_error_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b'{"torn\n{"n": 1}\n')

    def read(error: Exception | None) -> None:
        with iter_report_history(path) as reader:
            assert next(reader) == {"n": 1}
            if error is not None:
                raise error

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(HistoryWarning):
            read(None)
        with pytest.raises(KeyError, match="mine"):
            read(KeyError("mine"))


def test_a_text_of_a_tree_is_embedded_where_it_is_as_small_as_is_asked_for(runs: Path) -> None:
    run = write_run(runs, users__md=b"x" * 100, prompt__txt=b"x")
    os.truncate(run / "users.md", 1 << 40)
    reader = iter_report_history(runs, embed="all", max_file_bytes=1_000)
    (record,) = reader
    assert record["embedded"]["users_md"].startswith("[capture_error] too_large: 1,099,511,627,776")
    assert [read["path"] for read in record["artifact_read_errors"]] == ["users.md"]
    assert record["embedded"]["prompt_txt"] == "x"
    counts = write_report_history_jsonl(runs, out_path=runs / "_h.jsonl", max_file_bytes=1_000)
    assert counts["total"] == 1
