"""Which characters can't be seen, or act on what shows them, and how they are shown.

The tables are those of Unicode 17.0, written as its files write them: `unicodedata` holds none of
these properties, and is of another version in each Python. What a later version makes ignorable
stays until the tables follow; a selector behind a base that is new there is shown.
"""

from __future__ import annotations

import re

from run_artifacts._patterns import lazy_pattern

# What a terminal or a reader acts on: the controls but tab and line feed, the line separators,
# and surrogates, which are no text at all.
_CONTROLS = "0000-0008 000B-001F 007F-009F 2028-2029 D800-DFFF"

#: Default_Ignorable_Code_Point (DerivedCoreProperties.txt): whoever has no sign for one of these
# shows nothing. It holds Bidi_Control, the tag characters and every variation selector, and what
# Unicode keeps unassigned for more of the kind.
IGNORABLE = (
    "00AD 034F 061C 115F-1160 17B4-17B5 180B-180F 200B-200F 202A-202E 2060-206F 3164 FE00-FE0F "
    "FEFF FFA0 FFF0-FFF8 1BCA0-1BCA3 1D173-1D17A E0000-E0FFF"
)

#: The empty Braille cell, and the marks of annotations: blank without being ignorable.
EMPTY = "2800 FFF9-FFFB"

# So are the format controls and blanks of hieroglyphs, the filler of Khitan, the musical null
# notehead.
# So of the format characters (Cf) only those that draw a sign stay, as the number sign of Arabic.
# Spaces stay: a line without its words can be seen to be one.
_BLANK = "13430-1343F 13441-13442 16FE4 1D159"

# Scripts and emoji are written with these: a word of Persian looks wrong without.
_JOINERS = "200C-200D"

# The longest run of joiners that Unicode has a use for: ZWJ, ZWNJ, ZWJ joins two letters without
# their ligature. In a longer one each is a bit of a text that nobody sees.
_JOINERS_IN_A_ROW = 3

# emoji-variation-sequences.txt
_EMOJI = """
0023 002A 0030-0039 00A9 00AE 203C 2049 2122 2139 2194-2199 21A9-21AA 231A-231B 2328 23CF
23E9-23F3 23F8-23FA 24C2 25AA-25AB 25B6 25C0 25FB-25FE 2600-2604 260E 2611 2614-2615 2618
261D 2620 2622-2623 2626 262A 262E-262F 2638-263A 2640 2642 2648-2653 265F-2660 2663
2665-2666 2668 267B 267E-267F 2692-2697 2699 269B-269C 26A0-26A1 26A7 26AA-26AB 26B0-26B1
26BD-26BE 26C4-26C5 26C8 26CE-26CF 26D1 26D3-26D4 26E9-26EA 26F0-26F5 26F7-26FA 26FD 2702
2705 2708-270D 270F 2712 2714 2716 271D 2721 2728 2733-2734 2744 2747 274C 274E 2753-2755
2757 2763-2764 2795-2797 27A1 27B0 27BF 2934-2935 2B05-2B07 2B1B-2B1C 2B50 2B55 3030 303D
3297 3299 1F004 1F170-1F171 1F17E-1F17F 1F202 1F21A 1F22F 1F237 1F30D-1F30F 1F315 1F31C
1F321 1F324-1F32C 1F336 1F378 1F37D 1F393 1F396-1F397 1F399-1F39B 1F39E-1F39F 1F3A7
1F3AC-1F3AE 1F3C2 1F3C4 1F3C6 1F3CA-1F3CE 1F3D4-1F3E0 1F3ED 1F3F3 1F3F5 1F3F7 1F408 1F415
1F41F 1F426 1F43F 1F441-1F442 1F446-1F449 1F44D-1F44E 1F453 1F46A 1F47D 1F4A3 1F4B0 1F4B3
1F4BB 1F4BF 1F4CB 1F4DA 1F4DF 1F4E4-1F4E6 1F4EA-1F4ED 1F4F7 1F4F9-1F4FB 1F4FD 1F508 1F50D
1F512-1F513 1F549-1F54A 1F550-1F567 1F56F-1F570 1F573-1F579 1F587 1F58A-1F58D 1F590 1F5A5
1F5A8 1F5B1-1F5B2 1F5BC 1F5C2-1F5C4 1F5D1-1F5D3 1F5DC-1F5DE 1F5E1 1F5E3 1F5E8 1F5EF 1F5F3
1F5FA 1F610 1F687 1F68D 1F691 1F694 1F698 1F6AD 1F6B2 1F6B9-1F6BA 1F6BC 1F6CB 1F6CD-1F6CF
1F6E0-1F6E5 1F6E9 1F6F0 1F6F3
"""

# Unified_Ideograph: the Ideographic Variation Database registers variants of these alone.
_IDEOGRAPHS = (
    "3400-4DBF 4E00-9FFF FA0E-FA0F FA11 FA13-FA14 FA1F FA21 FA23-FA24 FA27-FA29 20000-2A6DF "
    "2A700-2B81D 2B820-2CEAD 2CEB0-2EBE0 2EBF0-2EE5D 30000-3134A 31350-33479"
)

_HIEROGLYPHS = "13000-1342F 13443-13446 13460-143FA"
_MONGOLIAN_LETTERS = "1820-1878 1880-18AA"
_QUOTATION_MARKS = "2018-2019 201C-201D"

# Capitals of a script hand, and the punctuation of Chinese and Japanese.
_CAPITALS_AND_STOPS = (
    "210B 2110 2112 211B 212C 2130-2131 2133 1D49C 1D49E-1D49F 1D4A2 1D4A5-1D4A6 1D4A9-1D4AC "
    "1D4AE-1D4B5 3001-3002 FF01 FF0C FF0E FF1A-FF1B FF1F"
)

# Zeros and operators; letters of Myanmar, Phags-pa and Manichaean.
_ZEROS_AND_LETTERS = (
    "0030 FF10 2205 2229-222A 2268-2269 2272-2273 228A-228B 2293-2295 2297 229C 22DA-22DB 29B7 "
    "2A3C-2A3D 2A9D-2A9E 2AAC-2AAD 2ACB-2ACC 1000 1002 1004 1010-1011 1015 1019-101A 101C-101D "
    "1022 1031 1075 1078 107A 1080 AA60-AA66 AA6B-AA6C AA6F AA7A A856 A85C A85E-A860 A868 "
    "10AC5-10AC6 10AD6-10AD7 10AE1"
)

# Bases, and the variation selectors that each of them takes. Signs stand above one by one, as in
# StandardizedVariants.txt; ideographs, hieroglyphs and the letters of Mongolian by their kind, as
# not all of their variants are in that file.
_TAKEN = (
    (_EMOJI, "FE0E-FE0F"),
    (_IDEOGRAPHS, "FE00-FE02 E0100-E01EF"),
    (_HIEROGLYPHS, "FE00-FE06"),
    (_MONGOLIAN_LETTERS, "180B-180D 180F"),
    (_QUOTATION_MARKS, "FE00-FE02"),
    (_CAPITALS_AND_STOPS, "FE00-FE01"),
    (_ZEROS_AND_LETTERS, "FE00"),
)


def one_of(ranges: str) -> str:
    """Return the expression for one character of some ranges of code points."""
    parts = ("-".join(f"\\U{code:0>8}" for code in part.split("-")) for part in ranges.split())
    return f"[{''.join(parts)}]"


def _make_expression() -> str:
    """Return the expression for a character that is to be shown as an escape.

    It begins with a set that says no to ordinary text at once, for which it has one range above
    U+FFFF: more are tried one by one. Only what is in it is looked at from behind.
    """
    hidden = " ".join([_CONTROLS, IGNORABLE, EMPTY, _BLANK])
    low = " ".join(part for part in hidden.split() if int(part.split("-")[0], 16) <= 0xFFFF)
    untaken = "".join(f"(?<!{one_of(bases)}{one_of(taken)})" for bases, taken in _TAKEN)
    joiner = one_of(_JOINERS)
    unjoined = f"(?:(?<!{joiner})|(?<={joiner}{{{_JOINERS_IN_A_ROW + 1}}}))"
    return f"{one_of(f'{low} 10000-10FFFF')}(?<={one_of(hidden)}){untaken}{unjoined}"


_HIDDEN = lazy_pattern(_make_expression)

_HIDDEN_ASCII = lazy_pattern("[\x00-\x08\x0b-\x1f\x7f]")

_SELECTOR = lazy_pattern("[\u180b-\u180d\u180f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def escape(text: str) -> str:
    r"""Show characters that act on a terminal, or can't be seen, as JSON escapes.

    One above U+FFFF is two escapes, as JSON has it: ``\udb40\udc41`` for the tag of an A. Joiners
    stay, up to three in a row, and one variation selector directly behind a base that takes it.
    """
    hidden = _HIDDEN_ASCII if text.isascii() else _HIDDEN
    return hidden.sub(_escaped, text)


def behind_selector(text: str, index: int) -> int:
    """Return where a text goes on without the variation selector that it may have at an index."""
    return index + 1 if _SELECTOR.match(text, index) else index


def _escaped(hidden: re.Match[str]) -> str:
    code = ord(hidden[0])
    if code <= 0xFFFF:
        return f"\\u{code:04x}"
    return f"\\u{0xD7C0 + (code >> 10):04x}\\u{0xDC00 | code & 0x3FF:04x}"
