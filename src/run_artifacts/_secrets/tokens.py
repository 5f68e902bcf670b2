"""Tokens of a known format: where one begins and ends whose prefix stands somewhere.

A token that is wrapped goes on in the next line, as far as its issuer makes it long.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.formats import Format
from run_artifacts._secrets.interruptions import BORDERS, uninterrupted
from run_artifacts._secrets.readings import Reading

#: Where a token starts and ends in a text, in code points, and the rule that found it.
Found = tuple[int, int, str]

# What may stand right before a token: nothing of a word, or what stands for a character there, as
# an escape of JSON or C, a percent-encoded byte, or the end of a terminal's control sequence; or
# what Telegram's addresses have before a bot's.
_BEFORE = lazy_pattern(
    r"(?a)(?:\\[abefnrtv0]|\\[0-7]{3}|\\x[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}|%[0-9A-Fa-f]{2}|=3D"
    r"|/bot|\x1b\(B|[\[;:?][0-9]{0,3}[A-HJKSTfhlmnsu])\Z"
)
_LONGEST_BEFORE = 6

# Of a token that is wrapped, one line holds as many characters as this, or is the last.
_NARROWEST = 8
_MOST_LINES = 40
_LONG = 60
_LONGEST_WORD = 20

# As many characters of a body are looked at before it is read.
_GLANCE = 24
_LONGEST_WRAP = 40

#: A line's end within a token, and what is beside it.
WRAP = lazy_pattern(rf"[{BORDERS}\\]*+\n[{BORDERS}]*+")
_ENDS_LINE = lazy_pattern(rf"[\"'`,;)\]}}{BORDERS}\\]*+(?:\n|\Z)")
_REST = lazy_pattern(r"(?a)[\w-]*+")
_DOTTED_REST = lazy_pattern(r"(?a)(?:[\w-]|\.{1,2}(?=[\w-]))*+")


class Finder:
    """What finds a secret of one kind.

    Attributes:
        prefix: What stands in a text, to the letter, where there is such a secret.
        glance: An expression for what else is beside a prefix that begins with its character and
            is met in any text; or nothing.
        is_word: Whether it begins a word.
        has_body: Whether the characters of a token follow; it may be wrapped.
        body: An expression for as many of them as there must be, or for fewer and a wrap.
    """

    __slots__ = ()

    prefix: str
    glance: str = ""
    is_word: bool = False
    has_body: bool = False
    body: str = ""

    def find(self, text: str, at: int, body: int | None = None) -> tuple[Sequence[Found], int]:
        """Return the secret whose prefix stands at an offset, or nothing.

        And the offset before which there is no other one of this kind. `body` is where it goes on
        behind its prefix, if a wrap lies within that.
        """
        raise NotImplementedError


class TokenFinder(Finder):
    """A format, with its patterns."""

    __slots__ = ("before", "body", "format", "glance", "is_word", "prefix", "run")
    has_body = True

    def __init__(self, of: Format) -> None:
        """Take a format."""
        self.format = of
        self.prefix = of.prefix
        # An escape before it may end in a letter; two of them are a word.
        self.is_word = not of.before_length
        is_bare = self.is_word and of.prefix.isalnum() and not of.glance
        self.glance = rf"{of.prefix[1:]}(?<![A-Za-z]{{2}}{of.prefix})" if is_bare else of.glance
        most = of.usuals[0] + 1 if of.is_exact else ""
        least = min(of.least, _GLANCE)
        body = of.alphabet.replace(r"\w", "A-Za-z0-9_")
        wrapped = rf"[{body}]{{0,{least}}}+[{BORDERS}\\]*+\n"
        self.body = f"(?=[{body}]{{{least}}}|{wrapped})" if body else ""
        self.run = lazy_pattern(f"(?a)[{of.alphabet}]{{0,{most}}}+" if of.alphabet else "")
        self.before = lazy_pattern(rf"(?a)(?:{of.before})\Z")

    def find(self, text: str, at: int, body: int | None = None) -> tuple[Sequence[Found], int]:
        """Return the token whose prefix stands at an offset, if it is one, and where to go on.

        What is too plain for a token is so in each of its parts, too. `body` is where its body
        begins, if a wrap lies within the prefix.
        """
        begin = self._begin(text, at)
        if begin is None:
            return (), at + 1
        behind, is_token = self._end(text, at + len(self.prefix) if body is None else body)
        if not is_token:
            return (), behind if behind - at > _MOST_LINES else at + 1
        rest = _DOTTED_REST if "." in self.format.alphabet else _REST
        behind = rest.match(text, behind).end()  # type: ignore[union-attr]
        # What ends a sentence is none of a token, whatever its alphabet.
        end = begin + len(text[begin:behind].rstrip(".,"))
        return ((begin, end, self.format.rule),), behind

    def _begin(self, text: str, at: int) -> int | None:
        """Return where a token begins whose prefix stands at an offset, if one can there."""
        if not self.format.before:
            return at if begins_word(text, at) else None
        start = self._begin_before(text, at)
        if start is None:
            return None
        return at + len(self.prefix) if self.format.is_labelled else start

    def _begin_before(self, text: str, at: int) -> int | None:
        """Return where that begins which stands before a prefix, and may be wrapped."""
        length = self.format.before_length
        first = max(0, at - length - _LONGEST_WRAP)
        starts = []
        if text.find("\n", first, at) >= 0:
            read = uninterrupted(Reading(text[first:at]))
            found = self.before.search(read.text, max(0, len(read.text) - length))
            starts = [first + read.span(*found.span())[0]] if found and found[0] else []
        found = self.before.search(text, max(0, at - length), at)
        starts += self._starts(text, found.start(), at) if found else []
        return next((start for start in starts if begins_word(text, start)), None)

    def _starts(self, text: str, start: int, at: int) -> list[int]:
        """Return where that may begin whose first characters may be the last of an escape."""
        ahead = [
            begin
            for begin in range(min(at, start + _LONGEST_BEFORE), start, -1)
            if self.before.match(text, begin, at)
        ]
        return [*ahead, start] if text[start - 1 : start] in ("\\", "%") else [start, *ahead]

    def _end(self, text: str, body: int) -> tuple[int, bool]:
        """Return where a body ends, and whether it is that of a token."""
        row = self.format
        parts = pieces(self.run, text, body, row.usuals[-1])
        if sum(end - start for start, end in parts) < row.least:
            return parts[-1][1], False
        parts = parts[: _whole(text, parts, row)]
        issued = "".join(text[start:end] for start, end in parts)
        end = parts[-1][1]
        if len(issued) < row.least:
            return end, False
        if row.is_exact and not self._is_alone(text, len(issued), end):
            return end, False
        return end, _is_issued(issued, row)

    def _is_alone(self, text: str, length: int, end: int) -> bool:
        """Say whether a body is of the usual length, and no part of a longer word."""
        return length == self.format.usuals[0] and not (
            # What a bracket follows is a call.
            _is_ascii_alnum(text[end : end + 1]) or text[end : end + 1] in ("_", "(")
        )


def pieces(run: re.Pattern[str], text: str, body: int, usual: int) -> list[tuple[int, int]]:
    """Return the parts of a body: one, or more where it is wrapped before its usual length."""
    end = run.match(text, body).end()  # type: ignore[union-attr]
    parts = [(body, end)]
    length = end - body
    while length < usual and len(parts) < _MOST_LINES:
        if len(parts) > 1 and parts[-1][1] - parts[-1][0] < _NARROWEST:
            break
        wrap = WRAP.match(text, parts[-1][1])
        more = run.match(text, wrap.end()) if wrap else None
        if not more or not more[0]:
            break
        parts.append(more.span())
        length += len(more[0])
    return parts


def _whole(text: str, parts: list[tuple[int, int]], row: Format) -> int:
    """Return of how many of its parts a body that may be wrapped is made.

    It is whole where it has a usual length. If it has at no wrap, the first part is all of it; but
    where that is too short, or the lengths vary, also each next line that was made, and holds
    nothing else or is too long and too varied for a word.
    """
    length = whole = 0
    for count, (start, end) in enumerate(parts, 1):
        if whole and text[start:end].isalpha() and text[start + 1 : end].islower():
            break  # which is a word
        length += end - start
        whole = count if length in row.usuals else whole
    if whole:
        return whole
    count = 1
    is_varied = row.usuals[-1] >= _LONG or parts[0][1] - parts[0][0] < row.least
    while is_varied and count < len(parts):
        start, end = parts[count]
        is_more = _goes_on if _ENDS_LINE.match(text, end) else _is_long
        if end - start < _NARROWEST or not is_more(text[start:end]):
            break
        count += 1
    return count


def _goes_on(line: str) -> bool:
    """Say whether a token may go on in a line of which nothing else is left."""
    return any(map(str.isdigit, line))


def _is_long(line: str) -> bool:
    """Say whether a token goes on at the start of a line, as no word is so long and so varied."""
    kinds = (str.isdigit, str.isupper, str.islower)
    return len(line) >= _LONGEST_WORD and all(any(map(kind, line)) for kind in kinds)


def _is_issued(body: str, row: Format) -> bool:
    """Tell what a machine has made from words: by digits, or by the case of its letters."""
    if row.usuals[0] <= 16 or any(map(str.isdigit, body)):
        return True
    capitals = sum(map(str.isupper, body))
    if row.alphabet == "A-Z0-9":
        return True
    if row.alphabet.startswith(r"\w"):
        return capitals > 0
    return len(body) <= 5 * capitals < 5 * len(body)


def begins_word(text: str, at: int) -> bool:
    """Say whether a token can begin at an offset."""
    if not _is_ascii_alnum(text[at - 1 : at]):
        return True
    return _BEFORE.search(text, max(0, at - _LONGEST_BEFORE), at) is not None


def _is_ascii_alnum(char: str) -> bool:
    return char.isascii() and char.isalnum()
