"""The encodings of text artifacts: what a byte order mark says, and where characters and lines end.

The first bytes of a file come in, and an `Encoding` goes out. It answers what a cut, a count and
an excerpt ask of bytes, in the same words for each encoding. Bytes given to it begin at a whole
code unit of the file.
"""

from __future__ import annotations

import codecs

# No encoding that is read here has longer characters.
_MAX_CHARACTER_BYTES = 4

_IS_BYTE = {byte: bytes(byte) + b"\1" + bytes(0xFF - byte) for byte in b"\0\n"}


class Encoding:
    r"""How the text of a file is encoded.

    Attributes:
        name: As an excerpt names it: ``utf-8``, ``utf-8-sig``, ``utf-16-le`` and so on.
        codec: What decodes the text behind the byte order mark.
        bom: The byte order mark that the file begins with, empty where it has none.
        newline: The bytes of ``\n``, which is one code unit.
        unit_bytes: Bytes of a code unit.
    """

    __slots__ = ("bom", "codec", "name", "newline", "unit_bytes")

    def __init__(self, name: str, codec: str, bom: bytes, newline: bytes) -> None:
        self.name = name
        self.codec = codec
        self.bom = bom
        self.newline = newline
        self.unit_bytes = len(newline)

    def decode(self, data: bytes) -> tuple[str, int]:
        """Decode bytes, with U+FFFD for those that are invalid, and count these."""
        try:
            return data.decode(self.codec), 0
        except UnicodeDecodeError:
            valid = data.decode(self.codec, "ignore").encode(self.codec)
            return data.decode(self.codec, "replace"), len(data) - len(valid)

    def character_around(self, data: bytes, cut: int) -> tuple[int, int]:
        """Return the span of the character that a cut goes through, or the cut twice.

        A cut through bytes that are no character goes around the code unit.
        """
        unit = self.unit_bytes
        if cut >= len(data):
            return cut, cut
        floor = cut - cut % unit
        for start in range(max(floor + unit - _MAX_CHARACTER_BYTES, 0), cut, unit):
            for end in range(floor + unit, start + _MAX_CHARACTER_BYTES + 1, unit):
                if self._is_character(data[start:end]):
                    return start, end
        return (floor, min(floor + unit, len(data))) if floor < cut else (cut, cut)

    def _is_character(self, data: bytes) -> bool:
        try:
            return len(data.decode(self.codec)) == 1
        except UnicodeDecodeError:
            return False

    def count_newlines(self, data: bytes) -> int:
        """Count the line ends."""
        unit = len(self.newline)
        if unit == 1:
            return data.count(self.newline)
        try:
            return data.decode(self.codec).count("\n")
        except UnicodeDecodeError:
            pass
        # Decoding again, with what is invalid replaced, takes a hundred times as long where that
        # is much. So: for each byte of a line end a number with a bit for each code unit that
        # has this byte in its place, and the bits that all of these numbers share.
        hits = -1
        for offset, byte in enumerate(self.newline):
            hits &= int.from_bytes(data[offset::unit].translate(_IS_BYTE[byte]), "little")
        return hits.bit_count()

    def find_newline(self, data: bytes, start: int) -> int:
        """Return the offset of the first line end at or after a code unit, or -1."""
        at = data.find(self.newline, start)
        while at > 0 and at % self.unit_bytes:
            at = data.find(self.newline, at + 1)
        return at

    def rfind_newline(self, data: bytes, end: int) -> int:
        """Return the offset of the last line end that lies wholly before an offset, or -1."""
        at = data.rfind(self.newline, 0, end)
        while at > 0 and at % self.unit_bytes:
            at = data.rfind(self.newline, 0, at)
        return at

    def ends_line(self, data: bytes) -> bool:
        """Say whether bytes end with a line end."""
        return data.endswith(self.newline) and not len(data) % len(self.newline)


UTF_8 = Encoding("utf-8", "utf-8", b"", b"\n")

# UTF-32 stands before UTF-16, as the mark of the one begins with that of the other.
_MARKED = tuple(
    Encoding(name, codec, bom, "\n".encode(codec))
    for name, bom in (
        ("utf-8-sig", codecs.BOM_UTF8),
        ("utf-32-le", codecs.BOM_UTF32_LE),
        ("utf-32-be", codecs.BOM_UTF32_BE),
        ("utf-16-le", codecs.BOM_UTF16_LE),
        ("utf-16-be", codecs.BOM_UTF16_BE),
    )
    for codec in [name.removesuffix("-sig")]
)
_MARKS = tuple(encoding.bom for encoding in _MARKED)


def detect(start: bytes) -> Encoding:
    """Return the encoding that the byte order mark at the start of a file says, else UTF-8.

    Args:
        start: The first four bytes or more; all of them where the file has fewer.
    """
    if start.startswith(_MARKS):
        return next(encoding for encoding in _MARKED if start.startswith(encoding.bom))
    return UTF_8
