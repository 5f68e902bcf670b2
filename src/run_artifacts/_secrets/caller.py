"""A caller's own secrets: checked, and found in a text as they are or as JSON escapes them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from typing import Any

from run_artifacts._json.foreign import is_a
from run_artifacts._json.remarks import child_pointer, replace_surrogates
from run_artifacts._patterns import lazy_pattern

#: Fewest characters of a secret that a caller names: shorter ones occur by chance.
MIN_SECRET_CHARACTERS = 8

# A log that quotes a JSON text in another one escapes twice; more was not met.
_MOST_ESCAPED = 2

# The escapes of JSON (RFC 8259, section 7); a pair of surrogates is one character.
_SHORT_ESCAPES = dict(zip('bfnrt"/\\', '\b\f\n\r\t"/\\', strict=True))
_CODE = r"u([dD][89abAB][0-9A-Fa-f]{2}\\u[dD][c-fC-F][0-9A-Fa-f]{2}|[0-9A-Fa-f]{4})"
_ESCAPE = lazy_pattern(rf'\\(?:{_CODE}|(["/bfnrt\\]))')

# The same where nothing is escaped but what is no ASCII, as Java properties have it.
_ESCAPED_CODE = lazy_pattern(rf"\\{_CODE}()")


def checked_secrets(secrets: object) -> tuple[str, ...]:
    """Return a caller's secrets, each once, the longest first.

    Raises:
        TypeError: They are no collection of texts, or a single text.
        ValueError: One has fewer than 8 characters.
    """
    if isinstance(secrets, (str, bytes)) or not isinstance(secrets, Iterable):
        raise TypeError(f"secrets must be a list of str, not {type(secrets).__name__}")
    given: list[Any] = list(secrets)
    for index, secret in enumerate(given):
        if not is_a(secret, str):
            raise TypeError(f"secrets[{index}] must be str, not {type(secret).__name__}")
        if len(secret) < MIN_SECRET_CHARACTERS:
            raise ValueError(
                f"secrets[{index}] has {len(secret)} characters, and {MIN_SECRET_CHARACTERS} are"
                " the fewest: shorter ones occur by chance"
            )
    return tuple(sorted(set(given), key=lambda secret: (-len(secret), secret)))


class CallerSecrets:
    """What finds a caller's secrets in a text."""

    __slots__ = ("_texts",)

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets; see `checked_secrets` for what they may be."""
        self._texts = [*_variants(checked_secrets(secrets))]

    def __bool__(self) -> bool:
        return bool(self._texts)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where they stand in a text, in code points."""
        if not self._texts:
            return
        for read in _readings(text):
            for secret in self._texts:
                for start, end in _occurrences(secret, read.text):
                    yield read.origin(start), read.origin(end)


def _variants(secrets: Iterable[str]) -> Iterator[str]:
    """Yield secrets also with other line ends, without lone surrogates, and as in a pointer.

    What a key held is spelt in the JSON Pointers (RFC 6901) of remarks, our own ones too.
    """
    for secret in secrets:
        unix = secret.replace("\r\n", "\n")
        windows = unix.replace("\n", "\r\n")
        pointer = child_pointer("", secret)[1:]
        for variant in dict.fromkeys((secret, unix, windows, pointer)):
            yield from dict.fromkeys((variant, replace_surrogates(variant)[0]))


def _occurrences(secret: str, text: str) -> Iterator[tuple[int, int]]:
    """Yield where a secret stands in a text; where it overlaps itself, that is one span."""
    start = text.find(secret)
    while start >= 0:
        end = start + len(secret)
        # The last one that begins within it covers all others: of many, few are looked at.
        while (again := text.rfind(secret, end - len(secret) + 1, end + len(secret) - 1)) >= 0:
            end = again + len(secret)
        yield start, end
        start = text.find(secret, end)


class _Reading:
    """A text as it reads, and where each part of that is in the text.

    Attributes:
        text: What it reads.
    """

    def __init__(self, text: str) -> None:
        self.text = text

    def origin(self, offset: int) -> int:
        """Return where an offset between two characters of the reading is in the whole text."""
        return offset


class _Unescaped(_Reading):
    """Another reading, with escapes in it resolved."""

    def __init__(self, escaped: _Reading, escape: re.Pattern[str]) -> None:
        super().__init__(escape.sub(_resolved, escaped.text))
        self._escaped = escaped
        self._escape = escape
        self._known_parts: tuple[list[int], list[int]] | None = None

    def origin(self, offset: int) -> int:
        if self._known_parts is None:
            self._known_parts = self._parts()
        starts, origins = self._known_parts
        part = bisect_right(starts, offset) - 1
        return self._escaped.origin(origins[part] + offset - starts[part])

    def _parts(self) -> tuple[list[int], list[int]]:
        """Find where this reading goes on behind each escape, and where the other one does."""
        starts, origins = [0], [0]
        for found in self._escape.finditer(self._escaped.text):
            behind = starts[-1] + found.start() - origins[-1] + len(_resolved(found))
            starts.append(behind)
            origins.append(found.end())
        return starts, origins


def _readings(text: str) -> Iterator[_Reading]:
    """Yield the ways to read a text: as it is, and with escapes resolved, once and again."""
    reading = _Reading(text)
    yield reading
    if "\\u" in text:
        yield _Unescaped(reading, _ESCAPED_CODE)
    for _ in range(_MOST_ESCAPED):
        if "\\" not in reading.text:
            return
        reading = _Unescaped(reading, _ESCAPE)
        yield reading


def _resolved(escape: re.Match[str]) -> str:
    """Return the character that an escape of JSON stands for."""
    code, short = escape.groups()
    if code is None:
        return _SHORT_ESCAPES[short]
    return bytes.fromhex(code.replace("\\u", "")).decode("utf-16-be", "surrogatepass")
