"""One JSON document: text to value, and record to line.

Reading and writing share their bounds, so that what is read can be written and what is written
can be read: on every Python, and however deep the caller's own stack is.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from run_artifacts._foreign import is_a, text_of, type_name
from run_artifacts._remarks import (
    REMARKS_KEY,
    Replacement,
    is_remarks,
    replace_surrogates,
    with_remarks,
)
from run_artifacts._walk import UNLISTED_RULE, Foreign, rebuild

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

# More levels than any value may have.
_ENDLESS = 1_000_000

#: What may stand around a value (RFC 8259, section 2).
JSON_SPACE = " \t\r\n"

# From so many openings on, counting them takes less time than finding each.
_FEW_OPENINGS = 16

#: What a caller may parse JSON with: takes a text, raises ``ValueError`` where it is none.
Loads = Callable[[str], Any]

_scan = json.JSONDecoder().raw_decode
_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False).encode


class LineTooLong(TypeError):
    """A record whose line is longer than a reader takes."""


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
    except (ValueError, RecursionError):
        plain = False
    if not plain:  # it begins with white space, or is no JSON, or is deep: json.loads says which
        value = _parse_with_room(text, max_nesting)
    if len(text) > max_nesting and _may_be_deep(text, max_nesting):
        _require_nesting(value, max_nesting)
    return value


def _parse_with(loads: Loads, text: str) -> Any:
    try:
        return loads(text)
    except MemoryError:
        raise
    except Exception as error:  # it is the caller's, and may raise anything
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
    except RecursionError:
        raise ValueError(_too_deep(max_nesting)) from None
    except ValueError:  # in words of our own, as Python's differ from version to version
        raise ValueError(_too_many_digits()) from None


def _may_be_deep(text: str, max_nesting: int) -> bool:
    """Say whether a text has more openings than it may have levels; most have very few."""
    openings = 0
    for bracket in "[{":
        place = text.find(bracket)
        for _ in range(_FEW_OPENINGS):
            if place < 0:
                break
            place = text.find(bracket, place + 1)
        openings += _FEW_OPENINGS if place < 0 else text.count(bracket)
    return openings > max_nesting


def encode_line(record: object) -> bytes:
    """Write a record as one line of I-JSON (RFC 7493), its line end included.

    Numbers stay as they are, of whatever size, and so do Unicode noncharacters.
    What has to be altered is listed in the record's ``_remarks``; the record itself is not
    touched.

    Raises:
        TypeError: The record is no mapping, holds a value or key that JSON has no form for, or
            its line is longer than a reader takes. The message names the JSON Pointer.
    """
    if not isinstance(record, Mapping):
        raise TypeError(f"a record must be a mapping, not {type(record).__name__}")
    plain = _Plain()
    if type(record) is dict and plain.fits(record, MAX_NESTING):
        return encode_parsed(record)
    if plain.values_left < 0:  # each occurrence counts, of what is shared too
        raise LineTooLong(
            f"it holds more values than {MAX_JSON_BYTES:,} bytes have room for: shorten it"
        )
    return _encode_altered(record, plain)


def encode_parsed(record: dict[str, Any]) -> bytes:
    """Do the same for a record that is known to be made of JSON's own types, not too deep."""
    if REMARKS_KEY in record and not is_remarks(record[REMARKS_KEY]):
        return _encode_altered(record)
    try:
        return _as_line(with_room(_encode, record).encode())
    except ValueError:  # a number that isn't finite or is too long, or a lone surrogate
        return _encode_altered(record)


def _encode_altered(record: Mapping[Any, Any], plain: _Plain | None = None) -> bytes:
    """Encode a record with what JSON can't hold altered, but for what is known to be plain."""
    value, remarks, _ = rebuild(
        record,
        _refuse,
        MAX_NESTING,
        replace_surrogates,
        fits=plain.fits if plain else None,
        max_remark_characters=MAX_JSON_BYTES,
    )
    if remarks and remarks[-1]["rule"] == UNLISTED_RULE:
        message = f"with its remarks, its line has more than {MAX_JSON_BYTES:,} bytes: shorten it"
        raise LineTooLong(message)
    try:
        return _as_line(with_room(_encode, with_remarks(value, remarks)).encode())
    except ValueError:  # what is plain by its types holds such a number or text all the same
        if plain is None:
            raise
    return _encode_altered(record)


def _as_line(data: bytes) -> bytes:
    if len(data) > MAX_JSON_BYTES:
        raise LineTooLong(
            f"its line has {len(data):,} bytes; at most {MAX_JSON_BYTES:,} are read: shorten it"
        )
    return data + b"\n"


class _Plain:
    """Which containers are made of JSON's own types alone, at no more cost than a line allows.

    Attributes:
        values_left: How many values may still be looked at; as many as a line has room for.
    """

    def __init__(self) -> None:
        self.values_left = MAX_JSON_BYTES // len("1,")

    def fits(self, container: Any, levels: int) -> bool:
        """Say whether a dict or list is known to be plain, and to have at most so many levels."""
        try:
            return self._measure(container) <= levels
        except RecursionError:  # then the walk, which keeps a stack of its own, looks into it
            return False

    def _measure(self, container: Any) -> int:
        """Return the levels of a plain container, and more than any may have of another."""
        self.values_left -= len(container)
        if self.values_left < 0:
            return _ENDLESS
        deepest = 0
        children = container
        if type(container) is dict:
            for key in container:
                if type(key) is not str:
                    return _ENDLESS
            children = container.values()
        for child in children:
            kind = type(child)  # the kinds in the order of how often they occur
            if kind is str or kind is int or kind is float:
                continue
            if kind is dict or kind is list:
                levels = self._measure(child)
                if levels > deepest:
                    deepest = levels
                    if levels >= _ENDLESS:
                        return _ENDLESS
            elif kind is not bool and child is not None:
                return _ENDLESS
        return deepest + 1


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
    raise ValueError(_too_deep(max_nesting))


def _too_deep(max_nesting: int) -> str:
    return f"nested more than {max_nesting} levels deep"


def _too_many_digits() -> str:
    return f"an integer has more than {sys.get_int_max_str_digits()} digits"


def _refuse(value: object, locate: Callable[[], str], why: Foreign) -> Replacement:
    """Refuse what has no JSON form, for the walk that a writer makes."""
    kind = type(value).__name__
    reasons: dict[Foreign, str] = {
        "type": f"{kind} has no JSON form; make it text, a number, a list or a dict",
        "key": f"a key must be str, not {kind}",
        "digits": f"{_too_many_digits()}; make it text",
        "cycle": "a value contains itself; leave it out",
        "depth": f"a value is {_too_deep(MAX_NESTING)}; make it text",
    }
    raise TypeError(f"{reasons[why]} (at JSON Pointer {shortened(locate())!r})")


def with_room(function: Callable[[_T], _U], argument: _T) -> _U:
    """Call a function that recurses by nesting; on a fresh stack if this one is too short.

    Before Python 3.12 the levels that JSON may have shrink with the depth of the caller's stack:
    a document must not look damaged because of where it was read.
    """
    try:
        return function(argument)
    except RecursionError:
        from concurrent.futures import ThreadPoolExecutor  # too costly to import for every caller
    with ThreadPoolExecutor(max_workers=1) as fresh_stack:
        return fresh_stack.submit(function, argument).result()
