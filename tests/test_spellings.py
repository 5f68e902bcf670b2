"""The tables of spellings and of surviving texts are well formed."""

from __future__ import annotations

import pytest

import spellings
import survivors
from spellings import SPELLINGS, Spelling, words_of
from survivors import SURVIVING_TEXTS


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_template_has_one_value_and_at_most_one_name(spelling: Spelling) -> None:
    names = 2 if "</{name}>" in spelling.template else 1
    assert spelling.template.count("{value}") == 1
    assert spelling.template.count("{name}") <= names
    assert not (spelling.by_format_alone and "{name}" in spelling.template)


@pytest.mark.parametrize("spelling", SPELLINGS.values(), ids=SPELLINGS.keys())
def test_a_name_and_a_value_are_spelt_in_their_places(spelling: Spelling) -> None:
    assert spelling.fits("till7")
    before, written, after = spelling.parts("TILL_PASSWORD", "till7")
    assert "{" + "name}" not in before + after
    assert written == spelling.value("till7")
    if "{name}" in spelling.template:
        assert words_of(spelling.name("TILL_PASSWORD"))[-2:] == ["till", "password"]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("DB_PASSWORD", ["db", "password"]),
        ("dbPassword", ["db", "password"]),
        ("E2B_API_KEY", ["e2b", "api", "key"]),
        (":_authToken", ["auth", "token"]),
        ("APIKey", ["api", "key"]),
    ],
)
def test_a_name_has_the_same_words_in_every_case(name: str, expected: list[str]) -> None:
    assert words_of(name) == expected


def test_a_value_that_would_end_before_its_end_is_not_spelt() -> None:
    assert not SPELLINGS["env file"].fits("till 7")
    assert SPELLINGS["env file, double quotes"].fits("till 7")
    assert not SPELLINGS["env file, double quotes"].fits("till\n7")


def test_values_are_escaped_as_deep_as_they_stand() -> None:
    value = 'a"b'
    assert SPELLINGS["JSON"].parts("TOKEN", value)[1] == r"a\"b"
    assert SPELLINGS["JSON, escaped"].parts("TOKEN", value)[1] == r"a\\\"b"
    assert SPELLINGS["JSON, escaped twice"].parts("TOKEN", value)[1] == r"a\\\\\\\"b"
    assert SPELLINGS["query"].parts("TOKEN", "a&b")[1] == "a%26b"
    assert SPELLINGS["XML element"].parts("TOKEN", "a<b")[1] == "a&lt;b"


@pytest.mark.parametrize(
    ("groups", "table"),
    [(spellings.GROUPS, SPELLINGS), (survivors.GROUPS, SURVIVING_TEXTS)],
    ids=["spellings", "survivors"],
)
def test_each_name_of_a_table_stands_in_one_group(
    groups: tuple[dict[str, object], ...], table: dict[str, object]
) -> None:
    assert sum(map(len, groups)) == len(table)


def test_many_different_texts_must_survive() -> None:
    assert len(set(SURVIVING_TEXTS.values())) == len(SURVIVING_TEXTS) >= 150
    assert all(SURVIVING_TEXTS.values())
