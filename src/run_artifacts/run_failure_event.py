"""Import path of the failure functions for ``reporter`` and ``backlog_core``; re-exports only."""

from run_artifacts.failures import (
    FailureKind,
    classify_failure_kind,
    classify_known_stderr_warnings,
    coerce_validation_errors,
    extract_artifact_filenames,
    extract_error_artifacts,
    render_failure_text,
    sanitize_error,
)

__all__ = [
    "FailureKind",
    "classify_failure_kind",
    "classify_known_stderr_warnings",
    "coerce_validation_errors",
    "extract_artifact_filenames",
    "extract_error_artifacts",
    "render_failure_text",
    "sanitize_error",
]
