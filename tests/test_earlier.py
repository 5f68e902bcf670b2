"""Remarks from an earlier time stay as long as they are true, and stay true."""

from __future__ import annotations

import copy
import json
import math
import random
from typing import Any

import pytest

from run_artifacts import sanitize_error
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
    for _ in range(250):
        error = {"v": values(chance), chance.choice(["w", SECRETS[1]]): values(chance)}
        before = copy.deepcopy(error)
        result = again(error, secrets=SECRETS)
        json.dumps(result, allow_nan=False).encode()
        assert error == before
        for secret in SECRETS:
            assert secret not in json.dumps(result).replace("~0", "~").replace("~1", "/")


@pytest.mark.parametrize("seed", range(8))
def test_what_is_redacted_later_moves_earlier_remarks(seed: int) -> None:
    chance = random.Random(100 + seed)
    for _ in range(250):
        error = {"v": values(chance), "w": values(chance)}
        first = again(error, redact=chance.random() < 0.5)
        second = again(first, secrets=SECRETS)
        assert "input_remarks" not in second
        for secret in SECRETS:
            assert secret not in json.dumps(second).replace("~0", "~").replace("~1", "/")


def test_a_placeholder_that_a_secret_has_swallowed_has_no_remark() -> None:
    token = TOKENS["github p"]
    first = again({"m": f"x {token.text} y\ud800", "n": "\ud800"})
    assert len(first["_remarks"]) == 3
    key = {"m": f"-----BEGIN PRIVATE KEY-----\n{first['m']}", "n": first["n"]}
    moved = [
        {**remark, "start": remark["start"] + 28, "end": remark["end"] + 28}
        if remark["path"] == "/m"
        else remark
        for remark in first["_remarks"]
    ]
    result = again({**key, "_remarks": moved})
    assert result["m"] == "[redacted:private_key]"
    assert [(remark["path"], remark["rule"]) for remark in result["_remarks"]] == [
        ("/n", "lone_surrogate"),
        ("/m", "private_key"),
    ]


@pytest.mark.parametrize("secret", ["\ufffdtillbill", "tillbill\ufffd"])
def test_a_remark_on_part_of_what_a_secret_has_swallowed_goes_with_it(secret: str) -> None:
    first = again({"m": f"x{secret}y".replace("\ufffd", "\ud800")})
    assert [remark["rule"] for remark in first["_remarks"]] == ["lone_surrogate"]
    second = again(first, secrets=[secret])
    assert [remark["rule"] for remark in second["_remarks"]] == ["secret"]


@pytest.mark.parametrize(
    "remark",
    [
        {"path": "/b"},
        {"path": "/a/0"},
        {"path": "a"},
        {"path": "/_remarks"},
        {"path": "/_remarks/0"},
        {"path": "/" * 1_000_000},
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


def test_many_remarks_on_one_text_move_in_linear_steps() -> None:
    token = TOKENS["aws"].text
    text = f"\ud800 {token} " * 20_000
    first = sanitize_error({"m": text}, redact=False)
    second = sanitize_error(first)
    assert second is not None
    assert_true(second)
    assert len(second["_remarks"]) == 40_000


def test_a_remark_stays_on_its_key_when_another_one_becomes_the_same() -> None:
    remark = {"path": "/1", "rule": "secret", "action": "redacted", "start": 0, "end": 17}
    for key in (1, b"1"):
        error = {"1": "[redacted:secret]", key: "y", "_remarks": [remark]}
        result = again(error)
        assert result["_remarks"][0] == remark
        assert "input_remarks" not in result


def test_a_remark_goes_with_what_a_marker_has_swallowed() -> None:
    cyclic: dict[str, Any] = {"a": {}}
    cyclic["a"]["self"] = cyclic
    on_both = [
        {"path": "/a", "rule": "tuple", "action": "substituted"},
        {"path": "/a/self/a", "rule": "tuple", "action": "substituted"},
    ]
    cyclic["_remarks"] = on_both
    result = again(cyclic)
    assert [remark["path"] for remark in result["_remarks"]] == ["/a", "/a/self"]


def test_a_remark_deeper_than_anything_is_kept_is_none_of_ours() -> None:
    for levels, is_ours in ((150, True), (300, False), (100_000, False)):
        error: dict[str, Any] = {}
        for _ in range(levels - 1):
            error = {"k": error}
        remark = {"path": "/k" * (levels - 1), "rule": "tuple", "action": "substituted"}
        result = again({**error, "_remarks": [remark]})
        assert (remark in result["_remarks"]) == is_ours
        assert ("input_remarks" in result) != is_ours
