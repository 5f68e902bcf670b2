"""A caller's own secrets: found as they are or as JSON escapes them, and refused where unusable."""

from __future__ import annotations

import itertools
import json
import random
import re
from typing import Any

import pytest

from run_artifacts import render_failure_text, sanitize_error
from run_artifacts._secrets import caller
from run_artifacts._secrets.caller import _occurrences, checked_secrets
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


SLOW_SECRETS = [
    (["/" * 8], "/", "\\"),
    (["é" * 10], "é", "\\"),
    (["/" * 200 + "x"], "/", "\\"),
    (['"' * 200 + "x"], '\\"', ""),
    (["ab" * 100 + "c"], "ab", "\\n"),
    (["\\" * 9], "\\", ""),
    ([f"secret-{number:09}" for number in range(100)], "[redacted:jwt]", ""),
]


@pytest.mark.parametrize(("secrets", "unit", "end"), SLOW_SECRETS, ids=range(len(SLOW_SECRETS)))
def test_a_callers_secrets_take_time_linear_in_the_text(
    secrets: list[str], unit: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in the characters that are looked at from Python; `str.find` is linear itself."""
    looked_at = []
    for size in (1_000, 8_000):
        made: list[int] = []
        real = caller._Reading

        class Counting(real):  # type: ignore[misc, valid-type]
            def __init__(self, text: str, *more: Any, made: list[int] = made) -> None:
                super().__init__(text, *more)
                made.append(len(text))

        monkeypatch.setattr(caller, "_Reading", Counting)
        Redactor(secrets).spans(unit * (size // len(unit)) + end)
        monkeypatch.setattr(caller, "_Reading", real)
        looked_at.append(sum(made))
    assert 0 < looked_at[1] <= 9 * looked_at[0]
    assert looked_at[1] <= 4 * (8_000 + len(end))


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
