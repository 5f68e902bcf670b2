"""Measure what the library costs on top of the bare work that it can't do without.

Each row is a ratio: the library's time divided by that of bare calls of the standard library on
the same data, the two taken in turn within one run, so that a noisy machine slows both. The median
of the rounds is what counts; the quartiles beside it show the spread. The data is seeded and made
by this script. Nothing is asserted but that both sides read the same bytes.

    python scripts/bench.py            every row, in half a minute
    python scripts/bench.py --quick    every row on little data: that it runs, not how fast
"""

from __future__ import annotations

import argparse
import hashlib
import os
import random
import statistics
import subprocess
import sys
import tempfile
import timeit
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from run_artifacts import CaptureResult, capture_text_artifact, iter_run_artifacts

# ASCII is the harder case: the bare side decodes it fastest.
WORDS = ("build", "step", "worker", "finished", "started", "retry", "cache", "miss", "hit", "file")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    large_bytes: int
    files: int
    rounds: int
    calls: int


FULL = Scale(large_bytes=200_000_000, files=1_000, rounds=25, calls=400)
QUICK = Scale(large_bytes=4_000_000, files=20, rounds=3, calls=5)


@dataclass(frozen=True, slots=True)
class Row:
    """Two ways to read the same files, and how often a round calls each."""

    name: str
    bar: str
    ours: Callable[[], CaptureResult | list[CaptureResult]]
    bare: Callable[[], str | list[str]]
    calls: int

    def require_agreement(self) -> None:
        """Exit where the two sides have read different bytes."""
        ours, bare = self.ours(), self.bare()
        results = ours if isinstance(ours, list) else [ours]
        digests = bare if isinstance(bare, list) else [bare]
        if [result.artifact.sha256 for result in results] != digests:
            raise SystemExit(f"{self.name}: the two sides read different bytes")


def lines_of_log(chance: random.Random) -> Iterator[str]:
    """Make a log without an end."""
    number = 0
    while True:
        words = " ".join(chance.choices(WORDS, k=chance.randrange(2, 14)))
        yield f"2026-11-22T10:{number // 60 % 60:02}:{number % 60:02}Z {number} {words}\n"
        number += 1


def write_log(path: Path, size_bytes: int, encoding: str = "utf-8") -> str:
    """Write a log of about a size; a large one repeats its first megabytes."""
    lines = lines_of_log(random.Random(path.name))  # noqa: S311 - data, and no secret
    part = bytearray()
    while len(part) < min(size_bytes, 2_000_000):
        part += next(lines).encode(encoding)
    path.parent.mkdir(exist_ok=True)
    with path.open("wb") as file:
        file.write("\ufeff".encode(encoding) if encoding != "utf-8" else b"")
        while (left := size_bytes - file.tell()) > 0:
            file.write(part[:left])
    return str(path)


def bare_read(path: str) -> str:
    """Open, read, hash and decode a file."""
    with open(path, "rb") as file:
        data = file.read()
    data.decode()
    return hashlib.sha256(data).hexdigest()


def bare_digest(path: str) -> str:
    """Hash a file in blocks."""
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def bare_walk(folder: str) -> list[str]:
    """Read every file below a folder, by name."""
    digests = []
    for parent, folders, names in os.walk(folder):
        folders.sort()
        digests += [bare_read(os.path.join(parent, name)) for name in sorted(names)]
    return digests


def rows_in(folder: Path, scale: Scale) -> list[Row]:
    """Write the data, and say what is measured on it."""
    root = str(folder)
    small = write_log(folder / "agent_stderr.txt", 8_192)
    nested = write_log(folder / "logs" / "agent_stderr.txt", 8_192)
    large = write_log(folder / "large.txt", scale.large_bytes)
    wide = write_log(folder / "wide.txt", scale.large_bytes, "utf-16-le")
    run = str(folder / "run")
    for number in range(scale.files):
        write_log(Path(run) / f"{number:05}.txt", 8_192)
    many, megabytes = f"{scale.files:,}", scale.large_bytes // 1_000_000
    capture, bare_small = capture_text_artifact, partial(bare_read, small)
    return [
        Row(
            "8 KB artifact / open, read, sha256, decode",
            "1.6",
            partial(capture, small),
            bare_small,
            scale.calls,
        ),
        Row(
            "the same below a root",
            "1.8",
            partial(capture, small, root=root),
            bare_small,
            scale.calls,
        ),
        Row(
            "the same in a folder below a root",
            "",
            partial(capture, nested, root=root),
            partial(bare_read, nested),
            scale.calls,
        ),
        Row(
            f"{many} artifacts of a run / os.walk and the same",
            "",
            lambda: list(iter_run_artifacts(run)),
            partial(bare_walk, run),
            1,
        ),
        Row(
            f"{megabytes} MB artifact / hashlib.file_digest",
            "1.10",
            partial(capture, large),
            partial(bare_digest, large),
            1,
        ),
        Row("the same in UTF-16", "", partial(capture, wide), partial(bare_digest, wide), 1),
    ]


def ratios_of(row: Row, rounds: int) -> tuple[list[float], float]:
    """Time both sides in turn; return the ratio of each round, and the bare side's seconds."""
    row.require_agreement()
    ours, bare = timeit.Timer(row.ours), timeit.Timer(row.bare)
    ratios, seconds = [], []
    for place in range(rounds):
        first, second = (bare, ours) if place % 2 else (ours, bare)
        times = first.timeit(row.calls), second.timeit(row.calls)
        took_ours, took_bare = times[::-1] if place % 2 else times
        ratios.append(took_ours / took_bare)
        seconds.append(took_bare / row.calls)
    return ratios, statistics.median(seconds)


PEAK = """
import re, sys
import hashlib
from run_artifacts import capture_text_artifact
{work}
print(re.search(r"VmHWM:\\s+(\\d+) kB", open("/proc/self/status").read())[1])
"""
CAPTURES = "capture_text_artifact(sys.argv[1])"
HASHES = 'hashlib.file_digest(open(sys.argv[1], "rb"), "sha256")'


def peak_kib(work: str, path: str) -> int:
    """Return the peak memory of a process that does one thing, in KiB.

    Linux alone tells it: what ``getrusage`` says of a child begins with its parent's size.
    """
    command = [sys.executable, "-c", PEAK.format(work=work), path]
    return int(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main() -> None:
    """Print a line for each row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="little data, few rounds")
    scale = QUICK if parser.parse_args().quick else FULL
    print(f"Python {sys.version.partition(' ')[0]}, {os.cpu_count()} cores, {scale.rounds} rounds")
    print(f"{'ratio':>6}  {'quartiles':>11}  {'at most':>7}  {'bare':>12}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for row in rows_in(folder, scale):
            ratios, seconds = ratios_of(row, scale.rounds)
            low, median, high = statistics.quantiles(ratios, n=4)
            spread = f"{low:.2f}-{high:.2f}"
            bare = f"{seconds * 1e6:,.1f} µs"
            print(f"{median:6.2f}  {spread:>11}  {row.bar:>7}  {bare:>12}  {row.name}")
        if Path("/proc/self/status").exists():
            large = str(folder / "large.txt")
            more = [peak_kib(CAPTURES, large) - peak_kib(HASHES, large) for _ in range(5)]
            low, median, high = (kib / 1_024 for kib in statistics.quantiles(more, n=4))
            print(f"{median:6.2f}  {low:.2f}-{high:.2f} MiB more memory for it, at most 4")


if __name__ == "__main__":
    main()
