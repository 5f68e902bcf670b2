"""The names of secrets: by whole words, whatever separates them."""

from __future__ import annotations

from run_artifacts._secrets.names import (
    LAST_SECRET_WORDS,
    SECRET_WORDS,
    TELLING_WORDS,
    TOKENS_OF_OTHER_KINDS,
    is_secret_name,
)


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
