"""The lines of a JSON Lines file: bytes to records and losses.

An open binary file comes in. Each of its lines goes out once, in order, with its length: as a
record, as `None` for a blank one, or as the `HistoryLoss` that says why it is no record. The
lengths tile the file.
"""

from __future__ import annotations

import errno
import json
import re
import sys
from codecs import BOM_UTF8
from collections.abc import Iterator
from typing import Any, BinaryIO

from run_artifacts._jsondoc import parse_json
from run_artifacts._losses import SAMPLE_BYTES, HistoryLoss, Reason
from run_artifacts._regular import system_message

_JSON_SPACE = b" \t\r\n"
_SKIP_BYTES = 65_536

# What the decoder says of a character whose last bytes are not there.
_CUT_CHARACTER = "unexpected end of data"

# What the decoder leaves unread where a text ends within a word, a number or an escape.
_WORDS = ("true", "false", "null", "NaN", "Infinity", "-Infinity")
_NUMBER_REST = re.compile(r"(?<![0-9.eE+-])-?(?:0|[1-9][0-9]*)(?:\.|(?:\.[0-9]+)?[eE][+-]?)\Z")
_ESCAPE_REST = re.compile(r"\\u[0-9a-fA-F]{0,4}\Z")

Item = tuple[dict[str, Any] | HistoryLoss | None, int]


def iter_file(path: str, max_line_bytes: int) -> Iterator[Item]:
    """Open a JSON Lines file and yield each of its lines; see the module."""
    try:
        file = open(path, "rb")  # noqa: SIM115 - closed below, and an error here is a loss
    except OSError as error:
        reason: Reason = "vanished" if error.errno == errno.ENOENT else "unreadable_file"
        yield HistoryLoss(reason, path, detail=system_message(error)), 0
        return
    with file:
        yield from _iter_lines(file, path, max_line_bytes)


def _iter_lines(file: BinaryIO, path: str, max_line_bytes: int) -> Iterator[Item]:
    number, offset = 0, 0
    limit = min(max(max_line_bytes + 1, SAMPLE_BYTES), sys.maxsize)
    while True:
        number += 1
        try:
            line = file.readline(limit)
            length = len(line)
            too_long = length - line.endswith(b"\n") > max_line_bytes
            if too_long and not line.endswith(b"\n"):
                line = line[:SAMPLE_BYTES]
                length += _skip_line(file)
        except OSError as error:
            yield (
                HistoryLoss("unreadable_file", path, number, offset, detail=system_message(error)),
                0,
            )
            return
        if not length:
            return
        if too_long:
            detail = f"{length:,} bytes, of which at most {max_line_bytes:,} are read"
            sample = line[:SAMPLE_BYTES]
            yield HistoryLoss("line_too_long", path, number, offset, length, sample, detail), length
        else:
            yield _read_line(line, path, number, offset), length
        offset += length


def _skip_line(file: BinaryIO) -> int:
    """Pass over the rest of a line in bounded memory, and return its length."""
    skipped = 0
    while piece := file.readline(_SKIP_BYTES):
        skipped += len(piece)
        if piece.endswith(b"\n"):
            break
    return skipped


def _read_line(
    line: bytes, path: str, number: int, offset: int
) -> dict[str, Any] | HistoryLoss | None:
    """Parse one line, or say why it holds no record."""
    reason: Reason
    content = line.removeprefix(BOM_UTF8) if offset == 0 else line
    try:
        value = parse_json(content.decode())
        if type(value) is dict:
            return value
        reason, detail = "not_an_object", f"a JSON {_json_type(value)}"
    except UnicodeDecodeError as error:
        reason, detail = "invalid_utf8", f"{error.reason}: byte {error.start + 1} of the line"
    except json.JSONDecodeError as error:
        if not content.strip(_JSON_SPACE):
            return None
        reason, detail = "invalid_json", f"{error.msg}: character {error.pos + 1} of the line"
    except ValueError as error:
        reason, detail = "invalid_json", str(error)
    if not line.endswith(b"\n"):
        reason, detail = "torn_tail", f"the last line has no end: {detail}"
    elif _is_torn(content.removesuffix(b"\n")):
        reason, detail = "torn_line", f"it stops before its end: {detail}"
    return HistoryLoss(reason, path, number, offset, len(line), line[:SAMPLE_BYTES], detail)


def _is_torn(line: bytes) -> bool:
    """Say whether a line is the start of a JSON object that was never written to its end."""
    if not line.startswith(b"{"):
        return False
    try:
        text = line.decode()
    except UnicodeDecodeError as error:
        if error.reason != _CUT_CHARACTER:
            return False
        text = line[: error.start].decode()
    try:
        parse_json(text)
    except json.JSONDecodeError as error:
        return _fails_at_end(text, error)
    except ValueError:
        pass
    return False


def _fails_at_end(text: str, error: json.JSONDecodeError) -> bool:
    """Say whether the decoder found nothing wrong but that the text ends."""
    rest = text[error.pos :]
    if not rest or error.msg.startswith("Unterminated string"):
        return True
    if error.msg.startswith("Invalid \\uXXXX escape"):
        return bool(_ESCAPE_REST.search(text))
    if error.msg == "Expecting value":
        return any(word.startswith(rest) and word != rest for word in _WORDS)
    number = _NUMBER_REST.search(text) if error.msg == "Expecting ',' delimiter" else None
    return number is not None and number.start() < error.pos


def _json_type(value: object) -> str:
    names = {list: "array", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")
