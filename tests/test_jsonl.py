"""Lines: each one a record, blank, or a loss with its reason and place."""

from __future__ import annotations

import errno
import io
import itertools
import json
import os
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

from run_artifacts import HistoryLoss
from run_artifacts._jsonl import Last, iter_file
from support import run_python

GOOD = b'{"n": 1}\n'

# A line between two good ones, and what becomes of it.
LINES: dict[str, tuple[bytes, str | None]] = {
    "an object": (b'{"a": [1, {"b": null}]}', None),
    "an object and CR": (b'{"a": 1}\r', None),
    "white space around": (b' \t{"a": 1} ', None),
    "NaN and infinities": (b'{"a": [NaN, Infinity, -Infinity]}', None),
    "duplicate keys": (b'{"a": 1, "a": 2}', None),
    "line separators inside": ('{"a": "\u2028\u2029\x85\x0b"}'.replace("\x0b", "").encode(), None),
    "a lone surrogate, escaped": (b'{"a": "\\ud800"}', None),
    "nested 500 deep": (b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", None),
    "an array": (b"[1]", "not_an_object"),
    "a string": (b'"text"', "not_an_object"),
    "a number": (b"12", "not_an_object"),
    "null": (b"null", "not_an_object"),
    "true": (b"true", "not_an_object"),
    "no JSON": (b"Traceback (most recent call last):", "invalid_json"),
    "single quotes": (b"{'a': 1}", "invalid_json"),
    "a trailing comma": (b'{"a": 1,}', "invalid_json"),
    "fused": (b'{"a": 1}{"b": 2}', "invalid_json"),
    "fused with a torn one": (b'{"a": 1}{"b": ', "invalid_json"),
    "a hole of NULs": (b'{"a": "x' + bytes(20), "invalid_json"),
    "only NULs": (bytes(20), "invalid_json"),
    "a form feed": (b"\x0c", "invalid_json"),
    "a BOM in the middle": (b'\xef\xbb\xbf{"a": 1}', "invalid_json"),
    "5,000 digits": (b'{"a": ' + b"1" * 5_000 + b"}", "invalid_json"),
    "nested 901 deep": (b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "invalid_json"),
    "nested 100,000 deep": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid_json"),
    "100,000 open": (b'{"a":' + b"[" * 100_000, "invalid_json"),
    "UTF-16": ('{"a": 1}'.encode("utf-16-le"), "invalid_json"),
    "Latin-1": ('{"a": "é"}'.encode("latin-1"), "invalid_utf8"),
    "an encoded surrogate": (b'{"a": "\xed\xa0\x80"}', "invalid_utf8"),
    "a bad escape, and one at the end": (b'{"a": "\\uZZZZ", "b": 1} \\u', "invalid_json"),
    "a bad escape before one at the end": (b'{"a": "\\uZ\\u', "invalid_json"),
    "a no-break space behind": ('{"a": 1}\u00a0'.encode(), "invalid_json"),
    "a separator behind": (b'{"a": 1}\x1c', "invalid_json"),
    "a path of another system": (b'{"p": "C:\\users\\u', "invalid_json"),
    "torn in a string": (b'{"a": "te', "torn_line"),
    "torn in a character": (b'{"a": "te\xe2\x82', "torn_line"),
    "torn in a word": (b'{"a": tru', "torn_line"),
    "torn in a number": (b'{"a": 12.', "torn_line"),
    "torn in an escape": (b'{"a": "\\u12', "torn_line"),
    "torn after a brace": (b"{", "torn_line"),
    "a torn array": (b"[1, 2", "invalid_json"),
    "two points": (b'{"a": 1.5.', "invalid_json"),
    "a torn number after an error": (b'{"a": 1 x 2.', "invalid_json"),
    "two exponents": (b'{"a": 1e5e', "invalid_json"),
    "a torn word too many": (b'{"a": 1} t', "invalid_json"),
    "a byte after a whole object": (b'{"a": 1}\xc3', "invalid_utf8"),
    "empty": (b"", "blank"),
    "blank": (b" \t\r", "blank"),
}


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
        for byte in range(0, 256, 5):
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


def test_a_file_that_cannot_be_opened_is_a_loss(tmp_path: Path) -> None:
    (value, length), *rest = iter_file(str(tmp_path / "absent"), 100)
    assert (value.reason, length, rest) == ("vanished", 0, [])  # type: ignore[union-attr]
    (value, length), *rest = iter_file(str(tmp_path), 100)
    assert (value.reason, length, rest) == ("unreadable_file", 0, [])  # type: ignore[union-attr]


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
    monkeypatch.setattr("run_artifacts._jsonl.open", opener, raising=False)
    *records, (loss, length) = iter_file(str(tmp_path / "x"), 100)
    assert [value for value, _ in records] == [{"n": 1}] * 2
    assert isinstance(loss, HistoryLoss)
    assert (loss.reason, loss.line_number, loss.byte_offset, length) == (
        "unreadable_file",
        3,
        2 * len(GOOD),
        0,
    )


@pytest.mark.parametrize("depth", [0, 500])
def test_where_a_document_is_read_from_does_not_damage_it(depth: int) -> None:
    from run_artifacts._jsondoc import encode_line, parse_json

    def at(levels: int, value: Any) -> Any:
        if levels:
            return at(levels - 1, value)
        return parse_json(encode_line({"a": value}).decode())

    value: Any = 1
    for _ in range(850):
        value = [value]
    assert json.dumps(at(depth, value)["a"]) == "[" * 850 + "1" + "]" * 850


def described(found: list[tuple[Any, int]]) -> list[Any]:
    """What items say, but for the line numbers, which a read from the end doesn't know."""
    return [
        (value.reason, value.byte_offset, value.byte_length, value.sample, value.detail, size)
        if isinstance(value, HistoryLoss)
        else (repr(value), size)
        for value, size in found
    ]


def wanted(record: dict[str, Any]) -> bool:
    return record.get("n") == 1


def end_of(whole: list[tuple[Any, int]], last: int) -> list[tuple[Any, int]]:
    """The items from the first of the last wanted records on; all where there are fewer."""
    places = [
        place for place, (value, _) in enumerate(whole) if isinstance(value, dict) and wanted(value)
    ]
    return whole[places[-last] if len(places) >= last else 0 :]


def require_ends(file: Path, data: bytes, max_line_bytes: int) -> None:
    file.write_bytes(data)
    whole = list(iter_file(str(file), max_line_bytes))
    assert sum(size for _, size in whole) == len(data)
    for last in (1, 2, 3, 1_000):
        found = list(iter_file(str(file), max_line_bytes, Last(last, wanted)))
        assert described(found) == described(end_of(whole, last)), (data, last)
        assert all(
            value.line_number is None for value, _ in found if isinstance(value, HistoryLoss)
        )


@pytest.mark.parametrize(("block", "kept"), [(3, 0), (2, 30), (7, 1_000), (64, 20), (4_096, 10)])
def test_the_last_records_and_losses_are_those_of_a_full_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: int, kept: int
) -> None:
    monkeypatch.setattr("run_artifacts._jsonl._BLOCK_BYTES", block)
    monkeypatch.setattr("run_artifacts._jsonl._KEPT_BYTES", kept)
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
    reader = iter_file(str(file), 200_000, Last(2, wanted))
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
    monkeypatch.setattr("run_artifacts._jsonl._BLOCK_BYTES", 16)

    class Failing(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if self.tell() < 2 * len(GOOD):
                raise OSError(errno.EIO, "Input/output error")
            return super().read(size)

    opener: Callable[..., Failing] = lambda *_, **__: Failing(GOOD * 6)  # noqa: E731
    monkeypatch.setattr("run_artifacts._jsonl.open", opener, raising=False)
    (loss, size), *records = iter_file("x", 100, Last(9, wanted))
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

    (before, _), (between, _), *rest = iter_file(str(file), 100, Last(10**9, cut))
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


LARGE: dict[str, tuple[int, bytes, str]] = {
    "a line of zeros": (300_000_000, b"\n" + GOOD, "[(1, 1), (1, 1)]"),
    "many short lines": (0, GOOD + b"x\n" * 60_000, "[(1, 60000), (1, 60000)]"),
}


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc")
@pytest.mark.parametrize(("zeros", "rest", "expected"), LARGE.values(), ids=LARGE)
def test_a_file_is_read_in_memory_that_its_lines_do_not_bound(
    tmp_path: Path, zeros: int, rest: bytes, expected: str
) -> None:
    with (tmp_path / "file").open("wb") as file:
        file.truncate(zeros)
        file.seek(0, os.SEEK_END)
        file.write(rest)
    out = run_python(
        """
        import sys
        from run_artifacts import iter_report_history
        before = peak_kib()
        found = []
        for last in (None, 5):
            reader = iter_report_history(
                sys.argv[1], last=last, max_line_bytes=1_000_000, on_loss=lambda loss: None
            )
            assert list(reader) == [{"n": 1}]
            found.append((reader.tally.records, reader.tally.lost))
        print(found, peak_kib() - before < 6_144)
        """,
        str(tmp_path / "file"),
    )
    assert out == f"{expected} True\n"
