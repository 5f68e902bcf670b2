"""Secrets are found whole, in linear time, and nothing else is."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import _redact, render_failure_text, sanitize_error
from run_artifacts._formats import FORMATS, Format, end_of_key, is_open_key
from run_artifacts._redact import RULES, Redactor, Secret, checked_secrets
from run_artifacts._secret_names import (
    LAST_SECRET_WORDS,
    SECRET_WORDS,
    TELLING_WORDS,
    TOKENS_OF_OTHER_KINDS,
    is_secret_name,
)
from steps import Counted
from tokens import (
    NEARLY,
    PREFIXES,
    SECRET_KEYS,
    SURVIVING_KEYS,
    SURVIVORS,
    TOKENS,
    Token,
    jwt,
    pieces_left,
    private_key,
    some,
)


def redacted(text: str, *secrets: str) -> str:
    return Redactor(secrets).text(text)[0]


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_token_is_replaced_as_a_whole_and_its_label_stays(token: Token) -> None:
    result, alterations = Redactor().text(token.text)
    assert result == token.redacted
    start = len(token.before)
    assert alterations == [
        {
            "rule": token.rule,
            "action": "redacted",
            "start": start,
            "end": start + len(f"[redacted:{token.rule}]"),
            "original_length": len(token.secret),
        }
    ]


BESIDE = {
    "alone": ("", ""),
    "words": ("is ", " now"),
    "sentence": ("It is ", ". More"),
    "quotes": ('"', '"'),
    "brackets": ("(", ")"),
    "assignment": ("TOKEN=", "\n"),
    "call": ("f(key='", "')"),
    "escaped line end": ("a\\n", "\\nb"),
    "escaped quote": ('{"text": "\\"', '\\""}'),
    "unicode escape": ("\\u0022", "\\u0022"),
    "percent": ("%22", "%22"),
    "query": ("?a=", "&b=c"),
    "colours": ("\x1b[31m", "\x1b[0m"),
    "more colours": ("\x1b[38;5;196m\x1b[K", "\x1b[m"),
    "octal escape": ("\\033", "\\033"),
    "quoted printable": ("=3D", "\n"),
    "character set": ("\x1b(B", "\x1b(B"),
    "underscore": ("x_", "\n"),
    "another language": ("é字", "字é"),
    "line separators": ("\u2028", "\u2029"),
}


@pytest.mark.parametrize("beside", BESIDE.values(), ids=BESIDE)
@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_token_is_found_beside_anything(token: Token, beside: tuple[str, str]) -> None:
    before, after = beside
    result = redacted(f"{before}{token.text}{after}")
    assert result.startswith(before + token.before)
    assert f"[redacted:{token.rule}]" in result
    assert pieces_left(result[len(before) :]) == set()
    if not after.startswith("%"):  # which may belong to a token
        assert result == f"{before}{token.redacted}{after}"


def test_a_private_key_that_is_not_closed_goes_on_to_the_end() -> None:
    for kind in ("", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED "):
        key = private_key(kind, 9)
        for end in range(key.index("\n"), key.index("-----END"), 7):
            assert redacted(f"a {key[:end]}") == "a [redacted:private_key]"
        escaped = json.dumps(f"a\n{key}\nb")
        assert redacted(escaped) == '"a\\n[redacted:private_key]\\nb"'


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_documented_prefix_begins_a_token(prefix: str) -> None:
    (alteration,) = Redactor().text(f"a {prefix}{'A1' * 50} b")[1]
    assert (alteration["start"], alteration["original_length"]) == (2, len(prefix) + 100)
    document = (Path(__file__).parent.parent / "docs" / "format.md").read_text(encoding="utf-8")
    assert f"`{prefix.replace('xoxb', 'xox?').replace('xapp-1-', 'xapp-')}`" in document


def test_a_key_of_pgp_is_one() -> None:
    block = (
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{some(64)}\n-----END PGP PRIVATE KEY BLOCK-----"
    )
    assert redacted(f"a {block} b") == "a [redacted:private_key] b"


def test_an_app_level_header_without_credentials_survives() -> None:
    for value in ("null", "none", "nil", "undefined", "None"):
        assert redacted(f"Authorization: Bearer {value}") == f"Authorization: Bearer {value}"
    assert (
        redacted("Authorization: Bearer a!b*c@d^e|f") == "Authorization: Bearer [redacted:bearer]"
    )
    assert redacted("Authorization:\tBasic\tdTpwYXNz") == "Authorization:\tBasic\t[redacted:basic]"


@pytest.mark.parametrize("text", SURVIVORS.values(), ids=SURVIVORS)
def test_what_is_no_secret_survives(text: str) -> None:
    assert Redactor().text(text) == (text, [])
    assert Redactor().text(f"{text} {text}\n{text}") == (f"{text} {text}\n{text}", [])


def test_random_data_survives() -> None:
    chance = random.Random(7)
    base64_text = "".join(chance.choices("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                         "0123456789+/", k=2_000_000))  # fmt: skip
    assert Redactor().text(base64_text) == (base64_text, [])
    hexadecimal = " ".join(chance.randbytes(20).hex() for _ in range(20_000))
    assert Redactor().text(hexadecimal) == (hexadecimal, [])


@pytest.mark.parametrize("key", SURVIVING_KEYS)
def test_a_name_that_is_no_secret_survives(key: str) -> None:
    assert not is_secret_name(key)
    assert sanitize_error({key: "till-7"}) == {key: "till-7"}


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_what_stands_under_the_name_of_a_secret_is_replaced(key: str) -> None:
    assert is_secret_name(key)
    for value, length in (("till-7", 6), (["a", {"b": 1}], 2), ({"c": "d"}, 1), (b"till", 4)):
        result = sanitize_error({"env": {key: value, "other": "x"}})
        assert result is not None
        assert result["env"] == {key: "[redacted:key_name]", "other": "x"}
        (remark,) = result["_remarks"]
        pointer = f"/env/{key.replace('~', '~0').replace('/', '~1')}"
        assert remark == {
            "path": pointer,
            "rule": "key_name",
            "action": "redacted",
            "start": 0,
            "end": len("[redacted:key_name]"),
            "original_length": length,
        }
        assert sanitize_error(result) == result
        assert "till-7" not in render_failure_text({key: value})


@pytest.mark.parametrize("value", [5, 1.5, True, False, None, 2**70, "", [], {}])
def test_numbers_booleans_null_and_nothing_stay_under_any_name(value: object) -> None:
    assert sanitize_error({"password": value}) == {"password": value}


def test_every_word_of_the_lists_counts() -> None:
    for words in SECRET_WORDS:
        for key in (words.replace(" ", "_"), words.title().replace(" ", ""), f"my-{words}"):
            assert is_secret_name(key), key
    for word in LAST_SECRET_WORDS:
        assert is_secret_name(f"x_{word}")
        assert not is_secret_name(f"{word}_x")
    for word in TELLING_WORDS:
        assert not is_secret_name(f"password_{word}")
    for word in TOKENS_OF_OTHER_KINDS:
        assert not is_secret_name(f"{word}_token")


def test_nothing_is_redacted_where_that_is_asked_for() -> None:
    error = {"password": "till-7", "message": TOKENS["github p"].text}
    assert sanitize_error(error, redact=False) == error
    text = render_failure_text(error, redact=False, secrets=["till-7-or-more"])
    assert TOKENS["github p"].secret in text
    assert "till-7" in text


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
    assert list(Secret("abababab").places("x" + "ab" * 1_000)) == [(1, 2_001)]
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


@pytest.mark.parametrize("before", ["", "\\", "\\\\", "\\\\\\", "é", "\\u00e9", "\\n"])
@pytest.mark.parametrize("secret", [*ESCAPED, "\\back-first", "é-first\\é"])
def test_what_stands_before_an_escaped_secret_hides_nothing_of_it(secret: str, before: str) -> None:
    if len(before) % 2 and before.endswith("\\") and "-first" in secret:
        pytest.skip("a backslash that isn't escaped before one that is: best effort")
    escaped = json.dumps(secret)[1:-1]
    found = redacted(f"{before}{escaped}-after", secret)
    assert found == f"{before}[redacted:secret]-after"


def test_a_period_is_the_least_by_which_a_text_matches_itself() -> None:
    chance = random.Random(9)
    for _ in range(2_000):
        text = "".join(chance.choices("ab", k=chance.randrange(1, 14)))
        moves = range(1, len(text) + 1)
        assert _redact._period(text) == next(n for n in moves if text.startswith(text[n:]))


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
        real = _redact._Reading

        class Counting(real):  # type: ignore[misc, valid-type]
            def __init__(self, text: str, *more: Any, made: list[int] = made) -> None:
                super().__init__(text, *more)
                made.append(len(text))

        monkeypatch.setattr(_redact, "_Reading", Counting)
        Redactor(secrets).spans(unit * (size // len(unit)) + end)
        monkeypatch.setattr(_redact, "_Reading", real)
        looked_at.append(sum(made))
    assert 0 < looked_at[1] <= 9 * looked_at[0]
    assert looked_at[1] <= 4 * (8_000 + len(end))


def test_a_secret_of_what_stands_for_placeholders_is_found_beside_them_alone() -> None:
    text = "[redacted:jwt] [redacted:basic]"
    assert redacted(text, "\0" * 9) == text
    assert redacted("x" + "\0" * 9 + "x", "\0" * 9) == "x[redacted:secret]x"


def test_a_name_is_what_stands_in_the_result() -> None:
    secret = "till-bill"
    for key, name, hidden in (
        (secret, "[redacted:secret]", False),
        (f"{secret}password", "[redacted:secret]password", True),
    ):
        result = sanitize_error({key: "open"}, secrets=[secret])
        assert result is not None
        assert result[name] == ("[redacted:key_name]" if hidden else "open")
        assert sanitize_error(result, secrets=[secret]) == result


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


def test_secrets_beside_each_other_leave_nothing() -> None:
    # A word right behind one of these is the end of it, and no label of the next.
    unclear = ("bearer, short", "bearer, letters", "bearer in a query")
    tokens = [token for name, token in TOKENS.items() if name not in unclear]
    chance = random.Random(8)
    for _ in range(300):
        picked = chance.choices(tokens, k=3)
        separator = chance.choice([" ", ",", ".", "-", "_", "=", "\n", "/", "@"])
        text = separator.join(token.text for token in picked)
        result, alterations = Redactor().text(text)
        for token in picked:
            for at in range(len(token.secret) - 8):
                assert token.secret[at : at + 8] not in result or token.rule == "url_userinfo"
        assert [result[found["start"] : found["end"]] for found in alterations] == re.findall(
            r"\[redacted:[a-z_]+\]", result
        )
        assert Redactor().text(result) == (result, [])


def test_a_token_right_behind_a_secret_is_found() -> None:
    token = TOKENS["github p"]
    assert redacted(f"tillbill{token.text}", "tillbill") == f"[redacted:secret]{token.redacted}"
    aws = TOKENS["aws"]
    expected = f"[redacted:secret]{aws.redacted}[redacted:secret]"
    assert redacted(f"tillbill{aws.text}tillbill", "tillbill") == expected


def test_placeholders_are_no_secrets_and_hide_none() -> None:
    for rule in RULES:
        text = f"Bearer [redacted:{rule}] https://[redacted:{rule}]@host [redacted:{rule}]"
        assert Redactor(["redacted:bearer", "[redacted"]).text(text) == (text, [])
        error = {"password": f"[redacted:{rule}]"}
        assert sanitize_error(error) == error
    assert redacted("[redacted:tillbillkill]", "tillbillkill") == "[redacted:[redacted:secret]]"
    hidden = sanitize_error({"password": "[redacted:till]"})
    assert hidden is not None
    assert hidden["password"] == "[redacted:key_name]"


def test_what_is_left_between_placeholders_is_no_secret() -> None:
    text = "https://user:[redacted:secret]@host"
    assert Redactor().text(text) == (text, [])


def test_a_key_is_open_or_closed_where_it_ends() -> None:
    key = private_key("RSA ", 3)
    assert not is_open_key(key, 0, len(key))
    assert not is_open_key(f"{key}\n", 0, len(key))
    for missing in range(1, 60):
        assert is_open_key(key[:-missing], 0, len(key) - missing)
    closing = key[key.index("\n") :]
    assert end_of_key(f"{closing} more {key}") == len(closing)
    assert end_of_key(f"no end\n{key} more") == len(f"no end\n{key} more")
    assert end_of_key("neither") == len("neither")


def test_an_app_token_has_about_the_length_that_its_issuer_announced() -> None:
    assert 500 < len(TOKENS["github app"].secret) < 540
    assert redacted(f"x ghs_app-name_{jwt(200, 90)} y") == "x [redacted:github_token] y"


# Which of the texts that nearly match have anything to do with a format.
def hostile_to(found: Format) -> list[str]:
    return [
        unit
        for unit in NEARLY
        if any(
            hint in unit.lower() * 2 or hint.startswith(unit[:2].lower()) for hint in found.hints
        )
    ] + ["a@", "- "]


@pytest.mark.parametrize("found", FORMATS, ids=[found.rule for found in FORMATS])
def test_steps_grow_as_the_text_does(found: Format) -> None:
    for unit in hostile_to(found):
        steps = []
        for size in (150, 300, 600):
            counted = Counted(found.pattern)
            text = (unit * size)[:size]
            spans = counted.spans(text)
            expected = [match.span(match.lastindex or 0) for match in found.pattern.finditer(text)]
            assert spans == expected, unit
            steps.append(counted.steps)
        assert steps[2] - steps[1] < 2.5 * (steps[1] - steps[0]) + 600, (unit, steps)


def test_the_step_counter_sees_a_pattern_that_is_not_linear() -> None:
    for pattern, unit in ((r"sk-[\w-]*T3", "sk-"), (r"eyJ[\w-]+\.eyJ", "eyJ-"), ("a*a*b", "a")):
        steps = []
        for size in (40, 80, 160):
            counted = Counted(re.compile(pattern, re.ASCII))
            assert counted.spans((unit * size)[:size]) == []
            steps.append(counted.steps)
        assert steps[2] - steps[1] > 3.5 * (steps[1] - steps[0]), (unit, steps)


@pytest.mark.parametrize("unit", NEARLY)
def test_a_search_takes_a_few_rounds_whatever_the_text(
    unit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    rounds = 0
    real = _redact._in_formats

    def counting(text: str) -> list[_redact.Span]:
        nonlocal rounds
        rounds += 1
        return real(text)

    monkeypatch.setattr(_redact, "_in_formats", counting)
    for text in (unit * 2_000, f"tillbill{unit}" * 500, f"{some(9)} {unit}x{unit}" * 500):
        rounds = 0
        Redactor(["tillbill"]).text(text)
        assert rounds <= 3
