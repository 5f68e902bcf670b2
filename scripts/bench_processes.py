"""What the benchmark measures in processes of their own: imports, and peaks of memory."""

from __future__ import annotations

import os
import subprocess
import sys

PEAK = """
import hashlib, sys
from run_artifacts import *
{work}
with open("/proc/self/status") as status:
    print(next(line.split()[1] for line in status if line.startswith("VmHWM:")))
"""
IDLE = PEAK.replace("from run_artifacts import *", "")
CAPTURES = "capture_text_artifact(sys.argv[1])"
HASHES = 'hashlib.file_digest(open(sys.argv[1], "rb"), "sha256")'
FILTERS = """
records = iter_report_history(sys.argv[1])
write_report_history_jsonl(sys.argv[1] + ".new", (r for r in records if r["seed"] < 8))
"""


def peak_kib(source: str, path: str) -> int:
    """Return the peak memory of a process that does one thing, in KiB.

    Linux alone tells it: what ``getrusage`` says of a child begins with its parent's size.
    """
    command = [sys.executable, "-c", source, path]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def seconds_of_import(statement: str, folder: str) -> float:
    """Return how long a fresh interpreter takes for imports, their bytecode compiled before."""
    source = f"import time; start = time.perf_counter(); {statement}\n"
    source += "print(time.perf_counter() - start)"
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": folder}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    command = [sys.executable, "-c", source]
    found = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    return float(found.stdout)


def standard_modules_of(statement: str) -> str:
    """Return the import of all standard modules that imports of ours bring."""
    source = (
        f"import sys; before = {{*sys.modules}}; {statement}\nprint(*sys.modules.keys() - before)"
    )
    command = [sys.executable, "-c", source]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return "import " + ", ".join(name for name in found if not name.startswith("run_artifacts"))
