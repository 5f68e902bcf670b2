"""The partition: every cut of every small text, held against the raw bytes."""

from __future__ import annotations

import codecs
import contextlib
import hashlib
import itertools

import pytest

from run_artifacts import TextCapturePolicy, TextExcerpt
from run_artifacts._capture.excerpt import is_binary, make_excerpt
from run_artifacts._capture.scan import MARGIN_BYTES, Scan
from run_artifacts._encoding import detect
from support import BOMS

# One to four bytes a character in UTF-8; one or two units in UTF-16.
TEXTS = {
    "empty": "",
    "ASCII": "ab\ncd\n\nefg",
    "two bytes": "éü\nßø\nñ",
    "three bytes": "€\n字漢\n€€",
    "four bytes": "😀😁\n😂\n",
    "mixed": "aé€😀\nb\n\n😀€éa\n\n\nz",
    "line ends": "\n\n\n\n",
    "CRLF": "ab\r\ncd\r\n\r\ne",
    "marks and U+FFFD": "a\ufffd\ufeff\nb\ufeff",
    "line ends across units": "\u0a00\u000a\u0a0a\n\u0a00\u0a0a",
}
INVALID = {
    "utf-8": b"a\xff\xfe\n\xe2\x82A\xf0\x9f\x98\n\xc3(\x80\x80\xed\xa0\x80z\xe2\x82",
    "utf-16-le": b"a\0\0\xd8\n\0\0\xdc\0\xdc\0\xd8\0\xd8\0\xdcb\0\0\xd8\n\0\n",
    "utf-16-be": b"\0a\xd8\0\0\n\xdc\0\xdc\0\xd8\0\xd8\0\xdc\0\0b\xd8\0\0\n\0",
    "utf-32-le": b"a\0\0\0\0\xd8\0\0\n\0\0\0\0\0\x11\0\xff\xff\xff\xff\n\0\0\0\n\0\0",
    "utf-32-be": b"\0\0\0a\0\0\xd8\0\0\0\0\n\0\x11\0\0\xff\xff\xff\xff\0\0\0\n\0\0",
}
# What ends like a line end, and isn't one, as it lies across two code units.
UNALIGNED = {
    "utf-16-le": b"a\n\0",
    "utf-16-be": b"\0\0\n",
    "utf-32-le": b"a\n\0\0\0",
    "utf-32-be": b"\0\0\0\0\0\0\n",
}
CASES = {
    f"{name} {encoding}": (encoding, BOMS[encoding] + text.encode(encoding.removesuffix("-sig")))
    for encoding in BOMS
    for name, text in TEXTS.items()
}
for kind, texts in (("invalid", INVALID), ("unaligned", UNALIGNED)):
    CASES |= {f"{kind} {name}": (name, BOMS[name] + data) for name, data in texts.items()}


def scanned(data: bytes, front_bytes: int = 9_000, back_bytes: int = 9_000) -> Scan:
    encoding = detect(data)
    back = data[-back_bytes:]
    return Scan(
        len(data),
        hashlib.sha256(data).hexdigest(),
        encoding,
        encoding.count_newlines(data),
        data[:front_bytes],
        back[(len(back) - len(data)) % len(encoding.newline) :],
        None,
    )


class Oracle:
    """What an excerpt must say, worked out from the raw bytes without the code under test."""

    def __init__(self, encoding: str, data: bytes) -> None:
        self.encoding, self.data = encoding, data
        self.codec = encoding.removesuffix("-sig")
        self.unit = len("x".encode(self.codec))
        self.bom = len(BOMS[encoding])
        # Walk forward, a character at a time; what is no character is a unit of its own.
        self.boundaries = [0]
        while self.boundaries[-1] < len(data):
            self.boundaries.append(self._end_of_character(self.boundaries[-1]))
        newline = "\n".encode(self.codec)
        spans = itertools.pairwise(self.boundaries)
        self.line_ends = [end for start, end in spans if data[start:end] == newline]
        text = data[self.bom :].decode(self.codec, "replace")
        self.total_lines = text.count("\n") + (text != "" and text[-1] != "\n")
        line_starts = [0, *self.line_ends] if text else []
        self.line_spans = [
            (start, end)
            for start, end in itertools.zip_longest(
                line_starts[: self.total_lines], self.line_ends, fillvalue=len(data)
            )
        ]
        self.seen: dict[tuple[int, int], TextExcerpt] = {}

    def _end_of_character(self, start: int) -> int:
        for end in range(start + self.unit, start + 5, self.unit):
            with contextlib.suppress(UnicodeDecodeError):
                if len(self.data[start:end].decode(self.codec)) == 1 and end <= len(self.data):
                    return end
        return min(start + self.unit, len(self.data))

    def cuts(self, policy: TextCapturePolicy) -> tuple[int, int]:
        """Where the head ends and the tail starts."""
        size, cap = len(self.data), policy.max_line_count
        if size <= policy.max_excerpt_bytes and (cap is None or self.total_lines <= 2 * cap):
            return size, size
        head = max(at for at in self.boundaries if at <= policy.head_bytes)
        tail = min(at for at in self.boundaries if at >= size - policy.tail_bytes)
        if cap is not None:
            ends = [at for at in self.line_ends if at <= head]
            starts = [tail, *(at for at in self.line_ends if tail < at < size)]
            head = ([0, *ends][cap]) if len(ends) >= cap else head
            tail = ([*starts, size][-cap - 1]) if len(starts) >= cap else tail
        return head, tail

    def excerpt(self, policy: TextCapturePolicy) -> TextExcerpt:
        cuts = self.cuts(policy)
        if cuts not in self.seen:
            self.seen[cuts] = self._excerpt(*cuts)
        return self.seen[cuts]

    def _excerpt(self, head: int, tail: int) -> TextExcerpt:
        size = len(self.data)
        invalid = 0

        def replace(error: UnicodeError) -> tuple[str, int]:
            nonlocal invalid
            assert isinstance(error, UnicodeDecodeError)
            invalid += error.end - error.start
            return "\ufffd", error.end

        codecs.register_error("count", replace)
        texts = [
            part.decode(self.codec, "count")
            for part in (self.data[self.bom : max(head, self.bom)], self.data[tail:])
        ]
        omitted = [1 for start, end in self.line_spans if start < tail and end > head < tail]
        return TextExcerpt(
            *texts,
            truncated=tail > head,
            head_bytes=head,
            tail_bytes=size - tail,
            omitted_bytes=tail - head,
            omitted_lines=len(omitted),
            total_lines=self.total_lines,
            encoding=self.encoding,
            invalid_bytes=invalid,
        )


@pytest.mark.parametrize(("encoding", "data"), CASES.values(), ids=CASES)
def test_every_cut_of_every_small_text_is_an_exact_partition(encoding: str, data: bytes) -> None:
    oracle, found = Oracle(encoding, data), scanned(data)
    cuts = {*range(min(len(data) + 2, 65)), 64}
    halves = [(head, tail) for head in cuts for tail in cuts if head + tail <= 64]
    for head, tail in halves:
        # The halves may leave something of the whole.
        for whole in {head + tail, max(head + tail, len(data) - 1)}:
            for lines in (None, 0, 1, 2, 3, 4, 5):
                policy = TextCapturePolicy(whole, head, tail, lines)
                excerpt = make_excerpt(found, policy)
                assert excerpt == oracle.excerpt(policy), policy
                kept = (excerpt.head_bytes or 0) + (excerpt.tail_bytes or 0)
                assert kept + (excerpt.omitted_bytes or 0) == len(data)
                assert kept <= whole


@pytest.mark.parametrize("encoding", BOMS)
def test_no_cut_goes_through_a_character(encoding: str) -> None:
    data = BOMS[encoding] + TEXTS["mixed"].encode(encoding.removesuffix("-sig"))
    for head, tail in itertools.product(range(len(data)), repeat=2):
        excerpt = make_excerpt(scanned(data), TextCapturePolicy(head + tail, head, tail))
        assert TEXTS["mixed"].startswith(excerpt.head)
        assert TEXTS["mixed"].endswith(excerpt.tail)
        assert "\ufffd" not in excerpt.head + excerpt.tail
        assert excerpt.invalid_bytes == 0


@pytest.mark.parametrize("encoding", BOMS)
@pytest.mark.parametrize("margin", [8, MARGIN_BYTES])
def test_cuts_need_only_the_margin_beyond_them(encoding: str, margin: int) -> None:
    data = BOMS[encoding] + ("aé€😀\n" * 30).encode(encoding.removesuffix("-sig"))
    oracle = Oracle(encoding, data)
    for head, tail in itertools.product(range(24), repeat=2):
        narrow = scanned(data, head + tail + margin, tail + margin)
        for lines in (None, 1, 3):
            policy = TextCapturePolicy(head + tail, head, tail, lines)
            assert make_excerpt(narrow, policy) == oracle.excerpt(policy), policy


def test_the_last_lines_survive_a_line_cap() -> None:
    log = b"".join(b"line %d\n" % number for number in range(999)) + b"FATAL: disk on fire\n"
    policy = TextCapturePolicy(24_000, 12_000, 12_000, 150)
    excerpt = make_excerpt(scanned(log, 40_000, 40_000), policy)
    assert excerpt.tail.endswith("line 998\nFATAL: disk on fire\n")
    assert (excerpt.truncated, excerpt.omitted_lines, excerpt.total_lines) == (True, 700, 1_000)


def test_the_seam_stands_alone_on_its_line() -> None:
    cut_within = TextExcerpt("ab", "yz", True, 2, 2, 6, 1, 1)
    assert cut_within.text() == "ab\n[... omitted: 6 of 10 bytes, 1 of 1 lines ...]\nyz"
    cut_between = TextExcerpt("ab\n", "yz\n", True, 3, 3, 4, 1, 3)
    assert cut_between.text() == "ab\n[... omitted: 4 of 10 bytes, 1 of 3 lines ...]\nyz\n"
    nothing_kept = TextExcerpt("", "", True, 0, 0, 4_321, 1, 1)
    assert nothing_kept.text() == "[... omitted: 4,321 of 4,321 bytes, 1 of 1 lines ...]\n"
    assert TextExcerpt("ab", "", False).text() == "ab"


def test_an_excerpt_without_counts_says_that_they_are_not_recorded() -> None:
    assert TextExcerpt("a", "z", True).text() == "a\n[... omitted: amount not recorded ...]\nz"


@pytest.mark.parametrize(
    ("sample", "binary"),
    [
        (b"", False),
        (b"text\n", False),
        (b"a\0b", True),
        (b"\x1b[31mred\x1b[0m\b\f\v\t\r\n", False),
        (b"\x1b\b\f\v\t\r\n " * 10, False),
        (b"\x01" * 3 + b"a" * 7, False),
        (b"\x01" * 4 + b"a" * 6, True),
        (b"\x7f" * 4 + b"a" * 6, True),
        (bytes(range(0x80, 0x100)), False),
    ],
)
def test_a_nul_or_many_control_bytes_make_a_file_binary(sample: bytes, binary: bool) -> None:
    assert is_binary(sample) is binary
