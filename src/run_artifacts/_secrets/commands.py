"""Command lines: which of their arguments are secret, as a list of them or as a shell writes it.

A long option says by its name that its value is secret. What a short one means is known of the
program alone, so there is a table of programs, from their manuals. A program counts wherever its
name stands, so that what starts it (``sudo``, ``env``, ``timeout``, ``docker exec``) need not be
known. Where a command line stands within a text, the name of a program in the table is where the
search begins: what comes before it is none of ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.names import secret_kind
from run_artifacts._secrets.programs import COOKIE, GLUED, PROGRAMS, SOURCE, WHOLE, Program
from run_artifacts._secrets.quoted import RULE
from run_artifacts._secrets.tokens import Finder, Found
from run_artifacts._secrets.values import REPLACED, is_no_value, is_prose

#: Where a secret starts and ends in an argument or a text.
Range = tuple[int, int]

_LONG = lazy_pattern(r"--?([A-Za-z][\w.-]{1,80})")
_NAMED = lazy_pattern(r"-{0,2}(?:([A-Za-z][\w-]{0,80})(:)[ \t]*|([\w.:/@-]{1,100}?)(=))(?=\S)")
_EXE = lazy_pattern(r"(?i:\.exe)\Z")

# The file of a key, and no key: below what a file system has at its root, or with a suffix.
_FILE = lazy_pattern(
    r"(?:~|\.{1,2}|[A-Za-z]:)[/\\]\S*|/(?:app|dev|etc|home|mnt|opt|proc|root|run|secrets|srv|tmp|"
    r"Users|usr|var|workspace)/\S*|[\w./\\-]{1,200}\.(?:cer|conf|crt|der|env|gpg|ini|jks|json|"
    r"key|p12|pem|pfx|pub|toml|txt|ya?ml)"
)


def argument_ranges(args: Sequence[str | None]) -> dict[int, Range]:
    """Return where secrets stand in arguments: those of known programs and of options by name.

    Args:
        args: The arguments; ``None`` stands for what is no text.

    Returns:
        By the index of an argument, the range that is secret in it.
    """
    return {**_named_values(args), **_program_values(args)}


def command_ranges(args: Sequence[str]) -> list[list[Range]]:
    """Return where secrets stand in each argument of a command line.

    An argument may name a secret itself (``NAME=v``, ``--name=v``, a header), or be a command line.
    """
    found = argument_ranges(args)
    return [[*_at(found, index)] or [*_own_ranges(arg)] for index, arg in enumerate(args)]


def _own_ranges(arg: str) -> Iterator[Range]:
    assigned = assigned_range(arg)
    if assigned is not None:
        yield assigned
    else:
        yield from secret_spans(arg)


def assigned_range(arg: str) -> Range | None:
    """Return where a secret stands in an argument that names it.

    As in ``NAME=v``, ``--name=v``, ``--env=NAME=v``, and in the header ``Name: v``.
    """
    start = 0
    for _ in range(2):
        named = _NAMED.match(arg, start)
        if named is None:
            return None
        kind = secret_kind(named[1] or named[3])
        if kind is not None:
            value = arg[named.end() :]
            said = REPLACED.sub(" x ", value).strip()
            is_said = named[2] is not None and kind != "phrase" and is_prose(said)
            return (named.end(), len(arg)) if is_value(value) and not is_said else None
        if named[2] is not None:
            return None
        start = named.end()
    return None


def is_value(text: str) -> bool:
    """Say whether an argument may be a secret: no placeholder, no file, and no mere mention."""
    return not (
        is_no_value(text)
        or text.lower() in _MENTIONS
        or _FILE.fullmatch(REPLACED.sub("x", text) if "[" in text else text)
    )


# What stands in examples: a password that is called so.
_MENTIONS = frozenset(("password", "passwd", "pass", "pwd", "passphrase", "secret", "token"))


def _named_values(args: Sequence[str | None]) -> dict[int, Range]:
    """Return the values of options whose names say that they are secret."""
    found = {}
    for index, (arg, value) in enumerate(pairwise(args), 1):
        if arg is None or value is None or arg[:1] != "-" or value[:1] == "-":
            continue
        option = _LONG.fullmatch(arg)
        if option and secret_kind(option[1]) and is_value(value):
            found[index] = (0, len(value))
    return found


def _program_values(args: Sequence[str | None]) -> dict[int, Range]:
    """Return what is secret behind the programs of the table."""
    found: dict[int, Range] = {}
    reading: _Reading | None = None
    skip = -1
    for index, arg in enumerate(args):
        if arg is None or index == skip:
            continue
        program = _program(arg)
        if program is not None and not (reading and reading.waits):
            reading = _Reading(program)
        elif reading is not None:
            following = args[index + 1] if index + 1 < len(args) else None
            at, where = reading.read(arg, following)
            if where is not None:
                found[index + at] = where
            skip = index + at if at else skip
    return found


def names_program(args: Sequence[str | None]) -> bool:
    """Say whether there is a program of the table among arguments; by its path, the first one."""
    return not PROGRAMS.keys().isdisjoint(args) or _program(args[0] or "") is not None


def _program(arg: str) -> Program | None:
    """Return what is known of the program that an argument names, by a path or alone."""
    if arg in PROGRAMS:
        return PROGRAMS[arg]
    if arg[-4:].lower() != ".exe" and "/" not in arg and "\\" not in arg:
        return None
    if arg[:1] == "-" or len(arg) > _LONGEST_PATH or "://" in arg:
        return None
    name = arg.replace("\\", "/").rpartition("/")[2]
    return PROGRAMS.get(_EXE.sub("", name))


_LONGEST_PATH = 1_000


class _Reading:
    """The reading of one program's arguments: which of its words have come so far.

    Attributes:
        waits: Whether a word to come is secret by its position.
    """

    __slots__ = ("_is_below", "_program", "_words_left")

    def __init__(self, program: Program) -> None:
        self._program = program
        self._is_below = not program.below
        self._words_left = 0

    @property
    def waits(self) -> bool:
        return self._words_left > 0

    def read(self, arg: str, following: str | None) -> tuple[int, Range | None]:
        """Read an argument; return in which one from it on a secret is, and where there."""
        if arg[:1] != "-":
            return 0, self._read_word(arg)
        if self._has_flag_of_words(arg):
            self._words_left = self._program.words["-b"]
        if not self._is_below:
            return 0, None
        how, value = self._option(arg)
        if how is None:
            return 0, None
        if value:
            where = secret_range(value, how)
            start = len(arg) - len(value)
            return 0, where and (start + where[0], start + where[1])
        if how == GLUED or following is None or following[:1] == "-":
            return 0, None
        return 1, secret_range(following, how)

    def _has_flag_of_words(self, arg: str) -> bool:
        """Say whether an argument has the flag of htpasswd by which it takes the password."""
        return "-b" in self._program.words and arg[1:2] != "-" and "b" in arg

    def _read_word(self, arg: str) -> Range | None:
        self._is_below = self._is_below or arg in self._program.below
        if self._words_left:
            self._words_left -= 1
            if not self._words_left and is_value(arg):
                return 0, len(arg)
        elif arg in self._program.words:
            self._words_left = self._program.words[arg]
        return None

    def _option(self, arg: str) -> tuple[str | None, str]:
        """Return how the option of an argument has its secret, and what follows in the word."""
        options = self._program.options
        if arg in options:
            return options[arg], ""
        name, joint, value = arg.partition("=")
        if joint and len(name) > len("-p") and name in options:
            return options[name], value
        flags = self._program.flags
        if flags is None or arg[:2] == "--" or arg[1:] in _MENTIONS:
            return None, ""
        if arg[:3] in options:  # as "-hp" of rar
            return options[arg[:3]], arg[3:]
        for index, letter in enumerate(arg[1:], 1):
            if f"-{letter}" in options:
                return options[f"-{letter}"], arg[index + 1 :]
            if letter not in flags:
                break
        return None, ""


def secret_range(value: str, how: str) -> Range | None:
    """Return where the secret stands in an option's value, given how the option has it."""
    start = 0
    if how == SOURCE:
        if not value.startswith("pass:"):
            return None
        start = len("pass:")
    elif how == COOKIE:
        if "=" not in value:  # the name of a file
            return None
    elif how not in (WHOLE, GLUED):
        start = value.find(how) + 1
        if not start or value[:start].endswith("[redacted:") or _FILE.fullmatch(value):
            return None
    return (start, len(value)) if is_value(value[start:]) else None


# What a shell makes words of. A quoted string ends in its line, so that a quote that is none runs
# no further; in the middle of a word, one opens only behind what joins a value to its name.
_PIECE = lazy_pattern(
    r"((?:[ \t]|\\\r?\n)++)|\$\([^()\n]*+\)|(?:[^\s'\"\\;|&<>()`$]|\$(?!\())++|\\[^\r\n]"
    r"|(?:(?<![^\s=:,%])|(?<=\s-[A-Za-z]))(?:'([^'\n]*+)'|\"((?:[^\"\\\n]|\\(?s:.))*+)\")"
)
_PLAIN_WORD = lazy_pattern(r"([^\s'\"\\;|&<>()`$]++)(?:[ \t]++|(?=[\r\n])|\Z)")
_QUOTE = lazy_pattern("['\"]")
_ESCAPED = lazy_pattern(r"\\(?s:.)")

# A list of quoted strings, as Python and JSON write it.
_ITEM = lazy_pattern(
    r"(?:'((?:[^'\\\n]|\\.)*+)'|\"((?:[^\"\\\n]|\\.)*+)\")[ \t\r\n]*+(,[ \t\r\n]*+)?"
)


def _anchor() -> str:
    names = "|".join(sorted(map(re.escape, PROGRAMS), key=len, reverse=True))
    return rf"(?<![\w.@\]-])(?:{names})(?i:\.exe)?(?=[ \t'\"]|\\\r?\n)"


#: Matches the name of a program in the table, where a command line may begin in a text.
ANCHOR = lazy_pattern(_anchor)


def secret_spans(text: str) -> list[Range]:
    """Find what is secret in the command lines of a text that begin with a program of the table.

    Returns:
        Sorted ranges of the text, none of which overlap.
    """
    found: list[Range] = []
    anchor = ANCHOR.search(text)
    while anchor is not None:
        spans, end = spans_behind(text, anchor.start(), anchor.end())
        found += spans
        anchor = ANCHOR.search(text, max(end, anchor.end()))
    return found


def spans_behind(text: str, start: int, end: int) -> tuple[list[Range], int]:
    """Find what is secret in the command line that the name of a program begins.

    Args:
        text: The text.
        start: Where the name starts, as `ANCHOR` matches it.
        end: Where it ends.

    Returns:
        Sorted ranges of the text, and where the command line ends; no other name before that
        begins one.
    """
    words, end = _command(text, start, end)
    ranges = _program_values([word for word, _, _ in words])
    if not ranges:
        return [], end
    return [*_in_words(text, words, ([*_at(ranges, i)] for i in range(len(words))))], end


def _at(ranges: dict[int, Range], index: int) -> Iterator[Range]:
    if index in ranges:
        yield ranges[index]


def line_ranges(line: str) -> list[Range]:
    """Find what is secret in a line for a shell, in any of its commands."""
    found: list[Range] = []
    start = 0
    while start < len(line):
        words, end = _shell_words(line, start, len(line))
        ranges = command_ranges([word for word, _, _ in words])
        found += _in_words(line, words, ranges)
        start = max(end, start + 1)
    return found


#: A word as the program gets it, where each character of it stands in the text, and where the
#: word does, with its quotes.
_Word = tuple[str, Sequence[int], Range]


def _in_words(text: str, words: list[_Word], ranges: Iterable[Iterable[Range]]) -> Iterator[Range]:
    """Yield where ranges of words, given for each of them, stand in the text.

    A range that a quote ends within takes all of its word, as the other quote would be left.
    """
    for (_, origins, whole), ranges_of_word in zip(words, ranges, strict=True):
        for start, end in ranges_of_word:
            first, last = origins[start], origins[end - 1] + 1
            has_more = last - first > end - start
            has_quote = has_more and _QUOTE.search(_ESCAPED.sub("", text[first:last]))
            yield whole if has_quote else (first, last)


def _command(text: str, start: int, name_end: int) -> tuple[list[_Word], int]:
    """Return the words of the command line that a program's name begins, and where it ends."""
    quote = text[max(start - 1, 0) : start]
    if text[name_end : name_end + 1] in ("'", '"'):
        return _list_items(text, start, name_end)
    end = text.find(quote, name_end) if quote and quote in "'\"`" else len(text)
    return _shell_words(text, start, end if end >= 0 else len(text))


def _list_items(text: str, start: int, name_end: int) -> tuple[list[_Word], int]:
    """Return the items of a list from the one on that ends in a program's name."""
    words: list[_Word] = [(text[start:name_end], range(start, name_end), (start, name_end))]
    position = begin = name_end + 1
    while position < len(text) and text[position] in ", \t\r\n":
        position += 1
    if position == begin:
        return [], position
    while item := _ITEM.match(text, position):
        group = item.lastindex if item[3] is None else (1 if item[1] is not None else 2)
        words.append((*_unescaped(text, *item.span(group or 1)), item.span(group or 1)))
        position = item.end()
        if item[3] is None:
            break
    return words, position


def _shell_words(text: str, start: int, end: int) -> tuple[list[_Word], int]:
    """Return the words from an offset on to the end of the command, and where that is."""
    words: list[_Word] = []
    parts: list[_Word] = []
    while start < end:
        plain = None if parts else _PLAIN_WORD.match(text, start, end)
        if plain is not None:
            words.append((plain[1], range(*plain.span(1)), plain.span(1)))
            start = plain.end()
            continue
        piece = _PIECE.match(text, start, end)
        if piece is None:
            break
        if piece[1] is not None:
            words += _joined(parts)
            parts = []
        elif piece.lastindex is None and piece[0][0] != "\\":
            parts.append((piece[0], range(*piece.span()), piece.span()))
        else:
            parts.append((*_unescaped(text, *piece.span(piece.lastindex or 0)), piece.span()))
        start = piece.end()
    return [*words, *_joined(parts)], start


def _joined(parts: list[_Word]) -> list[_Word]:
    if len(parts) < 2:
        return parts
    origins = [offset for _, offsets, _ in parts for offset in offsets]
    return [("".join(part[0] for part in parts), origins, (parts[0][2][0], parts[-1][2][1]))]


def _unescaped(text: str, start: int, end: int) -> tuple[str, Sequence[int]]:
    """Return a part of a text without the backslashes that quote what follows them."""
    raw = text[start:end]
    if "\\" not in raw:
        return raw, range(start, end)
    kept: list[int] = []
    done = 0
    for escape in _ESCAPED.finditer(raw):
        kept += range(start + done, start + escape.start())
        kept.append(start + escape.start() + 1)
        done = escape.end()
    kept += range(start + done, end)
    return "".join(text[offset] for offset in kept), kept


class ProgramFinder(Finder):
    """What finds the secrets of a command line in a text by the name of its program."""

    __slots__ = ("prefix",)

    def __init__(self, prefix: str) -> None:
        """Take the name with what follows it: a blank, or a quote in a list."""
        self.prefix = prefix

    def find(self, text: str, at: int, _body: int | None = None) -> tuple[Sequence[Found], int]:
        """Return the secrets behind the name at an offset, and where to go on."""
        anchor = ANCHOR.match(text, at)
        if not anchor:
            return (), at + 1
        spans, end = spans_behind(text, anchor.start(), anchor.end())
        return [(*span, RULE) for span in spans], max(end, anchor.end())


# Those that are met in texts: others are words, too, or rare.
_IN_TEXTS = [
    "curl",
    "sshpass",
    "mysql",
    "mysqldump",
    "mysqladmin",
    "mariadb",
    "docker",
    "podman",
    "redis-cli",
    "ldapsearch",
    "smbclient",
    "openssl",
    "htpasswd",
    "keytool",
]

#: How the name of a program is followed in a command line, and in a list of arguments.
PROGRAM_FINDERS = tuple(ProgramFinder(f"{name}{after}") for name in _IN_TEXTS for after in " '\"")
