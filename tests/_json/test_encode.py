"""Lines as they are written: I-JSON, with a remark for each thing altered, or refused."""

from __future__ import annotations

import collections
import enum
import json
import math
import random
import types
from typing import Any

import pytest

from run_artifacts._json.document import MAX_NESTING, parse_json
from run_artifacts._json.encode import encode_line


def write(record: Any) -> Any:
    line = encode_line(record)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    return json.loads(line, parse_constant=lambda name: pytest.fail(f"{name} was written"))


def undo(value: Any, remarks: list[dict[str, Any]], pointer: str = "") -> Any:
    """Undo remarks by what they say alone."""
    for remark in reversed([remark for remark in remarks if remark["path"] == pointer]):
        if remark.get("part") == "key":
            continue
        if remark["rule"] == "non_finite_number":
            assert value is None
            value = float(remark["original"])
        elif remark["rule"] == "lone_surrogate":
            value = cut_in(value, remark)
        elif remark["rule"] == "tuple":
            below = [undo(item, remarks, f"{pointer}/{i}") for i, item in enumerate(value)]
            return tuple(below)
    if isinstance(value, list):
        return [undo(item, remarks, f"{pointer}/{i}") for i, item in enumerate(value)]
    if isinstance(value, dict):
        result = {}
        for key, item in value.items():
            below = f"{pointer}/{key.replace('~', '~0').replace('/', '~1')}"
            on_key = [r for r in remarks if r["path"] == below and r.get("part") == "key"]
            for remark in reversed(on_key):
                key = cut_in(key, remark)
            result[key] = undo(item, remarks, below)
        return result
    return value


def cut_in(text: str, remark: dict[str, Any]) -> str:
    original = remark["original"].encode().decode("unicode_escape")
    assert len(original) == remark["original_length"]
    return text[: remark["start"]] + original + text[remark["end"] :]


def same(one: Any, other: Any) -> bool:
    """Equal, types and order of keys included, a NaN equal to a NaN."""
    if isinstance(one, dict):
        return (
            isinstance(other, dict)
            and list(one) == list(other)
            and all(same(one[key], other[key]) for key in one)
        )
    if isinstance(one, (list, tuple)):
        return type(one) is type(other) and len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and (one == other or (one != one and other != other))


def test_a_record_of_jsons_own_types_is_written_as_it_is() -> None:
    record = {"ä😀": ["é", 1, -0.0, 1e300, True, None, {}, [], ""], "big": 10**4_000}
    assert same(write(record), record)
    assert encode_line({"a": "é\u2028"}) == '{"a": "é\u2028"}\n'.encode()


def test_what_is_altered_is_remarked_and_can_be_undone() -> None:
    record = {
        "ratio": math.nan,
        "more": [math.inf, {"x/y~z": -math.inf}],
        "text": "a\ud800\udc00\udfffb\ud83d",
        "key\udcff": 1,
        "key\ufffd": 2,  # noqa: F601 - the linter takes both keys for one
        "pair": ("x", ("\udc80",)),
    }
    written = write(record)
    remarks = written.pop("_remarks")
    assert written == {
        "ratio": None,
        "more": [None, {"x/y~z": None}],
        "text": "a\ufffd\ufffd\ufffdb\ufffd",
        "key\ufffd": 1,
        "key\ufffd_2": 2,
        "pair": ["x", ["\ufffd"]],
    }
    assert [(remark["path"], remark["rule"]) for remark in remarks] == [
        ("/ratio", "non_finite_number"),
        ("/more/0", "non_finite_number"),
        ("/more/1/x~1y~0z", "non_finite_number"),
        ("/text", "lone_surrogate"),
        ("/text", "lone_surrogate"),
        ("/key\ufffd", "lone_surrogate"),
        ("/key\ufffd_2", "key_collision"),
        ("/pair", "tuple"),
        ("/pair/1", "tuple"),
        ("/pair/1/0", "lone_surrogate"),
    ]
    assert remarks[3] == {
        "path": "/text",
        "rule": "lone_surrogate",
        "action": "substituted",
        "start": 1,
        "end": 4,
        "original_length": 3,
        "original": "\\ud800\\udc00\\udfff",
    }
    assert same(undo(written, remarks), record)


def test_random_records_come_back_once_their_remarks_are_undone() -> None:
    rng = random.Random(20_260_101)
    letters = ["a", "é", "😀", "\ud800", "\udfff", "\ufffd", "/", "~", "\\", '"', "\x00", "_2"]

    def text() -> str:
        return "".join(rng.choices(letters, k=rng.randrange(6)))

    def value(depth: int) -> Any:
        kinds = [text, lambda: rng.choice([None, True, 0, 2**70, 0.5, math.nan, -math.inf])]
        if depth:
            kinds += [
                lambda: [value(depth - 1) for _ in range(rng.randrange(4))],
                lambda: tuple(value(depth - 1) for _ in range(rng.randrange(4))),
                lambda: {text(): value(depth - 1) for _ in range(rng.randrange(4))},
            ]
        return rng.choice(kinds)()

    altered = 0
    for _ in range(3_000):
        record = {f"{text()}{index}": value(3) for index in range(3)}
        before = repr(record)
        written = write(record)
        remarks = written.pop("_remarks", [])
        assert repr(record) == before
        altered += bool(remarks)
        assert same(undo(written, remarks), record)
    assert altered > 1_000


def test_remarks_that_a_record_has_are_kept_before_the_new_ones() -> None:
    old = {"path": "/x", "rule": "tuple", "action": "substituted"}
    written = write({"_remarks": [old], "x": [], "a": math.nan})
    assert [remark["path"] for remark in written["_remarks"]] == ["/x", "/a"]
    assert write({"_remarks": [], "a": 1}) == {"_remarks": [], "a": 1}
    assert list(write({"a": math.nan, "_remarks": [], "b": 1})) == ["a", "_remarks", "b"]


def test_remarks_that_are_not_ours_move_and_say_so() -> None:
    moved = {"path": "/input_remarks", "rule": "input_remarks", "action": "annotated"}
    for other in ("mine", [1], [{"path": "", "rule": "x", "action": []}], {"path": "/a"}, None):
        assert write({"_remarks": other}) == {"input_remarks": other, "_remarks": [moved]}
    written = write({"_remarks": {"n": math.nan}, "input_remarks": 1})
    assert written["input_remarks_2"] == {"n": None}
    assert [(remark["path"], remark["rule"]) for remark in written["_remarks"]] == [
        ("/input_remarks_2/n", "non_finite_number"),
        ("/input_remarks_2", "input_remarks"),
    ]
    assert write(written) == written


class Level(enum.IntEnum):
    HIGH = 3


class Name(str, enum.Enum):  # noqa: UP042 - the form that json writes by its content
    CODEX = "codex"


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (Level.HIGH, 3),
        (Name.CODEX, "codex"),
        (collections.OrderedDict(b=1, a=2), {"b": 1, "a": 2}),
        (types.MappingProxyType({"a": 1}), {"a": 1}),
        (collections.UserDict(a=1), {"a": 1}),
    ],
)
def test_a_subtype_is_written_by_its_value(value: Any, written: Any) -> None:
    assert same(write({"a": value}), {"a": written})


cyclic: dict[str, Any] = {}


cyclic["a"] = [cyclic]


def nested(levels: int) -> Any:
    value: Any = {}
    for _ in range(levels - 1):
        value = {"a": value}
    return value


@pytest.mark.parametrize(
    ("record", "message"),
    {
        "a list": ([1], "a record must be a mapping, not list"),
        "none": (None, "a record must be a mapping, not NoneType"),
        "bytes": (
            {"a": [0, b""]},
            (
                "bytes has no JSON form; make it text, a number, a list or a dict"
                " (at JSON Pointer '/a/1')"
            ),
        ),
        "set": ({"a/b": {1}}, "or a dict (at JSON Pointer '/a~1b')"),
        "key": ({"a": {1: 2}}, "a key must be str, not int (at JSON Pointer '/a')"),
        "key of the record": ({None: 2}, "a key must be str, not NoneType (at JSON Pointer '')"),
        "digits": ({"a": 10**5_000}, "an integer has more than 4300 digits"),
        "cycle": (cyclic, "a value contains itself; leave it out (at JSON Pointer '/a/0')"),
        "depth": (nested(MAX_NESTING + 1), "a value is nested more than 900 levels deep"),
        "20,000 deep": (nested(20_000), "a value is nested more than 900 levels deep"),
    }.values(),
    ids=lambda value: str(value)[:30] if isinstance(value, str) else "",
)
def test_what_json_has_no_form_for_is_refused_with_its_place(record: Any, message: str) -> None:
    with pytest.raises(TypeError) as refused:
        encode_line(record)
    assert message in str(refused.value)
    assert len(str(refused.value)) < 2_200


def test_what_can_be_written_can_be_read() -> None:
    deepest = nested(MAX_NESTING)
    assert parse_json(encode_line(deepest).decode()) == deepest
    deepest_list: Any = 1
    for _ in range(MAX_NESTING - 1):
        deepest_list = [deepest_list, math.nan]
    parse_json(encode_line({"a": deepest_list}).decode())


def test_a_line_that_a_reader_would_call_too_long_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("run_artifacts._json.encode.MAX_JSON_BYTES", 20)
    assert len(encode_line({"a": "x" * 11})) == 21
    with pytest.raises(TypeError, match="its line has 21 bytes; at most 20 are read"):
        encode_line({"a": "x" * 12})


def in_lists(levels: int, value: Any) -> Any:
    for _ in range(levels):
        value = [value]
    return value


def test_what_is_shared_counts_where_it_lies_deepest() -> None:
    shared = in_lists(500, 1)
    record = {"near": shared, "far": in_lists(399, shared)}
    assert write(record) == record
    record = {"near": shared, "far": in_lists(400, shared)}
    with pytest.raises(TypeError, match="a value is nested more than 900 levels deep"):
        encode_line(record)
    for own in (collections.OrderedDict(record), {**record, "pair": ()}):
        with pytest.raises(TypeError, match="a value is nested more than 900 levels deep"):
            encode_line(own)


def test_what_contains_itself_is_refused_however_often() -> None:
    cycle: list[Any] = [1]
    cycle += [cycle, cycle, [cycle]]
    for record in ({"a": cycle}, collections.OrderedDict(a=cycle), {"b": (), "a": [[cycle]]}):
        with pytest.raises(TypeError, match="a value contains itself"):
            encode_line(record)


def test_what_is_shared_so_often_that_no_line_holds_it_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Writing it out would take 2 ** 60 values."""
    monkeypatch.setattr("run_artifacts._json.encode.MAX_JSON_BYTES", 100_000)
    shared: Any = [1]
    for _ in range(60):
        shared = [shared, shared]
    with pytest.raises(TypeError, match="more values than 100,000 bytes have room for"):
        encode_line({"a": 1, "b": shared})
    with pytest.raises(TypeError, match="set has no JSON form"):
        encode_line({"a": {1}, "b": shared})


def test_what_has_as_many_values_as_a_line_has_room_for_is_written(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    record = {"a": [[1]] * 100, "b": {str(n): n for n in range(100)}}
    monkeypatch.setattr("run_artifacts._json.encode.MAX_JSON_BYTES", len(json.dumps(record)))
    assert write(record) == record
    own = {"pair": (), **record}
    with pytest.raises(TypeError, match="its line has"):
        encode_line(own)


def test_plain_parts_of_a_record_are_altered_too_where_they_must_be() -> None:
    record = collections.OrderedDict(
        pair=(1, {"a": [math.nan, "\udc80"]}), plain={"b": [math.inf], "\ud800": {}}, fine=[1]
    )
    written = write(record)
    remarks = written.pop("_remarks")
    assert same(undo(written, remarks), dict(record))
    assert [remark["path"] for remark in remarks] == [
        "/pair",
        "/pair/1/a/0",
        "/pair/1/a/1",
        "/plain/b/0",
        "/plain/\ufffd",
    ]


def test_a_caller_sees_nothing_of_what_was_altered_in_the_record() -> None:
    record = {"pair": (1, 2), "plain": {"a": [math.nan]}, "_remarks": []}
    before = repr(record)
    encode_line(record)
    assert repr(record) == before


def test_remarks_that_make_a_line_too_long_are_not_collected_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("run_artifacts._json.encode.MAX_JSON_BYTES", 10_000)
    steps = 0

    def count(pointer: str, key: object) -> str:
        nonlocal steps
        steps += 1
        return f"{pointer}/{key}"

    monkeypatch.setattr("run_artifacts._json.remarks.child_pointer", count)
    with pytest.raises(TypeError, match="with its remarks, its line has more than 10,000 bytes"):
        encode_line({"k" * 1_000: [math.nan] * 1_000})
    assert steps < 30


class Triples(collections.UserDict[str, Any]):
    def items(self) -> Any:
        return [("a", 1, 2)]


class Liar(str):
    __slots__ = ()

    def isascii(self) -> bool:
        return True

    def __str__(self) -> str:
        return "another"


def test_types_that_do_not_do_as_they_should_are_refused_or_written_by_their_value() -> None:
    with pytest.raises(TypeError, match=r"Triples has no JSON form.*at JSON Pointer '/b'"):
        encode_line({"b": Triples()})
    written = write({"a": Liar("\ud800"), Liar("\udfff"): 1})
    assert (written["a"], written["\ufffd"]) == ("\ufffd", 1)


def test_a_key_that_one_object_has_is_altered_in_another_that_has_its_result() -> None:
    written = write({"x": {"\ufffd": 1}, "y": {"\ud800": 1} | {"\ufffd": 2}})
    assert written["x"] == {"\ufffd": 1}
    assert written["y"] == {"\ufffd": 1, "\ufffd_2": 2}


def test_the_pointer_of_what_is_refused_is_whole_unless_it_is_huge() -> None:
    record: Any = {"options": b"x"}
    for key in ("workspace_volume", "mounts", "primary_container", "containers", "environment"):
        record = {key: record}
    pointer = "/environment/containers/primary_container/mounts/workspace_volume/options"
    with pytest.raises(TypeError, match=f"'{pointer}'"):
        encode_line(record)
    with pytest.raises(TypeError) as refused:
        encode_line({"a" * 5_000: {"b": b"x"}})
    message = str(refused.value)
    assert message.endswith(f"'/{'a' * 999}[... 3,003 ...]{'a' * 998}/b')")
