"""Patterns that are compiled at their first use, and one for any of some texts."""

from __future__ import annotations

import itertools
import random
import re

import pytest

from run_artifacts._patterns import any_of, lazy_pattern

TEXTS = {
    "one": {"till"},
    "none": {""},
    "apart": {"till", "bill", "kill"},
    "one begins another": {"a", "ab", "abc", "b"},
    "the empty one among them": {"", "a", "ab"},
    "what a pattern reads otherwise": {".", "a.c", "(", "[a]", "\\", "a|b", "$", "a-b", "^", "{2}"},
}


@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_a_pattern_for_any_of_some_texts_takes_these_and_no_other(texts: set[str]) -> None:
    longest = re.compile(any_of(texts, whole=False))
    for text in texts:
        assert longest.fullmatch(text)
        assert re.compile(any_of(texts)).match(text)
    for text in ("abd", "tilt", "x", "aXc", "ab.", "-", " a"):
        assert bool(longest.fullmatch(text)) is (text in texts)


def test_of_any_texts_the_longest_counts_or_the_first_is_enough() -> None:
    chance = random.Random(3)
    every = ["".join(letters) for n in range(5) for letters in itertools.product("ab", repeat=n)]
    for _ in range(300):
        texts = {*chance.choices(every, k=chance.randrange(1, 8))}
        enough, longest = re.compile(any_of(texts)), re.compile(any_of(texts, whole=False))
        for text in every:
            begins = [some for some in texts if text.startswith(some)]
            assert bool(enough.match(text)) is bool(begins)
            found = longest.match(text)
            assert bool(found) is bool(begins)
            assert not found or found[0] == max(begins, key=len)


def test_a_pattern_is_compiled_when_it_is_first_used() -> None:
    made: list[str] = []

    def make() -> str:
        made.append("ab+")
        return made[-1]

    pattern = lazy_pattern(make)
    assert made == []
    assert pattern.fullmatch("abb")
    assert not pattern.fullmatch("a")
    assert made == ["ab+"]
    with pytest.raises(re.error):
        lazy_pattern("(").search("x")
