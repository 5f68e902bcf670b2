"""A history that is written, and the ways to write it: what several test modules call."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

from run_artifacts._files.append import append
from run_artifacts._files.replace import replacing
from run_artifacts._history.target import resolve_target

OLD, NEW = b'{"old": 1}\n', b'{"new": "' + b"x" * 200_000 + b'"}\n'


def replace(target: Path) -> None:
    with replacing(resolve_target(str(target))) as file:
        for place in range(0, len(NEW), 50_000):
            file.write(NEW[place : place + 50_000])


def add(target: Path) -> None:
    append(resolve_target(str(target)), io.BytesIO(NEW))


WRITES: dict[str, tuple[Callable[[Path], None], bytes, bytes]] = {
    "replace": (replace, OLD, NEW),
    "append": (add, OLD, OLD + NEW),
    "append to a torn file": (add, OLD + b'{"t', OLD + b'{"t\n' + NEW),
    "append to nothing": (add, b"", NEW),
}
