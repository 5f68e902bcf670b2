"""Records to lines: each one encoded, written and counted.

Records come in, one at a time. Their lines go to an open file; the counts of their statuses go
out, or the error that says which record can't be written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, BinaryIO

from run_artifacts._jsondoc import LineTooLong, encode_line, encode_parsed
from run_artifacts._reader import HistoryReader
from run_artifacts._record import STATUSES

OnTooLong = Callable[[Mapping[str, Any], str], object]

# Keys of the counts that are no status; a status of that name is counted as `status_<name>`.
_COUNTED_APART = frozenset({"lost", "total"})


def require_records(records: object) -> None:
    """Raise ``TypeError`` unless something is an iterable that may give records."""
    if isinstance(records, (str, bytes, Mapping)) or not isinstance(records, Iterable):
        raise TypeError(f"records must be an iterable of mappings, not {type(records).__name__}")


def write_lines(
    file: BinaryIO, records: Iterable[Any], on_too_long: OnTooLong | None = None
) -> dict[str, int]:
    """Write records to a file, and count them by status, with what was lost on the way.

    A record whose line is too long is refused, or handed over with what is to be said of it.

    Raises:
        TypeError: A record can't be written.
    """
    # Nobody can have put anything into a record between the reader and here.
    encode: Callable[[Any], bytes] = encode_line
    if type(records) is HistoryReader:
        encode = encode_parsed
    counts = dict.fromkeys(STATUSES, 0)
    total = 0
    lost = -_lost_of(records)  # what was lost before is no loss of this write
    for number, record in enumerate(records, start=1):
        try:
            line = encode(record)
        except TypeError as error:
            detail = f"{_named(record, number)}: {error}"
            if on_too_long is None or not isinstance(error, LineTooLong):
                raise TypeError(detail) from None
            on_too_long(record, detail)
            lost += 1
            continue
        file.write(line)
        total += 1
        status = _counted_as(record.get("status"))
        counts[status] = counts.get(status, 0) + 1
    lost += _lost_of(records)
    return {**counts, **({"lost": lost} if lost else {}), "total": total}


def _lost_of(records: object) -> int:
    return records.tally.lost if isinstance(records, HistoryReader) else 0


def _named(record: object, number: int) -> str:
    """Say which record it is: its number from 1, and the run that it is of."""
    run_rel = record.get("run_rel") if isinstance(record, Mapping) else None
    return f"record {number} ({run_rel})" if isinstance(run_rel, str) else f"record {number}"


def _counted_as(status: object) -> str:
    if not isinstance(status, str):
        return "no_status"
    return f"status_{status}" if status in _COUNTED_APART else status
