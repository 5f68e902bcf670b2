"""Any value as JSON: odd objects are kept as what their type holds, and none of them raises."""

from __future__ import annotations

import json
from collections import OrderedDict, UserDict
from collections.abc import Mapping
from typing import Any
from unittest import mock

import pytest

from odd import Broken, boom
from run_artifacts import (
    classify_failure_kind,
    coerce_validation_errors,
    extract_error_artifacts,
    render_failure_text,
    sanitize_error,
)


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


def test_an_exception_that_is_also_a_mapping_is_an_exception() -> None:
    class Both(Exception, UserDict):  # type: ignore[misc, type-arg]
        pass

    error = Both("x")
    assert sanitize_error(error)["type"] == "Both"  # type: ignore[index]
    assert sanitize_error({"e": error})["e"]["type"] == "Both"  # type: ignore[index]


def test_a_mapping_that_does_not_tell_its_items_is_a_value() -> None:
    result = sanitize_error(Broken())
    assert result is not None
    assert result["value"] == "Broken()"
    assert [remark["path"] for remark in result["_remarks"]] == ["/value"]


def test_a_class_that_raises_when_it_is_asked_about_is_no_path_and_no_date() -> None:
    result = sanitize_error({"k": WithRaisingMeta()})
    assert result is not None
    assert [remark["rule"] for remark in result["_remarks"]] == ["object"]
