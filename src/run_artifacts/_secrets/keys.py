"""Private keys: from their first line to their last, or to the end of what is known."""

from __future__ import annotations

import re
from collections.abc import Sequence

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.tokens import Finder, Found

#: The rule for private keys, which may be longer than what is known of a text.
KEY_RULE = "private_key"

_SPACE = r"(?: |%20|\+)"
_LABEL = rf"{_SPACE}(?:[A-Z0-9 +]|%20){{0,40}}PRIVATE{_SPACE}KEY(?:{_SPACE}BLOCK)?-----"
_BEGIN, _END = f"-----BEGIN{_LABEL}", f"-----END{_LABEL}"
_BEGINS, _ENDS = lazy_pattern(_BEGIN), lazy_pattern(_END)

_LONGEST_LINE = 200  # more characters than either has

# What follows the first line of a key, and not a mention of that line.
_FOLLOWS = r"(?=[ \t]*(?:[\r\n]|\\[rn]|%0[AD])|[\s\\]*[A-Za-z0-9+/=]{16}|\s*\Z)"

# The one of RFC 7468 and its like, and PuTTY's own (its documentation, appendix C).
_KEY = lazy_pattern(rf"({_BEGIN}(?:(?s:(?!-----BEGIN).)*?{_END}|{_FOLLOWS}(?s:.*)))")
_BREAK = r"(?:[\r\n]|\\[rn])"
_PUTTY = lazy_pattern(
    rf"-Lines:[ \t]*[0-9]{{1,4}}{_BREAK}{{1,8}}"
    rf"([A-Za-z0-9+/=]++(?=[\r\n\\]|\Z)(?:{_BREAK}{{1,8}}[A-Za-z0-9+/=]++(?=[\r\n\\]|\Z))*+)"
)


class KeyFinder(Finder):
    """What finds a private key by what begins it."""

    __slots__ = ("_pattern", "glance", "prefix")

    def __init__(self, prefix: str, pattern: re.Pattern[str], glance: str) -> None:
        """Take what begins it, and the pattern of all of it, with what is hidden as its group."""
        self.prefix, self._pattern, self.glance = prefix, pattern, glance

    def find(self, text: str, at: int, _body: int | None = None) -> tuple[Sequence[Found], int]:
        """Return the key that begins at an offset, and where to go on."""
        found = self._pattern.match(text, at)
        return (((*found.span(1), KEY_RULE),), found.end()) if found else ((), at + 1)


KEY_FINDERS = (
    KeyFinder("-----BEGIN", _KEY, "----BEGIN"),
    KeyFinder("-Lines:", _PUTTY, "(?<=Private-)Lines:"),
)


def is_unclosed_key(text: str, start: int, end: int) -> bool:
    """Say whether what was found in a text is, or ends in, a private key that isn't closed."""
    return (
        end == len(text)
        and _BEGINS.search(text, start) is not None
        and not any(
            closing.end() == end
            for closing in _ENDS.finditer(text, max(start, end - _LONGEST_LINE))
        )
    )


def end_of_key(text: str) -> int:
    """Return where a private key ends that began before a text: at its end if nowhere else."""
    end, begin = _ENDS.search(text), _BEGINS.search(text)
    if end is None or (begin is not None and begin.start() < end.start()):
        return len(text)
    return end.end()
