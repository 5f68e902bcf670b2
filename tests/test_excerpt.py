"""The partition: every cut of every small text, held against the raw bytes."""

from __future__ import annotations

import hashlib
import itertools

import pytest

from run_artifacts import TextCapturePolicy, TextExcerpt
from run_artifacts._excerpt import is_binary, make_excerpt
from run_artifacts._scan import MARGIN_BYTES, Scan

TEXTS = {
    "empty": b"",
    "one byte a character": b"ab\ncd\n\nefg",
    "two bytes": "éü\nßø\nñ".encode(),
    "three bytes": "€\n字漢\n€€".encode(),
    "four bytes": "😀😁\n😂\n".encode(),
    "mixed": "aé€😀\nb\n\n😀€éa".encode(),
    "BOM": "\ufeffaé€\n😀b".encode(),
    "only a BOM": b"\xef\xbb\xbf",
    "only line ends": b"\n\n\n\n",
    "invalid": b"a\xff\xfe\n\xe2\x82A\xf0\x9f\x98\n\xc3(\x80\x80\xed\xa0\x80z",
    "cut off": "ab\n€".encode()[:-1],
    "U+FFFD itself": "a\ufffdb\n\ufffd".encode(),
    "CRLF": b"ab\r\ncd\r\n\r\ne",
}


def scanned(data: bytes, front_bytes: int, back_bytes: int) -> Scan:
    return Scan(
        len(data),
        hashlib.sha256(data).hexdigest(),
        data.count(b"\n"),
        data[:front_bytes],
        data[-back_bytes:],
        None,
    )


def split_lines(data: bytes) -> list[bytes]:
    """The lines of a text, each with its line end."""
    pieces = [piece + b"\n" for piece in data.split(b"\n")]
    pieces[-1] = pieces[-1][:-1]
    return pieces if pieces[-1] else pieces[:-1]


def check(data: bytes, policy: TextCapturePolicy, excerpt: TextExcerpt) -> None:
    """Recompute from the raw bytes what an excerpt says, without the code under test."""
    head, omitted, tail = excerpt.head_bytes, excerpt.omitted_bytes, excerpt.tail_bytes
    assert head + omitted + tail == len(data)
    assert excerpt.truncated == (omitted > 0)
    raw_head, raw_tail = data[:head], data[len(data) - tail :]
    assert excerpt.head == raw_head.decode("utf-8-sig", "replace")
    assert excerpt.tail == raw_tail.decode("utf-8", "replace")
    assert head + tail <= max(policy.max_excerpt_bytes, 0)
    lines, cap = split_lines(data), policy.max_line_count
    assert excerpt.total_lines == len(lines)
    starts = list(itertools.accumulate(map(len, lines), initial=0))
    spans = itertools.pairwise(starts)
    touched = [1 for start, end in spans if start < len(data) - tail and end > head]
    assert excerpt.omitted_lines == (sum(touched) if omitted else 0)
    fits = len(data) <= policy.max_excerpt_bytes and (cap is None or len(lines) <= 2 * cap)
    assert (omitted == 0 and tail == 0) if fits else (head <= policy.head_bytes)
    if not fits:
        assert tail <= policy.tail_bytes
        if cap is not None:
            assert len(split_lines(raw_head)) <= cap
            assert len(split_lines(raw_tail)) <= cap
    # No more is left out than the policy asks for, but for the rest of a character.
    if not fits and (cap is None or cap >= len(lines)):
        assert policy.head_bytes - head < 4
        assert policy.tail_bytes - tail < 4
    parts = [raw_head, data[head : len(data) - tail], raw_tail]
    decoded = "".join(part.decode("utf-8", "surrogateescape") for part in parts)
    assert decoded == data.decode(
        "utf-8", "surrogateescape"
    )  # a cut through a valid character would escape its bytes
    escaped = sum(
        "\udc80" <= character <= "\udcff"
        for part in (raw_head, raw_tail)
        for character in part.decode("utf-8", "surrogateescape")
    )
    assert excerpt.invalid_bytes == escaped
    assert excerpt.encoding == ("utf-8-sig" if data.startswith(b"\xef\xbb\xbf") else "utf-8")


@pytest.mark.parametrize("data", TEXTS.values(), ids=TEXTS)
def test_every_cut_of_every_small_text_is_an_exact_partition(data: bytes) -> None:
    for whole in range(len(data) + 3):
        for head in range(whole + 1):
            for lines in (None, 0, 1, 2, 3, 5):
                policy = TextCapturePolicy(whole, head, whole - head, lines)
                check(data, policy, make_excerpt(scanned(data, 9_000, 9_000), policy))


@pytest.mark.parametrize("margin", [8, MARGIN_BYTES])
def test_cuts_need_only_the_margin_beyond_them(margin: int) -> None:
    data = "aé€😀\n".encode() * 40
    for head, tail in itertools.product(range(40), repeat=2):
        for lines in (None, 1, 3):
            policy = TextCapturePolicy(head + tail, head, tail, lines)
            narrow = make_excerpt(scanned(data, head + tail + margin, tail + margin), policy)
            assert narrow == make_excerpt(scanned(data, len(data), len(data)), policy)
            check(data, policy, narrow)


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
        (b"\xef\xbb\xbfa\0b", False),
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
