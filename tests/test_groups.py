"""Failures of a history by their cause: what is counted adds up, and memory grows with groups."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import (
    FailureGroup,
    failure_fingerprint,
    group_failures,
    iter_report_history,
    write_report_history_jsonl,
)
from support import run_python, write_run

TILL, SHELF = "fatal: the till is closed", "fatal: no shelf"


def failed(number: int, stderr: str = TILL, **fields: Any) -> dict[str, Any]:
    return {
        "run_rel": f"target/2026/agent/{number}",
        "target_slug": f"target-{number % 3}",
        "timestamp_utc": f"2026-01-{number % 28 + 1:02}T00:00:00Z",
        "agent": "codex",
        "status": "error",
        "error": {"exit_code": 1, "stderr": stderr},
        **fields,
    }


def passed(number: int) -> dict[str, Any]:
    return {"run_rel": f"target/2026/agent/{number}", "status": "ok", "failure": None}


def test_groups_are_the_most_frequent_first_and_add_up() -> None:
    records = [failed(n, SHELF if n % 4 == 0 else TILL) for n in range(20)]
    groups = group_failures([*records, *map(passed, range(7))])
    assert [(group.title, group.count) for group in groups] == [(TILL, 15), (SHELF, 5)]
    assert groups.passed == 7
    assert groups.records == 27 == groups.passed + sum(group.count for group in groups)


def test_a_group_says_since_when_where_and_who() -> None:
    records = [failed(3), failed(1, agent="claude"), failed(2, kind="x")]
    (group,) = group_failures(records)
    assert group == FailureGroup(
        fingerprint=failure_fingerprint(records[0]["error"]).id,
        title=TILL,
        kind="error",
        count=3,
        first_utc="2026-01-02T00:00:00Z",
        last_utc="2026-01-04T00:00:00Z",
        targets=["target-0", "target-1", "target-2"],
        agents=["claude", "codex"],
        run_rels=[f"target/2026/agent/{number}" for number in (3, 2, 1)],
        run_rels_omitted=0,
    )


def test_only_the_newest_runs_are_named_and_the_others_counted() -> None:
    records = [failed(n, timestamp_utc=f"2026-01-01T00:{n:02}:00Z") for n in range(50)]
    for given in (records, records[::-1]):
        (group,) = group_failures(given)
        assert group.run_rels == [f"target/2026/agent/{n}" for n in range(49, 29, -1)]
        assert group.run_rels_omitted == 30


def test_what_a_record_does_not_say_is_missing_and_nothing_else() -> None:
    (group,) = group_failures([{"status": "error", "error": {"exit_code": 3}}])
    assert (group.first_utc, group.last_utc, group.targets, group.agents, group.run_rels) == (
        None,
        None,
        [],
        [],
        [],
    )
    assert (group.count, group.run_rels_omitted) == (1, 1)
    (group,) = group_failures([failed(1, timestamp_utc=3, agent=None, target_slug=[], run_rel=b"")])
    assert (group.last_utc, group.run_rels_omitted) == (None, 1)


@pytest.mark.parametrize("failure", ["none", {"kind": "error"}, {"fingerprint": 3}, 3, []])
def test_a_record_without_its_failure_is_named_as_it_comes(failure: object) -> None:
    record = failed(1)
    if failure != "none":
        record["failure"] = failure
    (group,) = group_failures([record])
    assert group.title == TILL


def test_what_a_record_says_of_its_failure_is_believed() -> None:
    assert group_failures([failed(1, failure=None)]).passed == 1
    said = {"kind": "error", "fingerprint": "f9-0", "title": "of later rules"}
    (group,) = group_failures([failed(1, failure=said)])
    assert (group.fingerprint, group.title) == ("f9-0", "of later rules")


@pytest.mark.parametrize(
    ("record", "kind"),
    [
        ({"status": "missing_report"}, "missing_report"),
        ({"status": "report_validation_error", "report_validation_errors": ["$.a: no"]},
         "report_validation_error"),
        ({"status": "terminal_artifact_unreadable"}, "terminal_artifact_unreadable"),
        ({"status": "error", "error": {"code": "claude_out_of_extra_usage"}}, "quota_exhausted"),
        ({"status": "error", "error": {}}, "error"),
    ],
)  # fmt: skip
def test_every_kind_of_failure_has_a_group(record: dict[str, Any], kind: str) -> None:
    (group,) = group_failures([record])
    assert group.kind == kind
    assert group.title


def test_a_title_that_others_wrote_is_safe_to_print() -> None:
    said = {"kind": "error", "fingerprint": "mine\n", "title": "a\nb\x1b[31m" + "z" * 500}
    (group,) = group_failures([failed(1, failure=said)])
    assert group.title.isprintable()
    assert len(group.title) == 200
    assert group.fingerprint.isprintable()


def test_no_records_make_no_groups() -> None:
    groups = group_failures([])
    assert (groups, groups.records, groups.passed) == ([], 0, 0)
    groups = group_failures(map(passed, range(3)))
    assert (groups, groups.records, groups.passed) == ([], 3, 3)


@pytest.mark.parametrize("record", [None, 3, "text", [], {1}])
def test_what_is_no_record_is_an_error_that_says_which(record: object) -> None:
    with pytest.raises(TypeError, match="record 2: a record must be a mapping, not "):
        group_failures([passed(0), record])  # type: ignore[list-item]


def test_a_history_has_the_groups_of_its_tree(runs: Path, tmp_path: Path) -> None:
    for number in range(9):
        error = {"exit_code": 1, "stderr": (TILL, SHELF)[number % 2]}
        write_run(runs, f"target/20260101T00000{number}Z/codex/0", error__json=error)
    write_run(runs, "target/20260101T000000Z/codex/1", report__json={})
    out = tmp_path / "history.jsonl"
    write_report_history_jsonl(runs, out_path=out)
    groups = group_failures(iter_report_history(out))
    assert groups == group_failures(iter_report_history(runs))
    assert [(group.title, group.count) for group in groups] == [(TILL, 5), (SHELF, 4)]
    assert groups.passed == 1
    older = tmp_path / "older.jsonl"
    with open(out, encoding="utf-8") as file, open(older, "w", encoding="utf-8") as copy:
        for line in file:
            record = json.loads(line)
            del record["failure"]
            copy.write(json.dumps(record) + "\n")
    assert group_failures(iter_report_history(older)) == groups


@pytest.mark.skipif(sys.platform != "linux", reason="Linux alone tells the peak of a process")
def test_memory_grows_with_the_groups_and_not_with_the_records() -> None:
    source = """
        import sys

        def records(count):
            for n in range(count):
                yield {
                    "run_rel": f"target/2026/agent/{n}", "target_slug": f"target-{n}",
                    "timestamp_utc": f"2026-01-01T{n:08}Z", "status": "error",
                    "failure": {"kind": "error", "fingerprint": f"f1-{n % 7}", "title": "x" * 200},
                }

        (groups) = group_failures(records(int(sys.argv[1])))
        assert len(groups) == 7, groups
        print(peak_kib())
    """
    few, many = (int(run_python(source, str(count))) for count in (20_000, 200_000))
    assert many - few < 1_024


def test_records_are_read_one_by_one() -> None:
    given = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal given
        for given in range(3):
            yield failed(given)
        raise RuntimeError("no more")

    with pytest.raises(RuntimeError, match="no more"):
        group_failures(records())
    assert given == 2
