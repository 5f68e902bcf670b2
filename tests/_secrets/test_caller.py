"""A caller's own secrets: found however a text spells them, and refused where unusable."""

from __future__ import annotations

import base64
import html
import itertools
import json
import random
import re
import textwrap
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from run_artifacts import render_failure_text, sanitize_error
from run_artifacts._secrets import caller
from run_artifacts._secrets.caller import _occurrences, checked_secrets
from run_artifacts._secrets.readings import Reading, Rewritten
from run_artifacts._secrets.redact import Redactor
from support import redacted


def test_a_callers_secrets_are_found_longest_first() -> None:
    assert (
        redacted("a tillbill-and-more b", "tillbill", "tillbill-and-more")
        == "a [redacted:secret] b"
    )
    assert redacted("tillbilltillbill", "tillbill") == "[redacted:secret]" * 2
    assert redacted("xabababababx", "abababab") == "x[redacted:secret]x"
    assert redacted("abcdefghij", "abcdefgh", "cdefghij") == "[redacted:secret]"
    # Where it overlaps itself, nothing of the second one stays.
    assert redacted("aaaaXaaaaaaaXaaaa", "aaaaXaaaa") == "[redacted:secret]"
    quoted = json.dumps('aaaa"aaaaaaa"aaaa')
    assert redacted(quoted, 'aaaa"aaaa') == '"[redacted:secret]"'
    assert list(_occurrences("abababab", "x" + "ab" * 1_000)) == [(1, 2_001)]
    assert checked_secrets(["tillbill", "bill-and-more", "tillbill"]) == (
        "bill-and-more",
        "tillbill",
    )
    long = "ab" * 500 + "c"
    assert redacted(f"<{'ab' * 700}c>", long) == f"<{'ab' * 200}[redacted:secret]>"


ESCAPED = [
    'quote"back\\slash',
    "slash/plus+and&less<",
    "line\nend\ttab\r\n",
    "naïve 字 secret",
    "smile 😀😀😀!",
    "\x01\x02\x03\x7fdel-\x1b[1m",
]


@pytest.mark.parametrize("secret", ESCAPED)
def test_a_callers_secret_is_found_as_json_escapes_it(secret: str) -> None:
    ascii_only = json.dumps(secret)[1:-1]
    forms = {
        secret,
        ascii_only,
        json.dumps(secret, ensure_ascii=False)[1:-1],
        ascii_only.replace("/", "\\/"),
        re.sub(r"\\u(....)", lambda escape: "\\u" + escape[1].upper(), ascii_only),
        re.sub(r"[+&<]", lambda character: f"\\u00{ord(character[0]):02X}", ascii_only),
    }
    assert len(forms) > 1
    for form in forms:
        assert redacted(f"<{form}>", secret) == "<[redacted:secret]>", form
        assert json.loads(json.dumps(redacted(f'"{form}"', secret))) == '"[redacted:secret]"'


def test_a_callers_secret_is_found_with_other_line_ends_and_without_lone_surrogates() -> None:
    unix, windows = "line one\nline two", "line one\r\nline two"
    for secret, text in ((unix, windows), (windows, unix)):
        for form in (text, json.dumps(text)[1:-1]):
            assert redacted(f"<{form}>", secret) == "<[redacted:secret]>"
    for secret in ("till\ud800bill", "till\ufffdbill"):
        result = sanitize_error({"m": "a till\ud800bill b"}, secrets=[secret])
        assert result is not None
        assert result["m"] == "a [redacted:secret] b"
        assert sanitize_error(result, secrets=[secret]) == result


@pytest.mark.parametrize("before", ["", "\\\\", "é", "\\u00e9", "\\n"])
@pytest.mark.parametrize("secret", [*ESCAPED, "\\back-first", "é-first\\é"])
def test_what_stands_before_an_escaped_secret_hides_nothing_of_it(secret: str, before: str) -> None:
    escaped = json.dumps(secret)[1:-1]
    found = redacted(f"{before}{escaped}-after", secret)
    # A backslash before one that is escaped may be that of an escape that is escaped itself.
    hidden_too = ["[redacted:secret]-after"] * (before == "\\\\" and secret[0] == "\\")
    assert found in [f"{before}[redacted:secret]-after", *hidden_too]


def test_a_secret_that_overlaps_itself_is_found_to_its_end() -> None:
    chance = random.Random(9)
    for _ in range(2_000):
        secret = "".join(chance.choices("ab", k=chance.randrange(1, 6)))
        text = "".join(chance.choices("ab", k=chance.randrange(40)))
        hidden = {
            at + offset
            for at in range(len(text))
            if text.startswith(secret, at)
            for offset in range(len(secret))
        }
        spans = list(_occurrences(secret, text))
        assert hidden == {at for start, end in spans for at in range(start, end)}
        assert all(before[1] <= after[0] for before, after in itertools.pairwise(spans))


def _escaped_bytes(secret: str) -> str:
    return "".join(f"\\x{byte:02x}" for byte in secret.encode())


def _percent(secret: str) -> str:
    return "".join(f"%{byte:02X}" for byte in secret.encode())


def _json(secret: str) -> str:
    return json.dumps(secret)[1:-1]


SPELLINGS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": _json,
    "JSON twice": lambda secret: _json(_json(secret)),
    "JSON in a query": lambda secret: quote(_json(secret)),
    "JSON in a query in JSON": lambda secret: _json(quote(_json(secret), safe='"')),
    "JSON in HTML": lambda secret: html.escape(_json(secret)),
    "HTML in JSON": lambda secret: _json(html.escape(secret)),
    "HTML in JSON without HTML": lambda secret: _json(html.escape(secret)).replace("&", "\\u0026"),
    "a query in HTML": lambda secret: html.escape(quote(secret, safe="&'")),
    "percent": lambda secret: quote(secret, safe=""),
    "percent, lower case": lambda secret: _percent(secret).lower(),
    "percent, each character": _percent,
    "percent, every second": lambda secret: "".join(
        _percent(letter) if index % 2 or letter in "%&+\\" else letter
        for index, letter in enumerate(secret)
    ),
    "percent twice": lambda secret: quote(quote(secret, safe=""), safe=""),
    "percent three times": lambda secret: quote(quote(quote(secret, safe=""), safe=""), safe=""),
    "a form": quote_plus,
    "a form in a query": lambda secret: quote(quote_plus(secret)),
    "HTML": html.escape,
    "HTML twice": lambda secret: html.escape(html.escape(secret)),
    "HTML, decimal": lambda secret: "".join(f"&#{ord(letter)};" for letter in secret),
    "HTML, padded": lambda secret: "".join(f"&#{ord(letter):07};" for letter in secret),
    "HTML, hex": lambda secret: "".join(f"&#x{ord(letter):x};" for letter in secret),
    "HTML, upper case hex": lambda secret: "".join(f"&#X{ord(letter):X};" for letter in secret),
    "repr": lambda secret: repr(secret)[1:-1],
    "repr in JSON": lambda secret: _json(repr(secret)[1:-1]),
    "ascii": lambda secret: ascii(secret)[1:-1],
    "repr of bytes": lambda secret: repr(secret.encode())[2:-1],
    "bytes of C": _escaped_bytes,
    "bytes of C in JSON": lambda secret: _json(_escaped_bytes(secret)),
    "hex": lambda secret: secret.encode().hex(),
    "hex, upper case": lambda secret: secret.encode().hex().upper(),
    "hex, colons": lambda secret: secret.encode().hex(":"),
    "hex, blanks": lambda secret: secret.encode().hex(" ").upper(),
    "base64": lambda secret: base64.b64encode(secret.encode()).decode(),
    "base64, URL-safe": lambda secret: base64.urlsafe_b64encode(secret.encode()).decode(),
    "base64, no padding": lambda secret: base64.b64encode(secret.encode()).decode().rstrip("="),
    "base64 in a query": lambda secret: quote(base64.b64encode(secret.encode()), safe=""),
    "base64 in JSON": lambda secret: base64.b64encode(secret.encode()).decode().replace("/", "\\/"),
}

SECRETS = [
    "tillbill-and-more",
    "till\"bill'and\"more'x",
    "till\\bill\\\\and\\nor",
    "tillbill\\",
    "correct horse battery staple",
    "naïve-字-secret-é",
    "smile-😀😀\u200d😀!-x",
    "a+b/c=d&e?f#g%h<i>j",
    "line one\nline two\tend",
    "till%41bill&amp;x\\u0041y",
    "\xff\xfe\xfb\xef???>>>~~~",
]

AROUND = [
    ("", ""),
    ("<", ">"),
    ("?key=", "&next=1"),
    ('{"m": "', '"}'),
    ("one\n  two ", " \n three\n"),
    ("é😀 ", " 字"),
    ("\x1b[31m", "\x1b[0m"),
]


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_a_secret_is_found_however_it_is_spelt(spell: Callable[[str], str]) -> None:
    for secret, (before, after) in itertools.product(SECRETS, AROUND):
        text = f"{before}{spell(secret)}{after}"
        assert redacted(text, secret) == f"{before}[redacted:secret]{after}", text


@pytest.mark.parametrize("spell", SPELLINGS.values(), ids=SPELLINGS)
def test_what_is_nearly_a_secret_stays(spell: Callable[[str], str]) -> None:
    for secret in SECRETS:
        redactor = Redactor([secret])
        for at, letter in enumerate(secret):
            other = chr(ord(letter) ^ 0x13) if letter < "\x80" else "\xb6"
            text = f"<{spell(secret[:at] + other + secret[at + 1 :])}\n>"
            assert redactor.spans(text) == [], text


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_within_base64_is_found_to_the_characters_that_it_shares(secret: str) -> None:
    data = secret.encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before, after in itertools.product(range(1, 7), range(7)):
            text = encode(b"\xa5" * before + data + b"\xa5" * after).decode()
            end = -(-8 * (before + len(data)) // 6)
            rest = text[end:].lstrip("=")
            expected = f"{text[: 8 * before // 6]}[redacted:secret]{rest}"
            assert redacted(f"<{text}>", secret) == f"<{expected}>"


WRAPS = {
    "line": "\n",
    "line of Windows": "\r\n",
    "indent": "\n      ",
    "tab": "\n\t",
    "blanks before it": "   \n",
    "box": " │\n│ ",
    "heavy box": "   ┃\r\n┃   ",
    "box of ASCII": " |\n| ",
    "backslash": "\\\n",
    "backslash and indent": " \\\n    ",
    "backslash in a box": "\\ ║\n║ ",
    "empty line": "\n\n",
    "colour": "\x1b[0m\n\x1b[1;31m",
    "coloured box": "\x1b[0m \x1b[34m│\x1b[0m\n\x1b[34m│\x1b[0m ",
    "link": "\x1b]8;;https://host/\x1b\\",
    "title": "\x1b]0;title\x07",
    "character set": "\x1b(B\x1b[m",
    "cursor": "\x9b2K\x1b[1G",
    "invisible": "\u200b",
    "word joiners": "\u2060\ufeff\xad\ufe0f\u200d",
    "tag": "\U000e0041",
}


@pytest.mark.parametrize("wrap", WRAPS.values(), ids=WRAPS)
def test_a_secret_that_is_interrupted_anywhere_is_found(wrap: str) -> None:
    spells = (str, _json, html.escape, SPELLINGS["percent"], SPELLINGS["base64"])
    for secret, spell in itertools.product(SECRETS, spells):
        redactor = Redactor([secret])
        spelt = spell(secret)
        for at in range(1, len(spelt)):
            text = f"<{spelt[:at]}{wrap}{spelt[at:]}>"
            if wrap[0] == "\\" and spelt[:at].endswith("\\"):
                continue  # two backslashes may be one of the secret, or both of the wrap
            assert redactor.spans(text) == [(1, len(text) - 1, "secret")], text
        if spell is str and "\\" not in spelt:
            assert redactor.text(f"<{wrap.join(spelt)}>")[0] == "<[redacted:secret]>"


@pytest.mark.parametrize("wrap", ["\\n", "\\r\\n  ", "\\u001b[0m", "\\u200b", "%0A%20", "&#10;"])
def test_an_interruption_may_be_escaped(wrap: str) -> None:
    for secret in ("tillbill-and-more", 'till"bill é more'):
        for at in range(1, len(secret)):
            text = f'"{_json(secret[:at])}{wrap}{_json(secret[at:])}"'
            assert redacted(text, secret) == '"[redacted:secret]"', text


@pytest.mark.parametrize("width", range(7, 28))
def test_words_that_are_wrapped_between_them_are_found(width: int) -> None:
    secret = "correct horse battery staple"
    lines = textwrap.wrap(secret, width)
    box = "".join(f"│ {line:{width}} │\n" for line in lines)
    assert redacted(box, secret).split() == ["│", "[redacted:secret]", "│"]


def test_base64_in_lines_is_found() -> None:
    chance = random.Random(3)
    for secret in SECRETS:
        for before in range(50, 60):
            data = chance.randbytes(before) + secret.encode() + chance.randbytes(80)
            lines = base64.encodebytes(data).decode()
            for text in (lines, _json(lines), lines.replace("\n", "\r\n    "), quote(lines)):
                shown = redacted(text, secret)
                assert shown.count("[redacted:secret]") == 1
                whole = SPELLINGS["base64"]("\0" * (before % 3) + secret)[4:-4]
                pieces = {whole[at : at + 8] for at in range(len(whole) - 8)}
                assert not any(piece in shown for piece in pieces)


def test_a_secret_too_short_without_what_interrupts_is_found_as_it_is_alone() -> None:
    assert redacted("<a \n b>, <a b c d>", "a b c d ") == "<a \n b>, <a b c d>"
    assert redacted("<a b c d >\n<abcd>", "a b c d ") == "<[redacted:secret]>\n<abcd>"


def test_a_secret_is_found_without_the_line_end_of_its_file() -> None:
    key = "-----BEGIN-----\ntillbill\n-----END-----\n"
    assert redacted(f"<{key[:-1]}>", key) == "<[redacted:secret]>"
    assert redacted("<tillbill>", "tillbill\r\n") == "<[redacted:secret]>"
    indented = textwrap.indent(key, "    ")
    assert redacted(f"key: |\n{indented}", key) == "key: |\n    [redacted:secret]\n"


def test_a_secret_that_looks_like_an_escape_is_found_as_what_it_stands_for() -> None:
    assert redacted("<p@ss/word>, <p@ss%2fword>", "p%40ss%2Fword") == (
        "<[redacted:secret]>, <[redacted:secret]>"
    )


def test_a_backslash_before_a_secret_hides_nothing_of_it() -> None:
    for spell in (str, SPELLINGS["percent"], SPELLINGS["percent twice"], html.escape):
        text = f"DOMAIN\\{spell('new and <old>')}"
        assert redacted(text, "new and <old>") == "DOMAIN\\[redacted:secret]"


@pytest.mark.parametrize("secret", ["|till|bill|", " till bill ", "\\till\\bill\\"])
def test_the_end_of_a_line_is_no_wrap_if_a_secret_begins_or_ends_there(secret: str) -> None:
    for gap in ("\x1b[0m", "\u200b"):
        for at in range(1, len(secret)):
            text = f"one\n{secret[:at]}{gap}{secret[at:]}\ntwo"
            assert redacted(text, secret) == "one\n[redacted:secret]\ntwo", text


@pytest.mark.parametrize(
    "unit", ["\u200b", " ", "\n", "\\", "|", "\x1b[0m", "&#x20;", "%25", "\xad "]
)
def test_a_secret_of_nothing_but_interruptions_is_found_as_it_is(unit: str) -> None:
    secret = unit * 9
    assert redacted(f"<{secret}>", secret) == "<[redacted:secret]>"
    assert redacted("one\n two | \x1b[0m\u200bthree", secret) == "one\n two | \x1b[0m\u200bthree"


SPANNED = {
    "lone surrogates": ("\ud800" * 9, "a\ud800\udc00%F0" + "\ud800" * 9 + "\\ud800"),
    "NULs": ("\0" * 9, "&#0;%00\0" + "\0" * 9),
    "no characters": ("tillbill", "&#99999999;&#x110000;%C0%80%FF\\U00110000\\xff\\ud800"),
    "no ends": ("tillbill", "\x1b]0;title \x1b[ \x1b \\u12 %4 &#; &# \\x \\"),
}


@pytest.mark.parametrize(("secret", "text"), SPANNED.values(), ids=SPANNED)
def test_nothing_is_raised_for_what_stands_for_no_character(secret: str, text: str) -> None:
    for size in (1, 2, 3):
        found = [*caller.CallerSecrets([secret]).spans(text * size)]
        assert all(0 <= start < end <= len(text) * size for start, end in found)
        assert bool(found) is (secret in text)


SLOW_SECRETS = [
    (["/" * 8], "/", "\\"),
    (["é" * 10], "é", "\\"),
    (["/" * 200 + "x"], "/", "\\"),
    (['"' * 200 + "x"], '\\"', ""),
    (["ab" * 100 + "c"], "ab", "\\n"),
    (["\\" * 9], "\\", ""),
    ([f"secret-{number:09}" for number in range(100)], "[redacted:jwt]", ""),
    (["till bill"], "\\u005c", ""),
    (["till bill"], "\\\\u005c", "\n"),
    (["till bill"], "25", "%"),
    (["till bill"], "%25", ""),
    (["till bill"], "amp;", "&"),
    (["till bill"], "&amp;", ""),
    (["till bill"], "\n", ""),
    (["till bill"], "\\\n", ""),
    (["till bill"], " │\n", ""),
    (["till bill"], "\\n", ""),
    (["till bill"], "\x1b[", ""),
    (["till bill"], "\x1b]", ""),
    (["till bill"], "\x1b[0m", ""),
    (["till bill"], "a\u200b", ""),
    (["A" * 8], "QUFB", ""),
    (["till bill"], "till\n bill", ""),
]


@pytest.mark.parametrize(("secrets", "unit", "end"), SLOW_SECRETS, ids=range(len(SLOW_SECRETS)))
def test_a_callers_secrets_take_time_linear_in_the_text(
    secrets: list[str], unit: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in the characters of the readings and pieces, each of which is made in one pass."""
    made: list[int] = []
    real, real_pieces = Reading.__init__, Rewritten.span

    def making(reading: Reading, text: str) -> None:
        made.append(len(text))
        real(reading, text)

    def spanning(reading: Rewritten, start: int, end: int) -> tuple[int, int]:
        made.append(1 if reading._ends else len(reading._spelt.text))
        return real_pieces(reading, start, end)

    monkeypatch.setattr(Reading, "__init__", making)
    monkeypatch.setattr(Rewritten, "span", spanning)
    looked_at = []
    redactor = Redactor(secrets)
    for size in (1_000, 8_000):
        made.clear()
        redactor.spans(end + unit * (size // len(unit)) + end)
        looked_at.append(sum(made))
    assert 0 < looked_at[1] <= 9 * looked_at[0]
    assert looked_at[1] <= 40 * 8_000


def test_a_text_without_what_a_reading_changes_is_read_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    made: list[str] = []
    real = Reading.__init__

    def making(reading: Reading, text: str) -> None:
        made.append(text)
        real(reading, text)

    redactor = Redactor(["till bill"])
    monkeypatch.setattr(Reading, "__init__", making)
    assert [*redactor._secrets.spans("plain text, nothing else")] == []
    assert made == ["plain text, nothing else"]
    made.clear()
    assert Redactor().spans("a\n%41&amp;\\n\x1b[0m") == []
    # Without what a terminal doesn't show, as tokens are looked for, and nothing else decoded.
    assert {*made} == {"a\n%41&amp;\\n\x1b[0m", "a\n%41&amp;\\n"}


class Lying(str):
    """A text that says of itself what isn't so."""

    __slots__ = ()

    def replace(self, *_: object) -> str:  # type: ignore[override]
        raise RuntimeError

    encode = strip = __len__ = replace  # type: ignore[assignment]


def test_a_text_of_a_class_of_theirs_is_taken_for_what_it_is() -> None:
    assert redacted("a tillbill b", Lying("tillbill")) == "a [redacted:secret] b"


def test_unusable_secrets_are_refused_without_naming_them() -> None:
    for secrets, error, message in (
        (["long enough", "short"], ValueError, r"secrets\[1\] has 5 characters, and 8 are"),
        ([""], ValueError, r"secrets\[0\] has 0 characters"),
        ("a single text", TypeError, "secrets must be a list of str, not str"),
        (b"a single text", TypeError, "secrets must be a list of str, not bytes"),
        (5, TypeError, "secrets must be a list of str, not int"),
        (None, TypeError, "secrets must be a list of str, not NoneType"),
        ([5], TypeError, r"secrets\[0\] must be str, not int"),
    ):
        for call in (sanitize_error, render_failure_text):
            with pytest.raises(error, match=message) as refused:
                call({}, secrets=secrets)
            assert "short" not in str(refused.value).removesuffix("shorter ones occur by chance")
