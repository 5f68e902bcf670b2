"""The reader of a history: one pass over what a source gives, filtered and counted.

The steps of a source come in, each a record, a blank line, a loss or something left out, with its
bytes. Records go out; everything else is counted, and losses are handed over, raised or warned of.
"""

from __future__ import annotations

import warnings
from collections.abc import Generator, Iterator
from typing import Any, Generic, Self, TypeVar

from run_artifacts import _process
from run_artifacts._history.losses import (
    COLLECTING,
    HistoryLoss,
    HistoryTally,
    HistoryWarning,
    OnLoss,
    hand_over,
)
from run_artifacts._process import Owner

#: Stands in a step for what the filters of a call leave out.
FILTERED = object()

#: One step of a source: what is to be yielded, a loss, None for a blank line, or FILTERED; and
#: its bytes.
Step = tuple[Any, int]
Steps = Generator[Step, None, None]

_T = TypeVar("_T")


class StepReader(Iterator[_T], Generic[_T]):
    """An iterator over what the steps of a source give, which counts what they can't."""

    def __init__(self, steps: Steps, on_loss: OnLoss | None, path: str) -> None:
        """Go over the steps of a source, in this process alone."""
        self._owner = Owner(path, "read")
        self._steps = steps
        self._on_loss = on_loss
        self._records = self._filtered = self._blank = self._lost = self._bytes_read = 0
        self._interruptions = 0
        self._first_interruption: HistoryLoss | None = None
        self._is_broken = False

    @property
    def tally(self) -> HistoryTally:
        """Where everything met so far went; the sums hold at any moment."""
        kept = self._records + self._filtered
        total = kept + self._blank + self._lost
        return HistoryTally(
            self._records, self._filtered, self._blank, self._lost, total, self._bytes_read
        )

    def __next__(self) -> _T:
        """Return the next record.

        Raises:
            HistoryLoss: Something is damaged, and there is no `on_loss`; the next call goes on.
            RuntimeError: An exception, such as ``KeyboardInterrupt``, has ended the read before;
                this process was forked from the one that reads; or a function of the caller's
                raised ``StopIteration``, which is the cause of this error and would look like the
                end.
        """
        if self._is_broken:
            message = "an exception has ended this read; what follows was not read"
            raise RuntimeError(f"{message}: make a new reader for it")
        while True:
            if self._owner.begun is not _process.current:
                raise self._owner.forked()
            self._is_broken = True  # until the step is counted
            try:
                value, size = next(self._steps)
            except StopIteration:
                break
            self._bytes_read += size
            kind = type(value)
            if value is None:
                self._blank += 1
            elif value is FILTERED:
                self._filtered += 1
            elif kind is HistoryLoss:
                self._lost += 1
            else:
                self._records += 1
                self._is_broken = False
                return value  # type: ignore[no-any-return]
            self._is_broken = False
            if kind is HistoryLoss:
                self._report(value)
        self._is_broken = False
        self._warn()
        raise StopIteration

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._steps.close()
        try:
            self._warn()
        except HistoryWarning:  # an error by the caller's filters, and none to hide another one
            if kind is None:
                raise

    def close(self) -> None:
        """Close the source; the reader is then exhausted."""
        self._steps.close()
        self._warn()

    def _report(self, loss: HistoryLoss) -> None:
        if self._on_loss is None and loss.is_interruption:
            self._interruptions += 1
            self._first_interruption = self._first_interruption or loss
            return
        if self._first_interruption is not None:  # who doesn't go on isn't warned at the end
            loss.add_note(f"before it, not read: {self._interrupted()}")
        hand_over(loss, self._on_loss)

    def _interrupted(self) -> str:
        others = f" and {self._interruptions - 1} more" if self._interruptions > 1 else ""
        return f"{self._first_interruption}{others}"

    def _warn(self) -> None:
        if self._first_interruption is not None:
            message = f"not read ({COLLECTING}): {self._interrupted()}"
            self._first_interruption = None
            warnings.warn(message, HistoryWarning, stacklevel=3)


class HistoryReader(StepReader[dict[str, Any]]):
    """An iterator over the records of a history, which counts what it can't yield.

    It opens its source at the first ``next``, closes it when it is exhausted or left as a
    context manager, and goes on after a loss that it raised. It belongs to one thread.

    Attributes:
        tally: Where everything met so far went: a `HistoryTally`.
    """

    def __init__(
        self, steps: Steps, on_loss: OnLoss | None, path: str, *, is_plain: bool = False
    ) -> None:
        """Go over steps; `is_plain` says that our own decoder has made the records."""
        super().__init__(steps, on_loss, path)
        self._is_plain = is_plain


def gives_plain_records(records: object) -> bool:
    """Say whether what gives records can give none but JSON's own types, as they were parsed."""
    return type(records) is HistoryReader and records._is_plain  # noqa: SLF001 - of this module
