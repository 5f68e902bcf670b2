"""Capture, compile and render what runs leave behind, with no silent loss.

`capture` reads text artifacts as bounded excerpts that account for every byte, `history` streams
run history from run directories or JSON Lines and writes it, `failures` shapes and renders what
went wrong.
"""

from run_artifacts._arguments import normalize_agent_path
from run_artifacts.capture import (
    ArtifactRef,
    CaptureProblem,
    CaptureResult,
    TextCapturePolicy,
    TextExcerpt,
    capture_text_artifact,
)
from run_artifacts.history import (
    ArtifactRead,
    EmbedMode,
    HistoryLoss,
    HistoryReader,
    HistoryTally,
    HistoryWarning,
    RunRecord,
    iter_report_history,
    iter_run_dirs,
    load_run_record,
    select_recent_run_dirs,
    write_report_history_jsonl,
)

__version__ = "0.1.0"

__all__ = [
    "ArtifactRead",
    "ArtifactRef",
    "CaptureProblem",
    "CaptureResult",
    "EmbedMode",
    "HistoryLoss",
    "HistoryReader",
    "HistoryTally",
    "HistoryWarning",
    "RunRecord",
    "TextCapturePolicy",
    "TextExcerpt",
    "__version__",
    "capture_text_artifact",
    "iter_report_history",
    "iter_run_dirs",
    "load_run_record",
    "normalize_agent_path",
    "select_recent_run_dirs",
    "write_report_history_jsonl",
]
