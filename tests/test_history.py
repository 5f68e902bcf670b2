"""Histories through the public functions: both call forms, counts, filters, losses."""

from __future__ import annotations

import json
import os
import pickle
import threading
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, get_args

import pytest

from run_artifacts import (
    HistoryLoss,
    HistoryReader,
    HistoryTally,
    HistoryWarning,
    iter_report_history,
    iter_run_dirs,
    load_run_record,
    select_recent_run_dirs,
    write_report_history_jsonl,
)
from run_artifacts._history.losses import Reason
from support import DEFAULT_RUN, write_run

GOOD = b'{"n": 1}\n'


@pytest.fixture
def history(tmp_path: Path) -> Path:
    return tmp_path / "history.jsonl"


def read_all(
    path: Path, **options: Any
) -> tuple[list[dict[str, Any]], list[HistoryLoss], HistoryReader]:
    losses: list[HistoryLoss] = []
    reader = iter_report_history(path, on_loss=losses.append, **options)
    return list(reader), losses, reader


@pytest.fixture
def make_unlistable(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Make a directory that can't be listed, whoever runs the tests."""

    def make(folder: Path) -> None:
        folder.mkdir()
        scandir = os.scandir

        def refuse(path: Any = ".") -> Any:
            if path == str(folder):
                raise PermissionError(13, "Permission denied", path)
            return scandir(path)

        monkeypatch.setattr(os, "scandir", refuse)

    return make


def test_the_short_form_reads_and_writes_a_file(history: Path) -> None:
    records = [{"n": 1, "status": "ok"}, {"n": [None, "é"]}]
    counts = write_report_history_jsonl(str(history), records)
    assert list(iter_report_history(str(history))) == records
    assert history.read_bytes() == '{"n": 1, "status": "ok"}\n{"n": [null, "é"]}\n'.encode()
    assert counts == {
        "ok": 1,
        "missing_report": 0,
        "report_validation_error": 0,
        "terminal_artifact_unreadable": 0,
        "error": 0,
        "no_status": 1,
        "total": 2,
    }
    assert list(counts)[-1] == "total"


def test_the_long_form_compiles_a_tree_to_what_reading_it_gives(runs: Path) -> None:
    write_run(runs, report__json={}, persona__source__md=b"# P\n")
    write_run(runs, "target_a/20260102T000000Z/codex/0", error__json={"exit_code": 1})
    out = runs / "_compiled" / "deep" / "history.jsonl"
    counts = write_report_history_jsonl(runs, out_path=out)
    assert counts == {
        "ok": 1,
        "missing_report": 0,
        "report_validation_error": 0,
        "terminal_artifact_unreadable": 0,
        "error": 1,
        "total": 2,
    }
    records = list(iter_report_history(out))
    assert records == list(iter_report_history(runs))
    assert records[0]["embedded"]["persona_source_md"] == "# P\n"
    first = out.read_bytes()
    write_report_history_jsonl(runs, out_path=out)
    assert out.read_bytes() == first


def test_only_an_explicit_embed_prunes_a_file_and_nothing_is_added(
    runs: Path, history: Path
) -> None:
    write_run(runs, users__md=b"U", prompt__txt=b"P", persona__source__md=b"S")
    write_report_history_jsonl(runs, out_path=history, embed="all")
    (stored,) = iter_report_history(history)
    assert len(stored["embedded"]) == 8
    for mode, number in (("none", 0), ("definitions", 6), ("prompt", 7), ("all", 8)):
        (record,) = iter_report_history(history, embed=mode)  # type: ignore[arg-type]
        for key in ("embedded", "embedded_capture_manifest"):
            assert record[key] == dict(list(stored[key].items())[:number])
        assert record.keys() == stored.keys()
    history.write_bytes(b'{"embedded": 5}\n{"n": 1}\n')
    assert list(iter_report_history(history, embed="none")) == [{"embedded": 5}, {"n": 1}]


REPOS = [
    ("https://example.org/Repo", "HTTPS://EXAMPLE.org/repo ", True),
    ("https://example.org/repo", "https://example.org/repo/", False),
    ("C:\\ws\\repo", "C:/ws/repo", True),
    ("./repo/../repo/", " repo ", True),
    ("Repo", "repo", False),
    ("repo", "", True),
    ("repo", None, True),
    ("repo", "  ", True),
    ("repo", "other", False),
]


@pytest.mark.parametrize(("stored", "wanted", "matches"), REPOS)
def test_repositories_are_compared_in_normal_form(
    runs: Path, history: Path, stored: str, wanted: str | None, matches: bool
) -> None:
    write_run(runs, target_ref__json={"repo_input": stored})
    write_report_history_jsonl(runs, out_path=history)
    for source in (runs, history):
        records, losses, reader = read_all(source, repo_input=wanted)
        assert (len(records), losses) == (int(matches), [])
        assert reader.tally[:5] == (int(matches), int(not matches), 0, 0, 1)
    assert len(select_recent_run_dirs(runs, repo_input=wanted, limit=5)) == int(matches)


def test_a_target_is_one_component_of_the_tree(runs: Path, history: Path) -> None:
    for slug in ("a", "b"):
        write_run(runs, f"{slug}/20260101T000000Z/codex/0")
    write_report_history_jsonl(runs, out_path=history)
    for source in (runs, history):
        (record,) = iter_report_history(source, target_slug="b")
        assert record["target_slug"] == "b"
        assert list(iter_report_history(source, target_slug="absent")) == []
        for slug in ("", ".", "..", "a/b", "/a", "a\0"):
            with pytest.raises(ValueError, match="target_slug must be one path component"):
                iter_report_history(source, target_slug=slug)
        with pytest.raises(TypeError, match="target_slug must be str, not int"):
            iter_report_history(source, target_slug=5)  # type: ignore[arg-type]


BAD_ARGUMENTS: list[tuple[dict[str, Any], type[Exception], str]] = [
    ({"embed": "everything"}, ValueError, "embed must be one of none, definitions, prompt, all"),
    ({"embed": ["all"]}, ValueError, "embed must be one of"),
    ({"max_embed_bytes": 0}, ValueError, "max_embed_bytes must be 1 or more, not 0"),
    ({"max_embed_bytes": -1}, ValueError, "max_embed_bytes must be 1 or more, not -1"),
    ({"max_embed_bytes": 1.5}, TypeError, "max_embed_bytes must be an int, not float"),
    ({"max_embed_bytes": True}, TypeError, "max_embed_bytes must be an int, not bool"),
    ({"repo_input": 5}, TypeError, "repo_input must be str, not int"),
    ({"on_loss": 5}, TypeError, "on_loss must be callable, not int"),
]


@pytest.mark.parametrize(("options", "error", "message"), BAD_ARGUMENTS)
def test_a_bad_argument_is_refused_at_the_call(
    runs: Path, history: Path, options: dict[str, Any], error: type[Exception], message: str
) -> None:
    history.write_bytes(GOOD)
    for source in (runs, history):
        with pytest.raises(error, match=message):
            iter_report_history(source, **options)
    with pytest.raises(error, match=message):
        write_report_history_jsonl(runs, out_path=history, **options)
    assert history.read_bytes() == GOOD


def test_a_source_that_does_not_exist_is_refused_at_the_call(tmp_path: Path, history: Path) -> None:
    history.write_bytes(GOOD)
    for path in (tmp_path / "absent", history / "below", str(tmp_path / "absent.jsonl")):
        with pytest.raises(FileNotFoundError, match="no such tree of runs or history file"):
            iter_report_history(path)
        with pytest.raises(FileNotFoundError):
            iter_run_dirs(path)
        with pytest.raises(FileNotFoundError):
            select_recent_run_dirs(path, limit=1)
        with pytest.raises(FileNotFoundError):
            write_report_history_jsonl(path, out_path=history)
    with pytest.raises(NotADirectoryError):
        iter_run_dirs(history)
    with pytest.raises(TypeError, match=r"path must be str or os\.PathLike"):
        iter_report_history(b"runs")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="max_line_bytes must be 1 or more"):
        iter_report_history(history, max_line_bytes=0)
    assert history.read_bytes() == GOOD


def test_nothing_is_opened_before_the_first_record_is_asked_for(history: Path) -> None:
    history.write_bytes(b"")
    reader = iter_report_history(history)
    history.write_bytes(GOOD)
    assert list(reader) == [{"n": 1}]
    gone = iter_report_history(history, on_loss=(losses := []).append)
    history.unlink()
    assert list(gone) == []
    assert [loss.reason for loss in losses] == ["vanished"]


DAMAGED = b"\xef\xbb\xbf" + GOOD + b"\n[1]\n" + GOOD + b'{"n": \n\xff\n \n' + GOOD + b'{"n"'


def test_the_tally_adds_up_at_any_moment(history: Path) -> None:
    history.write_bytes(DAMAGED)
    losses: list[HistoryLoss] = []
    reader = iter_report_history(history, on_loss=losses.append)
    assert reader.tally == (0, 0, 0, 0, 0, 0)
    for number, _ in enumerate(reader, start=1):
        tally = reader.tally
        assert tally.records == number
        assert tally.records + tally.filtered + tally.blank + tally.lost == tally.total
        assert tally.total == DAMAGED[: tally.bytes_read].count(b"\n")
    assert [loss.reason for loss in losses] == [
        "not_an_object",
        "torn_line",
        "invalid_utf8",
        "torn_tail",
    ]
    assert reader.tally == (3, 0, 2, 4, 9, len(DAMAGED))


def test_damage_raises_and_the_reader_goes_on(history: Path) -> None:
    history.write_bytes(DAMAGED)
    reader = iter_report_history(history)
    assert next(reader) == {"n": 1}
    with pytest.raises(HistoryLoss, match=r"not_an_object: a JSON array \(.* line 3, byte 13\)"):
        next(reader)
    assert next(reader) == {"n": 1}
    with pytest.raises(HistoryLoss, match="invalid_utf8"):
        next(reader)
    assert next(reader) == {"n": 1}
    with pytest.warns(HistoryWarning) as warned:
        assert next(reader, None) is None
    (warning,) = warned
    advice = "on_loss= takes each loss, and reading goes on"
    said = f"not read ({advice}): torn_line: it stops before its end: "
    assert str(warning.message).startswith(said)
    assert str(warning.message).endswith(f"({history} line 5, byte 26) and 1 more")
    assert warning.filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert next(reader, None) is None
    assert reader.tally.lost == 4


def test_a_reader_left_early_closes_its_file_and_warns_of_what_it_met(history: Path) -> None:
    history.write_bytes(b'{"n": \n' + GOOD * 3)
    with pytest.warns(HistoryWarning, match="torn_line"), iter_report_history(history) as reader:
        assert next(reader) == {"n": 1}
    assert next(reader, None) is None
    assert reader.tally.records == 1


def test_an_on_loss_that_raises_ends_nothing(history: Path) -> None:
    history.write_bytes(b"[1]\n" + GOOD)

    def refuse(loss: HistoryLoss) -> None:
        raise KeyError(loss.reason)

    reader = iter_report_history(history, on_loss=refuse)
    with pytest.raises(KeyError, match="not_an_object"):
        next(reader)
    assert list(reader) == [{"n": 1}]


def test_a_loss_is_a_value_error_that_can_be_pickled(history: Path) -> None:
    history.write_bytes(b"x" * 500 + b"\n")
    _, (loss,), _ = read_all(history)
    assert isinstance(loss, ValueError)
    copy = pickle.loads(pickle.dumps(loss))
    assert vars(copy) == vars(loss)
    assert str(copy) == str(loss) == f"invalid_json: {loss.detail} ({history} line 1, byte 0)"
    assert (loss.sample, loss.byte_length) == (b"x" * 120, 501)


def test_every_other_run_of_a_damaged_tree_is_read(
    runs: Path, make_unlistable: Callable[[Path], None]
) -> None:
    good = [f"t/2026010{day}T000000Z/codex/0" for day in range(1, 6)]
    for run_rel in good:
        write_run(runs, run_rel, report__json={})
    write_run(runs, good[1], report__json=b"{")
    write_run(runs, good[3], error__json=b"[" * 100_000)
    write_run(runs, "t/20260103T000000Z/killed/0", target_ref__json=None, log__txt=b"x")
    make_unlistable(runs / "zz")
    records, losses, reader = read_all(runs)
    assert [record["run_rel"] for record in records] == good
    assert [record["status"] for record in records] == [
        "ok",
        "terminal_artifact_unreadable",
        "ok",
        "terminal_artifact_unreadable",
        "ok",
    ]
    assert [loss.reason for loss in losses] == ["run_without_target_ref", "unreadable_directory"]
    assert reader.tally[:5] == (5, 0, 0, 2, 7)


def test_losses_of_a_tree_are_counted_and_end_a_write_without_on_loss(
    runs: Path, history: Path, make_unlistable: Callable[[Path], None]
) -> None:
    write_run(runs)
    make_unlistable(runs / "zz")
    history.write_bytes(GOOD)
    with pytest.raises(HistoryLoss, match="unreadable_directory"):
        write_report_history_jsonl(runs, out_path=history)
    assert history.read_bytes() == GOOD
    losses: list[HistoryLoss] = []
    counts = write_report_history_jsonl(runs, out_path=history, on_loss=losses.append)
    assert list(counts.items())[-2:] == [("lost", 1), ("total", 1)]
    assert len(losses) == 1


def test_a_run_whose_line_is_too_long_costs_that_run_alone(
    runs: Path, history: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("run_artifacts._json.encode.MAX_JSON_BYTES", 10_000)
    big = write_run(runs, "t/20260101T000000Z/codex/0", report__json="x" * 9_000)
    write_run(runs, "t/20260102T000000Z/codex/0", report__json={})
    history.write_bytes(GOOD)
    with pytest.raises(HistoryLoss, match="line_too_long"):
        write_report_history_jsonl(runs, out_path=history)
    assert history.read_bytes() == GOOD
    losses: list[HistoryLoss] = []
    counts = write_report_history_jsonl(runs, out_path=history, on_loss=losses.append)
    assert (counts["ok"], counts["lost"], counts["total"]) == (1, 1, 1)
    assert [(loss.reason, loss.path) for loss in losses] == [("line_too_long", str(big))]
    with pytest.raises(TypeError, match=r"record 1 \(t/20260101T000000Z/codex/0\): its line has"):
        write_report_history_jsonl(history, iter_report_history(runs))


def test_a_run_directory_is_never_written_to(runs: Path) -> None:
    run = write_run(runs, target_ref__json=None, agent_stderr__txt=b"evidence")
    for name in ("agent_stderr.txt", "new.jsonl", "sub/new.jsonl"):
        with pytest.raises(ValueError, match="lies in a run directory"):
            write_report_history_jsonl(runs, out_path=run / name)
    assert os.listdir(run) == ["agent_stderr.txt"]
    assert (run / "agent_stderr.txt").read_bytes() == b"evidence"


def test_a_run_that_is_not_set_up_yet_is_a_warning_and_a_count(runs: Path, history: Path) -> None:
    write_run(runs)
    write_run(runs, "target_a/20260102T000000Z/codex/0", target_ref__json=None, x__txt=b"")
    with pytest.warns(HistoryWarning, match="run_without_target_ref"):
        counts = write_report_history_jsonl(runs, out_path=history)
    assert (counts["lost"], counts["total"]) == (1, 1)


def test_records_and_a_tree_are_not_both_written(runs: Path, history: Path) -> None:
    history.write_bytes(GOOD)
    message = "give records to write, or out_path to compile to; "
    with pytest.raises(TypeError, match=f"{message}neither is given"):
        write_report_history_jsonl(history)  # type: ignore[call-overload]
    with pytest.raises(TypeError, match=f"{message}both are given"):
        write_report_history_jsonl(history, [], out_path=history)  # type: ignore[call-overload]
    for option in ("target_slug", "repo_input", "embed", "max_embed_bytes", "on_loss"):
        with pytest.raises(TypeError, match=f"{option} goes with out_path, not with records"):
            write_report_history_jsonl(history, [], **{option: "none"})  # type: ignore[call-overload]
    with pytest.raises(TypeError, match="out_path must be str"):
        write_report_history_jsonl(runs, out_path=5)  # type: ignore[call-overload]
    assert history.read_bytes() == GOOD


@pytest.mark.parametrize("records", ["text", b"bytes", {"n": 1}, 5])
def test_what_is_no_iterable_of_records_is_refused(history: Path, records: Any) -> None:
    history.write_bytes(GOOD)
    with pytest.raises(TypeError, match="records must be an iterable of mappings"):
        write_report_history_jsonl(history, records)
    assert history.read_bytes() == GOOD


@pytest.mark.parametrize(
    ("bad", "message"),
    [
        ([1], "record 3: a record must be a mapping, not list"),
        (
            {"a": [b""]},
            (
                "record 3: bytes has no JSON form; make it text, a number, a list or a dict"
                " (at JSON Pointer '/a/0')"
            ),
        ),
        ({1: 2}, "record 3: a key must be str, not int (at JSON Pointer '')"),
    ],
)
def test_a_record_that_cannot_be_written_leaves_the_old_history(
    history: Path, bad: Any, message: str
) -> None:
    history.write_bytes(GOOD)
    with pytest.raises(TypeError) as refused:
        write_report_history_jsonl(history, [{"n": 1}, {"n": 2}, bad, {"n": 4}])
    assert str(refused.value) == message
    assert history.read_bytes() == GOOD
    assert os.listdir(history.parent) == [history.name]


def test_records_that_raise_in_the_middle_leave_the_old_history(history: Path) -> None:
    history.write_bytes(GOOD)

    def failing() -> Iterator[dict[str, Any]]:
        yield {"n": 1}
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        write_report_history_jsonl(history, failing())
    assert history.read_bytes() == GOOD
    assert os.listdir(history.parent) == [history.name]


def test_a_history_is_rewritten_in_place(history: Path) -> None:
    history.write_bytes(GOOD * 1_000)
    doubled = ({**record, "twice": True} for record in iter_report_history(history))
    assert write_report_history_jsonl(history, doubled)["total"] == 1_000
    assert all(record == {"n": 1, "twice": True} for record in iter_report_history(history))


def test_a_source_is_closed_where_its_write_fails(history: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    history.write_bytes(GOOD + b"[1]\n")
    before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(HistoryLoss) as raised:
        write_report_history_jsonl(history, out_path=history.with_name("copy"))
    assert raised.traceback
    assert len(os.listdir("/proc/self/fd")) == before


def test_lines_lost_on_the_way_are_counted_in_what_is_written(history: Path) -> None:
    history.write_bytes(GOOD + b"[1]\n" + GOOD)
    reader = iter_report_history(history, on_loss=lambda _: None)
    counts = write_report_history_jsonl(history, reader)
    assert (counts["lost"], counts["total"]) == (1, 2)


def test_records_that_write_to_their_own_path_are_told_so(history: Path) -> None:
    history.write_bytes(GOOD)

    def writing() -> Iterator[dict[str, Any]]:
        yield {"n": 1}
        write_report_history_jsonl(history, [])

    with pytest.raises(RuntimeError, match="is being written by this thread already"):
        write_report_history_jsonl(history, writing())
    assert history.read_bytes() == GOOD


def test_statuses_that_look_like_our_own_counts_are_counted_apart(history: Path) -> None:
    statuses = ["ok", "custom", "total", "lost", "lost", None, 5]
    counts = write_report_history_jsonl(history, [{"status": status} for status in statuses])
    assert {key: count for key, count in counts.items() if count} == {
        "ok": 1,
        "custom": 1,
        "status_total": 1,
        "status_lost": 2,
        "no_status": 2,
        "total": 7,
    }


def test_a_name_that_is_no_utf_8_is_written_with_its_remark(runs: Path, history: Path) -> None:
    name = os.fsdecode(b"caf\xe9")
    write_run(runs, f"{name}/20260101T000000Z/codex/0")
    (record,) = iter_report_history(runs)
    assert os.path.isdir(record["run_dir"])
    assert record["_remarks"] == []
    write_report_history_jsonl(runs, out_path=history)
    (written,) = iter_report_history(history)
    assert written["target_slug"] == "caf\ufffd"
    remarks = {remark["path"]: remark for remark in written["_remarks"]}
    assert set(remarks) == {"/run_dir", "/run_rel", "/target_slug"}
    assert remarks["/target_slug"] == {
        "path": "/target_slug",
        "rule": "lone_surrogate",
        "action": "substituted",
        "start": 3,
        "end": 4,
        "original_length": 1,
        "original": "\\udce9",
    }


def test_nan_in_an_artifact_is_written_as_null_with_its_remark(runs: Path, history: Path) -> None:
    write_run(runs, metrics__json=b'{"ratio": NaN}', report__json=b'{"n": 1e999}')
    write_report_history_jsonl(runs, out_path=history)
    (written,) = iter_report_history(history)
    assert (written["metrics"], written["report"]) == ({"ratio": None}, {"n": None})
    assert [(remark["path"], remark["original"]) for remark in written["_remarks"]] == [
        ("/report/n", "Infinity"),
        ("/metrics/ratio", "NaN"),
    ]


def test_the_newest_runs_come_oldest_first(runs: Path) -> None:
    names = [
        "a/20260103T000000Z/codex/0",
        "b/20260101T000000Z/codex/0",
        "b/20260102T000000Z/codex/0",
        "b/20260103T000000Z/codex/0",
        "b/20260103T000000Z/codex/1",
        "b/invalid/codex/0",
    ]
    for run_rel in names:
        write_run(runs, run_rel)

    def newest(**options: Any) -> list[str]:
        return [str(path.relative_to(runs)) for path in select_recent_run_dirs(runs, **options)]

    assert newest(limit=3) == [names[0], names[3], names[4]]
    assert newest(limit=0) == []
    assert newest(limit=99) == [names[1], names[2], names[0], names[3], names[4]]
    assert newest(limit=2, target_slug="a") == [names[0]]
    with pytest.raises(ValueError, match="limit must be 0 or more, not -1"):
        newest(limit=-1)
    with pytest.raises(TypeError, match="limit must be an int, not str"):
        newest(limit="1")


def test_the_newest_runs_by_repository_report_what_they_cannot_tell(runs: Path) -> None:
    for day in (1, 2, 3):
        write_run(runs, f"a/2026010{day}T000000Z/codex/0", report__json={})
    write_run(runs, "a/20260103T000000Z/codex/0", target_ref__json=b"{")
    with pytest.raises(HistoryLoss, match="unreadable_file"):
        select_recent_run_dirs(runs, repo_input="repo", limit=1)
    losses: list[HistoryLoss] = []
    found = select_recent_run_dirs(runs, repo_input="repo", limit=1, on_loss=losses.append)
    assert [path.parts[-3] for path in found] == ["20260102T000000Z"]
    assert len(losses) == 1


def test_run_directories_hold_a_target_reference(
    runs: Path, make_unlistable: Callable[[Path], None]
) -> None:
    run = write_run(runs)
    write_run(runs, "target_a/20260102T000000Z/codex/0", target_ref__json=None, x__txt=b"")
    (runs / "target_a" / "20260101T000000Z" / "codex" / "1").mkdir()
    assert list(iter_run_dirs(runs)) == [run]
    assert list(iter_run_dirs(str(runs), target_slug="absent")) == []
    make_unlistable(runs / "zz")
    with pytest.raises(HistoryLoss, match="unreadable_directory"):
        list(iter_run_dirs(runs))
    losses: list[HistoryLoss] = []
    assert list(iter_run_dirs(runs, on_loss=losses.append)) == [run]
    assert len(losses) == 1


def test_one_record_is_that_of_the_tree_with_nothing_embedded(
    runs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = write_run(runs, report__json={}, persona__source__md=b"x")
    (expected,) = iter_report_history(runs, embed="none")
    assert load_run_record(run, runs_dir=runs) == expected
    assert expected["embedded"] == expected["embedded_capture_manifest"] == {}
    (run / "target_ref.json").unlink()
    assert load_run_record(run, runs_dir=runs) is None
    with pytest.raises(FileNotFoundError):
        load_run_record(runs / "a" / "b" / "c" / "d", runs_dir=runs)
    for other in (runs, run.parent, runs.parent):
        with pytest.raises(ValueError, match="run_dir must be <target_slug>/<timestamp>/"):
            load_run_record(other, runs_dir=runs)
    monkeypatch.chdir(runs.parent)
    write_run(runs)
    record = load_run_record(f"runs/{DEFAULT_RUN}", runs_dir="runs")
    assert record is not None
    assert record["run_dir"] == f"runs/{DEFAULT_RUN}"


def test_a_tree_that_changes_while_it_is_read_loses_nothing_else(runs: Path) -> None:
    for index in range(60):
        write_run(runs, f"t/20260101T0000{index:02d}Z/codex/0", report__json={"n": index})
    done = threading.Event()

    def churn() -> None:
        while not done.is_set():
            for index in range(0, 60, 2):
                run = runs / f"t/20260101T0000{index:02d}Z/codex/0"
                other = run / "report.json.new"
                other.write_text(json.dumps({"n": index}))
                other.replace(run / "report.json")

    thread = threading.Thread(target=churn)
    thread.start()
    try:
        for _ in range(5):
            records, losses, _ = read_all(runs)
            assert (len(records), losses) == (60, [])
            assert all(record["status"] == "ok" for record in records)
    finally:
        done.set()
        thread.join()


def test_a_source_is_chosen_by_what_it_is_not_by_its_name(tmp_path: Path) -> None:
    tree = tmp_path / "tree.jsonl"
    write_run(tree, DEFAULT_RUN)
    assert len(list(iter_report_history(tree))) == 1
    lines = tmp_path / "no_suffix"
    lines.write_bytes(GOOD)
    assert list(iter_report_history(lines)) == [{"n": 1}]


@pytest.mark.parametrize("make", [str, Path], ids=["str", "os.PathLike"])
def test_paths_are_text_or_path_likes(
    runs: Path, history: Path, make: Callable[[Path], Any]
) -> None:
    run = write_run(runs)
    assert write_report_history_jsonl(make(runs), out_path=make(history))["total"] == 1
    assert len(list(iter_report_history(make(history)))) == 1
    assert list(iter_run_dirs(make(runs))) == select_recent_run_dirs(make(runs), limit=1) == [run]
    assert load_run_record(make(run), runs_dir=make(runs)) is not None


def test_a_history_cut_at_any_byte_is_a_prefix_and_at_most_a_torn_tail(history: Path) -> None:
    more = [None, -1.5e300, {"a": True}]
    records = [{"n": n, "text": 'é😀\n"', "more": more} for n in range(4)]
    write_report_history_jsonl(history, records)
    whole = history.read_bytes()
    ends = [place + 1 for place, byte in enumerate(whole) if byte == ord("\n")]
    for size in range(len(whole)):
        history.write_bytes(whole[:size])
        complete = sum(end - 1 <= size for end in ends)
        losses: list[HistoryLoss] = []
        reader = iter_report_history(history, on_loss=losses.append)
        assert list(reader) == records[:complete]
        is_torn = size not in (0, *ends, *(end - 1 for end in ends))
        assert [loss.reason for loss in losses] == ["torn_tail"] * is_torn
        assert reader.tally == (complete, 0, 0, is_torn, complete + is_torn, size)
        assert (
            list(iter_report_history(history, last=1, on_loss=losses.append))
            == (records[:complete][-1:])
        )


def test_whatever_byte_of_a_history_is_changed_the_tally_adds_up(history: Path) -> None:
    write_report_history_jsonl(history, [{"a": "é", "b": [1, {}]}, {"c": None}])
    whole = history.read_bytes()
    reasons = set()
    for place in range(len(whole)):
        for mask in (1, 2, 4, 8, 16, 32, 64, 128, 255, 0x2A):
            changed = whole[:place] + bytes([whole[place] ^ mask]) + whole[place + 1 :]
            history.write_bytes(changed)
            losses: list[HistoryLoss] = []
            reader = iter_report_history(history, on_loss=losses.append)
            records = 0
            for records, _ in enumerate(reader, start=1):  # noqa: B007 - counted
                pass
            tally = reader.tally
            assert (tally.records, tally.lost) == (records, len(losses))
            assert tally.records + tally.blank + tally.lost == tally.total
            assert tally.bytes_read == len(changed)
            reasons |= {loss.reason for loss in losses}
    assert reasons <= set(get_args(Reason))
    assert reasons >= {"invalid_utf8", "invalid_json", "torn_line", "torn_tail"}


def test_what_was_written_is_read_back_equal(history: Path) -> None:
    records = [
        {"text": "\u2028 \x00 \x7f \ufeff \uffff é😀", "": "", "n": [0, -0.0, 5e-324, 2**64, True]},
        {"deep": {"a": [[[{"b": None}]]]}, "_remarks": []},
        {},
    ]
    for _ in range(2):  # as the caller has them, and as a reader gives them
        write_report_history_jsonl(history, records)
        records = list(iter_report_history(history))
        assert repr(records[0]["n"]) == "[0, -0.0, 5e-324, 18446744073709551616, True]"
        assert records[0]["text"] == "\u2028 \x00 \x7f \ufeff \uffff é😀"
        assert records[1:] == [{"deep": {"a": [[[{"b": None}]]]}, "_remarks": []}, {}]


def test_a_history_is_copied_with_what_only_a_reader_lets_pass(history: Path) -> None:
    """A reader gives numbers and surrogates that a line can't hold; a copy says what it did."""
    line = b'{"a": NaN, "b": "\\ud800", "_remarks": "theirs"}\n'
    history.write_bytes(line)
    write_report_history_jsonl(history, iter_report_history(history))
    (record,) = iter_report_history(history)
    assert (record["a"], record["b"], record["input_remarks"]) == (None, "\ufffd", "theirs")
    assert [remark["rule"] for remark in record["_remarks"]] == [
        "non_finite_number",
        "lone_surrogate",
        "input_remarks",
    ]


@pytest.mark.parametrize("last", [1, 2, 3, 100])
def test_the_last_records_of_a_file_are_those_that_the_filters_let_pass(
    history: Path, last: int
) -> None:
    records = [
        {"n": n, "target_slug": "ab"[n % 2], "target_ref": {"repo_input": f"r{n % 3}"}}
        for n in range(30)
    ]
    lines = [json.dumps(record).encode() for record in records]
    lines[25:25] = [b"", b'{"torn', b"nothing"]
    history.write_bytes(b"\n".join(lines))

    def read(**options: Any) -> tuple[list[Any], list[Any], HistoryTally]:
        losses: list[HistoryLoss] = []
        reader = iter_report_history(history, on_loss=losses.append, **options)
        found = [record["n"] for record in reader]
        return found, [(loss.reason, loss.byte_offset) for loss in losses], reader.tally

    for options in ({}, {"target_slug": "a"}, {"repo_input": "r1"}, {"target_slug": "absent"}):
        whole, lost, _ = read(**options)
        found, lost_last, tally = read(last=last, **options)
        assert found == whole[-last:]
        assert lost_last == (lost if len(whole) < last or found[0] < 25 else [])
        first = lines.index(json.dumps(records[found[0]]).encode()) if len(whole) >= last else 0
        assert tally.total == len(lines) - first
        assert tally.bytes_read == len(b"\n".join(lines[first:]))
        assert tally.lost == len(lost_last)


@pytest.mark.parametrize("last", [0, -1])
def test_fewer_than_one_last_record_is_refused(history: Path, runs: Path, last: int) -> None:
    history.write_bytes(b"")
    for source in (history, runs):
        with pytest.raises(ValueError, match="last must be 1 or more"):
            iter_report_history(source, last=last)
    with pytest.raises(TypeError, match="last must be an int, not bool"):
        iter_report_history(history, last=True)


def test_the_last_runs_of_a_tree_are_the_newest_in_the_usual_order(runs: Path) -> None:
    for slug, hour in (("b", 1), ("a", 5), ("b", 4), ("a", 2), ("c", 3)):
        repo = {"repo_input": "even" if hour % 2 == 0 else "odd"}
        write_run(runs, f"{slug}/20260101T{hour:02}0000Z/agent/0", target_ref__json=repo)
    write_run(runs, "z/not_a_time/agent/0")
    (runs / "z" / "20260101T060000Z" / "agent" / "0").mkdir(parents=True)

    def read(last: int, **options: Any) -> tuple[list[str], HistoryTally]:
        reader = iter_report_history(runs, last=last, **options)
        return [record["run_rel"][:13] for record in reader], reader.tally

    assert read(1) == (["a/20260101T05"], (1, 0, 0, 0, 1, 21))
    assert read(3)[0] == ["a/20260101T05", "b/20260101T04", "c/20260101T03"]
    assert len(read(9)[0]) == 5
    assert read(1, target_slug="b")[0] == ["b/20260101T04"]
    found, tally = read(2, repo_input="even")
    assert found == ["a/20260101T02", "b/20260101T04"]
    assert (tally.records, tally.filtered, tally.total) == (2, 2, 4)


def test_the_last_runs_of_a_tree_come_with_what_is_lost_among_them(runs: Path) -> None:
    for hour in range(5):
        write_run(runs, f"a/20260101T{hour:02}0000Z/agent/0", target_ref__json={"repo_input": "r"})
    (runs / "a" / "20260101T040000Z" / "agent" / "0" / "target_ref.json").unlink()
    (runs / "a" / "20260101T040000Z" / "agent" / "0" / "log").write_text("")
    (runs / "a" / "20260101T030000Z" / "agent" / "0" / "target_ref.json").write_text("{")
    (runs / "a" / "20260101T000000Z" / "agent" / "0" / "target_ref.json").write_text("{")
    losses: list[HistoryLoss] = []
    reader = iter_report_history(runs, last=1, repo_input="r", on_loss=losses.append)
    assert [record["timestamp_dir"] for record in reader] == ["20260101T020000Z"]
    assert [loss.reason for loss in losses] == ["unreadable_file", "run_without_target_ref"]
    assert reader.tally.total == 3


@pytest.mark.parametrize("where", ["before the step", "as it is returned"])
def test_a_reader_that_an_interrupt_has_ended_does_not_go_on(
    history: Path, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    history.write_bytes(b'{"n": 1}\n' * 3)
    reader = iter_report_history(history)
    next(reader)
    if where == "before the step":
        monkeypatch.setattr("run_artifacts._history.lines.read_line", interrupt)
    else:
        monkeypatch.setattr("run_artifacts._history.reader.next", interrupt_after, raising=False)
    with pytest.raises(KeyboardInterrupt):
        next(reader)
    monkeypatch.undo()
    for _ in range(2):
        with pytest.raises(RuntimeError, match="what follows was not read"):
            next(reader)
    assert reader.tally.total == 1


def interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def interrupt_after(steps: Iterator[Any]) -> None:
    next(steps)
    raise KeyboardInterrupt


def test_damage_says_what_was_interrupted_before_it(history: Path) -> None:
    """Who doesn't go on after it is not warned at the end."""
    history.write_bytes(b'{"a": \n{"b": \n[1]\n')
    with iter_report_history(history) as reader:
        with pytest.raises(HistoryLoss, match="not_an_object") as raised:
            next(reader)
        before, advice = raised.value.__notes__
        assert before.startswith("before it, not read: torn_line")
        assert advice == "on_loss= takes each loss, and reading goes on"
        assert before.endswith("line 1, byte 0) and 1 more")
        with pytest.warns(HistoryWarning, match="torn_line.* and 1 more"):
            assert list(reader) == []


def test_closing_a_reader_closes_its_file_and_warns(history: Path) -> None:
    history.write_bytes(b'{"a": \n{"n": 1}\n{"n": 2}\n')
    reader = iter_report_history(history)
    next(reader)
    with pytest.warns(HistoryWarning, match="torn_line"):
        reader.close()
    assert list(reader) == []
    if Path("/proc/self/fd").exists():
        open_files = [os.path.realpath(fd) for fd in Path("/proc/self/fd").iterdir()]
        assert str(history) not in open_files


def test_the_last_runs_of_a_tree_come_with_what_hides_others(
    runs: Path, make_unlistable: Callable[[Path], None]
) -> None:
    for hour in range(3):
        write_run(runs, f"a/20260101T{hour:02}0000Z/agent/0")
    make_unlistable(runs / "closed")
    losses: list[HistoryLoss] = []
    reader = iter_report_history(runs, last=1, on_loss=losses.append)
    assert [record["timestamp_dir"] for record in reader] == ["20260101T020000Z"]
    assert [(loss.reason, loss.path) for loss in losses] == [
        ("unreadable_directory", str(runs / "closed"))
    ]


def test_every_mode_but_all_prunes_what_it_does_not_name(history: Path) -> None:
    history.write_bytes(b'{"embedded": {"users_md": "u", "theirs": "t"}}\n')
    for embed, kept in (("all", {"users_md", "theirs"}), ("prompt", set()), ("none", set())):
        (record,) = iter_report_history(history, embed=embed)
        assert set(record["embedded"]) == kept


def test_a_compiled_history_replaces_nothing_in_a_run_of_the_target_asked_for(runs: Path) -> None:
    run = runs / "_x" / "20260101T000000Z" / "agent" / "0"
    run.mkdir(parents=True)
    (run / "log.jsonl").write_text("evidence")
    with pytest.raises(ValueError, match="lies in a run directory"):
        write_report_history_jsonl(runs, out_path=run / "log.jsonl", target_slug="_x")
    assert (run / "log.jsonl").read_text() == "evidence"


def test_a_line_of_a_file_that_is_too_long_to_write_is_lost_with_its_place(
    history: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Compact lines grow when they are written."""
    history.write_bytes(b'{"n": 1}\n{"l":[1,1,1,1,1],"run_dir":5,"run_rel":"a/b"}\n{"n": 3}\n')
    monkeypatch.setattr("run_artifacts._json.encode.MAX_JSON_BYTES", 50)
    losses: list[HistoryLoss] = []
    out = tmp_path / "out.jsonl"
    counts = write_report_history_jsonl(history, out_path=out, on_loss=losses.append)
    assert (counts["lost"], counts["total"]) == (1, 2)
    (loss,) = losses
    assert (loss.reason, loss.path, loss.line_number) == ("line_too_long", str(history), 2)
    assert loss.detail == "its line has 54 bytes; at most 50 are read: shorten it"
    assert out.read_bytes() == b'{"n": 1}\n{"n": 3}\n'
    with pytest.raises(HistoryLoss, match=r"line_too_long.*line 2, byte 9"):
        write_report_history_jsonl(history, out_path=out)


def test_records_that_are_none_make_no_folder(tmp_path: Path) -> None:
    for records in (5, "text", {"n": 1}):
        with pytest.raises(TypeError, match="records must be an iterable of mappings"):
            write_report_history_jsonl(tmp_path / "a" / "b", records)  # type: ignore[call-overload]
    assert os.listdir(tmp_path) == []


def test_what_a_reader_lost_before_it_is_written_is_no_loss_of_the_write(
    history: Path, tmp_path: Path
) -> None:
    history.write_bytes(b'[1]\n{"n": 1}\n[2]\n{"n": 2}\n[3]\n')
    reader = iter_report_history(history, on_loss=lambda _: None)
    assert next(reader) == {"n": 1}
    counts = write_report_history_jsonl(tmp_path / "out.jsonl", reader)
    assert (counts["lost"], counts["total"]) == (2, 1)
