"""Assignments without a joint: a blank stands between the name and its value.

They are few, and each is told from prose by what is around it: a ``.netrc`` by its other words, a
Dockerfile by its instruction.
"""

from __future__ import annotations

from collections.abc import Sequence

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.names import secret_kind
from run_artifacts._secrets.plausible import is_bare_secret, is_made
from run_artifacts._secrets.quoted import RULE
from run_artifacts._secrets.tokens import Finder, Found

_VALUE = r"[\"']?([^\s\0\"'\\]+)"
_NETRC_BEFORE = lazy_pattern(
    r"(?a)(?:\A|[\s\0\"'`])(?:(?:machine[ \t\r\n]+\S{1,200}|default)[ \t\r\n]+)?"
    r"(?:login|user)[ \t\r\n]+\S{1,100}[ \t\r\n]+\Z"
)
_NETRC_ENTRY = lazy_pattern(r"(?a)(?:\A|[\s\0\"'`])(?:machine[ \t\r\n]+\S{1,200}|default)[ \t\r\n]")
_LONGEST_BEFORE = 400
_MOST_BLANKS = 8  # of a login alone; in a sentence there are more


class NetrcFinder(Finder):
    """What finds the passwords of a ``.netrc`` (the format of the ``ftp`` command)."""

    __slots__ = ()
    prefix = "password"
    glance = r"assword(?=[ \t\r\n]+\S)"
    _pattern = lazy_pattern(rf"password[ \t\r\n]{{1,80}}{_VALUE}")

    def find(self, text: str, at: int, _body: int | None = None) -> tuple[Sequence[Found], int]:
        """Return the password behind a word at an offset, and where to go on."""
        first = max(0, at - _LONGEST_BEFORE)
        before = _NETRC_BEFORE.search(text, first, at)
        found = self._pattern.match(text, at)
        if not before or not found or not is_bare_secret(found[1], is_strong=True, is_data=True):
            return (), at + 1
        if not _NETRC_ENTRY.match(text, before.start()) and (
            not is_made(found[1]) or text[first:at].count(" ") > _MOST_BLANKS
        ):
            return (), at + 1
        return ((*found.span(1), RULE),), found.end()


class InstructionFinder(Finder):
    """What finds the values of ``ENV NAME value`` in a Dockerfile, the old form without a joint."""

    __slots__ = ()
    prefix = "ENV "
    _pattern = lazy_pattern(rf"(?a)ENV[ \t]{{1,80}}([A-Za-z_]\w{{0,80}})[ \t]{{1,80}}{_VALUE}")
    _before = lazy_pattern(r"(?:\A|[\n\0]|\\n)[ \t]*\Z")

    def find(self, text: str, at: int, _body: int | None = None) -> tuple[Sequence[Found], int]:
        """Return the value behind an instruction at an offset, and where to go on."""
        found = self._pattern.match(text, at)
        if not found or not self._before.search(text, max(0, at - 40), at):
            return (), at + 1
        kind = secret_kind(found[1])
        is_secret = kind is not None and is_bare_secret(
            found[2], is_strong=kind == "password", is_data=True
        )
        return (((*found.span(2), RULE),) if is_secret else ()), found.end()


SPACED_FINDERS = (NetrcFinder(), InstructionFinder())
