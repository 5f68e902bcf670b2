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

__version__ = "0.1.0"

__all__ = [
    "ArtifactRef",
    "CaptureProblem",
    "CaptureResult",
    "TextCapturePolicy",
    "TextExcerpt",
    "__version__",
    "capture_text_artifact",
    "normalize_agent_path",
]
