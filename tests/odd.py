"""Objects that raise or lie about themselves: what several test modules give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class Broken(Mapping[str, Any]):
    """A mapping that doesn't tell what it holds."""

    def __getitem__(self, key: str) -> Any:
        raise OSError("gone")

    def __iter__(self) -> Any:
        raise OSError("gone")

    def __len__(self) -> int:
        return 1

    def __repr__(self) -> str:
        return "Broken()"


def boom(*_: Any, **__: Any) -> Any:
    raise RuntimeError("boom")
