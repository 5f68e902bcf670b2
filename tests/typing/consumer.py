"""A strict consumer of the installed package: type-checked by the CI, never run.

A line that must be refused says so; `warn_unused_ignores` makes it an error if it isn't.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Any, assert_type

import run_artifacts
from run_artifacts import (
    CaptureResult,
    FailureKind,
    HistoryLoss,
    HistoryReader,
    HistoryTally,
    KnownWarnings,
    TextCapturePolicy,
    TextExcerpt,
    append_report_history_jsonl,
    capture,
    capture_text_artifact,
    classify_failure_kind,
    classify_known_stderr_warnings,
    coerce_validation_errors,
    extract_artifact_filenames,
    extract_error_artifacts,
    failures,
    history,
    iter_report_history,
    iter_run_artifacts,
    iter_run_dirs,
    load_run_record,
    normalize_agent_path,
    render_failure_text,
    sanitize_error,
    select_recent_run_dirs,
    write_report_history_jsonl,
)
from run_artifacts.path_normalization import normalize_agent_path as other_path
from run_artifacts.run_failure_event import sanitize_error as other_error

policy = TextCapturePolicy(max_excerpt_bytes=1_000, redact=True, secrets=["till-password-7"])
result = capture_text_artifact(Path("log"), capture_policy=policy)
assert_type(result, CaptureResult)
assert_type(capture_text_artifact("log", policy=policy, root="."), CaptureResult)
assert_type(result.excerpt, TextExcerpt | None)
result.excerpt.text()  # type: ignore[union-attr]
capture_text_artifact("log", policy, policy=policy)  # type: ignore[call-overload]
capture_text_artifact(b"log")  # type: ignore[call-overload]
for each in iter_run_artifacts("run"):
    assert_type(each.manifest_entry(), dict[str, Any])

losses: list[HistoryLoss] = []
with iter_report_history("history.jsonl", last=10, on_loss=losses.append) as reader:
    assert_type(reader, HistoryReader)
    for record in reader:
        assert_type(record, dict[str, Any])
    assert_type(reader.tally, HistoryTally)
iter_report_history("runs", embed="all", executor=ProcessPoolExecutor())
iter_report_history("runs", embed="everything")  # type: ignore[call-overload]

assert_type(write_report_history_jsonl("history.jsonl", [{"a": 1}]), dict[str, int])
write_report_history_jsonl("runs", out_path="history.jsonl", on_loss=losses.append)
write_report_history_jsonl("runs")  # type: ignore[call-overload]
append_report_history_jsonl("history.jsonl", ({"n": n} for n in range(3)))
assert_type([*iter_run_dirs("runs")], list[Path])
assert_type(select_recent_run_dirs("runs", limit=3), list[Path])
assert_type(load_run_record("run", runs_dir="runs"), dict[str, Any] | None)

failed, kind = classify_failure_kind({"type": "x"})
assert_type(failed, bool)
assert_type(kind, str)
assert_type(classify_failure_kind(status="ok"), FailureKind)
assert_type(sanitize_error(ValueError("x")), dict[str, Any] | None)
assert_type(render_failure_text({}, attachments=[result], max_chars=100), str)
assert_type(extract_error_artifacts({}), dict[str, Any] | None)
assert_type(extract_artifact_filenames({}), list[str])
assert_type(coerce_validation_errors([]), list[str])
assert_type(classify_known_stderr_warnings(""), KnownWarnings)
assert_type(normalize_agent_path(r"a\b"), str)
assert_type(other_path("a"), str)
assert_type(other_error("a"), dict[str, Any] | None)
print(run_artifacts.iter_report_histroy)  # type: ignore[attr-defined]
print(capture.__all__, failures.__all__, history.__all__)
