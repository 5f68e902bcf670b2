"""What of a text differs from run to run: replaced by what it is, so that the rest can be compared.

A text comes in. One pass over it finds paths, addresses, times, numbers and the like, by one table;
each becomes a word in angle brackets, a path its last part. What tells one cause from another
stays: names, codes, quoted values.
"""

from __future__ import annotations

import re

from run_artifacts._patterns import lazy_pattern

_MONTH = "(?:Jan|Feb|Mar|Apr|May|June?|July?|Aug|Sept?|Oct|Nov|Dec)[a-z]*"
_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]*"
_MONTH_DAY = "(?:0[1-9]|1[0-2]){0}(?:0[1-9]|[12][0-9]|3[01])"
_DATE = f"(?:19|20)[0-9]{{2}}(?:-{_MONTH_DAY.format('-')}|/{_MONTH_DAY.format('/')})"
_COMPACT_DATE = f"(?:19|20)[0-9]{{2}}{_MONTH_DAY.format('')}"
_CLOCK = (
    "(?:[01]?[0-9]|2[0-3]):[0-5][0-9](?::[0-5][0-9](?:[.,][0-9]+)?)?(?: ?[AaPp][Mm](?![A-Za-z]))?"
)
_COMPACT_CLOCK = "(?:[01][0-9]|2[0-3])[0-5][0-9][0-5][0-9]"
_ZONE = (
    "(?:Z(?:[0-9]{2}:[0-9]{2})?| ?(?:GMT|UTC)?[-+][0-9]{2}:?[0-9]{2}| (?:UTC|GMT|[A-Z]{1,3}T))?"
    r"(?: \([A-Z][A-Za-z ]{2,30}\))?"
)
_TIME = "|".join(
    [
        f"{_DATE}(?:[T _]{_CLOCK}{_ZONE})?",
        f"{_COMPACT_DATE}(?:[T _-]?{_COMPACT_CLOCK}|[T _]{_CLOCK}){_ZONE}",
        f"{_CLOCK}{_ZONE}",
        f"[0-9]{{1,2}} {_MONTH} [0-9]{{4}}",
    ]
)
_NAMED_TIME = (
    f"{_DAY},? (?:[0-9]{{1,2}}[ -]{_MONTH}[ -][0-9]{{2,4}}"
    f"|{_MONTH} [0-9]{{1,2}}(?:,? [0-9]{{4}})?)(?: {_CLOCK}{_ZONE})?"
    f"|{_MONTH} [0-9]{{1,2}},? [0-9]{{4}}"
    r"|datetime\.(?:datetime|date|time)\([0-9, ]+\)"
)
_UNIT = "(?:[nuµμm]?s|secs?|seconds?|mins?|minutes?|hrs?|hours?|h|days?)"
_DURATION = (
    f"(?:[0-9]+ ?[dhm] ?)*[0-9]+(?:\\.[0-9]+)? ?{_UNIT}(?: (?:and )?[0-9]+(?:\\.[0-9]+)? ?{_UNIT})*"
)
_SIZE = "[0-9]+(?:[.,][0-9]+)* ?(?:[kKMGTP]i?[Bb]|[Bb]ytes?|B)"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_IPV4 = rf"(?:{_OCTET}\.){{3}}{_OCTET}"
_GROUP = "[0-9A-Fa-f]{1,4}"
_IPV6_TAIL = rf"(?:(?:{_GROUP}:)*(?:{_IPV4}|{_GROUP}))?(?:/[0-9]{{1,3}})?(?![\w:])"
_IPV6 = (
    f"(?<!:)(?=[A-Fa-f:]*[0-9])(?:(?:{_GROUP}:){{7}}{_GROUP}(?![\\w:])"
    f"|{_GROUP}(?::{_GROUP})*::{_IPV6_TAIL})"
)

# A number behind one of these says what happened; any other says how much, or which.
_CODE = (
    r"exit code -?[0-9]{6,10}(?![0-9A-Za-z])"
    r"|(?:(?:[Ee]rrno|ERRNO|[Ee]xit(?:ed)?|EXIT|[Ss]tatus|STATUS|[Cc]ode|CODE|[Ss]ignal|SIGNAL|rc"
    r"|SystemExit|HTTP(?:/[0-9](?:\.[0-9])?)?|[Ww]in[Ee]rror|[Hh]result)"
    r"(?: (?:with|status|code|[Ee]rror))*"
    r"[\"']?[ =:#(\[]{1,3}[\"']?|(?:[Ee]rror|ERROR)[ =#(\[]{1,2}|SQLSTATE[ =:\[(]{1,2})"
    r"-?[0-9][0-9A-Z]{0,4}(?![0-9A-Za-z%/]|\.[0-9]| of )"
    # Errors have names of this form in many systems.
    "|[A-Z]{2,6}-[0-9]{2,5}(?![-0-9A-Za-z])"
)
# The status of an HTTP response stands before its phrase, or behind a word for an answer.
_PHRASED = "[45][0-9]{2}(?=:? [A-Z][a-z])"
_ANSWERED = (
    "(?:returned|response|responded with|received|got|[Ee]rror)(?: error)?:? [45][0-9]{2}"
    r"(?=$|[^\w. ]| [A-Z({\[])"
)

_EMAIL = r"[\w.+-]+@[A-Za-z0-9-]+(?:(?:\.[A-Za-z0-9-]+)+|(?=:(?:\s|\Z)))"
_PATH_CHARACTER = r"[^\s'\"`:;,()<>\[\]{}|=*?\x00]"
_PART = r"[\w.@%+~-]"
_RELATIVE = rf"(?<![_/]){_PART}+(?:/{_PART}+)+/?"
_HOME = r"[^\\/:*?\"<>|\n]{1,64}"  # of a person, whose name may have blanks
_UNQUOTED = r"[^'\"`\n]*(?=['\"`])"
# Names end in a domain that few programs have attributes or files of the name of.
_HOST = (
    r"(?:[A-Za-z0-9-]+\.)+(?:com|net|org|edu|gov|mil|biz|cloud|internal|local|localdomain|lan|corp"
    r"|intranet|example)(?![\w.-]*[\w(])"
)
_HEX = "(?:0[xX][0-9A-Fa-f]+|[0-9a-f]{8,}|[0-9A-F]{8,})(?![0-9A-Za-z])"
_UUID = "[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}(?![A-Za-z0-9])"
_TRACE = (
    "(?:[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}|1-[0-9a-f]{8}-[0-9a-f]{24})(?![\\w-])"
)
_VERSION = r"[0-9]+(?:\.[0-9]+){2,}(?:[-+.]?[a-z]+[.-]?[0-9]+)?(?![A-Za-z0-9])"
_VERSIONED_PYTHON = r"[Pp]ython[0-9](?:\.[0-9]+)?(?![\w.-])"
_NUMBER = r"[0-9]+(?:,[0-9]{3})*(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?(?![A-Za-z0-9])"

# What is looked for where a digit begins a word, where a letter does, and at a sign; of each group
# the first that fits counts. The names say what becomes of it: the part before a digit.
_AT_DIGIT = {
    "id0": f"{_UUID}|{_TRACE}",
    "time0": rf"(?<!:)(?:{_TIME})(?![\w:])",
    "kept0": _PHRASED,
    "ip0": _IPV6,
    "ip1": rf"(?<![_.]){_IPV4}(?:/[0-9]{{1,2}})?(?![\w.]*[0-9])",
    "file0": _RELATIVE,
    "version0": rf"(?<!\.){_VERSION}",
    "time1": rf"(?<!\.){_DURATION}(?!\w)",
    "size0": rf"(?<!\.){_SIZE}(?!\w)",
    "email0": _EMAIL,
    "host0": _HOST,
    "n0": _HEX,
    "word0": _NUMBER,
    "word1": "[A-Za-z0-9]{2,}",
}
_AT_LETTER = {
    "kept1": _CODE,
    "kept2": _ANSWERED,
    "time2": rf"(?:{_NAMED_TIME})(?![\w:])",
    "n1": "(?:[a-f]{8,}|[A-F]{8,})(?![0-9A-Za-z])",
    "bool0": r"(?<==)(?:[Tt]rue|[Ff]alse)(?!\w)",
}
# Of a word that is nothing but letters and has none of these signs behind it, all has been seen.
_MORE = r"(?=[\w+-]*[0-9@/\\:.])"
_AT_WORD = {
    "id1": _UUID,
    "url0": r"[A-Za-z][A-Za-z0-9+.-]*://[^\s'\"<>`|]*[^\s'\"<>`|,.;:)\]}]",
    "email1": _EMAIL,
    "path0": rf"(?<=['\"`])[A-Za-z]:[\\/]{_UNQUOTED}",
    "path1": rf"[A-Za-z]:[\\/]+(?:[Uu]sers[\\/]+{_HOME}(?=[\\/]))?{_PATH_CHARACTER}+",
    "ip2": _IPV6,
    "file1": _RELATIVE,
    "host1": _HOST,
    "version1": f"v{_VERSION}",
    "python0": _VERSIONED_PYTHON,
    "word2": "(?=[A-Za-z]*[0-9])[A-Za-z0-9]{2,}",
}
_AT_SIGN = {
    "path2": rf"(?<=['\"`])(?:~?/|\.{{1,2}}/){_UNQUOTED}",
    "path3": rf"(?<![\w/.~@])(?:~|\.{{1,2}})?/{_PATH_CHARACTER}+",
    "path4": rf"\\\\{_PART}+\\{_PATH_CHARACTER}+",
    "path5": rf"(?<![\w/])[.~]{_PART}+(?:/{_PART}+)+/?",
    "kept3": rf"(?<!\w)@[\w-]+/{_PART}+",
    "ip3": f"(?<!:)::{_IPV6_TAIL}",
    "n2": rf"(?<![\w)])-{_NUMBER}",
    "kept4": r"(?<=: )\([0-9]{1,3}\)",
    "kept5": r"::\w+\[[^\]\n]{1,100}\]",  # a test, with its parameters
}


def _make_expression() -> str:
    digit, letter, word, sign = (
        "|".join(f"(?P<{name}>{rule})" for name, rule in group.items())
        for group in (_AT_DIGIT, _AT_LETTER, _AT_WORD, _AT_SIGN)
    )
    return (
        f"(?<![A-Za-z0-9])(?:(?=[0-9])(?:{digit})|(?=[A-Za-z])(?:{letter}|{_MORE}(?:{word})))"
        rf"|(?=[/\\.~@:(-])(?:{sign})"
    )


_MASKED = lazy_pattern(_make_expression)

# Without one of these, nothing of the tables can be in a text.
_CANDIDATE = lazy_pattern(r"[0-9/\\@]|::|=[TtFf]|[a-f]{8}|[A-F]{8}|\w\.[a-z]{3}")

_PLURAL = lazy_pattern(r"(<n> [a-z]{2,}[a-rt-z])s\b")  # one file, or several
_SEVERAL = lazy_pattern(">[, ]")
_REPEATED = lazy_pattern(r"(<\w+>)(?:(?:, ?| )\1)+")
_EXTENSION = lazy_pattern(r"\.[A-Za-z]\w{0,9}\Z")
_PIECE = lazy_pattern("[A-Za-z0-9]+")
_RUN = lazy_pattern("[0-9]+|[A-Z]?[a-z]+|[A-Z]+")
_SHORT_CODE = lazy_pattern("[A-Z]{1,4}[0-9]{2,5}|[a-z]{1,3}[0-9]{1,3}")
_HEX_WORD = lazy_pattern(
    "(?=[a-f]*[0-9])(?=[0-9]*[a-f])[0-9a-f]{4,}|(?=[A-F]*[0-9])(?=[0-9]*[A-F])[0-9A-F]{4,}"
    "|[a-f]{8,}|[A-F]{8,}"
)
_TEMPORARY = lazy_pattern(r"\A(?:tmp|temp)[._-]?[A-Za-z0-9_]{6,}(?=\Z|\.)")

_PYTHON = lazy_pattern(rf"\A{_VERSIONED_PYTHON}\Z")
_UUIDS = lazy_pattern(rf"(?<![A-Za-z0-9]){_UUID}")

_HOMES = frozenset({"home", "Users", "users"})
_SAYS_NOTHING = frozenset({"<n>", "<id>", "<tmp>"})


def mask(text: str) -> str:
    """Replace what of a line differs from run to run.

    >>> mask("worker-3: open('/srv/ab12/data/users.csv') failed after 2.5s, errno 13")
    "worker-<n>: open('users.csv') failed after <time>, errno 13"
    """
    if not _CANDIDATE.search(text):
        return text
    masked = _MASKED.sub(_replacement, text)
    if "<n> " in masked:
        masked = _PLURAL.sub(r"\1", masked)
    return _REPEATED.sub(r"\1", masked) if _SEVERAL.search(masked) else masked


def mask_name(name: str) -> str:
    """Replace what of the name of a file, or of another thing, differs from run to run."""
    if name.startswith(("tmp", "temp")):
        name = _TEMPORARY.sub("<tmp>", name)
    if name.startswith("python"):
        name = _PYTHON.sub("python", name)
    if name.count("-") > 3:
        name = _UUIDS.sub("<id>", name)
    return _PIECE.sub(_word, name)


def last_part(path: str) -> str:
    """Return what stays of a path: its last part; with the one before where that is a number.

    The last part of a home is the name of a user.
    """
    parts = [part for part in path.replace("\\", "/").split("/") if part.strip(".~")]
    if not parts:
        return "<path>"
    if len(parts) > 1 and parts[-2] in _HOMES:
        return "<user>"
    name = mask_name(parts[-1])
    if name not in _SAYS_NOTHING:
        return name
    before = parts[-2] if len(parts) > 1 else ""
    return f"{before}/{name}" if before.isalpha() and before not in _TEMPORARIES else "<path>"


def place(name: str | None) -> list[str]:
    """Return the part that says where, which is none where that isn't known."""
    return [f"in {name}"] if name else []


_TEMPORARIES = frozenset({"tmp", "temp", "Temp", "builds", "T"})


def _replacement(found: re.Match[str]) -> str:
    kind = (found.lastgroup or "")[:-1]
    if kind == "kept":
        return found[0]
    if kind == "word":
        return _word(found)
    if kind in ("path", "file"):
        # A folder in parentheses says where, and not what.
        is_aside = kind == "path" and found.string[found.start() - 1 : found.start()] == "("
        return "<path>" if is_aside and not _EXTENSION.search(found[0]) else _path(found[0], kind)
    # The interpreter has its version in its name, or hasn't.
    return "python" if kind == "python" else f"<{kind}>"


def _path(path: str, kind: str) -> str:
    """Return what stays of a path: of a file its name, of other words with slashes all."""
    end = path[len(path.rstrip(".")) :]
    path = path[: len(path) - len(end)]
    if kind == "file" and not _EXTENSION.search(path):
        return mask_name(path) + end
    return last_part(path) + end


def _word(found: re.Match[str]) -> str:
    """Replace a number, and a word that is hexadecimal or random.

    A short code has its digits behind its letters. What was drawn at random has no word among its
    letters, or letters and digits take turns in it.
    """
    word = found[0]
    if not word.isalnum() or word.isdigit():
        start = found.start()
        is_part_of_name = len(word) < 3 and start > 0 and found.string[start - 1] == "_"
        return word if is_part_of_name else "<n>"
    if (word.isalpha() and len(word) < 8) or _SHORT_CODE.fullmatch(word):
        return word
    if _HEX_WORD.fullmatch(word):
        return "<n>"
    if word.isalpha() or len(word) < 5:
        return word
    runs = _RUN.findall(word)
    has_word = any(len(run) > 2 and run.isalpha() for run in runs)
    return word if has_word and len(runs) < 5 else "<id>"
