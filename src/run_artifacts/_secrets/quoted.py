"""Texts in quotes, and lines: where they end, and what of them is shown already."""

from __future__ import annotations

from collections.abc import Iterator

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.tokens import Found

#: The rule for what stands under a secret's name in a text.
RULE = "assignment"

#: Blanks before a value.
SPACE = lazy_pattern(r"[ \t]{0,80}")

#: An expression for what opens a quoted text. Some are a list's, or marked as a kind of text: in
#: Python, C#, Rust, Erlang, PHP.
QUOTE = (
    r"(?:[bruBRU]{1,2}|@|\$|Some\(|<<|string\([0-9]{1,6}\) |\[[ \t]{0,8})?"
    r"(\\{0,15})(\"{3}|'{3}|[\"'`])"
)
#: The same as a pattern: escapes and quote are its groups.
OPENING = lazy_pattern(rf"(?a){QUOTE}")
# How a shell writes a quote within quotes: it ends them, escapes or quotes it, and begins again.
_JOINED = lazy_pattern(r"'(?:\\'|\"'\")'")
_LONGEST_QUOTED = 65_536

#: What placeholders are replaced by before anything is looked for: in no token, and no part of a
#: word.
BLANK = "\0"
_SHOWN = lazy_pattern(f"[^{BLANK}]+")


def closing_quote(text: str, at: int, escapes: str, quote: str, *, is_long: bool) -> int:
    """Return where a quoted text ends: at its quote, or at the end of the line if it has none.

    A quote is escaped as often as the opening one: behind a number of backslashes that is that of
    the opening one, but for those that are escaped themselves. No line is looked at further than
    to the next such quote: one may hold all of a text.
    """
    level = len(escapes)
    is_in_line = not is_long and len(quote) < 3
    limit = len(text) if is_in_line else min(len(text), at + _LONGEST_QUOTED)
    done = at
    found = text.find(quote, at, limit)
    while found >= 0 and not (is_in_line and text.find("\n", done, found) >= 0):
        first = found
        while first > at and text[first - 1] == "\\":
            first -= 1
        count = found - first
        is_closing = count == level or (count > level and count % (2 * level + 2) == level)
        joined = _JOINED.match(text, found) if is_closing and quote == "'" else None
        if is_closing and not joined:
            return found - level
        done = joined.end() if joined else found + 1
        found = text.find(quote, done, limit)
    return end_of_line(text, at)


def end_of_line(text: str, at: int) -> int:
    """Return where a line ends, with the blanks before that taken off."""
    end = text.find("\n", at)
    end = len(text) if end < 0 else end
    while end > at and text[end - 1] in " \t\r":
        end -= 1
    return end


def shown_apart(text: str, start: int, end: int, rule: str = RULE) -> Iterator[Found]:
    """Yield a secret without the placeholders in it, which stay."""
    if text.find(BLANK, start, end) < 0:
        yield start, end, rule
        return
    for part in _SHOWN.finditer(text, start, end):
        yield (*part.span(), rule)
