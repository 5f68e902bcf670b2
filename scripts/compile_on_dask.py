"""Compile a tree of runs on a Dask cluster, and hold the file against the one made here.

Workers read the tree under the path that is given, so that path leads to the same tree on each of
their machines; they have this package in the same version. Without an address, a cluster of two
worker processes is started on this machine, and stopped.

    pip install distributed
    python scripts/compile_on_dask.py                  a tree of 2,000 runs, made for it
    python scripts/compile_on_dask.py RUNS_DIR [--address tcp://scheduler:8786]

Exits with 1 where the two files differ. Nothing is left but the compiled file, if `--out` names
one.
"""

from __future__ import annotations

import argparse
import filecmp
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from bench_data import write_tree
from run_artifacts import HistoryLoss, write_report_history_jsonl


def compile_to(path: Path, runs_dir: str, **options: Any) -> tuple[dict[str, int], list[str]]:
    """Compile a tree; return the counts, and what was lost."""
    losses: list[HistoryLoss] = []
    started = time.perf_counter()
    counts = write_report_history_jsonl(runs_dir, out_path=path, on_loss=losses.append, **options)
    took = time.perf_counter() - started
    print(f"{path.stem}: {counts['total']} records, {len(losses)} losses, {took:.2f} s")
    return counts, [str(loss) for loss in losses]


def compile_on(client: Any, runs_dir: str, folder: Path) -> bool:
    """Compile a tree on a cluster and here; say whether the two are the same."""
    here = compile_to(folder / "here.jsonl", runs_dir)
    with client.get_executor() as executor:
        there = compile_to(folder / "cluster.jsonl", runs_dir, executor=executor)
    return here == there and filecmp.cmp(
        folder / "here.jsonl", folder / "cluster.jsonl", shallow=False
    )


def main() -> None:
    """Start or reach the cluster, compile, compare."""
    from distributed import (  # type: ignore[import-not-found,unused-ignore]
        Client,
        LocalCluster,
    )

    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("runs_dir", nargs="?", help="the tree, under one path for each worker")
    parser.add_argument("--address", help="the scheduler's; left out, a local cluster is started")
    parser.add_argument("--out", type=Path, help="keep what the cluster has compiled")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        runs_dir = os.path.abspath(arguments.runs_dir or write_tree(folder / "runs", 2_000))
        if arguments.address:
            with Client(arguments.address) as client:
                same = compile_on(client, runs_dir, folder)
        else:
            with (
                LocalCluster(
                    n_workers=2,
                    threads_per_worker=1,
                    processes=True,
                    dashboard_address=None,
                    local_directory=name,
                ) as cluster,
                Client(cluster) as client,
            ):
                same = compile_on(client, runs_dir, folder)
        if arguments.out:
            shutil.copyfile(folder / "cluster.jsonl", arguments.out)
    if not same:
        sys.exit("what the cluster has compiled differs from what was compiled here")
    print("the same, byte for byte")


if __name__ == "__main__":
    main()
