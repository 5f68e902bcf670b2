"""Tools: the first line in which one says what is wrong, in the form that is its own or common.

Lines come in; what the first error says goes out. What only sums up errors, or says that a command
failed, is passed over where anything says more.
"""

from __future__ import annotations

from run_artifacts._causes.lines import continued
from run_artifacts._causes.masks import last_part, place
from run_artifacts._causes.summaries import is_summary
from run_artifacts._patterns import lazy_pattern

_TERRAFORM = lazy_pattern(r"  on (\S+) line [0-9]+")
_MAVEN = lazy_pattern(
    r"\[ERROR\] (?:(?P<file>\S+\.\w+):\[[0-9,]+\] )?(?P<said>\S.*?)(?: -> \[Help [0-9]+\])?\Z"
)
_MAVEN_HEADING = lazy_pattern(r"COMPILATION ERROR|Some problems were encountered|The project ")
_PERL = lazy_pattern(r".+ at \S+ line [0-9]+[.,]")
_MAKE = lazy_pattern(r"(?:\S*:[0-9]+: |\S*make(?:\.exe)?(?:\[[0-9]+\])?: )\*\*\* (.*)")
_MAKE_SUMMARY = lazy_pattern(r"\] (?:Error|Fehler|Erreur) [0-9]+")
_CMAKE = lazy_pattern(r"CMake Error(?: at ([^:]+):[0-9]+ \(([^)]*)\))?:?(.*)")
_REJECTED = lazy_pattern(r" ! \[(?:remote )?rejected\] +\S+ -> (\S+ \(.*\))")
_REMOTE = lazy_pattern(r"remote: (?!.*%)(.*)")
_REMOTE_LINES = 3
_NPM = lazy_pattern(r"npm (?:error|ERR!)(?: (.*))?\Z")
_NPM_FACT = lazy_pattern(
    r"(?:code|errno|syscall|path|dest|spawnargs|spawn|cwd|command|location|workspace|signal|argv|node|npm)\b"
)
# What to do about it, and where more is told.
_NPM_NOISE = lazy_pattern(
    r"(?i).*(?:complete log|this is related to npm|--\w|lifecycle script|\bnote that\b|\byou can\b"
    r"|\bfix the|\bretry\b|\bto accept\b|\bfor a full report|\bsee \S*eresolve)|\Z"
)
_NPM_LINES = 5
_PREFIXED = lazy_pattern(
    r"(?:(?P<who>[\w./+~@ -]{1,60}?): )?(?:[\w.-]+: )?\[?"
    r"(?P<how>fatal error|[Ff]atal|FATAL|[Ee]rror|ERROR|Fehler|[Ee]rreur|[Ee]rrore|[Ee]rro|panic)"
    r"\]?(?:\[[\w-]+\])?(?: [A-Z]+[0-9]+)?: (?P<said>.+)"
)


def read_terraform(lines: list[str]) -> list[str] | None:
    """Read the first error of Terraform: its heading, and the sentence behind the place."""
    for index, line in enumerate(lines):
        place = _TERRAFORM.match(line)
        heads = [text for text in lines[max(index - 3, 0) : index] if text.startswith("Error: ")]
        if place and heads:
            rest = "\n".join(lines[index + 1 : index + 16]).lstrip("\n").partition("\n\n")[2]
            sentence = rest.partition("\n\n")[0].replace("\n", " ").partition(". ")[0]
            return [heads[-1], *filter(None, [sentence.rstrip(".")]), f"in {last_part(place[1])}"]
    return None


def read_maven(lines: list[str]) -> list[str] | None:
    """Read the first error of Maven; behind it stands where to find help."""
    for line in lines:
        found = _MAVEN.match(line)
        if found and not _MAVEN_HEADING.match(found["said"]):
            return [found["said"], *place(found["file"] and last_part(found["file"]))]
    return None


def read_perl(lines: list[str]) -> list[str] | None:
    """Read the first error of Perl's compiler, which goes on to others that come from it."""
    first = next((line for line in lines if _PERL.match(line)), None)
    return [first] if first else None


def read_make(lines: list[str]) -> list[str] | None:
    """Read why make stopped, where that is not that a command has failed."""
    for line in lines:
        found = _MAKE.match(line)
        if found and not _MAKE_SUMMARY.search(found[1]):
            return [f"make: {found[1]}"]
    return None


def read_cmake(lines: list[str]) -> list[str] | None:
    """Read the first error of CMake: its message stands in the lines behind it."""
    for index, line in enumerate(lines):
        if found := _CMAKE.match(line):
            message = [found[3].strip()] if found[3].strip() else []
            for text in lines[index + 1 : index + 10]:
                if text.startswith("  "):
                    message.append(text.strip())
                elif text or (message and not message[-1].endswith(":")):
                    break
            return [f"CMake Error: {' '.join(message)}", *place(found[2])]
    return None


def read_git_push(lines: list[str]) -> list[str] | None:
    """Read why a push was rejected: the reason, and what the other side said before."""
    reason = next((found[1] for line in lines if (found := _REJECTED.match(line))), None)
    if reason is None:
        return None
    remote = (found[1].strip() for line in lines if (found := _REMOTE.match(line)))
    return [f"git push: {reason}", *[text for text in remote if text][:_REMOTE_LINES]]


def read_npm(lines: list[str]) -> list[str] | None:
    """Read npm's error: its code, and the lines that are its message."""
    said = [found[1] or "" for line in lines if (found := _NPM.match(line))]
    code = next((text.removeprefix("code ") for text in said if text.startswith("code ")), "")
    messages: list[str] = []
    for text in said:
        is_listed = bool(messages) and messages[-1].endswith(":")
        if is_listed or not (_NPM_FACT.match(text) or _NPM_NOISE.match(text)):
            messages.append(_without_code(text, code).strip())
    messages = list(dict.fromkeys(filter(None, messages)))[:_NPM_LINES]
    if code == "ELIFECYCLE" or not (code or messages):
        return None
    first, *more = [code, *messages] if code else messages
    return [f"npm: {first}", *more]


def _without_code(message: str, code: str) -> str:
    """Return a line of npm's message without its code, which many of them repeat."""
    first, _, rest = message.partition(" ")
    return rest if first and first.upper() in (code, code.removeprefix("E")) else message


def _causes(lines: list[str], start: int) -> list[str]:
    """Return the lines below the next heading that says what caused an error."""
    for index, line in enumerate(lines[start : start + 6], start):
        if line.rstrip().lower().endswith("caused by:"):
            below = (text.strip() for text in lines[index + 1 : index + 6] if text[:1] == " ")
            return [text for text in below if text]
    return []


def read_error_line(lines: list[str]) -> list[str] | None:
    """Read the first line that a tool calls an error, and that says more than that there were."""
    for index, line in enumerate(lines):
        found = _PREFIXED.match(line)
        if found and not is_summary(line):
            who = last_part(found["who"]) + ": " if found["who"] else ""
            said = continued(found["said"], lines[index + 1 : index + 2])
            return [f"{who}{found['how'].lower()}: {said}", *_causes(lines, index + 1)]
    return None
