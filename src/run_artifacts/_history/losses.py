"""What a history can't yield, and how that is counted."""

from collections.abc import Callable
from typing import Literal, NamedTuple

from run_artifacts._errors import ask

Reason = Literal[
    "invalid_utf8",
    "invalid_json",
    "not_an_object",
    "line_too_long",
    "unreadable_file",
    "unreadable_directory",
    "vanished",
    "torn_tail",
    "torn_line",
    "run_without_target_ref",
]

#: The reasons that are normal while a writer lives; all others are damage.
INTERRUPTIONS = frozenset({"torn_tail", "torn_line", "run_without_target_ref"})

SAMPLE_BYTES = 120

#: What who meets a loss can do.
COLLECTING = "on_loss= takes each loss, and reading goes on"


class HistoryLoss(ValueError):
    """One line, file or directory of a history that can't be yielded as a record.

    Attributes:
        reason: One of a closed set that callers persist (see ``docs/format.md``).
        path: The file or directory that it concerns.
        line_number: Its line in the file, from 1; ``None`` where there are no lines.
        byte_offset: The offset of the line's first byte in the file, or ``None``.
        byte_length: The bytes of the line, its line end included, or ``None``.
        sample: The line's first bytes, at most 120.
        detail: What was seen, in words.
    """

    def __init__(
        self,
        reason: Reason,
        path: str,
        line_number: int | None = None,
        byte_offset: int | None = None,
        byte_length: int | None = None,
        sample: bytes = b"",
        detail: str = "",
    ) -> None:
        super().__init__(reason, path, line_number, byte_offset, byte_length, sample, detail)
        self.reason: Reason = reason
        self.path = path
        self.line_number = line_number
        self.byte_offset = byte_offset
        self.byte_length = byte_length
        self.sample = sample
        self.detail = detail

    @property
    def is_interruption(self) -> bool:
        """Whether this is normal while a writer lives, rather than damage."""
        return self.reason in INTERRUPTIONS

    def place(self) -> str:
        """Return where it is: the path, the line and the byte, as far as they are known."""
        line = f" line {self.line_number}" if self.line_number is not None else ""
        byte = f", byte {self.byte_offset}" if self.byte_offset is not None else ""
        return f"{self.path}{line}{byte}"

    def __str__(self) -> str:
        detail = f": {self.detail}" if self.detail else ""
        return f"{self.reason}{detail} ({self.place()})"


OnLoss = Callable[[HistoryLoss], object]


def hand_over(loss: HistoryLoss, on_loss: OnLoss | None) -> None:
    """Give a loss to who takes it, or raise it with a note on how to take it.

    Raises:
        CallerStopped: Who takes it raised ``StopIteration``.
    """
    if on_loss is None:
        loss.add_note(COLLECTING)
        raise loss
    ask(on_loss, loss, "on_loss")


class HistoryWarning(UserWarning):
    """A read met interruptions: torn lines, or runs that have not been set up."""


class HistoryTally(NamedTuple):
    """Where everything that a read has met went.

    ``records + filtered + blank + lost == total`` at any moment.

    Attributes:
        records: Records yielded.
        filtered: Records that the filters of the call left out.
        blank: Blank lines.
        lost: Losses.
        total: Lines of a file, or run directories and what hides them in a tree.
        bytes_read: Bytes of those lines, or of the artifacts read.
    """

    records: int
    filtered: int
    blank: int
    lost: int
    total: int
    bytes_read: int
