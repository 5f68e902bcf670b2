"""One run directory: its status, its values, and an account of what could not be read."""

from __future__ import annotations

import hashlib
import json
import os
import pickle
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import HistoryLoss, RunRecord, TextCapturePolicy
from run_artifacts._artifacts import EMBED_SEAM
from run_artifacts._record import Outcome, ReadOptions, read_run
from run_artifacts._root import Root
from run_artifacts._tree import RunPlace
from support import DEFAULT_RUN, run_python, write_run


def outcome_of(runs: Path, run_rel: str = DEFAULT_RUN, **options: Any) -> Outcome | None:
    if "max_embed_bytes" in options:
        options["policy"] = TextCapturePolicy(options.pop("max_embed_bytes"))
    return read_run(RunPlace(str(runs), tuple(run_rel.split("/"))), ReadOptions(**options))


def record_of(runs: Path, run_rel: str = DEFAULT_RUN, **options: Any) -> dict[str, Any]:
    outcome = outcome_of(runs, run_rel, **options)
    assert outcome is not None
    assert isinstance(outcome.value, dict)
    return outcome.value


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


READ_ERRORS: dict[str, tuple[bytes, dict[str, Any]]] = {
    "empty": (
        b"",
        {
            "error_phase": "parse",
            "error_type": "JSONDecodeError",
            "error_message": "Expecting value",
            "error_line": 1,
            "error_column": 1,
        },
    ),
    "corrupt": (
        b'{\n "a": }',
        {
            "error_phase": "parse",
            "error_type": "JSONDecodeError",
            "error_message": "Expecting value",
            "error_line": 2,
            "error_column": 7,
        },
    ),
    "Latin-1": (
        b'{"a": "\xe9"}',
        {
            "error_phase": "read",
            "error_type": "UnicodeDecodeError",
            "error_message": "invalid_utf8: invalid continuation byte at byte 7",
        },
    ),
    "5,000 digits": (b"1" * 5_000, {"error_phase": "parse", "error_type": "ValueError"}),
    "100,000 deep": (
        b"[" * 100_000 + b"]" * 100_000,
        {"error_phase": "parse", "error_type": "ValueError"},
    ),
    "UTF-16": (
        "{}".encode("utf-16"),
        {"error_phase": "read", "error_type": "UnicodeDecodeError"},
    ),
}


@pytest.mark.parametrize(("data", "expected"), READ_ERRORS.values(), ids=READ_ERRORS)
@pytest.mark.parametrize("name", ["report", "error", "metrics", "target_ref"])
def test_a_json_artifact_that_cannot_be_read_is_accounted_for(
    runs: Path, name: str, data: bytes, expected: dict[str, Any]
) -> None:
    write_run(runs, **{f"{name}__json": data})
    record = record_of(runs)
    (error,) = record["artifact_read_errors"]
    assert error["path"] == f"{name}.json"
    assert (error["exists"], error["parse_ok"]) == (True, False)
    assert error["decode_ok"] is (expected["error_phase"] == "parse")
    assert error.items() >= expected.items()
    assert record[name] is None
    terminal = name in ("report", "error")
    assert (record["status"] == "terminal_artifact_unreadable") is terminal
    if terminal:
        assert record["terminal_artifact_reads"][f"{name}.json"] == error


def make_outside_link(path: Path) -> None:
    outside = path.parents[5] / "outside.json"
    outside.write_text('{"secret": 1}')
    path.symlink_to(outside)


NO_FILES: dict[str, tuple[Callable[[Path], object], str, str]] = {
    "directory": (Path.mkdir, "IsADirectoryError", "not_a_regular_file: is a directory"),
    "fifo": (os.mkfifo, "OSError", "not_a_regular_file: is a FIFO"),
    "loop": (lambda path: path.symlink_to(path.name), "OSError", "link_loop: "),
    "outside": (make_outside_link, "PermissionError", "outside_root: leads outside "),
    "device": (lambda path: path.symlink_to("/dev/zero"), "PermissionError", "outside_root: "),
}


@pytest.mark.parametrize(("make", "kind", "message"), NO_FILES.values(), ids=NO_FILES)
@pytest.mark.parametrize("name", ["report.json", "metrics.json", "target_ref.json"])
def test_what_stands_in_an_artifacts_place_is_accounted_for(
    runs: Path, name: str, make: Callable[[Path], object], kind: str, message: str
) -> None:
    run = write_run(runs)
    (run / name).unlink(missing_ok=True)
    make(run / name)
    record = record_of(runs)
    (error,) = record["artifact_read_errors"]
    assert (error["path"], error["exists"]) == (name, True)
    assert (error["error_phase"], error["error_type"]) == ("read", kind)
    assert error["error_message"].startswith(message)
    assert "secret" not in json.dumps(record)
    unreadable = record["status"] == "terminal_artifact_unreadable"
    assert unreadable is (name == "report.json")


def test_a_dangling_link_does_not_exist_and_is_said(runs: Path) -> None:
    run = write_run(runs)
    (run / "report.json").symlink_to("nowhere")
    record = record_of(runs)
    assert record["status"] == "missing_report"
    (error,) = record["artifact_read_errors"]
    assert (error["exists"], error["error_phase"], error["error_message"]) == (
        False,
        "read",
        "dangling_link",
    )


def test_a_link_inside_the_run_directory_is_read(runs: Path) -> None:
    run = write_run(runs, attempt__1__json=None)
    (run / "attempts").mkdir()
    (run / "attempts" / "1.json").write_text('{"n": 1}')
    (run / "report.json").symlink_to("attempts/1.json")
    assert record_of(runs)["report"] == {"n": 1}


def test_nan_a_bom_and_any_value_are_read(runs: Path) -> None:
    write_run(
        runs,
        metrics__json=b'\xef\xbb\xbf{"ratio": NaN, "max": Infinity}',
        preflight__json=[1],
        report__json="text",
    )
    record = record_of(runs)
    assert repr(record["metrics"]) == "{'ratio': nan, 'max': inf}"
    assert (record["preflight"], record["report"]) == ([1], "text")
    assert record["artifact_read_errors"] == []


@pytest.mark.parametrize("name", ["run_meta", "agent_attempts", "ticket_ref", "timing"])
@pytest.mark.parametrize("value", [[1], "text", 0, False])
def test_another_type_than_the_record_takes_is_accounted_for(
    runs: Path, name: str, value: Any
) -> None:
    write_run(runs, **{f"{name}__json": value})
    record = record_of(runs)
    assert record[name] is None
    (error,) = record["artifact_read_errors"]
    assert (error["path"], error["error_type"]) == (f"{name}.json", "TypeError")
    assert error["error_message"] == "expected an object or null"


def test_a_json_artifact_longer_than_a_line_may_be_is_not_read(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("run_artifacts._artifacts.MAX_JSON_BYTES", 100)
    write_run(runs, report__json=b'"' + b"x" * 98 + b'"', metrics__json=b'"' + b"x" * 99 + b'"')
    record = record_of(runs)
    assert record["report"] == "x" * 98
    (error,) = record["artifact_read_errors"]
    assert error["error_message"] == "too_long: more than 100 bytes"


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


FILES = {
    "persona_source_md": "persona.source.md",
    "persona_resolved_md": "persona.resolved.md",
    "mission_source_md": "mission.source.md",
    "mission_resolved_md": "mission.resolved.md",
    "prompt_template_md": "prompt.template.md",
    "report_schema_json": "report.schema.json",
    "prompt_txt": "prompt.txt",
    "users_md": "users.md",
}


@pytest.mark.parametrize(
    ("mode", "number"), {"none": 0, "definitions": 6, "prompt": 7, "all": 8}.items()
)
def test_each_mode_embeds_its_artifacts_in_order(runs: Path, mode: str, number: int) -> None:
    run = write_run(runs)
    for name in FILES.values():
        (run / name).write_text(f'"{name}"')
    record = record_of(runs, embed=mode)
    keys = list(FILES)[:number]
    assert list(record["embedded"]) == list(record["embedded_capture_manifest"]) == keys
    for key, value in record["embedded"].items():
        name = FILES[key]
        assert value == (name if key == "report_schema_json" else f'"{name}"')
        manifest = record["embedded_capture_manifest"][key]
        assert manifest["path"] == name
        assert manifest["sha256"] == hashlib.sha256(f'"{name}"'.encode()).hexdigest()
        assert (manifest["truncated"], manifest["error"]) == (False, None)


def test_embedded_text_is_cut_missing_or_said_to_be_uncapturable(runs: Path) -> None:
    run = write_run(
        runs, prompt__txt=b"0123456789" * 10, users__md=b"\0", mission__source__md=b"x" * 20
    )
    os.mkfifo(run / "persona.source.md")
    record = record_of(runs, embed="all", max_embed_bytes=20)
    embedded, manifest = record["embedded"], record["embedded_capture_manifest"]
    assert embedded["prompt_txt"] == "0123456789" + EMBED_SEAM + "0123456789"
    assert EMBED_SEAM == "\n...[truncated; see embedded_capture_manifest]...\n"
    assert embedded["mission_source_md"] == "x" * 20
    assert embedded["mission_resolved_md"] is None
    assert embedded["users_md"] == "[capture_error] binary_artifact_detected"
    expected = "[capture_error] not_a_regular_file: is a FIFO"
    assert embedded["persona_source_md"] == expected
    assert manifest["prompt_txt"]["omitted_bytes"] == 80
    assert manifest["prompt_txt"]["truncated"] is True
    assert manifest["mission_resolved_md"]["exists"] is False
    assert manifest["users_md"]["error"] == "binary_artifact_detected"
    assert [error["path"] for error in record["artifact_read_errors"]] == [
        "persona.source.md",
        "users.md",
    ]


@pytest.mark.parametrize(
    ("data", "error"),
    {
        b"{": "JSONDecodeError: Expecting property name enclosed in double quotes",
        b"\xff": "UnicodeDecodeError: invalid_utf8: 1 bytes",
        b"\xff\xfe{\0}\0": "UnicodeDecodeError: invalid_utf8: utf-16-le by its byte order mark",
        b'"\0"': "JSONDecodeError: Invalid control character at",
    }.items(),
)
def test_a_schema_that_cannot_be_parsed_is_said_to_be(runs: Path, data: bytes, error: str) -> None:
    run = write_run(runs)
    (run / "report.schema.json").write_bytes(data)
    record = record_of(runs, embed="definitions")
    assert record["embedded"]["report_schema_json"] == f"[capture_error] {error}"
    assert record["embedded_capture_manifest"]["report_schema_json"]["error"] == error
    assert [failed["path"] for failed in record["artifact_read_errors"]] == ["report.schema.json"]


def test_a_schema_is_parsed_whole_whatever_the_bytes_to_embed(runs: Path) -> None:
    run = write_run(runs)
    (run / "report.schema.json").write_text(json.dumps({"a": "x" * 1_000}))
    record = record_of(runs, embed="definitions", max_embed_bytes=10)
    assert record["embedded"]["report_schema_json"] == {"a": "x" * 1_000}


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
    assert outcome_of(runs, repo_input="repo") == Outcome(None, len(data))


def test_the_function_from_a_directory_to_its_record_is_picklable_and_pure(runs: Path) -> None:
    write_run(runs, report__json={"n": 1})
    place = RunPlace(str(runs), tuple(DEFAULT_RUN.split("/")))
    function, *arguments = pickle.loads(pickle.dumps((read_run, place, ReadOptions())))
    outcome = function(*arguments)
    assert outcome == read_run(place, ReadOptions())
    assert pickle.loads(pickle.dumps(outcome)) == outcome


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
        from run_artifacts._record import ReadOptions, read_run
        from run_artifacts._tree import RunPlace
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
