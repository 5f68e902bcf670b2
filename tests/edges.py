"""Operations of the package, and what can happen in the middle of one.

An operation works in a folder that `prepare` fills, and returns plain values: what it was given
back, and what the folder holds then. What happens meanwhile happens at one of its steps, which are
the instructions that the interpreter executes for it.
"""

from __future__ import annotations

import contextlib
import gc
import json
import os
import resource
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

from run_artifacts import (
    HistoryLoss,
    TextCapturePolicy,
    _process,
    append_report_history_jsonl,
    capture_text_artifact,
    iter_report_history,
    iter_run_artifacts,
    iter_run_dirs,
    load_run_record,
    render_failure_text,
    sanitize_error,
    select_recent_run_dirs,
    write_report_history_jsonl,
)
from support import write_run

OLD = [{"n": number, "status": "ok", "target_slug": "old"} for number in range(3)]
NEW = [{"n": number, "text": "x" * 200, "secret": "no"} for number in range(40)]

RUNS = ("a/20260101T000000Z/codex/0", "a/20260102T000000Z/codex/0", "b/20260101T000000Z/x/1")

#: Bounds that are set so low that what happens beyond them happens here: from how many bytes on a
#: file is hashed beside, and an append is held in a file.
BOUNDS = {
    "run_artifacts._capture.scan._SMALL_BYTES": 2_000,
    "run_artifacts._files.owned._SPOOLED_BYTES": 3_000,
}


def prepare(folder: Path) -> None:
    """Fill a folder: a tree of runs, two of them damaged, and a history, one line of it bad."""
    for number, run_rel in enumerate(RUNS):
        run = write_run(
            folder / "runs",
            run_rel,
            report__json={"n": number},
            run_meta__json={"run_finished_utc": "x"},
            prompt__txt=b"Authorization: Bearer abcdefghijklmnopqrstuvwx\n" * 30,
        )
        (run / "logs").mkdir()
        (run / "logs" / "large.txt").write_bytes(b"line\n" * 3_000)
    (folder / "runs" / RUNS[1] / "report.json").write_bytes(b"{torn")
    (folder / "runs" / "a" / "latest").symlink_to("20260102T000000Z")
    (folder / "runs" / "c" / "20260101T000000Z" / "x" / "0").mkdir(parents=True)
    (folder / "runs" / "c" / "20260101T000000Z" / "x" / "0" / "notes.txt").write_bytes(b"early")
    lines = [json.dumps(record) for record in OLD]
    (folder / "history.jsonl").write_text("\n".join([*lines[:2], "{bad}", lines[2]]) + "\n")


def records() -> Iterator[dict[str, Any]]:
    yield from NEW


def write(folder: Path) -> Any:
    return write_report_history_jsonl(folder / "history.jsonl", records())


def rewrite(folder: Path) -> Any:
    losses: list[HistoryLoss] = []
    history = folder / "history.jsonl"
    reader = iter_report_history(history, on_loss=losses.append)
    return write_report_history_jsonl(history, reader), [loss.args for loss in losses]


def compile_tree(folder: Path) -> Any:
    losses: list[HistoryLoss] = []
    history = folder / "history.jsonl"
    counts = write_report_history_jsonl(folder / "runs", out_path=history, on_loss=losses.append)
    return counts, [loss.args for loss in losses]


def append(folder: Path) -> Any:
    return append_report_history_jsonl(folder / "history.jsonl", NEW[:3])


def append_much(folder: Path) -> Any:
    return append_report_history_jsonl(folder / "new" / "history.jsonl", records())


def read(path: Path, **options: Any) -> Any:
    losses: list[HistoryLoss] = []
    with iter_report_history(path, on_loss=losses.append, **options) as reader:
        return [*reader], [loss.args for loss in losses], reader.tally


def capture(folder: Path, name: str, **policy: Any) -> Any:
    path = folder / "runs" / RUNS[0] / name
    return capture_text_artifact(path, TextCapturePolicy(1_000, **policy), root=folder / "runs")


def list_runs(folder: Path) -> Any:
    losses: list[HistoryLoss] = []
    tree = folder / "runs"
    found = [*iter_run_dirs(tree, on_loss=losses.append)]
    newest = select_recent_run_dirs(tree, repo_input="repo", limit=2, on_loss=losses.append)
    return (
        found,
        newest,
        load_run_record(tree / RUNS[0], runs_dir=tree),
        [loss.args for loss in losses],
    )


ERROR = {
    "type": "AgentError",
    "message": "token=ghp_0123456789abcdefghijABCDEFGHIJ012345 refused \ud800",
    "details": [{"exit_code": 1, "ratio": float("nan")}, ("a", b"b")],
}

#: By name: what is done in a folder.
OPERATIONS: dict[str, Callable[[Path], Any]] = {
    "write": write,
    "rewrite": rewrite,
    "compile": compile_tree,
    "append": append,
    "append much": append_much,
    "read": lambda folder: read(folder / "history.jsonl"),
    "read last": lambda folder: read(folder / "history.jsonl", last=2),
    "read tree": lambda folder: read(folder / "runs", embed="all"),
    "read newest": lambda folder: read(folder / "runs", last=1),
    "capture": lambda folder: capture(folder, "report.json"),
    "capture redacted": lambda folder: capture(folder, "prompt.txt", redact=True),
    "capture large": lambda folder: capture(folder, "logs/large.txt", max_line_count=10),
    "sweep": lambda folder: [*iter_run_artifacts(folder / "runs" / "a")],
    "list": list_runs,
    "sanitize": lambda _: sanitize_error(ERROR),
    "render": lambda folder: render_failure_text(
        ERROR, attachments=[capture(folder, "prompt.txt")], status="error", agent="codex"
    ),
}

READERS = frozenset(OPERATIONS) - {"write", "rewrite", "compile", "append", "append much"}


def content(folder: Path) -> dict[str, bytes]:
    """The files of a folder, by path, and what they hold, without the folder's own name."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file())
    name = os.fsencode(folder)
    return {
        str(path.relative_to(folder)): path.read_bytes().replace(name, b"<folder>")
        for path in found
    }


def perform(name: str, folder: Path, steps: Steps | None = None) -> str:
    """Perform an operation; return what it gave as text, without the folder's own name."""
    with steps or contextlib.nullcontext():
        result = OPERATIONS[name](folder)
    return repr(result).replace(str(folder), "<folder>")


class Steps:
    """The steps of what is performed in the block, in this thread; at some of them, something.

    What writes asks first which process this is; its steps are those from where it looks for its
    target on.
    """

    def __init__(self, name: str, acts: dict[int, Callable[[], None]] | None = None) -> None:
        self.count = 0
        self._acts = acts or {}
        self._begun = name in READERS

    def __enter__(self) -> Self:
        self._outer = sys.gettrace()
        # Python 3.12 looks once, when it begins to trace, whether anyone wants instructions.
        sys._getframe().f_trace_opcodes = True
        sys.settrace(self._trace)
        return self

    def __exit__(self, *_: object) -> None:
        sys.settrace(self._outer)

    def _trace(self, frame: Any, event: str, _argument: object) -> Any:
        path, name = frame.f_code.co_filename, frame.f_code.co_name
        if "pytest" in path or (path == __file__ and name in ("__exit__", "perform")):
            return None
        if name == "call" and path == _process.__file__:  # where no signal handler runs
            return None
        frame.f_trace_opcodes = True
        self._begun |= name == "resolve_target"
        if event == "opcode" and self._begun:
            act = self._acts.get(self.count)
            self.count += 1
            if act is not None:
                act()
        return self._trace


class Boom(Exception):
    """An exception that a child, or a signal handler, raises."""


def leave(way: str) -> None:
    """Leave by a way out: an exit, an exception, or not at all."""
    if way == "exit":
        sys.exit(0)
    if way == "raise":
        raise Boom


class Forking:
    """Forks a child, which goes on by a way out and says in the end what it came to."""

    def __init__(self, way: str, *, wait: bool) -> None:
        self._way = way
        self._wait = wait
        self.child: int | None = None

    def __call__(self) -> None:
        self.child = os.fork()
        if self.child == 0:
            signal.alarm(20)  # one that hangs is killed
            leave(self._way)
        elif self._wait:
            self.join()

    def join(self) -> None:
        if self.child:
            child, self.child = self.child, None
            assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0, "the child failed"

    @contextlib.contextmanager
    def child_ends(
        self, expected: str, *errors: type[BaseException], said: str | None = None
    ) -> Iterator[list[str]]:
        """End a child that comes out of the block; what it was given must be right, or say so."""
        given: list[str] = []
        code = 1
        try:
            yield given
            is_said = said is not None and any(said in result for result in given)
            code = 0 if is_said or given in ([], [expected]) else 2
        except (Boom, SystemExit, *errors):
            if self.child != 0:
                raise
            code = 0
        except RuntimeError as error:
            if self.child != 0:
                raise
            code = "which alone goes on with it" not in str(error)
        finally:
            if self.child == 0:
                sys.settrace(None)
                gc.collect()
                os._exit(code)


@contextlib.contextmanager
def few_descriptors(free: int) -> Iterator[None]:
    """Have no more than so many descriptors free in the block."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = os.dup(0)
    os.close(lowest)
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + free, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@contextlib.contextmanager
def beside(name: str, folder: Path) -> Iterator[None]:
    """Perform an operation on another thread, again and again while the block runs."""
    ended = threading.Event()

    def work() -> None:
        while not ended.is_set():
            with contextlib.suppress(OSError, HistoryLoss):  # no descriptor is free
                perform(name, folder)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
