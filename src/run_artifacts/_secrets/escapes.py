r"""Escapes: what stands for a character in JSON, a program's text, a URL or HTML.

All kinds are resolved at once, as one often stands in another: JSON in a query, HTML in JSON.
"""

from __future__ import annotations

import re

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.readings import Reading, Rewritten, rewrite

# The escapes of JSON (RFC 8259, section 7), and what a repr of Python or C adds.
_SHORT = dict(zip("bfnrt\"'/\\", "\b\f\n\r\t\"'/\\", strict=True))
_NAMED = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}

_HEX = "[0-9A-Fa-f]"


def _byte(mark: str) -> str:
    """Return a pattern for the bytes of one character in UTF-8 (RFC 3629), or for a single byte."""
    more = f"{mark}[89ABab]{_HEX}"
    return (
        f"{mark}(?:[CDcd]{_HEX}{more}|[Ee]{_HEX}{more}{more}|[Ff][0-4]{more}{more}{more}"
        f"|{_HEX}{_HEX})"
    )


# A pair of surrogates is one character.
_CODE = rf"u(?:[Dd][89ABab]{_HEX}{{2}}\\u[Dd][C-Fc-f]{_HEX}{{2}}|{_HEX}{{4}})"
_OF_PROGRAMS = rf"\\(?:{_CODE}|U00(?:0{_HEX}|10){_HEX}{{4}}|[\"'/bfnrt\\])|" + _byte(r"\\x")
_OF_URLS = _byte("%")
_OF_HTML = rf"&(?:amp|lt|gt|quot|apos|\#(?:[0-9]{{1,8}}|[Xx]{_HEX}{{1,8}}));"
_ESCAPE = lazy_pattern(rf"({_OF_PROGRAMS}|{_OF_URLS}|{_OF_HTML})")

# The same where a backslash alone is one, as in a path before a URL or in properties of Java.
_LONG_ESCAPE = lazy_pattern(rf"(\\{_CODE}|{_OF_URLS}|{_OF_HTML})")

_TRIGGERS = "\\%&"


class _Meanings(dict[str, str]):
    """What escapes stand for, each found out once: a text may hold a million of a few kinds."""

    def __missing__(self, escape: str) -> str:
        """Return what an escape stands for, and know it from then on."""
        self[escape] = meaning = _meaning(escape)
        return meaning


def _meaning(escape: str) -> str:
    """Return what an escape stands for: itself where it means no character."""
    name = escape[1:]
    if name[0] in "uU":
        return chr(int(name[1:], 16)) if "\\" not in name else _paired(escape)
    if escape[0] == "&":
        return _NAMED.get(name[:-1]) or _character(name.strip("#;"), escape)
    if escape[0] == "%" or name[0] == "x":
        return _decoded(bytes.fromhex(escape.replace("\\x", "").replace("%", "")))
    return _SHORT[name]


def _paired(codes: str) -> str:
    """Return the character that a pair of surrogates is."""
    return bytes.fromhex(codes.replace("\\u", "")).decode("utf-16-be")


def _character(number: str, otherwise: str) -> str:
    """Return the character of a number, which is hexadecimal behind an x."""
    code = int(number[1:], 16) if number[0] in "xX" else int(number)
    return chr(code) if code < 0x110000 else otherwise


def _decoded(data: bytes) -> str:
    """Decode bytes as UTF-8; what isn't that is taken for Latin-1, as in a repr of Python."""
    try:
        return data.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        return data.decode("latin-1")


class _Unescaped(Rewritten):
    """A reading in which escapes of all kinds are resolved, once."""

    __slots__ = ()

    @classmethod
    def pieces(cls, text: str) -> tuple[list[str], list[str]]:
        return _resolved(_ESCAPE, text)


class _UnescapedButShort(Rewritten):
    """A reading in which all escapes but the short ones of programs are resolved, once."""

    __slots__ = ()

    @classmethod
    def pieces(cls, text: str) -> tuple[list[str], list[str]]:
        return _resolved(_LONG_ESCAPE, text)


def _resolved(escape: re.Pattern[str], text: str) -> tuple[list[str], list[str]]:
    """Split a text at what a pattern's only group matches, and resolve it."""
    spelt = escape.split(text)
    read = spelt.copy()
    read[1::2] = map(_Meanings().__getitem__, spelt[1::2])
    return spelt, read


def unescaped(spelt: Reading) -> Reading:
    """Return a reading with its escapes resolved, or itself if it has none."""
    if any(trigger in spelt.text for trigger in _TRIGGERS):
        return rewrite(spelt, _Unescaped)
    return spelt


def unescaped_but_short(spelt: Reading) -> Reading:
    r"""Return the same with a backslash as a character, where that makes a difference.

    Behind one, the first letter of a secret may look like a part of an escape: ``\new%20one``.
    """
    return rewrite(spelt, _UnescapedButShort) if "\\" in spelt.text else spelt
