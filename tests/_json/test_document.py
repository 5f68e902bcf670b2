"""One JSON document: what is read from it, and that it is so wherever it is read."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from run_artifacts._json.document import MAX_NESTING, parse_json, shortened
from run_artifacts._json.encode import encode_line


def deep(opening: str, inner: str, closing: str, levels: int) -> str:
    """A document of so many levels."""
    return opening * (levels - 1) + inner + closing * (levels - 1)


# What few openings and many, in few texts and long ones, come to.
DOCUMENTS: dict[str, tuple[str, int, str | None]] = {
    "white space around": (' \t\r\n{"a": 1} \t\r\n', 900, None),
    "another space behind": ('{"a": 1}\u00a0', 900, "Extra data: line 1 column 9 (char 8)"),
    "as deep as may be": (deep("[", "[]", "]", 900), 900, None),
    "deeper": (deep("[", "[]", "]", 901), 900, "nested more than 900 levels deep"),
    "as deep as few may be": (deep("[", "[]", "]", 3), 3, None),
    "deeper than few": (deep("[", "[]", "]", 4), 3, "nested more than 3 levels deep"),
    "objects as deep": (deep('{"a":', "{}", "}", 3), 3, None),
    "objects deeper": (deep('{"a":', "{}", "}", 4), 3, "nested more than 3 levels deep"),
    "both as deep": (deep('[{"a":', "[]", "}]", 11), 21, None),
    "both deeper": (deep('[{"a":', "[]", "}]", 11), 20, "nested more than 20 levels deep"),
    "many beside each other": ("[" + "[]," * 99 + "{}]", 2, None),
    "openings in a text": ('["' + "[{" * 99 + '"]', 1, None),
    "deeper than any stack": (deep("[", "[]", "]", 100_000), 7, "nested more than 7 levels deep"),
    "too many digits": ("1" * 4_301, 900, "an integer has more than 4300 digits"),
    "as many digits as may be": ("1" * 4_300, 900, None),
}


@pytest.mark.parametrize(("text", "levels", "refused"), DOCUMENTS.values(), ids=DOCUMENTS)
def test_a_document_is_what_it_says_within_the_bounds(
    text: str, levels: int, refused: str | None
) -> None:
    if refused is None:
        assert parse_json(text, levels) == json.loads(text)
    else:
        with pytest.raises(ValueError, match=f"^{re.escape(refused)}$"):
            parse_json(text, levels)


def test_a_line_may_have_900_levels_where_nothing_else_is_said() -> None:
    assert MAX_NESTING == 900
    parse_json(deep("[", "[]", "]", 900))
    with pytest.raises(ValueError, match="nested more than 900 levels deep"):
        parse_json(deep("[", "[]", "]", 901))


@pytest.mark.parametrize("depth", [0, 500])
def test_where_a_document_is_read_from_does_not_damage_it(depth: int) -> None:
    def at(levels: int, value: Any) -> Any:
        if levels:
            return at(levels - 1, value)
        return parse_json(encode_line({"a": value}).decode())

    value: Any = 1
    for _ in range(850):
        value = [value]
    assert json.dumps(at(depth, value)["a"]) == "[" * 850 + "1" + "]" * 850


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (2_000, "x" * 2_000),
        (2_001, f"{'x' * 1_000}[... 1 ...]{'x' * 1_000}"),
        (5_000, f"{'x' * 1_000}[... 3,000 ...]{'x' * 1_000}"),
    ],
)
def test_a_text_is_cut_where_that_shortens_it_and_says_by_how_much(length: int, shown: str) -> None:
    assert shortened("x" * length) == shown


@pytest.mark.parametrize(
    "error", [SystemError("returned NULL without setting an exception"), ImportError("meta_path")]
)
def test_while_the_interpreter_shuts_down_a_decoder_cannot_say_where(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It looks for its exception in a module that is gone."""

    def fail(_: str) -> None:
        raise error

    monkeypatch.setattr("run_artifacts._json.document._scan", fail)
    monkeypatch.setattr(json, "loads", fail)
    message = "no JSON; while the interpreter shuts down, the decoder can't say where"
    with pytest.raises(ValueError, match=message):
        parse_json("{bad}")
