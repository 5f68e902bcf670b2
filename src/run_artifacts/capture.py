"""Capture a text artifact as a bounded excerpt that accounts for every byte of the file.

A path and a policy come in. The path is opened once (`_regular`), its bytes are read once
(`_scan`), and from what the pass left the excerpt is cut (`_excerpt`). A `CaptureResult` goes
out, for whatever the path names: what could not be captured says why.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any, Literal, overload

from run_artifacts._arguments import StrPath, absolute, names_beneath, path_text, posix
from run_artifacts._excerpt import (
    COUNTS,
    TextCapturePolicy,
    TextExcerpt,
    is_binary,
    make_excerpt,
    margin_bytes,
)
from run_artifacts._filled import filled
from run_artifacts._regular import (
    NotOpened,
    OpenedFile,
    ProblemCode,
    missing_or,
    open_regular,
    system_message,
)
from run_artifacts._root import Root, open_beneath
from run_artifacts._scan import scan

__all__ = [
    "ArtifactRef",
    "CaptureProblem",
    "CaptureResult",
    "TextCapturePolicy",
    "TextExcerpt",
    "capture_text_artifact",
    "iter_run_artifacts",
]

Status = Literal["captured", "missing", "binary", "refused", "unreadable"]

# The closed set of problem codes, and the status that each leads to where it comes first; callers
# persist both. The last one stands beside another status, or beside an excerpt.
_STATUS_OF: dict[ProblemCode | None, Status] = {
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


_DEFAULT_POLICY = TextCapturePolicy()

# What a manifest takes over from an excerpt.
_ACCOUNTING = (*COUNTS, "encoding", "invalid_bytes")
_accounting = attrgetter(*_ACCOUNTING)
_UNMEASURED = (None,) * len(_ACCOUNTING)


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

    code: ProblemCode
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
    link loop, a name with a NUL. The result's `status` and `problems` say what was found. What
    the path names is opened, without waiting, to see what it is; where that could release the
    writer of a FIFO, or act on a device, look before.

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
    policy = _DEFAULT_POLICY if policy is None else _checked(policy)
    name = path_text(path, "path")
    if root is None:
        return _capture_alone(name, policy)
    return _capture_under(name, path_text(root, "root"), policy)


def iter_run_artifacts(
    run_dir: StrPath, capture_policy: TextCapturePolicy | None = None
) -> Iterator[CaptureResult]:
    """Capture everything below a run directory that is no directory itself.

    The names are listed first, then each is captured in its turn; what goes in between is
    ``missing``. A link is an entry of its own, whatever it leads to; one to a directory is
    ``refused``, and not followed. FIFOs, sockets and devices are refused without opening them.
    A directory that can't be listed, or not to its end, is a result too, and so is a `run_dir`
    that isn't there, under the path ``.``.

    Args:
        run_dir: The directory; each `ArtifactRef.path` is relative to it.
        capture_policy: What to keep of each; a default `TextCapturePolicy` where left out.

    Returns:
        An iterator over the results, sorted by `ArtifactRef.path`. Nothing is opened before the
        first of them, and no more than one artifact at a time.

    Raises:
        TypeError: An argument has the wrong type.
    """
    policy = _DEFAULT_POLICY if capture_policy is None else _checked(capture_policy)
    return _iter_below(absolute(path_text(run_dir, "run_dir")), policy)


def _checked(policy: TextCapturePolicy) -> TextCapturePolicy:
    if not isinstance(policy, TextCapturePolicy):
        raise TypeError(f"capture_policy must be a TextCapturePolicy, not {type(policy).__name__}")
    return policy


def _iter_below(run_dir: str, policy: TextCapturePolicy) -> Iterator[CaptureResult]:
    try:
        root = Root(run_dir)
    except (OSError, ValueError) as error:
        yield _not_listed(".", run_dir, error, exists=os.path.exists(run_dir))
        return
    with root:
        for names, failure in sorted(_iter_names(root), key=lambda found: "/".join(found[0])):
            if failure is None:
                yield capture_beneath(root, names, policy)
            else:
                name, path = "/".join(names) or ".", os.path.join(run_dir, *names)
                yield _not_listed(name, path, failure, exists=True)


def _iter_names(root: Root) -> Iterator[tuple[tuple[str, ...], OSError | None]]:
    """Name all that lies below a directory and is none, and what can't be listed with its error."""
    pending: list[tuple[str, ...]] = [()]
    while pending:
        above = pending.pop()
        try:
            for name, is_dir in root.entries(above):
                if is_dir:
                    pending.append((*above, name))
                else:
                    yield (*above, name), None
        except (FileNotFoundError, NotADirectoryError) as error:
            yield above, None if above else error  # what took its place is captured
        except OSError as error:
            yield above, error


def _capture_alone(path: str, policy: TextCapturePolicy) -> CaptureResult:
    name, abs_path = posix(path), absolute(path)
    try:
        opened = open_regular(path)
    except NotOpened as problem:
        return _not_opened(name, abs_path, problem)
    return _capture_opened(name, abs_path, opened, policy)


def _capture_under(path: str, root: str, policy: TextCapturePolicy) -> CaptureResult:
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


def _not_listed(
    name: str, path: str, error: OSError | ValueError, *, exists: bool
) -> CaptureResult:
    """Return the result for a directory; one that can't be opened as such is no missing one."""
    problem = missing_or(error, path)
    if exists and isinstance(error, OSError):
        problem = NotOpened(problem.code or "read_failed", system_message(error), exists=True)
    return _not_opened(name, path, problem)


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
    margin = margin_bytes(policy)
    front_bytes = policy.max_excerpt_bytes + policy.binary_detection_bytes + margin
    try:
        scanned = scan(opened, front_bytes, policy.tail_bytes + margin)
    except OSError as error:
        ref = new_ref(name, abs_path, True, opened.status.st_size, None)
        denied = isinstance(error, PermissionError)
        code: ProblemCode = "permission_denied" if denied else "read_failed"
        return _result(ref, None, (CaptureProblem(code, system_message(error)),))
    finally:
        os.close(opened.fd)
    ref = new_ref(name, abs_path, True, scanned.size_bytes, scanned.sha256)
    excerpt = None
    if scanned.encoding.bom or not is_binary(scanned.front[: policy.binary_detection_bytes]):
        excerpt = make_excerpt(scanned, policy)
        if scanned.change is None:
            return new_result(ref, excerpt, None, (), "captured")
    problems = [] if excerpt else [CaptureProblem("binary_artifact_detected")]
    if scanned.change is not None:
        problems.append(CaptureProblem("changed_during_read", scanned.change))
    return _result(ref, excerpt, tuple(problems))


def _result(
    ref: ArtifactRef, excerpt: TextExcerpt | None, problems: tuple[CaptureProblem, ...]
) -> CaptureResult:
    status: Status = "captured" if excerpt else _STATUS_OF[problems[0].code if problems else None]
    error = "; ".join(map(str, problems)) or None
    return new_result(ref, excerpt, error, problems, status)
