"""Records to lines: each one encoded, written and counted.

Records come in, one at a time. Their lines go to an open file; the counts of their statuses go
out, or the error that says which record can't be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import chain
from typing import Any, cast

from run_artifacts._files.owned import Sink
from run_artifacts._files.system import BLOCK_BYTES
from run_artifacts._history.losses import HistoryLoss
from run_artifacts._history.reader import HistoryReader, StepReader, gives_plain_records
from run_artifacts._history.run import Outcome, ReadOptions, read_run
from run_artifacts._json.encode import LineTooLong, encode_line, encode_parsed
from run_artifacts._json.foreign import member_of
from run_artifacts._layout import RUN_STATUSES, RunPlace
from run_artifacts._process import NoStack

#: A line, its line end included, and what its record is counted as.
Line = tuple[bytes, str]

# Keys of the counts that are no status; a status of that name is counted as `status_<name>`.
_COUNTED_APART = frozenset({"lost", "total"})


def require_records(records: object) -> None:
    """Raise ``TypeError`` unless something is an iterable that may give records."""
    if isinstance(records, (str, bytes, Mapping)) or not isinstance(records, Iterable):
        kind = type(records).__name__
        raise TypeError(f"records must be an iterable of mappings, such as a list, not {kind}")


class _Lines:
    """Lines on their way to a file, many at a time, counted by the status of their records."""

    def __init__(self, file: Sink) -> None:
        self._file = file
        self._counts: dict[str, int] = dict.fromkeys(RUN_STATUSES, 0)
        self._held: list[bytes] = []
        self._held_bytes = 0

    def add(self, data: bytes, status: str) -> None:
        self._held.append(data)
        self._held_bytes += len(data)
        if self._held_bytes >= BLOCK_BYTES:
            self._write()
        self._counts[status] = self._counts.get(status, 0) + 1

    def end(self, lost: int) -> dict[str, int]:
        """Write the last; return how many have each status, were lost, and are there."""
        self._write()
        total = sum(self._counts.values())
        return {**self._counts, **({"lost": lost} if lost else {}), "total": total}

    def _write(self) -> None:
        self._file.write(b"".join(self._held))
        self._held = []
        self._held_bytes = 0


def write_records(file: Sink, records: Iterable[Any]) -> dict[str, int]:
    """Write records to a file, and count them by status, with what was lost on the way.

    Raises:
        TypeError: A record can't be written.
    """
    before = _lost_of(records)  # what was lost before is no loss of this write
    encode: Callable[[Any], bytes] = encode_parsed if gives_plain_records(records) else encode_line
    lines = _Lines(file)
    for number, record in enumerate(records, start=1):
        try:
            data = encode(record)
        except (TypeError, NoStack) as error:
            raise type(error)(f"{_named(record, number)}: {error}") from None
        lines.add(data, _counted_as(record.get("status")))
    return lines.end(_lost_of(records) - before)


def write_lines(file: Sink, lines: StepReader[Line], first: tuple[Line, ...]) -> dict[str, int]:
    """Write lines to a file, the first of which were taken before, and count them alike."""
    written = _Lines(file)
    for data, status in chain(first, lines):
        written.add(data, status)
    return written.end(lines.tally.lost)


def compile_run(place: RunPlace, options: ReadOptions) -> Outcome | None:
    """Read one run directory as `read_run` does, and make a line of its record."""
    outcome = read_run(place, options)
    if outcome is None or not outcome.is_record:
        return outcome
    record = cast("dict[str, Any]", outcome.value)
    return Outcome(line_or_loss(record, place.run_dir), outcome.bytes_read)


def line_or_loss(
    record: dict[str, Any],
    path: str,
    number: int | None = None,
    offset: int | None = None,
    length: int | None = None,
) -> Line | HistoryLoss:
    """Return the line of a record from our own reading, or the loss where no reader takes it.

    Args:
        record: What was read.
        path: Where it was read from: a run directory, or a file.
        number: Which line it was there, if it was one.
        offset: The offset of that line.
        length: Its length.
    """
    try:
        return encode_parsed(record), _counted_as(record.get("status"))
    except LineTooLong as error:
        return HistoryLoss("line_too_long", path, number, offset, length, detail=str(error))


def _lost_of(records: object) -> int:
    return records.tally.lost if isinstance(records, HistoryReader) else 0


def _named(record: object, number: int) -> str:
    """Say which record it is: its number from 1, and the run that it is of."""
    run_rel = member_of(record, "run_rel")
    return f"record {number} ({run_rel})" if isinstance(run_rel, str) else f"record {number}"


def _counted_as(status: object) -> str:
    if not isinstance(status, str):
        return "no_status"
    return f"status_{status}" if status in _COUNTED_APART else status
