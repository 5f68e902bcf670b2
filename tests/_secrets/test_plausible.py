"""What may be a secret under a secret's name, and what can't be one."""

from __future__ import annotations

import json

import pytest

from run_artifacts._secrets.plausible import (
    is_bare_secret,
    is_made,
    is_plausible,
    is_quoted_secret,
    is_template,
    is_words,
)
from run_artifacts._secrets.redact import Redactor
from spellings import SPELLINGS
from survivors import SURVIVING_TEXTS


@pytest.mark.parametrize("text", SURVIVING_TEXTS.values(), ids=SURVIVING_TEXTS)
def test_what_holds_no_secret_comes_through_whole_wherever_it_stands(text: str) -> None:
    contexts = [
        text,
        f"{text}\n{text}",
        f"{text} {text}",
        json.dumps(text),
        json.dumps(json.dumps(text)),
        json.dumps({"message": text}),
        json.dumps([text, text], indent=1),
        json.dumps(text.split("\n")),
        repr(text),
    ]
    for given in contexts:
        assert Redactor().text(given) == (given, [])


NO_VALUES = {
    "empty": [""],
    "a mask": ["***", "xxxx", "********", "..."],
    "an example": ["<token>", "your-token"],
    "a variable": ["${X}", "$X", "${{ secrets.X }}"],
    "a template": ["{{ x }}", "%s", "{x}", "%(x)s"],
    "what was hidden": ["REDACTED", "[REDACTED]", "[redacted:jwt]"],
    "a number": ["0", "8080", "-1.5", "0x1f"],
    "a boolean or null": ["true", "False", "null", "None", "nil", "undefined"],
}

# A bare word, a quoted one, JSON, a query, an option, an element.
KINDS_OF_SPELLINGS = (
    "env file",
    "env file, double quotes",
    "YAML, double quotes",
    "export, single quotes",
    "JSON",
    "JSON, escaped",
    "repr of a dict",
    "keyword argument",
    "query",
    "connection string",
    "option, quoted",
    "header",
    "XML element",
    "log line, quotes",
    "Kubernetes",
    "ini",
)


@pytest.mark.parametrize("spelling", KINDS_OF_SPELLINGS)
@pytest.mark.parametrize("values", NO_VALUES.values(), ids=NO_VALUES)
def test_no_value_is_hidden_in_any_spelling(spelling: str, values: list[str]) -> None:
    template, shown, *_ = SPELLINGS[spelling]
    for value in values:
        for name in ("DB_PASSWORD", "API_TOKEN"):
            text = template.replace("{name}", shown(name)).replace("{value}", value)
            assert Redactor().text(text) == (text, [])


PROGRAM_TEXT = [
    "{name}={name}",
    "{name} = {name}",
    "{name} = self.{name}",
    "{name}: str",
    "{name}: str | None",
    '{name} = os.environ["X9_TOKEN"]',
    "{name} = getpass()",
    "{name} = getpass.getpass('Secret: ')",
    "{name}=config.get('{name}'),",
    "{name}: {name},",
    "{name} = {name} or default_{name}",
    '"{name}": "{name}"',
    "if {name} == other9word:",
    "{name} = f'{x}-{y}'",
    "{name}: the word that",
    "{name}: Please enter it again.",
    "The {name}: at least 8 characters, one of them a digit.",
    "{name} = args[1]",
    "{name} = 6.hours",
    "{name} = [0x1f, 0x2e]",
    "{name} = new Secret2();",
    "{name}: /run/secrets/{name}",
    "{name} = https://h.invalid/a/b",
    "{name}=12:30:45",
]


@pytest.mark.parametrize("name", ["password", "api_key", "client_secret"])
@pytest.mark.parametrize("text", PROGRAM_TEXT)
def test_program_text_and_prose_are_no_values(text: str, name: str) -> None:
    given = text.replace("{name}", name)
    assert Redactor().text(given) == (given, [])


MADE = [
    "x9Kp2mQz",
    "9f86d081884c7d65",
    "ihtYlKNxHddmQAtKCsXRpJG2",
    "djWEpsyYJLVRqjUCNGmbcxUoAfmc",
    "abc+def/ghi=",
    "till!9#x",
    "AKIA-x9y8-z7w6",
    r"x9\u0026Kp2mQz",
]
NOT_MADE = [
    "letmein",
    "short9",
    "two words9",
    "2026-01-01T12:30:45Z",
    "python3.11",
    "/etc/till9/x",
    "till-secret-2",
    "v1.2.3",
    "OAuth2Token",
    "requiredCharacteristicTypes",
    "${x9Kp2mQz}",
    "https://h.invalid/a9",
    "abc***def9",
    r"C:\Users\till9",
]


@pytest.mark.parametrize("value", MADE)
def test_what_a_machine_made_is_told_by_its_characters(value: str) -> None:
    assert is_made(value)
    assert is_quoted_secret(value, is_strong=False)
    assert not is_words(value)


@pytest.mark.parametrize("value", NOT_MADE)
def test_words_versions_times_and_places_were_not_made(value: str) -> None:
    assert not is_made(value)


def test_a_word_is_believed_under_a_passwords_name_alone() -> None:
    for word in ("letmein", "hunter2", "dragon-7"):
        assert is_quoted_secret(word, is_strong=True)
        assert is_bare_secret(word, is_strong=True, is_data=True)
        assert not is_quoted_secret(word, is_strong=False)
        assert not is_bare_secret(word, is_strong=False, is_data=True)
    assert not is_bare_secret("letmein", is_strong=True, is_data=False)
    assert is_bare_secret("hunter2", is_strong=True, is_data=False)


def test_words_for_people_and_names_are_no_passwords() -> None:
    for text in (
        "Passwort",
        "password",
        "string",
        "DB_PASSWORD",
        "Neues Passwort eingeben",
        "/a/b",
        "Contrase\u00f1a",
        r"Contrase\u00f1a",
        r"\u30d1\u30b9\u30ef",
        "(none)",
    ):
        assert not is_quoted_secret(text, is_strong=True)


def test_an_object_of_java_is_no_token_but_may_be_a_password() -> None:
    assert not is_bare_secret("TokenStore@1b2c3d", is_strong=False, is_data=True)
    assert is_bare_secret("Hunter@1234", is_strong=True, is_data=True)


def test_what_begins_as_a_template_is_none_also_in_html() -> None:
    for text in ("${x", "{{ x", "#{x}", "<%= x", "%(x)s", "&lt;token&gt;"):
        assert is_template(text)
        assert not is_plausible(text)
    assert not is_template("x${y}")


@pytest.mark.parametrize("piece", ["a", "A9", "a-", "9", "\\u30d1", "{", "/", "a.", "=", " ", "\0"])
def test_a_value_of_a_megabyte_is_judged_once(piece: str) -> None:
    value = piece * (1_000_000 // len(piece)) + "\ud800"
    for is_strong in (False, True):
        is_quoted_secret(value, is_strong=is_strong)
        is_bare_secret(value, is_strong=is_strong, is_data=is_strong)
