"""A caller's own secrets: checked, and found in a text however it spells them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

from run_artifacts._json.foreign import is_a
from run_artifacts._json.remarks import child_pointer, replace_surrogates
from run_artifacts._secrets.encodings import Spelling, encoded
from run_artifacts._secrets.escapes import unescaped, unescaped_but_short
from run_artifacts._secrets.interruptions import seen, squeezed, uninterrupted
from run_artifacts._secrets.readings import Reading

#: Fewest characters of a secret that a caller names: shorter ones occur by chance.
MIN_SECRET_CHARACTERS = 8

#: How often escapes are resolved. A log that quotes a JSON text in another one escapes twice, and
#: what is quoted may be a query; more was not met. So a text is read in 19 ways at most (four
#: levels, three without short escapes, the four thrice without interruptions), and in 12 more
#: where a secret has blanks.
MOST_ESCAPED = 3

# What a reading changes in ASCII holds one of these.
_CHANGEABLE = "\\%&\n\x1b"


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
        given[index] = secret = str.__str__(secret)  # whatever a class of theirs says of it
        if len(secret) < MIN_SECRET_CHARACTERS:
            raise ValueError(
                f"secrets[{index}] has {len(secret)} characters, and {MIN_SECRET_CHARACTERS} are"
                " the fewest: shorter ones occur by chance"
            )
    return tuple(sorted(set(given), key=lambda secret: (-len(secret), secret)))


class CallerSecrets:
    """What finds a caller's secrets in a text."""

    __slots__ = ("_plain", "_squeezed", "_unwrapped")

    def __init__(self, secrets: Iterable[str]) -> None:
        """Take the secrets; see `checked_secrets` for what they may be."""
        checked = checked_secrets(secrets)
        self._plain = self._unwrapped = self._squeezed = []
        if not checked:  # as in nearly all calls
            return
        texts = [*dict.fromkeys(_variants(checked))]
        unwrapped = [*dict.fromkeys(map(_unwrapped, texts))]
        others = [spelling for text in _with_line_ends(checked) for spelling in encoded(text)]
        self._plain = [*map(Spelling, texts), *others]
        self._unwrapped = [*map(Spelling, _long(unwrapped)), *others]
        self._squeezed = [*map(Spelling, _long(_squeezed(unwrapped)))]

    def __bool__(self) -> bool:
        return bool(self._plain)

    def spans(self, text: str) -> Iterator[tuple[int, int]]:
        """Yield where they stand in a text, in code points."""
        if not self._plain:
            return
        for reading, spellings in self._readings(text):
            for spelling in spellings:
                if spelling.text in reading.text:
                    for start, end in _occurrences(spelling.text, reading.text):
                        yield reading.span(*spelling.extended(reading, start, end))

    def _readings(self, text: str) -> Iterator[tuple[Reading, list[Spelling]]]:
        """Yield the ways to read a text, and what to look for in each."""
        if text.isascii() and not [sign for sign in _CHANGEABLE if sign in text]:
            yield Reading(text), self._plain
            return
        levels = [*_levels(Reading(text))]
        for reading in dict.fromkeys((*levels, *_levels(levels[0], unescaped_but_short))):
            yield reading, self._plain
        for bare in _bare_readings(levels):
            yield bare, self._unwrapped
            if self._squeezed:
                yield squeezed(bare), self._squeezed


def _levels(
    reading: Reading, resolve: Callable[[Reading], Reading] = unescaped
) -> Iterator[Reading]:
    """Yield a reading, and that with escapes resolved, once and again, while there are any."""
    yield reading
    for _ in range(MOST_ESCAPED):
        if (resolved := resolve(reading)) is reading:
            return
        reading = resolved
        yield reading


def _bare_readings(levels: list[Reading]) -> Iterator[Reading]:
    """Yield readings without interruptions, where they differ from the levels of a text.

    Where a line ends is no wrap if a secret begins or ends with what may stand beside one, and a
    backslash there may be that of an escape.
    """
    text = levels[0].text
    ways: list[Callable[[Reading], Reading]] = [uninterrupted]
    if "\\" in text:
        ways.append(partial(uninterrupted, continued=False))
    if "\n" in text or len(levels) > 1:
        ways.append(seen)
    known: set[str] = set()
    for leave_out in ways:
        for reading in _bare_levels(levels, leave_out):
            if reading.text not in known:
                known.add(reading.text)
                yield reading


def _bare_levels(
    levels: list[Reading], leave_out: Callable[[Reading], Reading]
) -> Iterator[Reading]:
    """Yield the levels of a text, each without interruptions, from the first that has any.

    A wrap may split an escape, and an escape may stand for the end of a line: so interruptions are
    left out before escapes are resolved, and after it.
    """
    bare: Reading | None = None
    for level in range(MOST_ESCAPED + 1):
        if bare is None:
            if level == len(levels):
                return
            spelt = levels[level]
        elif (spelt := unescaped(bare)) is bare:
            return
        found = leave_out(spelt)
        if bare is not None or found is not spelt:
            bare = found
            yield bare


def _variants(secrets: Iterable[str]) -> Iterator[str]:
    """Yield secrets also with other line ends, without lone surrogates, in pointers and forms.

    What a key held is spelt in the JSON Pointers (RFC 6901) of remarks, our own ones too. A plus
    stands for a blank in forms, and is left when percent-encoding is resolved. What looks like an
    escape in a secret is taken for one with those of the text. The line end behind a secret is
    that of its file, and left out by who uses it.
    """
    for secret in secrets:
        pointer = child_pointer("", secret)[1:]
        form = secret.replace(" ", "+")
        others = (*_with_line_ends([secret]), pointer, form, *_resolved(secret))
        for variant in (secret, *others, *_long([secret.strip("\r\n")])):
            yield from (variant, replace_surrogates(variant)[0])


def _with_line_ends(secrets: Iterable[str]) -> Iterator[str]:
    """Yield secrets with the line ends that they have, with those of Unix and of Windows."""
    for secret in secrets:
        unix = secret.replace("\r\n", "\n")
        yield from dict.fromkeys((secret, unix, unix.replace("\n", "\r\n")))


def _resolved(secret: str) -> Iterator[str]:
    """Yield a secret with what looks like escapes in it resolved."""
    _, *others = _levels(Reading(secret))
    return _long(reading.text for reading in others)


def _unwrapped(secret: str) -> str:
    """Return a secret without interruptions; what begins or ends it is none."""
    return uninterrupted(Reading(f"x{secret}x")).text[1:-1]


def _squeezed(secrets: Iterable[str]) -> Iterator[str]:
    """Yield those secrets squeezed that squeezing makes different, and at no end of them."""
    for secret in secrets:
        short = squeezed(Reading(secret)).text
        if short[:1] == secret[:1] and short[-1:] == secret[-1:] and short != secret:
            yield short


def _long(texts: Iterable[str]) -> Iterator[str]:
    """Yield the texts that don't occur by chance."""
    return (text for text in texts if len(text) >= MIN_SECRET_CHARACTERS)


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
