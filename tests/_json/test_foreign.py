"""Objects that lie or raise: what they hold is told all the same."""

from __future__ import annotations

from collections import UserDict
from collections.abc import Mapping
from typing import Any

from odd import Broken, boom
from run_artifacts import extract_artifact_filenames
from run_artifacts._json.foreign import member_of


def test_the_names_in_a_mapping_that_makes_its_values_are_all_found() -> None:
    class Making(Mapping[str, Any]):
        def __init__(self, name: str = "") -> None:
            self.name = name

        def __getitem__(self, key: str) -> Any:
            return [[f"{self.name}{key}.txt"]] if self.name else Making(key)

        def __iter__(self) -> Any:
            return map(str, range(10))

        def __len__(self) -> int:
            return 10

    assert len(extract_artifact_filenames(Making())) == 100


def test_names_are_found_whatever_the_artifacts_do() -> None:
    class Hiding(dict[str, Any]):
        def values(self) -> Any:
            raise OSError("gone")

    class Text(str):
        def strip(self, *_: Any) -> Any:
            raise OSError("gone")

    class Lying:
        __class__ = property(boom)  # type: ignore[assignment]

    artifacts = [Broken(), Hiding(a="a.txt"), Text("b.txt"), Lying(), frozenset({"c.txt"}), {"d"}]
    assert extract_artifact_filenames(artifacts) == ["a.txt", "b.txt", "c.txt", "d"]


def test_a_mapping_is_asked_as_it_wants_to_be_asked() -> None:
    class AnyCase(UserDict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            return super().get(key.lower(), default)

        def items(self) -> Any:
            raise OSError("not at once")

    class Refusing(UserDict[str, Any]):
        def get(self, key: str, default: Any = None) -> Any:
            raise LookupError(key, default)

    assert member_of(AnyCase(a=3), "A") == 3
    assert member_of(AnyCase(a=3), "b") is None
    assert member_of(Refusing(a=3), "a") is None
    assert member_of({b"a": 1}, "a") is None
    assert member_of([1], "a") is None
