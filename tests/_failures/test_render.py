"""Rendered failures: everything is there, and nothing in it can look like a line of ours."""

from __future__ import annotations

import json
import math
import random
from pathlib import Path
from typing import Any

import pytest

from odd import Broken
from run_artifacts import (
    ArtifactRef,
    CaptureResult,
    TextCapturePolicy,
    TextExcerpt,
    capture_text_artifact,
    render_failure_text,
    sanitize_error,
)
from support import as_escape
from tokens import TOKENS, Token


def lines(*arguments: Any, **options: Any) -> list[str]:
    return render_failure_text(*arguments, **options).split("\n")


def test_nothing_given_is_one_line() -> None:
    assert render_failure_text() == render_failure_text(None) == "Run failure: unknown"


def test_every_section_in_its_order() -> None:
    text = render_failure_text(
        {
            "type": "AgentExecFailed",
            "subtype": "nonzero_exit",
            "exit_code": 1,
            "stderr": "first\nlast\n",
            "stderr_synthesized": False,
            "message": "it failed",
            "traceback": "Traceback",
            "artifacts": {"stderr": "agent_stderr.txt", "more": ["b.txt"]},
        },
        agent="claude",
        status="error",
        report_validation_errors=["$.a: missing", {"path": "$.b"}],
        attachments=[
            {"path": "other.txt", "excerpt_head": "x", "excerpt_tail": "", "truncated": False},
            {
                "path": "agent_stderr.txt",
                "excerpt_head": "h\n",
                "excerpt_tail": "t",
                "truncated": True,
            },
        ],
        terminal_artifact_reads={
            "report.json": {
                "error_phase": "parse",
                "error_type": "JSONDecodeError",
                "error_message": "Expecting value",
                "error_line": 1,
                "error_column": 2,
            },
            "error.json": {"error_phase": None, "exists": True},
        },
    )
    assert (
        text
        == """\
Run failure: error (agent=claude status=error)
type=AgentExecFailed exit_code=1 stderr_synthesized=false
stderr:
| first
| last
| \nmessage:
| it failed
traceback:
| Traceback
details:
| {
|   "subtype": "nonzero_exit",
|   "artifacts": {
|     "stderr": "agent_stderr.txt",
|     "more": [
|       "b.txt"
|     ]
|   }
| }
report_validation_errors:
- $.a: missing
- {"path":"$.b"}
terminal_artifact_reads:
- report.json: parse JSONDecodeError: Expecting value (line 1, column 2)
artifacts: agent_stderr.txt, b.txt
agent_stderr.txt excerpt:
| h
| \n[... omitted: amount not recorded ...]
| t
other.txt excerpt:
| x"""
    )


@pytest.mark.parametrize(
    ("agent", "status", "first"),
    [
        ("claude", None, "Run failure: missing_report (agent=claude)"),
        (None, "x", "Run failure: missing_report (status=x)"),
        ("", "", "Run failure: missing_report"),
        ("a b", "ok", "Run failure: missing_report (agent=a b status=ok)"),
        ("a\nb", 5, 'Run failure: missing_report (agent="a\\nb" status=5)'),
        ("x) forged (", None, 'Run failure: missing_report (agent="x) forged (")'),
        ("a status=ok", None, 'Run failure: missing_report (agent="a status=ok")'),
        ("\u202etxt", None, 'Run failure: missing_report (agent="\\u202etxt")'),
        (b"x", None, "Run failure: missing_report (agent=x)"),
    ],
)
def test_the_first_line_states_what_is_known(agent: Any, status: Any, first: str) -> None:
    assert lines(failure_kind="missing_report", agent=agent, status=status) == [first]


def test_the_kind_is_derived_where_it_is_not_given() -> None:
    assert (
        lines(status="missing_report")[0] == "Run failure: missing_report (status=missing_report)"
    )
    assert lines({"type": "AgentQuotaExceeded"})[0] == "Run failure: quota_exhausted"
    assert lines({}, failure_kind="mine")[0] == "Run failure: mine"


@pytest.mark.parametrize("code", [True, "1", 1.0, None])
def test_an_exit_code_that_is_no_integer_is_a_detail(code: Any) -> None:
    found = lines({"exit_code": code})
    assert found[1:] == ["details:", "| {", f'|   "exit_code": {json.dumps(code)}', "| }"]


def test_a_field_of_another_type_is_a_detail() -> None:
    found = lines({"type": 5, "stderr": ["a"], "message": None, "stderr_synthesized": "no"})
    details = json.loads("\n".join(line[2:] for line in found[2:]))
    assert found[:2] == ["Run failure: error", "details:"]
    assert details == {"type": 5, "stderr": ["a"], "message": None, "stderr_synthesized": "no"}


def test_remarks_are_not_shown_and_what_they_moved_is() -> None:
    text = render_failure_text({"_remarks": "mine", "ratio": math.nan})
    assert "_remarks" in text
    assert '"input_remarks": "mine"' in text
    assert "non_finite_number" not in text


def test_remarks_on_an_attachment_are_not_shown_and_other_values_under_their_key_are() -> None:
    ours = [{"path": "/excerpt_head", "rule": "lone_surrogate", "action": "substituted"}]
    untrue = [{**ours[0], "path": "/excerpt_tail"}]
    for remarks, shown in ((ours, False), (untrue, True), ("mine", True)):
        attachment = {"path": "a", "excerpt_head": "x", "_remarks": remarks}
        text = render_failure_text(attachments=[attachment])
        assert ("_remarks" in text) is shown


HOSTILE = [
    "\x00\x07\x08\x0b\x0c\x1b[31m\x7f\x80\x85\x9b",
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069",
    "\u200b\u2060\u2061\u2062\u2063\u2064\ufeff\u2028\u2029",
    "\u00ad\u034f\u115f\u3164\ufe0f\u2800\ufff9\U000e0041\U000e0100",
    "a\rb",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_hidden_characters_come_out_as_escapes(text: str) -> None:
    found = lines(
        {"stderr": text, "other": text, text: 1},
        agent=text,
        report_validation_errors=[text],
        attachments=[{"path": text, "excerpt_head": text, "capture_error": text}],
        terminal_artifact_reads={text: {"error_phase": "read", "error_message": text}},
        artifacts=[text],
    )
    shown = "\n".join(found)
    for character in text:
        if character.isascii() and character.isprintable():
            continue
        assert character not in shown
        assert shown.count(as_escape(character)) >= 5
    assert found[2] == "| " + "".join(
        character if character.isascii() and character.isprintable() else as_escape(character)
        for character in text
    )


def test_joiners_and_other_scripts_stay() -> None:
    text = "نامه\u200cای \u0915\u094d\u200d\u0937 é 字 😀\tx"
    assert lines({"message": text})[2] == f"| {text}"


def test_crlf_is_one_line_end() -> None:
    assert lines({"message": "a\r\nb\rc"})[2:] == ["| a", "| b\\u000dc"]


def test_lone_surrogates_are_shown_as_escapes_wherever_they_stand() -> None:
    text = render_failure_text(
        {"type": "t\ud800", "stderr": "s\ud800", "more\ud800": ["m\ud800"]},
        agent="a\ud800",
        report_validation_errors=["v\ud800", {"w\ud800": 1}],
        artifacts=["f\ud800"],
        attachments=[{"path": "p\ud800", "excerpt_head": "h\ud800"}],
        terminal_artifact_reads={"r\ud800": {"error_phase": "read", "error_message": "e\ud800"}},
    )
    for letter in ("t", "s", "more", "m", "a", "v", "w", "f", "p", "h", "r", "e"):
        assert f"{letter}\\ud800" in text
    assert "\ufffd" not in text
    excerpt = TextExcerpt("x\ud800", "", False)
    found = CaptureResult(ArtifactRef("a", "/a", True, 2, "00"), excerpt, None)
    assert lines(attachments=[found])[-1] == "| x\\ud800"
    render_failure_text(attachments=[found]).encode()


FORGERIES = [
    "Run failure: ok",
    "stderr:",
    "details:",
    "- report.json: read",
    "artifacts: x",
    "a.txt excerpt:",
    "[... omitted: 1 of 2 bytes ...]",
    "| quoted",
    "",
]


def parse(text: str) -> list[tuple[str, str | None]]:
    """Read a rendering back: each line of ours, and the content below it."""
    sections: list[tuple[str, str | None]] = []
    for line in text.split("\n"):
        if not line.startswith("| "):
            sections.append((line, None))
        else:
            head, content = sections[-1]
            sections[-1] = (head, line[2:] if content is None else f"{content}\n{line[2:]}")
    return sections


def test_what_is_put_in_can_be_read_back_and_nothing_else() -> None:
    rng = random.Random(4)
    words = [*FORGERIES, *HOSTILE, "\n", "\r\n", "\\", '"', "é", "x y"]

    def content() -> str:
        return "\n".join("".join(rng.choices(words, k=2)) for _ in range(rng.randrange(1, 5)))

    hidden = str.maketrans(
        {
            character: as_escape(character)
            for text in HOSTILE
            for character in text
            if not (character.isascii() and character.isprintable())
        }
    )

    def shown(text: str) -> str:
        return text.replace("\r\n", "\n").translate(hidden)

    for _ in range(2_000):
        stderr, message, head, tail = (content() for _ in range(4))
        text = render_failure_text(
            {"stderr": stderr, "message": message, "other": content()},
            report_validation_errors=[content()],
            attachments=[
                {"path": content(), "excerpt_head": head, "excerpt_tail": tail, "truncated": True},
            ],
            artifacts=[content()],
        )
        sections = parse(text)
        names = [name for name, _ in sections]
        assert names[:4] == ["Run failure: error", "stderr:", "message:", "details:"]
        rest = names[4:]
        if rest[0] == "report_validation_errors:":
            assert rest[1].startswith("- ")
            rest = rest[2:]
        if rest[0].startswith("artifacts: "):
            rest = rest[1:]
        assert rest[0].endswith(" excerpt:")
        assert rest[1:] == ["[... omitted: amount not recorded ...]"]
        contents = dict(sections)
        assert contents["stderr:"] == shown(stderr)
        assert contents["message:"] == shown(message)
        assert (contents[rest[0]] or "") == shown(head)
        assert (contents[rest[1]] or "") == shown(tail)


def test_captures_show_their_excerpt_and_their_problem(tmp_path: Path) -> None:
    (tmp_path / "agent_last_message.txt").write_bytes(b"0123456789" * 100)
    (tmp_path / "agent_stderr.txt").write_bytes(b"\0")
    names = ["absent.txt", "agent_last_message.txt", "agent_stderr.txt"]
    captures = [
        capture_text_artifact(tmp_path / name, TextCapturePolicy(10), root=tmp_path)
        for name in names
    ]
    assert lines(attachments=captures)[1:] == [
        "agent_stderr.txt capture_error: binary_artifact_detected",
        "agent_last_message.txt excerpt:",
        "| 01234",
        "[... omitted: 990 of 1,000 bytes, 1 of 1 lines ...]",
        "| 56789",
        "absent.txt capture_error: missing",
    ]


def test_an_excerpt_and_a_problem_are_both_shown() -> None:
    result = CaptureResult(
        ArtifactRef("log", "/log", True, 1, "00"),
        TextExcerpt("x", "", False),
        "changed_during_read",
    )
    expected = ["log excerpt:", "| x", "log capture_error: changed_during_read"]
    assert lines(attachments=[result])[1:] == expected


@pytest.mark.parametrize(
    ("attachment", "expected"),
    [
        ({}, ["(no path)"]),
        ({"path": "a"}, ["a capture_error: nothing recorded"]),
        ({"path": None, "capture_error": "gone"}, ["capture_error: gone"]),
        ({"path": "a", "excerpt_head": None, "truncated": True}, ["amount not recorded"]),
        ({"path": "a", "excerpt_tail": "end"}, ["a excerpt:", "| end"]),
        ({"path": "a", "excerpt_head": 5}, ["| 5"]),
        ({"path": ["a"], "excerpt_head": "x"}, ['"[\\"a\\"]" excerpt:']),
        (
            {"path": "a", "excerpt_head": "x", "sha256": "abc"},
            ["a details:", '|   "sha256": "abc"'],
        ),
        ("just text", ['|   "attachment": "just text"']),
        (None, ['|   "attachment": null']),
        (
            {
                "path": "a",
                "excerpt_head": "x",
                "excerpt_tail": "y",
                "truncated": True,
                "head_bytes": 1,
                "omitted_bytes": 8,
                "tail_bytes": 1,
            },
            ["[... omitted: 8 of 10 bytes ...]", '"head_bytes": 1'],
        ),
        (
            {"path": "a", "truncated": True, "omitted_bytes": 5_000, "omitted_lines": 3},
            ["[... omitted: 5,000 bytes, 3 lines ...]"],
        ),
        ({"path": "a", "excerpt_head": "x", "total_lines": 3}, ['"total_lines": 3']),
        ({"path": "details: x", "excerpt_head": "x"}, ['"details: x" excerpt:']),
        ({"path": "- item", "excerpt_head": "x"}, ['"- item" excerpt:']),
        ({"path": "C:/logs/a b.txt", "excerpt_head": "x"}, ["\nC:/logs/a b.txt excerpt:"]),
        (
            {"path": "a", "truncated": True, "omitted_bytes": -5, "omitted_lines": 10**30},
            ["amount not recorded", '"omitted_bytes": -5', f'"omitted_lines": {10**30}'],
        ),
        (
            {"path": "a", "excerpt_head": "x", "truncated": "yes"},
            ["amount not recorded", '"truncated": "yes"'],
        ),
        ({"path": "| x", "excerpt_head": "x"}, ['"| x" excerpt:']),
        ({"path": "x\n| y", "excerpt_head": "x"}, ['"x\\n| y" excerpt:']),
    ],
)
def test_an_attachment_of_any_shape_is_shown(attachment: Any, expected: list[str]) -> None:
    text = render_failure_text(attachments=[attachment])
    for part in expected:
        assert part in text


def test_attachments_come_in_their_order_and_twice_if_given_twice() -> None:
    given = ["b", "agent_last_message.txt", "a", "agent_stderr.txt", "b"]
    found = lines(attachments=[{"path": path, "capture_error": "x"} for path in given])[1:]
    order = ["agent_stderr.txt", "agent_last_message.txt", "b", "a", "b"]
    assert found == [f"{path} capture_error: x" for path in order]


def test_artifacts_given_with_more_than_names_are_shown_whole() -> None:
    text = render_failure_text({"message": "x"}, artifacts={"log": {"file": "a.txt", "size": 5}})
    assert "artifacts: a.txt" in text
    assert '"size": 5' in text
    assert '" "' in render_failure_text(artifacts=["a.txt", " "])
    text = render_failure_text({"artifacts": {"size": 1}}, artifacts={"size": True})
    assert '"size": true' in text
    same = {"log": "a.txt"}
    assert "artifacts_given" not in render_failure_text({"artifacts": same}, artifacts=same)
    assert "artifacts: a.txt, b.txt" in render_failure_text(artifacts=[Path("a.txt"), b"b.txt"])
    assert render_failure_text(artifacts=["b", "a"]) == "Run failure: unknown\nartifacts: a, b"


@pytest.mark.parametrize(
    ("error", "shown"),
    [
        (
            ["a", "b"],
            ["details:", "| {", '|   "errors": [', '|     "a",', '|     "b"', "|   ]", "| }"],
        ),
        ("text", ["message:", "| text"]),
        (5, ["details:", "| {", '|   "value": 5', "| }"]),
        (
            {"a": {"b": b"\xff", 1: {2}}},
            [
                *["details:", "| {", '|   "a": {', '|     "b": "\\\\xff",'],
                *['|     "1": [', "|       2", "|     ]", "|   }", "| }"],
            ],
        ),
    ],
)
def test_an_error_of_any_type_is_shown(error: Any, shown: list[str]) -> None:
    assert lines(error) == ["Run failure: error", *shown]


def test_a_deep_error_is_shown_to_the_bound() -> None:
    deep: Any = 1
    for _ in range(100_000):
        deep = [deep]
    assert "[nested more than 200 levels deep]" in render_failure_text({"deep": deep})


@pytest.mark.parametrize("attachments", ["text", b"x", {"path": "a"}, 5])
def test_attachments_of_a_wrong_type_are_a_type_error(attachments: Any) -> None:
    with pytest.raises(
        TypeError, match="attachments must be a list of CaptureResult or mappings, not"
    ):
        render_failure_text(attachments=attachments)


def test_reads_of_a_wrong_type_are_a_type_error() -> None:
    with pytest.raises(TypeError, match="terminal_artifact_reads must be a mapping, not list"):
        render_failure_text(terminal_artifact_reads=[])  # type: ignore[arg-type]


def test_all_that_a_failed_read_says_is_shown() -> None:
    read = {"error_phase": "read", "error_type": "OSError", "error_line": "two", "size_bytes": 5}
    assert lines(terminal_artifact_reads={"a": read})[2:] == [
        '- a: read OSError:  {"error_line":"two","size_bytes":5}'
    ]


def test_reads_without_an_account_are_shown_as_they_are() -> None:
    found = lines(terminal_artifact_reads={"a": "odd", "b": {"error_phase": "read"}, "c": None})
    assert found[1:] == [
        "terminal_artifact_reads:",
        "- a: odd",
        "- b: read -: ",
        "- c: nothing recorded",
    ]


@pytest.mark.parametrize("token", TOKENS.values(), ids=TOKENS)
def test_a_secret_is_replaced_wherever_it_stands(token: Token) -> None:
    text = f"; {token.text} ;"
    excerpt = TextExcerpt(text, text, True)
    error = {
        "type": text,
        "stderr": text,
        "message": text,
        "traceback": text,
        "nested": [{"k": (text, {text})}, {text: 1}],
    }
    shown = render_failure_text(
        error,
        failure_kind=text,
        agent=text,
        status=text,
        report_validation_errors=[text, {"k": text}, (text,)],
        artifacts={"a": text},
        attachments=[
            CaptureResult(ArtifactRef(text, text, True, 1, "00"), excerpt, text),
            {"path": text, "excerpt_head": text, "excerpt_tail": text, "more": {text: text}},
            {"path": "b", "truncated": True, "capture_error": text},
        ],
        terminal_artifact_reads={text: {"error_phase": "read", "error_message": text}, "b": [text]},
    )
    result = sanitize_error(error) or {}
    sanitized = json.dumps(result)
    for place in range(len(token.secret) - 8):
        piece = token.secret[place : place + 8]
        assert piece not in shown
        assert piece not in sanitized
    # Each of the error's 7, the first line's 3, 3 items, 2 for the artifacts, the reads' 3, and of
    # the attachments 5, 6 and 1, their paths twice. A text with "authorization" is a secret name.
    by_name = shown.count("[redacted:key_name]")
    assert shown.count(f"[redacted:{token.rule}]") + by_name == 7 + 3 + 3 + 2 + 3 + 12
    del result["_remarks"]
    assert json.dumps(result).count(f"[redacted:{token.rule}]") == 7


def test_the_secrets_of_the_caller_are_replaced_wherever_they_stand() -> None:
    secret = 'till "bill"\nkill'
    shown = render_failure_text(
        {"stderr": secret, "details": [json.dumps(secret)], secret: 1},
        agent=secret,
        attachments=[{"path": "a", "excerpt_head": secret}],
        secrets=[secret],
    )
    assert "bill" not in shown
    assert shown.count("[redacted:secret]") == 5


def test_a_secret_that_begins_in_a_whole_head_and_ends_in_its_tail_is_one() -> None:
    token = TOKENS["github p"].text
    ref = ArtifactRef("a", "/a", True, None, None)
    for cut in range(len(token) + 1):
        head, tail = token[:cut], token[cut:]
        for attachment in (
            {"path": "a", "excerpt_head": head, "excerpt_tail": tail, "truncated": False},
            {"path": "a", "excerpt_head": head, "excerpt_tail": tail},
            CaptureResult(ref, TextExcerpt(head, tail, False), None),
        ):
            text = render_failure_text(attachments=[attachment])  # type: ignore[list-item]
            assert text.endswith("a excerpt:\n| [redacted:github_token]")
    cut_short = {"excerpt_head": "h", "excerpt_tail": "t", "truncated": True}
    assert lines(attachments=[cut_short])[-2:] == ["[... omitted: amount not recorded ...]", "| t"]


@pytest.mark.parametrize(
    "read",
    [
        {"path": "p", "exists": True, "decode_ok": False, "parse_ok": False, "error_phase": None},
        {"exists": True, "parse_ok": False, "error_phase": None},
        {"exists": True, "error_phase": None, "checked_by": "hand"},
        {"exists": True, "error_phase": None, "quarantined": True},
        {"exists": True, "error_phase": None, "error_message": "late"},
    ],
)
def test_an_account_that_contradicts_itself_is_shown(read: dict[str, Any]) -> None:
    (line,) = lines(terminal_artifact_reads={"report.json": read})[2:]
    assert json.loads(line.removeprefix("- report.json: ")) == read


def test_an_account_of_a_read_that_went_well_is_not_shown() -> None:
    for read in (
        {"path": "p", "exists": True, "decode_ok": True, "parse_ok": True, "error_phase": None},
        {"path": "p", "exists": False, "decode_ok": None, "parse_ok": None, "error_phase": None},
    ):
        assert render_failure_text(terminal_artifact_reads={"p": read}) == "Run failure: unknown"


def test_what_states_nothing_in_json_is_stated_all_the_same() -> None:
    nan = float("nan")
    text = render_failure_text(agent=nan, status=nan, failure_kind=nan)  # type: ignore[arg-type]
    assert text == "Run failure: nan (agent=nan status=nan)"
    assert render_failure_text(status=b"error") == "Run failure: unknown (status=error)"


@pytest.mark.parametrize(("levels", "is_whole"), [(200, True), (201, False)])
def test_an_error_is_shown_as_deep_as_it_is_kept(levels: int, is_whole: bool) -> None:
    error: dict[str, Any] = {"innermost": 1}
    for _ in range(levels - 1):
        error = {"a": error}
    text = render_failure_text(error)
    assert ('"innermost": 1' in text) is is_whole
    assert ("[nested more than 200 levels deep]" in text) is not is_whole


def test_an_error_that_does_not_tell_its_items_is_shown_as_a_value() -> None:
    assert lines(Broken()) == [
        *["Run failure: error", "details:", "| {"],
        *['|   "value": "Broken()"', "| }"],
    ]


def test_artifacts_that_are_given_beside_those_of_the_error_have_a_key_of_their_own() -> None:
    shown = lines({"artifacts": {"size": 1}, "artifacts_given": 2}, artifacts={"size": True})
    assert json.loads("\n".join(line[2:] for line in shown if line.startswith("| "))) == {
        "artifacts": {"size": 1},
        "artifacts_given": 2,
        "artifacts_given_2": {"size": True},
    }
    shown = lines({"artifacts": {"size": 1}}, artifacts={"size": True})
    assert '|   "artifacts_given": {' in shown


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (10**18 - 1, "999,999,999,999,999,999 bytes"),
        (10**18, "amount not recorded"),
        (-1, "amount not recorded"),
        (True, "amount not recorded"),
        (1.0, "amount not recorded"),
    ],
)
def test_a_count_is_an_integer_that_a_file_may_have(count: Any, shown: str) -> None:
    attachment = {"path": "a", "excerpt_head": "x", "truncated": True, "omitted_bytes": count}
    assert f"[... omitted: {shown} ...]" in lines(attachments=[attachment])
