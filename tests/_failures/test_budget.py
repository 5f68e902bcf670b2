"""Rendered failures cut to a number of characters: within it, counted, and unforgeable."""

from __future__ import annotations

import random
import re
from typing import Any

import pytest

from run_artifacts import render_failure_text
from run_artifacts._failures.budget import MIN_TEXT_CHARACTERS, Block, fit
from shapes import FORMATS
from tokens import TOKENS, left_of

CUT = re.compile(r"\[\.\.\. cut: ([\d,]+) of ([\d,]+) characters \.\.\.\]")
SHORT_CUT = re.compile(r"\[cut: (\d+)\]")


def kept_and_cut(text: str, whole: str) -> None:
    """Hold a fited text against the whole: what is kept is in it, what is cut is counted."""
    lines = whole.split("\n")
    if found := SHORT_CUT.fullmatch(text):
        assert int(found[1]) == len(whole)
        return
    assert CUT.search(text) or text == whole
    for line in text.split("\n"):
        if CUT.fullmatch(line):
            continue
        # The start of a line, or the end of a line of content behind what those begin with.
        content = line.removeprefix("| ")
        assert any(
            full.startswith(line)
            or (full.startswith("| ") and full.removeprefix("| ").endswith(content))
            for full in lines
        )
        assert line not in ("|", "| ") or line in lines


EVENTS: dict[str, dict[str, Any]] = {
    "one line": {"failure_kind": "k" * 300},
    "blocks": {"error": {"stderr": "line\n" * 60, "message": "m" * 400, "list": [*range(50)]}},
    "empty lines": {"error": {"stderr": "\n" * 300, "message": "\r\n" * 50}},
    "items": {"report_validation_errors": ["x" * 90, "y", "z" * 300] * 4},
    "one long item": {"report_validation_errors": ["x" * 3_000], "error": {"stderr": "e" * 90}},
    "names": {"artifacts": [f"artifact-{number}.txt" for number in range(90)]},
    "attachments": {
        "attachments": [
            {"path": f"{n}", "excerpt_head": "h\n" * 40, "excerpt_tail": "t" * 90, "truncated": 1}
            for n in range(9)
        ]
    },
    "reads": {
        "terminal_artifact_reads": {
            name: {"error_phase": "read", "error_message": "m" * 200} for name in ("a", "b")
        }
    },
    "bars": {"error": {"stderr": "| | |\n" * 90, "message": "|" * 300}},
}  # fmt: skip


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_every_budget_is_kept_and_what_is_cut_is_counted(event: dict[str, Any]) -> None:
    whole = render_failure_text(**event)
    assert len(whole) > 300
    for most in range(MIN_TEXT_CHARACTERS, len(whole), 1 + len(whole) // 400):
        text = render_failure_text(**event, max_chars=most)
        assert len(text) <= most
        kept_and_cut(text, whole)
    for most in (len(whole), len(whole) + 1, 10**9):
        assert render_failure_text(**event, max_chars=most) == whole


@pytest.mark.parametrize("event", EVENTS.values(), ids=EVENTS)
def test_the_counts_add_up(event: dict[str, Any]) -> None:
    whole = render_failure_text(**event)
    for most in range(80, len(whole), 7):
        text = render_failure_text(**event, max_chars=most)
        for cut, total in CUT.findall(text):
            assert 0 < int(cut.replace(",", "")) <= int(total.replace(",", "")) <= len(whole)
        kept = sum(len(line) + 1 for line in text.split("\n") if not CUT.fullmatch(line)) - 1
        cut_characters = sum(int(cut.replace(",", "")) for cut, _ in CUT.findall(text))
        # A line end may be lost with each cut, and "| " is put before what begins in a line.
        slack = 3 * len(CUT.findall(text)) + 1
        assert abs(kept + cut_characters - len(whole)) <= slack


def test_long_contents_share_what_is_left_and_short_ones_stay_whole() -> None:
    error = {"type": "X", "stderr": "a" * 5_000, "message": "short", "traceback": "b" * 9_000}
    text = render_failure_text(error, max_chars=1_000)
    lines = text.split("\n")
    assert lines[:2] == ["Run failure: error", "type=X"]
    assert "| short" in lines
    assert text.count("a") > 300
    assert abs(text.count("a") - lines[lines.index("traceback:") + 1].count("b") * 2) < 20
    assert len(text) > 980


def test_the_end_of_a_content_is_kept_too() -> None:
    stderr = "".join(f"step {number}\n" for number in range(1_000)) + "FATAL: disk on fire"
    text = render_failure_text({"stderr": stderr}, max_chars=200)
    assert text.startswith("Run failure: error\nstderr:\n| step 0\n| step 1\n")
    assert text.endswith("\n| FATAL: disk on fire")


@pytest.mark.parametrize("most", [0, 1, -5, MIN_TEXT_CHARACTERS - 1])
def test_a_budget_that_holds_no_count_is_refused(most: int) -> None:
    with pytest.raises(ValueError, match=f"max_chars must be 20 or more, not {most}"):
        render_failure_text(max_chars=most)


@pytest.mark.parametrize("most", [True, 100.0, "100"])
def test_a_budget_that_is_no_integer_is_refused(most: Any) -> None:
    with pytest.raises(TypeError, match=f"max_chars must be an int, not {type(most).__name__}"):
        render_failure_text(max_chars=most)


def test_the_shortest_text_still_counts_what_is_cut() -> None:
    text = render_failure_text({"stderr": "x" * 10**7}, max_chars=MIN_TEXT_CHARACTERS)
    assert text == f"[cut: {10**7 + len('Run failure: error|stderr:|| ')}]"


@pytest.mark.parametrize("name", TOKENS)
def test_a_budget_anywhere_leaves_nothing_of_a_token(name: str) -> None:
    token = TOKENS[name]
    error = {"stderr": f"; ;\n; {token.text} ;\n;", "other": [token.text]}
    whole = render_failure_text(error)
    for most in range(MIN_TEXT_CHARACTERS, len(whole) + 1):
        text = render_failure_text(error, max_chars=most)
        for at in range(0, len(token.secret) - 8, 8):
            assert token.secret[at : at + 8] not in text


@pytest.mark.parametrize("name", FORMATS)
def test_a_budget_anywhere_leaves_nothing_of_a_token_of_any_format(name: str) -> None:
    token = FORMATS[name]
    error = {"stderr": f"; ;\n; {token.text} ;\n;", "other": [token.text]}
    whole = render_failure_text(error)
    for most in range(MIN_TEXT_CHARACTERS, len(whole) + 1, 3):
        assert left_of(token, render_failure_text(error, max_chars=most)) == set()


def test_random_pieces_of_any_shape_fit() -> None:
    chance = random.Random(9)
    for _ in range(1_000):
        pieces: list[str | Block] = []
        for _ in range(chance.randrange(1, 6)):
            lines = ["x" * chance.randrange(9) for _ in range(chance.randrange(1, 30))]
            prefix = chance.choice(["| ", ""])
            if chance.random() < 0.5:
                pieces.append("o" * chance.randrange(1, 30))
            else:
                pieces.append(Block("\n".join(f"{prefix}{line}" for line in lines), prefix))
        whole = "\n".join(piece.text if isinstance(piece, Block) else piece for piece in pieces)
        for most in range(MIN_TEXT_CHARACTERS, len(whole) + 2, 3):
            text = fit(pieces, most)
            assert len(text) <= most
            assert (text == whole) is (len(whole) <= most)


LETTERS = "abcdefghijklmnopqrstuvwxyz"
QUOTED = Block("\n".join(f"| {letter * 8}" for letter in LETTERS), "| ")
PLAIN = Block("\n".join(letter * 9 for letter in LETTERS))

# A line that is cut goes as a whole up to where it is a fourth of what is kept on its side.
WHOLE_LINES: dict[str, tuple[Block, int, list[str]]] = {
    "a fourth at the start": (
        PLAIN,
        64,
        ["aaaaaaaaa", "bbbbbbbbb", "[... cut: 240 of 259 characters ...]"],
    ),
    "more than a fourth at the start": (
        PLAIN,
        65,
        ["aaaaaaaaa", "bbbbbbbbb", "ccccccc", "[... cut: 232 of 259 characters ...]"],
    ),
    "a fourth at both": (
        QUOTED,
        98,
        [
            *["| aaaaaaaa", "| bbbbbbbb", "[... cut: 243 of 285 characters ...]"],
            *["| yyyyyyyy", "| zzzzzzzz"],
        ],
    ),
    "more than a fourth at the end": (
        QUOTED,
        99,
        [
            *["| aaaaaaaa", "| bbbbbbbb", "[... cut: 234 of 285 characters ...]"],
            *["| xxxxxxxx", "| yyyyyyyy", "| zzzzzzzz"],
        ],
    ),
    "more than a fourth at both": (
        QUOTED,
        100,
        [
            *["| aaaaaaaa", "| bbbbbbbb", "| cccccc", "[... cut: 225 of 285 characters ...]"],
            *["| xxxxxxxx", "| yyyyyyyy", "| zzzzzzzz"],
        ],
    ),
    "whole lines at both": (
        QUOTED,
        128,
        [
            *["| aaaaaaaa", "| bbbbbbbb", "| cccccccc", "| dddddddd"],
            "[... cut: 199 of 285 characters ...]",
            *["| wwwwwwww", "| xxxxxxxx", "| yyyyyyyy", "| zzzzzzzz"],
        ],
    ),
}


@pytest.mark.parametrize(("block", "most", "expected"), WHOLE_LINES.values(), ids=WHOLE_LINES)
def test_a_line_that_is_cut_goes_where_that_costs_little(
    block: Block, most: int, expected: list[str]
) -> None:
    assert fit([block], most).split("\n") == expected


OURS = ["Run failure: error", "type=X", "stderr:", Block("| " + "x" * 50, "| "), "end"]

# From how many characters on which text stands: as soon as it has room, and no part of a line of
# ours before that.
STEPS = {
    20: "[cut: 90]",
    34: "[... cut: 90 of 90 characters ...]",
    53: "Run failure: error\n[... cut: 72 of 90 characters ...]",
    60: "Run failure: error\ntype=X\n[... cut: 65 of 90 characters ...]",
    68: "Run failure: error\ntype=X\nstderr:\n[... cut: 57 of 90 characters ...]",
    72: "Run failure: error\ntype=X\nstderr:\n[... cut: 52 of 52 characters ...]\nend",
    77: "Run failure: error\ntype=X\nstderr:\n[... cut: 51 of 52 characters ...]\n| x\nend",
}


def test_lines_of_ours_stay_whole_or_go() -> None:
    for most in range(20, 79):
        expected = STEPS[max(step for step in STEPS if step <= most)]
        assert fit(OURS, most) == expected, most
    assert fit(OURS, 89).endswith("\n| xxxx\n[... cut: 39 of 52 characters ...]\n| xxxxxxx\nend")
    assert fit(OURS, 90) == "Run failure: error\ntype=X\nstderr:\n| " + "x" * 50 + "\nend"


def test_a_block_that_has_just_its_share_is_kept_whole() -> None:
    short, long = Block("a" * 50), Block("b" * 200)
    assert fit([short, long], 101) == (
        "a" * 50 + "\n" + "b" * 12 + "\n[... cut: 188 of 200 characters ...]"
    )
    assert fit([short, long], 100).startswith("a" * 13 + "\n[... cut: 37 of 50 characters ...]")
