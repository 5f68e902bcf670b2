"""Names and values that stand beside each other in mappings and lists."""

from __future__ import annotations

import datetime as dt
import pathlib
import random
from collections import OrderedDict
from types import MappingProxyType
from typing import Any

import pytest

from run_artifacts import render_failure_text, sanitize_error

HIDDEN = "[redacted:key_name]"

# Each as it comes in and as it goes out.
STRUCTURES: dict[str, tuple[Any, Any]] = {
    "an option": (["run", "--token", "t0p4", "x"], ["run", "--token", HIDDEN, "x"]),
    "an option, any word": (["--password", "letmein"], ["--password", HIDDEN]),
    "options": (["--api-key", "k9", "--secret", "s9"], ["--api-key", HIDDEN, "--secret", HIDDEN]),
    "a known program": (["sudo", "curl", "-u", "me:p4"], ["sudo", "curl", "-u", HIDDEN]),
    "a value in the word": (["mysql", "-ps3cr3t", "till"], ["mysql", HIDDEN, "till"]),
    "a word of a program": (["vault", "login", "t0p4"], ["vault", "login", HIDDEN]),
    "bytes": ([b"--token", b"t0p4"], ["--token", HIDDEN]),
    "a header": (
        [["x-api-key", "k9"], ["accept", "x9"]],
        [["x-api-key", HIDDEN], ["accept", "x9"]],
    ),
    "a header of bytes": ((b"cookie", b"sid=9"), ["cookie", HIDDEN]),
    "a header, two words": (["Authorization", "Scheme k9"], ["Authorization", HIDDEN]),
    "a phrase": (["mnemonic", "legal winner thank"], ["mnemonic", HIDDEN]),
    "name and value": ({"name": "API_KEY", "value": "k"}, {"name": "API_KEY", "value": HIDDEN}),
    "Name and Value": ({"Name": "Cookie", "Value": "k"}, {"Name": "Cookie", "Value": HIDDEN}),
    "key and value": ({"value": "k", "key": "token"}, {"value": HIDDEN, "key": "token"}),
    "a nested value": (
        {"name": "DB_PASSWORD", "value": {"a": ["k", 1]}},
        {"name": "DB_PASSWORD", "value": HIDDEN},
    ),
    "a JSON Web Key": (
        {"kty": "EC", "x": "X9", "d": "D9", "alg": "A"},
        {"kty": "EC", "x": "X9", "d": HIDDEN, "alg": "A"},
    ),
}

SURVIVORS: dict[str, Any] = {
    "names of fields": ["password", "username"],
    "names of fields, both secret": ["password", "password2"],
    "a field and what is wrong": ["password", "Must have at least 8 characters."],
    "a field and a short message": ["token", "is missing"],
    "an option that follows": ["--token", "--verbose"],
    "an option at the end": ["run", "--token"],
    "a number": ["token", 5],
    "a number as text": ["token", "5"],
    "an option with a number": ["--token", 5, "x"],
    "true": ["--password", True],
    "null": ["password", None],
    "placeholders": [["token", text] for text in ("***", "<token>", "${X}", "$X", "{{ x }}", "%s")],
    "options with placeholders": ["--token", "xxxx", "--secret", "REDACTED", "--password", "null"],
    "a file": ["--private-key", "/home/me/.ssh/id_rsa"],
    "a template": ["User:Pass", "till.invalid:080"],
    "three": ["password", "p4ss", "x"],
    "a list of programs": ["curl", "p4ss"],
    "another option": ["--max-tokens", "t0p4", "--public-key", "k9", "-p", "22:22"],
    "no program": ["grep", "-u", "a:b9"],
    "another name": {"name": "PATH", "value": "p4ss"},
    "no name": {"value": "p4ss"},
    "no value": {"name": "token", "type": "p4ss"},
    "a number under a name": {"name": "max_password", "value": 5},
    "a value with a placeholder": {"name": "password", "value": "${PASSWORD}"},
    "a letter": {"d": "D9", "k": "K9"},
    "a public key": {"kty": "EC", "x": "X9", "y": "Y9"},
    "numbers": [1, 2.5, None, True],
    "nothing": [[], {}, [""], ["", ""]],
}


@pytest.mark.parametrize(("given", "expected"), STRUCTURES.values(), ids=STRUCTURES)
def test_what_stands_beside_the_name_of_a_secret_is_replaced(given: Any, expected: Any) -> None:
    for value in ({"a": given}, {"a": [{"b": given}]}, MappingProxyType({"a": given})):
        result: Any = sanitize_error(value)
        found = result["a"] if result["a"] == expected else result["a"][0]["b"]
        assert found == expected
        redacted = [remark for remark in result["_remarks"] if remark["action"] == "redacted"]
        assert len(redacted) == str(expected).count(HIDDEN)
        for remark in redacted:
            at: Any = result
            for name in remark["path"].split("/")[1:]:
                at = at[int(name)] if isinstance(at, list) else at[name]
            assert at[remark["start"] : remark["end"]] == at == HIDDEN
            assert remark["rule"] == "key_name"
        assert sanitize_error(result) == result


def test_a_remark_has_the_length_of_what_was_there() -> None:
    result = sanitize_error({"args": ["--token", "t0p4", ["x-api-key", b"k9"]]})
    assert result is not None
    said = {"rule": "key_name", "action": "redacted", "start": 0, "end": len(HIDDEN)}
    assert result["_remarks"] == [
        {"path": "/args/1", **said, "original_length": 4},
        {"path": "/args/2/1", **said, "original_length": 2},
    ]


@pytest.mark.parametrize("value", SURVIVORS.values(), ids=SURVIVORS)
def test_what_is_no_secret_survives(value: Any) -> None:
    assert sanitize_error({"a": value}) == {"a": value}


def test_without_redaction_everything_stays() -> None:
    given = {"a": ["--token", "t0p4"], "b": {"name": "token", "value": "t0p4"}}
    assert sanitize_error(given, redact=False) == given


def test_rendering_hides_the_same() -> None:
    for given, _ in STRUCTURES.values():
        shown = render_failure_text({"details": {"a": given}})
        assert HIDDEN in shown
        for secret in ("t0p4", "p4", "s3cr3t", "k9", "D9"):
            assert f'"{secret}' not in shown


def test_the_arguments_of_an_exception_are_read() -> None:
    class Failed(Exception):
        pass

    error = Failed("x")
    result = sanitize_error({"error": error, "cmd": ("curl", "-u", "me:p4ss")})
    assert result is not None
    assert result["cmd"] == ["curl", "-u", HIDDEN]


def test_an_object_is_judged_by_the_text_that_it_becomes() -> None:
    class Shown:
        def __repr__(self) -> str:
            return "s3cr3t"

    class Name(str):
        __slots__ = ()

    for value in (Shown(), dt.date(2026, 1, 1), pathlib.Path("p4ss"), 16**5_000, Name("t0p4")):
        for given in (["--token", value], [Name("token"), value], ("token", value)):
            result = sanitize_error({"a": given})
            assert result is not None
            assert result["a"] == [str(given[0]), HIDDEN]
            assert sanitize_error(result) == result


def test_a_key_that_raises_hides_no_secret_from_us() -> None:
    class Odd:
        is_calm = True

        def __hash__(self) -> int:
            if self.is_calm:
                return hash("value")
            raise RuntimeError("boom")

    key = Odd()
    given: dict[Any, Any] = {"name": "token", key: 1, "value": "t0p4"}
    key.is_calm = False
    result = sanitize_error({"a": given, "b": OrderedDict(name="token", value="t0p4")})
    assert result is not None
    assert result["a"]["value"] == result["b"]["value"] == HIDDEN


@pytest.mark.parametrize("seed", range(10))
def test_twice_is_once(seed: int) -> None:
    chance = random.Random(seed)
    own = "own-secret-of-till"
    pieces = ["curl", "-u", "a:b9", "--token", "token", "x9", "and", "API_KEY", own, "-", "$X",
              "mysql", "-px9", "[redacted:secret]", "ghp_" + "a1" * 18, "/etc/", ".json", " ", "é",
              "\ud800", "password", "Two words", "=", ":"]  # fmt: skip
    for _ in range(300):
        items: list[Any] = [
            "".join(chance.choices(pieces, k=chance.choice((1, 1, 2))))
            for _ in range(chance.randint(1, 5))
        ]
        items = [item.encode(errors="replace") if chance.random() < 0.1 else item for item in items]
        pair = dict(zip(("name", "value"), chance.choices(pieces, k=2), strict=True))
        given = {"a": tuple(items) if chance.random() < 0.5 else items, "b": pair}
        once = sanitize_error(given, secrets=[own])
        assert sanitize_error(once, secrets=[own]) == once, given
