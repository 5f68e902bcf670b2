"""Test runners: which tests failed, and what each of them says.

Lines come in, of the output of a run; for each test that failed, its name and what it said go out.
Names of tests stay as they are. What a runner counts, times or cuts to the width of a terminal
says nothing.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from run_artifacts._causes.lines import continued
from run_artifacts._causes.python import HEADER, last_chain, say
from run_artifacts._patterns import lazy_pattern

#: Most failed tests that identify a run; a broken build may fail thousands.
MOST_TESTS = 10

_SUMMARY = lazy_pattern(r"(FAILED|ERROR) (\S.*?)(?: - (.*))?\Z")
_DRAWN = ("=", "_")  # the lines around banners
_LAST_BANNER = "=" * 6
_SECTION = lazy_pattern(r"(?:ERROR (?:at setup of|at teardown of|collecting) )?(.+)")
_ERROR_LINE = lazy_pattern(r"E   +(.*)")
_PLACED = lazy_pattern(r"\S+:[0-9]+: ")
_INTERNAL = "INTERNALERROR> "
_USAGE = lazy_pattern(r"(?:(?:^|\.\.\. )ERROR: (?!usage: )|^\S.*: error: )(.*)")
_OUTCOMES = lazy_pattern(r"(?:[0-9]+ )?(no tests ran|deselected|failed|errors?)\b")
# The last line of a quiet run, which has no rule around it.
_QUIET_END = lazy_pattern(r"(?:(?:[0-9]+ [a-z]+|no tests ran)(?:, )?)+ in [0-9.]+m?s.*\Z")


def read_pytest(lines: list[str]) -> list[str] | None:
    """Read what pytest prints: the tests of its summary, each with the first line of its error."""
    if any(line.startswith(_INTERNAL) for line in lines):
        inner = [line.removeprefix(_INTERNAL) for line in lines if line.startswith(_INTERNAL)]
        chain = last_chain(inner)
        return ["INTERNALERROR", chain[-1].said] if chain else ["INTERNALERROR"]
    said, ended = _pytest_sections(lines)
    named: dict[str, str] = {}
    for line in lines:
        if summary := _SUMMARY.match(line):
            node = summary[2]
            error = _said_of(node, said) or _whole(summary[3])
            named.setdefault(node, error)
    if failed := named or said:
        return _told(failed)
    usage = next((told[1] for line in lines if (told := _USAGE.search(line))), None)
    if usage:
        return [usage]
    return [f"pytest: {ended}"] if ended else None


def _told(said: dict[str, str]) -> list[str]:
    """Return a part for each test that failed: its name, and what it said."""
    told = ((name, _bare(error)) for name, error in said.items())
    return [f"{name}: {error}" if error else name for name, error in told][:MOST_TESTS]


def _pytest_sections(lines: list[str]) -> tuple[dict[str, str], str]:
    """Return what each section says of its test, and how the run ended."""
    sections: list[tuple[str, int, int]] = []  # the name of a test, and the lines of its section
    name = ended = ""
    start = 0
    for index, line in enumerate([*lines, _LAST_BANNER]):
        if _QUIET_END.match(line) and (outcome := _OUTCOMES.search(line)):
            ended = outcome[1]
        elif (drawn := line[:1]) in _DRAWN and line[:3] == line[-3:] == 3 * drawn and line[5:]:
            banner = line.strip(drawn).strip(" ")
            if name:
                sections.append((name, start, index))
            name, start = "", index + 1
            if drawn == "_" and (section := _SECTION.fullmatch(banner)):
                name = section[1]
            elif outcome := _OUTCOMES.search(banner):
                ended = outcome[1]
    said: dict[str, str] = {}
    for name, start, end in sections:
        said[name] = _said_in(lines[start:end]) or said.get(name, "")
    return said, ended


def _said_in(section: list[str]) -> str:
    """Return what was raised last in a section, else what pytest itself says: that comes first."""
    said = ""
    is_block = False
    for index, line in enumerate(section):
        error = _ERROR_LINE.match(line)
        if error and not is_block:
            following = [text[1:] for text in section[index + 1 : index + 5] if text[:1] == "E"]
            said = say(error[1], following)
        is_block = error is not None or (is_block and line == "E")
    if said:
        return said
    if any(HEADER in line for line in section):
        chain = last_chain(section)
        return chain[-1].said if chain else ""
    first = section[0] if section else ""
    is_other = first[:1].isspace() or " = " in first or _PLACED.match(first)
    return "" if is_other else first


def _said_of(node: str, said: dict[str, str]) -> str:
    """Return what the section of a test says; it goes by the name behind the file's."""
    in_file = node.partition("::")[2].replace("::", ".")
    return said.get(in_file) or said.get(node) or ""


def _whole(message: str | None) -> str:
    """Return the message of a summary, unless the width of a terminal has cut it."""
    return "" if message is None or message.endswith("...") else message


def _bare(error: str) -> str:
    """Return an error without the type that some ways of showing it have, and some don't."""
    is_comparison = error.startswith("AssertionError: assert ")
    return error.removeprefix("AssertionError: " if is_comparison else "Failed: ")


_UNITTEST = lazy_pattern(r"(?:FAIL|ERROR): (\S+) \(([\w.]+)\)(?: .*)?\Z")


def read_unittest(lines: list[str]) -> list[str] | None:
    """Read what unittest prints: each test, and the last exception below it."""
    heads = [(index, found) for index, line in enumerate(lines) if (found := _UNITTEST.match(line))]
    ends = [*(index for index, _ in heads[1:]), len(lines)]
    parts: list[str] = []
    for (index, head), end in zip(heads[:MOST_TESTS], ends, strict=False):
        method, where = head[1], head[2]
        name = where if where.endswith(f".{method}") else f"{where}.{method}"
        chain = last_chain(lines[index:end])
        parts.append(
            f"{name.removeprefix('__main__.')}: {chain[-1].said if chain else ''}".rstrip(": ")
        )
    return list(dict.fromkeys(parts)) or None


# How the line of a failed test begins, for each runner that prints a line for each: the name of
# the test is what is kept.
_NAMED = {
    "go_test": r"\s*--- FAIL: (\S+)",
    "rust_test": r"---- (\S+) stdout ----",
    "tap": r"\s*not ok [0-9]+ (?:- )?(.+?)(?: # .*)?\Z",
    "crossed": r"\s*[✖✘✗✕] (?!failing tests:|[0-9]+ )(.+?)(?: [(\[][0-9.]+ ?m?s[)\]])?\Z",
    "jest": "\\s*\u25cf (.+ \u203a .+|Test suite failed to run)",
    "mocha": r"\s+[0-9]+\) (\S.+?):?\Z",
    "rspec": r"rspec \S+ # (.+)",
    "phpunit": r"[0-9]+\) ([\w\\]+::\w+)",
    "minitest": r"\s*(?:Failure|Error|[0-9]+\) (?:Failure|Error)):?\s*\Z|(\w+#test_\w+)(?= \[|:\Z)",
    "junit": r"\[ERROR\] +([\w.]+(?:\.|#)\w+)(?::[0-9]+| --| Time)",
    "dotnet_test": r"\s+Failed ([\w.]+(?:\(.*\))?) \[.*\]\Z",
    "ctest": r"\s*[0-9]+ - (\S+) \((?:Failed|Timeout|Not Run|.*Exception.*)\)",
}
_NAMED_PATTERNS = {name: lazy_pattern(expression) for name, expression in _NAMED.items()}
_SAYS = lazy_pattern(
    r"\s*(?:\S+\.go:[0-9]+: |thread '.*panicked at|error: |message: |Error: |AssertionError|E +|"
    r"Expected|expected |assertion |\[?[A-Z]\w+(?:Error|Exception)\b)"
)
_PLACE_BEFORE = lazy_pattern(r"\s*(?:E +)?(?:\S+\.go:[0-9]+: )?")
# What TAP quotes, and gives the type of in a field of its own.
_TAP = ("tap", "crossed")
_TYPE = lazy_pattern(r"(?:error: )?(?:(?:[A-Z]\w*)?Error(?: \[\w+\])?: )?['\"]?(.*?)['\"]?\Z")


def _named(runner: str, lines: list[str]) -> list[str] | None:
    pattern = _NAMED_PATTERNS[runner]
    parts: dict[str, str] = {}
    for index, line in enumerate(lines):
        found = pattern.match(line)
        if found is None or not found[1]:
            continue
        name = found[1].strip()
        said = parts.get(name) or next(_sayings(lines, index + 1, pattern), "")
        if not said and runner == "go_test":
            said = _said_before(lines, index)
        elif not said and runner == "jest":
            said = next((text.strip() for text in lines[index + 1 : index + 6] if text.strip()), "")
        parts[name] = _TYPE.sub(r"\1", said) if runner in _TAP else said
    return _told(parts) or None


def _sayings(lines: list[str], start: int, pattern: re.Pattern[str]) -> Iterator[str]:
    """Yield what a failed test says, in the few lines behind its name."""
    for index, line in enumerate(lines[start : start + 12], start):
        if pattern.match(line):
            return
        if _SAYS.match(line):
            yield _announced(line, [text.strip() for text in lines[index + 1 : index + 5]])


def _announced(line: str, following: list[str]) -> str:
    """Return what a line says, with what follows where it announces that."""
    said = _PLACE_BEFORE.sub("", line, count=1).rstrip()
    more = [text for text in following if text]
    if "panicked at" in line or said.endswith(("|-", ">-")):
        said = more.pop(0) if more else said
    return continued(said, more)


def _said_before(lines: list[str], index: int) -> str:
    """Return what a test of Go said, where all tests are told of: before the line of its end."""
    before: list[str] = []
    while index > 0 and not lines[index - 1].lstrip().startswith(("=== ", "--- ")):
        index -= 1
        before.append(lines[index])
    said = (line for line in reversed(before[:50]) if _SAYS.match(line))
    return _PLACE_BEFORE.sub("", next(said, ""), count=1)


def named_reader(runner: str) -> Callable[[list[str]], list[str] | None]:
    """Return what reads the output of a runner that prints a line for each failed test."""
    return lambda lines: _named(runner, lines)


_DOCTEST = lazy_pattern(r'File "[^"]+", line [0-9]+, in (\S+)\Z')


def read_doctest(lines: list[str]) -> list[str] | None:
    """Read what doctest prints: for each example that failed, where it stands, and itself."""
    parts: list[str] = []
    for index, line in enumerate(lines[1:-1], 1):
        if line == "Failed example:" and (place := _DOCTEST.match(lines[index - 1])):
            parts.append(f"{place[1]}: {lines[index + 1].strip()}")
    return parts[:MOST_TESTS] or None
