"""A history that is written, and the ways to write it: what several test modules call."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from run_artifacts._files.append import append
from run_artifacts._files.owned import Spool
from run_artifacts._files.replace import replacing
from run_artifacts._history.target import resolve_target
from run_artifacts._process import Owner

OLD, NEW = b'{"old": 1}\n', b'{"new": "' + b"x" * 200_000 + b'"}\n'


def replace(target: Path) -> None:
    with replacing(Owner(resolve_target(str(target)), "written")) as file:
        for place in range(0, len(NEW), 50_000):
            file.write(NEW[place : place + 50_000])


def add(target: Path, data: bytes = NEW) -> None:
    lines = Spool(Owner(resolve_target(str(target)), "appended to"))
    lines.write(data)
    append(lines)


WRITES: dict[str, tuple[Callable[[Path], None], bytes, bytes]] = {
    "replace": (replace, OLD, NEW),
    "append": (add, OLD, OLD + NEW),
    "append to a torn file": (add, OLD + b'{"t', OLD + b'{"t\n' + NEW),
    "append to nothing": (add, b"", NEW),
}
