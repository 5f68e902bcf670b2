"""Capture a text artifact as a bounded excerpt that accounts for every byte of the file.

A path and a policy come in. The path is opened once (`_regular`), its bytes are read once
(`_scan`), and from what the pass left the excerpt is cut (`_excerpt`). A `CaptureResult` goes
out, for whatever the path names: what could not be captured says why.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, overload

from run_artifacts._arguments import StrPath, absolute, names_beneath, path_text, posix
from run_artifacts._excerpt import COUNTS, TextCapturePolicy, TextExcerpt, is_binary, make_excerpt
from run_artifacts._regular import NotOpened, Root, open_regular, outside, system_message
from run_artifacts._scan import MARGIN_BYTES, scan

if TYPE_CHECKING:
    from run_artifacts._regular import OpenedFile

__all__ = [
    "ArtifactRef",
    "CaptureProblem",
    "CaptureResult",
    "TextCapturePolicy",
    "TextExcerpt",
    "capture_text_artifact",
]

Status = Literal["captured", "missing", "binary", "refused", "unreadable"]

# Which status each problem code leads to: the closed set of both, persisted by callers.
_STATUS_OF: dict[str | None, Status] = {
    None: "missing",
    "dangling_link": "missing",
    "binary_artifact_detected": "binary",
    "not_a_regular_file": "refused",
    "outside_root": "refused",
    "link_loop": "unreadable",
    "permission_denied": "unreadable",
    "invalid_path": "unreadable",
    "read_failed": "unreadable",
    "changed_during_read": "captured",
}


# What a manifest takes over from an excerpt.
_ACCOUNTING = (*COUNTS, "encoding", "invalid_bytes")


@dataclass(frozen=True, slots=True)
class ArtifactRef:
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


@dataclass(frozen=True, slots=True)
class CaptureProblem:
    """One thing that went wrong in a capture.

    Attributes:
        code: One of a closed set that callers persist (see ``docs/format.md``).
        detail: What was seen, in words; may be empty.
    """

    code: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.code}: {self.detail}" if self.detail else self.code


@dataclass(frozen=True, slots=True)
class CaptureResult:
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
    status: Status | None = None

    def manifest_entry(self) -> dict[str, Any]:
        """Return what a manifest says of the artifact: plain JSON values, without its text.

        ``None`` stands for what was not measured; ``truncated`` is ``None`` where there is no
        excerpt, as nothing is known of it.
        """
        artifact = self.artifact
        return {
            "path": artifact.path,
            "exists": artifact.exists,
            "size_bytes": artifact.size_bytes,
            "sha256": artifact.sha256,
            "truncated": self.excerpt.truncated if self.excerpt else None,
            "error": self.error,
            "status": self.status,
            **{name: getattr(self.excerpt, name, None) for name in _ACCOUNTING},
        }


@overload
def capture_text_artifact(
    path: StrPath,
    capture_policy: TextCapturePolicy | None = None,
    *,
    root: StrPath | None = None,
) -> CaptureResult: ...
@overload
def capture_text_artifact(
    path: StrPath, *, policy: TextCapturePolicy | None = None, root: StrPath | None = None
) -> CaptureResult: ...
def capture_text_artifact(
    path: StrPath,
    capture_policy: TextCapturePolicy | None = None,
    *,
    policy: TextCapturePolicy | None = None,
    root: StrPath | None = None,
) -> CaptureResult:
    """Read a text artifact once and return its excerpt, digest and size.

    It never blocks, and never raises for anything that a path can name: a FIFO, a device, a
    link loop, a name with a NUL. The result's `status` and `problems` say what was found.

    Args:
        path: The artifact. A relative path begins at the working directory, not at the root.
        capture_policy: What to keep; a default `TextCapturePolicy` where left out.
        policy: Another name of `capture_policy`.
        root: A directory that the artifact must lie in. What resolves outside it is refused
            and not read, and `ArtifactRef.path` is relative to it.

    Returns:
        The result; its excerpt is ``None`` exactly when its status isn't ``captured``.

    Raises:
        TypeError: An argument has the wrong type, or both names of the policy are given.
    """
    if policy is not None and capture_policy is not None:
        raise TypeError("give capture_policy or its other name policy, not both")
    policy = capture_policy if policy is None else policy
    if policy is None:
        policy = TextCapturePolicy()
    if not isinstance(policy, TextCapturePolicy):
        raise TypeError(f"capture_policy must be a TextCapturePolicy, not {type(policy).__name__}")
    name = path_text(path, "path")
    if root is None:
        return _capture_alone(name, policy)
    return _capture_under(name, path_text(root, "root"), policy)


def _capture_alone(path: str, policy: TextCapturePolicy) -> CaptureResult:
    name, abs_path = posix(path), absolute(path)
    try:
        opened = open_regular(path)
    except NotOpened as problem:
        return _not_opened(name, abs_path, problem)
    return _capture_opened(name, abs_path, opened, policy)


def _capture_under(path: str, root: str, policy: TextCapturePolicy) -> CaptureResult:
    name, abs_path = posix(path), absolute(path)
    names = None
    try:
        names = names_beneath(path, root)
        name = name if names is None else "/".join(names) or "."
        with Root(absolute(root)) as top:
            return capture_beneath(top, abs_path, name, policy)
    except (OSError, ValueError) as error:
        problem = NotOpened.from_error(error)
        if names is None and problem.code is None and os.path.isabs(abs_path):
            problem = outside(f"{root}, which is no directory", exists=os.path.exists(path))
        return _not_opened(name, abs_path, problem)


def capture_beneath(root: Root, path: str, name: str, policy: TextCapturePolicy) -> CaptureResult:
    """Capture the artifact at a path below an open root; the result calls it by `name`."""
    try:
        opened = root.open(path)
    except NotOpened as problem:
        return _not_opened(name, path, problem)
    return _capture_opened(name, path, opened, policy)


def missing_artifact(path: str, name: str) -> CaptureResult:
    """Return the result for a name that a listing has shown not to be there."""
    return _not_opened(name, path, NotOpened(None))


def _not_opened(name: str, abs_path: str, problem: NotOpened) -> CaptureResult:
    ref = ArtifactRef(name, abs_path, problem.exists, problem.size_bytes, None)
    problems = (CaptureProblem(problem.code, problem.detail),) if problem.code else ()
    return _result(ref, None, problems)


def _capture_opened(
    name: str, abs_path: str, opened: OpenedFile, policy: TextCapturePolicy
) -> CaptureResult:
    """Scan an open file, close it, and shape what the scan left."""
    excerpt_bytes = max(policy.max_excerpt_bytes, policy.binary_detection_bytes)
    try:
        scanned = scan(
            opened.fd,
            opened.status,
            front_bytes=excerpt_bytes + MARGIN_BYTES,
            back_bytes=policy.tail_bytes + MARGIN_BYTES,
        )
    except OSError as error:
        ref = ArtifactRef(name, abs_path, True, opened.status.st_size, None)
        return _result(ref, None, (CaptureProblem("read_failed", system_message(error)),))
    finally:
        os.close(opened.fd)
    ref = ArtifactRef(name, abs_path, True, scanned.size_bytes, scanned.sha256)
    problems = []
    excerpt = None
    if is_binary(scanned.front[: policy.binary_detection_bytes]):
        problems.append(CaptureProblem("binary_artifact_detected"))
    else:
        excerpt = make_excerpt(scanned, policy)
    if scanned.change:
        problems.append(CaptureProblem("changed_during_read", scanned.change))
    return _result(ref, excerpt, tuple(problems))


def _result(
    ref: ArtifactRef, excerpt: TextExcerpt | None, problems: tuple[CaptureProblem, ...]
) -> CaptureResult:
    status: Status = "captured" if excerpt else _STATUS_OF[problems[0].code if problems else None]
    error = "; ".join(map(str, problems)) or None
    return CaptureResult(ref, excerpt, error, problems, status)
