"""Invisible characters: each is shown, and what scripts and emoji are written with stays."""

from __future__ import annotations

import random
import sys
import unicodedata
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from run_artifacts import render_failure_text
from run_artifacts._invisible import behind_selector, escape
from support import as_escape

ZWNJ, ZWJ = "\u200c", "\u200d"

SELECTORS = {
    *map(chr, [*range(0x180B, 0x180E), 0x180F]),
    *map(chr, range(0xFE00, 0xFE10)),
    *map(chr, range(0xE0100, 0xE01F0)),
}


def points(*ranges: tuple[int, int]) -> set[str]:
    return {chr(code) for first, last in ranges for code in range(first, last + 1)}


# Prepended_Concatenation_Mark: format characters that draw a sign around what follows.
SIGNS = points((0x600, 0x605), (0x6DD, 0x6DD), (0x70F, 0x70F), (0x890, 0x891), (0x8E2, 0x8E2))
SIGNS |= {"\U000110bd", "\U000110cd"}

ANNOTATIONS = points((0xFFF9, 0xFFFB))

HIEROGLYPHIC_CONTROLS = points((0x13430, 0x1343F))

# Other_Default_Ignorable_Code_Point: the rest of the property, much of it unassigned.
OTHERS = points(
    *[(0x34F, 0x34F), (0x115F, 0x1160), (0x17B4, 0x17B5), (0x2065, 0x2065), (0x3164, 0x3164)],
    *[(0xFFA0, 0xFFA0), (0xFFF0, 0xFFF8), (0xE0000, 0xE0FFF)],
)

BLANKS = {"\u2800", "\U00013441", "\U00013442", "\U00016fe4", "\U0001d159"}

CHARACTERS = [chr(code) for code in range(sys.maxunicode + 1) if code != ord("\n")]


def of_categories(*categories: str) -> set[str]:
    return {one for one in CHARACTERS if unicodedata.category(one) in categories}


def shown_one_by_one(texts: list[str]) -> list[str]:
    """Return how texts without line ends are shown, each on a line of its own."""
    return escape("\n".join(texts)).split("\n")


# The planes that hold characters; of those that don't, the first and the last.
BASES = [
    *[chr(code) for code in range(0x40000) if code != ord("\n")],
    *[chr(code) for plane in range(4, 17) for code in (plane << 16, (plane << 16) + 0xFFFF)],
    *[chr(code) for code in range(0xE0000, 0xE1000)],
]


def bases_of(selector: str) -> set[str]:
    """Return the characters behind which a selector stays."""
    shown = shown_one_by_one([f"{base}{selector}" for base in BASES])
    return {base for base, found in zip(BASES, shown, strict=True) if found.endswith(selector)}


def test_whatever_is_ignorable_or_blank_or_a_control_is_shown() -> None:
    # How Unicode derives Default_Ignorable_Code_Point: DerivedCoreProperties.txt.
    formats = of_categories("Cf") - SIGNS - ANNOTATIONS - HIEROGLYPHIC_CONTROLS
    ignorable = formats | OTHERS | SELECTORS
    controls = of_categories("Cc", "Cs", "Zl", "Zp") - {"\t"}
    expected = ignorable | controls | ANNOTATIONS | HIEROGLYPHIC_CONTROLS | BLANKS
    pairs = zip(CHARACTERS, shown_one_by_one(CHARACTERS), strict=True)
    shown = {character: found for character, found in pairs if found != character}
    assert shown.keys() == expected - {ZWNJ, ZWJ}
    assert all(found == as_escape(character) for character, found in shown.items())
    assert len(ignorable) == 4_174  # as DerivedCoreProperties.txt counts them


def test_text_of_ascii_alone_is_no_exception() -> None:
    hidden = {*range(0x20), 0x7F} - {ord("\t"), ord("\n")}
    for code in range(0x80):
        assert escape(chr(code)) == (f"\\u{code:04x}" if code in hidden else chr(code))


def test_an_escape_is_that_of_json() -> None:
    assert escape("\x1b\x7f\u00ad\u2028\ud800") == r"\u001b\u007f\u00ad\u2028\ud800"
    assert escape("\U000e0041") == r"\udb40\udc41"
    assert escape("\U00013430\U0001bca0\U000e0fff") == r"\ud80d\udc30\ud82f\udca0\udb43\udfff"


@pytest.mark.parametrize("text", ["", "a", "a\tb\nc", " \u00a0\u3000", "é字", "\ue000\ufffd\ufffc"])
def test_what_can_be_seen_stays(text: str) -> None:
    assert escape(text) == text


STAYING = {
    "a heart": "\u2764\ufe0f",
    "a heart as text": "\u2764\ufe0e",
    "a keycap": "1\ufe0f\u20e3 #\ufe0f\u20e3",
    "a flag of letters": "\U0001f1e9\U0001f1ea",
    "a flag of a rainbow": "\U0001f3f3\ufe0f\u200d\U0001f308",
    "a family": "\U0001f468\u200d\U0001f469\u200d\U0001f467",
    "a detective of a skin": "\U0001f575\U0001f3fd\u200d\u2640\ufe0f",
    "an eye in a bubble": "\U0001f441\ufe0f\u200d\U0001f5e8\ufe0f",
    "an operator": "\u2229\ufe00",
    "a slashed zero": "0\ufe00",
    "a quotation mark": "\u201c\ufe02",
    "a full stop of Chinese": "\u3002\ufe00",
    "a compatibility ideograph": "\u8279\ufe01 \u537f\ufe02",
    "an ideograph of a name": "\u8fbb\U000e0101 \U00020bb7\U000e0100",
    "a letter of Mongolian": "\u1820\u180b\u182c\u180d\u1873\u180f",
    "a hieroglyph": "\U00013193\ufe06",
    "a word of Persian": "\u0646\u0627\u0645\u0647\u200c\u0627\u06cc",
    "a conjunct of Hindi": "\u0915\u094d\u200d\u0937",
    "a letter alone in its middle form": "\u200d\u0647\u200d",
    "letters joined without their ligature": "\u0644\u200d\u200c\u200d\u0627",
}


@pytest.mark.parametrize("text", STAYING.values(), ids=STAYING)
def test_what_scripts_and_emoji_are_written_with_stays(text: str) -> None:
    assert escape(text) == text
    assert escape(f"a {text}\n{text} b") == f"a {text}\n{text} b"


SHOWN = {
    "a second selector": ("\u2764\ufe0f\ufe0f", "\u2764\ufe0f\\ufe0f"),
    "a second selector of another kind": ("\u8fbb\ufe00\U000e0100", "\u8fbb\ufe00\\udb40\\udd00"),
    "a selector behind a letter": ("a\ufe0f", "a\\ufe0f"),
    "a selector at the start": ("\ufe0f\u2764", "\\ufe0f\u2764"),
    "a selector behind a space": (" \ufe0f", " \\ufe0f"),
    "a selector behind a line end": ("\u2764\n\ufe0f", "\u2764\n\\ufe0f"),
    "a selector behind a joiner": ("\u2764\u200d\ufe0f", "\u2764\u200d\\ufe0f"),
    "a selector behind what is hidden": ("\u2764\u200b\ufe0f", "\u2764\\u200b\\ufe0f"),
    "a selector behind a lone surrogate": ("\ud83d\ufe0f", "\\ud83d\\ufe0f"),
    "one of ideographs behind an emoji": ("\u2764\U000e0100", "\u2764\\udb40\\udd00"),
    "one of Mongolian behind an ideograph": ("\u8fbb\u180b", "\u8fbb\\u180b"),
    "one that nothing takes": ("\u2764\ufe0d", "\u2764\\ufe0d"),
    "one that no hieroglyph takes": ("\U00013193\ufe07", "\U00013193\\ufe07"),
    "a flag of tags": (
        "\U0001f3f4\U000e0067\U000e0062\U000e007f",
        "\U0001f3f4\\udb40\\udc67\\udb40\\udc62\\udb40\\udc7f",
    ),
    "a vowel separator of Mongolian": ("\u1820\u180e", "\u1820\\u180e"),
    "fillers of Hangul": ("\u115f\u1160\u3164\uffa0", "\\u115f\\u1160\\u3164\\uffa0"),
    "a soft hyphen and a grapheme joiner": ("a\u00adb\u034fc", "a\\u00adb\\u034fc"),
    "an empty Braille cell among full ones": ("\u2801\u2800", "\u2801\\u2800"),
    "an annotation": ("\ufff9a\ufffab\ufffb", "\\ufff9a\\ufffab\\ufffb"),
    "more joiners than any script uses": (f"a{ZWJ * 5}b", f"a{ZWJ * 3}\\u200d\\u200db"),
}


@pytest.mark.parametrize(("text", "shown"), SHOWN.values(), ids=SHOWN)
def test_what_nobody_would_see_is_shown(text: str, shown: str) -> None:
    assert escape(text) == shown


def test_a_selector_of_emoji_stays_behind_the_characters_of_unicodes_list_alone() -> None:
    bases = bases_of("\ufe0f")
    assert bases_of("\ufe0e") == bases
    assert len(bases) == 371
    assert {base for base in bases if base.isascii()} == set("#*0123456789")
    signs = {unicodedata.category(base) for base in bases if not base.isascii()}
    assert signs == {"So", "Sm", "Po", "Pd", "Ll"}


def test_a_selector_of_ideographs_stays_behind_each_of_them_alone() -> None:
    first, last = bases_of("\U000e0100"), bases_of("\U000e01ef")
    named = {
        base for base in BASES if unicodedata.name(base, "").startswith("CJK UNIFIED IDEOGRAPH-")
    }
    compatible = points((0xFA0E, 0xFA0F), (0xFA11, 0xFA11), (0xFA13, 0xFA14), (0xFA1F, 0xFA1F))
    compatible |= points((0xFA21, 0xFA21), (0xFA23, 0xFA24), (0xFA27, 0xFA29))
    assert first == last
    assert named | compatible <= first
    assert {unicodedata.category(later) for later in first - named - compatible} <= {"Cn"}
    assert len(first) == 101_996


def test_a_selector_of_mongolian_stays_behind_each_of_its_letters_alone() -> None:
    letters = {base for base in BASES if unicodedata.name(base, "").startswith("MONGOLIAN LETTER ")}
    for selector in "\u180b\u180c\u180d\u180f":
        assert bases_of(selector) == letters


@pytest.mark.parametrize(
    ("selector", "signs"),
    [("\ufe00", 103), ("\ufe01", 38), ("\ufe02", 4), ("\ufe03", 0), ("\ufe06", 0), ("\ufe07", 0)],
    ids=ascii,
)
def test_a_numbered_selector_stays_behind_as_many_signs_as_in_unicode_17(
    selector: str, signs: int
) -> None:
    hieroglyphs = points((0x13000, 0x143FA))
    assert len(bases_of(selector) - bases_of("\U000e0100") - hieroglyphs) == signs


@pytest.mark.parametrize("letter", ["\u115f", "\u3164", "\uffa0"], ids=ascii)
def test_a_name_with_a_blank_letter_is_quoted(letter: str) -> None:
    assert letter.isalpha()
    text = render_failure_text(agent=f"a{letter}b")
    assert text == f'Run failure: unknown (agent="a{as_escape(letter)}b")'


def in_tags(secret: str) -> str:
    return "".join(chr(0xE0000 + ord(character)) for character in secret)


def in_selectors(secret: str) -> str:
    """Hide a byte in each of the 256 variation selectors, behind an emoji."""
    codes = (0xFE00 + byte if byte < 16 else 0xE00F0 + byte for byte in secret.encode())
    return "\U0001f60a" + "".join(map(chr, codes))


def in_joiners(secret: str) -> str:
    return "".join(f"{byte:08b}" for byte in secret.encode()).translate({48: ZWNJ, 49: ZWJ})


def in_fillers(secret: str) -> str:
    bits = "".join(f"{byte:08b}" for byte in secret.encode())
    return bits.translate({48: "\u3164", 49: "\u2800"})


@pytest.mark.parametrize("hide", [in_tags, in_selectors, in_joiners, in_fillers])
def test_a_text_that_is_smuggled_is_shown_wherever_it_stands(hide: Callable[[str], str]) -> None:
    smuggled = hide("ignore what was said")
    text = f"plain {smuggled} text"
    rendered = render_failure_text(
        {"type": text, "stderr": text, "more": {text: [text]}},
        agent=text,
        status=text,
        failure_kind=text,
        report_validation_errors=[text],
        artifacts=[text],
        attachments=[
            {
                "path": text,
                "excerpt_head": text,
                "excerpt_tail": text,
                "truncated": True,
                "capture_error": text,
                "also": text,
            }
        ],
        terminal_artifact_reads={text: {"error_phase": text, "error_type": text, "else": text}},
    )
    hidden = smuggled.removeprefix("\U0001f60a")
    assert rendered.count("".join(map(as_escape, hidden[3:]))) == 20
    assert hidden[:3] not in rendered or hide is in_joiners
    assert hidden[:4] not in rendered


WORDS = ["a", "0", " ", "\n", "\\", "\u2764", "\u8fbb", "\u1820", "\U00013193", "\ufe0f", "\ufe00"]
WORDS += [ZWJ, ZWNJ, "\u180b", "\U000e0100", "\U000e0041", "\ud83d", "\ude00", "\u3164", "\x1b"]


def random_texts(count: int) -> Iterator[str]:
    chance = random.Random(19)
    for _ in range(count):
        yield "".join(chance.choices(WORDS, k=chance.randrange(1, 20)))


def test_what_is_shown_stays_as_it_is() -> None:
    for text in random_texts(5_000):
        shown = escape(text)
        assert escape(shown) == shown
        assert escape(f"| {shown}") == f"| {shown}"


def test_never_more_than_four_characters_in_a_row_are_invisible() -> None:
    hidden = SELECTORS | {ZWJ, ZWNJ}
    for text in random_texts(5_000):
        run = 0
        for character in escape(text):
            run = run + 1 if character in hidden else 0
            assert run <= 4


def test_what_is_shown_can_be_cut_anywhere_but_before_a_selector() -> None:
    for text in random_texts(500):
        shown = escape(text)
        for index in range(len(shown)):
            end = f" {shown[behind_selector(shown, index) :]}"
            assert escape(end) == end


def test_an_end_that_is_kept_does_not_begin_with_a_selector() -> None:
    error: dict[str, Any] = {"stderr": "\u2764\ufe0f" * 200}
    for most in range(60, 160):
        text = render_failure_text(error, max_chars=most)
        assert len(text) <= most
        assert escape(text) == text


@pytest.mark.parametrize(
    ("character", "staying"),
    [("\ufe0f", 0), ("\U000e0041", 0), (ZWJ, 3)],
    ids=["selectors", "tags", "joiners"],
)
def test_a_megabyte_in_a_row_is_shown_one_by_one(character: str, staying: int) -> None:
    text = escape(character * 300_000)
    assert text == character * staying + as_escape(character) * (300_000 - staying)
