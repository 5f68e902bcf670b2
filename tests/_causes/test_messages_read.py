"""Which line says what is wrong, where no format is known."""

from __future__ import annotations

import pytest

from run_artifacts._causes.messages import read_error, read_last

ERRORS = [
    "permission denied for user 1001",
    "psql: user kim does not exist",
    "upload failed: disk 100% full",
    "GET /api/x failed: 503 Service Unavailable",
    "curl: (22) POST /v1/orders returned 500",
    "query took 30 s: deadline exceeded",
    "[worker] info service unreachable: connection refused",
    "double free or corruption (!prev)",
    "bash: ligne 3: till : commande introuvable",
    "/srv/b/17/run.sh: line 3: till: command not found",
    "tests/a.py:3:1: F821 Undefined name `x`",
    "till is closed at till.pl line 3.",
    "Error: run 123456 failed",
]
ON_THEIR_WAY = [
    "[10:20:30] INFO  not failing",
    "INFO: cannot be better",
    "warning: option is not used",
    "[debug] error count is 0",
    "DeprecationWarning: this must be replaced",
    "npm warn deprecated till@1: broken",
    "+ false || error",
    "::warning file=a::failed once",
    "##[group]failing tests",
    "----------------------",
    "real\t0m3.2s",
    "    at fail (a.js:1:2)",
    "[=====>      ] 42 %",
]
PROGRESS = [
    " 42% done",
    "GET /healthz 200 3ms",
    "fetched in 3 s, took 4.2 s",
    "3 of 12",
    "exited with code 0",
]
SUMMARIES = [
    "make: *** [Makefile:3: till] Error 1",
    "collect2: error: ld returned 1 exit status",
    "2 errors generated.",
    "tar: Error is not recoverable: exiting now",
    "nginx: configuration file /etc/nginx.conf test failed",
    "Command failed: exit code 1",
    "3 passed, 1 failed",
    "# Looks like you failed 1 test of 2.",
]


@pytest.mark.parametrize("line", ERRORS)
@pytest.mark.parametrize("other", [*ON_THEIR_WAY, *PROGRESS, *SUMMARIES])
def test_the_last_line_that_sounds_like_an_error_counts(line: str, other: str) -> None:
    assert read_error(["starting", line, other]) == line
    assert read_error([other, line, "", "bye"]) == line


@pytest.mark.parametrize("line", [*ON_THEIR_WAY, *PROGRESS])
def test_what_a_program_says_on_its_way_is_no_error(line: str) -> None:
    assert read_error([line]) is None
    assert read_last(["the till", line]) == "the till"
    assert read_last([line]) is None


@pytest.mark.parametrize("line", SUMMARIES)
def test_what_sums_up_others_counts_where_there_is_nothing_else(line: str) -> None:
    assert read_error(["starting", line]) == line
