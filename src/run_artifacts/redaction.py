"""Texts and command lines with their secrets replaced.

The same is done where excerpts are captured and failures are rendered; this is for what a caller
stores or sends itself.
"""

from collections.abc import Iterable
from typing import Any, NamedTuple, overload

from run_artifacts._json.foreign import elements_of, is_a
from run_artifacts._json.remarks import Remark
from run_artifacts._secrets.commands import Range, command_ranges, line_ranges
from run_artifacts._secrets.redact import Redactor, Span, replace_spans

__all__ = ["RedactedText", "redact_command", "redact_text"]

# The rule for what an argument names, or an option of a program; the same as for texts.
_ASSIGNMENT_RULE = "assignment"

# One reading finds all but what the secrets of the one before had kept apart.
_MOST_READINGS = 4


class RedactedText(NamedTuple):
    """A text without its secrets.

    Attributes:
        text: The text, with ``[redacted:<rule>]`` in the place of each secret.
        remarks: For each of them a dict: ``path`` (``""``, the whole), ``rule``, ``action``
            (``"redacted"``), ``start`` and ``end`` of the placeholder in `text`, in code points,
            and ``original_length``.
    """

    text: str
    remarks: list[Remark]


def redact_text(text: str, *, secrets: Iterable[str] = ()) -> RedactedText:
    """Replace the secrets of a text.

    Redacting again changes nothing. It is best effort: a secret in no known format, under no name
    that says so, is not found, unless `secrets` has it.

    Args:
        text: The text, whole: of half a secret nobody can tell that it is one.
        secrets: Your own secrets, of 8 characters and more each.

    Raises:
        TypeError: `text` is no ``str``, or `secrets` is no collection of them.
        ValueError: One of `secrets` is too short.

    >>> redact_text("pushed with ghp_" + "x7" * 18).text
    'pushed with [redacted:github_token]'
    """
    redacted, alterations = Redactor(secrets).text(_checked(text, "text"))
    remarks: Any = [{"path": "", **alteration} for alteration in alterations]
    return RedactedText(redacted, remarks)


@overload
def redact_command(args: str, *, secrets: Iterable[str] = ()) -> str: ...


@overload
def redact_command(
    args: list[str] | tuple[str, ...], *, secrets: Iterable[str] = ()
) -> list[str]: ...


def redact_command(
    args: str | list[str] | tuple[str, ...], *, secrets: Iterable[str] = ()
) -> str | list[str]:
    """Replace the secrets of a command line.

    Hidden are the values of options, variables and headers whose names say that they are secret,
    those of the short options of well-known programs, and all that `redact_text` finds.

    Args:
        args: The arguments, as a list or tuple; or a line for a shell.
        secrets: Your own secrets, of 8 characters and more each.

    Returns:
        As many arguments, each without its secrets; or the line.

    Raises:
        TypeError: `args` is neither, or `secrets` is no collection of texts.
        ValueError: One of `secrets` is too short.

    >>> redact_command(["curl", "-u", "me:hunter2", "--token", "t0p"])
    ['curl', '-u', 'me:[redacted:assignment]', '--token', '[redacted:assignment]']
    >>> redact_command("DB_PASSWORD=hunter2 mysqldump -phunter2 till")
    'DB_PASSWORD=[redacted:assignment] mysqldump -p[redacted:assignment] till'
    """
    redactor = Redactor(secrets)
    if is_a(args, str):
        return _redacted_line(_checked(args, "args"), redactor)
    if not is_a(args, (list, tuple)):
        raise TypeError(
            f"args must be a list or tuple of str, or a str, not {type(args).__name__};"
            " give it as list(args)"
        )
    texts = [_checked(arg, f"args[{index}]") for index, arg in enumerate(elements_of(args) or ())]
    return [
        _redacted(text, ranges, redactor)
        for text, ranges in zip(texts, command_ranges(texts), strict=True)
    ]


def _checked(text: object, argument: str) -> str:
    """Return a text as its builtin type holds it, or raise what names the remedy."""
    if is_a(text, str):
        return str.__str__(text)
    remedy = "decode it first" if is_a(text, (bytes, bytearray)) else "give its str()"
    raise TypeError(f"{argument} must be str, not {type(text).__name__}; {remedy}")


def _redacted_line(line: str, redactor: Redactor) -> str:
    """Replace the secrets of a line; again where one had taken what ends a command."""
    for _ in range(_MOST_READINGS):
        before, line = line, _redacted(line, line_ranges(line), redactor)
        if line == before:
            break
    return line


def _redacted(text: str, ranges: list[Range], redactor: Redactor) -> str:
    """Replace what an argument is known to hold, and what is found in any text."""
    spans = [(start, end, _ASSIGNMENT_RULE) for start, end in ranges]
    return replace_spans(text, _united([*spans, *redactor.spans(text)]))[0]


def _united(spans: list[Span]) -> list[Span]:
    """Unite spans that overlap, under the rule of the one that begins first."""
    united: list[Span] = []
    for start, end, rule in sorted(spans):
        if united and start < united[-1][1]:
            first, last, first_rule = united[-1]
            united[-1] = (first, max(last, end), first_rule)
        else:
            united.append((start, end, rule))
    return united
