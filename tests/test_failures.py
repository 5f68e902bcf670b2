"""Failures classified, sanitized, and their artifacts extracted."""

from __future__ import annotations

import copy
import datetime as dt
import json
import math
import pathlib
import subprocess
import sys
import types
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

import pytest

from run_artifacts import (
    classify_failure_kind,
    classify_known_stderr_warnings,
    coerce_validation_errors,
    extract_artifact_filenames,
    extract_error_artifacts,
    normalize_agent_path,
    sanitize_error,
)
from run_artifacts._json import rebuild
from tokens import TOKENS


@pytest.mark.parametrize(
    ("arguments", "kind"),
    [
        ({"error": {"type": "AgentQuotaExceeded"}}, "quota_exhausted"),
        ({"error": {"subtype": "provider_quota_exceeded"}}, "quota_exhausted"),
        ({"error": {"code": "CLAUDE_out_of_extra_usage"}}, "quota_exhausted"),
        ({"error": {"type": "agentquotaexceeded"}}, "error"),
        ({"error": {"code": ["claude_out_of_extra_usage"]}}, "error"),
        ({"error": {}}, "error"),
        ({"error": "text"}, "error"),
        ({"error": False}, "error"),
        ({"error": {}, "status": "missing_report"}, "error"),
        ({"validation_errors": ["x"], "status": "missing_report"}, "report_validation_error"),
        ({"validation_errors": "x"}, "report_validation_error"),
        ({"validation_errors": [" ", None]}, "unknown"),
        ({"validation_errors": None}, "unknown"),
        ({"status": "missing_report"}, "missing_report"),
        ({"status": "no_terminal_artifact"}, "missing_report"),
        ({"status": " Missing_Report\n"}, "missing_report"),
        ({"status": "ERROR"}, "error"),
        ({"status": "report_validation_error"}, "report_validation_error"),
        ({"status": "terminal_artifact_unreadable"}, "terminal_artifact_unreadable"),
        ({"status": "ok"}, "unknown"),
        ({"status": ""}, "unknown"),
        ({"status": None}, "unknown"),
        ({"status": 5}, "unknown"),
        ({}, "unknown"),
    ],
)
def test_the_first_kind_that_holds(arguments: dict[str, Any], kind: str) -> None:
    found = classify_failure_kind(**arguments)
    assert (found.is_failure, found.kind) == (kind != "unknown", kind)
    is_failure, name = found
    assert (is_failure, name) == (kind != "unknown", kind)


def test_an_error_alone_is_positional() -> None:
    assert classify_failure_kind({"type": "X"}).kind == "error"


@pytest.mark.parametrize(
    ("raw", "texts"),
    [
        (None, []),
        ("", []),
        ("  ", []),
        (" one ", ["one"]),
        ([], []),
        ([" a ", "", None, "b"], ["a", "b"]),
        (("a", "b"), ["a", "b"]),
        ([{"path": "$.x", "é": [1, None]}], ['{"path":"$.x","é":[1,null]}']),
        ([0, False, 1.5, []], ["0", "false", "1.5", "[]"]),
        ({"a": 1}, ['{"a":1}']),
        (5, ["5"]),
        ([math.nan, b"bytes", "a\ud800"], ["null", '"bytes"', "a\ud800"]),
        ([["a", " b "]], ['["a"," b "]']),
    ],
)
def test_validation_errors_are_texts(raw: Any, texts: list[str]) -> None:
    assert coerce_validation_errors(raw) == texts


class Unshowable:
    def __repr__(self) -> str:
        raise RuntimeError("no")


class BadMapping(Mapping[str, Any]):
    def __getitem__(self, key: str) -> Any:
        raise RuntimeError("no")

    def __iter__(self) -> Any:
        raise RuntimeError("no")

    def __len__(self) -> int:
        raise RuntimeError("no")

    def __repr__(self) -> str:
        return "BadMapping()"


class BadPath:
    def __fspath__(self) -> str:
        raise RuntimeError("no")


def test_a_clean_error_comes_back_equal_and_as_a_copy() -> None:
    error = {"type": "X", "n": [1, {"a": None}], "é": True, "big": 10**3_000}
    result = sanitize_error(error)
    assert result == error
    assert result is not error
    assert result is not None
    result["n"][1]["a"] = 5
    assert error["n"] == [1, {"a": None}]


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, None),
        ({}, {}),
        ("text", {"message": "text"}),
        ("", {"message": ""}),
        (["a", 1], {"errors": ["a", 1]}),
        (("a",), {"errors": ["a"]}),
        (5, {"value": 5}),
        (False, {"value": False}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
    ],
)
def test_any_value_becomes_an_object(error: Any, result: Any) -> None:
    assert sanitize_error(error) == result


released = memoryview(b"x")
released.release()

FOREIGN: dict[str, tuple[Any, Any, str]] = {
    "NaN": (math.nan, None, "non_finite_number"),
    "surrogate": ("a\ud800", "a\ufffd", "lone_surrogate"),
    "tuple": ((1, 2), [1, 2], "tuple"),
    "bytes": (b"caf\xc3\xa9 \xff", "café \\xff", "bytes"),
    "bytearray": (bytearray(b"x"), "x", "bytes"),
    "view": (memoryview(b"x"), "x", "bytes"),
    "path": (pathlib.PurePosixPath("/a/b"), "/a/b", "path"),
    "bad path": (BadPath(), "<BadPath that can't be shown>", "path"),
    "date": (dt.date(2026, 1, 2), "2026-01-02", "date"),
    "time": (dt.datetime(2026, 1, 2, 3, tzinfo=dt.UTC), "2026-01-02T03:00:00+00:00", "date"),
    "set": ({"b", "a"}, ["a", "b"], "set"),
    "frozenset": (frozenset({3}), [3], "set"),
    "released view": (released, "<released", "object"),
    "bad mapping": (BadMapping(), "BadMapping()", "object"),
    "object": (complex(1, 2), "(1+2j)", "object"),
    "unshowable": (Unshowable(), "<Unshowable that can't be shown>", "object"),
    "long integer": (16**5_000, "0x1" + "0" * 5_000, "long_integer"),
}


@pytest.mark.parametrize(("value", "shown", "rule"), FOREIGN.values(), ids=FOREIGN)
def test_what_json_has_no_form_for_is_shown_with_a_remark(
    value: Any, shown: Any, rule: str
) -> None:
    result = sanitize_error({"a": {"b": value}})
    assert result is not None
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    assert result["a"] == {"b": shown} or result["a"]["b"].startswith("<released memory at ")
    assert [(remark["path"], remark["rule"]) for remark in result["_remarks"]] == [("/a/b", rule)]
    assert sanitize_error(result) == result


@pytest.mark.parametrize(
    ("key", "shown", "rule"),
    [
        (1, "1", "key"),
        (None, "None", "key"),
        ((1, 2), "(1, 2)", "key"),
        (b"k", "k", "key"),
        ("k\ud800", "k\ufffd", "lone_surrogate"),
        (Unshowable(), "<Unshowable that can't be shown>", "key"),
    ],
)
def test_a_key_becomes_a_string_with_a_remark(key: Any, shown: str, rule: str) -> None:
    result = sanitize_error({"a": {key: 1}})
    assert result is not None
    assert result["a"] == {shown: 1}
    (remark,) = result["_remarks"]
    assert (remark["path"], remark["rule"], remark["part"]) == (f"/a/{shown}", rule, "key")
    assert sanitize_error(result) == result


def test_remarks_on_what_becomes_text_have_the_ranges_of_the_result() -> None:
    token = TOKENS["github p"].text.encode()
    result = sanitize_error({"m": b"a " + token, b"b " + token: 1})
    assert result is not None
    ranges = [
        (remark["path"], remark["start"], remark["end"])
        for remark in result["_remarks"]
        if remark["rule"] in ("bytes", "key")
    ]
    shown = "x [redacted:github_token]"
    assert ranges == [("/m", 0, len(shown)), ("/b [redacted:github_token]", 0, len(shown))]


def test_a_key_that_becomes_that_of_the_remarks_moves_with_its_own_remark() -> None:
    result = sanitize_error({b"_remarks": "x"})
    assert result is not None
    assert result["input_remarks"] == "x"
    on_key, moved = result["_remarks"]
    assert (on_key["path"], on_key["part"]) == ("/input_remarks", "key")
    assert (on_key["start"], on_key["end"]) == (0, len("input_remarks"))
    assert moved["rule"] == "input_remarks"


def test_keys_that_become_the_same_do_not_overwrite_each_other() -> None:
    result = sanitize_error({"1": "a", 1: "b", 1.5: "c", "1_2": "d"})
    assert result is not None
    remarks = result.pop("_remarks")
    assert result == {"1": "a", "1_2": "b", "1.5": "c", "1_2_2": "d"}
    collisions = [remark["path"] for remark in remarks if remark["rule"] == "key_collision"]
    assert collisions == ["/1_2", "/1_2_2"]


@pytest.mark.parametrize("number", [100, 1_000, 10_000])
def test_keys_that_become_the_same_are_told_apart_in_linear_steps(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    class Same:
        def __repr__(self) -> str:
            return "same"

    steps = 0
    real = rebuild.unused_key

    def counting(key: str, container: Any, start: int = 1) -> tuple[str, int]:
        nonlocal steps
        unique, last = real(key, container, start)
        steps += last - start
        return unique, last

    monkeypatch.setattr(rebuild, "unused_key", counting)
    result = sanitize_error({"a": {Same(): index for index in range(number)}})
    assert result is not None
    assert list(result["a"].items())[-1] == (f"same_{number}", number - 1)
    assert steps == number - 1


def test_cycles_and_depth_become_markers() -> None:
    cyclic: dict[str, Any] = {"list": []}
    cyclic["list"].append(cyclic)
    shared = [1]
    cyclic["shared"] = [shared, shared]
    result = sanitize_error(cyclic)
    assert result is not None
    assert result["list"] == ["[contains itself]"]
    assert result["shared"] == [[1], [1]]
    assert [remark["path"] for remark in result["_remarks"]] == ["/list/0"]
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    result = sanitize_error({"deep": deep})
    assert result is not None
    text = json.dumps(result["deep"])
    assert text == "[" * 199 + '"[nested more than 200 levels deep]"' + "]" * 199
    assert [remark["rule"] for remark in result["_remarks"]] == ["depth"]
    assert sanitize_error(result) == result


def test_text_is_never_shortened() -> None:
    text = "x" * 5_000_000
    assert sanitize_error({"stderr": text}) == {"stderr": text}


def test_the_input_is_never_altered() -> None:
    error = {"a": [math.nan, {"b": (1, b"x")}], "_remarks": ["mine"]}
    before = copy.deepcopy(error)
    sanitize_error(error)
    assert repr(error) == repr(before)


def test_remarks_of_the_input_that_are_not_ours_move() -> None:
    result = sanitize_error({"_remarks": "mine", "a": 1})
    assert result == {
        "a": 1,
        "input_remarks": "mine",
        "_remarks": [
            {"path": "/input_remarks", "rule": "input_remarks", "action": "annotated"},
        ],
    }
    assert sanitize_error(result) == result
    ours = {"_remarks": [{"path": "/a", "rule": "tuple", "action": "substituted"}], "a": [1]}
    assert sanitize_error(ours) == ours


def test_artifacts_are_copied_where_they_are_an_object() -> None:
    error = {"artifacts": {"stderr": "a.txt"}}
    artifacts = extract_error_artifacts(error)
    assert artifacts == {"stderr": "a.txt"}
    assert artifacts is not error["artifacts"]
    nested: dict[str, Any] = {"logs": [{"name": "a.txt"}]}
    nested["self"] = nested
    copied = extract_error_artifacts({"artifacts": nested})
    assert copied is not None
    copied["logs"][0]["name"] = "changed"
    assert nested["logs"] == [{"name": "a.txt"}]
    assert copied["self"] is copied
    for other in (None, "text", [], {}, {"artifacts": ["a.txt"]}, {"artifacts": None}):
        assert extract_error_artifacts(other) is None


def test_a_copy_of_artifacts_of_any_kind_of_dict_is_deep() -> None:
    artifacts = OrderedDict(a=["x"], b=OrderedDict(c=["y"]))
    copied = extract_error_artifacts({"artifacts": artifacts})
    assert copied == {"a": ["x"], "b": {"c": ["y"]}}
    assert copied is not None
    assert copied["a"] is not artifacts["a"]
    assert copied["b"] is not artifacts["b"]


def test_file_names_are_the_strings_at_any_depth() -> None:
    cyclic: list[Any] = ["z.txt"]
    cyclic.append(cyclic)
    deep: Any = "deep.txt"
    for _ in range(100_000):
        deep = [deep]
    artifacts = {"key": "b.txt", "list": ["a.txt", " ", "", 5, None], "c": cyclic, "d": deep}
    assert extract_artifact_filenames(artifacts) == ["a.txt", "b.txt", "deep.txt", "z.txt"]
    assert extract_artifact_filenames("one.txt") == ["one.txt"]
    assert extract_artifact_filenames(None) == []


HINTS = [
    "hint=PowerShell shell snapshot unsupported; continuing without shell snapshot metadata.",
    "hint=Turn metadata header timed out; continuing without metadata header.",
    "hint=Codex model refresh timed out; model list may be stale.",
]
KNOWN = {
    "WARN Shell snapshot not supported yet for PowerShell": "shell_snapshot_powershell_unsupported",
    "code=shell_snapshot_powershell_unsupported": "shell_snapshot_powershell_unsupported",
    HINTS[0]: "shell_snapshot_powershell_unsupported",
    "turn metadata: resolving the header has timed out": "turn_metadata_header_timeout",
    "[warn] code=turn_metadata_header_timeout x": "turn_metadata_header_timeout",
    HINTS[1].upper(): "turn_metadata_header_timeout",
    "Failed to refresh available models: timeout waiting for child process to exit": (
        "codex_model_refresh_timeout"
    ),
    "code=CODEX_model_refresh_timeout": "codex_model_refresh_timeout",
    f"  {HINTS[2]}\t": "codex_model_refresh_timeout",
    "[BashTool] Pre-flight check is taking longer than expected.": "bash_tool_preflight_slow",
}
UNKNOWN = [
    "Traceback (most recent call last):",
    "turn metadata timed out",
    "failed to refresh available models",
    "pre-flight check is taking longer than expected",
    "code=bash_tool_preflight_slow",
    "code=turn_metadata_header_timeout_2",
    f"{HINTS[2]} More.",
]


@pytest.mark.parametrize(("line", "code"), KNOWN.items())
def test_a_known_warning_is_known(line: str, code: str) -> None:
    assert classify_known_stderr_warnings(f"\n{line}\r\n \n") == {
        "codes": [code],
        "counts": {code: 1},
        "unknown_lines": [],
        "warning_only": True,
    }


@pytest.mark.parametrize("line", UNKNOWN)
def test_any_other_line_is_unknown(line: str) -> None:
    assert classify_known_stderr_warnings(f" {line} \n") == {
        "codes": [],
        "counts": {},
        "unknown_lines": [line],
        "warning_only": False,
    }


def test_warnings_are_counted_beside_other_lines() -> None:
    found = classify_known_stderr_warnings("\n".join([*KNOWN, *KNOWN, *UNKNOWN]))
    assert found["codes"] == sorted(found["counts"]) == sorted(set(KNOWN.values()))
    assert sum(found["counts"].values()) == 2 * len(KNOWN)
    assert found["unknown_lines"] == UNKNOWN
    assert found["warning_only"] is False
    assert classify_known_stderr_warnings("")["warning_only"] is False
    with pytest.raises(TypeError, match="text must be str, not bytes"):
        classify_known_stderr_warnings(b"")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("path", "normal"),
    [
        ("", ""),
        ("a", "a"),
        ("C:\\ws\\src\\a.py", "C:/ws/src/a.py"),
        ("//a///b\\\\c", "/a/b/c"),
        ("a/../b/", "a/../b/"),
    ],
)
def test_agent_paths_have_single_forward_slashes(path: str, normal: str) -> None:
    assert normalize_agent_path(path) == normal


def test_the_import_paths_of_callers_hold_the_same_functions() -> None:
    from run_artifacts import failures, path_normalization, run_failure_event

    assert path_normalization.normalize_agent_path is normalize_agent_path
    for name in run_failure_event.__all__:
        assert getattr(run_failure_event, name) is getattr(failures, name)


COMPARED_WITH_BYTES = """
from run_artifacts import *
keys = "type code subtype artifacts _remarks exit_code message path error_phase password"
given = {key.encode(): "x" for key in keys.split()}
for error in (given, {"a": [given]}, {"_remarks": [given]}, {"_remarks": [{**given, "rule": "r"}]}):
    print(classify_failure_kind(error), extract_error_artifacts(error))
    print(extract_artifact_filenames(error), coerce_validation_errors([error]))
    print(sanitize_error(error, secrets=["till-1234"]))
    print(render_failure_text(error, artifacts=error, attachments=[error], status=b"error",
                              report_validation_errors=[error],
                              terminal_artifact_reads={b"report.json": error}))
"""


def test_a_key_of_bytes_is_compared_with_no_text() -> None:
    """Under ``-bb`` that comparison raises: the answers must be the same as without."""
    said = [
        subprocess.run(
            [sys.executable, *options, "-c", COMPARED_WITH_BYTES],
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for options in ([], ["-bb"])
    ]
    assert said[0] == said[1]
    assert said[0].count("FailureKind(is_failure=True, kind='error')") == 4
