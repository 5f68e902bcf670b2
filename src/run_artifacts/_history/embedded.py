"""What a record embeds of a run's texts, with the manifest entries that account for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from run_artifacts._capture.artifact import CaptureResult, capture_beneath, missing_artifact
from run_artifacts._capture.excerpt import TextExcerpt
from run_artifacts._capture.policy import TextCapturePolicy
from run_artifacts._files.beneath import Root
from run_artifacts._history.artifacts import (
    ArtifactRead,
    ReadError,
    account,
    parse_artifact,
    too_long,
)
from run_artifacts._json.document import MAX_JSON_BYTES, Loads

#: What stands between head and tail of an embedded text that was cut.
EMBED_SEAM = "\n...[truncated; see embedded_capture_manifest]...\n"

# A schema is parsed, so it is captured whole, whatever its bytes are.
_SCHEMA_POLICY = TextCapturePolicy(MAX_JSON_BYTES, MAX_JSON_BYTES, 0, binary_detection_bytes=0)


class Embedded:
    """What a record embeds of one artifact, and the manifest entry that accounts for it.

    `failed` is there where the artifact exists and could not be read.
    """

    __slots__ = ("failed", "manifest", "value")

    def __init__(
        self,
        value: Any,
        manifest: dict[str, Any],
        failed: ArtifactRead | None = None,
    ) -> None:
        self.value = value
        self.manifest = manifest
        self.failed = failed


def embed_text(root: Root, name: str, policy: TextCapturePolicy) -> Embedded:
    """Embed a text artifact, shortened as a policy says."""
    return _embed(capture_beneath(root, [name], policy), _joined)


def embed_schema(root: Root, name: str, loads: Loads | None) -> Embedded:
    """Embed a JSON artifact as its value."""
    return _embed(
        capture_beneath(root, [name], _SCHEMA_POLICY), lambda excerpt: _parsed(excerpt, loads)
    )


def embed_missing(root: Root, name: str) -> Embedded:
    """Account for a name that a listing has shown not to be there."""
    return Embedded(None, missing_artifact(root, name).manifest_entry())


def _embed(captured: CaptureResult, shape: Callable[[TextExcerpt], Any]) -> Embedded:
    """Shape what was captured, or say why there is nothing to embed."""
    manifest = captured.manifest_entry()
    if captured.status == "missing":
        return Embedded(None, manifest)
    if captured.excerpt is None:
        said = captured.error or ""
        failure = ReadError("read", "OSError", said)
    else:
        try:
            return Embedded(shape(captured.excerpt), manifest)
        except ReadError as error:
            said, failure = f"{error.kind}: {error.message}", error
        manifest["error"] = "; ".join(filter(None, (captured.error, said)))
    read = account(captured.artifact.path, exists=True, ok=False, error=failure)
    return Embedded(f"[capture_error] {said}", manifest, read)


def _joined(excerpt: TextExcerpt) -> str:
    return excerpt.head + (EMBED_SEAM if excerpt.truncated else "") + excerpt.tail


def _parsed(excerpt: TextExcerpt, loads: Loads | None) -> Any:
    if excerpt.truncated:
        raise too_long()
    if excerpt.encoding not in ("utf-8", "utf-8-sig"):
        message = f"invalid_utf8: {excerpt.encoding} by its byte order mark"
        raise ReadError("read", "UnicodeDecodeError", message)
    if excerpt.invalid_bytes:
        message = f"invalid_utf8: {excerpt.invalid_bytes} bytes"
        raise ReadError("read", "UnicodeDecodeError", message)
    return parse_artifact(excerpt.head, loads)
