"""Readings of a text: what it says to who decodes it, and where each part of that is spelt."""

from __future__ import annotations

from bisect import bisect_right
from itertools import accumulate


class Reading:
    """A text as it stands.

    Attributes:
        text: What it reads.
    """

    __slots__ = ("text",)

    def __init__(self, text: str) -> None:
        """Read a text."""
        self.text = text

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of the reading, of a character at least, is in the whole text."""
        return start, end


class Rewritten(Reading):
    """A reading in which pieces of another one are replaced, or left out."""

    __slots__ = ("_ends", "_spelt")

    def __init__(self, spelt: Reading) -> None:
        """Rewrite a reading."""
        super().__init__(self.rewritten(spelt.text))
        self._spelt = spelt
        self._ends: tuple[list[int], list[int]] | None = None

    @classmethod
    def rewritten(cls, text: str) -> str:
        """Return a text as it reads; the text itself where nothing in it is replaced."""
        spelt, read = cls.pieces(text)
        return "".join(read) if len(spelt) > 1 else text

    @classmethod
    def pieces(cls, text: str) -> tuple[list[str], list[str]]:
        """Split a text into pieces: as they are spelt, and as they read.

        The first one stays as it is, the next one is replaced, and so on by turns.
        """
        raise NotImplementedError

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part is spelt; of a piece that is replaced, all counts as one."""
        if self._ends is None:  # which only what is found needs to know
            spelt, read = self.pieces(self._spelt.text)
            self._ends = [*accumulate(map(len, spelt))], [*accumulate(map(len, read))]
        spelt_ends, read_ends = self._ends
        first, last = bisect_right(read_ends, start), bisect_right(read_ends, end - 1)
        begin = spelt_ends[first - 1] if first else 0
        if first % 2 == 0:
            begin += start - (read_ends[first - 1] if first else 0)
        behind = spelt_ends[last]
        if last % 2 == 0:
            behind -= read_ends[last] - end
        return self._spelt.span(begin, behind)


def rewrite(spelt: Reading, kind: type[Rewritten]) -> Reading:
    """Return a reading rewritten, or itself where that changes nothing."""
    read = kind(spelt)
    return spelt if read.text is spelt.text else read
