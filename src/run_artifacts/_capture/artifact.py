"""One text artifact: its file opened, read once, and shaped into a `CaptureResult`.

A path comes in, alone, below a root, or as names from a root that is open. A result goes out, for
whatever that names: what could not be captured says why.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal, get_args

from run_artifacts._capture.excerpt import COUNTS, TextExcerpt, is_binary, make_excerpt
from run_artifacts._capture.filled import Record, filled
from run_artifacts._capture.policy import TextCapturePolicy
from run_artifacts._capture.redaction import margin_bytes
from run_artifacts._capture.scan import scan
from run_artifacts._errors import require_system
from run_artifacts._files.beneath import Root, open_beneath
from run_artifacts._files.opening import (
    MissingCode,
    NotOpened,
    OpenedFile,
    OpeningCode,
    RefusedCode,
    UnreadableCode,
    missing_or,
    open_regular,
)
from run_artifacts._files.paths import absolute, names_beneath, posix
from run_artifacts._files.system import system_message

_BinaryCode = Literal["binary_artifact_detected"]
_CapturedCode = Literal["changed_during_read", "close_failed"]

#: Why something was not captured, or how what was captured differs: a closed set that callers
#: persist.
ProblemCode = Literal[OpeningCode, _BinaryCode, _CapturedCode]

#: What became of an artifact; persisted too.
ArtifactStatus = Literal["captured", "missing", "binary", "refused", "unreadable"]

_CODES: dict[ArtifactStatus, Any] = {
    "missing": MissingCode,
    "binary": _BinaryCode,
    "refused": RefusedCode,
    "unreadable": UnreadableCode,
    "captured": _CapturedCode,
}

#: The status that each problem code leads to where it comes first; no problem at all is a name
#: that isn't there. The last codes stand beside another status, or beside an excerpt.
STATUS_OF: dict[str | None, ArtifactStatus] = {None: "missing"} | {
    code: status for status, codes in _CODES.items() for code in get_args(codes)
}

# What a manifest takes over from an excerpt.
_ACCOUNTING = (*COUNTS, "encoding", "invalid_bytes")
_accounting = attrgetter(*_ACCOUNTING)
_UNMEASURED = (None,) * len(_ACCOUNTING)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class ArtifactRef(Record):
    """Where an artifact is, and what identifies its content.

    Attributes:
        path: Its name with ``/``: relative to the root by the name asked for (a link keeps its
            own), as given where there is no root.
        abs_path: The same made absolute by name, links not resolved.
        exists: Whether the system shows something under the name; not so for a dangling link,
            nor where the system won't tell, which is a problem of its own.
        size_bytes: How many bytes were read; for a regular file that could not be read the size
            that the system reports; else ``None``.
        sha256: Digest of exactly the bytes read, lower-case hex; ``None`` where none were.
    """

    path: str
    abs_path: str
    exists: bool
    size_bytes: int | None
    sha256: str | None


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CaptureProblem(Record):
    """One thing that went wrong in a capture.

    Attributes:
        code: One of a closed set that callers persist (see ``docs/format.md``).
        detail: What was seen, in words; may be empty.
    """

    code: ProblemCode
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class CaptureResult(Record):
    """What a capture found.

    Attributes:
        artifact: The file and its identity.
        excerpt: Its text; ``None`` exactly when `status` isn't ``captured``.
        error: The problems as one text, ``code: detail`` joined by ``; ``, or ``None``.
        problems: The problems, each with its code. A file that isn't there is none: its status
            says so.
        status: ``captured``, ``missing``, ``binary``, ``refused`` or ``unreadable``; ``None``
            in a result that was made without one.
    """

    artifact: ArtifactRef
    excerpt: TextExcerpt | None
    error: str | None
    problems: tuple[CaptureProblem, ...] = ()
    status: ArtifactStatus | None = None

    def manifest_entry(self) -> dict[str, Any]:
        """Return what a manifest says of the artifact: plain JSON values, without its text.

        ``None`` stands for what was not measured; ``truncated`` is ``None`` where there is no
        excerpt, as nothing is known of it. ``redactions`` is there where secrets were looked for.
        """
        artifact = self.artifact
        measured = _accounting(self.excerpt) if self.excerpt else _UNMEASURED
        return {
            "path": artifact.path,
            "exists": artifact.exists,
            "size_bytes": artifact.size_bytes,
            "sha256": artifact.sha256,
            "truncated": self.excerpt.truncated if self.excerpt else None,
            "error": self.error,
            "status": self.status,
            **dict(zip(_ACCOUNTING, measured, strict=True)),
            **self._redactions(),
        }

    def _redactions(self) -> dict[str, Any]:
        """Return what a manifest says of secrets: nothing where none were looked for."""
        redactions = self.excerpt.redactions if self.excerpt else None
        return {} if redactions is None else {"redactions": [*map(dict, redactions)]}


new_ref = filled(ArtifactRef)
new_result = filled(CaptureResult)


def capture_alone(path: str, policy: TextCapturePolicy) -> CaptureResult:
    name, abs_path = posix(path), absolute(path)
    try:
        opened = open_regular(path)
    except NotOpened as problem:
        return _not_opened(name, abs_path, problem)
    return _capture_opened(name, abs_path, opened, policy)


def capture_under(path: str, root: str, policy: TextCapturePolicy) -> CaptureResult:
    name, abs_path, top = posix(path), absolute(path), absolute(root)
    try:
        names = names_beneath(abs_path, top)
        if names is not None:
            name = "/".join(names) or "."
        opened = open_beneath(abs_path, top, names)
    except NotOpened as problem:
        return _not_opened(name, abs_path, problem)
    return _capture_opened(name, abs_path, opened, policy)


def capture_beneath(root: Root, names: Sequence[str], policy: TextCapturePolicy) -> CaptureResult:
    """Capture the artifact that names lead to from an open root."""
    name, path = "/".join(names), root.path_of(names)
    try:
        opened = root.open(names)
    except NotOpened as problem:
        return _not_opened(name, path, problem)
    return _capture_opened(name, path, opened, policy)


def not_listed(name: str, path: str, error: OSError | ValueError, *, exists: bool) -> CaptureResult:
    """Return the result for a directory; what is there and is none is no missing one."""
    if not exists or isinstance(error, ValueError):
        return _not_opened(name, path, missing_or(error, path))
    code = NotOpened.from_error(error).code or "read_failed"
    return _not_opened(name, path, NotOpened(code, system_message(error), exists=True))


def missing_artifact(root: Root, name: str) -> CaptureResult:
    """Return the result for a name that a listing of an open root has shown not to be there."""
    return _not_opened(name, root.path_of([name]), NotOpened(None))


def _not_opened(name: str, abs_path: str, problem: NotOpened) -> CaptureResult:
    ref = new_ref(name, abs_path, problem.exists, problem.size_bytes, None)
    problems = (CaptureProblem(problem.code, problem.detail),) if problem.code else ()
    return _result(ref, None, problems)


def _capture_opened(
    name: str, abs_path: str, opened: OpenedFile, policy: TextCapturePolicy
) -> CaptureResult:
    """Scan an open file, close it, and shape what the scan left."""
    not_closed = None
    margin = margin_bytes(policy)
    front_bytes = policy.max_excerpt_bytes + policy.binary_detection_bytes + margin
    try:
        _require_size(opened.status.st_size, policy)
        scanned = scan(opened, front_bytes, policy.tail_bytes + margin)
        _require_size(scanned.size_bytes, policy)  # which a file of `/proc` has not reported
    except NotOpened as problem:
        return _not_opened(name, abs_path, problem)
    except OSError as error:
        return _not_opened(name, abs_path, _not_read(error, opened))
    finally:
        not_closed = opened.close()
    ref = new_ref(name, abs_path, True, scanned.size_bytes, scanned.sha256)
    excerpt = None
    if scanned.encoding.bom or not is_binary(scanned.front[: policy.binary_detection_bytes]):
        excerpt = make_excerpt(scanned, policy)
        if scanned.change is None and not_closed is None:
            return new_result(ref, excerpt, None, (), "captured")
    problems = [] if excerpt else [CaptureProblem("binary_artifact_detected")]
    if scanned.change is not None:
        problems.append(CaptureProblem("changed_during_read", scanned.change))
    if not_closed is not None:
        problems.append(CaptureProblem("close_failed", not_closed))
    return _result(ref, excerpt, tuple(problems))


def _require_size(size: int, policy: TextCapturePolicy) -> None:
    """Raise `NotOpened` where a file is larger than a policy lets be read."""
    most = policy.max_file_bytes
    if most is not None and size > most:
        detail = f"{size:,} bytes, of which at most {most:,} are read"
        raise NotOpened("too_large", detail, exists=True, size_bytes=size)


def _not_read(error: OSError, opened: OpenedFile) -> NotOpened:
    """Say why an open file could not be read."""
    require_system(error)
    denied = isinstance(error, PermissionError)
    code: OpeningCode = "permission_denied" if denied else "read_failed"
    size = opened.status.st_size
    return NotOpened(code, system_message(error), exists=True, size_bytes=size)


def _result(
    ref: ArtifactRef, excerpt: TextExcerpt | None, problems: tuple[CaptureProblem, ...]
) -> CaptureResult:
    status: ArtifactStatus = (
        "captured" if excerpt else STATUS_OF[problems[0].code if problems else None]
    )
    error = "; ".join(map(str, problems)) or None
    return new_result(ref, excerpt, error, problems, status)
