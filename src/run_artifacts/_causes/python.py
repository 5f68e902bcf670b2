"""Tracebacks of Python: the last chain of exceptions, what each says and where it was raised.

Lines come in, of an output that may hold several tracebacks, be cut at its start and go on behind.
What is kept of a frame is its module and function, of the innermost one that is no library's, else
of one that is not the standard library's.
"""

from __future__ import annotations

from itertools import pairwise

from run_artifacts._causes.masks import mask_name
from run_artifacts._patterns import lazy_pattern

HEADER = "Traceback (most recent call last)"
_LINKS = (
    "The above exception was the direct cause of the following exception:",
    "During handling of the above exception, another exception occurred:",
)
_IGNORED = "Exception ignored"

_FRAME = lazy_pattern(r'( *)File "([^"\n]+)", line [0-9]+(?:, in (.+)|\Z)')
_LAST_LINE = lazy_pattern(r"(?:[\w<>]+\.)*[A-Za-z_]\w*(?::.*)?\Z")
_BORDER = lazy_pattern(r" *(?:\| |\|\Z|\+-\+-|\+-)")
_MEMBER = lazy_pattern(r"(?:-\+)?-{5,} [0-9.]+ -{5,}")
_PACKAGE = lazy_pattern(r"[/\\](?:site|dist)-packages[/\\]")
# Which of these a call goes through differs with the version of Python.
_STANDARD = lazy_pattern(r"[/\\][Ll]ib(?:64)?[/\\]python[0-9]|[/\\]Lib[/\\]|^<frozen ")
# The interpreter's guess differs from version to version; so does where a module was found.
_GUESS = lazy_pattern(r"[.;]? (?:Did you (?:mean|forget)|Perhaps you forgot)\b.*")
_FOUND_IN = lazy_pattern(r" \(/[^()]*\)\Z")
_COUNT = lazy_pattern(r"\b[0-9]+ (?:[a-z]+ )?[a-z]{3,}(?:s\b|\(s\)| for )")
# Since Python 3.12 a comprehension has no frame of its own.
_NO_FUNCTIONS = frozenset({"<listcomp>", "<dictcomp>", "<setcomp>"})

# Behind this pydantic shows the input, which differs.
_ABOUT_INPUT = " [type="

_LINES_OF_MESSAGE = 5
_MOST_MEMBERS = 200

#: Most exceptions of a chain that identify it.
LONGEST_CHAIN = 8


class Raised:
    """An exception as a traceback shows it: what it says, and the frame that tells most.

    `is_member` says that it is one of a group.
    """

    __slots__ = ("frame", "is_member", "said")

    def __init__(self, said: str, frame: str = "", *, is_member: bool = False) -> None:
        self.said = said
        self.frame = frame
        self.is_member = is_member


def read_traceback(lines: list[str]) -> list[str] | None:
    """Return the parts of the last traceback that ends in what was raised."""
    chain = last_chain(lines)
    return parts_of(chain) if chain else None


def parts_of(chain: list[Raised]) -> list[str]:
    """Return what identifies a chain of exceptions: the last first, then what it came from.

    Of a group its members count, each kind once, in no order: how many there were, and which was
    first, is chance; and where the start of an output is cut off, only they are left.
    """
    members = sorted({(raised.said, raised.frame) for raised in chain if raised.is_member})
    found = members[:_MOST_MEMBERS] or [
        (raised.said, raised.frame) for raised in chain[: -LONGEST_CHAIN - 1 : -1]
    ]
    return [part for said, frame in found for part in (said, frame) if part]


def last_chain(lines: list[str]) -> list[Raised]:
    """Return the exceptions of the last traceback, in the order in which they are shown."""
    return _Reader(lines).read()


class _Reader:
    """One pass over the lines, which knows of which exception it has seen frames."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.has_groups = any("+-" in line for line in lines)
        self.chain: list[Raised] = []
        self.finished: list[Raised] = []
        self.indent = -1  # of the frames that are being read; -1 between tracebacks
        self.frames: list[tuple[str, str | None]] = []  # path and function
        self.is_linked = self.is_member = self.is_ignored = False
        self.member = 0  # where in the chain the member begins that is being read

    def read(self) -> list[Raised]:
        said = ""  # the last line, where it belongs to no traceback
        for index, line in enumerate(self.lines):
            if not line:
                continue
            if self.has_groups and line.lstrip(" ")[:1] in "|+":
                line = self.without_border(line)
            elif self.is_member:
                self.is_member = False
            if 'File "' in line and (frame := _FRAME.match(line)):
                self.add_frame(len(frame[1]), frame[2], frame[3])
            elif self.indent >= 0:
                self.end_frames(index, line)
            elif line.startswith(_LINKS):
                if said and _LAST_LINE.match(said):  # its cause was never raised: it has no frames
                    self.begin()
                    self.raise_(index, said)
                self.is_linked = True
            elif HEADER in line:
                self.begin()
            elif line.startswith(_IGNORED):
                self.begin()
                self.is_ignored = self.is_linked = True
            elif self.is_member and self.is_linked and _LAST_LINE.match(line):
                self.raise_(index, line)  # one that was never raised has no frames
            else:
                said = line
                continue
            said = ""
        return self.chain or self.finished

    def without_border(self, line: str) -> str:
        """Return a line of a group without its border, and see where a member begins."""
        border = _BORDER.match(line)
        if border is None:
            return line
        rest = line[border.end() :]
        if _MEMBER.match(rest):
            self.is_member = self.is_linked = True
            self.member = len(self.chain)
            self.frames = []
        return rest

    def begin(self) -> None:
        """Begin a traceback: a new chain, unless it is linked to the one before."""
        if not self.is_linked:
            if self.chain:
                self.finished = self.chain
            self.chain, self.is_ignored = [], False
        self.is_linked = True
        self.frames = []

    def add_frame(self, indent: int, path: str, function: str | None) -> None:
        if self.indent < 0 and self.chain and not (self.is_linked or self.is_member):
            self.begin()  # a header that was cut off, or that a program doesn't print
        self.indent = indent
        self.frames.append((path, function))

    def end_frames(self, index: int, line: str) -> None:
        """See whether a line ends the frames: it stands where the traceback's first line does."""
        depth = len(line) - len(line.lstrip(" "))
        if depth >= self.indent:
            return
        self.indent = -1
        if HEADER in line:  # the message of the one before was cut off
            self.begin()
        elif not self.is_ignored and _LAST_LINE.match(line.strip()):
            self.raise_(index, line.strip())
        self.is_linked = False

    def raise_(self, index: int, line: str) -> None:
        """Add an exception to the chain; of what a member of a group came from, it is the last."""
        if self.is_member:
            del self.chain[self.member :]
        following = self.lines[index + 1 : index + _LINES_OF_MESSAGE]
        if self.is_member:
            following = [_BORDER.sub("", text, count=1) for text in following]
        said = say(line, following)
        self.chain.append(Raised(said, _telling(self.frames), is_member=self.is_member))
        self.is_linked = False


def _telling(frames: list[tuple[str, str | None]]) -> str:
    """Return the innermost frame that is no library's, else that of a package that is installed."""
    package = ""
    for path, function in reversed(frames):
        if function in _NO_FUNCTIONS:
            continue
        if _PACKAGE.search(path):
            package = package or frame_of(path, function or "")
        elif not _STANDARD.search(path):
            return frame_of(path, function or "")
    return package


def frame_of(path: str, function: str) -> str:
    """Return a frame as ``in module.function``; of a path its last part is the module."""
    parts = path.replace("\\", "/").split("/")
    stem = parts[-1].partition(".")[0] or parts[-1]
    if stem in ("__init__", "__main__") and len(parts) > 1:
        stem = parts[-2]
    return f"in {mask_name(stem)}.{function}" if function else f"in {mask_name(stem)}"


def say(line: str, following: list[str]) -> str:
    """Return what an exception says: its bare type and the first line of its message.

    Where that announces what follows, the next line belongs to it; where it does that or counts
    it, so do the lines that are indented or listed, and a word above one.
    """
    name, colon, message = line.partition(":")
    if " you " in message:
        message = _GUESS.sub("", message)
    if message.endswith(")"):
        message = _FOUND_IN.sub("", message)
    line = f"{name.rpartition('.')[2]}{colon}{message}"
    is_next = line.endswith(":")
    if not (is_next or _COUNT.search(line)):
        return line
    more: list[str] = []
    for text, after in pairwise([*following, ""]):
        is_heading = " " not in text and _is_item(after)
        if not text or HEADER in text or not (is_next or _is_item(text) or is_heading):
            break
        more.append(text.strip().partition(_ABOUT_INPUT)[0])
        is_next = False
    return " ".join([line, *more])


def _is_item(line: str) -> bool:
    return line.startswith((" ", "- ", "* ", "\u2022 "))


_CRASH = lazy_pattern(r"Fatal Python error: (.*)")
_CRASH_FRAME = lazy_pattern(r'  File "([^"]+)", line [0-9]+ in (.+)')


def read_crash(lines: list[str]) -> list[str] | None:
    """Read what the interpreter prints when it dies: why, and the innermost frame of its own."""
    start = next((index for index, line in enumerate(lines) if _CRASH.match(line)), None)
    if start is None:
        return None
    frames = [found.groups() for line in lines[start:] if (found := _CRASH_FRAME.match(line))]
    own = next(((path, name) for path, name in frames if not _STANDARD.search(path)), None)
    return [lines[start], *([frame_of(*own)] if own else [])]
