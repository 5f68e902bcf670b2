"""Measure what the library costs on top of the bare work that it can't do without.

Each row is a ratio: the library's time divided by that of bare calls of the standard library on
the same data, the two taken in turn within one run, so that a noisy machine slows both. The median
of the rounds is what counts; the quartiles beside it show the spread. The data is seeded and made
by this script. Nothing is asserted but that both sides read or write the same.

    python scripts/bench.py            every row, in a few minutes
    python scripts/bench.py --quick    every row on little data: that it runs, not how fast
    python scripts/bench.py --peers    other libraries on the same files, in place of our rows
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import sys
import tempfile
import timeit
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any
from unittest import mock

from bench_data import (
    ENDS,
    SCHEMA_NAME,
    TEXT_NAMES,
    bare_compile,
    bare_digest,
    bare_read,
    bare_read_lines,
    bare_walk,
    bare_write_lines,
    failed_error,
    large_record,
    lines_of_log,
    own_record,
    small_record,
    write_log,
    write_tree,
)
from bench_peers import make_environment, print_peers
from bench_processes import (
    CAPTURES,
    FILTERS,
    HASHES,
    IDLE,
    PEAK,
    peak_kib,
    seconds_of_import,
    standard_modules_of,
)
from run_artifacts import (
    TextCapturePolicy,
    capture_text_artifact,
    failure_fingerprint,
    iter_report_history,
    iter_run_artifacts,
    sanitize_error,
    write_report_history_jsonl,
)
from run_artifacts._causes import name as names

# What is hostile to a rule stands beside its tests.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    large_bytes: int
    files: int
    lines_bytes: int
    records: int
    runs: int
    rounds: int
    calls: int


FULL = Scale(
    200_000_000,
    files=1_000,
    lines_bytes=20_000_000,
    records=10**6,
    runs=2_000,
    rounds=25,
    calls=400,
)
QUICK = Scale(4_000_000, files=20, lines_bytes=200_000, records=5_000, runs=30, rounds=3, calls=5)


@dataclass(frozen=True, slots=True)
class Row:
    """Two ways to do the same, how often a round calls each, and whether both did it."""

    name: str
    bar: str
    ours: Callable[[], object]
    bare: Callable[[], object]
    calls: int
    agree: Callable[[], bool]


def capture_rows(folder: Path, scale: Scale) -> Iterator[Row]:
    """Write artifacts, and say what is measured on them."""
    root = str(folder)
    small = write_log(folder / "agent_stderr.txt", 8_192)
    nested = write_log(folder / "logs" / "agent_stderr.txt", 8_192)
    large = write_log(folder / "large.txt", scale.large_bytes)
    wide = write_log(folder / "wide.txt", scale.large_bytes, "utf-16-le")
    run = str(folder / "run")
    for number in range(scale.files):
        write_log(Path(run) / f"{number:05}.txt", 8_192)

    def row(
        name: str,
        bar: str,
        path: str,
        calls: int = 1,
        bare: Callable[[str], str] = bare_read,
        **options: str,
    ) -> Row:
        capture = partial(capture_text_artifact, path, **options)
        return Row(
            name,
            bar,
            capture,
            partial(bare, path),
            calls,
            lambda: capture().artifact.sha256 == bare(path),
        )

    yield row("8 KB artifact / open, read, sha256, decode", "1.6", small, scale.calls)
    yield row("the same below a root", "1.8", small, scale.calls, root=root)
    yield row("the same in a folder below a root", "", nested, scale.calls, root=root)
    yield Row(
        f"{scale.files:,} artifacts of a run / os.walk and the same",
        "",
        lambda: list(iter_run_artifacts(run)),
        partial(bare_walk, run),
        1,
        lambda: [item.artifact.sha256 for item in iter_run_artifacts(run)] == bare_walk(run),
    )
    megabytes = scale.large_bytes // 1_000_000
    name = f"{megabytes} MB artifact / hashlib.file_digest"
    yield row(name, "1.10", large, bare=bare_digest)
    yield row("the same in UTF-16", "", wide, bare=bare_digest)


def read_lines(path: str, **options: Any) -> int:
    """Read every record of a file."""
    number = 0
    for number, _ in enumerate(iter_report_history(path, **options), start=1):  # noqa: B007
        pass
    return number


def history_rows(folder: Path, scale: Scale) -> Iterator[Row]:
    """Write histories, and say what is measured on them."""
    ours, bare = str(folder / "ours.jsonl"), str(folder / "bare.jsonl")

    def write_row(name: str, bar: str, records: list[Any]) -> Row:
        writes = partial(write_report_history_jsonl, ours, records)
        bare_writes = partial(bare_write_lines, bare, records)

        def agree() -> bool:
            writes(), bare_writes()
            with open(ours, "rb") as one, open(bare, "rb") as other:
                # What we say in addition is all in the remarks.
                return all(
                    {**json.loads(line), "_remarks": []} == {**json.loads(same), "_remarks": []}
                    for line, same in zip(one, other, strict=True)
                )

        return Row(name, bar, writes, bare_writes, 1, agree)

    for size, make, most in (("10 KB", large_record, "1.10"), ("40-byte", small_record, "1.35")):
        path = str(folder / f"{size}.jsonl")
        some = [make(number) for number in range(10)]
        bare_write_lines(path, some)
        each = os.path.getsize(path) / len(some)
        count = int(scale.lines_bytes / each) // (1 if size == "10 KB" else 10)
        bare_write_lines(path, map(make, range(count)))
        yield Row(
            f"{count:,} records of {size} read / json.loads of each line",
            "1.10",
            partial(read_lines, path),
            partial(bare_read_lines, path, mode="rb"),
            1,
            partial(agreeing, path),
        )
        yield Row(
            "the same read / json.loads of each line of a text file",
            "",
            partial(read_lines, path),
            partial(bare_read_lines, path, encoding="utf-8", newline="\n"),
            1,
            partial(agreeing, path),
        )
        with open(path, "rb") as file:
            parsed = [json.loads(line) for line in file]
        yield write_row("the same written / json.dumps, write and one fsync", most, parsed)
    own = [own_record(number) for number in range(scale.lines_bytes // 10_000)]
    yield write_row("10 KB records of a caller's own objects written / the same", "1.6", own)
    yield last_row(folder, scale)


def tree_rows(folder: Path, scale: Scale) -> Iterator[Row]:
    """Write a tree of runs, and say what is measured on it."""
    tree = write_tree(folder / "runs", scale.runs)
    ours, bare = str(folder / "compiled.jsonl"), str(folder / "bare.jsonl")

    def agree() -> bool:
        write_report_history_jsonl(tree, out_path=ours)
        bare_compile(tree, bare)
        return all(
            record["run_dir"] == same["run_dir"]
            and record["report"] == same["report.json"]
            and list(record["embedded"].values())
            == [same[name] for name in (*TEXT_NAMES, SCHEMA_NAME)]
            for record, same in zip(
                iter_report_history(ours), iter_report_history(bare), strict=True
            )
        )

    yield Row(
        f"{scale.runs:,} runs compiled with definitions / list, read, parse, hash, dump",
        "1.3",
        partial(write_report_history_jsonl, tree, out_path=ours),
        partial(bare_compile, tree, bare),
        1,
        agree,
    )


def fingerprint_rows(folder: Path, scale: Scale) -> Iterator[Row]:
    """Say what is measured on the names of failures; those of a tree are left out for once."""
    errors = [failed_error(number) for number in range(40)]
    known = vars(names)["_known"]  # the parts that were met
    yield Row(
        "40 errors of 500 characters fingerprinted / json.dumps",
        "20",
        lambda: [failure_fingerprint(error) for error in errors],
        lambda: [json.dumps(error) for error in errors],
        scale.calls // 5,
        lambda: len({failure_fingerprint(error).id for error in errors}) == len(ENDS),
    )
    yield Row(
        "the same, with no part that was met before",
        "20",
        lambda: [known.clear() or failure_fingerprint(error) for error in errors],
        lambda: [json.dumps(error) for error in errors],
        scale.calls // 5,
        lambda: True,
    )
    log = "".join(islice(lines_of_log(random.Random(1)), 20_000))[: 1 << 20]  # noqa: S311 - data
    large = {**errors[0], "stderr": log + str(errors[0]["stderr"])}
    yield Row(
        "an error of 1 MiB fingerprinted / json.dumps",
        "",
        partial(failure_fingerprint, large),
        partial(json.dumps, large),
        scale.calls // 5,
        lambda: failure_fingerprint(large) == failure_fingerprint(errors[0]),
    )
    tree = write_tree(folder / "failed", scale.runs, all_failed=True)
    out = partial(write_report_history_jsonl, tree, out_path=str(folder / "failed.jsonl"))

    def unnamed() -> None:
        with mock.patch("run_artifacts._history.run.failure_of", return_value=None):
            out()

    yield Row(
        f"{scale.runs:,} failed runs compiled / without their key failure",
        "1.25",
        out,
        unnamed,
        1,
        lambda: True,
    )


def failure_rows(folder: Path, scale: Scale) -> Iterator[Row]:
    """Say what is measured on errors and redaction."""
    error = {
        **large_record(1),
        "type": "AgentExecFailed",
        "exit_code": 1,
        "stderr": "".join(islice(lines_of_log(random.Random(1)), 200)),  # noqa: S311 - data
    }
    yield Row(
        "a 20 KB error sanitized / json.dumps and json.loads",
        "2",
        partial(sanitize_error, error),
        lambda: json.loads(json.dumps(error)),
        scale.calls // 5,
        lambda: sanitize_error(error) == json.loads(json.dumps(error)),
    )
    yield Row(
        "the same without redaction",
        "",
        partial(sanitize_error, error, redact=False),
        lambda: json.loads(json.dumps(error)),
        scale.calls // 5,
        lambda: sanitize_error(error, redact=False) == json.loads(json.dumps(error)),
    )
    path = write_log(folder / "agent_stdout.txt", 8_192)
    plain, redacting = TextCapturePolicy(), TextCapturePolicy(redact=True)
    yield Row(
        "8 KB artifact with redaction / without",
        "2.5",
        partial(capture_text_artifact, path, redacting),
        partial(capture_text_artifact, path, plain),
        scale.calls,
        lambda: same_text(path, redacting, plain),
    )


def same_text(path: str, *policies: TextCapturePolicy) -> bool:
    """Say whether captures under several policies hold the same text."""
    excerpts = [capture_text_artifact(path, policy).excerpt for policy in policies]
    return len({excerpt.text() for excerpt in excerpts if excerpt}) == 1


def agreeing(path: str) -> bool:
    """Say whether a file is read as a bare loop reads it."""
    with open(path, "rb") as file:
        return list(iter_report_history(path)) == [json.loads(line) for line in file]


def last_row(folder: Path, scale: Scale) -> Row:
    """Measure reading from the end of a large history against reading it all."""
    path = str(folder / "long.jsonl")
    lines = [json.dumps(large_record(number)) + "\n" for number in range(100)]
    with open(path, "w", encoding="utf-8") as file:
        while file.tell() < scale.large_bytes:
            file.writelines(lines)
    return Row(
        f"last=10 of {scale.large_bytes // 1_000_000} MB / a full read",
        "0.001",
        partial(read_lines, path, last=10),
        partial(read_lines, path),
        1,
        lambda: (
            list(iter_report_history(path, last=10)) == [json.loads(line) for line in lines[-10:]]
        ),
    )


def ratios_of(row: Row, rounds: int) -> tuple[list[float], float]:
    """Time both sides in turn; return the ratio of each round, and the bare side's seconds."""
    if not row.agree():
        raise SystemExit(f"{row.name}: the two sides differ")
    ours, bare = timeit.Timer(row.ours), timeit.Timer(row.bare)
    ratios, seconds = [], []
    for place in range(rounds):
        first, second = (bare, ours) if place % 2 else (ours, bare)
        times = first.timeit(row.calls), second.timeit(row.calls)
        took_ours, took_bare = times[::-1] if place % 2 else times
        ratios.append(took_ours / took_bare)
        seconds.append(took_bare / row.calls)
    return ratios, statistics.median(seconds)


def print_imports(folder: Path, rounds: int) -> None:
    """Print how long our import takes, measured against the standard modules that it needs."""
    standard = standard_modules_of("import run_artifacts")
    statement = "import run_artifacts"
    times = [
        (seconds_of_import(statement, str(folder)), seconds_of_import(standard, str(folder)))
        for _ in range(rounds + 1)
    ][1:]
    ratios = [ours / bare for ours, bare in times]
    seconds = statistics.median(bare for _, bare in times)
    print_line("import run_artifacts / the standard modules that it needs", "1.5", ratios, seconds)


def print_gain(folder: Path, scale: Scale) -> None:
    """Print what two processes gain us, measured against what they gain bare loops."""
    tree, out = str(folder / "runs"), str(folder / "compiled.jsonl")
    halves = [str(folder / f"half-{part}.jsonl") for part in (0, 1)]
    with ProcessPoolExecutor(2) as workers:
        compiled = partial(write_report_history_jsonl, tree, out_path=out)
        bare = partial(bare_compile, tree, halves[0])

        def halved() -> None:
            list(workers.map(bare_compile, (tree, tree), halves, (0, 1), (2, 2)))

        ways = (compiled, partial(compiled, executor=workers), bare, halved)
        times = [[timeit.timeit(way, number=1) for way in ways] for _ in range(scale.rounds + 1)]
    gains = [(one / two, bare_one / bare_two) for one, two, bare_one, bare_two in times[1:]]
    seconds = statistics.median(bare_one for *_, bare_one, _ in times[1:])
    name = f"gain of two processes for {scale.runs:,} runs"
    print_line(
        f"{name}: ours / that of two bare loops", ">= 0.8", [x / y for x, y in gains], seconds
    )
    print_line(f"{name}: ours", "", [gain for gain, _ in gains], seconds)
    print_line(f"{name}: that of two bare loops", "", [gain for _, gain in gains], seconds)


def print_all_peers(folder: Path, scale: Scale) -> None:
    """Print how long other libraries take to read files of large and of small records."""
    python = make_environment(folder / "peers")
    for size, make in (("10 KB", large_record), ("40-byte", small_record)):
        path = str(folder / f"{size}.jsonl")
        count = scale.lines_bytes // (10_000 if size == "10 KB" else 400)
        bare_write_lines(path, map(make, range(count)))
        print(f"{count:,} records of {size}, read / json.loads of each line")
        print_peers(python, path, count, scale.rounds)


def print_memory(name: str, bar: str, ours: str, bare: str, path: str) -> None:
    """Print how much more memory one process takes at its peak than another."""
    more = [peak_kib(ours, path) - peak_kib(bare, path) for _ in range(5)]
    low, median, high = (kib / 1_024 for kib in statistics.quantiles(more, n=4))
    print(f"{median:6.2f}  {low:>5.2f}-{high:<5.2f}  {bar:>7}  {'MiB more':>12}  {name}")


def print_ratio(row: Row, rounds: int) -> None:
    """Print a row: the median of its ratios, the quartiles, the bar, the bare side's time."""
    ratios, seconds = ratios_of(row, rounds)
    print_line(row.name, row.bar, ratios, seconds)


def print_line(name: str, bar: str, ratios: list[float], seconds: float) -> None:
    """Print the median and the quartiles of ratios."""
    low, median, high = statistics.quantiles(ratios, n=4)
    if median < 0.1:
        spread, shown = f"{low:.5f}-{high:.5f}", f"{median:.5f}"
    else:
        spread, shown = f"{low:.2f}-{high:.2f}", f"{median:.2f}"
    bare = f"{seconds * 1e6:,.1f} µs"
    print(f"{shown:>6}  {spread:>11}  {bar:>7}  {bare:>12}  {name}", flush=True)


def main() -> None:
    """Print a line for each row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="little data, few rounds")
    parser.add_argument("--peers", action="store_true", help="other libraries instead")
    parser.add_argument("--only", default="", help="only rows whose name holds this")
    arguments = parser.parse_args()
    scale = QUICK if arguments.quick else FULL
    print(f"Python {sys.version.partition(' ')[0]}, {os.cpu_count()} cores, {scale.rounds} rounds")
    print(f"{'ratio':>6}  {'quartiles':>11}  {'at most':>7}  {'bare':>12}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        if arguments.peers:
            print_all_peers(folder, scale)
            return
        if arguments.only in "import":
            print_imports(folder / "bytecode", scale.rounds)
        for rows in (tree_rows, capture_rows, history_rows, failure_rows, fingerprint_rows):
            for row in rows(folder, scale):
                if arguments.only in row.name:
                    print_ratio(row, scale.rounds)
        if not arguments.only or arguments.only in "gain":
            print_gain(folder, scale)
        if Path("/proc/self/status").exists() and not arguments.only:
            capture, bare = PEAK.format(work=CAPTURES), PEAK.format(work=HASHES)
            size = f"{scale.large_bytes // 1_000_000} MB"
            print_memory(f"for {size} than hashlib", "4", capture, bare, str(folder / "large.txt"))
            lines = str(folder / "many.jsonl")
            bare_write_lines(lines, map(small_record, range(scale.records)))
            name = f"to read, filter and write {scale.records:,} records than an idle interpreter"
            print_memory(name, "15.3", PEAK.format(work=FILTERS), IDLE.format(work=""), lines)


if __name__ == "__main__":
    main()
