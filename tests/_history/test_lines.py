"""Lines: each one a record, blank, or a loss with its reason and place."""

from __future__ import annotations

import errno
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from lines import GOOD, LINES, iter_file
from run_artifacts import HistoryLoss


def items(tmp_path: Path, data: bytes, max_line_bytes: int = 1_000_000) -> list[tuple[Any, int]]:
    file = tmp_path / "history.jsonl"
    file.write_bytes(data)
    return list(iter_file(str(file), max_line_bytes))


@pytest.mark.parametrize(("line", "outcome"), LINES.values(), ids=LINES)
def test_one_bad_line_costs_one_line(tmp_path: Path, line: bytes, outcome: str | None) -> None:
    found = items(tmp_path, GOOD + line + b"\n" + GOOD)
    assert [found[0], found[2]] == [({"n": 1}, len(GOOD))] * 2
    value, length = found[1]
    assert length == len(line) + 1
    if outcome is None:
        assert json.dumps(value) == json.dumps(json.loads(line))
    elif outcome == "blank":
        assert value is None
    else:
        assert value.reason == outcome
        assert (value.line_number, value.byte_offset) == (2, len(GOOD))
        assert value.byte_length == len(line) + 1
        assert value.sample == (line + b"\n")[:120]
        assert value.detail
        assert str(value).endswith(f"history.jsonl line 2, byte {len(GOOD)})")


@pytest.mark.parametrize(("line", "outcome"), LINES.values(), ids=LINES)
def test_an_unterminated_last_line_that_is_no_object_is_a_torn_tail(
    tmp_path: Path, line: bytes, outcome: str | None
) -> None:
    found = items(tmp_path, GOOD + line)
    if not line:
        assert len(found) == 1
        return
    value, length = found[1]
    assert length == len(line)
    if outcome is None:
        assert isinstance(value, dict)
    elif outcome == "blank":
        assert value is None
    else:
        assert value.reason == "torn_tail"


OBJECTS = [
    '{"a": [1, -2.5e+10, 3E-2, true, false, null], "b": {"c": "x\\u00e9\\n\\"q\\\\"}}',
    '{"é😀": [NaN, Infinity, -Infinity], "": {}, "f": []}',
    '{"a":12.5,"b":[[1],{"c":0.1e5}]}',
    ' { "a" : -0 , "b" : "\\ud83d\\ude00" } ',
]


@pytest.mark.parametrize("text", OBJECTS)
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"], ids=["", "BOM"])
def test_every_start_of_an_object_is_a_torn_line(tmp_path: Path, text: str, bom: bytes) -> None:
    line = text.strip().encode()
    for end in range(1, len(line)):
        (loss, _), (good, _) = items(tmp_path, bom + line[:end] + b"\n" + GOOD)
        assert isinstance(loss, HistoryLoss)
        assert (loss.reason, good) == ("torn_line", {"n": 1}), line[:end]


@pytest.mark.parametrize("text", OBJECTS)
def test_a_history_cut_at_any_byte_is_a_prefix_and_at_most_a_torn_tail(
    tmp_path: Path, text: str
) -> None:
    line = text.encode() + b"\n"
    whole = [repr(value) for value, _ in items(tmp_path, line * 2)]
    for end in range(len(line) * 2):
        values = [value for value, _ in items(tmp_path, (line * 2)[:end])]
        losses = [value for value in values if isinstance(value, HistoryLoss)]
        records = [repr(value) for value in values if isinstance(value, dict)]
        assert records == whole[: len(records)]
        assert [loss.reason for loss in losses] in ([], ["torn_tail"])
        assert len(records) >= end // len(line)


def test_the_lengths_of_any_bytes_tile_the_file(tmp_path: Path) -> None:
    line = b'{"a": "\xc3\xa9", "b": [1]}\n'
    for position in range(len(line)):
        for byte in range(0, 256, 11):
            changed = line[:position] + bytes([byte]) + line[position + 1 :]
            found = items(tmp_path, GOOD + changed + GOOD)
            assert sum(length for _, length in found) == len(GOOD + changed + GOOD)
            assert found[0] == ({"n": 1}, len(GOOD))
            if byte != ord("\n") and position < len(line) - 1:
                assert found[-1] == ({"n": 1}, len(GOOD))


@pytest.mark.parametrize(
    ("data", "first"),
    {
        b"\xef\xbb\xbf" + GOOD: {"n": 1},
        b"\xef\xbb\xbf\n" + GOOD: None,
        b"\xef\xbb\xbf": None,
    }.items(),
)
def test_a_bom_is_allowed_at_the_start_alone(tmp_path: Path, data: bytes, first: Any) -> None:
    found = items(tmp_path, data)
    assert found[0][0] == first
    assert sum(length for _, length in found) == len(data)


@pytest.mark.parametrize("terminated", [True, False])
def test_a_line_above_the_cap_is_passed_over(tmp_path: Path, terminated: bool) -> None:
    at_cap, above = b'{"a": "' + b"x" * 91 + b'"}', b'{"a": "' + b"x" * 200_000 + b'"}'
    assert len(at_cap) == 100
    end = b"\n" if terminated else b""
    found = items(tmp_path, at_cap + b"\n" + above + b"\n" + GOOD + above + end, 100)
    assert found[0] == ({"a": "x" * 91}, 101)
    assert found[2] == ({"n": 1}, len(GOOD))
    for value, length in (found[1], found[3]):
        assert value.reason == "line_too_long"
        assert value.sample == above[:120]
        assert value.byte_length == length
    assert found[1][1] == len(above) + 1
    assert found[3][1] == len(above + end)


def test_a_place_in_a_line_counts_the_byte_order_mark(tmp_path: Path) -> None:
    bom = b"\xef\xbb\xbf"
    for line, place in (
        (b'{"a": "\xff"}\n', "invalid start byte: byte 11 of the line"),
        (b'{"a": x}\n', "Expecting value: character 8 of the line"),
        (b'{"a": \n', "it stops before its end: Expecting value: character 8 of the line"),
    ):
        ((loss, _),) = items(tmp_path, bom + line)
        assert loss.detail == place


def test_a_torn_line_says_what_is_missing_and_not_that_a_line_ends(tmp_path: Path) -> None:
    ((loss, _),) = items(tmp_path, b'{"a": "te\n')
    start = "it stops before its end: Unterminated string starting at"
    assert loss.detail == f"{start}: character 7 of the line"


def test_any_cap_is_taken(tmp_path: Path) -> None:
    assert items(tmp_path, GOOD, 10**30) == [({"n": 1}, len(GOOD))]


@pytest.mark.parametrize("cap", [10, 1_000])
def test_a_line_without_an_end_is_the_last_one_though_the_file_grows(
    tmp_path: Path, cap: int
) -> None:
    """What a writer adds meanwhile is the rest of that line, and no line of its own."""
    file = tmp_path / "file"
    file.write_bytes(GOOD + b'{"n": 2, "text": "abc')
    found = []
    for value, size in iter_file(str(file), cap):
        found.append((value, size))
        if isinstance(value, HistoryLoss):
            with file.open("ab") as more:
                more.write(b'def"}\n' + GOOD)
    assert found[0] == ({"n": 1}, len(GOOD))
    ((loss, size),) = found[1:]
    assert isinstance(loss, HistoryLoss)
    assert (loss.reason, size) == ("line_too_long" if cap == 10 else "torn_tail", 21)


def test_a_read_that_fails_is_a_loss_with_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Failing:
        def __init__(self, lines: list[bytes]) -> None:
            self.lines = lines

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def readline(self, _limit: int) -> bytes:
            if self.lines:
                return self.lines.pop(0)
            raise OSError(errno.EIO, "Input/output error")

    opener: Callable[..., Failing] = lambda *_, **__: Failing([GOOD, GOOD])  # noqa: E731
    monkeypatch.setattr("run_artifacts._files.opening.open_stream", opener)
    *records, (loss, length) = iter_file(str(tmp_path / "x"), 100)
    assert [value for value, _ in records] == [{"n": 1}] * 2
    assert isinstance(loss, HistoryLoss)
    assert (loss.reason, loss.line_number, loss.byte_offset, length) == (
        "unreadable_file",
        3,
        2 * len(GOOD),
        0,
    )
