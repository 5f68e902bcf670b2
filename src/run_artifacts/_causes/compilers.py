"""Compilers, linkers and linters: the first error that they find, and the file that it is in.

Lines come in; what the error says goes out, with its code, and without the place in the file.
"""

from __future__ import annotations

import re
from itertools import pairwise

from run_artifacts._causes.masks import last_part, place
from run_artifacts._causes.summaries import is_summary
from run_artifacts._patterns import lazy_pattern

# A file, then where in it, then the error: with the tool's own code or without.
_COMPILER = lazy_pattern(
    r"(?:[\w.+-]+: )?(?P<file>[^\s:()\"]+\.[A-Za-z]\w{0,6}|[A-Za-z]:[\\/][^:()]+|<stdin>)"
    r"(?::[0-9]+(?:[:.][0-9]+)*|\([0-9]+(?:,[0-9]+)*\))(?::[0-9-]+)?(?:: | - | )"
    r"(?P<said>(?:fatal |internal compiler )?(?:error|Error|ERROR|erreur|Fehler|errore)"
    r"\b ?(?:[A-Z]+[0-9]+)?(?: ?\[[\w-]+\])?[ :].*)"
)
_FINDING = lazy_pattern(r"(?P<file>[^\s:]+\.\w+):[0-9]+:[0-9]+: (?:\[error\] )?(?P<said>\S.+)")
_STYLISH = lazy_pattern(r"\s+[0-9]+:[0-9]+ +error +(?P<said>\S.*)")
_RULE_BEHIND = lazy_pattern(r"\s\[[a-z][a-z-]+\]\Z")
_BELOW_ERROR = lazy_pattern(r"(?i)(?:warning|note|info|hint|remark|debug)\b")
_GO = lazy_pattern(r"(?:vet: )?(?P<file>\S+\.go):[0-9]+(?::[0-9]+)?: (?P<said>.+)")
_LINKER = lazy_pattern(
    r"(?:.*?[:\)] ?)?(?P<said>undefined reference to .*|multiple definition of [^;]*"
    r"|cannot find -l\S+.*|undefined symbol: .*|duplicate symbol .*|library not found for .*"
    r"|unresolved external symbol .*)"
)
_RUST = lazy_pattern(r"(?P<said>error(?:\[E[0-9]+\])?: .*)")
_RUST_FILE = lazy_pattern(r" *--> (\S+?):[0-9]+:[0-9]+\Z")
_DETAIL = lazy_pattern(r"\s+symbol: +(.*)")


def read_compiler(lines: list[str]) -> list[str] | None:
    """Read the first error of a compiler or linker."""
    for index, line in enumerate(lines):
        found = _COMPILER.match(line)
        if found is not None:
            details = [
                f"symbol: {detail[1]}"
                for text in lines[index + 1 : index + 5]
                if (detail := _DETAIL.match(text))
            ]
            said = _spaced(_unwrapped(found["said"], lines[index + 1 : index + 4]))
            return [said, *details, f"in {last_part(found['file'])}"]
        found = _LINKER.match(line)
        if found is not None:
            return [_spaced(found["said"])]
    return None


def _unwrapped(said: str, following: list[str]) -> str:
    """Return a message that the width of a terminal has cut: one that ends in its rule, later."""
    for index, line in enumerate(following):
        if line[:1].isspace() or _COMPILER.match(line):
            break
        if _RULE_BEHIND.search(line):
            return " ".join([said, *following[: index + 1]])
    return said


def read_stylish(lines: list[str]) -> list[str] | None:
    """Read the first error of a linter that lists what it finds below the name of each file."""
    file = ""
    for line in lines:
        if found := _STYLISH.match(line):
            return [_spaced(found["said"]), *place(file and last_part(file))]
        if line and not line[0].isspace():
            file = line
    return None


def read_finding(line: str) -> list[str] | None:
    """Read a line of a linter, which names the place and doesn't call what it finds an error."""
    found = _FINDING.match(line)
    return [found["said"], f"in {last_part(found['file'])}"] if found else None


def read_go_build(lines: list[str]) -> list[str] | None:
    """Read the first error of Go's compiler or vet, which are not called errors."""
    for line in lines:
        if found := _GO.match(line):
            return [found["said"], f"in {last_part(found['file'])}"]
    return None


def read_rust(lines: list[str]) -> list[str] | None:
    """Read the first error of Rust's compiler or of cargo."""
    for index, line in enumerate(lines):
        found = _RUST.match(line)
        if found is None or is_summary(line):
            continue
        files = (_RUST_FILE.match(text) for text in lines[index + 1 : index + 4])
        file = next((place[1] for place in files if place), None)
        return [found["said"], *place(file and last_part(file))]
    return None


def read_arrow(lines: list[str]) -> list[str] | None:
    """Read the first finding of a linter that points to its place as Rust's compiler does."""
    for above, line in pairwise(lines):
        place = _RUST_FILE.match(line)
        if place and above[:1].strip() and not _BELOW_ERROR.match(above):
            return [above, f"in {last_part(place[1])}"]
    return None


def _spaced(text: str) -> str:
    return re.sub(r"\s+", " ", text)
