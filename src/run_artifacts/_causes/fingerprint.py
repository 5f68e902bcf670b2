"""The name of a failure: the same for the same cause, whatever the place, time and run.

An error and what was captured beside it come in. Its texts are looked at in the order in which they
tell most: what the program wrote, the traceback, attachments, the message. The first that is in a
known format gives the parts that identify the cause; else the end of the process, a line that
sounds like an error, or type and exit code alone. Secrets are replaced in the parts, then what
differs from run to run. What goes out is a digest of them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from run_artifacts._causes.compilers import read_finding
from run_artifacts._causes.described import raised_of
from run_artifacts._causes.ending import is_from_outside, signal_name, signal_of, told_signal
from run_artifacts._causes.given import (
    as_object,
    field_integer,
    field_text,
    validation_items,
    validation_texts,
)
from run_artifacts._causes.lines import ends_of, lines_of
from run_artifacts._causes.messages import only_tells_status, read_error, read_last
from run_artifacts._causes.name import FailureFingerprint, named
from run_artifacts._causes.python import parts_of
from run_artifacts._causes.readings import read_format
from run_artifacts._json.encode import as_text
from run_artifacts._json.foreign import member_of
from run_artifacts._json.readable import Rules, readable_parts, readable_value
from run_artifacts._json.remarks import REMARKS_KEY
from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.concealment import BY_NAME
from run_artifacts._secrets.names import says_secret
from run_artifacts._secrets.redact import Redactor

_MOST_ERRORS = 10

# Where programs and callers put what was written, besides `stderr`.
_OUTPUTS = (
    "output",
    "stdout",
    "stack",
    "stacktrace",
    "stack_trace",
    "details",
    "detail",
    "reason",
    "error",
    "description",
    "traceback",
)


# A joint at the end of a line, but for that of a traceback's first one.
_JOINTS = lazy_pattern(r"[:=](?<!last\):)[ \t]*\r?\n")
_LONGEST_NAME = 80


def _may_hide_lines(text: str) -> bool:
    """Say whether there may be a key of several lines, or a secret below its name."""
    if "-----BEGIN" in text:
        return True
    ends = (joint.start() for joint in _JOINTS.finditer(text))
    return any(says_secret(text[max(end - _LONGEST_NAME, 0) : end]) for end in ends)


class Text:
    """A text in which a failure may be told, and its lines.

    A part is one line. Where a secret may go over several, they are found before lines are read.
    """

    def __init__(self, text: str, redactor: Redactor) -> None:
        if redactor.has_secrets or _may_hide_lines(text := ends_of(text)):
            text = redactor.text(text)[0]
        self.lines = lines_of(text)
        self.text = "\n".join(self.lines)


def fingerprint(
    error: object, attached: Callable[[], Iterable[str]], redactor: Redactor
) -> FailureFingerprint:
    """Return the name of a failure.

    Args:
        error: What is known of it, of any kind.
        attached: Gives the texts that were captured beside it; asked where the error itself says
            nothing in a known format.
        redactor: What finds secrets.
    """
    rule, parts = _read(as_object({} if error is None else error), attached, redactor)
    return named(rule, parts, redactor)


def _read(
    error: Any, attached: Callable[[], Iterable[str]], redactor: Redactor
) -> tuple[str, list[str]]:
    """Return the rule and the parts of the first that tells the cause."""
    written = [Text(text, redactor) for text in _texts(error, ("stderr",))]
    if found := _first_format(written):
        return found
    if chain := raised_of(error):
        return "python_traceback", parts_of(chain)
    beside = [Text(text, redactor) for text in attached()]
    said = [Text(text, redactor) for text in _texts(error, ("message", *_OUTPUTS))]
    if found := _first_format([*beside, *said]):
        return found
    exit_code = field_integer(error, "exit_code")
    signal = signal_of(exit_code) or _told(written)
    if signal is not None and is_from_outside(signal):
        return "signal", [signal_name(signal)]
    for text in [*written, *beside]:
        if line := read_error(text.lines):
            return "message", read_finding(line) or [line]
    if signal is not None:
        return "signal", [signal_name(signal)]
    # Of what ended without an error, the last line says only how far it was.
    ended = [*written, *beside] if exit_code is not None else written
    # What stands under the name of a secret is hidden, too.
    rules = Rules(redactor.text, BY_NAME)
    if found := _said(error, exit_code, ended, said, rules):
        return found
    return "value", [as_text(_without_remarks(readable_value(error, rules)))]


def _without_remarks(value: object) -> object:
    """Return a value without what was said of its alterations."""
    if not isinstance(value, dict):
        return value
    return {key: item for key, item in value.items() if key != REMARKS_KEY}


def _told(texts: list[Text]) -> int | None:
    """Return the signal that a shell tells of, where its own exit code doesn't."""
    return next((found for text in texts if (found := told_signal(text.lines))), None)


def _first_format(texts: list[Text]) -> tuple[str, list[str]] | None:
    return next((found for text in texts if (found := read_format(text.text, text.lines))), None)


def _said(
    error: Any, exit_code: int | None, written: list[Text], said: list[Text], rules: Rules
) -> tuple[str, list[str]] | None:
    """Return what an error says of itself, where nothing that was written tells the cause."""
    kinds = [field_text(error, name) for name in ("type", "subtype", "code")]
    kind = ": ".join(dict.fromkeys(filter(None, kinds)))
    tells_more = exit_code not in (None, 0, 1)
    for text in said:
        line = read_error(text.lines) or read_last(text.lines)
        if line and not (only_tells_status(line) and (kind or exit_code is not None)):
            return "message", [f"{kind}: {line}" if kind else line]
    items = validation_items(member_of(error, "errors"))
    if errors := validation_texts(items, readable_parts(items, rules)):
        return "errors", sorted({line.partition("\n")[0] for line in errors})[:_MOST_ERRORS]
    line = next((line for text in written if (line := read_last(text.lines))), None)
    if line and not tells_more:
        return "message", [line]
    if kind or exit_code is not None:
        ended = "" if exit_code is None else f"exit code {exit_code}"
        return "exit_code", [", ".join(filter(None, (kind, ended)))]
    return None


def _texts(error: Any, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        text = field_text(error, name)
        if text and not text.isspace():
            yield text
