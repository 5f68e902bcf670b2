"""Filling frozen records: another way to make them, and the same records."""

from __future__ import annotations

import copy
import dataclasses
import pickle

import pytest

from run_artifacts import ArtifactRef, TextExcerpt
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
