"""A line that says what is wrong, of an output in no known format.

Lines come in. The last one goes out that sounds like an error, or the last that is not what a
program says on its way.
"""

from __future__ import annotations

from run_artifacts._causes.ending import tells_signal
from run_artifacts._causes.summaries import is_summary
from run_artifacts._patterns import lazy_pattern

# What a long line is, its start says.
_START = 500

_ERROR = lazy_pattern(
    r"(?i)\b(?:error|errors|err|fatal|fail|fails|failed|failure|exception|panic|abort|aborted"
    r"|critical|severe|emergency"
    r"|cannot|can.t|couldn.t|unable|not|no such|denied|refused|reset|rejected|forbidden"
    r"|unauthorized|invalid|illegal|malformed|missing|undefined|unbound|unknown|unrecognized"
    r"|unexpected|unsupported|timed out|timeout|deadline|expired|killed|terminated|crash|crashed"
    r"|exceeded|exhausted|overflow|out of|mismatch|conflict|corrupt|corrupted|corruption|broken"
    r"|bad|wrong|already exists|doesn.t|is a directory|must|required|no space|disk full|locked"
    r"|fehler|erreur|errore|erro|échec|ошибка|nicht|impossible|kein|keine)\b|错误|失败|エラー|失敗"
    r"|\w(?:Error|Exception)\b"
)
# How programs of Unix report: their name, a colon, the message; or a file and line before it, as
# the GNU coding standards have it; or as Perl says where it died.
_REPORT = lazy_pattern(
    r"(?:\S*/)?[a-z][\w.+-]{0,30}: (?:[^\W\d]+ [0-9]+ ?: )?\S.*"
    r"|(?:[\w.+-]+: )?\S+\.\w+(?::[0-9]+){1,2}: \S.*"
    r"|.* at \S+ line [0-9]+\.?\Z"
)
# What a program says on its way, whatever words are in it.
_ON_ITS_WAY = lazy_pattern(
    # a level below an error: in brackets, before a colon, or in capitals
    r"(?:.{0,40}?[\[(<](?i:info|debug|trace|verbose|notice|note|hint|help|warn|warning)[\])>]"
    r"|(?:.{0,40}?[\s|\])]|)(?:INFO|DEBUG|TRACE|VERBOSE|NOTICE|WARN|WARNING|DEPRECATED)[\s:|]"
    r"|(?:.{0,40}?\s|)(?i:info|debug|trace|verbose|notice|note|hint|help|warn|warning|deprecat\w+)"
    r"(?::|\s{2})|(?i:deprecat|\w*warning\b))"
    # a command that a shell traces, what acts on a log
    r"|\+ |npm (?:warn|notice|WARN)"
    r"|##\[(?:group|section|command)\]|::(?:group|endgroup|debug|notice|warning)\b"
    # a rule, a frame, a mark below a line, what `time` says
    r"|\s*[-=_*#~.+|]{3,}\s*\Z|\s*at \S|\s*\^[~^]*\s*\Z|(?:real|user|sys)\s+[0-9]"
    r"|.*\[[#=.>-]{2,} *\]"
)
# The same, where there is no word of an error in it.
_PROGRESS = lazy_pattern(
    # how far, how fast, how long
    r"(?i).*\b(?:[0-9]{1,3} ?%|it/s\b|eta\b)|\s*[\[(]?[0-9]+ ?(?:/|of) ?[0-9]+[\])]?"
    r"|.*\b(?:took|finished in|done in|completed in|elapsed)\b.*[0-9]"
    # a request that was served, an end that was well
    r"|.*\b(?:GET|POST|PUT|HEAD) /\S*.*\b[123][0-9]{2}\b|.*\bwith code 0\b"
)


# That a command ended otherwise than well, and no more.
_STATUS = lazy_pattern(
    r"(?i).*\b(?:exit(?:ed)?|died|returned|terminated|killed|failed)\b[^:]*\b[0-9]+\b[^:]*\Z"
)


def read_error(lines: list[str]) -> str | None:
    """Return the last line that sounds like an error; one that sums up others if there is none."""
    summary = report = None
    for line in reversed(lines):
        start = line[:_START]
        if not line or line.isspace() or _ON_ITS_WAY.match(start) or tells_signal(start):
            continue
        if _ERROR.search(start):
            if not is_summary(start):
                return line.strip()
            summary = summary or line.strip()
        elif _REPORT.match(start) and not _PROGRESS.match(start):
            report = report or line.strip()
    return report or summary


def read_last(lines: list[str]) -> str | None:
    """Return the last line that says anything."""
    for line in reversed(lines):
        start = line[:_START]
        if line and not (line.isspace() or _ON_ITS_WAY.match(start) or _PROGRESS.match(start)):
            return line.strip()
    return None


def only_tells_status(line: str) -> bool:
    """Say whether a line tells no more of a command than how it ended."""
    return _STATUS.match(line[:_START]) is not None
