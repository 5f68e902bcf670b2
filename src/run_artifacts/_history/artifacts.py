"""The JSON artifacts of a run directory: each read once, with an account of the read.

An open directory and a name come in. The file is read from a descriptor of a regular file inside
the directory; its value goes out, or why there is none.
"""

import errno
import json
from codecs import BOM_UTF8
from typing import Any, Literal, NotRequired, TypedDict

from run_artifacts._errors import require_system
from run_artifacts._files.beneath import Root
from run_artifacts._files.opening import NotOpened, OpenedFile
from run_artifacts._files.system import system_message
from run_artifacts._json.document import MAX_ARTIFACT_NESTING, MAX_JSON_BYTES, Loads, parse_json


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


class JsonArtifact:
    """The value of a JSON artifact, ``None`` where there is none, and how its read went.

    `vanished` says that a listing has shown it and the system no longer does.
    """

    __slots__ = ("read", "size_bytes", "value", "vanished")

    def __init__(
        self,
        value: Any,
        read: ArtifactRead,
        size_bytes: int = 0,
        *,
        vanished: bool = False,
    ) -> None:
        self.value = value
        self.read = read
        self.size_bytes = size_bytes
        self.vanished = vanished


class ReadError(Exception):
    """Why a JSON artifact has no value; the arguments are fields of its `ArtifactRead`."""

    def __init__(
        self,
        phase: Literal["read", "parse"],
        kind: str,
        message: str,
        position: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(phase, kind, message, position)
        self.phase: Literal["read", "parse"] = phase
        self.kind = kind
        self.message = message
        self.position = position


def too_long() -> ReadError:
    """Return why an artifact of more bytes than are read has no value."""
    return ReadError("read", "ValueError", f"too_long: more than {MAX_JSON_BYTES:,} bytes")


def missing_json(name: str) -> JsonArtifact:
    """Return the artifact for a name that a listing has shown not to be there."""
    return JsonArtifact(None, account(name, exists=False, ok=None))


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
        value = parse_artifact(_decode(data), loads)
        if only_object and not isinstance(value, (dict, type(None))):
            raise ReadError("parse", "TypeError", "expected an object or null")
    except NotOpened as problem:
        message = ": ".join(filter(None, (problem.code or "vanished", problem.detail)))
        error = ReadError("read", problem.error_type, message)
        read = account(name, exists=not problem.is_missing, ok=False, error=error)
        return JsonArtifact(None, read, vanished=problem.code is None)
    except ReadError as error:
        return JsonArtifact(None, account(name, exists=True, ok=False, error=error), size)
    return JsonArtifact(value, account(name, exists=True, ok=True), size)


def _read_bytes(root: Root, name: str) -> bytes:
    opened = root.open([name])
    try:
        data = _read_all(opened)
    except OSError as error:
        require_system(error)
        message = f"read_failed: {system_message(error)}"
        raise ReadError("read", type(error).__name__, message) from None
    finally:
        opened.close()
    if len(data) > MAX_JSON_BYTES:
        raise too_long()
    return data


def _read_all(opened: OpenedFile) -> bytes:
    """Read an open file to its end, or to where it is too long."""
    size = opened.status.st_size
    data = bytearray()
    while len(data) <= MAX_JSON_BYTES:
        room = MAX_JSON_BYTES + 1 - len(data)
        chunk = opened.read(min(max(size - len(data), 0) + 4_096, room))
        if not chunk:
            break
        data += chunk
    if len(data) < size <= MAX_JSON_BYTES:
        raise OSError(errno.ESTALE, f"it was cut off meanwhile, from {size:,} bytes")
    return bytes(data)


def _decode(data: bytes) -> str:
    try:
        return data.removeprefix(BOM_UTF8).decode()
    except UnicodeDecodeError as error:
        message = f"invalid_utf8: {error.reason} at byte {error.start}"
        raise ReadError("read", "UnicodeDecodeError", message) from None


def parse_artifact(text: str, loads: Loads | None) -> Any:
    """Return the value of a JSON artifact, or raise `ReadError`."""
    try:
        return parse_json(text, MAX_ARTIFACT_NESTING, loads)
    except json.JSONDecodeError as error:
        position = error.lineno, error.colno
        raise ReadError("parse", "JSONDecodeError", error.msg, position) from None
    except ValueError as error:
        raise ReadError("parse", "ValueError", str(error)) from None


def account(
    name: str, *, exists: bool, ok: bool | None, error: ReadError | None = None
) -> ArtifactRead:
    """Return the account of a read: what it found, or why it failed."""
    said: ArtifactRead = {
        "path": name,
        "exists": exists,
        "decode_ok": error.phase == "parse" if error else ok,
        "parse_ok": ok,
        "error_phase": error.phase if error else None,
        "error_type": error.kind if error else None,
        "error_message": error.message if error else None,
    }
    if error and error.position:
        said["error_line"], said["error_column"] = error.position
    return said
