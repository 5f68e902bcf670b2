"""A decoder of the caller's own: what it takes is a record, what it refuses is located as ever."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import HistoryLoss, iter_report_history, write_report_history_jsonl
from support import write_run

LINES = (
    b'\xef\xbb\xbf{"n": 1}\n',
    b"\n",
    b" \t\r\n",
    b'{"n": 1.10, "target_ref": {"repo_input": "repo"}}\n',
    b'{"n": NaN}\n',
    b"[1]\n",
    b"null\n",
    b"5\n",
    b'{"n": }\n',
    b'{"n": "\xff"}\n',
    b'{"n": 1\n',
    b'{"n": 2} x\n',
    b'{"n": "torn',
)


def read(path: Path, **options: Any) -> tuple[list[Any], list[Any], Any]:
    losses: list[HistoryLoss] = []
    reader = iter_report_history(path, on_loss=losses.append, **options)
    return [repr(record) for record in reader], [loss.args for loss in losses], reader.tally


@pytest.fixture
def history(tmp_path: Path) -> Path:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"".join(LINES))
    return path


@pytest.mark.parametrize("options", [{}, {"last": 2}, {"repo_input": "repo"}])
def test_a_decoder_that_is_ours_changes_nothing(history: Path, options: dict[str, Any]) -> None:
    assert read(history, loads=json.loads, **options) == read(history, **options)


class Strange(Exception):
    pass


@pytest.mark.parametrize("error", [Strange("why"), ValueError("why"), RecursionError("why")])
def test_whatever_a_decoder_raises_is_a_loss_with_its_place(
    history: Path, error: Exception
) -> None:
    def refuse(_: str) -> Any:
        raise error

    records, losses, tally = read(history, loads=refuse)
    ours = read(history)[1]
    assert records == []
    assert tally[:5] == (0, 0, 2, 11, 13)
    found = {loss[2]: loss for loss in losses}
    offset = len(b"".join(LINES[:3]))
    assert found[4][:6] == ("invalid_json", str(history), 4, offset, len(LINES[3]), LINES[3])
    assert found[4][6] == f"{type(error).__name__}: why"
    by_reason = {loss[2]: loss[0] for loss in losses}
    assert (by_reason[10], by_reason[11], by_reason[13]) == (
        "invalid_utf8",
        "torn_line",
        "torn_tail",
    )
    assert [loss for loss in losses if loss[0] == "invalid_utf8"] == [
        loss for loss in ours if loss[0] == "invalid_utf8"
    ]


def test_running_out_of_memory_or_patience_is_no_loss(history: Path) -> None:
    for error in (MemoryError, KeyboardInterrupt):

        def stop(_: str, error: type[BaseException] = error) -> Any:
            raise error

        with pytest.raises(error):
            list(iter_report_history(history, on_loss=lambda _: None, loads=stop))


def test_what_a_decoder_makes_is_given_as_it_is(history: Path) -> None:
    loads = partial(json.loads, parse_float=Decimal, object_pairs_hook=OrderedDict)
    reader = iter_report_history(history, on_loss=lambda _: None, loads=loads)
    records = list(reader)
    assert [type(record) for record in records] == [OrderedDict] * 3
    assert records[1]["n"] == Decimal("1.10")
    assert reader.tally.records == 3


def test_only_an_object_is_a_record(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl"
    path.write_bytes(b"1\n")
    for value, said in (
        ({1}, "a JSON set value"),
        (b"x", "a JSON bytes value"),
        (None, "a JSON null"),
        (True, "a JSON boolean"),
        (5, "a JSON number"),
    ):
        ((reason, *_, detail),) = read(path, loads=lambda _, value=value: value)[1]
        assert (reason, detail) == ("not_an_object", said)


def test_what_json_has_no_form_for_is_refused_when_it_is_written(
    history: Path, tmp_path: Path
) -> None:
    loads = partial(json.loads, parse_float=Decimal)
    out = tmp_path / "out.jsonl"
    reader = iter_report_history(history, on_loss=lambda _: None, loads=loads)
    with pytest.raises(TypeError, match=r"record 2: Decimal has no JSON form.*'/n'"):
        write_report_history_jsonl(out, reader)
    assert not out.exists()


def test_the_artifacts_of_a_tree_are_decoded_too(runs: Path) -> None:
    write_run(runs, report__json={"n": 1.5}, report__schema__json=None)
    write_run(
        runs, "target_b/20260101T000000Z/agent/0", report__json=b"refused", error__json=b"null"
    )
    (runs / "target_b/20260101T000000Z/agent/0/report.schema.json").write_bytes(b"refused")

    def loads(text: str) -> Any:
        if text == "refused":
            raise Strange("why")
        return json.loads(text, parse_float=Decimal)

    for last in (None, 2):
        first, second = iter_report_history(runs, loads=loads, repo_input="repo", last=last)
        assert first["report"] == {"n": Decimal("1.5")}
        assert second["status"] == "terminal_artifact_unreadable"
        read = second["terminal_artifact_reads"]["report.json"]
        assert (read["error_phase"], read["error_type"]) == ("parse", "ValueError")
        assert read["error_message"] == "Strange: why"
        schema = second["embedded"]["report_schema_json"]
        assert schema == "[capture_error] ValueError: Strange: why"
        paths = [error["path"] for error in second["artifact_read_errors"]]
        assert paths == ["report.json", "report.schema.json"]
    with ThreadPoolExecutor(2) as executor:
        again = iter_report_history(runs, loads=loads, repo_input="repo", executor=executor)
        assert list(again) == [first, second]


def test_the_filter_of_a_tree_asks_the_decoder(runs: Path) -> None:
    write_run(runs)
    for last in (None, 1):
        reader = iter_report_history(
            runs, loads=lambda _: {"repo_input": "another"}, repo_input="repo", last=last
        )
        assert list(reader) == []


@pytest.mark.parametrize("loads", [5, "json", json])
def test_a_decoder_can_be_called(history: Path, loads: Any) -> None:
    with pytest.raises(TypeError, match=f"loads must be callable, not {type(loads).__name__}"):
        iter_report_history(history, loads=loads)


class Liar(Exception):
    def __str__(self) -> str:
        raise RuntimeError("lie")


class Odd(Exception):
    def __str__(self) -> Any:
        return 5


class Bare(json.JSONDecodeError):
    def __init__(self) -> None:
        pass

    def __str__(self) -> str:
        return "bare"


def damaged(**attributes: Any) -> json.JSONDecodeError:
    error = json.JSONDecodeError("y", "{", 0)
    vars(error).update(attributes)
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (damaged(pos="0"), "JSONDecodeError: y: line 1 column 1 (char 0)"),
        (damaged(msg=5), "JSONDecodeError: y: line 1 column 1 (char 0)"),
        (damaged(doc=None), "JSONDecodeError: y: line 1 column 1 (char 0)"),
        (Liar(), "Liar: "),
        (Odd(), "Odd: "),
        (Bare(), "Bare: bare"),
        (ValueError("x" * 10_000_000), f"ValueError: {'x' * 988}[... 9,998,012 ...]{'x' * 1000}"),
        (json.JSONDecodeError("y", "{", 0), "y: character 1 of the line"),
        (
            json.JSONDecodeError("z" * 10**6, "{", 0),
            f"{'z' * 1000}[... 998,000 ...]{'z' * 1000}: character 1 of the line",
        ),
    ],
    ids=[
        "no offset",
        "no message",
        "no document",
        "lies",
        "no text",
        "no place",
        "long",
        "located",
        "located, long",
    ],
)
def test_whatever_an_error_says_of_itself_is_bounded_and_located(
    history: Path, runs: Path, error: Exception, said: str
) -> None:
    def refuse(_: str) -> Any:
        raise error

    history.write_bytes(b'{"n": 1}\n')
    ((reason, _, line, *_, detail),) = read(history, loads=refuse)[1]
    assert (reason, line, detail) == ("invalid_json", 1, said)
    write_run(runs)
    (record,) = iter_report_history(runs, loads=refuse, embed="none")
    (account,) = record["artifact_read_errors"]
    assert account["error_message"] == said.removesuffix(": character 1 of the line")


def test_blank_lines_are_blank_whatever_a_decoder_makes_of_them(history: Path) -> None:
    history.write_bytes(b'\n{"n": 1}\n \t\r\n\n')
    for made in (None, {}):

        def loads(text: str, made: Any = made) -> Any:
            return json.loads(text) if text.strip() else made

        records, losses, tally = read(history, loads=loads)
        assert (len(records), losses, tally.blank) == (1, [], 3)


def test_a_dict_of_a_decoders_own_kind_is_a_record_in_every_way(history: Path, runs: Path) -> None:
    loads = partial(json.loads, object_pairs_hook=OrderedDict)
    for seed in ("0", "1"):
        place = f"a/20260101T00000{seed}Z/agent/{seed}"
        write_run(runs, place, run_meta__json={"run_finished_utc": seed})
    write_report_history_jsonl(runs, out_path=history)
    for source in (history, runs):
        for options in ({}, {"repo_input": "repo"}, {"last": 1}, {"last": 1, "repo_input": "repo"}):
            records = list(iter_report_history(source, loads=loads, **options))
            assert [record["seed"] for record in records] == [0, 1][-options.get("last", 2) :]
            assert records[-1]["finished"] is True
            assert records[-1]["run_meta"] == {"run_finished_utc": "1"}
            assert not records[-1]["artifact_read_errors"]
        assert list(iter_report_history(source, loads=loads, repo_input="another")) == []


OF_BYTES = """
import os, sys
from run_artifacts import *
os.makedirs("runs/t/20260101T000000Z/codex/0")
for name in ("target_ref", "error", "run_meta"):
    open(f"runs/t/20260101T000000Z/codex/0/{name}.json", "w").write("{}")
open("file", "w").write("{}")
given = {key: 1 for key in (b"repo_input", b"exit_code", b"run_finished_utc", b"target_slug")}
for source in ("runs", "file"):
    reader = iter_report_history(source, loads=lambda _: given, repo_input="r", target_slug="t")
    print([*reader], reader.tally)
    print(len([*iter_report_history(source, loads=lambda _: given, embed="none")]))
for write in (write_report_history_jsonl, append_report_history_jsonl):
    try:
        write("out", [{b"run_rel": 1}])
    except TypeError as error:
        print(error)
try:
    iter_report_history("file", embed=b"none")
except ValueError as error:
    print(error)
"""


def test_a_decoder_that_makes_keys_of_bytes_is_no_error_under_bb(tmp_path: Path) -> None:
    said = []
    for options in ([], ["-bb"]):
        folder = tmp_path / str(len(said))
        folder.mkdir()
        command = [sys.executable, *options, "-c", OF_BYTES]
        said.append(subprocess.check_output(command, cwd=folder, text=True))
    assert said[0] == said[1]
    assert said[0].count("record 1: a key must be str, not bytes (at JSON Pointer '')") == 2
    assert said[0].endswith("definitions, prompt, all, not b'none'\n")
