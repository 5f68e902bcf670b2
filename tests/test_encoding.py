"""Encodings: what a byte order mark says, and where characters and lines end."""

from __future__ import annotations

import random

import pytest

from run_artifacts._encoding import UTF_8, Encoding, detect
from support import BOMS

WIDE = ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"]


def encoding_of(name: str) -> Encoding:
    return detect(BOMS[name] + "text".encode(name.removesuffix("-sig")))


@pytest.mark.parametrize("name", BOMS)
def test_a_byte_order_mark_names_the_encoding(name: str) -> None:
    for text in ("", "text", "\n", "é€😀"):
        encoding = detect(BOMS[name] + text.encode(name.removesuffix("-sig")))
        assert (encoding.name, encoding.bom) == (name, BOMS[name])
        assert encoding.newline == "\n".encode(encoding.codec)


@pytest.mark.parametrize("start", [b"", b"\xef", b"\xef\xbb", b"\xff", b"\xfe", b"\0\0\xfe", b"a"])
def test_less_than_a_mark_says_nothing(start: bytes) -> None:
    assert detect(start) is UTF_8


def test_a_mark_of_utf_32_is_not_taken_for_one_of_utf_16() -> None:
    assert detect(b"\xff\xfe\0\0").name == "utf-32-le"
    assert detect(b"\xff\xfe\0").name == "utf-16-le"
    assert detect(b"\xff\xfe\0a").name == "utf-16-le"


@pytest.mark.parametrize("name", WIDE)
def test_line_ends_are_those_of_the_decoded_text(name: str) -> None:
    encoding = encoding_of(name)
    chance = random.Random(name)
    for size in range(200):
        # Mostly bytes of which line ends consist, so that many of them lie across two units.
        data = bytes(chance.choices(b"\n\0\xd8a", [5, 5, 1, 1], k=size))
        unit = len(encoding.newline)
        whole = range(0, size - unit + 1, unit)
        places = [at for at in whole if data[at : at + unit] == encoding.newline]
        assert encoding.count_newlines(data) == len(places)
        decoded = data.decode(name, "replace")
        assert encoding.count_newlines(data) == decoded.count("\n")
        assert encoding.ends_line(data) == decoded.endswith("\n")
        found, at = [], encoding.find_newline(data, 0)
        while at >= 0:
            found.append(at)
            at = encoding.find_newline(data, at + unit)
        assert found == places
        found, at = [], encoding.rfind_newline(data, size)
        while at >= 0:
            found.append(at)
            at = encoding.rfind_newline(data, at)
        assert found[::-1] == places


@pytest.mark.parametrize("name", BOMS)
def test_what_is_invalid_is_counted_in_bytes(name: str) -> None:
    encoding = encoding_of(name)
    codec = encoding.codec
    assert encoding.decode("é€😀\n".encode(codec)) == ("é€😀\n", 0)
    part = "😀".encode(codec)[:-1]
    text = "a\ufffdb".encode(codec)
    assert encoding.decode(text) == ("a\ufffdb", 0)
    assert encoding.decode(text + part) == ("a\ufffdb\ufffd", len(part))
    if name not in ("utf-8", "utf-8-sig"):
        lone = "\ud800".encode(codec, "surrogatepass")
        assert encoding.decode(lone + text) == ("\ufffda\ufffdb", len(lone))


def test_a_cut_at_the_end_goes_through_nothing() -> None:
    for data in (b"", b"a", b"a\0b"):
        assert encoding_of("utf-16-le").character_around(data, len(data)) == (len(data),) * 2
