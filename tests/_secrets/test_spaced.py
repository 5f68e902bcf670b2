"""A blank joins a name and its value where what is around says so."""

from __future__ import annotations

import pytest

from run_artifacts._secrets.redact import Redactor

HIDDEN = "[redacted:assignment]"

FOUND = {
    "an entry": "machine h.invalid\nlogin till\npassword #\n",
    "an entry in a line": "machine h.invalid login till password #",
    "indented": "machine h.invalid\n\tlogin till\n\tpassword #\nmachine b.invalid",
    "the default": "default login till password #",
    "without a machine": "login till password #",
    "in JSON": '"machine h.invalid login till password #"',
    "ENV": "FROM alpine\nENV DB_PASSWORD #\nRUN make",
    "ENV, quoted": 'ENV API_TOKEN "#"',
    "ENV, indented": "\n  ENV  API_TOKEN  #",
    "ENV in JSON": r'"FROM alpine\nENV API_TOKEN #\nRUN make"',
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_a_value_behind_a_blank_is_hidden(text: str) -> None:
    result, remarks = Redactor().text(text.replace("#", "x9Kp2mQz8vLq4Wt7"))
    assert result == text.replace("#", HIDDEN)
    assert [remark["original_length"] for remark in remarks] == [16]
    assert Redactor().text(result)[0] == result


def test_any_word_is_a_password_in_a_whole_entry() -> None:
    entry = "machine h.invalid login till password letmein"
    assert Redactor().text(entry)[0] == entry.replace("letmein", HIDDEN)
    assert Redactor().text("the login till password letmein") == (
        "the login till password letmein",
        [],
    )


SURVIVORS = [
    "machine h.invalid login till password ${X}",
    "login and password are required",
    "password x9Kp2",
    "ENV PATH /usr/bin",
    "ENV API_TOKEN $TOKEN",
    "the ENV API_TOKEN x9Kp2mQz8vLq4Wt7",
    "ENV DB_PASSWORD",
    "ENV API_TOKEN latest",
    "# ENV DB_PASSWORD_FILE /run/secrets/x9Kp2mQz",
    "user name password word",
    "machine password x9Kp2mQz8vLq",
]


@pytest.mark.parametrize("text", SURVIVORS)
def test_what_is_no_entry_and_no_instruction_survives(text: str) -> None:
    assert Redactor().text(text) == (text, [])


@pytest.mark.parametrize(
    "unit", ["password ", "login a password ", "machine ", "ENV ", "ENV A_KEY "]
)
def test_many_words_without_values_are_none(unit: str) -> None:
    text = unit * (200_000 // len(unit))
    assert Redactor().text(text)[0].count("[redacted:") <= 1
