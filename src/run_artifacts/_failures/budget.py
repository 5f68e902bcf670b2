"""Shortening a rendered failure to a number of characters, and saying what was cut.

The pieces of a text come in: lines of ours, which stay, and blocks of content, which share what is
left. A shorter one is kept whole, of a longer one the start and the end, around a line that counts
what is cut between them. Only where there is no room for the lines of ours is the text cut as a
whole, behind its first lines.
"""

from __future__ import annotations

from collections.abc import Sequence

from run_artifacts._invisible import behind_selector

#: Fewest characters that a text can be shortened to: they hold a count of what is cut.
MIN_TEXT_CHARACTERS = 20


# A line that is cut goes as a whole, where it has at most this part of what is kept: a fourth.
_FRAGMENT = 4


class Block:
    """Lines of content as they are rendered, and what each of them begins with.

    One without a `prefix` is cut at its end alone.
    """

    __slots__ = ("prefix", "text")

    def __init__(self, text: str, prefix: str = "") -> None:
        self.text = text
        self.prefix = prefix


def fit(pieces: Sequence[str | Block], max_chars: int) -> str:
    """Join pieces by line ends to a text of at most so many characters.

    Args:
        pieces: Lines of ours, and blocks.
        max_chars: At least 20.
    """
    whole = "\n".join(piece.text if isinstance(piece, Block) else piece for piece in pieces)
    if len(whole) <= max_chars:
        return whole
    blocks = [piece for piece in pieces if isinstance(piece, Block)]
    room = max_chars - len(whole) + sum(len(block.text) for block in blocks)
    share = _share(sorted(len(block.text) for block in blocks), room)
    long = [block.text for block in blocks if len(block.text) > share]
    if not long or any(len(_seam(text)) > share for text in long):
        return _first_of(whole, max_chars)
    return "\n".join(
        _shortened(piece, share) if isinstance(piece, Block) else piece for piece in pieces
    )


def _share(sizes: list[int], room: int) -> int:
    """Return the size to which all that is larger must shrink so that all fits; 0 if none does."""
    for index, size in enumerate(sizes):
        waiting = len(sizes) - index
        if size * waiting > room:
            return max(room // waiting, 0)
        room -= size
    return max(sizes, default=0)


def _seam(text: str, cut: int | None = None) -> str:
    """Return the line that says how much of a text is cut."""
    return f"[... cut: {len(text) if cut is None else cut:,} of {len(text):,} characters ...]"


def _shortened(block: Block, most: int) -> str:
    """Keep the start and the end of a block: whole lines, where that costs little of it.

    An end that begins within a line gets the start of a line before it; a variation selector that
    is cut off from its base goes with it.
    """
    text, prefix = block.text, block.prefix
    if len(text) <= most:
        return text
    room = max(most - len(_seam(text)) - 2 - len(prefix), 0)
    head = room // 2 if prefix else room
    tail = behind_selector(text, len(text) - (room - head))
    line = text.rfind("\n", 0, head) + 1
    if head - line <= max(len(prefix), head // _FRAGMENT):
        head = max(line - 1, 0)
    following = text.find("\n", tail)
    if 0 <= following - tail <= (len(text) - tail) // _FRAGMENT:
        tail = following + 1
    line = text.rfind("\n", 0, tail) + 1
    if line < tail < line + len(prefix):
        tail = line
    rest = text[tail:] if tail == line else prefix + text[tail:]
    parts = (text[:head], _seam(text, tail - head), "" if tail == len(text) else rest)
    return "\n".join(part for part in parts if part)


def _first_of(text: str, max_chars: int) -> str:
    """Keep the first lines of a text, and say behind them how many characters are cut.

    None is kept in part: the start of a line of ours may say another thing than the whole.
    """
    room = max(max_chars - len(_seam(text)), 0)
    head = max(text.rfind("\n", 0, room), 0)
    seam = _seam(text, len(text) - head)
    if len(seam) > max_chars:
        seam = f"[cut: {len(text)}]"
    return f"{text[:head]}\n{seam}" if head else seam
