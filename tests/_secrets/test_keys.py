"""Private keys: hidden from their first line to their last, or to the end."""

from __future__ import annotations

import json

import pytest

from run_artifacts._secrets.keys import end_of_key, is_unclosed_key
from support import redacted
from tokens import BASE64, private_key, some

KINDS = ["", "RSA ", "EC ", "OPENSSH ", "ENCRYPTED ", "PGP "]


@pytest.mark.parametrize("kind", KINDS)
def test_a_private_key_that_is_not_closed_goes_on_to_the_end(kind: str) -> None:
    key = private_key(kind, 9)
    for end in range(key.index("\n"), key.index("-----END"), 7):
        assert redacted(f"a {key[:end]}") == "a [redacted:private_key]"
    escaped = json.dumps(f"a\n{key}\nb")
    assert redacted(escaped) == '"a\\n[redacted:private_key]\\nb"'
    assert redacted(json.dumps(escaped)) == json.dumps('"a\\n[redacted:private_key]\\nb"')


def test_a_key_of_pgp_is_one() -> None:
    block = (
        f"-----BEGIN PGP PRIVATE KEY BLOCK-----\n\n{some(64)}\n-----END PGP PRIVATE KEY BLOCK-----"
    )
    assert redacted(f"a {block} b") == "a [redacted:private_key] b"


def test_two_keys_are_two() -> None:
    key = private_key("RSA ", 3)
    hidden = "[redacted:private_key]"
    assert redacted(f"{key}\n{key};") == f"{hidden}\n{hidden};"


def _putty(lines: int) -> tuple[str, str, str]:
    """Return a key of PuTTY's: what is public, the private lines, and what follows."""
    public = f"PuTTY-User-Key-File-3: ssh-ed25519\nPublic-Lines: 1\n{some(64, BASE64)}\n"
    private = "\n".join(some(64, BASE64) for _ in range(lines))
    return f"{public}Private-Lines: {lines}\n", private, f"\nPrivate-MAC: {some(64, '0123456789')}"


@pytest.mark.parametrize("lines", [1, 2, 14])
def test_the_private_lines_of_putty_are_hidden_and_the_public_ones_stay(lines: int) -> None:
    before, private, after = _putty(lines)
    assert redacted(before + private + after) == f"{before}[redacted:private_key]{after}"
    text, hidden = before + private + after, f"{before}[redacted:private_key]{after}"
    assert redacted(json.dumps(text)) == json.dumps(hidden)
    assert redacted(text.replace("\n", "\r\n")) == hidden.replace("\n", "\r\n")


MENTIONS = [
    "-----BEGIN PRIVATE KEY----- begins a key",
    "no -----BEGIN RSA PRIVATE KEY----- line found\nin it",
    'if "-----BEGIN PRIVATE KEY-----" in text:\n    return text',
    "-----BEGIN PUBLIC KEY-----\nMIIB\n-----END PUBLIC KEY-----",
    "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----",
    "-----BEGIN",
    "Private-Lines: 8",
    "Public-Lines: 1\nAAAA",
]


@pytest.mark.parametrize("text", MENTIONS)
def test_what_speaks_of_a_key_is_none(text: str) -> None:
    assert redacted(text) == text


def test_a_key_is_open_or_closed_where_it_ends() -> None:
    key = private_key("RSA ", 3)
    assert not is_unclosed_key(key, 0, len(key))
    assert not is_unclosed_key(f"{key}\n", 0, len(key))
    for missing in range(1, 60):
        assert is_unclosed_key(key[:-missing], 0, len(key) - missing)
    closing = key[key.index("\n") :]
    assert end_of_key(f"{closing} more {key}") == len(closing)
    assert end_of_key(f"no end\n{key} more") == len(f"no end\n{key} more")
    assert end_of_key("neither") == len("neither")
