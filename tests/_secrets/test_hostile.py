"""Hostile texts: what nearly is a secret, as often as can be, is looked at a few times."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

from run_artifacts._secrets.formats import Format, formats
from run_artifacts._secrets.redact import Redactor
from support import run_python
from tokens import NEARLY

_BY_RULE = {row.rule: row for row in reversed(formats())}


def nearly(row: Format) -> list[str]:
    """Return what, repeated, nearly is a token of a format as often as it can be."""
    letter = next(
        char for char in "aA1-" if not row.alphabet or re.match(f"[{row.alphabet}]", char)
    )
    return [
        row.prefix,
        f"{row.prefix}\n",
        f"{row.prefix}{letter * (row.least - 1)} ",
        f"{row.prefix}{letter * 8}\n",
        row.prefix + f"{letter * 8}\n" * 40,
    ]


UNITS = [
    *NEARLY,
    *(unit for row in _BY_RULE.values() for unit in nearly(row)),
    *(
        f"{unit}\n"
        for unit in ("eyJ", "eyJaaaa", "ghp_", "a", "aaaaaaaa", "aaaaaaaaaaaa", "a.b.c.")
    ),
    *(
        "A\nA",
        "12345678:A\n",
        "pa\ntaaaaaaaaaaaa\n",
        "gh\np_aaaaaaaaaaaaaa\n",
        "| \n",
        "\\\n",
        "\n",
    ),
    *("://a@", "://a:", "://a:b@", "@", "%40", "%3A%2F%2Fa:b%40", "-----BEGIN", "-Lines: 1\na\n"),
    *("\u200b", "ghp_\x1b[0m", "ghp_\u200b", "\x1b]8;;", "password=", '"password":"', "token: "),
    *(
        "--token ",
        "<token>",
        "password ",
        "ENV ",
        "curl -u ",
        "a=",
        "x=y&",
        "\\n",
        "=3D",
        "\\u0041",
    ),
]


# The value under each of these names goes on to the end of the text, and is judged for each.
SQUARE: set[str] = set()


def test_no_text_takes_more_than_linear_time() -> None:
    """One that did would take hours; all of them take seconds together.

    So the limit is no measure of speed: whatever machine this is, it lies far from both.
    """
    source = """
        import signal, sys
        sys.path[:0] = sys.argv[1:]
        from run_artifacts._secrets.redact import Redactor
        from test_hostile import SQUARE
        from tokens import NEARLY

        def give_up(*_):
            raise SystemExit(f"the search has not come to the end of {unit!r}...")

        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(110)
        for unit in NEARLY:
            if unit not in SQUARE:
                Redactor().spans(unit * (120_000 // len(unit)))
        for unit in ("eyJ", "sk-", "://", "://a:", "Bearer ", "-----BEGIN ", "xoxb-", "a%3A%2F%2F"):
            for run in "a", ":", "A.", "-", " ", "%", "=":
                Redactor().spans(unit + run * 60_000)
    """
    here = Path(__file__).parent
    run_python(source, str(here.parent), str(here), timeout=120)


def _calls(text: str) -> int:
    """Return how many functions are called to redact a text."""
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    redactor = Redactor()
    sys.setprofile(count)
    try:
        redactor.spans(text)
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("start", range(0, len(UNITS), 40))
def test_what_is_nearly_a_secret_is_looked_at_a_few_times(start: int) -> None:
    _calls(" ".join(UNITS[start : start + 40]))  # which compiles patterns
    for unit in UNITS[start : start + 40]:
        if unit in SQUARE:
            continue
        few, many = (_calls(unit * (size // len(unit))) for size in (1_000, 4_000))
        assert many <= 6 * few + 2_000, unit
