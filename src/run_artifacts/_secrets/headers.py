"""The values of headers that are secret: credentials, and cookies."""

from __future__ import annotations

from collections.abc import Iterator

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.credentials import GAP
from run_artifacts._secrets.names import is_secret_name
from run_artifacts._secrets.plausible import is_made, is_plausible, is_template
from run_artifacts._secrets.quoted import OPENING, SPACE, closing_quote, shown_apart
from run_artifacts._secrets.tokens import Found
from run_artifacts._secrets.values import is_no_value

#: Matches the names of headers with credentials, and those with cookies.
HEADERS = lazy_pattern(r"(?ai)(?:.*[._-])?(?:proxy-|x-)?authorization")
COOKIES = lazy_pattern(r"(?ai)(?:set-)?cookie2?\Z")
#: Matches cookies.
COOKIE = lazy_pattern(
    r"(?a)[\w.%-]+=[^;\s\"'`\\]*(?:;(?:\r?\n[ \t])?[ \t]*[\w.%-]+(?:=[^;\n\"'`\\]*)?)*"
)
_COOKIE_ATTRIBUTES = frozenset(  # RFC 6265, section 5.2
    {"expires", "max-age", "domain", "path", "samesite", "version", "comment"}
)
# Behind a scheme that isn't known, no sign of base64 is taken for a blank.
_SCHEME = lazy_pattern(
    rf"(?a)(?:([A-Za-z][\w-]{{1,30}}+)(?:[ \t]++|\\t)(?:\\{{0,3}}[\"'])?"
    rf"|((?i:basic|bearer|digest|token|negotiate|ntlm|apikey)){GAP})(?=\S)"
)
_PIECES = lazy_pattern(r"[\s\"'\\,;=]+")
_CREDENTIALS = lazy_pattern(r"[^\s\0\"'\\<>,;]+(?:[,;]+[^\s\0\"'\\<>,;]+)*")
_NO_CREDENTIALS = lazy_pattern(r"(?i)(?:undefined|null|none|nil)\b")
_HEADER_END = lazy_pattern(r"\n|(?i:(?:proxy-|x-)?authorization)")
_FOLDED = lazy_pattern(r"\r?\n[ \t]")
_ESCAPED_LINE_END = lazy_pattern(r"\\{1,8}[nrt]\Z")
_ESCAPED = lazy_pattern(r"\\{1,8}n")
_MOST_LINES = 16


def is_cookie(cookies: str) -> bool:
    """Say whether cookies have a value that is no placeholder."""
    pairs = [cookie.strip().partition("=") for cookie in cookies.split(";")]
    return not any(map(str.isspace, pairs[0][0])) and any(
        is_plausible(value) for name, _, value in pairs if name.lower() not in _COOKIE_ATTRIBUTES
    )


def _is_no_header(value: str) -> bool:
    """Say whether what stands for the credentials of a header are none."""
    return (
        is_no_value(value)
        or is_template(value)
        or _NO_CREDENTIALS.match(value) is not None
        or value.startswith(("\\", "'", '"'))
    )


def header_value(text: str, name_start: int, at: int) -> Iterator[Found]:
    """Yield the credentials of an ``Authorization`` header (RFC 9110, section 11): all of them."""
    at, end = _header_bounds(text, name_start, at)
    scheme = _SCHEME.match(text, at, end)
    name = (scheme[1] or scheme[2]).lower() if scheme else ""
    if scheme and any(map(is_made, name.split("-"))):
        scheme = None
    start = scheme.end() if scheme else at
    value = text[start:end]
    if _is_no_header(value):
        return
    if scheme and name in ("bearer", "basic"):
        word = _CREDENTIALS.match(text, start, end)
        is_prose = word and word.end() < end and word[0].isalpha()
        if word and not is_prose and not is_secret_name(word[0]) and not is_no_value(word[0]):
            yield (*word.span(), name)
    elif is_made(value) or any(map(is_made, _PIECES.split(value))):
        yield from shown_apart(text, start, end)


def _end_of_header(text: str, at: int) -> int:
    """Return where the lines of a header end: behind a comma it may go on (RFC 9112, section 5).

    In a line that has several, each ends where the next one begins.
    """
    found = _HEADER_END.search(text, at)
    end = found.start() if found else len(text)
    for _ in range(_MOST_LINES):
        folded = _FOLDED.match(text, end)
        if not folded or text[max(at, end - 1) : end] != ",":
            break
        found = _HEADER_END.search(text, folded.end())
        end = found.start() if found else len(text)
    while end > at and text[end - 1] in " \t\r":
        end -= 1
    return end


def _header_bounds(text: str, name_start: int, at: int) -> tuple[int, int]:
    """Return where the value of a header starts and ends: in quotes, or in a line."""
    at = SPACE.match(text, at).end()  # type: ignore[union-attr]
    opening = OPENING.match(text, at) or OPENING.match(text, max(0, name_start - 1))
    end = _end_of_header(text, at)
    if text[at : at + 1] == "[" and not opening:  # a list of values, as Go prints it
        closed = text.find("]", at, end)
        return at + 1, end if closed < 0 else closed
    if opening and opening.end() > at:
        at = opening.end()
        end = closing_quote(text, at, opening[1], opening[2], is_long=False)
    elif opening and opening.end() == name_start:
        end = min(end, closing_quote(text, at, opening[1], opening[2], is_long=False))
    elif line_end := _ESCAPED_LINE_END.search(text, max(0, name_start - 9), name_start):
        escapes = "\\" * (len(line_end[0]) - 2)  # of the text in which the line ends are escaped
        end = min(end, closing_quote(text, at, escapes, '"', is_long=False))
    escaped = _ESCAPED.search(text, at, end)
    return at, escaped.start() if escaped else end
