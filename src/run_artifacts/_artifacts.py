"""Read the artifacts of one run directory: its JSON values, and the texts that a record embeds.

An open directory and a name come in. The file is read once, from a descriptor of a regular file
inside the directory; its value goes out, with an account of the read.
"""

from __future__ import annotations

import json
import os
from codecs import BOM_UTF8
from collections.abc import Callable
from typing import Any, Literal, NamedTuple, NotRequired, TypedDict

from run_artifacts._jsondoc import MAX_ARTIFACT_NESTING, MAX_JSON_BYTES, Loads, parse_json
from run_artifacts._regular import NotOpened, OpenedFile, system_message
from run_artifacts._root import Root
from run_artifacts.capture import (
    CaptureResult,
    TextCapturePolicy,
    TextExcerpt,
    capture_beneath,
    missing_artifact,
)

#: What stands between head and tail of an embedded text that was cut.
EMBED_SEAM = "\n...[truncated; see embedded_capture_manifest]...\n"

# A schema is parsed, so it is captured whole, whatever its bytes are.
_SCHEMA_POLICY = TextCapturePolicy(MAX_JSON_BYTES, MAX_JSON_BYTES, 0, binary_detection_bytes=0)


class ArtifactRead(TypedDict):
    """How the read of one JSON artifact went.

    `decode_ok` and `parse_ok` are ``None`` where there was nothing to read.
    """

    path: str
    exists: bool
    decode_ok: bool | None
    parse_ok: bool | None
    error_phase: Literal["read", "parse"] | None
    error_type: str | None
    error_message: str | None
    error_line: NotRequired[int]
    error_column: NotRequired[int]


class JsonArtifact(NamedTuple):
    """The value of a JSON artifact, ``None`` where there is none, and how its read went.

    `vanished` says that a listing has shown it and the system no longer does.
    """

    value: Any
    read: ArtifactRead
    size_bytes: int = 0
    vanished: bool = False


class _ReadError(Exception):
    """Why a JSON artifact has no value; the arguments are fields of its `ArtifactRead`."""

    def __init__(
        self,
        phase: Literal["read", "parse"],
        kind: str,
        message: str,
        place: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(phase, kind, message, place)
        self.phase: Literal["read", "parse"] = phase
        self.kind = kind
        self.message = message
        self.place = place


def missing_json(name: str) -> JsonArtifact:
    """Return the artifact for a name that a listing has shown not to be there."""
    return JsonArtifact(None, _account(name, exists=False, ok=None))


def read_json(
    root: Root, name: str, loads: Loads | None = None, *, only_object: bool = False
) -> JsonArtifact:
    """Read a JSON artifact; a name that isn't there is an error, as a listing has shown it.

    Args:
        root: The run directory.
        name: The file's name in it.
        loads: The caller's decoder, if there is one.
        only_object: Take an object or ``null`` alone; another value is reported and left out.
    """
    size = 0
    try:
        data = _read_bytes(root, name)
        size = len(data)
        value = _parse(_decode(data), loads)
        if only_object and not isinstance(value, (dict, type(None))):
            raise _ReadError("parse", "TypeError", "expected an object or null")
    except NotOpened as problem:
        exists = problem.code not in (None, "dangling_link")
        message = ": ".join(filter(None, (problem.code or "vanished", problem.detail)))
        error = _ReadError("read", problem.error_type, message)
        account = _account(name, exists=exists, ok=False, error=error)
        return JsonArtifact(None, account, vanished=problem.code is None)
    except _ReadError as error:
        return JsonArtifact(None, _account(name, exists=True, ok=False, error=error), size)
    return JsonArtifact(value, _account(name, exists=True, ok=True), size)


def _read_bytes(root: Root, name: str) -> bytes:
    opened = root.open([name])
    try:
        data = _read_all(opened)
    except OSError as error:
        message = f"read_failed: {system_message(error)}"
        raise _ReadError("read", type(error).__name__, message) from None
    finally:
        os.close(opened.fd)
    if len(data) > MAX_JSON_BYTES:
        raise _ReadError("read", "ValueError", f"too_long: more than {MAX_JSON_BYTES:,} bytes")
    return data


def _read_all(opened: OpenedFile) -> bytes:
    """Read an open file to its end, or to where it is too long."""
    data = bytearray()
    while len(data) <= MAX_JSON_BYTES:
        room = MAX_JSON_BYTES + 1 - len(data)
        chunk = os.read(opened.fd, min(max(opened.status.st_size - len(data), 0) + 4_096, room))
        if not chunk:
            break
        data += chunk
    return bytes(data)


def _decode(data: bytes) -> str:
    try:
        return data.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        message = f"invalid_utf8: {error.reason} at byte {error.start}"
        raise _ReadError("read", "UnicodeDecodeError", message) from None


def _parse(text: str, loads: Loads | None) -> Any:
    try:
        return parse_json(text, MAX_ARTIFACT_NESTING, loads)
    except json.JSONDecodeError as error:
        place = error.lineno, error.colno
        raise _ReadError("parse", "JSONDecodeError", error.msg, place) from None
    except ValueError as error:
        raise _ReadError("parse", "ValueError", str(error)) from None


def _account(
    name: str, *, exists: bool, ok: bool | None, error: _ReadError | None = None
) -> ArtifactRead:
    account: ArtifactRead = {
        "path": name,
        "exists": exists,
        "decode_ok": error.phase == "parse" if error else ok,
        "parse_ok": ok,
        "error_phase": error.phase if error else None,
        "error_type": error.kind if error else None,
        "error_message": error.message if error else None,
    }
    if error and error.place:
        account["error_line"], account["error_column"] = error.place
    return account


class Embedded(NamedTuple):
    """What a record embeds of one artifact, and the manifest entry that accounts for it.

    `failed` is there where the artifact exists and could not be read.
    """

    value: Any
    manifest: dict[str, Any]
    failed: ArtifactRead | None = None


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
        failure = _ReadError("read", "OSError", said)
    else:
        try:
            return Embedded(shape(captured.excerpt), manifest)
        except _ReadError as error:
            said, failure = f"{error.kind}: {error.message}", error
        manifest["error"] = "; ".join(filter(None, (captured.error, said)))
    account = _account(captured.artifact.path, exists=True, ok=False, error=failure)
    return Embedded(f"[capture_error] {said}", manifest, account)


def _joined(excerpt: TextExcerpt) -> str:
    return excerpt.head + (EMBED_SEAM if excerpt.truncated else "") + excerpt.tail


def _parsed(excerpt: TextExcerpt, loads: Loads | None) -> Any:
    if excerpt.truncated:
        raise _ReadError("read", "ValueError", f"too_long: more than {MAX_JSON_BYTES:,} bytes")
    if excerpt.encoding not in ("utf-8", "utf-8-sig"):
        message = f"invalid_utf8: {excerpt.encoding} by its byte order mark"
        raise _ReadError("read", "UnicodeDecodeError", message)
    if excerpt.invalid_bytes:
        message = f"invalid_utf8: {excerpt.invalid_bytes} bytes"
        raise _ReadError("read", "UnicodeDecodeError", message)
    return _parse(excerpt.head, loads)
