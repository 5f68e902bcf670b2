"""Capture, compile and render what runs leave behind, with no silent loss.

`capture` reads text artifacts as bounded excerpts that account for every byte, `history` streams
run history from run directories or JSON Lines and writes it, `failures` shapes and renders what
went wrong.
"""

from __future__ import annotations

from run_artifacts._version import __version__

TYPE_CHECKING = False  # as `typing` has it, which takes longer to import than this

if TYPE_CHECKING:
    from run_artifacts._arguments import normalize_agent_path
    from run_artifacts.capture import (
        ArtifactRef,
        CaptureProblem,
        CaptureResult,
        TextCapturePolicy,
        TextExcerpt,
        capture_text_artifact,
        iter_run_artifacts,
    )
    from run_artifacts.failures import (
        FailureKind,
        KnownWarnings,
        classify_failure_kind,
        classify_known_stderr_warnings,
        coerce_validation_errors,
        extract_artifact_filenames,
        extract_error_artifacts,
        render_failure_text,
        sanitize_error,
    )
    from run_artifacts.history import (
        ArtifactRead,
        EmbedMode,
        HistoryLoss,
        HistoryReader,
        HistoryTally,
        HistoryWarning,
        RunRecord,
        append_report_history_jsonl,
        iter_report_history,
        iter_run_dirs,
        load_run_record,
        select_recent_run_dirs,
        write_report_history_jsonl,
    )

__all__ = [
    "ArtifactRead",
    "ArtifactRef",
    "CaptureProblem",
    "CaptureResult",
    "EmbedMode",
    "FailureKind",
    "HistoryLoss",
    "HistoryReader",
    "HistoryTally",
    "HistoryWarning",
    "KnownWarnings",
    "RunRecord",
    "TextCapturePolicy",
    "TextExcerpt",
    "__version__",
    "append_report_history_jsonl",
    "capture_text_artifact",
    "classify_failure_kind",
    "classify_known_stderr_warnings",
    "coerce_validation_errors",
    "extract_artifact_filenames",
    "extract_error_artifacts",
    "iter_report_history",
    "iter_run_artifacts",
    "iter_run_dirs",
    "load_run_record",
    "normalize_agent_path",
    "render_failure_text",
    "sanitize_error",
    "select_recent_run_dirs",
    "write_report_history_jsonl",
]

# Each subject is imported when a name of it is first used: who captures needs no history.
_NAMES_BY_MODULE = {
    "_arguments": {"normalize_agent_path"},
    "capture": {
        "ArtifactRef",
        "CaptureProblem",
        "CaptureResult",
        "TextCapturePolicy",
        "TextExcerpt",
        "capture_text_artifact",
        "iter_run_artifacts",
    },
    "failures": {
        "FailureKind",
        "KnownWarnings",
        "classify_failure_kind",
        "classify_known_stderr_warnings",
        "coerce_validation_errors",
        "extract_artifact_filenames",
        "extract_error_artifacts",
        "render_failure_text",
        "sanitize_error",
    },
    "history": {
        "ArtifactRead",
        "EmbedMode",
        "HistoryLoss",
        "HistoryReader",
        "HistoryTally",
        "HistoryWarning",
        "RunRecord",
        "append_report_history_jsonl",
        "iter_report_history",
        "iter_run_dirs",
        "load_run_record",
        "select_recent_run_dirs",
        "write_report_history_jsonl",
    },
}


if not TYPE_CHECKING:  # which would take any name for one of ours

    def __getattr__(name: str) -> object:
        from importlib import import_module

        for module, names in _NAMES_BY_MODULE.items():
            if name == module or name in names:
                found = import_module(f"run_artifacts.{module}")
                value = found if name == module else getattr(found, name)
                globals()[name] = value
                return value
        raise AttributeError(f"module 'run_artifacts' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_NAMES_BY_MODULE})
