"""The table of formats: each row has an example, and what nearly is one survives."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from run_artifacts._secrets.formats import ALPHABETS, Format, formats, token_rules
from run_artifacts._secrets.redact import Redactor
from run_artifacts._secrets.tokens import TokenFinder
from shapes import EXAMPLES, FORMATS, NEAR_MISSES, SHAPES
from support import redacted
from tokens import PREFIXES, SURVIVORS, Token

_WORDS = ("required", "characteristic", "types", "for", "display", "metadata", "of", "everything")


def _finds(row: Format, token: Token) -> bool:
    """Say whether a row alone finds a token where it begins."""
    finder = TokenFinder(row)
    start = len(token.before)
    ends = (start, start + len(token.secret), row.rule)
    at = token.text.find(row.prefix)
    while at >= 0:
        if ends in finder.find(token.text, at)[0]:
            return True
        at = token.text.find(row.prefix, at + 1)
    return False


def test_each_prefix_of_each_row_has_an_example() -> None:
    tokens = [*EXAMPLES.values()]
    without = [
        (row.rule, row.prefix)
        for row in formats()
        if not any(token.rule == row.rule and _finds(row, token) for token in tokens)
    ]
    assert without == []


def test_each_example_is_of_a_row() -> None:
    rules = {token.rule for token in EXAMPLES.values()}
    assert rules == {*token_rules()}
    assert len(SHAPES) == len(FORMATS) == len(NEAR_MISSES) > 110


@pytest.mark.parametrize("shape", EXAMPLES)
def test_an_example_is_replaced_as_a_whole(shape: str) -> None:
    token = EXAMPLES[shape]
    assert redacted(token.text) == token.redacted
    assert redacted(f"It is {token.text}; and") == f"It is {token.redacted}; and"


@pytest.mark.parametrize("near", NEAR_MISSES.values(), ids=NEAR_MISSES)
def test_what_is_nearly_a_token_survives(near: str) -> None:
    for text in (near, f"a {near} b", f'("{near}")', f"{near};\n{near};"):
        assert redacted(text) == text


@pytest.mark.parametrize("row", formats(), ids=lambda row: f"{row.rule} {row.prefix}")
def test_a_prefix_with_words_is_no_token(row: Format) -> None:
    camel = "".join([_WORDS[0], *map(str.title, _WORDS[1:])])
    bodies = ["", "x", "_".join(_WORDS), "-".join(_WORDS), _WORDS[1]]
    if not row.prefix.endswith("eyJ"):  # which begins a token of the web
        bodies.append(".".join(_WORDS))
    alphabets = [other.alphabet for other in formats() if other.prefix == row.prefix]
    if not any(alphabet.startswith(r"\w") for alphabet in alphabets):  # where a capital is enough
        bodies.append(camel)
    for body in bodies:
        for text in (f"{row.prefix}{body}", f"a {row.prefix}{body} b"):
            assert redacted(text) == text


@pytest.mark.parametrize("name", FORMATS)
def test_a_prefix_in_another_case_or_within_a_word_is_none(name: str) -> None:
    token = FORMATS[name]
    rows = [row for row in formats() if row.rule == token.rule and _finds(row, token)]
    for row in rows:
        if row.prefix.swapcase() != row.prefix and not row.alphabet.startswith(r"\w.-"):
            other = token.text.replace(row.prefix, row.prefix.swapcase(), 1)
            assert f"[redacted:{row.rule}]" not in redacted(other)
        if not row.before_length:
            within = redacted(f"{token.before}word{token.secret}{token.after}")
            assert not within.startswith(f"{token.before}word[redacted:")


@pytest.mark.parametrize("prefix", PREFIXES)
def test_every_documented_prefix_begins_a_token(prefix: str) -> None:
    (alteration,) = Redactor().text(f"a {prefix}{'A1' * 50} b")[1]
    assert (alteration["start"], alteration["original_length"]) == (2, len(prefix) + 100)
    document = (Path(__file__).parents[2] / "docs" / "redaction.md").read_text(encoding="utf-8")
    assert f"`{prefix}`" in document.replace("`pypi-Ag`", "`pypi-`")


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


def test_random_data_in_lines_survives() -> None:
    chance = random.Random(9)
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    lines = ["".join(chance.choices(alphabet, k=76)) for _ in range(10_000)]
    lines += [chance.randbytes(chance.randrange(4, 40)).hex() for _ in range(10_000)]
    text = "\n".join(lines)
    assert Redactor().text(text) == (text, [])


@pytest.mark.parametrize("row", formats(), ids=lambda row: f"{row.rule} {row.prefix}")
def test_a_row_says_what_can_be(row: Format) -> None:
    assert row.alphabet in ALPHABETS.values()
    assert list(row.usuals) == sorted(row.usuals)
    assert row.least <= row.usuals[0]
    assert not (row.is_exact and row.least != row.usuals[0])
    assert (row.before == "") <= (row.before_length == 0)


@pytest.mark.parametrize(
    ("rule", "prefixes"),
    [
        ("github_token", "gho_ ghp_ ghs_ ghu_ ghr_ github_pat_"),
        ("digitalocean_token", "doo_v1_ dop_v1_ dor_v1_"),
        ("stripe_key", "rk_live_ sk_live_ rk_test_ sk_test_ whsec_"),
        ("sonar_token", "sqa_ sqp_ squ_"),
    ],
)
def test_brackets_in_a_prefix_stand_for_each_of_their_characters(rule: str, prefixes: str) -> None:
    found = [row.prefix for row in formats() if row.rule == rule]
    assert [*dict.fromkeys(found)] == prefixes.split()
    assert sum(row.prefix.startswith("xapp-") for row in formats()) == 10
    assert sum(row.rule == "slack_token" for row in formats()) == 10 + 2 * 26
