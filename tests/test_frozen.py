"""Frozen evidence: what version 0.1 wrote is written again, byte for byte, and stays readable.

Its records did not have the key ``failure``; but for that they are the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import (
    HistoryLoss,
    TextCapturePolicy,
    capture_text_artifact,
    iter_report_history,
    load_run_record,
    render_failure_text,
    write_report_history_jsonl,
)

FROZEN = Path(__file__).parent / "data" / "v0.1"
POLICY = TextCapturePolicy(max_excerpt_bytes=400, max_line_count=4)
FAILURE = re.compile(rb'"failure": (?:null|\{[^{}]*\}),\s*')
ATTACHMENTS = ("agent_last_message.txt", "agent_stderr.txt", "users.md")


def compile_history(folder: Path, embed: Any) -> bytes:
    out = folder / "history.jsonl"
    write_report_history_jsonl(
        "runs", out_path=out, embed=embed, max_embed_bytes=200, on_loss=lambda _: None
    )
    return out.read_bytes()


def pretty(value: Any) -> bytes:
    return (json.dumps(value, indent=2, ensure_ascii=False) + "\n").encode()


def losses() -> bytes:
    met: list[HistoryLoss] = []
    list(iter_report_history("runs", on_loss=met.append))
    return "".join(f"{loss}\n" for loss in met).encode()


def record() -> bytes:
    return pretty(load_run_record("runs/shop/20260301T082000Z/codex/1", runs_dir="runs"))


def captures() -> bytes:
    return pretty(
        {
            path.as_posix(): capture_text_artifact(path, POLICY, root="runs").manifest_entry()
            for path in sorted(Path("runs").rglob("agent_*.txt"))
        }
    )


def rendered() -> bytes:
    texts = []
    for found in iter_report_history("runs", embed="none", on_loss=lambda _: None):
        run_dir = Path(found["run_dir"])
        attachments = [
            capture_text_artifact(run_dir / name, POLICY, root=run_dir)
            for name in ATTACHMENTS
            if name in found["other_artifacts"]
        ]
        texts.append(
            render_failure_text(
                found["error"],
                agent=found["agent"],
                status=found["status"],
                report_validation_errors=found["report_validation_errors"],
                attachments=attachments,
                terminal_artifact_reads=found["terminal_artifact_reads"],
            )
        )
    return ("\n\n".join(texts) + "\n").encode()


MADE: dict[str, Callable[[Path], bytes]] = {
    "history.none.jsonl": lambda folder: compile_history(folder, "none"),
    "history.definitions.jsonl": lambda folder: compile_history(folder, None),
    "history.all.jsonl": lambda folder: compile_history(folder, "all"),
    "losses.txt": lambda _: losses(),
    "record.json": lambda _: record(),
    "captures.json": lambda _: captures(),
    "rendered.txt": lambda _: rendered(),
}


@pytest.mark.parametrize("name", MADE)
def test_the_same_tree_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(FROZEN)
    made, failures = FAILURE.subn(b"", MADE[name](tmp_path))
    assert made == (FROZEN / name).read_bytes()
    assert failures == made.count(b'"finished"')


@pytest.mark.parametrize("name", [name for name in MADE if name.endswith(".jsonl")])
def test_a_frozen_history_stays_readable(tmp_path: Path, name: str) -> None:
    reader = iter_report_history(FROZEN / name)
    records = list(reader)
    assert reader.tally == (7, 0, 0, 0, 7, (FROZEN / name).stat().st_size)
    assert {record["schema_version"] for record in records} == {1}
    write_report_history_jsonl(tmp_path / "copy", iter_report_history(FROZEN / name))
    assert (tmp_path / "copy").read_bytes() == (FROZEN / name).read_bytes()


def test_the_frozen_tree_has_every_status() -> None:
    counts = [record["status"] for record in iter_report_history(FROZEN / "history.none.jsonl")]
    assert counts == [
        "error",
        "ok",
        "error",
        "missing_report",
        "report_validation_error",
        "terminal_artifact_unreadable",
        "ok",
    ]
