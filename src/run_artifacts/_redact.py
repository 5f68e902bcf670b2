"""Redaction: the secrets of a text are found, and a placeholder stands for each.

A text comes in, whole, before anything is cut from it. Its spans are found in its own coordinates:
those of the caller's secrets, and those in a format of `_formats`. What goes out is the text with
``[redacted:<rule>]`` for each span, and what a remark says of it; nothing of the secret itself.

This is best effort. A secret in no known format, under no name that says so, is not found.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain
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

_PLACEHOLDER = re.compile(rf"\[redacted:(?:{'|'.join(RULES)})\]")
_BLANK = "\0"  # in no token, and no part of a word
_UNESCAPED = re.compile(r"[A-Za-z0-9_.-]")
_SHORT_ESCAPES = dict(zip('\b\f\n\r\t"/\\', 'bfnrt"/\\', strict=True))


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
        spans = [(*place, CALLER_RULE) for place in self._named(text, placeholders)]
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
        """Yield where the caller's secrets stand between placeholders."""
        if not self._secrets:
            return
        bounds = [0, *chain.from_iterable(placeholders), len(text)]
        for start, end in zip(bounds[::2], bounds[1::2], strict=True):
            for secret in self._secrets:
                yield from secret.places(text, start, end)


class Secret:
    """A caller's secret, and how it is found: as it is, and as JSON escapes it."""

    __slots__ = ("_again", "_escaped", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        # What follows where it stands twice, the second time from within the first.
        period = next(n for n in range(1, len(text) + 1) if text.startswith(text[n:]))
        self._again = text[-period:] if period < len(text) else None
        form = _json_form(text)
        self._escaped = re.compile(form) if form else None

    def places(self, text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Yield where it stands in a part of a text, as one place where it repeats itself."""
        at = text.find(self._text, start, end)
        while at >= 0:
            after = at + len(self._text)
            while self._again and text.startswith(self._again, after, end):
                after += len(self._again)
            yield at, after
            at = text.find(self._text, after - len(self._text) + 1, end)
        if self._escaped and "\\" in text:
            found = self._escaped.search(text, start, end)
            while found:
                yield found.span()
                found = self._escaped.search(text, found.start() + 1, end)


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
        children = dict.values(value) if is_a(value, dict) else elements_of(value)
        if children is None:
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


def _json_form(secret: str) -> str | None:
    """Return a pattern for a secret as JSON escapes it; ``None`` where nobody escapes any of it."""
    forms = [re.escape(c) if _UNESCAPED.match(c) else _escapes(c) for c in secret]
    return "".join(forms) if any(form.startswith("(?:") for form in forms) else None


def _escapes(character: str) -> str:
    """Return a pattern for a character as JSON may escape it (RFC 8259, section 7).

    What must be escaped matches in no other form, so that there is one way to match each text.
    """
    units = character.encode("utf-16-be", "surrogatepass").hex()
    forms = ["".join(rf"\\u(?i:{units[at : at + 4]})" for at in range(0, len(units), 4))]
    if short := _SHORT_ESCAPES.get(character):
        forms.append(rf"\\{re.escape(short)}")
    if character >= " " and character not in '"\\':
        forms.append(re.escape(character))
    return f"(?:{'|'.join(forms)})"
