"""Public records compare, hash and show themselves as any dataclass, however they are filled."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import Any

import pytest

from run_artifacts import (
    ArtifactRef,
    CaptureProblem,
    CaptureResult,
    TextCapturePolicy,
    TextExcerpt,
)
from run_artifacts._capture.filled import filled


def test_a_filled_record_is_one_of_its_class() -> None:
    record = filled(ArtifactRef)("a", "/a", True, 5, "digest")
    made = ArtifactRef("a", "/a", True, 5, "digest")
    assert type(record) is ArtifactRef
    assert (record, hash(record), repr(record)) == (made, hash(made), repr(made))
    assert pickle.loads(pickle.dumps(record)) == copy.deepcopy(record) == made
    assert dataclasses.replace(record, path="b").path == "b"
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.path = "b"  # type: ignore[misc]


def test_the_class_itself_stays_as_it_is() -> None:
    types = [field.type for field in dataclasses.fields(ArtifactRef)]
    assert types == [str, str, bool, int | None, str | None]


def test_what_is_left_out_has_its_default() -> None:
    assert filled(TextExcerpt)("a", "b", True) == TextExcerpt("a", "b", True)
    assert filled(TextExcerpt)(head="a", tail="b", truncated=True) == TextExcerpt("a", "b", True)
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'truncated'"):
        filled(TextExcerpt)("a", "b")  # type: ignore[call-arg]


def as_python_makes_it(kind: type) -> type:
    """A dataclass with the same fields and all methods that dataclasses write."""
    columns = []
    for column in dataclasses.fields(kind):
        options = {name: getattr(column, name) for name in ("repr", "hash", "compare", "default")}
        columns.append((column.name, column.type, dataclasses.field(**options)))
    return dataclasses.make_dataclass(kind.__name__, columns, frozen=True, slots=True)


REF = ArtifactRef("a", "/a", True, 5, None)
EXCERPT = TextExcerpt(
    "a", "b", True, redactions=({"path": "/head", "rule": "x", "action": "removed"},)
)


@pytest.mark.parametrize(
    "record",
    [
        REF,
        CaptureProblem("read_failed", "why"),
        EXCERPT,
        CaptureResult(REF, EXCERPT, None, (CaptureProblem("changed_during_read"),), "captured"),
        TextCapturePolicy(secrets=["a secret of theirs"]),
    ],
    ids=lambda record: type(record).__name__,
)
def test_a_record_is_as_python_makes_a_dataclass(record: Any) -> None:
    values = [getattr(record, column.name) for column in dataclasses.fields(record)]
    made = as_python_makes_it(type(record))(*values)
    assert (repr(record), hash(record)) == (repr(made), hash(made))
    assert record != made
    assert made != record
    for column, value in zip(dataclasses.fields(record), values, strict=True):
        other = copy.copy(record)
        object.__setattr__(other, column.name, "another" if value != "another" else "a third")
        assert (record == other) is not column.compare
        assert record != other
    assert record == copy.copy(record)


def test_a_record_that_holds_itself_can_be_shown() -> None:
    record = CaptureProblem("read_failed")
    object.__setattr__(record, "detail", record)
    assert repr(record) == "CaptureProblem(code='read_failed', detail=...)"


def test_a_class_derived_from_a_record_is_another_one() -> None:
    class Named(CaptureProblem):
        pass

    assert Named("read_failed") != CaptureProblem("read_failed")
    assert Named("read_failed") == Named("read_failed")
    assert repr(Named("read_failed")).endswith("Named(code='read_failed', detail='')")
