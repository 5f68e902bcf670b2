"""What several test modules call: run directories, and processes of their own."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

from run_artifacts._secrets.redact import Redactor

#: The encodings of texts, and the byte order mark of each.
BOMS = {
    "utf-8": b"",
    "utf-8-sig": b"\xef\xbb\xbf",
    "utf-16-le": b"\xff\xfe",
    "utf-16-be": b"\xfe\xff",
    "utf-32-le": b"\xff\xfe\0\0",
    "utf-32-be": b"\0\0\xfe\xff",
}

#: Source of a function that returns the peak memory of its process. Linux alone tells it: what
#: getrusage says of a child begins with the size of its parent.
PEAK_KIB = """
def peak_kib():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM:"))
"""

#: Source of a function that has a signal handler fork soon, and again after each interval if there
#: is one; it returns a list that the children are added to. The handler returns in a child too.
FORK_AT_ALARM = """
def fork_at_alarm(seconds, interval=0):
    import os, signal
    children = []
    def fork(*_):
        child = os.fork()
        if child:
            children.append(child)
        else:  # one that hangs is killed
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, signal.SIG_DFL)
            signal.alarm(10)
    signal.signal(signal.SIGALRM, fork)
    signal.setitimer(signal.ITIMER_REAL, seconds, interval)
    return children
"""

DEFAULT_RUN = "target_a/20260101T000000Z/codex/0"


def as_escape(character: str) -> str:
    """Return the escape of JSON for a character: one above U+FFFF is two."""
    units = character.encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[start : start + 4]}" for start in range(0, len(units), 4))


def write_run(runs: Path, run_rel: str = DEFAULT_RUN, **artifacts: Any) -> Path:
    """Write a run directory; `report__json=b"..."` writes bytes, any other value its JSON."""
    run = runs / run_rel
    run.mkdir(parents=True, exist_ok=True)
    artifacts.setdefault("target_ref__json", {"repo_input": "repo"})
    for key, value in artifacts.items():
        if value is not None:
            data = value if isinstance(value, bytes) else json.dumps(value).encode()
            (run / key.replace("__", ".")).write_bytes(data)
    return run


def run_python(source: str, *arguments: str, stdin: str | None = None, timeout: float = 30) -> str:
    """Run Python source in a process of its own and return what it prints.

    It has `peak_kib`, `fork_at_alarm`, and what it may need that an unprivileged user can't import.
    """
    preload = "import json, run_artifacts, tempfile\nfrom run_artifacts import *\n"
    preload += PEAK_KIB + FORK_AT_ALARM
    child = subprocess.run(
        [sys.executable, "-c", preload + textwrap.dedent(source), *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert child.returncode == 0, child.stderr
    return child.stdout


def refuse_threads(*_: object) -> int:
    """Start no thread, as a system that grants no more."""
    raise RuntimeError("can't start new thread")


def names(folder: Path) -> list[str]:
    """Return what a folder holds, by name."""
    return sorted(os.listdir(folder))


def redacted(text: str, *secrets: str) -> str:
    """Return a text without its secrets, those of a caller included."""
    return Redactor(secrets).text(text)[0]


def make_socket(path: Path) -> None:
    """Leave a socket under a name."""
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))
