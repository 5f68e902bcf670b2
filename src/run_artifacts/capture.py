"""Capture a text artifact as a bounded excerpt that accounts for every byte of the file.

A path and a policy come in. The path is opened once, its bytes are read once, and from what the
pass left the excerpt is cut. A `CaptureResult` goes out, for whatever the path names: what could
not be captured says why.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import overload

from run_artifacts._arguments import StrPath, path_text
from run_artifacts._capture.artifact import (
    ArtifactRef,
    CaptureProblem,
    CaptureResult,
    capture_alone,
    capture_under,
)
from run_artifacts._capture.excerpt import TextExcerpt
from run_artifacts._capture.policy import TextCapturePolicy
from run_artifacts._capture.sweep import sweep
from run_artifacts._files.paths import absolute

__all__ = [
    "ArtifactRef",
    "CaptureProblem",
    "CaptureResult",
    "TextCapturePolicy",
    "TextExcerpt",
    "capture_text_artifact",
    "iter_run_artifacts",
]

_DEFAULT_POLICY = TextCapturePolicy()


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
        RuntimeError: This process was forked from the one that reads the artifact.
        TypeError: An argument has the wrong type, or both names of the policy are given.
    """
    if policy is not None and capture_policy is not None:
        raise TypeError("give capture_policy or its other name policy, not both")
    policy = capture_policy if policy is None else policy
    policy = _DEFAULT_POLICY if policy is None else _checked(policy)
    name = path_text(path, "path")
    if root is None:
        return capture_alone(name, policy)
    return capture_under(name, path_text(root, "root"), policy)


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
        RuntimeError: It is gone on with in a process that was forked from the one that began.
        TypeError: An argument has the wrong type.
    """
    policy = _DEFAULT_POLICY if capture_policy is None else _checked(capture_policy)
    return sweep(absolute(path_text(run_dir, "run_dir")), policy)


def _checked(policy: TextCapturePolicy) -> TextCapturePolicy:
    if not isinstance(policy, TextCapturePolicy):
        raise TypeError(f"capture_policy must be a TextCapturePolicy, not {type(policy).__name__}")
    return policy
