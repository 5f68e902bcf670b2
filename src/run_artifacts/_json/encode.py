"""A record to one line of I-JSON (RFC 7493), within the bounds of what a reader takes."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from run_artifacts._json.document import (
    MAX_JSON_BYTES,
    MAX_NESTING,
    shortened,
    too_deep,
    too_many_digits,
    with_room,
)
from run_artifacts._json.rebuild import UNLISTED_RULE, Foreign, rebuild
from run_artifacts._json.remarks import (
    REMARKS_KEY,
    Replacement,
    are_true,
    replace_surrogates,
    with_remarks,
)

# More levels than any value may have.
_ENDLESS = 1_000_000

_encode = json.JSONEncoder(ensure_ascii=False, allow_nan=False, check_circular=False).encode


class LineTooLong(TypeError):
    """A record whose line is longer than a reader takes."""


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
    if REMARKS_KEY in record and not are_true(record[REMARKS_KEY], record, replace_surrogates):
        return _encode_altered(record)
    try:
        return _as_line(with_room(_encode, record).encode())
    except ValueError:  # a number that isn't finite or is too long, or a lone surrogate
        return _encode_altered(record)


def _encode_altered(record: Mapping[Any, Any], plain: _Plain | None = None) -> bytes:
    """Encode a record with what JSON can't hold altered, but for what is known to be plain."""
    value, remarks = rebuild(
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
        value = with_remarks(value, remarks, record, replace_surrogates)
        return _as_line(with_room(_encode, value).encode())
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


def _refuse(value: object, locate: Callable[[], str], why: Foreign) -> Replacement:
    """Refuse what has no JSON form, for the walk that a writer makes."""
    kind = type(value).__name__
    reasons: dict[Foreign, str] = {
        "type": f"{kind} has no JSON form; make it text, a number, a list or a dict",
        "key": f"a key must be str, not {kind}",
        "digits": f"{too_many_digits()}; make it text",
        "cycle": "a value contains itself; leave it out",
        "depth": f"a value is {too_deep(MAX_NESTING)}; make it text",
    }
    raise TypeError(f"{reasons[why]} (at JSON Pointer {shortened(locate())!r})")


def as_text(value: object) -> str:
    """Return a JSON value as text: a string as it is, anything else as compact JSON."""
    return value if isinstance(value, str) else compact(value)


def compact(value: object) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
