"""Once the package is imported, nothing is imported any more, by itself or by what it calls.

So it works where nothing can be found any more, or must not be waited for: in an empty root, with
no free descriptor, while the interpreter ends, in a fork of a process that was importing. Each
test runs a fresh interpreter: here everything has been imported long since.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from support import BOMS, write_run

#: Source that leaves no import possible, and of `report`, which says what was wanted since.
REFUSE = """
import sys
known, wanted = set(sys.modules), []

class Refuses:
    def find_spec(self, name, path=None, target=None):
        wanted.append(name)
        raise ImportError(f"{name} is imported after the import")

sys.meta_path.insert(0, Refuses())

def report():
    assert not wanted, wanted
    assert set(sys.modules) == known, set(sys.modules) - known
"""


def run_fresh(source: str, *arguments: str, timeout: float = 30) -> str:
    """Run source in a fresh interpreter that has imported the package alone."""
    child = subprocess.run(
        [sys.executable, "-W", "always", "-c", textwrap.dedent(source), *arguments],
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout,
        check=False,
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
    )
    assert child.returncode == 0, child.stderr
    return child.stdout


def refused(source: str, *arguments: str, before: str = "") -> str:
    """Run source where no import is possible any more, and fail if one was tried."""
    parts = ("from run_artifacts import *", before, REFUSE, source, "report()")
    return run_fresh("\n".join(map(textwrap.dedent, parts)), *arguments)


#: A module of `errors`, which makes exceptions of each kind that Python shows in a way of its own.
BROKEN = """
def caught(function):
    try:
        function()
    except BaseException as error:
        return error

def over_lines():
    return (1 +
            len("größer – ältere 東京" ) /
            0)

def in_one_line():
    "größer"; return [1][0] + {"ä": 0}["ö"] + 5

def chain():
    try:
        over_lines()
    except ZeroDivisionError as error:
        raise KeyError("outer") from error

def context():
    try:
        over_lines()
    except ZeroDivisionError:
        raise OSError(2, "No such file", "till.txt")

def recurse():
    recurse()

def group():
    raise ExceptionGroup("both", [caught(chain), caught(context)])

def attribute():
    sys.modul

def name():
    value_of_till = 1
    value_of_til

def absent():
    from sys import modul

def source(text):
    return lambda: compile(text, "till.py", "exec")

def decode():
    b"\\xff".decode()

def errors():
    return [*map(caught, (
        over_lines, in_one_line, chain, context, recurse, group, attribute, name, absent, decode,
        source("a = ("), source("fro x import y"), source("'größe 東京' +* 5"),
        source("a\\n\\tb\\n  c"),
        source("def f():\\n return 1 2"), source("whille True:\\n    pass\\n"),
        source("x = 'ä\\n"),
    ))]
"""

#: Source of `PLAIN`: what JSON has no form for, and what is searched for secrets.
PLAIN = r"""
import datetime, decimal, fractions, pathlib, uuid

PLAIN = {
    "bytes": b"\xff\0a", "path": pathlib.PurePosixPath("a/b"), 5: 1 << 20000, "big": 10**5000,
    "float": [float("nan"), -float("inf"), 1e300], "set": {3, "a", b"b"}, "tuple": (1, None),
    "dates": [datetime.date(2026, 1, 2), datetime.datetime(2026, 1, 2, tzinfo=datetime.UTC)],
    "numbers": [decimal.Decimal("1.5"), fractions.Fraction(1, 3), 1j], "id": uuid.UUID(int=5),
    "object": object(), "deep": [[{}]], "surrogate": "a\ud800b \U0001f41f", "ä\ud800": range(3),
    "api_key": "till-till", "password": {"a": [1, b"x"]}, "type": "AgentQuotaExceeded",
    "text": "Bearer abcdefgh12345 ghp_" + "a1B2" * 9 + " https://u:p@h/ Basic dXNlcjpwYXNz",
    "escaped": r"till-till \u0074ill-till %3A%2F%2Fu:p%40h",
    "key": "-----BEGIN PRIVATE KEY-----\nab",
    "message": "e\u202e\x1b[0m\ud800", "stderr": "a\r\nb", "exit_code": 3,
    "artifacts": {"stderr": ["b.txt"], "x": object()}, "_remarks": [{"path": "/message"}, 5],
}
"""


@pytest.mark.parametrize("name", BOMS)
def test_a_capture_imports_nothing(tmp_path: Path, name: str) -> None:
    codec = name.removesuffix("-sig")
    text = "first – größer 東京 🐟 ghp_" + "a1B2" * 9 + "\n" + "line\r\n" * 5_000 + "last ö"
    invalid = {1: b"\xff\xfe\xff", 2: b"\0\xd8\0\0", 4: b"\xff\xff\xff\xff"}
    unit = len("a".encode(codec))
    (tmp_path / "a.txt").write_bytes(BOMS[name] + text.encode(codec))
    (tmp_path / "b.txt").write_bytes(BOMS[name] + text.encode(codec) + invalid[unit] + b"\0")
    (tmp_path / "c").write_bytes(BOMS[name] + invalid[unit] * 9_000)
    (tmp_path / "d").symlink_to("absent")
    os.mkfifo(tmp_path / "e")
    source = """
    import os
    for options in ({}, {"redact": True, "secrets": ["till-till", "größer 東京"]},
                    {"max_line_count": 3}, {"max_excerpt_bytes": 0},
                    {"head_bytes": 7, "redact": True}):
        policy = TextCapturePolicy(**options)
        for path in sorted(os.listdir(sys.argv[1])) + ["absent", ".", "a\\0b"]:
            path = os.path.join(sys.argv[1], path)
            for root in (None, sys.argv[1], "/"):
                found = capture_text_artifact(path, policy=policy, root=root)
                found.manifest_entry(), repr(found), hash(found.artifact), found == found
                found.excerpt and found.excerpt.text()
        for found in iter_run_artifacts(sys.argv[1], policy):
            render_failure_text(attachments=[found])
    """
    refused(source.replace("import dataclasses, os, pickle", "import os"), str(tmp_path))
    assert (
        refused(
            "print(capture_text_artifact(sys.argv[1]).excerpt.encoding)", str(tmp_path / "a.txt")
        )
        == f"{name}\n"
    )


@pytest.fixture
def broken(tmp_path: Path) -> str:
    """Source that imports the module `broken`, which has a file whose lines can be shown."""
    (tmp_path / "broken.py").write_text(BROKEN, encoding="utf-8")
    return f"import sys; sys.path.insert(0, {str(tmp_path)!r}); import broken"


@pytest.mark.parametrize("redact", [True, False])
def test_an_exception_is_sanitized_and_rendered_without_an_import(
    broken: str, redact: bool
) -> None:
    source = """
    for error in broken.errors():
        shown = sanitize_error(error, redact=len(sys.argv) > 1, secrets=["till-till"])
        assert shown["traceback"].count("\\n") >= 2, shown["traceback"]
        assert render_failure_text(error, redact=len(sys.argv) > 1, max_chars=500)
        classify_failure_kind(error), extract_error_artifacts(error)
        coerce_validation_errors(error)
        print(shown["traceback"])
    """
    out = refused(source, *["redact"] * redact, before=broken)
    assert "größer – ältere 東京" in out


def test_a_mapping_is_sanitized_rendered_and_classified_without_an_import() -> None:
    source = """
    for options in ({"secrets": ["till-till"]}, {"redact": False}):
        shown = sanitize_error(PLAIN, **options)
        assert sanitize_error(shown, **options) == shown
        for error in (PLAIN, [PLAIN], "text", b"\\xff", 5.0, float("nan"), object(), [PLAIN, {}]):
            sanitize_error(error, **options)
            for most in (None, 20, 300):
                render_failure_text(
                    error, agent=error, status=error, report_validation_errors=error,
                    artifacts=error, terminal_artifact_reads=PLAIN, max_chars=most,
                    attachments=[PLAIN, {"path": "a", "excerpt_head": "b", "truncated": True}],
                    **options,
                )
            classify_failure_kind(error)
            extract_error_artifacts(error), coerce_validation_errors(error)
            extract_artifact_filenames(error)
    classify_known_stderr_warnings(
        "hint=Codex x code=codex_model_refresh_timeout\\nb\\r\\nc\\u2028d"
    )
    normalize_agent_path("C:\\\\a//b")
    """
    refused(source, before=PLAIN)


#: Source of `read`, which reads a history in each way that there is.
READ = """
import os

def loads(text):
    raise ValueError(text)

def read(path, **options):
    for take in (None, lambda loss: repr((loss, str(loss), loss.args)), ):
        reader = iter_report_history(path, on_loss=take, **options)
        while True:
            try:
                if next(reader, None) is None:
                    break
            except Exception as error:
                sanitize_error(error), render_failure_text(error)
        reader.tally
"""


def test_a_history_is_read_without_an_import(tmp_path: Path) -> None:
    lines = [
        b'{"status": "ok", "target_ref": {"repo_input": "repo"}, "n": 1.5e3}',
        b"",
        b"  \r",
        b"\xff",
        b"{",
        b"[1]",
        b'{"a": NaN}',
        b'{"a": 1, "a": 2}',
        b"[" * 99_999,
        b'{"a": "\\ud800"}',
        b"1" * 5_000,
        b'{"a": "' + b"x" * 3_000 + b'"}',
        b'"\xe2\x82',
        b'{"a": "\xc3\xa4\xe2\x82\xac"}',
    ]
    for number, torn in enumerate(
        (b'{"status": "o', b'{"a": 1', b'{"a": 5.', b'{"a": "\\u00', b"\0")
    ):
        start = b"\xef\xbb\xbf" * (number == 0)
        (tmp_path / f"{number}.jsonl").write_bytes(start + b"\n".join([*lines, torn]))
    source = """
    for number in range(5):
        path = os.path.join(sys.argv[1], f"{number}.jsonl")
        for options in ({}, {"last": 2}, {"repo_input": "repo"}, {"max_line_bytes": 2_000},
                        {"loads": loads}, {"target_slug": "a"}, {"last": 50, "loads": loads}):
            read(path, **options)
    """
    refused(source, str(tmp_path), before=READ)


@pytest.fixture
def damaged_tree(runs: Path) -> Path:
    """A tree with whole runs, and with each kind of damage that a run can have."""
    broken = [b"{", b"\xff", b"[]", b"null", b'{"a": 1e999}', b"[" * 99_999, b"\xff\xfea\0", b""]
    broken += [b'{"a": NaN, "a": "\\ud800"}', "größer".encode("utf-16")]
    for number, data in enumerate(broken):
        write_run(runs, f"a/20260101T00000{number}Z/codex/0", report__json=data, error__json=data)
        write_run(runs, f"a/20260101T00000{number}Z/codex/1", target_ref__json=data)
    write_run(runs, "a/20260230T000000Z/codex/0", report__json={"a": 1})
    write_run(runs, "a/yesterday/codex/0")
    write_run(runs, "a/20260105T000000Z/codex/0", target_ref__json=None, report__json={"a": 1})
    (runs / "a" / "yesterday" / "loop").symlink_to("loop")
    write_run(
        runs,
        "b/20260102T000000Z/codex/0",
        report__json={"ok": True},
        error__json={"type": "E", "message": "Bearer abcdefgh12345"},
        report_validation_errors__json=["a"],
        agent_stderr__txt=b"\xff ghp_" + b"a1B2" * 9,
        prompt__md="größer".encode(),
    )
    (runs / "b" / "x").symlink_to("absent")
    (runs / "b" / "20260103T000000Z" / "codex").mkdir(parents=True)
    (runs / "b" / "20260103T000000Z" / "codex" / "0").write_bytes(b"no directory")
    return runs


def test_a_tree_is_read_compiled_and_selected_without_an_import(damaged_tree: Path) -> None:
    source = """
    tree = sys.argv[1]
    for embed in ("none", "definitions", "prompt", "all"):
        for options in ({}, {"last": 3}, {"repo_input": "repo"}, {"target_slug": "b"},
                        {"loads": loads}):
            read(tree, embed=embed, max_embed_bytes=500, **options)
    losses = []
    for out in (tree + ".jsonl", tree + ".new.jsonl"):
        for _ in range(2):
            write_report_history_jsonl(tree, out_path=out, on_loss=losses.append, embed="all")
    assert losses
    write_report_history_jsonl(out, [{"status": "ok"}, PLAIN_RECORD])
    append_report_history_jsonl(out, [{"status": "ok", "x": "\\ud800"}])
    for function in (
        lambda: write_report_history_jsonl(tree, out_path=out),
        lambda: write_report_history_jsonl(out, [{"status": "ok"}, object()]),
        lambda: write_report_history_jsonl(out, [{"a": object()}]),
        lambda: append_report_history_jsonl(out, [{"a": {1}}]),
        lambda: append_report_history_jsonl(tree, [{}]),
        lambda: select_recent_run_dirs(tree, limit=3),
        lambda: [*iter_run_dirs(tree)],
        lambda: iter_run_dirs(out),
        lambda: load_run_record(tree, runs_dir=tree),
    ):
        try:
            function()
        except Exception as error:
            sanitize_error(error), render_failure_text(error)
    for found in [*iter_run_dirs(tree, on_loss=losses.append),
                  *select_recent_run_dirs(tree, limit=99, on_loss=losses.append)]:
        try:
            record = load_run_record(found, runs_dir=tree)
        except HistoryLoss:
            continue
        append_report_history_jsonl(out, [record])
        render_failure_text(record.get("error"), artifacts=record)
        [*iter_run_artifacts(found)]
    read(out)
    """
    before = READ + "PLAIN_RECORD = {'a': float('nan'), 'b': [1 << 70, 1e300, 'ä', '\\ud800']}\n"
    refused(source, str(damaged_tree), before=before)


#: What uses each public function for the first time; `run` is a run directory of a small tree.
USES = {
    "capture": "assert capture_text_artifact(log, TextCapturePolicy(redact=True)).excerpt",
    "capture beneath": "assert capture_text_artifact(log, root=tree).excerpt",
    "sweep": "assert all(found.excerpt for found in iter_run_artifacts(run)) and os.listdir(run)",
    "sanitize": "assert 'in over_lines' in sanitize_error(error)['traceback']",
    "render": "assert 'in over_lines' in render_failure_text(error, secrets=['till-till'])",
    "classify": "assert classify_failure_kind(error).is_failure",
    "validation": "assert coerce_validation_errors([error, {'a': 5}])",
    "artifacts": "assert extract_error_artifacts({'artifacts': {1: 'a'}})",
    "names of artifacts": "assert extract_artifact_filenames({1: 'a'})",
    "warnings": "assert classify_known_stderr_warnings('a\\nb')['unknown_lines']",
    "path": "assert normalize_agent_path('a//b')",
    "read": "assert len([*iter_report_history(history)]) == 2",
    "read last": "assert len([*iter_report_history(history, last=1)]) == 1",
    "read tree": "assert len([*iter_report_history(tree, embed='all')]) == 2",
    "read last of tree": "assert len([*iter_report_history(tree, last=1)]) == 1",
    "compile": "assert write_report_history_jsonl(tree, out_path=history)['total'] == 2",
    "write": "assert write_report_history_jsonl(history, [{'a': '\\ud800'}])['total'] == 1",
    "append": "assert append_report_history_jsonl(history, [{'a': 5}])['total'] == 1",
    "directories": "assert len([*iter_run_dirs(tree)]) == 2",
    "recent": "assert len(select_recent_run_dirs(tree, limit=2, repo_input='repo')) == 2",
    "load": "assert load_run_record(run, runs_dir=tree)",
}

#: How many descriptors each has open at once: of a directory, of what lies in it, of a lock, of
#: what is written; none where nothing is to be read.
DESCRIPTORS = dict.fromkeys(USES, 0) | {
    "capture": 1,
    "capture beneath": 3,
    "sweep": 2,
    "read": 1,
    "read last": 1,
    "read tree": 2,
    "read last of tree": 2,
    "compile": 4,
    "write": 2,
    "append": 3,
    "directories": 1,
    "recent": 2,
    "load": 2,
}


@pytest.fixture
def setting(runs: Path, broken: str) -> str:
    """Source of what the uses have: an exception, and a tree, a run and a history to read."""
    for number in range(2):
        write_run(
            runs,
            f"a/20260101T00000{number}Z/codex/0",
            report__json={"ok": True},
            agent_stderr__txt=b"ghp_" + b"a1B2" * 9,
        )
    history = runs.parent / "history.jsonl"
    history.write_text('{"a": "\\ud800"}\n{"a": 5}\n')
    values = {
        "tree": str(runs),
        "run": str(runs / "a/20260101T000000Z/codex/0"),
        "log": str(runs / "a/20260101T000000Z/codex/0/agent_stderr.txt"),
        "history": str(history),
    }
    assigned = "; ".join(f"{name} = {value!r}" for name, value in values.items())
    return f"{broken}\nimport os\nerror = broken.errors()[0]\n{assigned}\n"


@pytest.mark.parametrize("name", USES)
def test_a_first_use_needs_no_descriptor_but_those_of_its_files(setting: str, name: str) -> None:
    source = f"""
    unused = os.open(os.devnull, os.O_RDONLY)
    os.close(unused)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (unused + {DESCRIPTORS[name]}, most))
    {USES[name]}
    """
    refused(source, before=setting + "import resource\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may leave its root")
def test_a_first_use_in_an_empty_root_finds_all_that_it_needs(setting: str, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    source = """
    def put(name, text):
        with open(name, "w") as file:
            file.write(text)

    os.chroot(sys.argv[1])
    os.chdir("/")
    assert not os.listdir("/")
    tree, run, history = "/runs", "/runs/a/20260101T000000Z/codex/0", "/history.jsonl"
    log = f"{run}/agent_stderr.txt"
    for at in (run, f"{tree}/a/20260101T000001Z/codex/0"):
        os.makedirs(at)
        put(f"{at}/target_ref.json", '{"repo_input": "repo"}')
        put(f"{at}/agent_stderr.txt", "ghp_" + "a1B2" * 9)
    put(history, '{"a": 1}\\n{"a": 2}\\n')
    """
    source = "\n".join([textwrap.dedent(source), *USES.values()])
    refused(source, str(tmp_path / "empty"), before=setting)


@pytest.mark.parametrize("when", ["at exit", "in a finalizer"])
def test_the_end_of_the_interpreter_takes_no_frame_from_an_error(setting: str, when: str) -> None:
    source = """
    class Last:
        def __init__(self, error, uses=(sanitize_error, render_failure_text), write=os.write):
            self.use = lambda: [write(1, f"{use(error)}\\n".encode()) for use in uses]

        def __del__(self):
            self.use()

    last = Last(error)
    """
    if when == "at exit":
        source += "import atexit; atexit.register(last.use); del Last.__del__\n"
    out = run_fresh("from run_artifacts import *\n" + setting + textwrap.dedent(source))
    assert out.count("in over_lines") == 2
    assert out.count("ZeroDivisionError: division by zero") == 2


@pytest.mark.parametrize("name", USES)
def test_a_first_use_in_a_fork_waits_for_no_other_thread(
    setting: str, tmp_path: Path, name: str
) -> None:
    """One is importing a module, and one is compiling a pattern, when the fork is made."""
    (tmp_path / "slow.py").write_text("import sys; sys.started.release(); sys.go.acquire()")
    source = """
    import re, signal, sys, threading
    sys.started, sys.go = threading.Semaphore(0), threading.Semaphore(0)
    compiled, first = re.compile, threading.current_thread()

    def hold(*arguments):
        if threading.current_thread() is not first:
            sys.started.release()
            sys.go.acquire()
        return compiled(*arguments)

    def redact():
        sanitize_error({"a": "Bearer abcdefgh12345 ghp_" + "a1B2" * 9}, secrets=["till-till"])

    re.compile = hold
    threads = [threading.Thread(target=redact), threading.Thread(target=__import__, args=["slow"])]
    for thread in threads:
        thread.start()
        sys.started.acquire()
    child = os.fork()
    if not child:
        signal.alarm(20)
        USE
        os._exit(0)
    _, status = os.waitpid(child, 0)
    sys.go.release(99_999)
    for thread in threads:
        thread.join()
    assert status == 0, status
    """
    source = textwrap.dedent(source).replace("USE", USES[name])
    run_fresh("from run_artifacts import *\n" + setting + source)
