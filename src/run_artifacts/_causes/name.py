"""From the parts that tell a cause to its name.

Parts come in as they were read. Secrets are replaced in them, then what differs from run to run;
what goes out is a digest of them, and a line for people.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import NamedTuple

from run_artifacts._causes.lines import LINE_CHARACTERS
from run_artifacts._causes.masks import mask
from run_artifacts._invisible import escape
from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.redact import Redactor

#: Versions of the rules; each gives ids of its own.
VERSIONS = (1,)

_ID_DIGITS = 16
_TITLE_CHARACTERS = 200
_PART_CHARACTERS = 400
_SHOWN = LINE_CHARACTERS // 2  # of a part, before its paths are shortened
_MOST_PARTS = 24

# Quotation marks differ with the locale, and with the age of a tool.
_QUOTES = str.maketrans({"\u2018": "'", "\u2019": "'", "\u201c": '"', "\u201d": '"'})

# Which rule found a secret says nothing of the cause.
_REDACTED = "[redacted:"
_PLACEHOLDER = lazy_pattern(r"\[redacted:\w+\]")

# When a line was written says nothing.
_STAMPS = lazy_pattern(r"(?m)^(?:[\[(]?<time>[\])]?[ :|-]+)+(?=\S)")

# The names of parts that were met, by the digest of these.
_known: dict[bytes, FailureFingerprint] = {}
_MOST_KNOWN = 1_024


class FailureFingerprint(NamedTuple):
    """The name of a failure.

    Attributes:
        id: ``f1-`` and 16 hexadecimal digits of the SHA-256 digest of the parts, as UTF-8, with a
            line feed between two of them; ``f1`` is the version of the rules.
        title: One line of at most 200 characters that is safe to print.
        rule: The reading that gave the parts; ``docs/fingerprints.md`` lists all.
        parts: The texts that identify the cause: lines without secrets, paths, numbers.
    """

    id: str
    title: str
    rule: str
    parts: tuple[str, ...]


def named(rule: str, parts: list[str], redactor: Redactor) -> FailureFingerprint:
    """Return the name that some parts give, once nothing of them is secret or differs by run.

    More than half of the failures of a history have parts that were met before, to the letter:
    these are known by their digest, so that no secret is kept.
    """
    shown = [_start(part, redactor) if len(part) > _SHOWN else part for part in parts]
    raw = "\n".join(part.replace("\n", " ") for part in shown)
    if redactor.has_secrets:
        return _cleaned(rule, raw, redactor)
    key = hashlib.sha256(f"{rule}\n{raw}".encode(errors="surrogatepass")).digest()
    found = _known.get(key)
    if found is None:
        if len(_known) >= _MOST_KNOWN:
            _known.clear()
        found = _known[key] = _cleaned(rule, raw, redactor)
    return found


def _start(part: str, redactor: Redactor) -> str:
    """Return the start of a long part, without the secrets of which it has the first characters."""
    part = part[:LINE_CHARACTERS]
    ends = [end for start, end, _ in redactor.spans(part) if start < _SHOWN < end]
    return redactor.text(part[: max([_SHOWN, *ends])])[0]


def _cleaned(rule: str, raw: str, redactor: Redactor) -> FailureFingerprint:
    redacted = redactor.text(raw)[0].replace("`", "'")
    if not redacted.isascii():
        redacted = redacted.translate(_QUOTES)
    if _REDACTED in redacted:
        redacted = _PLACEHOLDER.sub("<secret>", redacted)
    masked = escape(mask(redacted))
    if "<time>" in masked:
        masked = _STAMPS.sub("", masked)
    clean = _distinct(part.strip()[:_PART_CHARACTERS] for part in masked.split("\n"))
    digest = hashlib.sha256("\n".join(clean).encode()).hexdigest()[:_ID_DIGITS]
    return FailureFingerprint(f"f1-{digest}", shortened(clean[0]), rule, clean)


def _distinct(parts: Iterable[str]) -> tuple[str, ...]:
    """Return parts without those that differ from an earlier one in nothing that counts.

    A place belongs to what was said before it: the two are held together.
    """
    found: dict[tuple[str, ...], None] = {}
    said: tuple[str, ...] = ()
    for part in parts:
        said = (*said, part) if part.startswith("in ") and said else (part,)
        found.pop(said[:-1], None)
        found[said] = None
    return tuple(part for held in found for part in held)[:_MOST_PARTS]


def shortened(text: str) -> str:
    """Return a text as a title, of at most 200 characters."""
    return text if len(text) <= _TITLE_CHARACTERS else f"{text[: _TITLE_CHARACTERS - 1]}\u2026"
