"""A cut anywhere through a secret leaves nothing of it, and every byte is still accounted for."""

from __future__ import annotations

import base64
import json
import re
import textwrap
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import pytest

from run_artifacts import TextCapturePolicy, TextExcerpt, capture_text_artifact
from run_artifacts._capture.scan import MARGIN_BYTES
from shapes import FORMATS
from support import BOMS
from tokens import TOKENS, Token, left_of, pieces_left, private_key

# No character of it can belong to a token.
FILLER = "; é |\n"
PLACEHOLDER = re.compile(r"\[redacted:[a-z_]+\]")


def filler(characters: int) -> str:
    return (FILLER * (characters // len(FILLER) + 1))[:characters]


def capture(path: Path, policy: TextCapturePolicy) -> TextExcerpt:
    excerpt = capture_text_artifact(path, policy).excerpt
    assert excerpt is not None
    return excerpt


def assert_accounted(excerpt: TextExcerpt, data: bytes, codec: str = "utf-8") -> None:
    """Hold the partition against the raw bytes, and each remark against its placeholder."""
    assert excerpt.head_bytes is not None
    assert excerpt.tail_bytes is not None
    assert excerpt.omitted_bytes is not None
    assert excerpt.head_bytes + excerpt.omitted_bytes + excerpt.tail_bytes == len(data)
    assert excerpt.truncated is (excerpt.omitted_bytes > 0)
    raw = {
        "/head": data[: excerpt.head_bytes].decode(codec, "replace").removeprefix("\ufeff"),
        "/tail": data[len(data) - excerpt.tail_bytes :].decode(codec, "replace"),
    }
    assert excerpt.redactions is not None
    for pointer, text in (("/head", excerpt.head), ("/tail", excerpt.tail)):
        remarks = [remark for remark in excerpt.redactions if remark["path"] == pointer]
        restored, done = "", 0
        for remark in remarks:
            assert text[remark["start"] : remark["end"]] == f"[redacted:{remark['rule']}]"
            assert remark["action"] == "redacted"
            assert set(remark) == {"path", "rule", "action", "start", "end", "original_length"}
            restored += text[done : remark["start"]]
            hidden = raw[pointer][len(restored) :][: remark["original_length"]]
            assert len(hidden) == remark["original_length"] > 0
            restored += hidden
            done = remark["end"]
        assert restored + text[done:] == raw[pointer]
        assert len(PLACEHOLDER.findall(text)) == len(remarks)


@pytest.mark.parametrize("around", [30, 20_000], ids=["small file", "large file"])
@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_cut_at_every_place_of_a_token_leaves_nothing_of_it(
    token: Token, around: int, tmp_path: Path
) -> None:
    file = tmp_path / "log"
    before, after = filler(around).encode(), filler(around).encode()
    data = before + token.text.encode() + after
    file.write_bytes(data)
    length = len(token.text.encode())
    step = 1 + length // (40 if around < 100 else 12)
    cuts = [-1, *range(0, length + 1, step), length + 1]
    for other in (0, 7) if length < 300 else (7,):
        for cut in cuts:
            head, tail = len(before) + cut, len(after) + length - cut
            for policy in (
                TextCapturePolicy(head + other, head, other, redact=True),
                TextCapturePolicy(tail + other, other, tail, redact=True),
            ):
                excerpt = capture(file, policy)
                assert pieces_left(excerpt.head) == pieces_left(excerpt.tail) == set(), cut
                if other == 7:
                    assert_accounted(excerpt, data)


@pytest.mark.parametrize("around", [30, 20_000], ids=["small file", "large file"])
def test_a_cut_through_a_token_of_any_format_leaves_nothing_of_it(
    around: int, tmp_path: Path
) -> None:
    file = tmp_path / "log"
    beside = filler(around).encode()
    for count, token in enumerate(FORMATS.values()):
        text = token.text.encode()
        data = beside + text + beside
        file.write_bytes(data)
        start, step = len(token.before), 1 + len(token.secret) // (8 if around < 100 else 1)
        for cut in range(start + count % step, len(text), step):
            head, tail = len(beside) + cut, len(beside) + len(text) - cut
            for policy in (
                TextCapturePolicy(head + 7, head, 7, redact=True),
                TextCapturePolicy(tail + 7, 7, tail, redact=True),
            ):
                excerpt = capture(file, policy)
                assert left_of(token, excerpt.head) == left_of(token, excerpt.tail) == set(), cut
                assert_accounted(excerpt, data)


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_cuts_on_both_sides_of_a_token_leave_nothing_of_it(token: Token, tmp_path: Path) -> None:
    """The whole file is excerpt but for a few bytes, which lie within the token."""
    file = tmp_path / "log"
    data = f"{filler(9)}{token.text}{filler(9)}".encode()
    file.write_bytes(data)
    for omitted in (1, 5, 16):
        for head in range(8, len(data) - omitted, 1 + len(data) // 60):
            tail = len(data) - omitted - head
            policy = TextCapturePolicy(len(data) - omitted, head, tail, redact=True)
            excerpt = capture(file, policy)
            assert_accounted(excerpt, data)
            assert pieces_left(excerpt.head) == pieces_left(excerpt.tail) == set()


@pytest.mark.parametrize("lines", [0, 1, 2, 5])
@pytest.mark.parametrize("name", ["rsa key", "github p", "url"])
def test_a_cut_at_a_line_leaves_nothing_of_a_token(name: str, lines: int, tmp_path: Path) -> None:
    file = tmp_path / "log"
    data = f"{filler(40)}\n{TOKENS[name].text}\n{filler(40)}".encode()
    file.write_bytes(data)
    excerpt = capture(file, TextCapturePolicy(max_line_count=lines, redact=True))
    assert_accounted(excerpt, data)
    assert pieces_left(excerpt.head) == pieces_left(excerpt.tail) == set()


@pytest.mark.parametrize("encoding", BOMS)
@pytest.mark.parametrize("name", ["github p", "bearer", "url", "key"])
def test_every_encoding_is_redacted(name: str, encoding: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    codec = encoding.removesuffix("-sig")
    token = TOKENS[name]
    for around in (20, 9_000):
        text = f"{filler(around)}{token.text}{filler(around)}"
        data = BOMS[encoding] + text.encode(codec)
        file.write_bytes(data)
        middle = len(BOMS[encoding] + filler(around).encode(codec))
        size = len(token.text.encode(codec))
        for cut in range(middle - 4, middle + size + 4, 1 + size // 25):
            excerpt = capture(file, TextCapturePolicy(2 * cut, cut, cut, redact=True))
            assert_accounted(excerpt, data, codec)
            assert pieces_left(excerpt.head) == pieces_left(excerpt.tail) == set()


def test_invalid_bytes_beside_the_cuts_move_nothing(tmp_path: Path) -> None:
    file = tmp_path / "log"
    token = TOKENS["github p"]
    for broken in (b"\xe2\x82", b"\xff", b"\xf0\x9f\x98", b"\xed\xa0\x80"):
        data = b"; " + 4 * broken + token.text.encode() + 4 * broken + b" ;" + 9_000 * broken
        file.write_bytes(data)
        for cut in range(0, len(data) - 9_000 * len(broken), 2):
            for policy in (
                TextCapturePolicy(cut + 3, cut, 3, redact=True),
                TextCapturePolicy(len(data) - cut, 0, len(data) - cut, redact=True),
            ):
                excerpt = capture(file, policy)
                assert_accounted(excerpt, data)
                assert pieces_left(excerpt.head) == pieces_left(excerpt.tail) == set()


def test_a_file_that_fits_is_redacted_as_a_whole(tmp_path: Path) -> None:
    file = tmp_path / "log"
    texts = [token.text for token in TOKENS.values()]
    data = " ;\n".join(texts).encode()
    file.write_bytes(data)
    excerpt = capture(file, TextCapturePolicy(redact=True))
    assert excerpt.head == " ;\n".join(token.redacted for token in TOKENS.values())
    assert (excerpt.head_bytes, excerpt.omitted_bytes, excerpt.truncated) == (len(data), 0, False)
    assert_accounted(excerpt, data)


def test_the_secrets_of_the_caller_are_redacted_too(tmp_path: Path) -> None:
    file = tmp_path / "log"
    secret = 'quote"line\nend'
    for form in (secret, json.dumps(secret)[1:-1]):
        data = f"{filler(50)}{form}{filler(50)}".encode()
        file.write_bytes(data)
        for cut in range(len(data)):
            policy = TextCapturePolicy(cut + 3, cut, 3, redact=True, secrets=[secret])
            excerpt = capture(file, policy)
            assert_accounted(excerpt, data)
            assert "quote" not in excerpt.head
            assert "end" not in excerpt.head


def _coloured(secret: str) -> str:
    return "\x1b[0m\x1b[38;2;255;0;128m".join(secret)


SPELT: dict[str, Callable[[str], str]] = {
    "percent": lambda secret: quote(secret, safe=""),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "hex": lambda secret: secret.encode().hex(),
    "numbers of HTML": lambda secret: "".join(f"&#{ord(letter)};" for letter in secret),
    "box": lambda secret: " │\n│ ".join(textwrap.wrap(secret, 5, drop_whitespace=False)),
    "colours": _coloured,
}


@pytest.mark.parametrize("spell", SPELT.values(), ids=SPELT)
def test_a_cut_at_every_place_of_what_spells_a_secret_leaves_nothing_of_it(
    spell: Callable[[str], str], tmp_path: Path
) -> None:
    file = tmp_path / "log"
    secret = "q'Z\"字:Kw<>😀%v"
    before, spelt, after = filler(50).encode(), spell(secret).encode(), filler(50).encode()
    data = before + spelt + after
    file.write_bytes(data)
    for cut in range(len(spelt) + 1):
        head, tail = len(before) + cut, len(after) + len(spelt) - cut
        for policy in (
            TextCapturePolicy(head + 3, head, 3, redact=True, secrets=[secret]),
            TextCapturePolicy(tail + 3, 3, tail, redact=True, secrets=[secret]),
        ):
            excerpt = capture(file, policy)
            assert_accounted(excerpt, data)
            shown = excerpt.head + excerpt.tail
            assert set(PLACEHOLDER.sub("", shown)) <= set(FILLER), cut


@pytest.mark.parametrize("closed", [True, False])
def test_a_private_key_that_the_margin_does_not_close_goes_on_in_the_tail(
    closed: bool, tmp_path: Path
) -> None:
    file = tmp_path / "log"
    key = private_key("", 900)
    key = key if closed else key[: key.index("-----END")]
    assert len(key) > 6 * MARGIN_BYTES
    file.write_text(f"; first\n{key}\n; last\n")
    excerpt = capture(file, TextCapturePolicy(2_000, 100, 1_900, redact=True))
    assert excerpt.head == "; first\n[redacted:private_key]"
    assert excerpt.tail == "[redacted:private_key]" + ("\n; last\n" if closed else "")
    assert_accounted(excerpt, file.read_bytes())


def test_what_looks_like_a_token_in_a_key_is_part_of_the_key(tmp_path: Path) -> None:
    file = tmp_path / "log"
    key = private_key("", 900).replace("\n", f"\n{TOKENS['aws'].text}\n")
    file.write_text(f"; first\n{key}\n; last\n")
    excerpt = capture(file, TextCapturePolicy(2_000, 100, 1_900, redact=True))
    assert excerpt.tail == "[redacted:private_key]\n; last\n"
    assert_accounted(excerpt, file.read_bytes())


@pytest.mark.parametrize("before", ["github p", "gitlab", "jwt"])
def test_a_key_right_behind_a_token_goes_on_in_the_tail(before: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    key = private_key("", 1_200)
    file.write_text(f"{TOKENS[before].text}{key[: key.index('-----END')]}")
    excerpt = capture(file, TextCapturePolicy(1_300, 1_000, 300, redact=True))
    assert excerpt.tail == "[redacted:private_key]"
    assert_accounted(excerpt, file.read_bytes())


def test_a_token_longer_than_the_margin_is_no_key_that_goes_on(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(f"; first Bearer {'aB3' * 30_000}\n; last\n")
    excerpt = capture(file, TextCapturePolicy(100, 92, 8, redact=True))
    assert (excerpt.head, excerpt.tail) == ("; first Bearer [redacted:bearer]", "\n; last\n")


def test_a_token_behind_the_end_of_a_key_is_found_in_the_tail(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(f"; first\n{private_key('', 900)}\n{TOKENS['aws'].text}\n; last\n")
    excerpt = capture(file, TextCapturePolicy(2_000, 100, 1_900, redact=True))
    assert excerpt.tail == "[redacted:private_key]\n[redacted:aws_key_id]\n; last\n"


def test_a_key_that_is_closed_hides_nothing_of_the_tail(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(f"{TOKENS['rsa key'].text}\n{filler(50_000)}; last\n")
    excerpt = capture(file, TextCapturePolicy(2_000, redact=True))
    assert excerpt.head.startswith("[redacted:private_key]")
    assert excerpt.tail.endswith("; last\n")
    assert excerpt.redactions is not None
    assert len(excerpt.redactions) == 1


def test_nothing_is_looked_for_unless_it_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(TOKENS["github p"].text)
    plain = capture_text_artifact(file)
    assert plain.excerpt is not None
    assert plain.excerpt.head == TOKENS["github p"].text
    assert plain.excerpt.redactions is None
    assert "redactions" not in plain.manifest_entry()
    clean = tmp_path / "clean"
    clean.write_text("clean")
    found = capture_text_artifact(clean, TextCapturePolicy(redact=True))
    assert found.excerpt is not None
    assert (found.excerpt.head, found.excerpt.redactions) == ("clean", ())
    assert found.manifest_entry()["redactions"] == []


def test_a_manifest_lists_redactions_as_plain_json(tmp_path: Path) -> None:
    file = tmp_path / "log"
    file.write_text(f"a {TOKENS['aws'].text} b")
    result = capture_text_artifact(file, TextCapturePolicy(redact=True))
    entry = json.loads(json.dumps(result.manifest_entry()))
    assert entry["redactions"] == [
        {
            "path": "/head",
            "rule": "aws_key_id",
            "action": "redacted",
            "start": 2,
            "end": 23,
            "original_length": 20,
        }
    ]
    assert hash(result.excerpt) == hash(result.excerpt)
    binary = tmp_path / "binary"
    binary.write_bytes(b"\0")
    assert (
        "redactions"
        not in capture_text_artifact(binary, TextCapturePolicy(redact=True)).manifest_entry()
    )


LINES = "plain log line of words here\n"


@pytest.mark.parametrize(
    ("before", "between", "after"),
    [
        (LINES * 1_000, "-----BEGIN PRIVATE KEY-----\nMIIabc\n", ""),
        (LINES * 1_000, "-----BEGIN PRIVATE KEY-----\nMIIabc\n", LINES * 3_000),
        (LINES * 1_170, private_key("RSA ", 25), LINES * 3_000),
        (LINES * 1_000, "no -----BEGIN PRIVATE KEY----- line found\n", LINES * 3_000),
        (LINES, "-----BEGIN PRIVATE KEY----- is no line of it\n", LINES * 3_000),
        (LINES * 700 + private_key("RSA ", 25), LINES * 300, "-----BEGIN PRIVATE KEY-----\nMII"),
    ],
    ids=[
        "unclosed in the tail",
        "unclosed and omitted",
        "omitted",
        "mention",
        "mention in the head",
        "another one",
    ],
)
def test_a_key_elsewhere_hides_nothing_of_the_tail(
    before: str, between: str, after: str, tmp_path: Path
) -> None:
    file = tmp_path / "log"
    file.write_text(before + between + after)
    excerpt = capture(file, TextCapturePolicy(redact=True))
    assert_accounted(excerpt, file.read_bytes())
    assert LINES * 100 in excerpt.head
    assert LINES * 100 in excerpt.tail


@pytest.mark.parametrize("codec", ["utf-8", "utf-16-le", "utf-32-le"])
def test_long_secrets_are_seen_whole_beyond_the_cut(codec: str, tmp_path: Path) -> None:
    file = tmp_path / "log"
    caller = "q" + "Zz9;" * 3_000
    for secret in (
        private_key("RSA ", 52),
        private_key("PGP ", 110),
        "Bearer " + "aB3" * 2_000,
        caller,
    ):
        data = BOMS[codec] + f"{LINES * 4_000}{secret}{LINES * 4_000}".encode(codec)
        file.write_bytes(data)
        end = len(BOMS[codec] + f"{LINES * 4_000}{secret}".encode(codec))
        for back in (40, 400, 2_000):
            tail = len(data) - end + back
            secrets = [caller] if secret == caller else []
            policy = TextCapturePolicy(tail + 8, 8, tail, redact=True, secrets=secrets)
            excerpt = capture(file, policy)
            assert excerpt.tail.startswith("[redacted:")
            assert excerpt.tail.endswith(LINES)


LONGEST: dict[str, tuple[str, Callable[[str], str]]] = {
    "percent three times": ("utf-8", lambda secret: quote(quote(quote(secret)))),
    "percent three times, UTF-32": ("utf-32-le", lambda secret: quote(quote(quote(secret)))),
    "colours": ("utf-8", _coloured),
    "narrow column": ("utf-8", lambda secret: f" │\n{' ' * 60}│ ".join(secret)),
}


@pytest.mark.parametrize(("codec", "spell"), LONGEST.values(), ids=LONGEST)
def test_what_spells_a_long_secret_is_seen_whole_beyond_the_cut(
    codec: str, spell: Callable[[str], str], tmp_path: Path
) -> None:
    file = tmp_path / "log"
    secret = "q" + "😀字" * 1_500
    lines, spelt = (LINES * 20_000).encode(codec), spell(secret).encode(codec)
    data = BOMS[codec] + lines + spelt + lines
    file.write_bytes(data)
    tail = len(lines) + 400
    policy = TextCapturePolicy(tail + 8, 8, tail, redact=True, secrets=[secret])
    excerpt = capture(file, policy)
    assert excerpt.tail == f"[redacted:secret]{LINES * 20_000}"
