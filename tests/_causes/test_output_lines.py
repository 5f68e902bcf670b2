"""Lines as a reader of an output sees them."""

from __future__ import annotations

import pytest

from run_artifacts._causes.lines import END_CHARACTERS, LINE_CHARACTERS, joined_ends, lines_of

SEEN = {
    "colours": ("\x1b[1;31merror:\x1b[0m no", "error: no"),
    "a title and a link": ("\x1b]0;till\x07\x1b]8;;file:///a\x1b\\no\x1b]8;;\x1b\\", "no"),
    "a one-character control sequence": ("\x9b31merror\x9b0m", "error"),
    "an unfinished sequence": ("no\x1b[31", "no31"),
    "the line ends of Windows": ("no\r\n", "no"),
    "blanks at the end": ("no \t ", "no"),
    "a stamp": ("2026-11-25T10:20:30.123Z no", "no"),
    "a stamp in brackets": ("[2026-11-25 10:20:30] no", "no"),
    "a stamp with a comma": ("2026-11-25 10:20:30,123 no", "no"),
    "a clock": ("10:20:30 no", "no"),
    "a clock in brackets": ("[10:20:30] no", "no"),
    "syslog": ("Nov 25 10:20:30 host till[71]: no", "no"),
    "the kernel's": ("[12345.678901] no", "no"),
    "the kernel's, short": ("[   12.345] no", "no"),
    "another order": ("25/11/2026 10:20:30 no", "no"),
    "seconds since 1970": ("1735787045.123 no", "no"),
    "a container's": ("2026-11-25T10:20:30.123456789Z stdout F no", "no"),
    "GitLab's": ("2026-11-25T10:20:30.123456Z 01E no", "no"),
    "a service's": ("web-1  | no", "no"),
    "a mark of GitHub": ("##[error]no", "no"),
    "a command of GitHub": ("::error file=a,line=1::no", "no"),
    "a number is none": ("12 no", "12 no"),
    "a date alone is none": ("2026-11-25 no", "2026-11-25 no"),
}


@pytest.mark.parametrize(("line", "seen"), SEEN.values(), ids=SEEN)
def test_a_line_is_what_is_seen_of_it(line: str, seen: str) -> None:
    assert lines_of(line)[0] == seen
    assert lines_of(f"a\n{line}\nb")[1] == seen


def test_of_a_long_text_both_ends_are_read_without_the_lines_that_are_cut() -> None:
    head, tail = "first\n" + "a" * 80 + "\n", "\nlast"
    lines = lines_of(head + "x" * 100 + "\n" * END_CHARACTERS + "y" * 3 * END_CHARACTERS + tail)
    assert lines[:2] == ["first", "a" * 80]
    assert lines[-1] == "last"
    assert "y" not in "".join(lines)


@pytest.mark.parametrize(
    ("head", "tail", "joined"),
    [
        ("a\nhalf", "half\nb", "a\nb"),
        ("a half", "half b", "a\nb"),
        ("whole", "half", "whole"),
        ("a\n", "\nb", "a\nb"),
    ],
)
def test_what_a_cut_goes_through_is_left_out(head: str, tail: str, joined: str) -> None:
    assert joined_ends(head, tail) == joined


def test_of_a_long_line_the_start_is_read() -> None:
    assert lines_of("x" * LINE_CHARACTERS + "y\nz") == ["x" * LINE_CHARACTERS, "z"]


def test_of_a_line_that_begins_anew_the_end_is_seen() -> None:
    assert lines_of("10 %\r50 %\rdone\nno") == ["done", "no"]


def test_lines_may_end_in_carriage_returns_alone() -> None:
    assert lines_of("a\rfatal: no\r") == ["a", "fatal: no", ""]


@pytest.mark.parametrize("text", ["", "\n", "\0", "\ud800", "\x1b", "\r", "\u2028"])
def test_any_text_has_lines(text: str) -> None:
    assert lines_of(text)
