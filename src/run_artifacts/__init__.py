"""Capture, compile and render what runs leave behind, with no silent loss.

`capture` reads text artifacts as bounded excerpts that account for every byte, `history` streams
run history from run directories or JSON Lines and writes it, `failures` names, groups and renders
what went wrong, `redaction` replaces the secrets of texts and command lines.
"""

from run_artifacts._agent_path import normalize_agent_path
from run_artifacts._version import __version__
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
    FailureFingerprint,
    FailureGroup,
    FailureGroups,
    FailureKind,
    KnownWarnings,
    RunFailure,
    classify_failure_kind,
    classify_known_stderr_warnings,
    coerce_validation_errors,
    extract_artifact_filenames,
    extract_error_artifacts,
    failure_fingerprint,
    group_failures,
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
from run_artifacts.redaction import RedactedText, redact_command, redact_text

__all__ = [
    "ArtifactRead",
    "ArtifactRef",
    "CaptureProblem",
    "CaptureResult",
    "EmbedMode",
    "FailureFingerprint",
    "FailureGroup",
    "FailureGroups",
    "FailureKind",
    "HistoryLoss",
    "HistoryReader",
    "HistoryTally",
    "HistoryWarning",
    "KnownWarnings",
    "RedactedText",
    "RunFailure",
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
    "failure_fingerprint",
    "group_failures",
    "iter_report_history",
    "iter_run_artifacts",
    "iter_run_dirs",
    "load_run_record",
    "normalize_agent_path",
    "redact_command",
    "redact_text",
    "render_failure_text",
    "sanitize_error",
    "select_recent_run_dirs",
    "write_report_history_jsonl",
]

# Tracebacks and pickles name what callers import, and no room that may be rebuilt.
for _name in __all__:
    if hasattr(_public := globals()[_name], "__qualname__"):  # a class or a function
        _public.__module__ = __name__
del _name, _public
