"""Warnings in a standard error that are known and harmless, told from its other lines.

A text comes in; each line is held against one table of rules. The codes that were met go out, with
their counts, and every line that no rule knows.
"""

import re
from typing import TypedDict


class KnownWarnings(TypedDict):
    """What a standard error holds of warnings that are known and harmless.

    `codes` is sorted, `counts` has the lines of each code, `unknown_lines` the stripped lines
    that no rule knows; `warning_only` says that there are known lines and no others.
    """

    codes: list[str]
    counts: dict[str, int]
    unknown_lines: list[str]
    warning_only: bool


# The code of each known warning, the texts that a line of it holds together, and its hint, which
# is a whole line, where it has one.
_WARNING_RULES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    (
        "shell_snapshot_powershell_unsupported",
        ("shell snapshot not supported yet for powershell",),
        "hint=PowerShell shell snapshot unsupported; continuing without shell snapshot metadata.",
    ),
    (
        "turn_metadata_header_timeout",
        ("turn metadata", "header", "timed out"),
        "hint=Turn metadata header timed out; continuing without metadata header.",
    ),
    (
        "codex_model_refresh_timeout",
        ("failed to refresh available models", "timeout waiting for child process"),
        "hint=Codex model refresh timed out; model list may be stale.",
    ),
    (
        "bash_tool_preflight_slow",
        ("[bashtool]", "pre-flight check is taking longer than expected"),
        "",
    ),
)


def classify_known_stderr_warnings(text: str) -> KnownWarnings:
    """Tell the known warnings in a standard error from other lines.

    Each line is looked at alone, stripped and ignoring case; blank ones don't count. The first
    rule that knows a line counts it.

    Raises:
        TypeError: `text` is no ``str``.
    """
    if not isinstance(text, str):
        raise TypeError(f"text must be str, not {type(text).__name__}")
    counts: dict[str, int] = {}
    unknown: list[str] = []
    for line in filter(None, map(str.strip, text.split("\n"))):
        code = _warning_code(line.lower())
        if code is None:
            unknown.append(line)
        else:
            counts[code] = counts.get(code, 0) + 1
    codes = sorted(counts)
    return KnownWarnings(
        codes=codes,
        counts={code: counts[code] for code in codes},
        unknown_lines=unknown,
        warning_only=bool(codes) and not unknown,
    )


def _warning_code(line: str) -> str | None:
    for code, needles, hint in _WARNING_RULES:
        if all(needle in line for needle in needles):
            return code
        if hint and (line == hint.lower() or re.search(rf"\bcode={code}(?!\w)", line)):
            return code
    return None
