"""Redaction: the secrets of a text are found, and a placeholder stands for each.

A text comes in, whole, before anything is cut from it. Its spans are found in its own coordinates:
those of the caller's secrets (`caller`), and those in a known format (`formats`). What goes out is
the text with ``[redacted:<rule>]`` for each span, and what a remark says of it; nothing of the
secret itself.

This is best effort. A secret in no known format, under no name that says so, is not found.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator

from run_artifacts._json.remarks import Alteration, placeholder
from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.caller import CallerSecrets
from run_artifacts._secrets.formats import ANY_HINT, FORMATS

#: The rules for a caller's secrets, and for what stands under the name of a secret.
CALLER_RULE, NAME_RULE = "secret", "key_name"

RULES = (CALLER_RULE, NAME_RULE, *dict.fromkeys(found.rule for found in FORMATS))

#: Where a secret starts and ends in a text, in code points, and the rule that found it. A plain
#: tuple, as a hostile text holds hundreds of thousands.
Span = tuple[int, int, str]

PLACEHOLDER = lazy_pattern(rf"\[redacted:(?:{'|'.join(RULES)})\]")
BLANK = "\0"  # in no token, and no part of a word


class Redactor:
    """What finds secrets in texts and under names; stateless once it is made."""

    __slots__ = ("_secrets",)

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        """Take the caller's own secrets; see `checked_secrets` for what they may be."""
        self._secrets = CallerSecrets(secrets)

    def spans(self, text: str) -> list[Span]:
        """Find the secrets of a text: sorted spans, none of which overlap.

        Nothing is found in a placeholder, and the search for formats is repeated on what is left,
        as a token may begin right behind another one; so a text that is redacted has nothing more
        to redact.
        """
        if not self._secrets and not ANY_HINT.search(text.lower()):  # as in nearly all texts
            return []
        shown = [found.span() for found in PLACEHOLDER.finditer(text)]
        left = _blank(text, shown)
        spans = [(*span, CALLER_RULE) for span in self._named(left, shown)]
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

    def _named(self, text: str, blanked: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
        """Yield where the caller's secrets stand in a text of which placeholders are blanked."""
        blanks = [start for start, _ in blanked]
        for start, end in self._secrets.spans(text):
            # A secret of nothing but blanks would be found in them.
            if bisect_left(blanks, start) == bisect_left(blanks, end):
                yield start, end


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
        if start > last_start:
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
