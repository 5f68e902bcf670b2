"""Compile trees of growing size, each in a process of its own: how time, memory and bytes grow.

A run is one of the benchmark's 2,000: some 40 KB in 16 files. The larger trees are links to the
files of those, so that a hundred thousand fit; they lie in ten targets, and each run has a
timestamp of its own. Linux alone tells a process's peak of memory.

    python scripts/scale.py                  2,000, 20,000 and 100,000 runs, in some minutes
    python scripts/scale.py --runs 50 100
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench_data import run_dirs, write_tree

MODELS = 2_000
TARGETS = 10

# What a child does: it prints seconds, and the most KiB that it and each of its workers took.
CHILD = """
import sys, time
from concurrent.futures import ProcessPoolExecutor
from contextlib import nullcontext
from run_artifacts import write_report_history_jsonl

def peak(_):
    with open("/proc/self/status") as status:
        return int(next(line.split()[1] for line in status if line.startswith("VmHWM:")))

tree, out, processes = sys.argv[1], sys.argv[2], int(sys.argv[3])
with ProcessPoolExecutor(processes) if processes > 1 else nullcontext() as executor:
    start = time.perf_counter()
    write_report_history_jsonl(tree, out_path=out, executor=executor)
    took = time.perf_counter() - start
    workers = executor.map(peak, range(100)) if executor else ()
    print(took, peak(0), max(workers, default=0))
"""


def link_tree(folder: Path, models: list[str], runs: int) -> str:
    """Make a tree of runs whose files are links to those of the models."""
    for number in range(runs):
        day, second = divmod(number // TARGETS, 86_400)
        hour, minute = divmod(second // 60, 60)
        time = f"2026{day // 28 + 1:02}{day % 28 + 1:02}T{hour:02}{minute:02}{second % 60:02}Z"
        run = folder / f"target-{number % TARGETS}" / time / "agent" / "0"
        run.mkdir(parents=True)
        with os.scandir(models[number % len(models)]) as files:
            for file in files:
                os.link(file.path, run / file.name)
    return str(folder)


def lines_of(runs: int, models: list[str], folder: Path) -> Iterator[str]:
    """Compile a tree of so many runs with one process and with two; tell how it went."""
    tree = link_tree(folder / f"runs-{runs}", models, runs)
    out = folder / "compiled.jsonl"
    for processes in (1, 2):
        command = [sys.executable, "-c", CHILD, tree, str(out), str(processes)]
        child = subprocess.run(command, capture_output=True, text=True, check=True)
        seconds, peak_kib, worker_kib = map(float, child.stdout.split())
        yield (
            f"{runs:>9,}  {processes:>9}  {seconds:>9.1f}  {seconds / runs * 1e6:>10.0f}"
            f"  {peak_kib / 1_024:>8.1f}  {worker_kib / 1_024:>10.1f}"
            f"  {out.stat().st_size / runs:>10,.0f}"
        )


def main() -> None:
    """Print a line for each size of a tree, and each number of processes."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--runs", type=int, nargs="+", default=[2_000, 20_000, 100_000])
    arguments = parser.parse_args()
    print("     runs  processes    seconds    µs a run  peak MiB  worker MiB  bytes a run")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        models = [*run_dirs(write_tree(folder / "models", min(MODELS, *arguments.runs)))]
        for runs in arguments.runs:
            for line in lines_of(runs, models, folder):
                print(line, flush=True)


if __name__ == "__main__":
    main()
