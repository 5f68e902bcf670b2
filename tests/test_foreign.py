"""Objects that lie or raise: nothing of them raises, leaks, or is left in a result."""

from __future__ import annotations

import json
from collections import OrderedDict, UserDict
from collections.abc import Mapping
from typing import Any
from unittest import mock

import pytest

from run_artifacts import (
    _redact,
    classify_failure_kind,
    coerce_validation_errors,
    extract_artifact_filenames,
    extract_error_artifacts,
    render_failure_text,
    sanitize_error,
)


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


def subclass(kind: type, **members: Any) -> type:
    return type(f"Odd{kind.__name__}", (kind,), members)


class RaisingMeta(type):
    __hash__ = None  # type: ignore[assignment]
    __name__ = property(boom)  # type: ignore[assignment]

    def __eq__(cls, _: object) -> bool:
        return boom()


class WithRaisingMeta(metaclass=RaisingMeta):
    __repr__ = boom


class RaisingClass:
    __class__ = property(boom)  # type: ignore[assignment]


ODD_TEXT = subclass(
    str, isascii=boom, __contains__=boom, encode=boom, strip=boom, lower=boom, find=boom
)


def saying(text: Any) -> Any:
    return type("Saying", (), {"__repr__": lambda _: text})()


ODD: dict[str, tuple[Any, Any]] = {
    "mock of str": (mock.Mock(spec=str), None),
    "mock of int": (mock.Mock(spec=int), None),
    "mock of float": (mock.Mock(spec=float), None),
    "mock of bool": (mock.Mock(spec=bool), None),
    "mock of list": (mock.Mock(spec=list), None),
    "mock of dict": (mock.Mock(spec=dict), None),
    "mock of bytes": (mock.Mock(spec=bytes), None),
    "mock of an exception": (mock.Mock(spec=ValueError), None),
    "class that raises": (RaisingClass(), None),
    "metaclass that raises": (WithRaisingMeta(), "<WithRaisingMeta that can't be shown>"),
    "int": (subclass(int, bit_length=boom, __int__=boom, __repr__=boom)(7), 7),
    "int, lying": (subclass(int, bit_length=lambda _: 1)(16**5_000), f"0x1{'0' * 5_000}"),
    "float": (subclass(float, __gt__=boom, __float__=boom)("inf"), None),
    "str": (ODD_TEXT("odd"), "odd"),
    "list": (subclass(list, __iter__=boom, __len__=boom)([1]), [1]),
    "list, lying": (subclass(list, __iter__=lambda _: iter([]))([1]), [1]),
    "tuple": (subclass(tuple, __iter__=boom)([1]), [1]),
    "dict": (subclass(dict, items=boom, keys=boom, __iter__=boom, get=boom)(a=1), {"a": 1}),
    "dict, lying": (subclass(dict, items=lambda _: [])(a=1), {"a": 1}),
    "set": (subclass(set, __iter__=boom, __len__=boom)([1]), [1]),
    "bytes": (subclass(bytes, __bytes__=boom, decode=boom)(b"odd"), "odd"),
    "repr of another kind": (saying(5), "<Saying that can't be shown>"),
    "repr of odd text": (saying(ODD_TEXT("odd")), "odd"),
    "set of those": ({saying(ODD_TEXT("b")), saying(ODD_TEXT("a"))}, ["a", "b"]),
    "ordered": (OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
    "own mapping": (UserDict(a=1), {"a": 1}),
}


@pytest.mark.parametrize(("value", "shown"), ODD.values(), ids=ODD)
def test_an_odd_value_is_kept_as_what_its_type_holds(value: Any, shown: Any) -> None:
    for error in (
        {"k": value},
        {"k": [value]},
        value,
        [value],
        {"password": [value, "till-7"]},
        {"token": [value]},
    ):
        result = sanitize_error(error)
        assert result is not None
        assert "till-7" not in json.dumps(result, allow_nan=False)
        assert sanitize_error(result) == result
        render_failure_text(error).encode()
    kept = sanitize_error({"k": value})
    assert kept is not None
    if shown is not None:
        assert kept["k"] == shown
    render_failure_text(
        {"type": value, "code": value, "artifacts": value},
        failure_kind=value,
        agent=value,
        status=value,
        report_validation_errors=[value, (value,)],
        artifacts=[value],
        attachments=[{"path": value, "excerpt_head": value, "truncated": value}],
        terminal_artifact_reads={"a": value},
    ).encode()
    render_failure_text(report_validation_errors=value)
    coerce_validation_errors(value)
    classify_failure_kind({"type": value, "subtype": value, "code": value}, status=value)
    extract_error_artifacts({"artifacts": value})
    extract_error_artifacts(value)


@pytest.mark.parametrize(
    "key",
    [mock.Mock(spec=str), saying(ODD_TEXT("odd")), saying(5), 10**5_000, b"k", None, 1.5, True],
    ids=lambda key: type(key).__name__,
)
def test_an_odd_key_becomes_text(key: Any) -> None:
    class Pairs(Mapping[Any, Any]):
        def __getitem__(self, key: Any) -> Any:
            return 1

        def __iter__(self) -> Any:
            return iter([key, key])

        def __len__(self) -> int:
            return 2

    result = sanitize_error({"k": Pairs()})
    assert result is not None
    assert list(result["k"].values()) == [1, 1]
    assert sanitize_error(result) == result
    render_failure_text({"k": Pairs()}).encode()


def test_a_text_that_says_it_is_empty_hides_no_secret_from_us() -> None:
    text = subclass(str, __len__=lambda _: 0, __bool__=lambda _: False)("topsecret-123")
    assert sanitize_error({"password": text})["password"] == "[redacted:key_name]"  # type: ignore[index]
    assert "topsecret" not in render_failure_text({"password": text})


def test_an_exception_that_is_also_a_mapping_is_an_exception() -> None:
    class Both(Exception, UserDict):  # type: ignore[misc, type-arg]
        pass

    error = Both("x")
    assert sanitize_error(error)["type"] == "Both"  # type: ignore[index]
    assert sanitize_error({"e": error})["e"]["type"] == "Both"  # type: ignore[index]


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


def test_a_mapping_that_does_not_tell_its_items_is_a_value() -> None:
    result = sanitize_error(Broken())
    assert result is not None
    assert result["value"] == "Broken()"
    assert [remark["path"] for remark in result["_remarks"]] == ["/value"]


def test_a_copy_of_artifacts_of_any_kind_of_dict_is_deep() -> None:
    artifacts = OrderedDict(a=["x"], b=OrderedDict(c=["y"]))
    copied = extract_error_artifacts({"artifacts": artifacts})
    assert copied == {"a": ["x"], "b": {"c": ["y"]}}
    assert copied is not None
    assert copied["a"] is not artifacts["a"]
    assert copied["b"] is not artifacts["b"]


def test_the_memory_of_remarks_is_bounded_and_the_rest_is_counted() -> None:
    key = "k" * 1_000_000
    error = {key: [float("nan")] * 1_000, "after": float("nan")}
    result = sanitize_error(error)
    assert result is not None
    listed = [remark for remark in result["_remarks"] if remark["rule"] == "non_finite_number"]
    (rest,) = [remark for remark in result["_remarks"] if remark["rule"] == "remarks_omitted"]
    assert rest == {
        "path": "",
        "rule": "remarks_omitted",
        "action": "annotated",
        "original_length": 1_001 - len(listed),
    }
    assert 10 < len(listed) < 100
    assert result[key] == [None] * 1_000
    assert sanitize_error(result) == result


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


def test_a_dict_that_tells_another_thing_each_time_hides_no_secret_from_us() -> None:
    class Lying(dict[str, Any]):
        def items(self) -> Any:
            return [("a", "hunter2-of-the-till")]

    result = sanitize_error({"password": Lying(a=1), "token": OrderedDict(a=1)})
    assert result is not None
    assert result["password"] == "[redacted:key_name]"
    assert result["token"] == {"a": 1}


def test_what_lies_under_nested_names_of_secrets_is_looked_into_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = []
    real = _redact._holds_text
    monkeypatch.setattr(_redact, "_holds_text", lambda v: looked_at.append(1) or real(v))
    value: Any = [0] * 100
    for _ in range(150):
        value = {"token": value}
    assert sanitize_error({"a": value, "password": "x", "b": {"password": "x"}})["b"] == {  # type: ignore[index]
        "password": "[redacted:key_name]"
    }
    assert len(looked_at) == 3
