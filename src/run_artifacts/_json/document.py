"""One JSON document: a text to its value, within bounds.

Reading and writing (`encode`) share their bounds, so that what is read can be written and what is
written can be read: on every Python, and however deep the caller's own stack is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from run_artifacts._errors import CallerStopped, ask, is_of_system
from run_artifacts._json.foreign import is_a, text_of, type_name
from run_artifacts._process import NoStack, TooDeep, on_fresh_stack

#: Most bytes of a line, its line end not counted, and of a JSON artifact.
MAX_JSON_BYTES = 64 * 1024 * 1024

#: Most levels of arrays and objects in one line. CPython 3.11 stops at about 990.
MAX_NESTING = 900

#: The same for a JSON artifact, which a record holds some levels down.
MAX_ARTIFACT_NESTING = MAX_NESTING - 10

# Characters that a message shows of a longer text, of its start and of its end.
_SHOWN = 1_000

_T = TypeVar("_T")
_U = TypeVar("_U")

_CONTAINERS = frozenset({dict, list})

#: What may stand around a value (RFC 8259, section 2).
JSON_SPACE = " \t\r\n"

# From so many openings on, counting them takes less time than finding each.
_FEW_OPENINGS = 16

# What the decoder raises in place of a `json.JSONDecodeError` while the interpreter shuts down: it
# looks for that class in a module which is gone.
_SHUTDOWN = (ImportError, SystemError)

#: What a caller may parse JSON with: takes a text, raises ``ValueError`` where it is none.
Loads = Callable[[str], Any]

_scan = json.JSONDecoder().raw_decode


def parse_json(text: str, max_nesting: int = MAX_NESTING, loads: Loads | None = None) -> Any:
    """Parse one JSON document; ``NaN`` and ``Infinity`` are accepted.

    Args:
        text: The document.
        max_nesting: How many levels it may have.
        loads: A decoder of the caller's, which then decides what is accepted.

    Raises:
        ValueError: It is no JSON (then a ``json.JSONDecodeError``), it holds an integer of more
            digits than Python converts, or it is nested deeper than the bound.
    """
    if loads is not None:
        return _parse_with(loads, text)
    try:
        value, end = _scan(text)
        plain = end == len(text) or not text[end:].strip(JSON_SPACE)
    except (ValueError, RecursionError, *_SHUTDOWN):
        plain = False
    if not plain:  # it begins with white space, or is no JSON, or is deep: json.loads says which
        value = _parse_with_room(text, max_nesting)
    if len(text) > max_nesting and _may_be_deep(text, max_nesting):
        _require_nesting(value, max_nesting)
    return value


def _parse_with(loads: Loads, text: str) -> Any:
    try:
        return ask(loads, text, "loads")
    except (MemoryError, CallerStopped):
        raise
    except Exception as error:  # it is the caller's, and may raise anything
        if isinstance(error, OSError) and not is_of_system(error):
            raise
        said = f"{type_name(error)}: {text_of(str, error) or ''}"
        located = _located(error)
    raise located or ValueError(shortened(said))


def _located(error: Exception) -> json.JSONDecodeError | None:
    """Return the error of a decoder that says where it failed, as one of the standard library's."""
    if not is_a(error, json.JSONDecodeError):
        return None
    message, document, position = (getattr(error, name, None) for name in ("msg", "doc", "pos"))
    if type(message) is str and type(document) is str and type(position) is int:
        return json.JSONDecodeError(shortened(message), document, position)
    return None


def shortened(text: str) -> str:
    """Cut the middle out of a text that is too long for a message, and say how much."""
    omitted = len(text) - 2 * _SHOWN
    return text if omitted <= 0 else f"{text[:_SHOWN]}[... {omitted:,} ...]{text[-_SHOWN:]}"


def _parse_with_room(text: str, max_nesting: int) -> Any:
    try:
        return with_room(json.loads, text)
    except json.JSONDecodeError:
        raise
    except NoStack as error:
        raise ValueError(str(error)) from None
    except _SHUTDOWN:
        message = "no JSON; while the interpreter shuts down, the decoder can't say where"
        raise ValueError(message) from None
    except TooDeep:
        raise ValueError(too_deep(max_nesting)) from None
    except ValueError:  # in words of our own, as Python's differ from version to version
        raise ValueError(too_many_digits()) from None


def _may_be_deep(text: str, max_nesting: int) -> bool:
    """Say whether a text has more openings than it may have levels; most have very few."""
    openings = 0
    for bracket in "[{":
        offset = text.find(bracket)
        for _ in range(_FEW_OPENINGS):
            if offset < 0:
                break
            offset = text.find(bracket, offset + 1)
        openings += _FEW_OPENINGS if offset < 0 else text.count(bracket)
    return openings > max_nesting


def _require_nesting(value: Any, max_nesting: int) -> None:
    """Raise ``ValueError`` where a parsed value is nested too deep."""
    level = [value]
    for _ in range(max_nesting):
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) in _CONTAINERS
        ]
        if not level:
            return
    raise ValueError(too_deep(max_nesting))


def too_deep(max_nesting: int) -> str:
    """Return what is said of a value of too many levels."""
    return f"nested more than {max_nesting} levels deep"


def too_many_digits() -> str:
    """Return what is said of an integer of too many digits."""
    return f"an integer has more than {sys.get_int_max_str_digits()} digits"


def with_room(function: Callable[[_T], _U], argument: _T) -> _U:
    """Call a function that recurses by nesting; on a fresh stack if this one is too short.

    Before Python 3.12 the levels that JSON may have shrink with the depth of the caller's stack:
    a document must not look damaged because of where it was read.

    Raises:
        NoStack: This one is too short, and another can't be had.
    """
    try:
        return function(argument)
    except RecursionError:
        pass
    return on_fresh_stack(function, argument)
