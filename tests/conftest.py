"""Fixtures that several test modules share."""

from __future__ import annotations

import os
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from support import run_python


@pytest.fixture
def runs(tmp_path: Path) -> Path:
    """The path of a tree of runs that is empty so far."""
    tree = tmp_path / "runs"
    tree.mkdir()
    return tree


@pytest.fixture
def public_path() -> Iterator[Path]:
    """A folder that every user may enter; those above ``tmp_path`` are closed to others."""
    with tempfile.TemporaryDirectory(prefix="run_artifacts-test-") as folder:
        os.chmod(folder, 0o755)
        yield Path(folder)
        for closed, _, _ in os.walk(folder):  # top down: what is opened here is walked next
            os.chmod(closed, 0o755)


@pytest.fixture
def run_unprivileged() -> Callable[[str], str]:
    """Run Python source as a user whom permissions bind, within a time limit.

    Root becomes another user for it; anyone else stays who they are, and owns the files of the
    test. So what is to be closed is closed to its owner too.
    """

    def run(source: str) -> str:
        drop = "import os\nif os.geteuid() == 0:\n    os.setgid(65534); os.setuid(65534)\n"
        return run_python(drop + textwrap.dedent(source))

    return run
