"""What the public records of captures share: how they compare and show themselves, and are filled.

A frozen dataclass is filled through ``object.__setattr__``, a call for each field, which takes
several times as long as assigning does. Of what a capture costs beside its system calls, that is
the largest part: without `filled` the rows of 8 KB in ``scripts/bench.py`` miss their bars.

Each method that dataclasses write for a class is compiled when the class is made. So those that
can be written once for all are here; what they do is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import MISSING, Field, fields
from reprlib import recursive_repr
from typing import Any, TypeVar, cast

T = TypeVar("T")


class Record:
    """A dataclass that is made with ``eq=False, repr=False`` and compares and shows its fields."""

    __slots__ = ()

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return _values(self, _is_compared) == _values(other, _is_compared)

    def __hash__(self) -> int:
        return hash(tuple(_values(self, _is_hashed).values()))

    @recursive_repr()
    def __repr__(self) -> str:
        values = _values(self, lambda column: column.repr)
        shown = ", ".join(f"{name}={value!r}" for name, value in values.items())
        return f"{self.__class__.__qualname__}({shown})"


def _values(record: Any, is_wanted: Callable[[Field[Any]], bool]) -> dict[str, Any]:
    return {
        column.name: getattr(record, column.name) for column in fields(record) if is_wanted(column)
    }


def _is_compared(column: Field[Any]) -> bool:
    return column.compare


def _is_hashed(column: Field[Any]) -> bool:
    return column.compare if column.hash is None else column.hash


def filled(kind: type[T]) -> type[T]:
    """Return what takes the arguments of a frozen, slotted dataclass and gives its records.

    It is a twin of the class that isn't frozen, with the same slots. Once one of it is filled, it
    becomes a record of the class itself.
    """
    columns = {column.name: column.default for column in fields(cast("Any", kind))}
    arguments = (
        name if default is MISSING else f"{name}=defaults[{name!r}]"
        for name, default in columns.items()
    )
    source = [
        f"def __init__(self, {', '.join(arguments)}):",
        *(f"    self.{name} = {name}" for name in columns),
        "    self.__class__ = kind",
    ]
    methods: dict[str, Any] = {"__slots__": tuple(columns)}
    exec("\n".join(source), {"defaults": columns, "kind": kind}, methods)  # noqa: S102 - as dataclasses do it
    return cast("type[T]", type(kind.__name__, kind.__bases__, methods))
