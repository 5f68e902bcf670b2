"""What a secret looks like within base64 and hex, whatever stands around it."""

from __future__ import annotations

import base64
import itertools
import random

import pytest

from run_artifacts._secrets.encodings import encoded
from run_artifacts._secrets.readings import Reading

SECRETS = ["tillbill", "tillbill-", "tillbill-a", "\xff\xfe\xfbé字😀>>>", "lone \ud800 one"]


def found(secret: str, text: str) -> set[str]:
    """Return the parts of a text that spell a secret."""
    return {
        text[slice(*spelling.extended(Reading(text), start, start + len(spelling.text)))]
        for spelling in encoded(secret)
        if (start := text.find(spelling.text)) >= 0
    }


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_at_each_place_in_base64(secret: str) -> None:
    data = secret.encode("utf-8", "surrogatepass")
    chance = random.Random(7)
    for before, after in itertools.product(range(7), range(7)):
        around = chance.randbytes(before) + data + chance.randbytes(after)
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(around).decode()
            first, end = 8 * before // 6, -(-8 * (before + len(data)) // 6)
            padding = text[end:] if not text[end:].strip("=") else ""
            assert text[first:end] + padding in found(secret, text)


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_in_hex(secret: str) -> None:
    data = secret.encode("utf-8", "surrogatepass")
    for text in (data.hex(), data.hex(":"), data.hex(" ")):
        assert found(secret, f"<{text}>") == {text}
        assert found(secret, f"<{text.upper()}>") == {text.upper()}


@pytest.mark.parametrize("secret", SECRETS)
def test_nothing_is_looked_for_that_may_occur_by_chance(secret: str) -> None:
    assert min(len(spelling.text) for spelling in encoded(secret)) >= 10
    texts = [spelling.text for spelling in encoded(secret)]
    assert len(texts) <= 12


def test_only_what_is_base64_belongs_to_it() -> None:
    text = base64.b64encode(b"+tillbill").decode()
    core = text[2:]
    assert found("tillbill", text) == {text[1:]}
    for before in ("", "\n", "=", "é", " "):
        assert found("tillbill", f"{before}{core}") == {core}
    cut = base64.b64encode(b"tillbill").decode()[:10]
    for behind in ("", "\n", " ", "é"):
        assert found("tillbill", f"{cut}{behind}") == {cut}
    assert found("tillbill", f"{cut}A==;") == {f"{cut}A=="}
