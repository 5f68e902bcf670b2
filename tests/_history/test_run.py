"""One run directory: its status, its values, and an account of what could not be read."""

from __future__ import annotations

import json
import os
import pickle
import shutil
from pathlib import Path
from typing import Any

import pytest

from records import outcome_of, record_of
from run_artifacts import HistoryLoss, RunRecord
from run_artifacts._files.beneath import Root
from run_artifacts._history.run import ReadOptions, read_run
from run_artifacts._layout import RunPlace
from support import DEFAULT_RUN, run_python, write_run

KEYS = [
    "run_dir",
    "run_rel",
    "target_slug",
    "timestamp_dir",
    "timestamp_utc",
    "agent",
    "seed",
    "status",
    "agent_exit_code",
    "target_ref",
    "effective_run_spec",
    "report",
    "metrics",
    "preflight",
    "error",
    "report_validation_errors",
    "run_meta",
    "agent_attempts",
    "ticket_ref",
    "timing",
    "terminal_artifact_reads",
    "embedded",
    "embedded_capture_manifest",
    "artifact_read_errors",
    "other_artifacts",
    "finished",
    "failure",
    "schema_version",
    "_remarks",
]


def test_a_record_has_its_keys_in_their_order(runs: Path) -> None:
    write_run(runs)
    assert list(record_of(runs)) == KEYS
    assert list(RunRecord.__annotations__) == KEYS


def test_a_record_says_where_the_run_is(runs: Path) -> None:
    write_run(runs)
    record = record_of(runs)
    assert record["run_dir"] == f"{runs}/{DEFAULT_RUN}"
    assert [record[key] for key in KEYS[1:7]] == [
        DEFAULT_RUN,
        "target_a",
        "20260101T000000Z",
        "2026-01-01T00:00:00Z",
        "codex",
        0,
    ]


@pytest.mark.parametrize(
    ("name", "seed"),
    {"0": 0, "007": 7, "12": 12, "²": "²", "٣": "٣", "-1": "-1", "1a": "1a", "1_0": "1_0"}.items(),
)
def test_a_seed_is_a_number_where_it_is_ascii_digits(
    runs: Path, name: str, seed: int | str
) -> None:
    run_rel = f"target/20260101T000000Z/codex/{name}"
    write_run(runs, run_rel)
    assert record_of(runs, run_rel)["seed"] == seed


def test_a_timestamp_that_is_none_is_kept_as_a_name(runs: Path) -> None:
    write_run(runs, "target/20261399T999999Z/codex/0", report__json={})
    record = record_of(runs, "target/20261399T999999Z/codex/0")
    assert (record["timestamp_dir"], record["timestamp_utc"]) == ("20261399T999999Z", None)
    assert record["status"] == "ok"


# What the terminal artifacts hold, and the status; None is a file that isn't there.
STATUSES: dict[str, tuple[dict[str, Any], str]] = {
    "a report": ({"report__json": {}}, "ok"),
    "a report that is falsy": ({"report__json": 0}, "ok"),
    "nothing": ({}, "missing_report"),
    "a null report": ({"report__json": b"null"}, "missing_report"),
    "an error": ({"report__json": {}, "error__json": {"type": "X"}}, "error"),
    "an empty error": ({"report__json": {}, "error__json": {}}, "error"),
    "a false error": ({"error__json": False}, "error"),
    "a null error": ({"report__json": {}, "error__json": b"null"}, "ok"),
    "validation errors": (
        {"report__json": {}, "report_validation_errors__json": ["x"]},
        "report_validation_error",
    ),
    "no validation errors": (
        {"report__json": {}, "report_validation_errors__json": []},
        "report_validation_error",
    ),
    "null validation errors": (
        {"report__json": {}, "report_validation_errors__json": b"null"},
        "ok",
    ),
    "error before validation": (
        {"error__json": {}, "report_validation_errors__json": ["x"]},
        "error",
    ),
    "an unreadable report before an error": (
        {"report__json": b"{", "error__json": {}},
        "terminal_artifact_unreadable",
    ),
    "an unreadable error": (
        {"report__json": {}, "error__json": b""},
        "terminal_artifact_unreadable",
    ),
    "unreadable validation errors": (
        {"report__json": {}, "report_validation_errors__json": b"\xff"},
        "terminal_artifact_unreadable",
    ),
}


@pytest.mark.parametrize(("artifacts", "status"), STATUSES.values(), ids=STATUSES)
def test_the_first_status_that_holds(runs: Path, artifacts: dict[str, Any], status: str) -> None:
    write_run(runs, **artifacts)
    assert record_of(runs)["status"] == status


@pytest.mark.parametrize(
    ("error", "code"),
    [
        ({"exit_code": 1}, 1),
        ({"exit_code": 0}, 0),
        ({"exit_code": -9}, -9),
        ({"exit_code": True}, None),
        ({"exit_code": "1"}, None),
        ({"exit_code": 1.0}, None),
        ({}, None),
        ([1], None),
        ("text", None),
    ],
)
def test_an_exit_code_is_an_integer_of_an_object(runs: Path, error: Any, code: int | None) -> None:
    write_run(runs, error__json=error)
    assert record_of(runs)["agent_exit_code"] == code


@pytest.mark.parametrize(
    ("meta", "finished"),
    [
        (None, None),
        (b"null", None),
        ([], None),
        ({}, False),
        ({"run_finished_utc": None}, False),
        ({"run_finished_utc": "2026-01-01T00:00:00Z"}, True),
    ],
)
def test_finished_says_what_the_meta_data_say(runs: Path, meta: Any, finished: bool | None) -> None:
    write_run(runs, run_meta__json=meta)
    assert record_of(runs)["finished"] is finished


def test_what_the_record_does_not_carry_is_named(runs: Path) -> None:
    run = write_run(runs, report__json={}, zeta__txt=b"", prompt__txt=b"", persona__source__md=b"")
    (run / "logs").mkdir()
    (run / os.fsdecode(b"caf\xe9")).write_bytes(b"")
    (run / "link").symlink_to("logs")
    (run / "dangling").symlink_to("nowhere")
    others = ["caf\udce9", "dangling", "link/", "logs/", "zeta.txt"]
    assert record_of(runs, embed="prompt")["other_artifacts"] == sorted(others)
    assert record_of(runs)["other_artifacts"] == sorted(
        [*others, "persona.source.md", "prompt.txt"]
    )


def test_a_directory_with_files_and_no_target_reference_is_a_loss(runs: Path) -> None:
    run = write_run(runs, target_ref__json=None)
    assert outcome_of(runs) is None
    (run / "logs").mkdir()
    assert outcome_of(runs) is None
    (run / "agent_stderr.txt").write_bytes(b"killed early")
    outcome = outcome_of(runs)
    assert outcome is not None
    assert isinstance(outcome.value, HistoryLoss)
    assert (outcome.value.reason, outcome.value.path) == ("run_without_target_ref", str(run))
    write_run(runs, "target/no_timestamp/codex/0", target_ref__json=None, x__txt=b"")
    assert outcome_of(runs, "target/no_timestamp/codex/0") is None


@pytest.mark.parametrize("repo_input", ["", "repo"])
def test_a_run_that_goes_while_it_is_read_is_a_loss(
    runs: Path, monkeypatch: pytest.MonkeyPatch, repo_input: str
) -> None:
    run = write_run(runs, report__json={})
    real = Root.listing

    def list_and_remove(root: Root) -> dict[str, bool]:
        names = real(root)
        shutil.rmtree(run)
        return names

    monkeypatch.setattr(Root, "listing", list_and_remove)
    outcome = outcome_of(runs, repo_input=repo_input)
    assert outcome is not None
    assert isinstance(outcome.value, HistoryLoss)
    assert (outcome.value.reason, outcome.value.path) == ("vanished", str(run))
    assert outcome.value.detail == "target_ref.json is gone"


def test_an_artifact_that_goes_while_its_run_is_read_is_said(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(runs, report__json={})
    real = Root.listing

    def list_and_remove(root: Root) -> dict[str, bool]:
        names = real(root)
        (run / "report.json").unlink()
        return names

    monkeypatch.setattr(Root, "listing", list_and_remove)
    record = record_of(runs)
    assert record["status"] == "missing_report"
    (error,) = record["artifact_read_errors"]
    assert (error["exists"], error["error_message"]) == (False, "vanished")


def test_what_takes_the_place_of_an_artifact_while_it_is_opened_is_not_read(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(runs, report__json={})
    real_open = os.open

    def exchange_and_open(path: str, *arguments: Any, **options: Any) -> int:
        if path == "report.json":
            (run / "report.json").unlink()
            os.mkfifo(run / "report.json")
        return real_open(path, *arguments, **options)

    monkeypatch.setattr(os, "open", exchange_and_open)
    record = record_of(runs)
    assert record["status"] == "terminal_artifact_unreadable"
    (error,) = record["artifact_read_errors"]
    assert error["error_message"] == "not_a_regular_file: is a FIFO"


def test_a_filter_that_cannot_be_applied_is_a_loss(runs: Path) -> None:
    run = write_run(runs, target_ref__json=b"{")
    outcome = outcome_of(runs, repo_input="repo")
    assert outcome is not None
    assert isinstance(outcome.value, HistoryLoss)
    assert (outcome.value.reason, outcome.value.path) == (
        "unreadable_file",
        str(run / "target_ref.json"),
    )


@pytest.mark.parametrize("target_ref", [[], {}, {"repo_input": 5}, {"repo_input": "other"}, None])
def test_a_run_of_another_repository_is_filtered(runs: Path, target_ref: Any) -> None:
    data = json.dumps(target_ref).encode()
    write_run(runs, target_ref__json=data)
    outcome = outcome_of(runs, repo_input="repo")
    assert outcome is not None
    assert (outcome.value, outcome.bytes_read) == (None, len(data))


def test_the_function_from_a_directory_to_its_record_is_picklable_and_pure(runs: Path) -> None:
    write_run(runs, report__json={"n": 1})
    place = RunPlace(str(runs), tuple(DEFAULT_RUN.split("/")))
    function, *arguments = pickle.loads(pickle.dumps((read_run, place, ReadOptions())))
    outcome, here = function(*arguments), read_run(place, ReadOptions())
    assert here is not None
    for other in (outcome, pickle.loads(pickle.dumps(outcome))):
        assert (other.value, other.bytes_read) == (here.value, here.bytes_read)


def test_no_descriptor_is_left_open(runs: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    run = write_run(runs, report__json=b"{", users__md=b"x")
    (run / "error.json").symlink_to("/etc/hostname")
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(3):
        record_of(runs, embed="all")
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_run_is_listed_once_and_each_artifact_opened_once(runs: Path) -> None:
    write_run(runs, report__json={}, run_meta__json={}, prompt__txt=b"x", log__txt=b"x")
    (runs / DEFAULT_RUN / "persona.source.md").write_bytes(b"x")
    out = run_python(
        """
        import sys
        met = []
        sys.addaudithook(lambda event, args: met.append((event, args[0])))
        from run_artifacts._history.run import ReadOptions, read_run
        from run_artifacts._layout import RunPlace
        place = RunPlace(sys.argv[1], tuple(sys.argv[2].split("/")))
        options = ReadOptions(embed="definitions")
        read_run(place, options)  # which imports what is needed
        met.clear()
        read_run(place, options)
        print(json.dumps([str(what) for event, what in met if event in ("open", "os.scandir")]))
        """,
        str(runs),
        DEFAULT_RUN,
    )
    run, listed, *opened = json.loads(out)
    assert (run, listed.isdigit()) == (str(runs / DEFAULT_RUN), True)
    assert sorted(opened) == [
        "persona.source.md",
        "report.json",
        "run_meta.json",
        "target_ref.json",
    ]
