"""The lines of a JSON Lines file: bytes to records and losses.

The path of a file comes in. Each of its lines goes out once, in order, with its length: as a
record, as `None` for a blank one, or as the `HistoryLoss` that says why it is no record. The
lengths tile the file. Of its last records, the lines go out from the first of them on: it is
looked for from the end, and what was read on the way there is kept as far as it is small.
"""

from __future__ import annotations

import errno
import json
import os
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterator
from itertools import count, repeat
from typing import Any, BinaryIO, NamedTuple

from run_artifacts._jsondoc import JSON_SPACE, Loads, parse_json
from run_artifacts._losses import SAMPLE_BYTES, HistoryLoss, Reason
from run_artifacts._regular import system_message

_BLOCK_BYTES = 131_072

# Most bytes of lines of which what was read from the end is kept until they are yielded, with
# what each of them takes at least.
_KEPT_BYTES = 1_048_576
_ITEM_BYTES = 500

# What the decoder says of a character whose last bytes are not there.
_CUT_CHARACTER = "unexpected end of data"

# What the decoder leaves unread where a text ends within a word, a number or an escape.
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_NUMBER_REST = re.compile(r"(?<![0-9.eE+-])-?(?:0|[1-9][0-9]*)(?:\.|(?:\.[0-9]+)?[eE][+-]?)\Z")
_ESCAPE_REST = re.compile(r"\\u[0-9a-fA-F]{0,4}\Z")

Item = tuple[dict[str, Any] | HistoryLoss | None, int]


class Last(NamedTuple):
    """How many records at the end of a file are wanted, and which records count."""

    wanted: int
    matches: Callable[[dict[str, Any]], bool]


def iter_file(
    path: str, max_line_bytes: int, last: Last | None = None, loads: Loads | None = None
) -> Iterator[Item]:
    """Open a JSON Lines file and yield each of its lines, or the last ones; see the module."""
    try:
        file = open(path, "rb", buffering=_BLOCK_BYTES)  # noqa: SIM115 - closed below
    except OSError as error:
        reason: Reason = "vanished" if error.errno == errno.ENOENT else "unreadable_file"
        yield HistoryLoss(reason, path, detail=system_message(error)), 0
        return
    with file:
        if last is None:
            yield from _iter_lines(file, path, max_line_bytes, loads, count(1))
        else:
            yield from _iter_last(file, path, max_line_bytes, loads, last)


def _iter_lines(
    file: BinaryIO,
    path: str,
    max_line_bytes: int,
    loads: Loads | None,
    numbers: Iterator[int | None],
    offset: int = 0,
    stop: int = sys.maxsize,
) -> Iterator[Item]:
    """Yield the lines from where a file stands, the given offset, up to the end of another.

    A line without an end is the last one, even if the file has grown since: what follows is not
    the next line but the rest of this one.
    """
    limit = max(max_line_bytes + 1, SAMPLE_BYTES)
    for number in numbers:
        try:
            line = file.readline(min(limit, stop - offset))
            length = len(line)
            has_end = line.endswith(b"\n")
            too_long = length - has_end > max_line_bytes
            if too_long and not has_end:
                line = line[:SAMPLE_BYTES]
                skipped, has_end = _skip_line(file)
                length += skipped
        except OSError as error:
            yield _cut_short(path, number, offset, system_message(error))
            return
        if not length:
            break
        if too_long:
            detail = f"{length:,} bytes, of which at most {max_line_bytes:,} are read"
            sample = line[:SAMPLE_BYTES]
            yield HistoryLoss("line_too_long", path, number, offset, length, sample, detail), length
        else:
            yield _read_line(line, path, loads, number, offset), length
        offset += length
        if not has_end:
            break
    if offset < stop < sys.maxsize:
        yield _cut_short(path, None, offset, f"it was cut off meanwhile, before byte {stop}")


def _cut_short(path: str, number: int | None, offset: int, detail: str) -> Item:
    return HistoryLoss("unreadable_file", path, number, offset, detail=detail), 0


def _iter_last(
    file: BinaryIO, path: str, max_line_bytes: int, loads: Loads | None, last: Last
) -> Iterator[Item]:
    """Yield the lines of a file from the first of its last matching records on."""
    wanted, room = last.wanted, _KEPT_BYTES
    kept: list[Item] = []
    start = kept_from = 0
    try:
        end = start = kept_from = file.seek(0, os.SEEK_END)
        for start, line in _iter_backwards(file, end, max_line_bytes):
            value = None if line is None else _read_line(line, path, loads, None, start)
            if line is not None and len(line) <= room:
                kept.append((value, len(line)))
                kept_from = start
                room -= len(line) + _ITEM_BYTES
            else:
                room = 0
            wanted -= isinstance(value, dict) and last.matches(value)
            if not wanted:
                break
    except OSError as error:
        yield _cut_short(path, None, start, f"nothing before this: {system_message(error)}")
    if start < kept_from:
        file.seek(start)
        yield from _iter_lines(file, path, max_line_bytes, loads, repeat(None), start, kept_from)
    yield from reversed(kept)


def _iter_backwards(
    file: BinaryIO, end: int, max_line_bytes: int
) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines of a file from the last to the first: offset, and bytes unless too long.

    Each byte is looked at once, whatever the length of a line.
    """
    pieces: list[bytes] = []  # of the line that ends at `end`, the last one first
    position = end
    while position:
        size = min(_BLOCK_BYTES, position)
        position -= size
        file.seek(position)
        block = file.read(size)
        if len(block) < size:
            raise OSError(errno.ESTALE, "it was cut off meanwhile")
        stop = size
        # The line end of a line is not that of the line before it.
        while (found := block.rfind(b"\n", 0, min(stop, end - 1 - position))) >= 0:
            start = position + found + 1
            pieces.append(block[found + 1 : stop])
            yield start, _join(pieces, end - start, max_line_bytes)
            pieces = []
            stop, end = found + 1, start
        pieces.append(block[:stop])
        if end - position > max_line_bytes + 1:
            pieces = []
    if end:
        yield 0, _join(pieces, end, max_line_bytes)


def _join(pieces: list[bytes], length: int, max_line_bytes: int) -> bytes | None:
    if length > max_line_bytes + 1:
        return None
    line = b"".join(reversed(pieces))
    return None if length - line.endswith(b"\n") > max_line_bytes else line


def _skip_line(file: BinaryIO) -> tuple[int, bool]:
    """Pass over the rest of a line in bounded memory; return its length, and if it has an end."""
    skipped = 0
    while piece := file.readline(_BLOCK_BYTES):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            return skipped, True
    return skipped, False


def _read_line(
    line: bytes, path: str, loads: Loads | None, number: int | None, offset: int
) -> dict[str, Any] | HistoryLoss | None:
    """Parse one line, or say why it holds no record."""
    reason: Reason
    content = line.removeprefix(BOM_UTF8) if offset == 0 else line
    mark = len(line) - len(content)
    if loads is not None and not content.strip(JSON_SPACE.encode()):  # it might take anything
        return None
    try:
        value = parse_json(content.decode(), loads=loads)
        if isinstance(value, dict):
            return value
        reason, detail = "not_an_object", f"a JSON {_json_type(value)}"
    except UnicodeDecodeError as error:
        place = mark + error.start + 1
        reason, detail = "invalid_utf8", f"{error.reason}: byte {place} of the line"
    except json.JSONDecodeError as error:
        if not content.strip(JSON_SPACE.encode()):
            return None
        reason, detail = "invalid_json", _described(error, mark)
    except ValueError as error:
        reason, detail = "invalid_json", str(error)
    if not line.endswith(b"\n"):
        reason, detail = "torn_tail", f"the last line has no end: {detail}"
    elif torn := _torn(content.removesuffix(b"\n")):
        reason, detail = "torn_line", f"it stops before its end: {_described(torn, mark)}"
    return HistoryLoss(reason, path, number, offset, len(line), line[:SAMPLE_BYTES], detail)


def _described(error: json.JSONDecodeError, mark: int) -> str:
    """Say where the decoder failed in a line, of which a byte order mark is the first character."""
    return f"{error.msg}: character {bool(mark) + error.pos + 1} of the line"


def _torn(line: bytes) -> json.JSONDecodeError | None:
    """Return how the decoder fails in a line that is an object never written to its end."""
    if not line.startswith(b"{"):
        return None
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        if error.reason != _CUT_CHARACTER:
            return None
        text = line[: error.start].decode()
    try:
        parse_json(text)
    except json.JSONDecodeError as error:
        return error if _fails_at_end(text, error) else None
    except ValueError:
        pass
    return None


def _fails_at_end(text: str, error: json.JSONDecodeError) -> bool:
    """Say whether the decoder found nothing wrong but that the text ends."""
    rest = text[error.pos :]
    if not rest or error.msg.startswith("Unterminated string"):
        return True
    if error.msg.startswith("Invalid \\uXXXX escape"):
        escape = _ESCAPE_REST.search(text)
        return escape is not None and escape.start() <= error.pos
    if error.msg == "Expecting value":
        return any(word.startswith(rest) and word != rest for word in _WORDS)
    number = _NUMBER_REST.search(text) if error.msg == "Expecting ',' delimiter" else None
    return number is not None and number.start() < error.pos


def _json_type(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", int: "number", float: "number"}
    return "null" if value is None else names.get(type(value), f"{type(value).__name__} value")
