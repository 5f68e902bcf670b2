"""Redaction: the secrets of a text are found, and a placeholder stands for each.

A text comes in, whole, before anything is cut from it. Its spans are found in its own coordinates:
those of the caller's secrets, and those in a format of `_formats`. What goes out is the text with
``[redacted:<rule>]`` for each span, and what a remark says of it; nothing of the secret itself.

This is best effort. A secret in no known format, under no name that says so, is not found.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

from run_artifacts._foreign import elements_of, is_a
from run_artifacts._formats import ANY_HINT, FORMATS
from run_artifacts._remarks import Alteration, Replacement, replace_surrogates
from run_artifacts._secret_names import is_secret_name
from run_artifacts._walk import Concealment, has_digits

#: Fewest characters of a secret that a caller names: shorter ones occur by chance.
MIN_SECRET_CHARACTERS = 8

#: The rules for a caller's secrets, and for what stands under the name of a secret.
CALLER_RULE, NAME_RULE = "secret", "key_name"

RULES = (CALLER_RULE, NAME_RULE, *dict.fromkeys(found.rule for found in FORMATS))

#: Where a secret starts and ends in a text, in code points, and the rule that found it. A plain
#: tuple, as a hostile text holds hundreds of thousands.
Span = tuple[int, int, str]

# The dicts that tell of themselves what they hold.
_DICTS = (dict, Counter, OrderedDict, defaultdict)

_PLACEHOLDER = re.compile(rf"\[redacted:(?:{'|'.join(RULES)})\]")
_BLANK = "\0"  # in no token, and no part of a word
_SHORT_ESCAPES = dict(zip('bfnrt"/\\', '\b\f\n\r\t"/\\', strict=True))
_UNIT = "[0-9A-Fa-f]{4}"
_CODE = rf"u([dD][89abAB][0-9A-Fa-f]{{2}}\\u[dD][c-fC-F][0-9A-Fa-f]{{2}}|{_UNIT})"
_CODED = re.compile(rf"\\{_CODE}()")
_ESCAPED = re.compile(rf'\\(?:{_CODE}|(["/bfnrt]))')
_ESCAPED_ALL = re.compile(rf'\\(?:{_CODE}|(["/bfnrt\\]))')


class Redactor:
    """What finds secrets in texts and under names; stateless once it is made."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Take the caller's own secrets; see `checked_secrets` for what they may be."""
        self._secrets = [Secret(text) for text in _variants(checked_secrets(secrets))]

    def spans(self, text: str) -> list[Span]:
        """Find the secrets of a text: sorted spans, none of which overlap.

        Nothing is found in a placeholder, and the search for formats is repeated on what is left,
        as a token may begin right behind another one; so a text that is redacted has nothing more
        to redact.
        """
        if not self._secrets and not ANY_HINT.search(text.lower()):  # as in nearly all texts
            return []
        placeholders = [found.span() for found in _PLACEHOLDER.finditer(text)]
        left = _blank(text, placeholders)
        spans = [(*place, CALLER_RULE) for place in self._named(left, placeholders)]
        spans += _in_formats(left)
        found: list[Span] = []
        while spans:
            found = _united([*found, *spans])
            left = _blank(left, [(start, end) for start, end, _ in spans])
            spans = _in_formats(left)
        return found

    def text(self, text: str) -> tuple[str, list[Alteration]]:
        """Return a text with its secrets replaced, and what remarks say of them."""
        return replace_spans(text, self.spans(text))

    def _named(self, text: str, placeholders: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield where the caller's secrets stand in a text of which placeholders are blanked."""
        if not self._secrets:
            return
        blanks = [start for start, _ in placeholders]
        for read in _readings(text):
            for secret in self._secrets:
                for start, end in secret.places(read.text):
                    place = read.origin(start), read.origin(end)
                    # A secret of nothing but blanks would be found in them.
                    if bisect_left(blanks, place[0]) == bisect_left(blanks, place[1]):
                        yield place


class Secret:
    """A caller's secret, and how it is found."""

    __slots__ = ("_again", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        # What follows where it stands again, from within itself.
        again = text[-period:] if (period := _period(text)) < len(text) else ""
        self._again = re.compile(f"(?:{re.escape(again)})*+")

    def places(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where it stands in a text, as one place where it repeats itself."""
        at = text.find(self._text)
        while at >= 0:
            again = self._again.match(text, at + len(self._text))
            end = again.end() if again else at + len(self._text)
            yield at, end
            at = text.find(self._text, end - len(self._text) + 1)


class _Reading:
    """A text as it reads with escapes of JSON resolved (RFC 8259, section 7), or as it is.

    Attributes:
        text: What it reads.
    """

    def __init__(self, source: str, escape: re.Pattern[str] | None = None) -> None:
        self._source = source
        self._escape = escape
        self.text = escape.sub(_resolved, source) if escape else source

    def origin(self, offset: int) -> int:
        """Return where an offset between two characters of the reading is in the source."""
        starts, origins = self._parts
        part = bisect_right(starts, offset) - 1
        return origins[part] + offset - starts[part]

    @cached_property
    def _parts(self) -> tuple[list[int], list[int]]:
        """Where the reading goes on behind each escape, and where the source does."""
        starts, origins = [0], [0]
        for found in self._escape.finditer(self._source) if self._escape else ():
            behind = starts[-1] + found.start() - origins[-1] + len(_resolved(found))
            starts.append(behind)
            origins.append(found.end())
        return starts, origins


def _readings(text: str) -> Iterator[_Reading]:
    r"""Yield the ways to read a text: as it is, and with escapes resolved.

    What a backslash means depends on the text before it, which need not be JSON: ``\n`` may begin
    a name in a path, and an escape behind a backslash be escaped twice, or none. So each reading
    resolves more than the one before. What only a mixture of them would find isn't found.
    """
    yield _Reading(text)
    if "\\" not in text:
        return
    if "\\u" in text:
        yield _Reading(text, _CODED)
    yield _Reading(text, _ESCAPED)
    if "\\\\" in text:
        yield _Reading(text, _ESCAPED_ALL)


def _resolved(escape: re.Match[str]) -> str:
    """Return the character that an escape of JSON stands for; a pair of surrogates is one."""
    code, short = escape.groups()
    if code is None:
        return _SHORT_ESCAPES[short]
    return bytes.fromhex(code.replace("\\u", "")).decode("utf-16-be", "surrogatepass")


def _period(text: str) -> int:
    """Return by how many characters a text can be moved to match itself where both are."""
    borders = [0] * len(text)  # the prefix function of Knuth, Morris and Pratt
    length = 0
    for place in range(1, len(text)):
        while length and text[place] != text[length]:
            length = borders[length - 1]
        length += text[place] == text[length]
        borders[place] = length
    return len(text) - length


def _in_formats(text: str) -> list[Span]:
    lowered = text.lower()
    if not ANY_HINT.search(lowered):
        return []
    return [
        (*match.span(group), found.rule)
        for found in FORMATS
        if any(hint in lowered for hint in found.hints)
        for match in found.pattern.finditer(text)
        if (group := match.lastindex) and (found.accepts is None or found.accepts(match[group]))
    ]


def checked_secrets(secrets: object) -> tuple[str, ...]:
    """Return a caller's secrets, each once, the longest first.

    Raises:
        TypeError: They are no collection of texts, or a single text.
        ValueError: One has fewer than 8 characters.
    """
    if isinstance(secrets, (str, bytes)) or not isinstance(secrets, Iterable):
        raise TypeError(f"secrets must be a list of str, not {type(secrets).__name__}")
    given: list[Any] = list(secrets)
    for place, secret in enumerate(given):
        if not is_a(secret, str):
            raise TypeError(f"secrets[{place}] must be str, not {type(secret).__name__}")
        if len(secret) < MIN_SECRET_CHARACTERS:
            raise ValueError(
                f"secrets[{place}] has {len(secret)} characters, and {MIN_SECRET_CHARACTERS} are"
                " the fewest: shorter ones occur by chance"
            )
    return tuple(sorted(set(given), key=lambda secret: (-len(secret), secret)))


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


def placeholder(rule: str) -> str:
    """Return what stands in the place of a secret."""
    return f"[redacted:{rule}]"


def conceal(value: object) -> Replacement | None:
    """Return what stands for a value under the name of a secret; ``None`` where it stays.

    Numbers, booleans and ``null`` stay, and containers that hold nothing else; so does what is
    empty, or a placeholder already.
    """
    if not _holds_text(value) or (type(value) is str and _PLACEHOLDER.fullmatch(value)):
        return None
    return Replacement(placeholder(NAME_RULE), NAME_RULE, _length(value), "redacted")


def _holds_text(value: Any) -> bool:
    """Say whether there is anything in a value but numbers, booleans and ``null``."""
    waiting: list[Any] = [value]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if value is None or is_a(value, float) or _length(value) == 0:
            continue
        if is_a(value, int):
            if not has_digits(int.__int__(value)):
                return True
            continue
        honest = any(type(value) is kind for kind in _DICTS)
        children = dict.values(value) if honest else elements_of(value)
        if children is None:  # of another's dict nobody knows what it will tell the next time
            return True
        if id(value) not in seen:
            seen.add(id(value))
            waiting.extend(children)
    return False


def _length(value: object) -> int | None:
    """Return the length of a text or container, as its builtin type has it."""
    for kind in (str, bytes, bytearray, list, tuple, dict, set, frozenset):
        if is_a(value, kind):
            return kind.__len__(value)  # type: ignore[arg-type]
    return None


def _names_secret(key: str) -> bool:
    """Say whether a key is the name of a secret; a placeholder in it is no part of the name."""
    return is_secret_name(_PLACEHOLDER.sub(_BLANK, key))


#: What hides the values under the names of secrets.
BY_NAME = Concealment(_names_secret, conceal)


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
        if start > last_start:
            rule = united[-1][2]
        last_end = max(last_end, end)
        united[-1] = (last_start, last_end, rule)
    return united


def _blank(text: str, places: Iterable[tuple[int, int]]) -> str:
    """Blank places of a text, which may overlap, so that offsets in it stay."""
    parts: list[str] = []
    done = 0
    for start, end in sorted(places):
        if end > done:
            parts += (text[done:start], _BLANK * (end - max(start, done)))
            done = end
    return "".join([*parts, text[done:]]) if parts else text


def _variants(secrets: Iterable[str]) -> Iterator[str]:
    """Yield secrets also with the other line ends, and as lone surrogates are replaced."""
    for secret in secrets:
        unix = secret.replace("\r\n", "\n")
        for variant in dict.fromkeys((secret, unix, unix.replace("\n", "\r\n"))):
            yield from dict.fromkeys((variant, replace_surrogates(variant)[0]))
