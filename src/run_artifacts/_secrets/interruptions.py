"""What interrupts a secret and is no part of it: line wraps, escape sequences, the invisible.

An interruption is what a terminal, or who lays out text for one, puts between two characters that
belong together. Expressions for it are given to patterns of others; `uninterrupted` reads a text
without any.
"""

from __future__ import annotations

from run_artifacts._invisible import EMPTY, IGNORABLE, one_of
from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.readings import Reading, Rewritten, rewrite

#: What stands beside a line that is wrapped: blanks, and the border of a box around it.
BORDERS = " \t\r|│┃║▏▕▌▐"

#: An expression for the end of a line within what was longer, with the blanks and the border of
#: a box beside it, and the backslash by which a shell goes on. It gives nothing back.
WRAP = rf"(?:[{BORDERS}]*+(?:\\[{BORDERS}]*+)?\n)++[{BORDERS}]*+"

#: An expression for what a terminal obeys and doesn't show (ECMA-48): control sequences (CSI), the
#: strings for titles and links (OSC and the like) to their end, and the choice of a character set.
ESCAPE_SEQUENCE = (
    r"(?:(?:\x1b\[|\x9b)[0-?]*+[ -/]*+[@-~]"
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*+(?:\x07|\x1b\\|\x9c)"
    r"|\x1b[ -/]++[0-~]"
    r"|\x1b[0-OQ-WYZ\\`-~])"
)

#: An expression for a character without a shape of its own.
INVISIBLE = one_of(f"{IGNORABLE} {EMPTY}")

_UNSEEN = lazy_pattern(f"({ESCAPE_SEQUENCE}|{INVISIBLE})")
_ANY_UNSEEN = lazy_pattern(f"{INVISIBLE[:-1]}\x9b]")
_BESIDE_WRAPS = lazy_pattern(rf"([{BORDERS}\\]+)")


class _Seen(Rewritten):
    """A reading without escape sequences and invisible characters."""

    __slots__ = ()

    @classmethod
    def pieces(cls, text: str) -> tuple[list[str], list[str]]:
        spelt = _UNSEEN.split(text)
        return spelt, _without_every_second(spelt)


class _Unwrapped(Rewritten):
    """A reading whose lines follow each other without what is beside them."""

    __slots__ = ()

    @classmethod
    def lines(cls, text: str) -> list[str]:
        """Return the lines of a text without what is beside them."""
        return [line.strip(BORDERS) for line in text.split("\n")]

    @classmethod
    def rewritten(cls, text: str) -> str:
        return "".join(cls.lines(text))

    @classmethod
    def pieces(cls, text: str) -> tuple[list[str], list[str]]:
        spelt = [""]
        beside = ""
        for line, bare in zip(text.split("\n"), cls.lines(text), strict=True):
            begin = len(line) - len(line.lstrip(BORDERS))
            spelt += (beside + line[:begin], bare)
            beside = line[begin + len(bare) :] + "\n"
        spelt += (beside[:-1], "")
        return spelt, _without_every_second(spelt)


class _Continued(_Unwrapped):
    """The same, where a backslash at the end of a line says that it goes on."""

    __slots__ = ()

    @classmethod
    def lines(cls, text: str) -> list[str]:
        return [
            line[:-1].rstrip(BORDERS) if line[-1:] == "\\" else line for line in super().lines(text)
        ]


class _Squeezed(Rewritten):
    """A reading without anything that could stand beside a wrap."""

    __slots__ = ()

    @classmethod
    def rewritten(cls, text: str) -> str:
        return _BESIDE_WRAPS.sub("", text)

    @classmethod
    def pieces(cls, text: str) -> tuple[list[str], list[str]]:
        spelt = _BESIDE_WRAPS.split(text)
        return spelt, _without_every_second(spelt)


def _without_every_second(spelt: list[str]) -> list[str]:
    read = spelt.copy()
    read[1::2] = [""] * (len(spelt) // 2)
    return read


def seen(spelt: Reading) -> Reading:
    """Return a reading without what a terminal doesn't show, or itself if all is shown."""
    text = spelt.text
    if "\x1b" in text or not (text.isascii() or _ANY_UNSEEN.search(text) is None):
        return rewrite(spelt, _Seen)
    return spelt


def uninterrupted(spelt: Reading, *, continued: bool = True) -> Reading:
    """Return a reading without interruptions, or itself if it has none.

    Args:
        spelt: What may be interrupted.
        continued: Whether a backslash at the end of a line is a part of the wrap; if not, it may
            be that of an escape which is wrapped.
    """
    spelt = seen(spelt)
    if "\n" not in spelt.text:
        return spelt
    return rewrite(spelt, _Continued if continued else _Unwrapped)


def squeezed(spelt: Reading) -> Reading:
    """Return a reading also without blanks, borders and backslashes that are no wrap's.

    Who wraps at a blank may drop it. So a secret that holds one is found in this way, squeezed
    itself.
    """
    return rewrite(spelt, _Squeezed)
