"""Do the library's main job on real input, and check it on the way.

Without arguments: run three commands as child processes and store each as a run directory (one
succeeds, one fails with a traceback under hundreds of kilobytes of standard error, one is killed
before it reports). Then compile the tree into a history, read it back, append to a torn copy of
it, capture, classify and render. Prints a line a run, then the rendered failures. Exits with 1,
naming the check, when one fails.

    python scripts/smoke.py              three runs
    python scripts/smoke.py --runs DIR   the same for an existing tree of runs
    python scripts/smoke.py --extended   adds a thousand runs and a 200 MB artifact
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from run_artifacts import (
    CaptureResult,
    HistoryLoss,
    TextCapturePolicy,
    append_report_history_jsonl,
    capture_text_artifact,
    classify_failure_kind,
    iter_report_history,
    render_failure_text,
    write_report_history_jsonl,
)

SHOWN_FAILURES = 3
EXCERPT = TextCapturePolicy(max_excerpt_bytes=1_600)
ATTACHMENTS = ("agent_stderr.txt", "agent_last_message.txt")

# What stands in a name that is no UTF-8, and is U+FFFD in a history.
SURROGATE = re.compile("[\ud800-\udfff]")

SUCCEEDS = """
import json, pathlib
folder = pathlib.Path(json.__file__).parent
lines = {file.name: len(file.read_text().splitlines()) for file in sorted(folder.glob("*.py"))}
print(json.dumps({"schema_version": 1, "summary": "counted the lines of json", "lines": lines}))
"""
# A job that logs each function of some standard modules, and then fails to read a torn report.
FAILS = """
import ast, json, logging, pathlib
logging.basicConfig(level=logging.DEBUG, format="%(levelname)s %(message)s")
def read_report(text):
    return json.loads(text)
for file in sorted(pathlib.Path(json.__file__).parent.parent.glob("[a-t]*.py")):
    for node in ast.walk(ast.parse(file.read_bytes())):
        if isinstance(node, ast.FunctionDef):
            logging.debug("%s line %d: function %s", file.name, node.lineno, node.name)
read_report('{"schema_version": 1, "summary": ')
"""
IS_KILLED = """
import sys, time
print("starting the long step", file=sys.stderr, flush=True)
time.sleep(600)
"""


class CheckFailed(Exception):
    """A check that doesn't hold."""


class Checks:
    """The checks made so far."""

    def __init__(self) -> None:
        self.passed = 0

    def that(self, holds: bool, name: str, seen: object = "") -> None:  # noqa: FBT001 - the check
        """Count a check, or end the smoke with its name."""
        if not holds:
            raise CheckFailed(f"{name}: {seen}")
        self.passed += 1


def now() -> str:
    """Return the time as a runner writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def write_json(file: Path, value: object) -> None:
    """Write a JSON artifact as a runner does."""
    file.write_text(json.dumps(value, indent=2) + "\n", encoding="utf-8")


def start_run(runs: Path, agent: str, seed: int) -> Path:
    """Make a run directory as a runner does before it starts the agent."""
    run = runs / "smoke_target" / datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ") / agent / str(seed)
    run.mkdir(parents=True)
    write_json(run / "target_ref.json", {"repo_input": "smoke_target", "agent": agent})
    write_json(run / "run_meta.json", {"schema_version": 1, "run_started_utc": now()})
    (run / "persona.source.md").write_text("# Smoke\n\nWants to see it work.\n", encoding="utf-8")
    return run


def finish_run(run: Path, child: subprocess.CompletedProcess[bytes]) -> None:
    """Store what a child left: its report, or the error that it ended with."""
    if child.returncode == 0:
        (run / "report.json").write_bytes(child.stdout)
    else:
        stderr = (run / "agent_stderr.txt").read_text(encoding="utf-8", errors="replace")
        error = {
            "type": "AgentExecFailed",
            "subtype": "nonzero_exit",
            "exit_code": child.returncode,
            "message": f"the agent ended with exit code {child.returncode}",
            "traceback": stderr[stderr.rfind("Traceback (most recent call last)") :],
            "artifacts": {"stderr": "agent_stderr.txt"},
        }
        write_json(run / "error.json", error)
    meta = json.loads((run / "run_meta.json").read_text(encoding="utf-8"))
    write_json(run / "run_meta.json", {**meta, "run_finished_utc": now()})


def make_runs(runs: Path) -> None:
    """Run the three commands, each into a run directory of its own."""
    print("running three commands: one succeeds, one fails, one is killed before it reports")
    for seed, command in enumerate((SUCCEEDS, FAILS)):
        run = start_run(runs, "python", seed)
        with (run / "agent_stderr.txt").open("wb") as stderr:
            child = subprocess.run(
                [sys.executable, "-c", command], stdout=subprocess.PIPE, stderr=stderr, check=False
            )
        finish_run(run, child)
    run = start_run(runs, "python", 2)
    with (run / "agent_stderr.txt").open("wb") as stderr:
        killed = subprocess.Popen([sys.executable, "-c", IS_KILLED], stderr=stderr)
        while not (run / "agent_stderr.txt").stat().st_size and killed.poll() is None:
            time.sleep(0.01)
        killed.kill()
        killed.wait()


def add_many_runs(runs: Path, number: int) -> None:
    """Add runs that all succeeded: enough of them to see the time and the counts."""
    for index in range(number):
        run = runs / "many" / f"20260101T{index // 60:02d}{index % 60:02d}00Z" / "agent" / "0"
        run.mkdir(parents=True)
        write_json(run / "target_ref.json", {"repo_input": "many", "index": index})
        write_json(run / "report.json", {"schema_version": 1, "summary": "done " * 50})
        write_json(run / "run_meta.json", {"run_finished_utc": now()})
        (run / "persona.source.md").write_text("A persona.\n" * 40, encoding="utf-8")


def add_large_artifact(runs: Path, size: int) -> Path:
    """Write an artifact of a size between 0 and 100 bytes above the one given."""
    file = runs / "many" / "20260101T000000Z" / "agent" / "0" / "agent_stderr.txt"
    with file.open("w", encoding="utf-8") as stderr:
        written = number = 0
        while written < size:
            lines = "".join(f"{number + i:012d} step done é😀\n" for i in range(1_000))
            written += stderr.write(lines) + 4_000  # é and 😀 have 2 and 4 bytes
            number += 1_000
    return file


def check_capture(checks: Checks, file: Path, captured: CaptureResult) -> None:
    """Check a capture against the file itself, read by other means."""
    artifact, excerpt = captured.artifact, captured.excerpt
    checks.that(artifact.exists == file.exists(), "exists", file)
    if not file.is_file():
        return
    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    checks.that(artifact.size_bytes == file.stat().st_size, "size_bytes", captured)
    checks.that(artifact.sha256 == digest, "sha256 of the file", captured)
    checks.that((excerpt is None) == (captured.status != "captured"), "status", captured)
    if excerpt is None:
        return
    parts = (excerpt.head_bytes or 0, excerpt.omitted_bytes or 0, excerpt.tail_bytes or 0)
    checks.that(sum(parts) == artifact.size_bytes, "head + omitted + tail == size", parts)
    checks.that(excerpt.truncated == (parts[1] > 0), "truncated", parts)
    checks.that((excerpt.seam() in excerpt.text()) == excerpt.truncated, "seam", parts)


def compile_and_read(
    checks: Checks, runs: Path, history: Path
) -> tuple[list[dict[str, Any]], list[HistoryLoss]]:
    """Compile a tree into a history, read it back, and hold it against the tree.

    Returns the records of the tree, whose paths are those of the system, and the losses.
    """
    losses: list[HistoryLoss] = []
    counts = write_report_history_jsonl(runs, out_path=history, on_loss=losses.append)
    print(f"{runs}: {', '.join(f'{key} {count}' for key, count in counts.items())}")
    if not counts["total"]:
        print("  no runs found: a run is <target_slug>/<timestamp>/<agent>/<seed>/target_ref.json")
    reader = iter_report_history(history)
    records = list(reader)
    tally = reader.tally
    checks.that(len(records) == counts["total"], "records read back", len(records))
    checks.that(len(losses) == counts.get("lost", 0), "losses counted", losses)
    checks.that(tally.bytes_read == history.stat().st_size, "bytes of the history", tally)
    checks.that(tally.records == tally.total, "every line is a record", tally)
    check_end(checks, history, records)
    from_tree = list(iter_report_history(runs, on_loss=lambda _: None))
    checks.that(len(from_tree) == len(records), "records of the tree", len(from_tree))
    for written, read in zip(records, from_tree, strict=True):
        same = written["run_rel"] == SURROGATE.sub("\ufffd", read["run_rel"])
        checks.that(same and written["status"] == read["status"], "record", written["run_rel"])
    return from_tree, losses


def check_end(checks: Checks, history: Path, records: list[dict[str, Any]]) -> None:
    """Tear a copy of a history, append to it, and read its end."""
    copy = history.with_name("torn.jsonl")
    copy.write_bytes(history.read_bytes() + b'{"run_rel": "torn')
    appended = append_report_history_jsonl(copy, records[-1:])
    checks.that(appended["total"] == len(records[-1:]), "appended", appended)
    losses: list[HistoryLoss] = []
    reader = iter_report_history(copy, last=2, on_loss=losses.append)
    if records:
        checks.that(list(reader) == records[-1:] * 2, "the last records", reader.tally)
        checks.that([loss.reason for loss in losses] == ["torn_line"], "the torn line", losses)


def show(checks: Checks, records: list[dict[str, Any]], losses: list[HistoryLoss]) -> None:
    """Print a line a run, then the newest failures as they would be quoted."""
    failures = []
    for record in records:
        run_dir = Path(record["run_dir"])
        checks.that(run_dir.is_dir(), "run_dir", run_dir)
        captures = [
            capture_text_artifact(run_dir / name, capture_policy=EXCERPT, root=run_dir)
            for name in ATTACHMENTS
            if name in record["other_artifacts"]
        ]
        for captured in captures:
            check_capture(checks, run_dir / captured.artifact.path, captured)
        failed, kind = classify_failure_kind(
            record["error"],
            status=record["status"],
            validation_errors=record["report_validation_errors"],
        )
        checks.that(failed == (record["status"] != "ok"), "classification", record["run_rel"])
        sizes = [
            f"{captured.artifact.path} {captured.artifact.size_bytes:,} bytes"
            for captured in captures
        ]
        if len(records) <= 100:
            print(f"  {record['run_rel']}: {', '.join([record['status'], *sizes])}")
        if failed:
            failures.append((record, kind, captures))
    for loss in losses:
        print(f"  {loss}")
    for record, kind, captures in failures[-SHOWN_FAILURES:]:
        text = render_failure_text(
            record["error"],
            failure_kind=kind,
            agent=record["agent"],
            status=record["status"],
            report_validation_errors=record["report_validation_errors"],
            attachments=captures,
            terminal_artifact_reads=record["terminal_artifact_reads"],
        )
        checks.that(text.startswith(f"Run failure: {kind}"), "first line of the rendering", text)
        print(f"\n{text}")
    hidden = len(failures) - SHOWN_FAILURES
    if hidden > 0:
        print(f"\n({hidden} older failures are not shown)")


def check_three_runs(checks: Checks, records: list[dict[str, Any]]) -> None:
    """Check what is known of the three commands."""
    made = [record for record in records if record["target_slug"] == "smoke_target"]
    statuses = [record["status"] for record in made]
    checks.that(statuses == ["ok", "error", "missing_report"], "status of the three runs", statuses)
    finished = [record["finished"] for record in made]
    checks.that(finished == [True, True, False], "which of them finished", finished)
    checks.that("JSONDecodeError" in made[1]["error"]["traceback"], "traceback", made[1]["error"])
    size = (Path(made[1]["run_dir"]) / "agent_stderr.txt").stat().st_size
    checks.that(size > 200_000, "several hundred kilobytes of standard error", size)


def main() -> int:
    """Run the smoke that the command line asks for."""
    parser = argparse.ArgumentParser(description="Do the library's main job, and check it.")
    parser.add_argument("--runs", type=Path, help="an existing tree of runs, which is only read")
    parser.add_argument("--extended", action="store_true", help="add 1,000 runs and 200 MB")
    arguments = parser.parse_args()
    if arguments.runs is not None and not arguments.runs.is_dir():
        parser.error(f"--runs must be a directory, and {arguments.runs} is none")
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")  # a name need not be valid text
    checks = Checks()
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="run_artifacts-smoke-") as folder:
        runs = arguments.runs or Path(folder) / "runs"
        try:
            if arguments.runs is None:
                make_runs(runs)
            if arguments.extended:
                large_runs(checks, Path(folder) / "extended")
            records, losses = compile_and_read(checks, runs, Path(folder) / "history.jsonl")
            show(checks, records, losses)
            if arguments.runs is None:
                check_three_runs(checks, records)
        except CheckFailed as failed:
            print(f"check failed: {failed}", file=sys.stderr)
            return 1
    print(f"\n{checks.passed} checks passed in {time.monotonic() - started:.1f} s", end="")
    print("" if arguments.runs else "; what was written for them is removed again")
    return 0


def large_runs(checks: Checks, runs: Path) -> None:
    """Compile a thousand runs, and capture an artifact of 200 MB."""
    add_many_runs(runs, 1_000)
    file = add_large_artifact(runs, 200_000_000)
    started = time.monotonic()
    records, losses = compile_and_read(checks, runs, runs / "_compiled" / "history.jsonl")
    print(f"  compiled and read back in {time.monotonic() - started:.1f} s")
    checks.that(len(records) == 1_000 and not losses, "a thousand runs", len(records))
    started = time.monotonic()
    captured = capture_text_artifact(file, capture_policy=EXCERPT)
    print(
        f"  {captured.artifact.size_bytes:,} bytes captured in {time.monotonic() - started:.1f} s"
    )
    check_capture(checks, file, captured)


if __name__ == "__main__":
    sys.exit(main())
