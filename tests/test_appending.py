"""Histories that grow: every acknowledged record is there, once, whoever writes or dies."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import (
    HistoryWarning,
    append_report_history_jsonl,
    iter_report_history,
    write_report_history_jsonl,
)
from support import run_python, write_run


@pytest.fixture
def history(tmp_path: Path) -> Path:
    """The path of a history that isn't there yet, in a folder that isn't either."""
    return tmp_path / "folder" / "history.jsonl"


def read(history: Path) -> list[dict[str, Any]]:
    return list(iter_report_history(history))


def test_records_are_added_and_counted(history: Path) -> None:
    counts = append_report_history_jsonl(history, [{"n": 1, "status": "ok"}, {"n": 2}])
    assert list(counts.items())[-2:] == [("no_status", 1), ("total", 2)]
    assert counts["ok"] == 1
    append_report_history_jsonl(str(history), ({"n": n} for n in (3, 4)))
    assert [record["n"] for record in read(history)] == [1, 2, 3, 4]
    assert os.listdir(history.parent) == ["history.jsonl"]


def test_no_records_make_an_empty_history_and_change_no_other(history: Path) -> None:
    assert append_report_history_jsonl(history, [])["total"] == 0
    assert history.read_bytes() == b""
    history.write_bytes(b'{"torn')
    append_report_history_jsonl(history, [])
    assert history.read_bytes() == b'{"torn'


@pytest.mark.parametrize("end", range(1, 21))
def test_an_unterminated_tail_is_ended_and_said(history: Path, end: int) -> None:
    old = b'{"n": 1}\n{"n": "two"}'
    history.parent.mkdir()
    history.write_bytes(old[: len(old) - end])
    append_report_history_jsonl(history, [{"n": 3}])
    losses: list[Any] = []
    records = list(iter_report_history(history, on_loss=losses.append))
    assert records == ([{"n": 1}] if end < 14 else []) + [{"n": 3}]
    assert [loss.reason for loss in losses] == ([] if end in (12, 13) else ["torn_line"])
    kept = old[: len(old) - end]
    assert history.read_bytes() == kept.removesuffix(b"\n") + b'\n{"n": 3}\n'


def test_a_whole_object_without_a_line_end_is_kept_as_a_record(history: Path) -> None:
    history.parent.mkdir()
    history.write_bytes(b'{"n": 1}')
    append_report_history_jsonl(history, [{"n": 2}])
    assert read(history) == [{"n": 1}, {"n": 2}]


def test_what_i_json_cannot_hold_is_remarked_as_in_a_written_history(history: Path) -> None:
    record = {"n": float("nan"), "pair": (1, 2)}
    append_report_history_jsonl(history, [record])
    appended = history.read_bytes()
    write_report_history_jsonl(history, [record])
    assert history.read_bytes() == appended
    assert [remark["rule"] for remark in read(history)[0]["_remarks"]] == [
        "non_finite_number",
        "tuple",
    ]


def raising() -> Iterator[dict[str, Any]]:
    yield {"n": 1}
    raise ValueError("in the middle")


BAD: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "raises in the middle": (raising, ValueError, "in the middle"),
    "no mapping": (lambda: [{"n": 1}, [1]], TypeError, r"record 2: .* mapping, not list"),
    "a key that is no string": (lambda: [{1: 2}], TypeError, r"record 1: a key must be str"),
    "no JSON form": (
        lambda: [{"n": 1}, {"a": [{"b/c": {1, 2}}]}],
        TypeError,
        r"record 2: set has no JSON form; .* \(at JSON Pointer '/a/0/b~1c'\)",
    ),
    "no iterable": (lambda: 5, TypeError, "records must be an iterable of mappings, .* not int"),
    "one record": (lambda: {"n": 1}, TypeError, "records must be an iterable of mappings, .* not"),
}


@pytest.mark.parametrize(
    "write", [append_report_history_jsonl, write_report_history_jsonl], ids=["append", "write"]
)
@pytest.mark.parametrize(("make", "raised", "message"), BAD.values(), ids=BAD)
def test_what_cannot_be_written_leaves_the_old_history(
    history: Path,
    write: Callable[..., Any],
    make: Callable[[], Any],
    raised: type[Exception],
    message: str,
) -> None:
    with pytest.raises(raised, match=message):
        write(history, make())
    assert not history.exists()
    history.parent.mkdir(exist_ok=True)
    history.write_bytes(b'{"old": 1}\n{"to')
    with pytest.raises(raised, match=message):
        write(history, make())
    assert history.read_bytes() == b'{"old": 1}\n{"to'
    assert os.listdir(history.parent) == ["history.jsonl"]


@pytest.mark.parametrize(
    "write", [append_report_history_jsonl, write_report_history_jsonl], ids=["append", "write"]
)
def test_a_target_that_cannot_be_a_history_is_refused_and_left(
    tmp_path: Path, write: Callable[..., Any]
) -> None:
    run = write_run(tmp_path / "runs", report__json={"n": 1})
    os.mkfifo(tmp_path / "fifo")
    for target, raised in (
        (tmp_path / "runs", IsADirectoryError),
        (tmp_path / "fifo", OSError),
        (run / "report.json", ValueError),
        (run / "new.jsonl", ValueError),
        (tmp_path / "fifo" / "below", NotADirectoryError),
        ("", FileNotFoundError),
        (f"{tmp_path}/nul\0", ValueError),
        (f"{tmp_path}/{'n' * 5_000}", OSError),
        (b"bytes", TypeError),
    ):
        with pytest.raises(raised):
            write(target, [{"n": 1}])
    assert (run / "report.json").read_text() == '{"n": 1}'
    assert sorted(os.listdir(run)) == ["report.json", "target_ref.json"]
    assert sorted(os.listdir(tmp_path)) == ["fifo", "runs"]


@pytest.mark.parametrize("write", ["append_report_history_jsonl", "write_report_history_jsonl"])
def test_a_folder_that_cannot_be_written_leaves_the_old_history(
    public_path: Path, run_unprivileged: Callable[[str], str], write: str
) -> None:
    folder = public_path / "closed"
    folder.mkdir()
    (folder / "file").write_bytes(b'{"old": 1}\n')
    (folder / "file").chmod(0o666)
    folder.chmod(0o555)
    out = run_unprivileged(f"""
        import run_artifacts
        try:
            run_artifacts.{write}({str(folder / "file")!r}, [])
        except PermissionError as error:
            print(error.strerror)
    """)
    assert out == "no file can be made beside it; make its folder writable\n"
    assert (folder / "file").read_bytes() == b'{"old": 1}\n'


def test_records_may_read_and_append_to_the_file_that_they_are_added_to(history: Path) -> None:
    append_report_history_jsonl(history, [{"n": 1}])

    def records() -> Iterator[dict[str, Any]]:
        for record in iter_report_history(history):
            append_report_history_jsonl(history, [{"n": -1}])
            yield {"n": record["n"] + 1}
            if record["n"] == -1:
                return

    append_report_history_jsonl(history, records())
    assert [record["n"] for record in read(history)] == [1, -1, 2]


def test_without_file_locks_nothing_is_consumed_or_written(
    history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("run_artifacts._files.lock.fcntl", None)
    with pytest.raises(NotImplementedError, match="this platform lacks"):
        append_report_history_jsonl(history, (pytest.fail("consumed") for _ in range(1)))
    assert not history.parent.exists()


def test_many_records_of_one_append_are_not_held_in_memory(history: Path) -> None:
    if not Path("/proc/self/status").exists():
        pytest.skip("no /proc")
    out = run_python(
        """
        import sys
        from run_artifacts import append_report_history_jsonl
        before = peak_kib()
        records = ({"n": "x" * 10_000} for _ in range(6_000))
        counts = append_report_history_jsonl(sys.argv[1], records)
        print(counts["total"], peak_kib() - before < 24_000)
        """,
        str(history),
    )
    assert out == "6000 True\n"
    assert history.stat().st_size == 6_000 * len(json.dumps({"n": "x" * 10_000}) + "\n")


def test_every_acknowledged_record_is_there_once_whoever_rewrites_or_is_killed(
    tmp_path: Path,
) -> None:
    """Four processes append, one of them 8 MB at a time; one rewrites; others are killed."""
    out = run_python(
        """
        import itertools, json, os, pathlib, random, signal, sys, time
        from run_artifacts import (
            append_report_history_jsonl, iter_report_history, write_report_history_jsonl,
        )
        folder = pathlib.Path(sys.argv[1])
        history = folder / "history.jsonl"
        rng = random.Random(4)

        def start(work, *arguments):
            child = os.fork()
            if not child:
                try:
                    work(*arguments)
                finally:
                    os._exit(sys.exc_info()[0] is not None)
            return child

        def add(name, count, size):
            with open(folder / f"acknowledged-{name}", "ab", buffering=0) as acknowledged:
                for number in range(count):
                    key = f"{name}/{number}"
                    append_report_history_jsonl(history, [{"key": key, "text": "x" * size}])
                    acknowledged.write(f"{key}\\n".encode())

        def rewrite(times):
            for _ in range(times):
                if history.exists():
                    write_report_history_jsonl(
                        history, iter_report_history(history, on_loss=lambda loss: None)
                    )

        steady = [start(add, f"steady{n}", 40, 10) for n in range(3)]
        steady += [start(add, "large", 4, 8_000_000), start(rewrite, 4)]
        for number in range(10):
            victim = (
                start(rewrite, 1_000) if number == 5
                else start(add, f"victim{number}", 1_000, 8_000_000 if number % 2 else 1_000_000)
            )
            time.sleep(rng.uniform(0.01, 0.2))
            os.kill(victim, signal.SIGKILL)
            os.waitpid(victim, 0)
        for child in steady:
            assert os.waitpid(child, 0)[1] == 0
        append_report_history_jsonl(history, [{"key": "last"}])

        losses = []
        keys = [record["key"] for record in iter_report_history(history, on_loss=losses.append)]
        acknowledged = [
            key for path in folder.glob("acknowledged-*") for key in path.read_text().split()
        ]
        assert len(keys) == len(set(keys))
        assert set(acknowledged) <= set(keys), set(acknowledged) - set(keys)
        victims = {key for key in keys if key.startswith("victim")}
        unacknowledged = set(keys) - set(acknowledged) - {"last"}
        assert unacknowledged <= victims
        assert {loss.reason for loss in losses} <= {"torn_line"}
        left = [name for name in os.listdir(folder) if name.endswith(".lock")]
        print(len(acknowledged) - len(victims - unacknowledged), left)
        """,
        str(tmp_path),
        timeout=60,
    )
    assert out == "124 []\n"


def test_a_torn_tail_that_was_read_is_a_warning(history: Path) -> None:
    append_report_history_jsonl(history, [{"n": 1}])
    with history.open("ab") as file:
        file.write(b'{"n": ')
    with pytest.warns(HistoryWarning, match="torn_tail"):
        assert read(history) == [{"n": 1}]
    append_report_history_jsonl(history, [{"n": 2}])
    with pytest.warns(HistoryWarning, match="torn_line"):
        assert read(history) == [{"n": 1}, {"n": 2}]
