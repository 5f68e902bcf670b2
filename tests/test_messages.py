"""Every message that the package can raise or report: what, where, and what to do about it.

The tables below are the whole list: a message in the source that no row shows fails the last test.
"""

from __future__ import annotations

import ast
import json
import math
import os
import re
import stat
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import run_artifacts
from run_artifacts import (
    CaptureResult,
    HistoryLoss,
    TextCapturePolicy,
    capture_text_artifact,
    classify_known_stderr_warnings,
    failure_fingerprint,
    group_failures,
    iter_report_history,
    iter_run_dirs,
    load_run_record,
    normalize_agent_path,
    redact_command,
    redact_text,
    render_failure_text,
    sanitize_error,
    write_report_history_jsonl,
)
from run_artifacts._capture import artifact
from run_artifacts._files.opening import refusal
from run_artifacts._history import losses
from support import make_socket, write_run

TREE, FILE, OUT = "runs", "history.jsonl", "out.jsonl"
RUN = "runs/target_a/20260101T000000Z/codex/0"
ADVICE = "on_loss= takes each loss, and reading goes on"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to work in, with a tree, a history, and what can't be captured."""
    monkeypatch.chdir(tmp_path)
    write_run(Path(TREE))
    Path(FILE).write_bytes(b"{}\n")
    os.symlink("nowhere", "dangling")
    os.symlink("loop", "loop")
    os.mkfifo("fifo")
    make_socket(Path("socket"))
    Path("binary").write_bytes(b"\0")
    return tmp_path


def read(path: str = FILE, **options: Any) -> list[Any]:
    return list(iter_report_history(path, **options))


def write(records: Any, path: str = OUT) -> Any:
    return write_report_history_jsonl(path, records)


def on_threads(**options: Any) -> Any:
    with ThreadPoolExecutor(1) as executor:
        return read(executor=executor, **options)


def compiled(**options: Any) -> Any:
    return write_report_history_jsonl(TREE, **options)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def cyclic() -> Any:
    value: list[Any] = []
    value.append(value)
    return value


def writing_to_itself() -> Iterator[dict[str, Any]]:
    write([], OUT)
    yield {}


def interrupted() -> Any:
    reader = iter_report_history(FILE, on_loss=lambda _: None, loads=Interrupt.raised)
    with pytest.raises(KeyboardInterrupt):
        next(reader)
    return next(reader)


class Interrupt:
    @staticmethod
    def raised(_: str) -> Any:
        raise KeyboardInterrupt


def chained_lock() -> Any:
    from run_artifacts._files.lock import beside

    os.symlink(FILE, beside(os.path.realpath(OUT), "lock"))
    return write([])


Raises = Callable[[], object]
any_of: Any = SimpleNamespace()

# What a wrong call raises. `<folder>` stands for the folder, `<lock>` for the name of the lock.
CALLS: list[tuple[Raises, str]] = [
    (
        lambda: capture_text_artifact(any_of),
        "TypeError: path must be str or os.PathLike[str], not SimpleNamespace",
    ),
    (
        lambda: capture_text_artifact("a", root=b"."),  # type: ignore[call-overload]
        "TypeError: root must be str or os.PathLike[str], not bytes; decode it with os.fsdecode()",
    ),
    (
        lambda: capture_text_artifact(
            "a",
            TextCapturePolicy(),
            policy=TextCapturePolicy(),  # type: ignore[call-overload]
        ),
        "TypeError: give capture_policy or its other name policy, not both",
    ),
    (
        lambda: capture_text_artifact("a", any_of),
        "TypeError: capture_policy must be a TextCapturePolicy, not SimpleNamespace",
    ),
    (lambda: TextCapturePolicy(-1), "ValueError: max_excerpt_bytes must be 0 or more, not -1"),
    (
        lambda: TextCapturePolicy(head_bytes=True),
        "TypeError: head_bytes must be an int, not bool",
    ),
    (
        lambda: TextCapturePolicy(redact="yes"),  # type: ignore[arg-type]
        "TypeError: redact must be a bool, not str",
    ),
    (
        lambda: redact_text(b"till"),  # type: ignore[arg-type]
        "TypeError: text must be str, not bytes; decode it first",
    ),
    (
        lambda: redact_command(["till", 5]),  # type: ignore[list-item]
        "TypeError: args[1] must be str, not int; give its str()",
    ),
    (
        lambda: redact_command({"till"}),  # type: ignore[call-overload]
        "TypeError: args must be a list or tuple of str, or a str, not set; give it as list(args)",
    ),
    (
        lambda: sanitize_error({}, secrets="hunter2-of-the-till"),
        "TypeError: secrets must be a list of str, not str",
    ),
    (
        lambda: sanitize_error({}, secrets=[5]),  # type: ignore[list-item]
        "TypeError: secrets[0] must be str, not int",
    ),
    (
        lambda: sanitize_error({}, secrets=["hunter2"]),
        "ValueError: secrets[0] has 7 characters, and 8 are the fewest: shorter ones occur by"
        " chance",
    ),
    (
        lambda: render_failure_text({}, attachments=any_of),
        "TypeError: attachments must be a list of CaptureResult or mappings, not SimpleNamespace",
    ),
    (
        lambda: render_failure_text({}, terminal_artifact_reads=any_of),
        "TypeError: terminal_artifact_reads must be a mapping, not SimpleNamespace",
    ),
    (
        lambda: render_failure_text({}, max_chars=19),
        "ValueError: max_chars must be 20 or more, not 19",
    ),
    (
        lambda: classify_known_stderr_warnings(any_of),
        "TypeError: text must be str, not SimpleNamespace",
    ),
    (lambda: normalize_agent_path(any_of), "TypeError: path must be str, not SimpleNamespace"),
    (
        lambda: read("nowhere.jsonl"),
        "FileNotFoundError: [Errno 2] no such tree of runs or history file: 'nowhere.jsonl'",
    ),
    (lambda: read(target_slug=5), "TypeError: target_slug must be str, not int"),
    (
        lambda: read(target_slug="a/b"),
        "ValueError: target_slug must be one path component, not 'a/b'",
    ),
    (lambda: read(repo_input=5), "TypeError: repo_input must be str, not int"),
    (
        lambda: read(embed="full"),
        "ValueError: embed must be one of none, definitions, prompt, all, not 'full'",
    ),
    (lambda: read(on_loss=5), "TypeError: on_loss must be callable, not int"),
    (
        lambda: read(executor=5),
        "TypeError: executor must be a concurrent.futures.Executor, not int",
    ),
    (
        on_threads,
        "TypeError: executor goes with a tree of runs, not with a history file (history.jsonl)",
    ),
    (
        interrupted,
        "RuntimeError: an exception has ended this read; what follows was not read: make a new"
        " reader for it",
    ),
    (
        lambda: iter_run_dirs(FILE),
        "NotADirectoryError: [Errno 20] a tree of runs is a directory: 'history.jsonl'",
    ),
    (
        lambda: load_run_record(f"{TREE}/target_a", runs_dir=TREE),
        "ValueError: run_dir must be <target_slug>/<timestamp>/<agent>/<seed> below runs, not"
        " runs/target_a",
    ),
    (
        lambda: write_report_history_jsonl(OUT),  # type: ignore[call-overload]
        "TypeError: give records to write, or out_path to compile to; neither is given",
    ),
    (
        lambda: compiled(records=[], out_path=OUT),
        "TypeError: give records to write, or out_path to compile to; both are given",
    ),
    (
        lambda: write_report_history_jsonl(OUT, [], embed="all"),  # type: ignore[call-overload]
        "TypeError: embed goes with out_path, not with records",
    ),
    (
        lambda: write({}),
        "TypeError: records must be an iterable of mappings, such as a list, not dict",
    ),
    (lambda: write([[]]), "TypeError: record 1: a record must be a mapping, not list"),
    (lambda: group_failures([[]]), "TypeError: record 1: a record must be a mapping, not list"),  # type: ignore[list-item]
    (
        lambda: failure_fingerprint({}, version=2),
        "ValueError: version must be one of [1], not 2",
    ),
    (
        lambda: write([{"run_rel": "a/b", "at": any_of}]),
        "TypeError: record 1 (a/b): SimpleNamespace has no JSON form; make it text, a number, a"
        " list or a dict (at JSON Pointer '/at')",
    ),
    (
        lambda: write([{}, {"a": {5: 1}}]),
        "TypeError: record 2: a key must be str, not int (at JSON Pointer '/a')",
    ),
    (
        lambda: write([{"a": cyclic()}]),
        "TypeError: record 1: a value contains itself; leave it out (at JSON Pointer '/a/0')",
    ),
    (
        lambda: write([{"n": 10**4300}]),
        "TypeError: record 1: an integer has more than 4300 digits; make it text (at JSON Pointer"
        " '/n')",
    ),
    (
        lambda: write([{"a": nested(1_000)}]),
        "TypeError: record 1: a value is nested more than 900 levels deep; make it text (at JSON"
        f" Pointer '/a{'/0' * 899}')",
    ),
    (
        lambda: write([{"a": "x" * 67_108_864}]),
        "TypeError: record 1: its line has 67,108,873 bytes; at most 67,108,864 are read:"
        " shorten it",
    ),
    (
        lambda: write([{"a": [[1] * 10_000] * 10_000}]),
        "TypeError: record 1: it holds more values than 67,108,864 bytes have room for: shorten it",
    ),
    (
        lambda: write([{"k" * 100_000: [math.nan] * 1_000}]),
        "TypeError: record 1: with its remarks, its line has more than 67,108,864 bytes:"
        " shorten it",
    ),
    (
        lambda: write([], ""),
        "FileNotFoundError: [Errno 2] the path of a history is empty; name a file: ''",
    ),
    (
        lambda: write([], TREE),
        "IsADirectoryError: [Errno 21] a directory; name a file in it: 'runs'",
    ),
    (
        lambda: write([], "fifo"),
        "OSError: [Errno 22] not a regular file, and won't be replaced by one; name another:"
        " 'fifo'",
    ),
    (
        lambda: compiled(out_path=f"{RUN}/x"),
        f"ValueError: {RUN}/x lies in a run directory (<folder>/{RUN}); write it elsewhere",
    ),
    (
        lambda: write(writing_to_itself()),
        "RuntimeError: <folder>/out.jsonl is being written by this thread already; records can't"
        " write where they go",
    ),
    (
        chained_lock,
        "OSError: [Errno 40] its lock is a symbolic link, and not followed; remove the link:"
        " '<folder>/<lock>'",
    ),
    (
        lambda: run_artifacts.absent,
        "AttributeError: module 'run_artifacts' has no attribute 'absent'",
    ),
]


def shown(error: BaseException, folder: Path) -> str:
    said = f"{type(error).__name__}: {error}".replace(os.path.realpath(folder), "<folder>")
    return re.sub(r"\.run_artifacts-[0-9a-f]+\.lock", "<lock>", said)


@pytest.mark.parametrize(("call", "message"), CALLS, ids=[said[:60] for _, said in CALLS])
def test_a_wrong_call_says_what_where_and_what_to_do(
    folder: Path, call: Raises, message: str
) -> None:
    with pytest.raises(Exception) as raised:  # noqa: PT011 - the message is compared below
        call()
    # The error that says what was wrong with a record is shown in place of its cause.
    kind = "TypeError" if message.startswith("TypeError") else type(raised.value).__name__
    assert shown(raised.value, folder).replace("LineTooLong", kind) == message


# What a line that can't be yielded is reported as.
LINES = {
    b"\xff\n": "invalid_utf8: invalid start byte: byte 1 of the line"
    " (history.jsonl line 1, byte 0)",
    b"{}\nx\n": "invalid_json: Expecting value: character 1 of the line"
    " (history.jsonl line 2, byte 3)",
    b'{"n": 1' + b"0" * 4300 + b"}\n": "invalid_json: an integer has more than 4300 digits"
    " (history.jsonl line 1, byte 0)",
    b'{"n": ' + b"[" * 1_000 + b"]" * 1_000 + b"}\n": "invalid_json: nested more than 900 levels"
    " deep (history.jsonl line 1, byte 0)",
    b"[]\n": "not_an_object: a JSON array (history.jsonl line 1, byte 0)",
    b"{}\n" + b" " * 101 + b"\n": "line_too_long: 102 bytes, of which at most 100 are read"
    " (history.jsonl line 2, byte 3)",
    b'{"n": 1\n': "torn_line: it stops before its end: Expecting ',' delimiter: character 8 of the"
    " line (history.jsonl line 1, byte 0)",
    b'{"n": 1': "torn_tail: the last line has no end: Expecting ',' delimiter: character 8 of the"
    " line (history.jsonl line 1, byte 0)",
}


@pytest.mark.parametrize(("data", "message"), LINES.items(), ids=[*LINES.values()])
def test_a_line_that_is_lost_says_why_and_where(data: bytes, message: str) -> None:
    Path(FILE).write_bytes(data)
    losses: list[HistoryLoss] = []
    options: dict[str, Any] = {"max_line_bytes": 100} if b" " * 101 in data else {}
    read(on_loss=losses.append, **options)
    assert [str(loss) for loss in losses] == [message]


def test_a_value_of_a_decoders_own_is_named_by_its_type() -> None:
    losses: list[HistoryLoss] = []
    read(on_loss=losses.append, loads=lambda _: {1})
    assert str(losses[0]) == "not_an_object: a JSON set value (history.jsonl line 1, byte 0)"


def test_a_decoder_that_raises_is_quoted() -> None:
    losses: list[HistoryLoss] = []
    read(on_loss=losses.append, loads=lambda _: {}["absent"])
    assert str(losses[0]) == "invalid_json: KeyError: 'absent' (history.jsonl line 1, byte 0)"


def test_what_is_raised_or_warned_of_says_how_to_go_on() -> None:
    Path(FILE).write_bytes(b'{"n": \n{"n": \n[]\n')
    first = (
        "torn_line: it stops before its end: Expecting value: character 7 of the line"
        " (history.jsonl line 1, byte 0) and 1 more"
    )
    reader = iter_report_history(FILE)
    with pytest.raises(HistoryLoss) as raised:
        next(reader)
    assert raised.value.__notes__ == [f"before it, not read: {first}", ADVICE]
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        assert list(reader) == []
    assert [str(warning.message) for warning in caught] == [f"not read ({ADVICE}): {first}"]


def test_a_run_that_is_lost_says_why() -> None:
    losses: list[HistoryLoss] = []
    os.rename(f"{RUN}/target_ref.json", f"{RUN}/report.json")
    read(TREE, on_loss=losses.append)
    os.rename(f"{RUN}/report.json", f"{RUN}/target_ref.json")
    Path(RUN, "target_ref.json").write_bytes(b"{")
    read(TREE, on_loss=losses.append, repo_input="repo")
    assert [str(loss) for loss in losses] == [
        f"run_without_target_ref: a run directory with files and no target_ref.json ({RUN})",
        "unreadable_file: JSONDecodeError: Expecting property name enclosed in double quotes"
        f" ({RUN}/target_ref.json)",
    ]


# What a capture reports, by the path that is asked for.
PROBLEMS = {
    "binary": "binary_artifact_detected",
    "runs": "not_a_regular_file: is a directory",
    "fifo": "not_a_regular_file: is a FIFO",
    "socket": "not_a_regular_file: is a socket",
    "/dev/null": "not_a_regular_file: is a character device",
    "dangling": "dangling_link",
    "loop": "link_loop: Too many levels of symbolic links",
    "a\0": "invalid_path: holds a NUL",
    "a" * 5_000: "invalid_path: File name too long",
}


@pytest.mark.parametrize(("path", "message"), PROBLEMS.items(), ids=[*PROBLEMS.values()])
def test_what_is_not_captured_says_why(path: str, message: str) -> None:
    assert capture_text_artifact(path).error == message


@pytest.mark.parametrize(
    ("mode", "message"), [(stat.S_IFBLK, "is a block device"), (0o150000, "is of an unknown kind")]
)
def test_what_few_machines_let_a_test_make_is_named_too(mode: int, message: str) -> None:
    assert refusal(os.stat_result((mode, *[0] * 9))).detail == message


def test_what_lies_outside_a_root_says_of_which(folder: Path) -> None:
    problem = capture_text_artifact("binary", root="runs").error
    assert problem == f"outside_root: leads outside {folder}/runs"
    problem = capture_text_artifact("binary", root=FILE).error
    assert problem == f"outside_root: leads outside {folder}/history.jsonl, which is no directory"


def changed(change: Callable[[], object], path: str = "log") -> CaptureResult:
    """Capture a file that changes while it is read."""
    with pytest.MonkeyPatch.context() as patch:
        real = os.fstat
        calls = iter([lambda: None, change])

        def fstat(fd: int) -> os.stat_result:
            next(calls, lambda: None)()
            return real(fd)

        patch.setattr("os.fstat", fstat)
        return capture_text_artifact(path)


CHANGES: dict[str, Callable[[], object]] = {
    "from 4 to 8 bytes": lambda: Path("log").write_bytes(b"12345678"),
    "replaced or removed": lambda: os.unlink("log"),
    "modified": lambda: os.utime("log", (1, 1)),
}


@pytest.mark.parametrize("message", CHANGES)
def test_a_file_that_changes_says_how(message: str) -> None:
    Path("log").write_bytes(b"1234")
    assert changed(CHANGES[message]).error == f"changed_during_read: {message}"


@pytest.mark.skipif(not Path("/proc/self/limits").exists(), reason="no /proc")
def test_a_file_that_reports_another_size_says_so() -> None:
    size = len(Path("/proc/self/limits").read_bytes())
    problem = capture_text_artifact("/proc/self/limits").error
    assert problem == f"changed_during_read: 0 bytes were reported and {size} read"


# How the read of an artifact is reported, by what the artifact holds: `error_message`.
READS = {
    b"[]": "expected an object or null",
    b"\xff": "invalid_utf8: invalid start byte at byte 0",
    b"[": "Expecting value",
    b"1" + b"0" * 4300: "an integer has more than 4300 digits",
    b"[" * 1_000 + b"]" * 1_000: "nested more than 890 levels deep",
}


@pytest.mark.parametrize(("data", "message"), READS.items(), ids=[*READS.values()])
def test_an_artifact_that_is_unreadable_says_why(data: bytes, message: str) -> None:
    Path(RUN, "run_meta.json").write_bytes(data)
    record = load_run_record(RUN, runs_dir=TREE)
    assert record
    (account,) = record["artifact_read_errors"]
    assert (account["path"], account["error_message"]) == ("run_meta.json", message)


# The same for a schema, which is captured as a text first.
SCHEMAS = {
    b"\xff": "[capture_error] UnicodeDecodeError: invalid_utf8: 1 bytes",
    b"\xff\xfe{\0}\0": "[capture_error] UnicodeDecodeError: invalid_utf8: utf-16-le by its byte"
    " order mark",
}


@pytest.mark.parametrize(("data", "message"), SCHEMAS.items(), ids=["utf-8", "utf-16"])
def test_a_schema_that_is_unreadable_says_why(data: bytes, message: str) -> None:
    Path(RUN, "report.schema.json").write_bytes(data)
    (record,) = iter_report_history(TREE)
    assert record["embedded"]["report_schema_json"] == message


def test_what_stands_for_a_value_says_what_it_was() -> None:
    class Hidden:
        def __repr__(self) -> str:
            raise RuntimeError

    found = sanitize_error({"a": cyclic(), "b": nested(201), "c": Hidden()})
    text = json.dumps(found)
    assert '"[contains itself]"' in text
    assert '"[nested more than 200 levels deep]"' in text
    assert '"<Hidden that can\'t be shown>"' in text


def test_an_attachment_of_which_nothing_is_known_says_so() -> None:
    text = render_failure_text(
        {},
        attachments=[{}],
        terminal_artifact_reads={"report.json": {"error_phase": None, "error_type": "x"}, "a": ""},
    )
    assert "(no path) capture_error: nothing recorded" in text
    text = render_failure_text({}, terminal_artifact_reads={"a": ""})
    assert "- a: nothing recorded" in text


# Messages that take a fault to provoke, and the tests that do.
BY_FAULT = {
    "a link changed while it was resolved": "test_paths",
    "a character that no name can have": "test_opening",
    "too_long: more than {} bytes": "test_artifacts",
    "the new file stands, but may not outlast a crash: its folder was not synced": "test_replace",
    "appending needs file locks, which this {} lacks": "test_lock",
    "file system": "test_lock",
    "platform": "test_appending",
    "{}; write the whole file with write_report_history_jsonl": "test_lock",
    "not a regular file, and can't be appended to; name another": "test_append",
    "the system writes nothing, and gives no reason": "test_system",
    "the file was replaced or removed while it was appended to; append again": "test_append",
    "another one has written to it without the lock": "test_append",
    "the append failed ({}), and could not be taken back": "test_append",
    "no file can be made beside it; make its folder writable": "test_appending",
    "it was cut off meanwhile, before byte {}": "test_backwards",
    "it was cut off meanwhile, from {} bytes": "test_artifacts",
    "it was rewritten meanwhile": "test_edges_found",
    "at most {} bytes of it are read": "test_edges_found",
    "it reports no size, and so no end to read from": "test_edges_found",
    "leads to a file that isn't at {} (was it removed?); name another": "test_edges_found",
    "nested deeper than there is room for here, and no thread can be had for it": "test_process",
    "no JSON; while the interpreter shuts down, the decoder can't say where": "test_document",
    "by the process that this one was forked from, which alone goes on with it": "test_process",
    "{} is being {} {}: begin anew here": "test_process",
    "a deeply nested value": "test_process",
    "read or written": "test_process",
    "appended to": "test_process",
    "the tree": "test_process",
    "{} raised {}": "test_errors",
    "it was cut off meanwhile": "test_backwards",
    "nothing before this: {}": "test_backwards",
    "{} is gone": "test_run",
    "{} bytes were reported and {} read": "test_scan",
    "{}; more follows": "test_scan",
    "A worker was killed, or could not start; its standard error may say why.": "test_workers",
    "A worker needs what is imported here, run_artifacts in the same version.": "test_workers",
    "The executor has done neither {} nor what follows it.": "test_workers",
    "a worker has run_artifacts {}: install the same everywhere": "test_workers",
    "{}, and not {}": "test_workers",
    "a worker is in {}: give the tree as an absolute path": "test_workers",
    "a worker converts integers of {}: {}": "test_workers",
    "{} digits, and not {} digits": "test_workers",
    "call sys.set_int_max_str_digits() there too": "test_workers",
    "the executor has handed back {}: it loses some": "test_workers",
    "{} results, and not {}": "test_workers",
    "The executor was shut down, or its work was cancelled.": "test_workers",
}

# Strings of the source with words in them that are no messages: tables, sections, seams, what
# Python says. What is raised or reported in such a module is one all the same.
TABLES = frozenset({"event.py", "formats.py", "names.py", "render.py", "warnings.py"})
TABLES |= {"commands.py", "programs.py", "values.py"}
# What others print, in patterns.
OTHERS = "_causes"
SEAMS = ("[... ", "\n...[", "Traceback ", '  File "')
PYTHONS = frozenset({"Unterminated string", "unexpected end of data", "<no detail available>"})

# Parts of messages with hardly a word of their own, and codes and names, which say nothing alone.
JOINTS = frozenset(
    {"{} ({})", "{} {}", "{}: {}", "{}{}", "{}{} ({})", "{}{} {}", " line {}", ", byte {}"}
    | {"holds {}", "is {}", "{} value"}
)
CODES = frozenset({*losses.Reason.__args__, *filter(None, artifact.STATUS_OF), "read", "parse"})
ERROR_NAME = re.compile(r"[A-Z]\w+Error")
REPORTING = frozenset(
    {"CaptureProblem", "HistoryLoss", "NotOpened", "ReadError", "cut_short", "add_note", "warn"}
)


def texts_of(path: Path) -> Iterator[str]:
    """The texts in a source, ``{}`` for what an f-string puts in; docstrings left out."""
    yield from texts_in(ast.parse(path.read_text(encoding="utf-8")))


def texts_in(top: ast.AST) -> Iterator[str]:
    waiting = [top]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "{}" for part in node.values]
            yield "".join(map(str, parts))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            waiting.extend(ast.iter_child_nodes(node))


def reported(path: Path) -> Iterator[str]:
    """The texts in what a source raises, warns of or reports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        name = ""
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if isinstance(node, ast.Raise) or name in REPORTING:
            yield from texts_in(node)


def messages() -> set[str]:
    """The texts of the package that are messages: all that is reported, and what has words."""
    found = set()
    for path in Path(str(run_artifacts.__file__)).parent.rglob("*.py"):
        found.update(text for text in reported(path) if re.search("[a-z]", text))
        if path.name not in TABLES and path.parent.name != OTHERS:
            found.update(
                text
                for text in texts_of(path)
                if re.search(r"[a-z{}][’']?[a-z]* [a-z{(]", text) and not text.startswith(SEAMS)
            )
    found -= PYTHONS | JOINTS | CODES
    return {text for text in found if not ERROR_NAME.fullmatch(text)}


def test_every_message_of_the_package_is_listed_here() -> None:
    listed = [text for text in texts_of(Path(__file__)) if text not in BY_FAULT]
    missing = []
    for message in sorted(messages() - BY_FAULT.keys()):
        pattern = ".*".join(map(re.escape, message.split("{}")))
        if not any(re.search(pattern, text, re.DOTALL) for text in listed):
            missing.append(message)
    assert missing == []
    assert BY_FAULT.keys() - messages() == set()


def test_no_message_is_so_general_that_any_row_would_show_it() -> None:
    general = {text for text in messages() if len(re.findall("[a-z]", text)) < 6}
    assert sorted(general) == []


@pytest.mark.parametrize(("message", "module"), BY_FAULT.items(), ids=[*BY_FAULT])
def test_a_message_that_takes_a_fault_is_tested_where_the_fault_is_made(
    message: str, module: str
) -> None:
    (found,) = Path(__file__).parent.rglob(f"{module}.py")
    source = " ".join(texts_of(found))
    longest = max(re.split(r"\{\}|[;:,.] ", message), key=len)
    assert longest.strip() in source.replace("\\", "")
