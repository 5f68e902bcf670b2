"""Embedded artifacts: whole, cut, missing, or said to be uncapturable."""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path

import pytest

from records import record_of
from run_artifacts._history.embedded import EMBED_SEAM
from support import write_run

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
