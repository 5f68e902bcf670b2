"""Remarks from an earlier time stay as long as all of them are true, and else move."""

from __future__ import annotations

import copy
import json
import math
import random
import types
from collections.abc import Mapping
from typing import Any

import pytest

from run_artifacts import render_failure_text, sanitize_error
from tokens import TOKENS

SECRETS = ["caller-one-secret", "p~ss/word!", "callerAAA1"]


def at(value: Any, pointer: str) -> Any:
    for name in pointer.split("/")[1:]:
        name = name.replace("~1", "/").replace("~0", "~")
        value = value[int(name)] if isinstance(value, list) else value[name]
    return value


def assert_true(result: dict[str, Any]) -> None:
    """Hold each remark against what it is on, and each placeholder against the remarks."""
    ranges = set()
    for remark in result.get("_remarks", []):
        if remark.get("part") == "key":
            above, _, name = remark["path"].rpartition("/")
            name = name.replace("~1", "/").replace("~0", "~")
            assert name in at(result, above)
            text = name
        else:
            text = at(result, remark["path"])
        if remark["action"] == "redacted":
            start, end = remark["start"], remark["end"]
            assert text[start:end] == f"[redacted:{remark['rule']}]", remark
            ranges.add((remark["path"], remark.get("part"), start))
    if "input_remarks" not in result:
        shown = {key: value for key, value in result.items() if key != "_remarks"}
        assert json.dumps(shown).count("[redacted:") == len(ranges)


def again(error: Any, **options: Any) -> dict[str, Any]:
    result = sanitize_error(error, **options)
    assert result is not None
    assert_true(result)
    assert sanitize_error(result, **options) == result
    return result


def values(chance: random.Random, depth: int = 0) -> Any:
    tokens = [token.text for token in TOKENS.values()]
    words = [*tokens, *SECRETS, "plain", "é\ud800x", " ; ", "\n", "[", "~", "/", "basic checks"]
    keys = ["password", "max_tokens", "a/b", "c~d", "k", "x\ud800", "basic checks", "token"]
    kind = chance.randrange(9 if depth < 4 else 6)
    if kind < 3:
        return "".join(chance.choices(words, k=chance.randrange(1, 5)))
    if kind < 6:
        return chance.choice([1, 2.5, math.nan, None, True, b"x\xff", {3}, "", 10**5_000])
    if kind < 7:
        return [values(chance, depth + 1) for _ in range(chance.randrange(4))]
    if kind < 8:
        return tuple(values(chance, depth + 1) for _ in range(chance.randrange(3)))
    return {
        chance.choice([*keys, *words, 5]): values(chance, depth + 1)
        for _ in range(chance.randrange(5))
    }


@pytest.mark.parametrize("seed", range(8))
def test_random_values_are_sanitized_once(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(120):
        error = {"v": values(chance), chance.choice(["w", SECRETS[1]]): values(chance)}
        before = copy.deepcopy(error)
        result = again(error, secrets=SECRETS)
        json.dumps(result, allow_nan=False).encode()
        assert error == before
        for secret in SECRETS:
            assert secret not in json.dumps(result).replace("~0", "~").replace("~1", "/")


@pytest.mark.parametrize("seed", range(8))
def test_what_is_redacted_later_leaves_only_true_remarks(seed: int) -> None:
    chance = random.Random(100 + seed)
    outcomes = set()
    for _ in range(120):
        error = {"v": values(chance), "w": values(chance)}
        first = again(error, redact=chance.random() < 0.5)
        second = again(first, secrets=SECRETS)
        earlier = first.get("_remarks", [])
        moved = second.get("input_remarks", [])
        kept = second.get("_remarks", [])[: len(earlier) - len(moved)]
        assert sorted(found["rule"] for found in moved + kept) == sorted(
            remark["rule"] for remark in earlier
        )
        outcomes.add((bool(moved), bool(kept)))
        for secret in SECRETS:
            assert secret not in json.dumps(second).replace("~0", "~").replace("~1", "/")
    assert outcomes >= {(False, False), (False, True), (True, True)}


GITHUB = TOKENS["github p"].text

# What an error is after a first time, what is a secret the second time, and whether the remarks
# of the first time are still true then.
AGAIN: dict[str, tuple[dict[str, Any], str, bool]] = {
    "elsewhere": ({"m": GITHUB, "n": "till-1234"}, "till-1234", True),
    "behind": ({"m": f"{GITHUB} till-1234"}, "till-1234", True),
    "before": ({"m": f"till-1234 {GITHUB}"}, "till-1234", False),
    "around": ({"m": f"x {GITHUB} y"}, "x [redacted:github_token] y", True),
    "in a key above": ({"till-1234": GITHUB}, "till-1234", True),
    "in a key above, escaped": ({"till/1~234": GITHUB}, "till/1~234", True),
    "of a key above": ({"password": {"till/1~234": math.nan}}, "x" * 8, True),
    "over a surrogate": ({"m": "a till\ud800bill b"}, "till\ufffdbill", False),
    "behind a surrogate": ({"m": "a \ud800 b till-1234"}, "till-1234", True),
    "over bytes": ({"m": b"till-1234"}, "till-1234", False),
}


@pytest.mark.parametrize(("error", "secret", "are_true"), AGAIN.values(), ids=AGAIN)
def test_earlier_remarks_stay_where_all_are_still_true_and_else_move(
    error: dict[str, Any], secret: str, are_true: bool
) -> None:
    first = again(error)
    second = again(first, secrets=[secret])
    if are_true:
        earlier = second["_remarks"][: len(first["_remarks"])]
        assert [{**remark, "path": ""} for remark in earlier] == [
            {**remark, "path": ""} for remark in first["_remarks"]
        ]
        assert "input_remarks" not in second
    else:
        assert [remark["rule"] for remark in second["input_remarks"]] == [
            remark["rule"] for remark in first["_remarks"]
        ]
        assert second["_remarks"][-1] == {
            "path": "/input_remarks",
            "rule": "input_remarks",
            "action": "annotated",
        }
        assert [remark["rule"] for remark in second["_remarks"][:-1]] == ["secret"]


def test_a_remark_is_held_against_what_it_says() -> None:
    number = {"path": "/n", "rule": "non_finite_number", "action": "substituted", "original": "NaN"}
    assert "input_remarks" not in again({"n": None, "_remarks": [number]})
    assert again({"n": 5, "_remarks": [number]})["input_remarks"] == [number]
    run = {"path": "/s", "rule": "lone_surrogate", "action": "substituted", "start": 0, "end": 2}
    assert "input_remarks" not in again({"s": "\ufffd\ufffd", "_remarks": [run]})
    assert again({"s": "\ufffdx", "_remarks": [run]})["input_remarks"] == [run]
    secret = {"path": "/m", "rule": "jwt", "action": "redacted", "start": 1, "end": 15}
    assert "input_remarks" not in again({"m": "x[redacted:jwt]", "_remarks": [secret]})
    assert again({"m": "x[redacted:jwt]", "_remarks": [{**secret, "start": 0}]})["input_remarks"]


def test_a_key_that_only_becomes_the_key_of_remarks_is_content() -> None:
    result = again({b"_remarks": [], "a": math.nan})
    assert result == {
        "a": None,
        "input_remarks": [],
        "_remarks": [
            {
                "path": "/input_remarks",
                "rule": "key",
                "action": "substituted",
                "start": 0,
                "end": len("input_remarks"),
                "original_length": len("_remarks"),
                "part": "key",
            },
            {"path": "/a", "rule": "non_finite_number", "action": "substituted", "original": "NaN"},
            {"path": "/input_remarks", "rule": "input_remarks", "action": "annotated"},
        ],
    }


def test_a_key_that_begins_with_that_of_remarks_keeps_its_own() -> None:
    earlier = {"path": "/_remarksx", "rule": "tuple", "action": "substituted"}
    error = {"_remarks": [earlier], "_remarksx": [math.nan], "_remarks2": math.inf}
    result = again(error)
    assert [(remark["path"], remark["rule"]) for remark in result["_remarks"]] == [
        ("/_remarksx", "tuple"),
        ("/_remarksx/0", "non_finite_number"),
        ("/_remarks2", "non_finite_number"),
    ]
    result = again({**error, "_remarks": 5})
    assert [(remark["path"], remark["rule"]) for remark in result["_remarks"]] == [
        ("/_remarksx/0", "non_finite_number"),
        ("/_remarks2", "non_finite_number"),
        ("/input_remarks", "input_remarks"),
    ]


@pytest.mark.parametrize(
    "remark",
    [
        {"path": "/b"},
        {"path": "/a/0"},
        {"path": "a"},
        {"path": "/_remarks"},
        {"path": "/_remarks/0"},
        {"path": "/" * 100_000},
        {"start": 0},
        {"start": 0, "end": 99},
        {"start": -1, "end": 1},
        {"start": True, "end": True},
        {"start": 2, "end": 1},
        {"part": []},
        {"part": "value"},
        {"original": TOKENS["github p"].text},
        {"original": 5},
        {"rule": TOKENS["github p"].text},
        {"rule": "callersecret"},
        {"rule": None},
        {"action": "kept"},
        {"note": "x"},
        {"path": ["a"]},
    ],
    ids=lambda fields: str(fields)[:40],
)
def test_what_only_looks_like_remarks_is_content(remark: dict[str, Any]) -> None:
    ours = {"path": "/a", "rule": "bytes", "action": "substituted", **remark}
    result = sanitize_error({"a": "x", "_remarks": [ours], "n": math.nan}, secrets=["callersecret"])
    assert result is not None
    assert "input_remarks" in result
    assert [found["rule"] for found in result["_remarks"]][-1] == "input_remarks"
    assert TOKENS["github p"].secret not in json.dumps(result)
    assert "callersecret" not in json.dumps(result)
    assert sanitize_error(result, secrets=["callersecret"]) == result


def test_true_remarks_of_rules_that_are_not_known_stay() -> None:
    error = {
        "a": "x",
        "_remarks": [{"path": "/a", "rule": "of_a_later_version", "action": "removed"}],
    }
    assert sanitize_error(error) == error


def test_many_remarks_on_one_text_are_held_against_it_at_once() -> None:
    token = TOKENS["aws"].text
    first = sanitize_error({"m": f"\ud800 {token} " * 20_000}, redact=False)
    second = sanitize_error(first)
    assert second is not None
    assert_true(second)
    # Here and there, a remark that has moved stands on another character of the same kind.
    moved = second["input_remarks"]
    assert len(moved) > 15_000
    assert len(second["_remarks"]) == 20_000 - len(moved) + 20_001


def test_of_several_remarks_the_true_ones_stay_and_the_others_move() -> None:
    true = {"path": "/n", "rule": "non_finite_number", "action": "substituted", "original": "NaN"}
    gone = {"path": "/gone", "rule": "tuple", "action": "substituted"}
    foreign = {"path": "/n", "note": math.inf, "b": "\ud800"}
    error = {"n": None, "m": math.nan, "_remarks": [gone, true, foreign, 5]}
    result = again(error)
    assert result["input_remarks"] == [gone, {"path": "/n", "note": None, "b": "\ufffd"}, 5]
    assert [(remark["path"], remark["rule"]) for remark in result["_remarks"]] == [
        ("/n", "non_finite_number"),
        ("/m", "non_finite_number"),
        ("/input_remarks/1/note", "non_finite_number"),
        ("/input_remarks/1/b", "lone_surrogate"),
        ("/input_remarks", "input_remarks"),
    ]


@pytest.mark.parametrize("secret", ["s3cr/t~pw12", "user:pa55word"])
def test_a_secret_in_the_path_of_an_earlier_remark_is_hidden_with_its_key(secret: str) -> None:
    key = f"https://{secret}@example.com/x"
    first = again({key: (1,), "n": (1,)}, redact=False)
    for earlier in ([], [{"path": "/gone", "rule": "tuple", "action": "substituted"}]):
        error = {**first, "_remarks": [*earlier, *first["_remarks"]]}
        result = again(error, secrets=[secret])
        assert [remark["path"] for remark in result["_remarks"]][:2] == [
            "/https:~1~1[redacted:url_userinfo]@example.com~1x"
            if secret.startswith("user")
            else result["_remarks"][0]["path"],
            "/n",
        ]
        assert secret not in json.dumps(result)
        assert secret.replace("~", "~0").replace("/", "~1") not in json.dumps(result)


def test_an_object_is_looked_at_once_and_its_keys_are_not_compared() -> None:
    class Once(Mapping[str, Any]):
        def __init__(self, values: dict[str, Any]) -> None:
            self.values_, self.told = values, iter(values.items())

        def __getitem__(self, key: str) -> Any:
            return self.values_[key]

        def __iter__(self) -> Any:
            return iter(self.values_)

        def __len__(self) -> int:
            return len(self.values_)

        def items(self) -> Any:
            return self.told

    class Key:
        hashed = False

        def __hash__(self) -> int:
            assert not self.hashed
            self.hashed = True
            return 7

    assert sanitize_error(Once({"type": "X"})) == {"type": "X"}
    assert "type=X" in render_failure_text(Once({"type": "X"}))
    for make in (sanitize_error, render_failure_text):
        make({Key(): 1, "_remarks": []})
        make({Key(): 1, "_remarks": [{"path": "/a", "rule": "tuple", "action": "removed"}]})


def test_what_is_shared_with_the_remarks_stays_under_its_own_key() -> None:
    shared: list[Any] = []
    assert '"x": []' in render_failure_text({"_remarks": shared, "x": shared, "y": 1})
    cyclic: dict[str, Any] = {"_remarks": [], "a": 1}
    cyclic["self"] = cyclic
    assert '"self": "[contains itself]"' in render_failure_text(cyclic)


def test_a_remark_stays_on_its_key_when_another_one_becomes_the_same() -> None:
    remark = {"path": "/1", "rule": "secret", "action": "redacted", "start": 0, "end": 17}
    for key in (1, b"1"):
        error = {"1": "[redacted:secret]", key: "y", "_remarks": [remark]}
        result = again(error)
        assert result["_remarks"][0] == remark
        assert "input_remarks" not in result


def test_a_remark_on_what_a_marker_stands_for_is_no_longer_true() -> None:
    cyclic: dict[str, Any] = {"a": {}}
    cyclic["a"]["self"] = cyclic
    cyclic["_remarks"] = [{"path": "/a/self/a", "rule": "tuple", "action": "substituted"}]
    result = again(cyclic)
    assert [remark["path"] for remark in result["_remarks"]] == ["/a/self", "/input_remarks"]


def test_a_remark_deeper_than_anything_is_kept_is_none_of_ours() -> None:
    for levels, is_ours in ((150, True), (300, False), (100_000, False)):
        error: dict[str, Any] = {}
        for _ in range(levels - 1):
            error = {"k": error}
        remark = {"path": "/k" * (levels - 1), "rule": "tuple", "action": "substituted"}
        result = again({**error, "_remarks": [remark]})
        assert (remark in result["_remarks"]) == is_ours
        assert ("input_remarks" in result) != is_ours


def test_a_mapping_keeps_its_own_true_remarks_too() -> None:
    remark = {"path": "/n", "rule": "non_finite_number", "action": "substituted", "original": "NaN"}
    error = {"n": None, "_remarks": [remark]}
    assert again(types.MappingProxyType(error)) == error
    later = again(types.MappingProxyType({**error, "m": math.nan}))
    assert later["_remarks"] == [remark, {**remark, "path": "/m"}]
    odd = again(types.MappingProxyType({**error, "_remarks": [{**remark, "original": b"NaN"}]}))
    assert "input_remarks" in odd
