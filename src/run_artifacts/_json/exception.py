"""An exception as nested values: itself, what caused it, and what it groups.

An exception comes in; a dict goes out, of texts, lists and dicts alone. What refers back to an
exception that it lies below is that one's own dict, so that whoever walks the value meets the
cycle. Nothing here raises, whatever the exception's own methods do.
"""

from __future__ import annotations

import ast  # noqa: F401 - see below
import tokenize  # noqa: F401
import traceback
import unicodedata  # noqa: F401
from collections.abc import Callable, Container, Iterator
from typing import Any

from run_artifacts._json.foreign import is_a, text_of, type_name, unshowable

#: Most exceptions in the account of one, and most of them below each other.
MAX_EXCEPTIONS = 250
MAX_EXCEPTION_DEPTH = 60

_OMITTED_KEY = "exceptions_omitted"

# What `traceback` and `linecache` import when they first need it: to read a line, to mark a part
# of it, and that of one that is not ASCII. Then it may be too late to find anything. The first two
# are there already, for what else the package imports. From Python 3.15 on they format nothing
# without the module of colours, which goes by no public name.
traceback.format_list([("", 0, "", "")])


class Unshowable:
    """What stands for a text that an object would not give: an object whose `repr` says so."""

    def __init__(self, value: object) -> None:
        self._text = unshowable(value)

    def __repr__(self) -> str:
        return self._text


def describe(exception: BaseException) -> dict[str, Any]:
    """Return an exception's type, message, notes, traceback, cause, context and members.

    What there isn't is left out. A context is left out as in a traceback: where there is a cause,
    or where ``from None`` suppresses it. What is left out because it is too much is counted under
    ``exceptions_omitted``: the members of a group, or the further links of a chain.
    """
    return _Account().describe(exception)


class _Account:
    """The account of one exception: how many more it takes, and those that it is within."""

    def __init__(self) -> None:
        self.left = MAX_EXCEPTIONS
        self.entered: dict[int, dict[str, Any]] = {}

    def describe(self, exception: BaseException) -> dict[str, Any]:
        self.left -= 1
        said: dict[str, Any] = {"type": type_name(exception), "message": _said(str, exception)}
        self.entered[id(exception)] = said
        notes = _notes(exception)
        if notes:
            said["notes"] = notes
        if _slot(exception, "__traceback__") is not None:
            said["traceback"] = _traceback(exception, [said["message"], *notes])
        name, link = _link(exception)
        if link is not None:
            self.add_link(said, name, link)
        if is_a(exception, BaseExceptionGroup):
            self.add_members(said, _slot(exception, "exceptions"))
        del self.entered[id(exception)]
        return said

    def add_link(self, said: dict[str, Any], name: str, link: BaseException) -> None:
        if self.has_room_for(link):
            said[name] = self.below(link)
        else:
            said[_OMITTED_KEY] = _count_links(link, self.entered)

    def add_members(self, said: dict[str, Any], members: tuple[BaseException, ...]) -> None:
        shown: list[Any] = []
        for member in members:
            if not self.has_room_for(member):
                break
            shown.append(self.below(member))
        said["exceptions"] = shown
        if omitted := len(members) - len(shown):
            said[_OMITTED_KEY] = said.pop(_OMITTED_KEY, 0) + omitted

    def has_room_for(self, exception: BaseException) -> bool:
        if id(exception) in self.entered:
            return True
        return self.left > 0 and len(self.entered) < MAX_EXCEPTION_DEPTH

    def below(self, exception: BaseException) -> dict[str, Any]:
        return self.entered.get(id(exception)) or self.describe(exception)


def _slot(exception: BaseException, name: str) -> Any:
    """Return an attribute as the interpreter set it, whatever a class makes of its name."""
    return getattr(BaseExceptionGroup, name).__get__(exception)


def _link(exception: BaseException) -> tuple[str, BaseException | None]:
    """Return what an exception came from, and how, as a traceback shows it."""
    cause = _slot(exception, "__cause__")
    if cause is not None:
        return "cause", cause
    suppressed = _slot(exception, "__suppress_context__")
    return "context", None if suppressed else _slot(exception, "__context__")


def _count_links(link: BaseException | None, shown: Container[int]) -> int:
    """Count the links of a chain from one on, up to one that is shown or counted already."""
    counted: set[int] = set()
    while link is not None and id(link) not in counted and id(link) not in shown:
        counted.add(id(link))
        link = _link(link)[1]
    return len(counted)


def _notes(exception: BaseException) -> list[str | Unshowable]:
    try:
        notes = getattr(exception, "__notes__", [])
    except Exception:  # the exception's own code may do anything
        return [Unshowable(exception)]
    items = list.__iter__(notes) if is_a(notes, list) else [notes]
    return [_said(str, note) for note in items]


def _traceback(exception: BaseException, said: list[str | Unshowable]) -> str:
    """Return the frames of an exception and what it says, as Python prints the two."""
    frames = text_of(_frames, exception)
    if frames is None:
        frames = text_of(_bare_frames, exception)
    message, *notes = map(str, said)
    name = text_of(_qualified_name, type(exception)) or type_name(exception)
    last = f"{name}: {message}" if message else name
    if is_a(exception, SyntaxError):
        last = text_of(lambda error: _syntax_error(error, name), exception) or last
    lines = "\n".join([last, *notes])
    return f"Traceback (most recent call last):\n{frames or ''}{lines}".rstrip("\n")


def _frames(exception: BaseException) -> str:
    return "".join(traceback.format_tb(_slot(exception, "__traceback__")))


def _bare_frames(exception: BaseException) -> str:
    """Return the frames without the lines of their sources, from what is in memory alone.

    Nothing else can be told of them while the interpreter ends: `linecache` and `traceback` can't
    find their own modules any more.
    """
    return "".join(
        f'  File "{frame.f_code.co_filename}", line {line}, in {frame.f_code.co_name}\n'
        for frame, line in traceback.walk_tb(_slot(exception, "__traceback__"))
    )


def _syntax_error(error: SyntaxError, name: str) -> str:
    """Return where a syntax error is, its line with what is wrong in it marked, and its message.

    `traceback` would do the same, and from Python 3.14 on more: it reads and compiles the file
    again, with modules that it then imports, to find a keyword that is misspelt.
    """
    shown: list[str] = []
    message = error.msg or "<no detail available>"
    if error.lineno is not None:
        shown.append(f'  File "{error.filename or "<string>"}", line {error.lineno}')
    elif error.filename is not None:
        message = f"{message} ({error.filename})"
    if error.text is not None:
        shown += _marked_line(error, error.text.rstrip("\n"))
    return "\n".join([*shown, f"{name}: {message}"])


def _marked_line(error: SyntaxError, line: str) -> Iterator[str]:
    """Yield a line without its indent, and the carets below it; offsets are counted from 1."""
    stripped = line.lstrip(" \n\f")
    yield f"    {stripped}"
    start, behind = error.offset, len(line) + 1
    if start is None:
        return
    end = (error.end_offset or start) if error.end_lineno == error.lineno else behind
    start = min(start, behind)
    column = start - 1 - (len(line) - len(stripped))
    if column >= 0:
        before = "".join(mark if mark.isspace() else " " for mark in stripped[:column])
        yield f"    {before}{'^' * max(min(end, behind) - start, 1)}"


def _qualified_name(kind: type) -> str:
    if kind.__module__ in ("builtins", "__main__"):
        return kind.__qualname__
    return f"{kind.__module__}.{kind.__qualname__}"


def _said(function: Callable[[Any], str], value: object) -> str | Unshowable:
    said = text_of(function, value)
    return Unshowable(value) if said is None else said
