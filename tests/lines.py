"""Lines of a history, what becomes of each, and a way to go through those of a file."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from run_artifacts._files import opening
from run_artifacts._history.backwards import iter_last
from run_artifacts._history.lines import LineRules, iter_lines
from run_artifacts._history.reader import FILTERED

GOOD = b'{"n": 1}\n'

# A line between two good ones, and what becomes of it.
LINES: dict[str, tuple[bytes, str | None]] = {
    "an object": (b'{"a": [1, {"b": null}]}', None),
    "an object and CR": (b'{"a": 1}\r', None),
    "white space around": (b' \t{"a": 1} ', None),
    "NaN and infinities": (b'{"a": [NaN, Infinity, -Infinity]}', None),
    "duplicate keys": (b'{"a": 1, "a": 2}', None),
    "line separators inside": ('{"a": "\u2028\u2029\x85\x0b"}'.replace("\x0b", "").encode(), None),
    "a lone surrogate, escaped": (b'{"a": "\\ud800"}', None),
    "nested 500 deep": (b'{"a":' + b"[" * 500 + b"]" * 500 + b"}", None),
    "an array": (b"[1]", "not_an_object"),
    "a string": (b'"text"', "not_an_object"),
    "a number": (b"12", "not_an_object"),
    "null": (b"null", "not_an_object"),
    "true": (b"true", "not_an_object"),
    "no JSON": (b"Traceback (most recent call last):", "invalid_json"),
    "single quotes": (b"{'a': 1}", "invalid_json"),
    "a trailing comma": (b'{"a": 1,}', "invalid_json"),
    "fused": (b'{"a": 1}{"b": 2}', "invalid_json"),
    "fused with a torn one": (b'{"a": 1}{"b": ', "invalid_json"),
    "a hole of NULs": (b'{"a": "x' + bytes(20), "invalid_json"),
    "only NULs": (bytes(20), "invalid_json"),
    "a form feed": (b"\x0c", "invalid_json"),
    "a BOM in the middle": (b'\xef\xbb\xbf{"a": 1}', "invalid_json"),
    "5,000 digits": (b'{"a": ' + b"1" * 5_000 + b"}", "invalid_json"),
    "nested 901 deep": (b'{"a":' + b"[" * 900 + b"]" * 900 + b"}", "invalid_json"),
    "nested 100,000 deep": (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "invalid_json"),
    "100,000 open": (b'{"a":' + b"[" * 100_000, "invalid_json"),
    "UTF-16": ('{"a": 1}'.encode("utf-16-le"), "invalid_json"),
    "Latin-1": ('{"a": "é"}'.encode("latin-1"), "invalid_utf8"),
    "an encoded surrogate": (b'{"a": "\xed\xa0\x80"}', "invalid_utf8"),
    "a bad escape, and one at the end": (b'{"a": "\\uZZZZ", "b": 1} \\u', "invalid_json"),
    "a bad escape before one at the end": (b'{"a": "\\uZ\\u', "invalid_json"),
    "a no-break space behind": ('{"a": 1}\u00a0'.encode(), "invalid_json"),
    "a separator behind": (b'{"a": 1}\x1c', "invalid_json"),
    "a path of another system": (b'{"p": "C:\\users\\u', "invalid_json"),
    "torn in a string": (b'{"a": "te', "torn_line"),
    "torn in a character": (b'{"a": "te\xe2\x82', "torn_line"),
    "torn in a word": (b'{"a": tru', "torn_line"),
    "torn in a number": (b'{"a": 12.', "torn_line"),
    "torn in an escape": (b'{"a": "\\u12', "torn_line"),
    "torn after a brace": (b"{", "torn_line"),
    "a torn array": (b"[1, 2", "invalid_json"),
    "two points": (b'{"a": 1.5.', "invalid_json"),
    "a torn number after an error": (b'{"a": 1 x 2.', "invalid_json"),
    "two exponents": (b'{"a": 1e5e', "invalid_json"),
    "a torn word too many": (b'{"a": 1} t', "invalid_json"),
    "a byte after a whole object": (b'{"a": 1}\xc3', "invalid_utf8"),
    "empty": (b"", "blank"),
    "blank": (b" \t\r", "blank"),
}


def iter_file(
    path: str, max_line_bytes: int, last: int | None = None, wanted: Any = lambda _: True
) -> Iterator[Any]:
    """The lines of a file, or those from the first of its last wanted records on."""
    rules = LineRules(
        path, max_line_bytes, None, lambda found: found if wanted(found) else FILTERED
    )
    with opening.open_stream(path) as file:
        yield from iter_lines(file, rules) if last is None else iter_last(file, rules, last)
