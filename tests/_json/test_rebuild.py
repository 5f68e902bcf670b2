"""The one walk over nested values: keys that stay apart, and remarks within bounds."""

from __future__ import annotations

from typing import Any

import pytest

from run_artifacts import sanitize_error
from run_artifacts._json import readable
from run_artifacts._json.readable import replace_foreign
from run_artifacts._json.rebuild import rebuild


def test_the_memory_of_remarks_is_bounded_and_the_rest_is_counted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A remark counts as 50 characters and its path, which has up to 20,005 here."""
    monkeypatch.setattr(readable, "_MAX_REMARK_CHARACTERS", 1_000_000)
    key = "k" * 20_000
    error = {key: [float("nan")] * 1_000, "after": float("nan")}
    result = sanitize_error(error)
    assert result is not None
    *listed, rest = result["_remarks"]
    assert [remark["path"] for remark in listed] == [f"/{key}/{index}" for index in range(49)]
    assert rest == {
        "path": "",
        "rule": "remarks_omitted",
        "action": "annotated",
        "original_length": 1_001 - 49,
    }
    assert result[key] == [None] * 1_000
    assert sanitize_error(result) == result


def marked(text: str) -> tuple[str, list[dict[str, Any]]]:
    """A rule for texts that alters each one, what it gave before too."""
    return f"{text}!", [{"rule": "mark", "action": "substituted"}]


def test_each_key_is_as_the_rule_has_it_whatever_was_met_before() -> None:
    """What a key became is not taken for a key that was looked at."""
    value = [{"a": 1}, {"a!": 2}, {"a!!": 3}, {"a": 4}]
    copy, remarks = rebuild(value, replace_foreign, 10, marked)
    assert copy == [{"a!": 1}, {"a!!": 2}, {"a!!!": 3}, {"a!": 4}]
    assert [remark["path"] for remark in remarks] == ["/0/a!", "/1/a!!", "/2/a!!!", "/3/a!"]


def test_a_key_that_stays_as_it_is_is_looked_at_once() -> None:
    looked_at = []

    def rule(text: str) -> tuple[str, tuple[()]]:
        looked_at.append(text)
        return text, ()

    value = [{"key": 1, "other": [{"key": None}]}] * 100
    assert rebuild(value, replace_foreign, 10, rule) == (value, [])
    assert sorted(looked_at) == ["key", "other"]


def test_numbers_behind_keys_begin_anew_in_each_object() -> None:
    same = {"1": "a", 1: "b", b"1": "c"}
    copy, remarks = rebuild({"x": same, "y": [same]}, replace_foreign, 10, lambda text: (text, ()))
    numbered = {"1": "a", "1_2": "b", "1_3": "c"}
    assert copy == {"x": numbered, "y": [numbered]}
    paths = [remark["path"] for remark in remarks if remark["rule"] == "key_collision"]
    assert paths == ["/x/1_2", "/x/1_3", "/y/0/1_2", "/y/0/1_3"]


@pytest.mark.parametrize("levels", [1, 2, 3])
def test_so_many_levels_are_copied_and_what_lies_deeper_is_replaced(levels: int) -> None:
    deep: Any = []
    for _ in range(levels - 1):
        deep = [deep]
    assert rebuild(deep, replace_foreign, levels, lambda text: (text, ())) == (deep, [])
    copy, (remark,) = rebuild(deep, replace_foreign, levels - 1, lambda text: (text, ()))
    assert remark == {
        "path": "/0" * (levels - 1),
        "rule": "depth",
        "action": "substituted",
        "start": 0,
        "end": len("[nested more than 200 levels deep]"),
    }
    for _ in range(levels - 1):
        (copy,) = copy
    assert copy == "[nested more than 200 levels deep]"


def test_what_was_left_can_be_met_again_and_is_no_cycle() -> None:
    shared = [1]
    value = {"a": shared, "b": [shared, {"c": shared}], "d": shared}
    copy, remarks = rebuild(value, replace_foreign, 10, lambda text: (text, ()))
    assert (copy, remarks) == (value, [])
    assert copy["a"] is not shared
