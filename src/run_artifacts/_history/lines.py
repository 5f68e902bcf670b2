"""The lines of a JSON Lines file: bytes to records and losses.

An open file comes in. Each of its lines goes out once, in order, with its length: as a record, as
`FILTERED` where the call doesn't want it, as `None` for a blank one, or as the `HistoryLoss` that
says why it is no record. The lengths tile the file.
"""

from __future__ import annotations

import json
import os
import stat
import sys
from codecs import BOM_UTF8
from collections.abc import Callable, Iterable, Iterator
from itertools import count
from typing import Any, BinaryIO

from run_artifacts._errors import require_system
from run_artifacts._files.system import BLOCK_BYTES, system_message
from run_artifacts._history.losses import SAMPLE_BYTES, HistoryLoss, Reason
from run_artifacts._history.reader import Step
from run_artifacts._json.document import JSON_SPACE, Loads, parse_json
from run_artifacts._patterns import lazy_pattern

# What the decoder says of a character whose last bytes are not there.
_CUT_CHARACTER = "unexpected end of data"

# What the decoder leaves unread where a text ends within a word, a number or an escape.
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_NUMBER_REST = lazy_pattern(r"(?<![0-9.eE+-])-?(?:0|[1-9][0-9]*)(?:\.|(?:\.[0-9]+)?[eE][+-]?)\Z")
_ESCAPE_REST = lazy_pattern(r"\\u[0-9a-fA-F]{0,4}\Z")


class LineRules:
    """How the lines of a file are read, whichever way it is gone through.

    Attributes:
        path: The file, as losses name it.
        max_line_bytes: Most bytes of a line, its line end not counted.
        loads: The caller's decoder, if there is one.
        select: Returns a record as it is wanted, or `FILTERED`.
    """

    __slots__ = ("loads", "max_line_bytes", "path", "select")

    def __init__(
        self,
        path: str,
        max_line_bytes: int,
        loads: Loads | None,
        select: Callable[[dict[str, Any]], Any],
    ) -> None:
        self.path = path
        self.max_line_bytes = max_line_bytes
        self.loads = loads
        self.select = select


def end_of(file: BinaryIO) -> int:
    """Return where a file ends now, if it says so; a pipe doesn't, nor what `/proc` shows."""
    status = os.fstat(file.fileno())
    return (stat.S_ISREG(status.st_mode) and status.st_size) or sys.maxsize


def too_many(max_bytes: int) -> str:
    """Return what is said of a file of which no more is read."""
    return f"at most {max_bytes:,} bytes of it are read"


def iter_lines(
    file: BinaryIO,
    rules: LineRules,
    numbers: Iterable[int | None] | None = None,
    offset: int = 0,
    end: int = sys.maxsize,
    most: int = sys.maxsize,
) -> Iterator[Step]:
    """Yield the lines from where a file stands, the given offset, up to its end.

    Nothing behind that is looked at: a file that has grown since is as long as it was, and the
    rest of a line that had no end is none of its lines. One that has become shorter is a loss,
    and so is what lies beyond the most bytes that are read, from the line that they cut on.

    Args:
        file: The file.
        rules: How its lines are read.
        numbers: The numbers of the lines; from 1 on where left out.
        offset: Where the file stands.
        end: Where it ends, as far as that is known.
        most: How many bytes of it are read at most.
    """
    path, max_line_bytes = rules.path, rules.max_line_bytes
    stop = min(end, most)
    limit = max(max_line_bytes + 1, SAMPLE_BYTES)
    for number in count(1) if numbers is None else numbers:
        try:
            line = file.readline(min(limit, stop - offset))
            length = len(line)
            has_end = line.endswith(b"\n")
            too_long = length - has_end > max_line_bytes
            if too_long and not has_end:
                line = line[:SAMPLE_BYTES]
                skipped, has_end = _skip_line(file, stop - offset - length)
                length += skipped
            cut = None if has_end else _cut_at(file, offset + length, end, most)
        except OSError as error:
            require_system(error)
            yield cut_short(path, number, offset, system_message(error))
            break
        if cut is not None:
            yield cut_short(path, number if length else None, offset, cut, length)
            break
        if not length:
            break
        if too_long:
            detail = f"{length:,} bytes, of which at most {max_line_bytes:,} are read"
            sample = line[:SAMPLE_BYTES]
            yield HistoryLoss("line_too_long", path, number, offset, length, sample, detail), length
        else:
            yield read_line(line, rules, number, offset), length
        offset += length
        if not has_end:
            break


def _cut_at(file: BinaryIO, reached: int, end: int, most: int) -> str | None:
    """Say why a line stops where it does, if that is no end of the file; see `iter_lines`."""
    if reached == most < end and file.read(1):
        return too_many(most)
    if reached < end <= most and end < sys.maxsize:
        return f"it was cut off meanwhile, before byte {end}"
    return None


def cut_short(path: str, number: int | None, offset: int, detail: str, length: int = 0) -> Step:
    """Return the step for a file that can't be read on, after so many bytes of a line."""
    return HistoryLoss("unreadable_file", path, number, offset, detail=detail), length


def _skip_line(file: BinaryIO, room: int) -> tuple[int, bool]:
    """Pass over the rest of a line, as far as there is room, without holding it.

    Returns:
        Its length, and whether it has an end.
    """
    skipped = 0
    while piece := file.readline(min(BLOCK_BYTES, room - skipped)):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            return skipped, True
    return skipped, False


def read_line(line: bytes, rules: LineRules, number: int | None, offset: int) -> Any:
    """Parse one line and select its record, or say why it holds none."""
    reason: Reason
    content = line.removeprefix(BOM_UTF8) if offset == 0 else line
    mark = len(line) - len(content)
    loads = rules.loads
    if loads is not None and not content.strip(JSON_SPACE.encode()):  # it might take anything
        return None
    try:
        value = parse_json(content.decode(), loads=loads)
        if isinstance(value, dict):
            return rules.select(value)
        reason, detail = "not_an_object", f"a JSON {_json_type(value)}"
    except UnicodeDecodeError as error:
        column = mark + error.start + 1
        reason, detail = "invalid_utf8", f"{error.reason}: byte {column} of the line"
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
    return HistoryLoss(reason, rules.path, number, offset, len(line), line[:SAMPLE_BYTES], detail)


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
