r"""The value of an assignment: where it ends, and whether it may be a secret.

A place behind a name and its joint comes in. A quoted value ends at its quote, which is escaped as
often as the one that opens it; a bare one at what ends a word where it stands: in a query, in an
environment or a configuration, or in any other text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.headers import COOKIE, COOKIES, HEADERS, header_value, is_cookie
from run_artifacts._secrets.plausible import is_bare_secret, is_made, is_quoted_secret, is_words
from run_artifacts._secrets.quoted import (
    OPENING,
    QUOTE,
    RULE,
    SPACE,
    closing_quote,
    end_of_line,
    shown_apart,
)
from run_artifacts._secrets.tokens import Found
from run_artifacts._secrets.values import is_no_value

#: How many characters of a name count at the most: the last ones.
LONGEST_NAME = 64

# An annotation of a type, between a name and its value.
_TYPE = lazy_pattern(
    r"(?a)[ \t]*([A-Za-z_][\w.\[\], |]{0,60})[ \t]*=(?!=)[ \t]*(?=[bruBRU]{0,2}[\"'])"
)
_CLOSED = r"\\{0,15}[\"'`]{0,3}"
_CHANGE = lazy_pattern(rf"(?a){_CLOSED}[ \t]{{0,8}}->[ \t]{{0,8}}{QUOTE}")
_IN_LIST = lazy_pattern(rf"(?a){_CLOSED},\s{{0,80}}{QUOTE}")

# An anchor and a tag of YAML; what begins a value in the line below, there and in Python.
_PROPERTIES = lazy_pattern(r"(?a)(?:(?:&[\w-]{1,40}|![\w!/-]{0,40})[ \t]{1,8}){0,2}")
_BELOW = lazy_pattern(r"(?:\(|[|>][+-]?[0-9]?)?[ \t]{0,8}\r?\n[ \t]{1,80}(?=\S)")
_ALONE = lazy_pattern(r"[^\s\0\"'`<>()\[\]{},]+(?=[ \t\r]*(?:\n|\Z))")
_BRACKETED = lazy_pattern(r"\[([^\s\0\[\]\"'`\\,]+)\]|\{([^\s\0{}\"'`\\,]+)\}(?=;)")

# A placeholder, which is blanked, may stand within a value.
_BARE_END = r"\s\"'`<>"
_ESCAPED_END = r"\\{1,8}(?=[nrt\"'`]|u00[0-7][0-9a-f]|x1b)"
_NEXT = rf"(?=[ \t]{{0,4}}[\w.-]{{1,{LONGEST_NAME}}}[=:])"
_IN_QUERY = lazy_pattern(rf"(?a)(?:[^{_BARE_END}\\&#;,|)\]}}]|;(?=[^&;\s]{{0,8}}=\Z))*+")
_IN_DATA = lazy_pattern(
    rf"(?a)(?:[^{_BARE_END}\\;,&]|[;,&](?!{_NEXT}|\s|\Z)|(?!{_ESCAPED_END})\\)*+"
)
_IN_LINE = lazy_pattern(rf"(?a)(?:[^\s\\;,&]|[;,&](?!{_NEXT}|\s|\Z)|(?!{_ESCAPED_END})\\)*+")
_QUOTES = ("'", '"', "`")
_CONTINUED = lazy_pattern(r"\r?\n[ \t]{0,80}(?=\S)")
_MOST_CONTINUED = 20
_IN_TEXT = lazy_pattern(
    rf"(?a)(?:[^{_BARE_END}\\;,&|()\[\]{{}}]|[;,&|(\[{{)\]}}](?=[\w!@#$%^*+.?~=-])(?!{_NEXT})"
    rf"|(?!{_ESCAPED_END})\\)*+"
)
_BETWEEN_ARGUMENTS = lazy_pattern(r"[\"'\\]{0,4},?[ \t]{1,40}(?:\\\n[ \t]{0,80})?|\\\n[ \t]{0,80}")
_CLOSING = {")": "(", "]": "[", "}": "{"}
_LINE_START = lazy_pattern(
    r"(?a)(?:^|\n|\\n)[ \t]*(?:- |\+ ?|> |\$ |# )?"
    r"(?:(?:export|set|setx|declare -x|env|ENV|ARG|local|readonly)[ \t]+|\$env:)?[\"']?\Z"
)
_VARIABLE = lazy_pattern(r"(?a)[A-Z][A-Z0-9_]*")

_PARTS = lazy_pattern("[/?&=#:;,@]")
_FEWEST_OF_PART = 16


_LONGEST_JUDGED, _MOST_JUDGED = 256, 1_024
_LONGEST_LINE_START = 80
_LONGEST_COOKIES = 16_384


class Runs:
    """The bare values that were read last, and what was judged of values.

    Within one, another one that is read ends where it does: so a text of nothing but names and
    joints is read once, and not from each of them. And what repeats itself is judged once.
    """

    __slots__ = ("_judged", "_last")

    def __init__(self) -> None:
        self._last: dict[re.Pattern[str], tuple[int, int]] = {}
        self._judged: dict[tuple[str, str, bool, bool], bool] = {}

    def is_secret(self, value: str, kind: str, *, is_quoted: bool, is_data: bool = False) -> bool:
        """Say whether a value under a name of a kind may be a secret, by how it begins."""
        value = value[:_LONGEST_JUDGED]
        asked = value, kind, is_quoted, is_data
        if asked not in self._judged:
            if len(self._judged) >= _MOST_JUDGED:
                self._judged.clear()
            self._judged[asked] = is_secret_text(value, kind, is_quoted=is_quoted, is_data=is_data)
        return self._judged[asked]

    def end(self, pattern: re.Pattern[str], text: str, at: int) -> int:
        """Return where a value of a kind ends that begins at an offset."""
        start, end = self._last.get(pattern, (0, -1))
        if not start <= at <= end:
            end = pattern.match(text, at).end()  # type: ignore[union-attr]
            for _ in range(_MOST_CONTINUED):  # where a shell goes on in the next line
                more = _CONTINUED.match(text, end) if text[at:end].endswith("\\") else None
                if not more:
                    break
                end = pattern.match(text, more.end()).end()  # type: ignore[union-attr]
            self._last[pattern] = at, end
        return end


class Place:
    """Where an assignment stands.

    Attributes:
        is_query: Whether it is one of a query's parameters.
        is_data: Whether no program text can stand behind its joint.
        is_line: Whether it begins a line.
        is_cookie: Whether its value is a list of cookies.
        is_header: Whether its value is a scheme and credentials.
        is_typed: Whether a type may stand before its value.
        name_start: Where its name starts.
        runs: The bare values before it.
    """

    __slots__ = (
        "is_cookie",
        "is_data",
        "is_header",
        "is_line",
        "is_query",
        "is_typed",
        "name_start",
        "runs",
    )

    def __init__(self, text: str, name: str, span: tuple[int, int], sign: str, runs: Runs) -> None:
        start, end = span
        self.name_start, self.runs = start, runs
        self.is_typed = sign == ":"
        is_quoted = text[end : end + 1] in ('"', "'", "\\")
        self.is_header = HEADERS.fullmatch(name) is not None and (sign == ":" or is_quoted)
        before = text[max(0, start - 1) : start]
        self.is_query = sign == "=" and (
            before in ("?", "&", "#") or (before == ";" and text[start - 5 : start] == "&amp;")
        )
        line = text[max(0, start - _LONGEST_LINE_START) : start]
        self.is_line = _LINE_START.search(line) is not None and (
            len(line) < _LONGEST_LINE_START or "\n" in line or "\\n" in line
        )
        is_variable = _VARIABLE.fullmatch(name) is not None and sign == "="
        is_joined = text[end : end + 1] == "=" and not text[end + 1 : end + 2].isspace()
        is_option = name.startswith("--")
        self.is_data = (
            self.is_query
            or is_option
            or (sign == ":" and "-" in name.strip("-"))  # which no program has in a name
            or (is_variable and is_joined)
            or (sign == "=" and before == ";")
        )
        self.is_cookie = COOKIES.search(name) is not None and (sign == ":" or is_quoted)


def value_at(text: str, at: int, kind: str, place: Place) -> Iterator[Found]:
    """Yield the value that begins behind a joint, if it may be a secret."""
    if place.is_header:
        yield from header_value(text, place.name_start, at)
        return
    at, is_below = _start(text, at, place)
    opening = OPENING.match(text, at)
    if opening:
        yield from _quoted_values(text, opening, kind, place)
    elif is_below:
        yield from _value_below(text, at, kind)
    elif place.is_cookie:
        cookies = COOKIE.match(text, at)
        if cookies and is_cookie(cookies[0]):
            yield from shown_apart(text, *cookies.span())
    else:
        yield from _bare_value(text, at, kind, place)


def _start(text: str, at: int, place: Place) -> tuple[int, bool]:
    """Return where a value starts behind a joint, and whether that is in another line, bare."""
    if place.is_typed:
        typed = _TYPE.match(text, at)
        # Base64 may end in "=" before the quote that ends all of it, and is no type.
        if typed and not is_made(typed[1].strip()):
            return typed.end(), False
    at = SPACE.match(text, at).end()  # type: ignore[union-attr]
    if place.is_typed:
        at = _PROPERTIES.match(text, at).end()  # type: ignore[union-attr]
    below = _BELOW.match(text, at) if text[at : at + 1] in "\r\n(|>" else None
    return (below.end(), True) if below else (at, False)


def _quoted_values(text: str, opening: re.Match[str], kind: str, place: Place) -> Iterator[Found]:
    """Yield a value in quotes, and what follows it as its change or as the next one of a list."""
    is_list = opening[0].startswith("[")
    following = _IN_LIST if is_list else _CHANGE
    found: re.Match[str] | None = opening
    while found:
        start = found.end()
        end = closing_quote(text, start, found[1], found[2], is_long=place.is_line)
        value = text[start : min(end, start + _LONGEST_COOKIES)]
        if found[2] == "`" and any(map(str.isspace, value)):
            is_secret = False  # a command, or what documents show
        elif place.is_cookie:
            is_secret = is_cookie(value)
        else:
            is_secret = place.runs.is_secret(value, kind, is_quoted=True)
            is_secret = is_secret and (not is_list or _is_made_in_list(value, kind))
        if is_secret:
            yield from shown_apart(text, start, end)
        found = following.match(text, end)


def _is_made_in_list(value: str, kind: str) -> bool:
    """Say so of a text in a list, which also holds rules for a field, or names."""
    return is_made(value) and (kind == "password" or len(value) >= _FEWEST_OF_PART)


def _value_below(text: str, at: int, kind: str) -> Iterator[Found]:
    """Yield a bare value that stands in the line below its name, alone, if it was made."""
    alone = _ALONE.match(text, at)
    if alone and is_made(alone[0]) and is_secret_text(alone[0], kind, is_quoted=True):
        yield (*alone.span(), RULE)


def _bare_value(text: str, at: int, kind: str, place: Place) -> Iterator[Found]:
    pattern = _IN_TEXT
    if place.is_query:
        pattern = _IN_QUERY
    elif (
        place.is_line
        and place.is_data
        and text[place.name_start - 1 : place.name_start] not in _QUOTES
    ):
        pattern = _IN_LINE
    elif place.is_line or place.is_data:
        pattern = _IN_DATA
    bracketed = _BRACKETED.match(text, at) if text[at : at + 1] in ("[", "{") else None
    if bracketed and is_made(text[slice(*bracketed.span(bracketed.lastindex or 0))]):
        at, end = bracketed.span(bracketed.lastindex or 0)
    else:
        end = _trimmed(text, at, place.runs.end(pattern, text, at))
    value = text[at : min(end, at + _LONGEST_JUDGED)].replace("\0", "")
    if place.runs.is_secret(value, kind, is_quoted=False, is_data=place.is_data):
        yield from shown_apart(text, at, end)
    changed = _CHANGE.match(text, end)
    if changed:
        yield from _quoted_values(text, changed, kind, place)


def paired_value(text: str, at: int, kind: str) -> Iterator[Found]:
    """Yield the second text of a pair, if it was made; in a list of names each is a word."""
    at = SPACE.match(text, at).end()  # type: ignore[union-attr]
    opening = OPENING.match(text, at)
    if opening and kind != "value":
        start, end = _inside(text, opening)
        if is_made(text[start:end]) and is_secret_text(text[start:end], kind, is_quoted=True):
            yield from shown_apart(text, start, end)


def option_value(text: str, at: int, kind: str | None) -> Iterator[Found]:
    """Yield what is given to an option: the next argument, in a list or in a command line."""
    between = _BETWEEN_ARGUMENTS.match(text, at)
    if not between or not kind or kind == "value":
        return
    at = between.end()
    opening = OPENING.match(text, at)
    if opening:
        start, end = _inside(text, opening)
        if is_secret_text(text[start:end], kind, is_quoted=True):
            yield from shown_apart(text, start, end)
        return
    if "," in between[0]:
        return  # in a list of texts, what has no quotes is program text
    end = _trimmed(text, at, _IN_DATA.match(text, at).end())  # type: ignore[union-attr]
    value = text[at:end].replace("\0", "")
    if (
        value[:1] != "-"
        and not is_words(value)
        and is_secret_text(value, kind, is_quoted=False, is_data=True)
    ):
        yield from shown_apart(text, at, end)


def _inside(text: str, opening: re.Match[str]) -> tuple[int, int]:
    """Return where a text starts and ends that is quoted within a line."""
    start = opening.end()
    return start, closing_quote(text, start, opening[1], opening[2], is_long=False)


def element_value(text: str, at: int, kind: str | None) -> Iterator[Found]:
    """Yield the text of an element of XML, up to the next tag."""
    end = text.find("<", at)
    if text[at - 1].isspace() and not text.startswith("</", end):
        return  # in another line than "<token>", which may be a placeholder
    end = end_of_line(text, at) if end < 0 else end
    value = text[at:end].rstrip().removesuffix("]]>")
    if (
        text.startswith("</", end)
        and kind
        and kind != "value"
        and is_secret_text(value, kind, is_quoted=True)
    ):
        yield from shown_apart(text, at, at + len(value))


def is_secret_text(value: str, kind: str, *, is_quoted: bool, is_data: bool = False) -> bool:
    """Say whether a value under a name of a kind may be a secret, by how it begins."""
    value = value[:_LONGEST_JUDGED]
    if kind == "address":
        return not is_no_value(value) and _is_made_address(value)
    if kind == "phrase":
        return (is_quoted and len(value.split()) >= 12) or is_made(value)
    is_strong = kind == "password"
    if is_quoted:
        return is_quoted_secret(value, is_strong=is_strong)
    return is_bare_secret(value, is_strong=is_strong, is_data=is_data)


def _is_made_address(value: str) -> bool:
    """Say whether an address has user information, or a part that was made."""
    return any(is_made(part) and len(part) >= _FEWEST_OF_PART for part in _PARTS.split(value))


def _trimmed(text: str, start: int, end: int) -> int:
    """Return where a bare value ends without what follows a word in a sentence or a bracket."""
    closing = [last for last, first in _CLOSING.items() if text.find(first, start, end) < 0]
    while end > start and (text[end - 1] in ",;:.?!|&" or text[end - 1] in closing):
        end -= 1
    return end
