"""Fill frozen records as fast as records that are not frozen.

A frozen dataclass is filled through ``object.__setattr__``, a call for each field, which takes
several times as long as assigning does. Of what a capture costs beside its system calls, that is
the largest part: without this the rows of 8 KB in ``scripts/bench.py`` miss their bars.
"""

from __future__ import annotations

from dataclasses import field, fields, make_dataclass
from typing import Any, TypeVar, cast

T = TypeVar("T")


def filled(kind: type[T]) -> type[T]:
    """Return what takes the arguments of a frozen, slotted dataclass and gives its records.

    It is a twin of the class that isn't frozen, with the same slots. Once one of it is filled, it
    becomes a record of the class itself.
    """

    def freeze(record: object) -> None:
        record.__class__ = kind

    columns = [
        (column.name, Any, field(default=column.default)) for column in fields(cast("Any", kind))
    ]
    return cast(
        "type[T]",
        make_dataclass(
            kind.__name__,
            columns,
            namespace={"__doc__": kind.__doc__, "__post_init__": freeze},
            slots=True,
            eq=False,
            repr=False,
        ),
    )
