"""Exceptions become nested values: complete, counted where they are too many, never raising."""

from __future__ import annotations

import json
import sys
import traceback
from typing import Any

import pytest

from run_artifacts import classify_failure_kind, render_failure_text, sanitize_error
from tokens import TOKENS


def sanitized(exception: BaseException) -> dict[str, Any]:
    result = sanitize_error(exception)
    assert result is not None
    json.dumps(result, allow_nan=False).encode()
    assert sanitize_error(result) == result
    return result


def raised(exception: BaseException) -> BaseException:
    try:
        raise exception
    except BaseException as caught:
        return caught


def test_an_exception_that_was_never_raised_has_a_type_and_a_message() -> None:
    assert sanitized(ValueError("till is closed")) == {
        "type": "ValueError",
        "message": "till is closed",
    }
    assert sanitized(KeyboardInterrupt()) == {"type": "KeyboardInterrupt", "message": ""}


def test_the_name_is_bare_and_the_traceback_is_that_of_python() -> None:
    class TillError(OSError):
        pass

    error = raised(TillError(2, "No such till"))
    error.add_note("on floor 2")
    result = sanitized(error)
    assert result["type"] == "TillError"
    assert result["message"] == "[Errno 2] No such till"
    assert result["notes"] == ["on floor 2"]
    assert result["traceback"] == "".join(traceback.format_exception(error)).rstrip("\n")
    assert "_remarks" not in result


def test_a_traceback_names_a_builtin_exception_as_python_does() -> None:
    for error in (raised(ValueError("till is closed")), raised(KeyError()), raised(MemoryError())):
        expected = "".join(traceback.format_exception(error)).rstrip("\n")
        assert sanitized(error)["traceback"] == expected
    error = raised(json.JSONDecodeError("x", "{", 0))
    assert sanitized(error)["traceback"].splitlines()[-1] == (
        "json.decoder.JSONDecodeError: x: line 1 column 1 (char 0)"
    )


def test_a_cause_and_a_context_are_those_that_a_traceback_shows() -> None:
    def fail(how: str) -> None:
        try:
            raise KeyError("inner")
        except KeyError as inner:
            if how == "cause":
                raise ValueError("outer") from inner
            if how == "none":
                raise ValueError("outer") from None
            if how == "other":
                raise ValueError("outer") from OSError("other")
            raise ValueError("outer")  # noqa: B904 - the context is what is tested

    found = {}
    for how in ("cause", "context", "none", "other"):
        with pytest.raises(ValueError, match="outer") as caught:
            fail(how)
        found[how] = sanitized(caught.value)
    assert found["cause"]["cause"]["message"] == "'inner'"
    assert "context" not in found["cause"]
    assert found["context"]["context"]["type"] == "KeyError"
    assert "inner" in found["context"]["context"]["traceback"]
    assert "cause" not in found["context"]
    assert {"cause", "context"}.isdisjoint(found["none"])
    assert found["other"]["cause"] == {"type": "OSError", "message": "other"}


def test_a_group_is_a_tree() -> None:
    inner = ExceptionGroup("inner", [KeyError("a"), OSError("b")])
    shared = ValueError("shared")
    shared.__cause__ = RuntimeError("why")
    result = sanitized(ExceptionGroup("outer", [shared, inner, shared]))
    assert result["type"] == "ExceptionGroup"
    assert result["message"] == "outer (3 sub-exceptions)"
    expected = {
        "type": "ValueError",
        "message": "shared",
        "cause": {"type": "RuntimeError", "message": "why"},
    }
    assert result["exceptions"][0] == result["exceptions"][2] == expected
    assert [error["message"] for error in result["exceptions"][1]["exceptions"]] == ["'a'", "b"]
    assert "exceptions_omitted" not in result


@pytest.mark.parametrize("members", [1, 249, 250, 10_000])
def test_the_members_that_are_too_many_are_counted(members: int) -> None:
    result = sanitized(ExceptionGroup("many", [ValueError(str(n)) for n in range(members)]))
    shown = [error["message"] for error in result["exceptions"]]
    assert shown == [str(n) for n in range(min(members, 249))]
    assert len(shown) + result.get("exceptions_omitted", 0) == members


@pytest.mark.parametrize("links", [1, 60, 61, 100_000])
@pytest.mark.parametrize("name", ["__cause__", "__context__"])
def test_the_links_of_a_chain_that_are_too_many_are_counted(name: str, links: int) -> None:
    first: BaseException | None = None
    for number in range(links):
        error = ValueError(str(number))
        setattr(error, name, first)
        first = error
    assert first is not None
    found = sanitized(first)
    depth = 1
    while name.strip("_") in found:
        found, depth = found[name.strip("_")], depth + 1
    assert depth == min(links, 60)
    assert depth + found.get("exceptions_omitted", 0) == links
    while error.__cause__ or error.__context__:  # or Python recurses when it lets them go
        error, before = error.__cause__ or error.__context__, error  # type: ignore[assignment]
        before.__cause__ = before.__context__ = None


def test_groups_that_are_too_deep_are_counted() -> None:
    group: Exception = ValueError("innermost")
    for number in range(300):
        group = ExceptionGroup(str(number), [group, OSError(str(number))])
    found = sanitized(group)
    depth = 1
    while "exceptions_omitted" not in found:
        assert len(found["exceptions"]) == 2
        found, depth = found["exceptions"][0], depth + 1
    assert depth == 60
    assert (found["exceptions"], found["exceptions_omitted"]) == ([], 2)


def test_links_and_members_that_are_too_many_are_counted_together() -> None:
    last: Exception = ExceptionGroup("last", [ValueError(str(n)) for n in range(3)])
    last.__cause__ = ValueError("one")
    last.__cause__.__cause__ = ValueError("two")
    for _ in range(59):
        outer = ValueError()
        outer.__cause__ = last
        last = outer
    found = sanitized(last)
    while "cause" in found:
        found = found["cause"]
    assert (found["message"], found["exceptions_omitted"]) == ("last (3 sub-exceptions)", 2 + 3)


def test_a_cycle_is_one_where_there_is_no_room_for_more_too() -> None:
    chain = [ValueError(str(number)) for number in range(60)]
    for number, error in enumerate(chain):
        error.__cause__ = chain[(number + 1) % 60]
    found: Any = sanitized(chain[0])
    while type(found) is dict:
        assert "exceptions_omitted" not in found
        found = found["cause"]
    assert found == "[contains itself]"


def test_cycles_become_markers() -> None:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    result = sanitized(first)
    assert result["cause"]["cause"] == "[contains itself]"
    assert [(remark["path"], remark["rule"]) for remark in result["_remarks"]] == [
        ("/cause/cause", "cycle")
    ]
    member = ValueError("member")
    group = ExceptionGroup("group", [member])
    member.__context__ = group
    assert sanitized(group)["exceptions"][0]["context"] == "[contains itself]"
    # A chain that is cut is counted once around, not for ever.
    chain = [ValueError(str(number)) for number in range(100)]
    for number, error in enumerate(chain):
        error.__cause__ = chain[(number + 1) % 100]
    found = sanitized(chain[0])
    while "cause" in found:
        found = found["cause"]
    assert found["exceptions_omitted"] == 40


class Hostile(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no")

    @property
    def __notes__(self) -> Any:
        raise RuntimeError("no")

    @property
    def __cause__(self) -> Any:  # type: ignore[override]
        raise RuntimeError("no")

    __context__ = __traceback__ = __suppress_context__ = __cause__  # type: ignore[assignment]


class Meta(type):
    @property
    def __name__(cls) -> str:
        raise RuntimeError("no")


class Nameless(Exception, metaclass=Meta):
    pass


def test_an_exception_whose_own_code_raises_is_shown_as_far_as_it_can_be() -> None:
    result = sanitized(raised(Hostile("x")))
    assert result["type"] == "Hostile"
    assert result["message"] == "<Hostile that can't be shown>"
    assert result["notes"] == ["<Hostile that can't be shown>"]
    assert "raise exception" in result["traceback"]
    assert {(remark["path"], remark["rule"]) for remark in result["_remarks"]} == {
        ("/message", "object"),
        ("/notes/0", "object"),
    }
    assert sanitized(Nameless("x"))["type"] == "Nameless"
    assert "can't be shown" in render_failure_text(Hostile())


@pytest.mark.parametrize(
    ("notes", "shown"),
    [("one", ["one"]), (["a", 5], ["a", "5"]), (None, ["None"]), ([], None), (("t",), ["('t',)"])],
)
def test_notes_of_any_type_are_texts(notes: Any, shown: Any) -> None:
    error = ValueError("x")
    error.__notes__ = notes
    assert sanitized(error).get("notes") == shown


def test_a_note_that_is_the_exception_itself_ends() -> None:
    error = ValueError("x")
    error.__notes__ = [error, [error]]  # type: ignore[list-item]
    assert sanitized(error)["notes"] == ["x", "[ValueError('x')]"]


def test_an_exception_anywhere_in_a_value_is_kept_with_a_remark() -> None:
    error = ValueError("x")
    error.__cause__ = KeyError("y")
    result = sanitize_error({"errors": [error, {"e": error}], "set": {error}})
    assert result is not None
    shown = {
        "type": "ValueError",
        "message": "x",
        "cause": {"type": "KeyError", "message": "'y'"},
    }
    assert result["errors"] == [shown, {"e": shown}]
    assert result["set"] == [shown]
    assert [(remark["path"], remark["rule"]) for remark in result["_remarks"]] == [
        ("/errors/0", "exception"),
        ("/errors/1/e", "exception"),
        ("/set", "set"),
        ("/set/0", "exception"),
    ]


def test_recursion_and_syntax_errors_have_tracebacks() -> None:
    def recurse() -> None:
        recurse()

    with pytest.raises(RecursionError) as caught:
        recurse()
    assert "repeated" in sanitized(caught.value)["traceback"]
    with pytest.raises(SyntaxError) as wrong:
        compile("a = (", "till.py", "exec")
    assert 'File "till.py", line 1' in sanitized(wrong.value)["traceback"]


@pytest.mark.parametrize(
    "source",
    [
        "a = (",
        "if 1:\n  a = 5 5\n",
        "    x y",
        "\tif 1:\n\t\ta b\n",
        "größe = 'größer' +* 5",
        "x = 'till",
        "def f():\nreturn 1",
        "a\n\f  b",
        "return 1",
        "f(a for b in c, d)",
        "nonlocal x",
        "\0",
    ],
)
def test_a_syntax_error_is_shown_as_python_shows_it(source: str) -> None:
    with pytest.raises(SyntaxError) as caught:
        compile(source, "till.py", "exec")
    caught.value.add_note("in the till")
    expected = "".join(traceback.format_exception(caught.value)).rstrip("\n")
    assert sanitized(caught.value)["traceback"] == expected


@pytest.mark.parametrize(
    ("details", "shown"),
    [
        ((None, None, None, None), ["SyntaxError: wrong"]),
        (("a.py", None, None, None), ["SyntaxError: wrong (a.py)"]),
        (
            (None, 3, None, "  a b\n"),
            ['  File "<string>", line 3', "    a b", "SyntaxError: wrong"],
        ),
        (("a.py", 3, 1, "  a"), ['  File "a.py", line 3', "    a", "SyntaxError: wrong"]),
        (("a.py", 3, 9, "a", 3, 10**12), ['  File "a.py", line 3', "    a", "     ^"]),
        (("a.py", 3, 1, "a b", 3, 10**12), ['  File "a.py", line 3', "    a b", "    ^^^"]),
        (("a.py", 3, 2, "\tab", 3, -1), ['  File "a.py", line 3', "    \tab", "    \t^"]),
        (("a.py", 3, 3, "a b", 4, 1), ['  File "a.py", line 3', "    a b", "      ^"]),
        (("a.py", 3, "x", "a b"), ["SyntaxError: wrong (a.py, line 3)"]),
    ],
)
def test_a_syntax_error_that_is_made_by_hand_is_shown(details: Any, shown: list[str]) -> None:
    error = raised(SyntaxError("wrong", details))
    _, *lines = sanitized(error)["traceback"].splitlines()
    lines = [line for line in lines if line not in frames_of(error)]
    assert lines[: len(shown)] == shown
    assert lines[-1].startswith("SyntaxError: wrong")


def frames_of(error: BaseException) -> list[str]:
    return "".join(traceback.format_tb(error.__traceback__)).splitlines()


def test_a_traceback_has_all_frames_where_their_lines_cannot_be_had(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: Any) -> Any:
        raise ImportError("sys.meta_path is None, Python is likely shutting down")

    error = raised(ValueError("till is closed"))
    tb = error.__traceback__
    assert tb is not None
    expected = f'  File "{__file__}", line {tb.tb_lineno}, in raised'
    monkeypatch.setattr(traceback, "format_tb", fail)
    assert sanitized(error)["traceback"] == (
        f"Traceback (most recent call last):\n{expected}\nValueError: till is closed"
    )


def test_secrets_in_an_exception_are_replaced_in_all_of_it() -> None:
    token = TOKENS["github p"].secret
    error = raised(ValueError(f"refused: {token}"))
    error.add_note(token)
    error.__cause__ = KeyError(token)
    for text in (json.dumps(sanitized(error)), render_failure_text(error)):
        assert token[4:12] not in text
        assert text.count("[redacted:github_token]") >= 4


def test_an_exception_is_classified_and_rendered_as_what_is_kept_of_it() -> None:
    class AgentQuotaExceeded(Exception):
        pass

    error = raised(AgentQuotaExceeded("no more"))
    assert classify_failure_kind(error).kind == "quota_exhausted"
    assert classify_failure_kind(raised(ValueError())).kind == "error"
    text = render_failure_text(error, agent="codex")
    assert text == render_failure_text(sanitized(error), agent="codex")
    assert text.split("\n")[:4] == [
        "Run failure: quota_exhausted (agent=codex)",
        "type=AgentQuotaExceeded",
        "message:",
        "| no more",
    ]
    assert "\ntraceback:\n| Traceback (most recent call last):\n" in text


def test_the_exception_is_not_altered() -> None:
    error = raised(ValueError("x"))
    error.add_note("n")
    before = (error.args, error.__notes__, error.__traceback__, sys.getrefcount(error))
    sanitize_error(error)
    assert (error.args, error.__notes__, error.__traceback__, sys.getrefcount(error)) == before
