"""Everything below a run directory: listed first, then captured in order."""

from __future__ import annotations

import os
from collections.abc import Iterator

from run_artifacts._capture.artifact import CaptureResult, capture_beneath, not_listed
from run_artifacts._capture.policy import TextCapturePolicy
from run_artifacts._errors import require_system
from run_artifacts._files.beneath import Root
from run_artifacts._files.system import found_at


def sweep(run_dir: str, policy: TextCapturePolicy) -> Iterator[CaptureResult]:
    """Capture all that lies below a directory and is none itself, sorted by path."""
    try:
        root = Root(run_dir)
    except (OSError, ValueError) as error:
        yield not_listed(".", run_dir, error, exists=found_at(run_dir) is not None)
        return
    with root:
        for names, failure in sorted(_iter_names(root), key=lambda found: "/".join(found[0])):
            root.owner.require()
            if failure is None:
                yield capture_beneath(root, names, policy)
            else:
                name, path = "/".join(names) or ".", os.path.join(run_dir, *names)
                yield not_listed(name, path, failure, exists=True)


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
            require_system(error)
            yield above, error
