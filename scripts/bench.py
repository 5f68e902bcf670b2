"""Measure what the library costs on top of the bare work that it can't do without.

Each row is a ratio: the library's time divided by that of bare calls of the standard library on
the same data, the two taken in turn within one run, so that a noisy machine slows both. The median
of the rounds is what counts; the quartiles beside it show the spread. The data is seeded and made
by this script. Nothing is asserted but that both sides read or write the same.

    python scripts/bench.py            every row, in a minute or two
    python scripts/bench.py --quick    every row on little data: that it runs, not how fast
"""

from __future__ import annotations

import argparse
import enum
import hashlib
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import timeit
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from run_artifacts import (
    TextCapturePolicy,
    capture_text_artifact,
    iter_report_history,
    iter_run_artifacts,
    sanitize_error,
    write_report_history_jsonl,
)
from run_artifacts._formats import FORMATS
from run_artifacts._redact import CALLER_RULE, RULES, Redactor

# What is hostile to a rule stands beside its tests.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from tokens import NEARLY  # type: ignore[import-not-found]

# ASCII is the harder case: the bare side decodes it fastest.
WORDS = ("build", "step", "worker", "finished", "started", "retry", "cache", "miss", "hit", "file")


@dataclass(frozen=True, slots=True)
class Scale:
    """How much is measured."""

    large_bytes: int
    files: int
    lines_bytes: int
    records: int
    rounds: int
    calls: int


FULL = Scale(200_000_000, files=1_000, lines_bytes=20_000_000, records=10**6, rounds=25, calls=400)
QUICK = Scale(4_000_000, files=20, lines_bytes=200_000, records=5_000, rounds=3, calls=5)


@dataclass(frozen=True, slots=True)
class Row:
    """Two ways to do the same, how often a round calls each, and whether both did it."""

    name: str
    bar: str
    ours: Callable[[], object]
    bare: Callable[[], object]
    calls: int
    agree: Callable[[], bool]


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


def small_record(number: int) -> dict[str, Any]:
    """Make a record of about 40 bytes."""
    return {"n": number, "status": "ok", "seed": number % 9}


def large_record(number: int) -> dict[str, Any]:
    """Make a record of about 10 KB: metadata, a report of many small values, embedded texts."""
    chance = random.Random(number)  # noqa: S311 - data, and no secret

    def text(words: int) -> str:
        return " ".join(chance.choices(WORDS, k=words))

    steps = [
        {"name": text(1), "number": place, "seconds": chance.random(), "ok": True, "note": text(5)}
        for place in range(20)
    ]
    return {
        "run_rel": f"target/20260101T000000Z/agent/{number}",
        "status": "ok",
        "agent_exit_code": None,
        "target_ref": {"repo_input": "https://example.org/repo", "ref": text(1)},
        "report": {"summary": text(40), "steps": steps},
        "error": None,
        "embedded": {f"text_{place}": text(220) for place in range(5)},
        "_remarks": [],
    }


class Level(enum.IntEnum):
    """What a program has in its records that no JSON gives."""

    HIGH = 3


def own_record(number: int) -> dict[str, Any]:
    """Make the same of what a caller may have: a tuple, an enumeration, a mapping in order."""
    record = large_record(number)
    steps = record["report"].pop("steps")
    return OrderedDict(record, level=Level.HIGH, report=OrderedDict(steps=steps, sizes=(1, 2.5)))


def bare_read_lines(path: str) -> int:
    """Parse every line of a file."""
    number = 0
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):  # noqa: B007 - counted
            json.loads(line)
    return number


def read_lines(path: str, **options: Any) -> int:
    """Read every record of a file."""
    number = 0
    for number, _ in enumerate(iter_report_history(path, **options), start=1):  # noqa: B007
        pass
    return number


def bare_write_lines(path: str, records: Iterable[dict[str, Any]]) -> None:
    """Write records as lines, and make the file durable."""
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        file.flush()
        os.fsync(file.fileno())


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
            partial(bare_read_lines, path),
            1,
            partial(agreeing, path),
        )
        with open(path, "rb") as file:
            parsed = [json.loads(line) for line in file]
        yield write_row("the same written / json.dumps, write and one fsync", most, parsed)
    own = [own_record(number) for number in range(scale.lines_bytes // 10_000)]
    yield write_row("10 KB records of a caller's own objects written / the same", "1.6", own)
    yield last_row(folder, scale)


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
        "",
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
        "",
        partial(capture_text_artifact, path, redacting),
        partial(capture_text_artifact, path, plain),
        scale.calls,
        lambda: same_text(path, redacting, plain),
    )


def same_text(path: str, *policies: TextCapturePolicy) -> bool:
    """Say whether captures under several policies hold the same text."""
    excerpts = [capture_text_artifact(path, policy).excerpt for policy in policies]
    return len({excerpt.text() for excerpt in excerpts if excerpt}) == 1


def print_hostile(scale: Scale) -> None:
    """Print for each rule how long it takes over the text that is the slowest for it."""
    size = scale.large_bytes // 190  # of the full scale a little more than 1 MiB
    for rule in RULES:
        hints = {hint for made in FORMATS if made.rule == rule for hint in made.hints}
        texts = hostile_texts(hints, size)
        redactor = Redactor()
        if rule == CALLER_RULE:
            redactor = Redactor(["Ab" * 8, 'quote"and\\back' * 20])
            units = ("Ab", 'quote"', '\\"quote', "\\", "\\u005c")
            texts = [(unit * size)[:size] for unit in units]
        if texts:
            slowest = max(texts, key=lambda text: seconds_of(redactor, text))
            times = [seconds_of(redactor, slowest) for _ in range(scale.rounds)]
            low, median, high = statistics.quantiles(times, n=4)
            name = f"{rule} over {size / 2**20:.2f} MiB of {slowest[:24]!r}..."
            print(f"{median:6.3f}  {low:>5.2f}-{high:<5.2f}  {'0.5':>7}  {'seconds':>12}  {name}")


def seconds_of(redactor: Redactor, text: str) -> float:
    """Return how long the secrets of a text take to be replaced."""
    return timeit.timeit(lambda: redactor.text(text), number=1)


def hostile_texts(hints: set[str], size: int) -> list[str]:
    """Return texts of what nearly matches a format, as often as it can, and ends as it must."""
    units = [unit for unit in NEARLY if any(hint[:2] in unit.lower() for hint in hints)]
    return [(unit * size)[: size - 60] + f" {hint} " for unit in [*units, "a"] for hint in hints]


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


def print_memory(name: str, bar: str, ours: str, bare: str, path: str) -> None:
    """Print how much more memory one process takes at its peak than another."""
    more = [peak_kib(ours, path) - peak_kib(bare, path) for _ in range(5)]
    low, median, high = (kib / 1_024 for kib in statistics.quantiles(more, n=4))
    print(f"{median:6.2f}  {low:>5.2f}-{high:<5.2f}  {bar:>7}  {'MiB more':>12}  {name}")


def print_ratio(row: Row, rounds: int) -> None:
    """Print a row: the median of its ratios, the quartiles, the bar, the bare side's time."""
    ratios, seconds = ratios_of(row, rounds)
    low, median, high = statistics.quantiles(ratios, n=4)
    if median < 0.1:
        spread, shown = f"{low:.5f}-{high:.5f}", f"{median:.5f}"
    else:
        spread, shown = f"{low:.2f}-{high:.2f}", f"{median:.2f}"
    bare = f"{seconds * 1e6:,.1f} µs"
    print(f"{shown:>6}  {spread:>11}  {row.bar:>7}  {bare:>12}  {row.name}", flush=True)


def main() -> None:
    """Print a line for each row."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--quick", action="store_true", help="little data, few rounds")
    parser.add_argument("--only", default="", help="only rows whose name holds this")
    arguments = parser.parse_args()
    scale = QUICK if arguments.quick else FULL
    print(f"Python {sys.version.partition(' ')[0]}, {os.cpu_count()} cores, {scale.rounds} rounds")
    print(f"{'ratio':>6}  {'quartiles':>11}  {'at most':>7}  {'bare':>12}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for rows in (capture_rows, history_rows, failure_rows):
            for row in rows(folder, scale):
                if arguments.only in row.name:
                    print_ratio(row, scale.rounds)
        if not arguments.only or arguments.only in "seconds":
            print_hostile(scale)
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
