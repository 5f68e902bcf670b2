"""How a secret may be spelt otherwise than with escapes: in base64 and in hex, whole or in part."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from run_artifacts._secrets.readings import Reading

_STANDARD = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
_ALPHABET = _STANDARD | frozenset("-_")
_URL_SAFE = str.maketrans("+/", "-_")


class Spelling:
    """What a text is searched for.

    Attributes:
        text: What spells a secret, and nothing else.
        shares_first: Whether the character before it spells a part of the secret too.
        shares_last: Whether the character behind it does, and padding that may follow.
    """

    __slots__ = ("shares_first", "shares_last", "text")

    def __init__(self, text: str, *, shares_first: bool = False, shares_last: bool = False) -> None:
        """Take the text; of base64, also what its neighbours share with it."""
        self.text = text
        self.shares_first = shares_first
        self.shares_last = shares_last

    def extended(self, reading: Reading, start: int, end: int) -> tuple[int, int]:
        """Return the span of all that spells the secret where the text was found."""
        text = reading.text
        if self.shares_first and text[max(start - 1, 0)] in _ALPHABET:
            start = max(start - 1, 0)
        if self.shares_last and text[end : end + 1] in _ALPHABET:
            end += 1
        if self.shares_last:
            end += len(text[end : end + 2]) - len(text[end : end + 2].lstrip("="))
        return start, end


def encoded(secret: str) -> Iterator[Spelling]:
    """Yield the spellings of a secret's bytes in UTF-8; of other encodings none is looked for."""
    data = secret.encode("utf-8", "surrogatepass")
    yield from _base64(data)
    yield from _hexadecimal(data)


def _base64(data: bytes) -> Iterator[Spelling]:
    """Yield what is always the same of bytes in base64 (RFC 4648), whatever is around them.

    Three bytes are four characters, so it depends on where in such a group they begin. A secret
    has eight bytes at least, so nothing that is yielded is shorter than ten characters.
    """
    for before in range(3):
        bits = 8 * (before + len(data))
        first = -(-8 * before // 6)
        core = base64.b64encode(bytes(before) + data).decode("ascii")[first : bits // 6]
        for text in dict.fromkeys((core, core.translate(_URL_SAFE))):
            yield Spelling(text, shares_first=before > 0, shares_last=bits % 6 > 0)


def _hexadecimal(data: bytes) -> Iterator[Spelling]:
    """Yield bytes as dumps, keys and fingerprints have them."""
    for separator in ("", ":", " "):
        text = data.hex(separator) if separator else data.hex()
        yield from map(Spelling, dict.fromkeys((text, text.upper())))
