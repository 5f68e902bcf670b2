"""What the runtime of C++, sanitizers and Valgrind print as a program of machine code fails.

Lines come in; what was thrown or found goes out, and the innermost function of the program's own.
"""

from __future__ import annotations

from itertools import pairwise

from run_artifacts._causes.masks import place
from run_artifacts._patterns import lazy_pattern

_THROWN = lazy_pattern(r"terminate called after throwing an instance of '([^']+)'")
_WHAT = lazy_pattern(r"\s*what\(\):\s+(.*)")
_SANITIZER = lazy_pattern(
    r"(?:==[0-9]+==)?(?:ERROR|WARNING): (\w+Sanitizer): ([\w-]+(?: [a-z][\w-]*)*)"
)
_SANITIZER_FRAME = lazy_pattern(
    r"\s+#[0-9]+ 0x[0-9a-f]+ in (?!__|(?:malloc|calloc|realloc|free|operator)\b)(\w+)[^/]*"
    r" /?\S+:[0-9]+"
)
_VALGRIND = lazy_pattern(r"==[0-9]+== (\S.*)")
_VALGRIND_FRAME = lazy_pattern(r"==[0-9]+== {4}at 0x[0-9A-F]+: (\S+) \(")


def read_terminate(lines: list[str]) -> list[str] | None:
    """Read what the C++ runtime prints of an exception that nobody caught."""
    for index, line in enumerate(lines):
        if found := _THROWN.match(line):
            what = next(
                (said[1] for text in lines[index + 1 : index + 3] if (said := _WHAT.match(text))),
                "",
            )
            return [f"{found[1]}: {what}" if what else found[1]]
    return None


def read_sanitizer(lines: list[str]) -> list[str] | None:
    """Read the report of a sanitizer: the kind of the error, and the innermost own function."""
    for index, line in enumerate(lines):
        if found := _SANITIZER.match(line):
            kind = found[2].partition(" on ")[0]
            frames = (frame[1] for text in lines[index:] if (frame := _SANITIZER_FRAME.match(text)))
            return [f"{found[1]}: {kind}", *place(next(frames, None))]
    return None


def read_valgrind(lines: list[str]) -> list[str] | None:
    """Read the first error that Valgrind reports, and the function in which it was made."""
    for above, line in pairwise(lines):
        said, frame = _VALGRIND.match(above), _VALGRIND_FRAME.match(line)
        if said and frame:
            return [said[1], f"in {frame[1]}"]
    return None
