"""The last records of a JSON Lines file, looked for from its end.

From the first of them on, the lines go out as a full read would give them. What was read on the
way there is kept as far as it is small; the rest is read again.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from itertools import repeat
from typing import BinaryIO

from run_artifacts._errors import require_system
from run_artifacts._files.system import BLOCK_BYTES, system_message
from run_artifacts._history.lines import LineRules, cut_short, iter_lines, read_line, too_many
from run_artifacts._history.reader import Step

# Most bytes of lines of which what was read from the end is kept until they are yielded, with
# what each of them takes at least.
_KEPT_BYTES = 1_048_576
_ITEM_BYTES = 500


def iter_last(
    file: BinaryIO, rules: LineRules, wanted: int, max_bytes: int | None = None
) -> Iterator[Step]:
    """Yield the lines of a file from the first of its last wanted records on.

    They lie in the last bytes, if there is a bound of these; what it cuts through is no line.
    """
    room = _KEPT_BYTES
    kept: list[Step] = []
    to_come = 0  # records of what is read again
    start = kept_from = 0
    try:
        end = start = kept_from = file.seek(0, os.SEEK_END)
        if not end and file.read(1):
            raise OSError(errno.ESPIPE, "it reports no size, and so no end to read from")
        first = 0 if max_bytes is None else max(end - max_bytes, 0)
        for start, line in _iter_backwards(file, end, first, rules.max_line_bytes):
            value = None if line is None else read_line(line, rules, None, start)
            if line is not None and len(line) <= room:
                kept.append((value, len(line)))
                kept_from = start
                room -= len(line) + _ITEM_BYTES
            else:
                room = 0
                to_come += isinstance(value, dict)
            wanted -= isinstance(value, dict)
            if not wanted:
                break
    except OSError as error:
        require_system(error)
        yield cut_short(rules.path, None, start, f"nothing before this: {system_message(error)}")
    if start < kept_from:
        file.seek(start)
        yield from _iter_again(file, rules, to_come, start, kept_from)
    yield from reversed(kept)


def _iter_again(
    file: BinaryIO, rules: LineRules, to_come: int, offset: int, stop: int
) -> Iterator[Step]:
    """Yield the lines of a part that is read a second time, with no more records than it had."""
    for value, length in iter_lines(file, rules, repeat(None), offset, stop):
        to_come -= isinstance(value, dict)
        if to_come < 0:
            yield cut_short(rules.path, None, offset, "it was rewritten meanwhile")
            return
        yield value, length
        offset += length


def _iter_backwards(
    file: BinaryIO, end: int, first: int, max_line_bytes: int
) -> Iterator[tuple[int, bytes | None]]:
    """Yield the lines of a file from the last to the first: offset, and bytes unless too long.

    Each byte is looked at once, whatever the length of a line; none before the first.

    Raises:
        OSError: A read failed, or there is more before the first byte.
    """
    pieces: list[bytes] = []  # of the line that ends at `end`, the last one first
    position = end_of_file = end
    while position > first:
        size = min(BLOCK_BYTES, position - first)
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
    if first:
        raise OSError(errno.EFBIG, too_many(end_of_file - first))
    if end:
        yield 0, _join(pieces, end, max_line_bytes)


def _join(pieces: list[bytes], length: int, max_line_bytes: int) -> bytes | None:
    if length > max_line_bytes + 1:
        return None
    line = b"".join(reversed(pieces))
    return None if length - line.endswith(b"\n") > max_line_bytes else line
