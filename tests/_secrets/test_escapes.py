r"""Escapes are resolved, each to the character that it stands for, and nothing else is."""

from __future__ import annotations

import html
import json
import random
from collections.abc import Callable
from urllib.parse import quote

import pytest

from run_artifacts._secrets.escapes import unescaped, unescaped_but_short
from run_artifacts._secrets.readings import Reading

RESOLVED = {
    "short": (r"\"\\\/\b\f\n\r\t\'", "\"\\/\b\f\n\r\t'"),
    "code": (r"\u0041\u00e9\u5B57", "Aé字"),
    "pair of surrogates": (r"\ud83d\uDE00", "😀"),
    "lone surrogates": (r"\ud83d\ud83d \ude00", "\ud83d\ud83d \ude00"),
    "long code": (r"\U0001F600\U0010ffff", "😀\U0010ffff"),
    "byte": (r"\x41\xe9\xC3\xa9", "Aéé"),
    "bytes of one": (r"\xf0\x9f\x98\x80", "😀"),
    "percent": ("%41%20%c3%A9%F0%9F%98%80", "A é😀"),
    "percent, Latin-1": ("%E9%E9", "éé"),
    "percent, too long": ("%C0%80", "À\x80"),
    "percent, a surrogate": ("%ED%A0%80", "\ud800"),
    "named": ("&amp;&lt;&gt;&quot;&apos;", "&<>\"'"),
    "decimal": ("&#65;&#0065;&#128512;", "AA😀"),
    "hex": ("&#x41;&#X00e9;&#x1F600;", "Aé😀"),
    "once": (r"\\u0041 %2541 &amp;lt;", r"\u0041 %41 &lt;"),
}

KEPT = [
    r"\a \q \U00110000 \u12 \u12g4 \x4 \xg1", "100% %4 %4g %", "&amp &foo; &#; &#x; &# & &#xg;",
    "&#123456789;", "plain", "",
]  # fmt: skip


@pytest.mark.parametrize(("escaped", "read"), RESOLVED.values(), ids=RESOLVED)
def test_an_escape_is_resolved_once(escaped: str, read: str) -> None:
    assert unescaped(Reading(escaped)).text == read
    assert unescaped(Reading(f"<{escaped}>")).text == f"<{read}>"


@pytest.mark.parametrize("text", KEPT)
def test_what_is_no_escape_stays(text: str) -> None:
    reading = Reading(text)
    assert unescaped(reading) is reading


def test_a_number_of_no_character_stays() -> None:
    for text in ("&#1114112;", "&#x110000;", "&#99999999;"):
        assert unescaped(Reading(text)).text == text


@pytest.mark.parametrize(
    ("encode", "alphabet"),
    [
        (lambda text: json.dumps(text)[1:-1], "ab\"'\\/<>#é字😀\n\t\x7f"),
        (lambda text: quote(text, safe=""), "ab\"'\\/<>&%#é字😀\n\t\x7f"),
        (html.escape, "ab\"'/<>&;#é字😀\n\t\x7f"),
        (lambda text: repr(text)[1:-1], "ab\"'\\/<>#é字😀\n\t\x7f\xa0"),
        (lambda text: ascii(text)[1:-1], "ab\"'\\/<>#é字😀\n\t\x7f\xa0"),
        (lambda text: repr(text.encode())[2:-1], "ab\"'\\/<>#é字😀\n\t\x7f"),
    ],
    ids=["JSON", "URL", "HTML", "repr", "ascii", "bytes"],
)
def test_what_encoders_write_reads_as_what_they_were_given(
    encode: Callable[[str], str], alphabet: str
) -> None:
    """The alphabets are without what begins another kind of escape, and stays as it is in this."""
    chance = random.Random(2)
    for _ in range(500):
        text = "".join(chance.choices(alphabet, k=12))
        assert unescaped(Reading(encode(text))).text == text


def test_a_backslash_may_be_a_character() -> None:
    assert unescaped_but_short(Reading(r"a\new%20\u0041&lt;\x41")).text == r"a\new A<\x41"
    for text in ("%41", r"\n\t"):  # either resolved alike, or not at all
        reading = Reading(text)
        assert unescaped_but_short(reading) is reading


def test_each_character_is_where_its_escape_is() -> None:
    escaped = r"a\u0041%F0%9F%98%80&amp;\n"
    reading = unescaped(Reading(escaped))
    assert reading.text == "aA😀&\n"
    pieces = [escaped[slice(*reading.span(at, at + 1))] for at in range(5)]
    assert pieces == ["a", r"\u0041", "%F0%9F%98%80", "&amp;", r"\n"]
