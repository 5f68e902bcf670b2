"""The last records of a file, read from its end: those that a full read finds last."""

from __future__ import annotations

import errno
import io
import itertools
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lines import GOOD, LINES, iter_file
from run_artifacts import HistoryLoss
from run_artifacts._history.reader import FILTERED
from support import run_python


def described(found: list[tuple[Any, int]]) -> list[Any]:
    """What items say, but for the line numbers, which a read from the end doesn't know."""
    return [
        (value.reason, value.byte_offset, value.byte_length, value.sample, value.detail, size)
        if isinstance(value, HistoryLoss)
        else ("filtered" if value is FILTERED else repr(value), size)
        for value, size in found
    ]


def wanted(record: dict[str, Any]) -> bool:
    return record.get("n") == 1


def end_of(whole: list[tuple[Any, int]], last: int) -> list[tuple[Any, int]]:
    """The items from the first of the last wanted records on; all where there are fewer."""
    found = [index for index, (value, _) in enumerate(whole) if isinstance(value, dict)]
    return whole[found[-last] if len(found) >= last else 0 :]


def require_ends(file: Path, data: bytes, max_line_bytes: int) -> None:
    file.write_bytes(data)
    whole = list(iter_file(str(file), max_line_bytes, None, wanted))
    assert sum(size for _, size in whole) == len(data)
    for last in (1, 2, 3, 1_000):
        found = list(iter_file(str(file), max_line_bytes, last, wanted))
        assert described(found) == described(end_of(whole, last)), (data, last)
        assert all(
            value.line_number is None for value, _ in found if isinstance(value, HistoryLoss)
        )


@pytest.mark.parametrize(("block", "kept"), [(3, 0), (2, 30), (7, 1_000), (64, 20), (4_096, 10)])
def test_the_last_records_and_losses_are_those_of_a_full_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, kept: int
) -> None:
    monkeypatch.setattr("run_artifacts._history.backwards.BLOCK_BYTES", block)
    monkeypatch.setattr("run_artifacts._history.backwards._KEPT_BYTES", kept)
    rng = random.Random(block)
    short = [line for line, _ in LINES.values() if len(line) < 200]
    long = b'{"n": 1, "x": "' + b"x" * 80 + b'"}'
    choices = [*short, GOOD[:-1], GOOD[:-1], b"", b'{"n": 2}', long]
    for _ in range(150):
        lines = rng.choices(choices, k=rng.randrange(9))
        data = rng.choice([b"", b"\xef\xbb\xbf"]) + b"\n".join(lines) + rng.choice([b"", b"\n"])
        require_ends(tmp_path / "file", data, rng.choice([8, 9, 20, 95, 96, 200, 10**9]))


def test_the_last_records_are_those_of_a_full_read_at_every_short_file(tmp_path: Path) -> None:
    for lines in itertools.product([b"", b"{}", GOOD[:-1], b'{"'], repeat=3):
        for end in (b"", b"\n"):
            require_ends(tmp_path / "file", b"\n".join(lines) + end, 8)


def test_the_last_records_of_a_line_that_is_far_too_long_are_found(tmp_path: Path) -> None:
    long = b'{"a": "' + b"x" * 1_000_000 + b'"}\n'
    for data in (GOOD + long, long + GOOD, GOOD + long + GOOD, long[:-1], GOOD + long[:-1]):
        require_ends(tmp_path / "file", data, 100)
        require_ends(tmp_path / "file", data, 10**6 + 9)
        require_ends(tmp_path / "file", data, 10**6 + 8)


def test_what_is_appended_meanwhile_is_not_among_the_last(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(GOOD * 3 + b'{"n": 1')
    reader = iter_file(str(file), 200_000, 2, wanted)
    first = next(reader)
    with file.open("ab") as more:
        more.write(b', "m": 2}\n' + GOOD)
    assert [first[0], next(reader)[0]] == [{"n": 1}] * 2
    ((loss, _),) = list(reader)
    assert isinstance(loss, HistoryLoss)
    assert (loss.reason, loss.byte_offset) == ("torn_tail", 3 * len(GOOD))


def test_what_lies_behind_a_place_that_cannot_be_read_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("run_artifacts._history.backwards.BLOCK_BYTES", 16)

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() < 2 * len(GOOD):
                raise OSError(errno.EIO, "Input/output error")
            return super().read(size)

    opener: Callable[..., Failing] = lambda *_, **__: Failing(GOOD * 6)  # noqa: E731
    monkeypatch.setattr("run_artifacts._files.opening.open_stream", opener)
    (loss, size), *records = iter_file("x", 100, 9, wanted)
    assert isinstance(loss, HistoryLoss)
    assert (
        str(loss)
        == f"unreadable_file: nothing before this: Input/output error (x, byte {3 * len(GOOD)})"
    )
    assert (size, records) == (0, [({"n": 1}, len(GOOD))] * 3)


def test_a_file_that_is_cut_off_while_it_is_read_from_its_end_is_a_loss(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(GOOD * 100_000)

    def cut(record: dict[str, Any]) -> bool:
        os.truncate(file, len(GOOD) * 10)
        return wanted(record)

    (before, _), (between, _), *rest = iter_file(str(file), 100, 10**9, cut)
    assert isinstance(before, HistoryLoss)
    assert isinstance(between, HistoryLoss)
    assert before.detail == "nothing before this: it was cut off meanwhile"
    assert between.byte_offset == before.byte_offset
    stop = (100_000 - len(rest)) * len(GOOD)  # what was kept from the first pass is still there
    assert between.detail == f"it was cut off meanwhile, before byte {stop}"
    assert rest == [({"n": 1}, len(GOOD))] * len(rest)
    assert len(rest) > 1_000


def test_a_pipe_has_no_end_to_read_from() -> None:
    out = run_python(
        """
        from run_artifacts import iter_report_history
        losses = []
        print(list(iter_report_history("/dev/stdin", last=2, on_loss=losses.append)))
        print([loss.reason for loss in losses])
        """,
        stdin=GOOD.decode(),
    )
    assert out == "[]\n['unreadable_file']\n"
