"""What of a text differs from run to run, and what tells one cause from another."""

from __future__ import annotations

import pytest

from run_artifacts._causes.masks import last_part, mask

# What is written, and what stays of it; the reason is the heading.
MASKED = {
    "a path keeps its last part": [
        ("open('/srv/builds/42/app/users.csv')", "open('users.csv')"),
        ("read C:\\Users\\kim\\work\\till.db", "read till.db"),
        ("cd ../../shelf/books", "cd books"),
        ("no such file: ~/shelf/books.txt", "no such file: books.txt"),
        ("\\\\host\\share\\till.db is gone", "till.db is gone"),
        ("see '/opt/my folder/a b.txt'", "see 'a b.txt'"),
    ],
    "of a home the last part is a person": [
        ("no access to /home/kim", "no access to <user>"),
        ("no access to /Users/kim/", "no access to <user>"),
        ("open C:\\Users\\Kim Lee\\till.db", "open till.db"),
    ],
    "what was drawn at random says nothing": [
        ("open /tmp/tmpx81kq0zd/in.csv", "open in.csv"),
        ("removed /tmp/tmpx81kq0zd", "removed <path>"),
        ("removed tmpx81kq0zd/a.b", "removed a.b"),
        ("/var/cache/0d3f8b7c-1a2b-4c3d-8e9f-001122334455.json", "<id>.json"),
        ("run 0d3f8b7c-1a2b-4c3d-8e9f-001122334455", "run <id>"),
        ("commit 3f9c2ab7d1e0", "commit <n>"),
        ("at 0x7ffd10a2", "at <n>"),
        ("pod till-7d9f4c6b8-x2x9k is gone", "pod till-<n>-<id> is gone"),
    ],
    "a folder in parentheses says where": [
        ("package till v1.2.0 (/srv/builds/42/mailer)", "package till <version> (<path>)"),
    ],
    "times and durations say nothing": [
        ("at 2026-11-25T10:20:30Z", "at <time>"),
        ("at 2026-11-25 10:20:30,123", "at <time>"),
        ("on Wed Nov 25 10:20:30 2026", "on <time> <n>"),
        ("after 1m 20s", "after <time>"),
        ("after 300 ms", "after <time>"),
        ("at 11:20 PM", "at <time>"),
    ],
    "counts, sizes, addresses and ports say nothing": [
        ("3 of 12 shelves", "<n> of <n> shelve"),
        ("needs 1,234,567 bytes", "needs <size>"),
        ("needs 12.5 MiB", "needs <size>"),
        ("connect to 10.0.3.17:8443", "connect to <ip>:<n>"),
        ("connect to fe80::1:2", "connect to <ip>"),
        ("see https://till.example/a?b=c", "see <url>"),
        ("mail kim@till.example", "mail <email>"),
        ("kim@build7: Permission denied", "<email>: Permission denied"),
        ("host till.example.com is down", "host <host> is down"),
        ("till 2.10.3 needs 3.4.0", "till <version> needs <version>"),
    ],
    "codes say what happened": [
        ("[Errno 13] Permission denied", "[Errno 13] Permission denied"),
        ("exit status 137", "exit status 137"),
        ("exited with code 42", "exited with code 42"),
        ("HTTP Error 404: Not Found", "HTTP Error 404: Not Found"),
        ("server returned 503", "server returned 503"),
        ('API Error: 529 {"type"', 'API Error: 529 {"type"'),
        ("SystemExit: 3", "SystemExit: 3"),
        ("error: 503 files are missing", "error: <n> file are missing"),
        ("error TS2339: no", "error TS2339: no"),
        ("error[E0308]: no", "error[E0308]: no"),
        ("ORA-00942: no table", "ORA-00942: no table"),
        ("SQLSTATE[42P01]", "SQLSTATE[42P01]"),
        ("signal 11", "signal 11"),
    ],
    "names and quoted values say what is meant": [
        ("KeyError: 'database_url'", "KeyError: 'database_url'"),
        ("no module named 'acme.core'", "no module named 'acme.core'"),
        ("cannot find module '@acme/core'", "cannot find module '@acme/core'"),
        ("column shelf2 in utf8 text/html", "column shelf2 in utf8 text/html"),
        ("test_total_2 failed", "test_total_2 failed"),
        ("a.py::test_open[3-a 12]: no", "a.py::test_open[3-a 12]: no"),
        ("int32 and sha256", "int32 and sha256"),
    ],
    "what repeats itself is one": [
        ("lines 3, 5, 8, 13", "lines <n>"),
        ("lines [3,5,8]", "lines [<n>]"),
        ("2 files are missing", "<n> file are missing"),
        ("1 file", "<n> file"),
        ("1 2 3 4", "<n>"),
    ],
}
CASES = [(text, expected) for cases in MASKED.values() for text, expected in cases]


@pytest.mark.parametrize(("text", "expected"), CASES, ids=[text for text, _ in CASES])
def test_what_differs_is_masked_and_nothing_else(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize("text", [expected for _, expected in CASES])
def test_what_is_masked_has_nothing_more_to_mask(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize(
    ("path", "expected"),
    {
        "/a/b/till.db": "till.db",
        "/a/b/": "b",
        "/": "<path>",
        "..": "<path>",
        "/proc/4711": "proc/<n>",
        "/tmp/4711": "<path>",
        "/a/9f3c/4711": "<path>",
    }.items(),
)
def test_of_a_path_that_says_nothing_stays_that_it_is_one(path: str, expected: str) -> None:
    assert last_part(path) == expected
