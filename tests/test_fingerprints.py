"""The names of failures: one for each cause, the same everywhere, and nothing in it that is secret.

``tests/data/fingerprints/failures.jsonl`` has failures of tools that were run for it, each cause
twice: in another folder, at other lines, with other numbers, some among lines of other programs.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from run_artifacts import (
    FailureFingerprint,
    TextCapturePolicy,
    capture_text_artifact,
    failure_fingerprint,
    sanitize_error,
)
from run_artifacts._causes import name as naming
from run_artifacts._causes.readings import READINGS
from support import run_python

DATA = Path(__file__).parent / "data" / "fingerprints" / "failures.jsonl"
ROWS = [json.loads(line) for line in DATA.read_text(encoding="utf-8").splitlines()]
ERRORS = [row["error"] for row in ROWS]


def of(stderr: str, **fields: Any) -> FailureFingerprint:
    return failure_fingerprint({"exit_code": 1, "stderr": stderr, **fields})


# --- one name for each cause


@pytest.mark.parametrize(
    "row", ROWS, ids=[f"{row['cause']}-{at % 2}" for at, row in enumerate(ROWS)]
)
def test_a_name_stays_what_it_was(row: dict[str, Any]) -> None:
    """A rule that changes an id makes a new version; this table holds that of version 1."""
    found = failure_fingerprint(row["error"])
    assert (found.id, found.rule) == (row["id"], row["rule"])


def test_one_cause_has_one_name_and_another_has_another() -> None:
    ids = defaultdict(set)
    causes = defaultdict(set)
    for row in ROWS:
        found = failure_fingerprint(row["error"]).id
        ids[row["cause"]].add(found)
        causes[found].add(row["cause"])
    assert [cause for cause, found in ids.items() if len(found) > 1] == []
    assert [found for found in causes.values() if len(found) > 1] == []


def test_every_rule_is_met_in_the_table() -> None:
    assert {row["rule"] for row in ROWS} >= {
        "python_traceback", "pytest", "unittest", "doctest", "go_test", "rust_test", "tap",
        "node", "java", "go", "rust", "ruby", "php", "perl", "cpp", "maven", "compiler", "make",
        "cmake", "npm", "tool", "message", "signal", "exit_code",
    }  # fmt: skip


NOISE = (
    "[10:20:30] INFO  worker-3 started\nretry 1 of 3\n 42%|####    | 42/100 [00:03<00:04]\n",
    "uploaded 12 files to 10.0.0.7:8443 in 3.2 s\n2026-11-25 10:20:30 DEBUG done\n\n",
)
CHANGES: dict[str, Callable[[str], str]] = {
    "a stamp on each line": lambda text: re.sub("(?m)^(?=.)", "2026-11-25T10:20:30.5Z ", text),
    "a container's stamps": lambda text: re.sub(
        "(?m)^", "2026-11-25T10:20:30.123456789Z stderr F ", text
    ),
    "GitLab's stamps": lambda text: re.sub("(?m)^", "2026-11-25T10:20:30.123456Z 01E ", text),
    "the kernel's stamps": lambda text: re.sub("(?m)^", "[   12.345] ", text),
    "compose's names": lambda text: re.sub("(?m)^", "web-1  | ", text),
    "a stamp in brackets": lambda text: re.sub("(?m)^(?=.)", "[2026-11-25 10:20:30] ", text),
    "the line ends of Windows": lambda text: text.replace("\n", "\r\n"),
    "colours": lambda text: re.sub("(?m)^(.+)$", "\x1b[1m\\1\x1b[0m", text),
    "blanks at line ends": lambda text: text.replace("\n", "  \n"),
    "the last 2,000 characters": lambda text: text[-2_000:],
    "noise before": lambda text: NOISE[0] + text,
    "noise behind": lambda text: f"{text}\n{NOISE[1]}",
    "other homes": lambda text: re.sub(
        r"/(?:home|srv|opt|mnt|var|tmp)/[\w.-]+/", "/Users/k/", text
    ),
    "other lines": lambda text: re.sub(r"(line |\.py:|\.js:|\.c:)[0-9]+", r"\g<1>777", text),
    "other versions of Python": lambda text: re.sub(r"python3(?:\.[0-9]+)?\b", "python3.29", text),
}
# What a change takes away: the report of a sanitizer has its kind of access in its first lines.
TAKES = {"the last 2,000 characters": {"asan_global"}}


@pytest.mark.parametrize("change", CHANGES)
def test_a_change_that_says_nothing_changes_no_name(change: str) -> None:
    changed = set()
    for row in ROWS:
        error = row["error"]
        if "stderr" in error:
            other = {**error, "stderr": CHANGES[change](error["stderr"])}
            if failure_fingerprint(other).id != row["id"]:
                changed.add(row["cause"])
    assert changed - TAKES.get(change, set()) == set()


NEAR = {
    "the module": ("ModuleNotFoundError: No module named 'till'", "No module named 'shelf'"),
    "the key": ("KeyError: 'till'", "KeyError: 'shelf'"),
    "the status": ("HTTP Error 404: Not Found", "HTTP Error 403: Forbidden"),
    "the error number": ("[Errno 13] no", "[Errno 2] no"),
    "the file": ("error: open till.csv", "error: open shelf.csv"),
    "the option": ("error: unknown option --till", "error: unknown option --shelf"),
    "the code": ("error TS2339: no", "error TS2304: no"),
}


@pytest.mark.parametrize(("one", "other"), NEAR.values(), ids=NEAR)
def test_what_tells_causes_apart_stays(one: str, other: str) -> None:
    assert of(one).id != of(other).id


@pytest.mark.parametrize(
    ("error", "rule", "parts"),
    [
        ({"exit_code": -11}, "signal", ("SIGSEGV",)),
        ({"exit_code": 139}, "signal", ("SIGSEGV",)),
        ({"exit_code": 137, "stderr": "working on it"}, "signal", ("SIGKILL",)),
        ({"exit_code": 139, "stderr": "a.sh: line 3: 71 Segmentation fault  ./a"}, "signal",
         ("SIGSEGV",)),
        ({"exit_code": 134, "stderr": "a: b.c:3: c: Assertion `d' failed.\nAborted"}, "message",
         ("a: b.c:<n>: c: Assertion 'd' failed.",)),
        ({"exit_code": 3}, "exit_code", ("exit code 3",)),
        ({"exit_code": signal.SIGQUIT}, "exit_code", ("exit code 3",)),
        ({"exit_code": 129}, "exit_code", ("exit code 129",)),
        ({"exit_code": 3221225477}, "exit_code", ("exit code 3221225477",)),
        ({"exit_code": -1073741819}, "exit_code", ("exit code -1073741819",)),
        ({"exit_code": True, "type": "X"}, "exit_code", ("X",)),
        ({"type": "X", "exit_code": 3}, "exit_code", ("X, exit code 3",)),
        ({"type": "X", "message": "till is closed"}, "message", ("X: till is closed",)),
        ({"errors": ["$.b: no", "$.a: no"]}, "errors", ("$.a: no", "$.b: no")),
        ({"exit_code": 1, "message": "Command x failed with 1", "type": "X"}, "exit_code",
         ("X, exit code 1",)),
        ({"exit_code": 3, "stderr": "till 7 is open"}, "exit_code", ("exit code 3",)),
        ({"exit_code": 1, "stderr": "till 7 is open"}, "message", ("till <n> is open",)),
    ],
)  # fmt: skip
def test_where_no_format_fits_the_end_and_a_line_tell(
    error: Any, rule: str, parts: tuple[str, ...]
) -> None:
    found = failure_fingerprint(error)
    assert (found.rule, found.parts) == (rule, parts)


def test_an_id_is_the_digest_of_the_parts() -> None:
    import hashlib

    found = of("make: *** No rule to make target 'till.o'.  Stop.")
    digest = hashlib.sha256("\n".join(found.parts).encode()).hexdigest()
    assert found.id == f"f1-{digest[:16]}"


# --- whatever an error is


def raised(function: Callable[[], object]) -> BaseException:
    try:
        function()
    except BaseException as error:
        return error
    raise AssertionError("nothing was raised")


def fail() -> None:
    try:
        int("till")
    except ValueError as error:
        raise ExceptionGroup("many", [KeyError("a"), raised(lambda: {}["b"])]) from error


def refuse() -> None:
    try:
        {}["till"]
    except KeyError as error:
        raise ConnectionError("refused by 10.0.0.7") from error


def unraised() -> None:
    raise ValueError("no till") from KeyError("never raised")


def many() -> None:
    raise ExceptionGroup(
        "many", [ValueError(f"name {letter}") for letter in "abcdefghijklmnopqrst"]
    )


@pytest.mark.parametrize("function", [fail, refuse, unraised, many])
def test_an_exception_has_the_name_of_what_it_prints(function: Callable[[], object]) -> None:
    import traceback

    error = raised(function)
    name = failure_fingerprint(error)
    assert name.rule == "python_traceback"
    assert failure_fingerprint(sanitize_error(error)).id == name.id
    text = "".join(traceback.format_exception(error))
    assert of(text).id == of("", traceback=text).id == name.id


def test_what_was_captured_beside_it_tells_where_the_error_does_not(tmp_path: Path) -> None:
    (tmp_path / "agent_stderr.txt").write_text("step\n" * 9_000 + "fatal: till 7 is closed\n")
    (tmp_path / "other.txt").write_text("fatal: shelf\n")
    policy = TextCapturePolicy(max_excerpt_bytes=200)
    attachments = [
        capture_text_artifact(tmp_path / name, policy, root=tmp_path)
        for name in ("other.txt", "missing.txt", "agent_stderr.txt")
    ]
    error = {"type": "AgentExecFailed", "exit_code": 1}
    found = failure_fingerprint(error, attachments=attachments)
    assert found.parts == ("fatal: till <n> is closed",)
    assert failure_fingerprint({**error, "stderr": "fatal: a"}, attachments=attachments).parts == (
        "fatal: a",
    )
    entries = [found.manifest_entry() for found in attachments]
    assert failure_fingerprint(error, attachments=entries).parts == (
        "AgentExecFailed, exit code 1",
    )


class Hostile(Exception):
    def __str__(self) -> str:
        raise RuntimeError("no text")

    __repr__ = __str__


class Text(str):
    """A text whose own methods can't be called."""

    def __getattribute__(self, name: str) -> Any:
        raise RuntimeError(name)


def nested(depth: int) -> Any:
    value: Any = "x"
    for _ in range(depth):
        value = {"type": "X", "traceback": "T", "cause": value}
    return value


TORN = 'Traceback (most recent call last):\n  File "/a/x.py", line 1, in f\nE: x\n'
cyclic: dict[str, Any] = {"type": "X", "traceback": TORN}
cyclic["cause"] = cyclic["context"] = cyclic
cyclic["exceptions"] = [cyclic] * 300

tangled: dict[str, Any] = {"traceback": TORN}
for _ in range(6):
    tangled = {"traceback": TORN, "cause": {"traceback": TORN, "exceptions": [tangled] * 60}}

ANYTHING = {
    "exceptions that hold one another many times": tangled,
    "nothing": None,
    "an empty mapping": {},
    "an empty list": [],
    "an empty text": "",
    "blanks": {"stderr": " \n\t", "message": "\n"},
    "a number": 12,
    "a number as text": "12",
    "numbers alone": {"stderr": "1 2 3\n4 5 6\n"},
    "true": True,
    "not a number": float("nan"),
    "bytes": b"error: \xff no",
    "a set": {1},
    "an object": object(),
    "an exception that can't be shown": Hostile(),
    "one endless line": {"stderr": "x" * 1_000_000},
    "binary noise": {"stderr": random.Random(1).randbytes(100_000).decode("latin-1")},
    "surrogates": {"stderr": "error: \ud800 \udfff"},
    "what can't be seen": {"stderr": "error: \u202e\u200b\U000e0041 \x00 \x1b]0;x"},
    "deeply nested": nested(5_000),
    "a cycle": cyclic,
    "fields of other types": {"stderr": 3, "message": ["a", 1], "traceback": {}, "exit_code": "1"},
    "a huge exit code": {"exit_code": 10**5_000},
    "a huge exit code, and a type": {"type": "X", "exit_code": -(10**5_000)},
    "texts of a class of one's own": {"type": Text("X"), "stderr": Text("error: x")},
    "a torn traceback": {"stderr": 'Traceback (most recent call last):\n  File "a.py", line 3, in'},
    "only frames": {"stderr": '  File "a.py", line 3, in a\n' * 1_000},
}


@pytest.mark.parametrize("error", ANYTHING.values(), ids=ANYTHING)
def test_anything_has_a_name_that_can_be_printed(error: object) -> None:
    found = failure_fingerprint(error)
    assert re.fullmatch("f1-[0-9a-f]{16}", found.id)
    assert found.rule
    assert found.parts
    assert all(found.parts)
    assert found.title
    assert len(found.title) <= 200
    for text in (found.title, *found.parts):
        assert text.isprintable()
        text.encode()
    assert failure_fingerprint(error) == found


def test_two_failures_in_one_text_have_the_name_of_one_of_them() -> None:
    texts = {row["rule"]: row["error"]["stderr"] for row in ROWS if "stderr" in row["error"]}
    python, npm = texts["python_traceback"], texts["npm"]
    ids = {of(python).id, of(npm).id}
    assert of(python + npm).id in ids
    assert of(npm + python).id in ids


def test_only_a_wrong_type_is_an_error() -> None:
    with pytest.raises(TypeError):
        failure_fingerprint({}, attachments=3)  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        failure_fingerprint({}, secrets="a-secret-of-mine")
    for version in (2, 0, True, 1.0, "1"):
        with pytest.raises(ValueError, match="version must be one of"):
            failure_fingerprint({}, version=version)  # type: ignore[arg-type]
    assert failure_fingerprint({}, version=1) == failure_fingerprint({})


# --- what must not get out


SECRET = "ghp_" + "a1B2" * 9


@pytest.mark.parametrize(
    "text",
    [
        f"fatal: unable to access 'https://kim:{SECRET}@till.example/a.git/'",
        f"error: API_KEY={SECRET} was refused",
        f"KeyError: '{SECRET}'",
        f"Error: {SECRET}\n    at a ({SECRET}.js:1:2)",
        f"a.c:1:2: error: {SECRET}",
        "x " * 65_000 + SECRET + " y" * 65_000,
        "error: " + "x" * 1_985 + f" {SECRET}",
        f"{SECRET}",
    ],
)
def test_no_secret_is_in_a_name(text: str) -> None:
    for error in (text, {"stderr": text}, {"stderr": text, "exit_code": 1}, {"message": text}):
        found = failure_fingerprint(error)
        for part in (*found, *found.parts):
            assert "a1B2" not in str(part)


@pytest.mark.parametrize(
    "error",
    [
        {"api_key": "correct-horse-battery"},
        {"password": {"a": "correct-horse-battery"}, "n": 1},
        {"passphrase": ["correct-horse-battery"]},
        {"errors": [{"api_key": "correct-horse-battery"}]},
    ],
)
def test_what_stands_under_the_name_of_a_secret_is_in_no_name(error: Any) -> None:
    found = failure_fingerprint(error)
    assert "correct" not in str(found)
    assert failure_fingerprint(sanitize_error(error)).id == found.id


@pytest.mark.parametrize("secret", ["correct-horse-battery-staple", SECRET])
@pytest.mark.parametrize("limit", [1_000, 2_000, 65_536, -65_536])
def test_no_cut_shows_half_a_secret(secret: str, limit: int) -> None:
    for shift in range(1, len(secret), 5):
        before = "error:/" + "d" * (abs(limit) - 8 - shift) + "/"
        text = before + secret + ":" + "e" * 200_000
        if limit < 0:
            text = "x" * 100_000 + secret + ":error/" + "e" * (-limit - 7 - shift)
        found = str(failure_fingerprint({"stderr": text}, secrets=[secret]))
        assert not re.search("rect|horse|batt|staple|a1B2", found), (shift, found)


@pytest.mark.parametrize(
    "secret",
    [
        "correct horse\nbattery staple",
        "corr`ect ho`rse",
        "corr\u2019ect horse",
        "12:34:56 correct",
        "/a/12345-correct.py",
    ],
)
def test_a_secret_of_the_caller_is_in_no_name_whatever_it_looks_like(secret: str) -> None:
    found = failure_fingerprint({"stderr": f"error: no {secret} \n"}, secrets=[secret])
    assert found.parts == ("error: no <secret>",)
    text = f'Traceback (most recent call last):\n  File "/x/{secret}", line 1, in f\nKeyError: 1\n'
    assert "correct" not in str(failure_fingerprint({"stderr": text}, secrets=[secret]))


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PRIVATE KEY-----\nqwertyuiop/bad/correct\nabcdef\n-----END PRIVATE KEY-----\n",
        '{\n "password":\n  "correct2xx bad"\n}\n',
    ],
)
def test_a_secret_that_goes_over_lines_is_in_no_name(text: str) -> None:
    for around in (text, f"x\n{text}", f"x\r\n{text}".replace("\n", "\r\n")):
        assert "correct" not in str(of(around))


def test_no_secret_of_the_caller_is_in_a_name_whatever_was_met_before() -> None:
    error = {"stderr": "error: the till says correct-horse"}
    assert "correct-horse" in failure_fingerprint(error).title
    assert "correct" not in str(failure_fingerprint(error, secrets=["correct-horse"]))
    assert "correct-horse" in failure_fingerprint(error).title


@pytest.mark.parametrize("text", ["GH_TOKEN={} is wrong", "error: password '{}'", "fatal: {}"])
def test_a_redacted_error_has_the_name_of_what_it_was(text: str) -> None:
    other = "ghp_" + "Z9y8" * 9
    error = {"stderr": text.format(SECRET), "exit_code": 1}
    names = {
        failure_fingerprint(error).id,
        failure_fingerprint({**error, "stderr": text.format(other)}).id,
        failure_fingerprint(sanitize_error(error)).id,
    }
    assert len(names) == 1


def test_which_rule_found_a_secret_says_nothing() -> None:
    names = {of(f"error: no {text}") for text in ("[redacted:secret]", "[redacted:jwt]")}
    assert [name.parts for name in names] == [("error: no <secret>",)]


def test_no_path_of_a_user_is_in_a_name() -> None:
    for row in ROWS:
        found = failure_fingerprint(row["error"])
        for text in (found.title, *found.parts):
            assert not re.search(r"/(?:home|Users|srv|tmp|var|opt|mnt)/|[A-Z]:\\", text), text


def test_a_title_is_cut_visibly() -> None:
    found = of("error: " + "till " * 100)
    assert len(found.title) == 200
    assert found.title.endswith("\u2026")


# --- the same everywhere


def test_what_was_met_before_is_forgotten_and_changes_nothing() -> None:
    for number in range(2 * naming._MOST_KNOWN):
        of(f"error: no column {'ab'[number % 2]}_{number:x}_till")
        assert len(naming._known) <= naming._MOST_KNOWN
    assert [failure_fingerprint(error).id for error in ERRORS] == [row["id"] for row in ROWS]


@pytest.mark.parametrize(
    "environment",
    [
        {"PYTHONHASHSEED": "1", "TZ": "Asia/Kathmandu", "LC_ALL": "C"},
        {"PYTHONHASHSEED": "2", "TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "COLUMNS": "20"},
        {"PYTHONUTF8": "1", "PYTHONOPTIMIZE": "2"},
    ],
)
def test_every_process_gives_the_same_names(environment: dict[str, str]) -> None:
    source = (
        "import json, sys\n"
        "from run_artifacts import failure_fingerprint\n"
        "for line in open(sys.argv[1], encoding='utf-8'):\n"
        "    row = json.loads(line)\n"
        "    assert failure_fingerprint(row['error']).id == row['id'], row['cause']\n"
        "print('done')\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", source, str(DATA)],
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert child.stdout == "done\n", child.stderr


# --- how long it takes


def test_no_text_takes_more_than_linear_time() -> None:
    """One that did would take hours; all of them take seconds together.

    So the limit is no measure of speed: whatever machine this is, it lies far from both.
    """
    source = """
        import signal
        from run_artifacts._causes.readings import READINGS

        def give_up(*_):
            raise SystemExit(f"the reading has not come to the end of {unit!r}...")

        signal.signal(signal.SIGALRM, give_up)
        signal.alarm(100)
        units = [sign for reading in READINGS for sign in reading.signs]
        units += [*"a1/.- :'(<", "a:", "a.", "a/", "a$", "a@", "1.", "1:", "1-2-", "::", "(/"]
        units += ["Error: ", "at ", "line 1", "1h ", "1 KB", "E   ", "|  ", "+-", "not "]
        units += ["=", "(.", "a/b", "com.acme.", "tmpabcdef", "ab12", "Caused by: "]
        units += ["\\x1b[", "\\r", "1 errors", "exit code "]
        heads = ["= FAILURES =\\n____ a ____\\n", "panic: x\\n\\ngoroutine 1 [running]:\\n"]
        heads += [":in 'x'\\n", "    at x\\n\\tat a.b(c)\\n"]
        for unit in units:
            for head in heads:
                failure_fingerprint({"stderr": head + ((unit * 990)[:1_980] + "\\n") * 9})
            for end in "!", "\\n":
                text = ((unit * 2_000)[:1_990] + end + "\\n") * 20
                failure_fingerprint({"stderr": "error: " + text + unit * 50_000, "exit_code": 1})
    """
    run_python(source, timeout=120)


def test_sections_of_pytest_that_say_nothing_are_read_once() -> None:
    header = "Traceback (most recent call last):\n"
    text = "== FAILURES ==\n____ test_till ____\n" + header * 3_600 + "short test summary info\n"
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    sys.setprofile(count)
    try:
        of(text)
    finally:
        sys.setprofile(None)
    assert calls < 100_000


def test_of_a_long_text_only_the_ends_are_read() -> None:
    assert of("fatal: till\n" + "x\n" * 1_000_000).parts == ("fatal: till",)
    assert of("x\n" * 1_000_000 + "fatal: till\n").parts == ("fatal: till",)
    assert of("x\n" * 500_000 + "fatal: till\n" + "x\n" * 500_000).parts == ("x",)


def test_a_reading_is_asked_only_where_one_of_its_signs_is() -> None:
    for reading in READINGS:
        assert reading.signs
        assert reading.read([]) is None or reading.rule == "pytest"
