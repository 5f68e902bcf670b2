"""Redaction: the secrets of a text are found, and a placeholder stands for each.

A text comes in, whole, before anything is cut from it. Its spans are found in its own coordinates:
those of the caller's secrets (`caller`), and those that are told by their format (`tokens`,
`keys`, `credentials`), by the name before them (`assignments`), or by the program that they are
given to (`commands`). What goes out is the text with ``[redacted:<rule>]`` for each span, and what
a remark says of it; nothing of the secret itself.

This is best effort. A secret in no known format, under no name that says so, is not found.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator
from functools import cache

from run_artifacts._json.remarks import Alteration, placeholder
from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.anchors import Anchors
from run_artifacts._secrets.assigned import LONGEST_NAME
from run_artifacts._secrets.assignments import Assignments
from run_artifacts._secrets.caller import CallerSecrets
from run_artifacts._secrets.commands import PROGRAM_FINDERS
from run_artifacts._secrets.credentials import CREDENTIAL_FINDERS, USERINFO_FINDERS
from run_artifacts._secrets.formats import formats, token_rules
from run_artifacts._secrets.interruptions import seen
from run_artifacts._secrets.keys import KEY_FINDERS, KEY_RULE
from run_artifacts._secrets.quoted import BLANK, RULE, shown_apart
from run_artifacts._secrets.readings import Reading
from run_artifacts._secrets.spaced import SPACED_FINDERS
from run_artifacts._secrets.tokens import Finder, Found, TokenFinder

#: The rules for a caller's secrets, and for what stands under the name of a secret.
CALLER_RULE, NAME_RULE = "secret", "key_name"

#: Where a secret starts and ends in a text, in code points, and the rule that found it. A plain
#: tuple, as a hostile text holds hundreds of thousands.
Span = Found


@cache
def rules() -> tuple[str, ...]:
    """Return the names of all rules, each once."""
    others = (CALLER_RULE, NAME_RULE, RULE, KEY_RULE, "jwt", "url_userinfo", "bearer", "basic")
    return (*others, *token_rules())


_OTHERS: list[Finder] = [
    *KEY_FINDERS,
    *CREDENTIAL_FINDERS,
    *SPACED_FINDERS,
    *PROGRAM_FINDERS,
]


@cache
def _anchors() -> Anchors:
    return Anchors([*map(TokenFinder, formats()), *_OTHERS])


@cache
def _urls() -> Anchors:
    return Anchors(USERINFO_FINDERS)


@cache
def _assignments() -> Assignments:
    return Assignments()


# How many names are kept in mind from one text to the next, at most.
_MOST_NAMES = 4_096

PLACEHOLDER = lazy_pattern(lambda: rf"\[redacted:(?:{'|'.join(rules())})\]")

# What a secret that has become known may tell of what is beside it lies within so many characters.
_BESIDE = 512


class Redactor:
    """What finds secrets in texts; which names are those of secrets all of them keep in mind."""

    __slots__ = ("_assignments", "_secrets")

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Take the caller's own secrets; see `checked_secrets` for what they may be."""
        self._secrets = CallerSecrets(secrets)
        if len(_assignments()) > _MOST_NAMES:
            _assignments.cache_clear()
        self._assignments = _assignments()

    @property
    def has_secrets(self) -> bool:
        """Whether it knows secrets of a caller."""
        return bool(self._secrets)

    def spans(self, text: str) -> list[Span]:
        """Find the secrets of a text: sorted spans, none of which overlap.

        Nothing is found in a placeholder, and beside what was found the search is repeated, as a
        token may begin right behind another one; so a text that is redacted has nothing more to
        redact.
        """
        parts = _not_plain(text)
        if not parts and not self._secrets:
            return []
        shown = [] if "[redacted:" not in text else [at.span() for at in PLACEHOLDER.finditer(text)]
        left = _blank(text, shown)
        new: list[Span] = []
        if self._secrets:
            new = [(*span, CALLER_RULE) for span in self._named(left, shown)]
        new += self._found(left, parts)
        found: list[Span] = []
        while new:
            found = _united([*found, *new])
            left = _blank(left, [(start, end) for start, end, _ in new])
            new = self._found(left, _beside(new, len(left)))
        return found

    def text(self, text: str) -> tuple[str, list[Alteration]]:
        """Return a text with its secrets replaced, and what remarks say of them."""
        return replace_spans(text, self.spans(text))

    def _named(self, text: str, blanked: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield where the caller's secrets stand in a text of which placeholders are blanked."""
        blanks = [start for start, _ in blanked]
        for start, end in self._secrets.spans(text):
            # A secret of nothing but blanks would be found in them.
            if bisect_left(blanks, start) == bisect_left(blanks, end):
                yield start, end

    def _found(self, text: str, parts: list[tuple[int, int]]) -> list[Span]:
        """Find what needs no caller to be known, in parts of a text as it stands and as it reads.

        What acts on a terminal, or can't be seen, may stand within a secret or before it.
        """
        spans = [span for start, end in parts for span in self._in_part(text, start, end)]
        read = seen(Reading(text))
        if read.text is not text:
            for start, end, rule in self._in_part(read.text, 0, len(read.text)):
                spans += shown_apart(text, *read.span(start, end), rule)
        return spans

    def _in_part(self, text: str, start: int, end: int) -> Iterator[Span]:
        yield from _anchors().spans(text, start, end)
        if text.find("@", start, end) >= 0 or (
            text.find("%", start, end) >= 0 and text.find("%40", start, end) >= 0
        ):
            yield from _urls().spans(text, start, end)
        backwards = text[max(0, start - 2 * LONGEST_NAME) : end][::-1]
        yield from _anchors().wrapped(text, start, end)
        yield from self._assignments.spans(text, backwards, start, end)


def _not_plain(text: str) -> list[tuple[int, int]]:
    """Return the parts of a text in which there may be a secret, of whole lines.

    A short name is none, as no token is as short, and words and numbers alone hold none: letters
    and digits don't mix there, and there is no joint. Where that is soon over, as in nearly all
    but prose and plain logs, ever more is taken together, as looking costs more than it spares.
    """
    size = len(text)
    if size < _SHORTEST_TOKEN and text.isidentifier():
        return []
    parts: list[tuple[int, int]] = []
    at, step = 0, _FIRST_STEP
    while at < size:
        end = _end_of_plain(text, at)
        if end == size:
            break
        is_long = end - at >= _FIRST_STEP
        begin = text.rfind("\n", at, text.rfind("\n", at, end)) + 1 or at if is_long else at
        stop = text.find("\n", end + (step if size > _FIRST_STEP else size)) + 1 or size
        if parts and parts[-1][1] == begin:
            begin = parts.pop()[0]
        parts.append((begin, stop))
        at, step = stop, _FIRST_STEP if is_long else min(4 * step, _LAST_STEP)
    return parts


def _end_of_plain(text: str, at: int) -> int:
    """Return where words and numbers alone end that begin at an offset, or the offset."""
    end = _PLAIN.match(text, at).end()  # type: ignore[union-attr]
    first, second, third = _SAYS_MORE
    if (
        text.find(first, at, end) < 0
        and text.find(second, at, end) < 0
        and text.find(third, at, end) < 0
    ):
        return end
    return at


_FIRST_STEP, _LAST_STEP = 1_024, 262_144
_SAYS_MORE = ("earer", "asic", "password")  # behind which words alone may be a secret
_SHORTEST_TOKEN = 20
_START = r"(?<![A-Za-z])(?:[0-9][0-9:.,/TZ-]*+(?![A-Za-z])|[A-Z](?=[a-z ]))"
_PLAIN = lazy_pattern(rf"(?:[a-z \t\n.,;!?()'\"]++(?:{_START})?+|{_START})*+")


def _beside(spans: list[Span], size: int) -> list[tuple[int, int]]:
    """Return the parts of a text around spans, none of which overlap."""
    parts: list[tuple[int, int]] = []
    for start, end, _ in sorted(spans):
        start, end = max(0, start - _BESIDE), min(size, end + _BESIDE)
        if parts and start <= parts[-1][1]:
            parts[-1] = (parts[-1][0], max(end, parts[-1][1]))
        else:
            parts.append((start, end))
    return parts


def replace_spans(text: str, spans: Iterable[Span]) -> tuple[str, list[Alteration]]:
    """Put a placeholder in the place of each span, and say where it stands in the result."""
    parts: list[str] = []
    alterations: list[Alteration] = []
    done = length = 0
    for start, end, rule in spans:
        shown = placeholder(rule)
        begin = length + start - done
        alterations.append(
            {
                "rule": rule,
                "action": "redacted",
                "start": begin,
                "end": begin + len(shown),
                "original_length": end - start,
            }
        )
        parts += (text[done:start], shown)
        done, length = end, begin + len(shown)
    return ("".join([*parts, text[done:]]), alterations) if parts else (text, [])


def _united(spans: list[Span]) -> list[Span]:
    """Unite spans that overlap; the one that begins first, or else is longer, gives the rule."""
    united: list[Span] = []
    last_start = last_end = -1
    for span in sorted(spans):
        start, end, rule = span
        if start >= last_end:
            united.append(span)
            last_start, last_end = start, end
            continue
        # Of what is found by its format, and by its name as well, the format tells more.
        if start > last_start or (rule == RULE and end == last_end):
            rule = united[-1][2]
        last_end = max(last_end, end)
        united[-1] = (last_start, last_end, rule)
    return united


def _blank(text: str, spans: Iterable[tuple[int, int]]) -> str:
    """Blank spans of a text, which may overlap, so that offsets in it stay."""
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if end > done:
            parts += (text[done:start], BLANK * (end - max(start, done)))
            done = end
    return "".join([*parts, text[done:]]) if parts else text
