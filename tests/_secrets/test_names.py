"""The names of secrets: by whole words, whatever separates them, and what kind each says."""

from __future__ import annotations

import re

import pytest

from run_artifacts._secrets import names
from run_artifacts._secrets.names import is_secret_name, secret_kind


def spelt(words: str) -> tuple[str, ...]:
    return words.replace(" ", "_"), words.title().replace(" ", ""), f"my-{words}"


def test_every_word_of_the_lists_counts() -> None:
    for words in names.SECRET_WORDS | names.PASSWORD_WORDS | names.LAST_SECRET_WORDS:
        assert [key for key in spelt(words) if not is_secret_name(key)] == []
    for word in names.MIDDLE_SECRET_WORDS:
        assert is_secret_name(word)
        assert is_secret_name(f"{word}_prod")
        assert is_secret_name(f"NPM_{word.upper()}_OF_CI")
        assert not is_secret_name(f"{word}_of_ci")
    for word in names.TELLING_WORDS:
        assert not is_secret_name(f"password_{word}")
        assert not is_secret_name(f"secret_{word}")
    for word in names.TOKENS_OF_OTHER_KINDS:
        assert not is_secret_name(f"{word}_token")


def test_what_a_key_is_the_word_before_says() -> None:
    for word in names.OPENING_WORDS | names.ISSUERS:
        for key in (
            f"{word}_key",
            f"{word}Key",
            f"my.{word}.key",
            f"{word}-key-data",
            f"{word}key",
        ):
            assert secret_kind(key) == "token", key
    for word in names.KEYS_OF_OTHER_KINDS:
        for key in (f"{word}_key", f"{word.upper()}_KEY", f"APP_{word.upper()}_KEY", f"{word}Key"):
            assert secret_kind(key) is None, key
    assert secret_kind("ACME_KEY") == "token"
    for key in ("acme_key", "acmeKey", "ACME_KEYS", "KEY", "_KEY", "ACMEKEY"):
        assert secret_kind(key) is None, key


def test_whose_pass_it_is_the_word_before_says() -> None:
    for word in names.ACCOUNTS:
        assert secret_kind(f"{word}_pass") == "password"
        assert secret_kind(f"{word}Pw") == "password"
    for key in ("render_pass", "low_pass", "PASS_2", "x_pw"):
        assert secret_kind(key) == ("token" if key == "PASS_2" else None), key


def test_a_question_or_a_function_is_no_secret() -> None:
    for word in names.FIRST_WORDS:
        for key in (f"{word}_password", f"{word}Token", f"self.{word}_session_id"):
            assert secret_kind(key) is None, key
    assert is_secret_name("Set-Cookie")


KINDS = {
    "password": "password DB_PASSWORD passwd pwd passphrase smtp_pass rootpassword PASSWORD_HASH",
    "token": "token api_key auth session_id signature pass pw secret OPENAI_KEY jwt cookie sig otp",
    "phrase": "mnemonic MNEMONIC seed_phrase walletMnemonic recoveryPhrase",
    "address": "DATABASE_URL redisUrl SENTRY_DSN SLACK_WEBHOOK_URL TEAMS_WEBHOOK jdbc.url dsn",
}


@pytest.mark.parametrize("kind", KINDS)
def test_a_name_says_what_kind_of_secret_it_is(kind: str) -> None:
    assert {secret_kind(key) for key in KINDS[kind].split()} == {kind}


@pytest.mark.parametrize("key", ["", "7", "\0", "\ud800", "-", "ключ", "_", "🔑"])
def test_a_name_without_words_is_no_secret(key: str) -> None:
    assert secret_kind(key) is None


@pytest.mark.parametrize(
    "piece", ["a", "A", "aB", "A_", "a-", "key", "token_", "Token", "PASS_", "session id "]
)
def test_a_name_of_a_megabyte_is_read_once(piece: str) -> None:
    key = piece * (1_000_000 // len(piece))
    assert secret_kind(key + " password") == (None if key.startswith("Is") else "password")


def test_no_word_stands_in_two_lists_that_contradict() -> None:
    assert not names.OPENING_WORDS & names.KEYS_OF_OTHER_KINDS
    assert not names.ISSUERS & names.KEYS_OF_OTHER_KINDS
    assert not names.TELLING_WORDS & (names.FORMS | names.PASSWORD_WORDS | names.SECRET_WORDS)
    for listed in (names.OPENING_WORDS, names.ISSUERS, names.FORMS, names.ACCOUNTS):
        assert all(re.fullmatch("[a-z]+", word) for word in listed)
