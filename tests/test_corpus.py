"""Documents that are valid JSON, invalid, or either: none costs more than itself.

Those under ``either`` are what decoders disagree about: RFC 8259 leaves them open, or they are
valid and beyond what many can hold. What we make of each of them stands here.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import HistoryLoss, iter_report_history, write_report_history_jsonl
from support import write_run

DOCUMENTS = sorted((Path(__file__).parent / "data" / "documents").glob("*/*.json"))

# What becomes of a line, and of a `report.json`: the status of its run.
EITHER = {
    "array_100000_deep": ("invalid_json", "terminal_artifact_unreadable"),
    "array_5000_deep": ("invalid_json", "terminal_artifact_unreadable"),
    "byte_order_mark": ("invalid_json", "ok"),  # it is allowed at the start of a file alone
    "byte_order_mark_alone": ("invalid_json", "terminal_artifact_unreadable"),
    "byte_order_mark_twice": ("invalid_json", "terminal_artifact_unreadable"),
    "empty": ("blank", "terminal_artifact_unreadable"),
    "key_lone_surrogate": ("record", "ok"),
    "number_4301_digits": ("invalid_json", "terminal_artifact_unreadable"),
    "number_above_binary64": ("record", "ok"),
    "number_below_binary64": ("record", "ok"),
    "number_exponent_of_1000_digits": ("record", "ok"),
    "number_infinity": ("not_an_object", "ok"),
    "number_nan": ("record", "ok"),
    "object_899_deep": ("record", "terminal_artifact_unreadable"),
    "object_901_deep": ("invalid_json", "terminal_artifact_unreadable"),
    "object_duplicate_keys": ("record", "ok"),
    "object_duplicate_keys_escaped": ("record", "ok"),
    "spaces": ("blank", "terminal_artifact_unreadable"),
    "string_lone_high_surrogate": ("record", "ok"),
    "string_lone_low_surrogate": ("record", "ok"),
    "string_surrogate_and_letter": ("record", "ok"),
    "string_surrogates_reversed": ("record", "ok"),
}
CUT = {
    "object_cut_in_a_character",
    "object_cut_in_a_word",
    "object_cut_in_an_escape",
    "object_unclosed",
    "object_unclosed_key",
    "string_backslash_alone",  # what is escaped is the end of the text
}


def test_there_are_documents_of_every_kind() -> None:
    kinds = [document.parent.name for document in DOCUMENTS]
    assert {kind: kinds.count(kind) for kind in kinds} == {
        "either": len(EITHER),
        "invalid": 77,
        "valid": 35,
    }


def line_outcome(document: Path) -> str:
    kind, name = document.parent.name, document.stem
    if kind == "either":
        return EITHER[name][0]
    if kind == "valid":
        is_object = document.read_bytes().lstrip(b" \t\r").startswith(b"{")
        return "record" if is_object else "not_an_object"
    if name in CUT:
        return "torn_line"
    try:
        document.read_bytes().decode()
    except UnicodeDecodeError:
        return "invalid_utf8"
    return "invalid_json"


def report_outcome(document: Path) -> str:
    if document.parent.name == "either":
        return EITHER[document.stem][1]
    if document.parent.name == "invalid":
        return "terminal_artifact_unreadable"
    return "missing_report" if document.read_bytes() == b"null" else "ok"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_document_as_a_line_costs_its_neighbours_nothing(document: Path, tmp_path: Path) -> None:
    history = tmp_path / "history.jsonl"
    data = document.read_bytes()
    history.write_bytes(b'{"n": 1}\n' + data + b'\n{"n": 2}\n')
    losses: list[HistoryLoss] = []
    reader = iter_report_history(history, on_loss=losses.append)
    first, *found, last = reader
    assert (first, last) == ({"n": 1}, {"n": 2})
    outcome = "record" if found else losses[0].reason if losses else "blank"
    assert outcome == line_outcome(document)
    assert len(found) + len(losses) + reader.tally.blank == 1
    assert reader.tally.total == 3
    assert reader.tally.bytes_read == len(data) + 19
    if found and document.parent.name == "valid":
        require_round_trip(tmp_path / "copy.jsonl", data, found[0])


def require_round_trip(copy: Path, data: bytes, record: dict[str, Any]) -> None:
    value = json.loads(data)
    assert repr(record) == repr(value)
    write_report_history_jsonl(copy, [record])
    (again,) = iter_report_history(copy)
    if record.get("_remarks", []) == []:
        assert repr(again) == repr(value)
    else:
        assert again["input_remarks"] == value["_remarks"]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_document_as_a_report_costs_the_other_runs_nothing(
    document: Path, runs: Path, tmp_path: Path
) -> None:
    for agent, report in (("a", b"{}"), ("b", document.read_bytes()), ("c", b"{}")):
        write_run(runs, f"t/20260101T000000Z/{agent}/0", report__json=report)
    counts = write_report_history_jsonl(runs, out_path=tmp_path / "history.jsonl")
    assert counts["total"] == 3
    first, found, last = iter_report_history(tmp_path / "history.jsonl")
    assert (first["status"], last["status"]) == ("ok", "ok")
    assert found["status"] == report_outcome(document)
    assert (found["report"] is None) == (found["status"] != "ok")
    if found["status"] == "terminal_artifact_unreadable":
        (failure,) = found["artifact_read_errors"]
        assert failure["path"] == "report.json"
        assert failure["error_message"]
