"""What the benchmark measures on, seeded, and the bare work that it measures against."""

from __future__ import annotations

import enum
import hashlib
import json
import os
import random
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

# ASCII is the harder case: the bare side decodes it fastest.
WORDS = ("build", "step", "worker", "finished", "started", "retry", "cache", "miss", "hit", "file")


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


def bare_read_lines(path: str, **how: Any) -> int:
    """Parse every line of a file; one of text spares the decoder the search for an encoding."""
    number = 0
    with open(path, **how) as file:
        for number, line in enumerate(file, start=1):  # noqa: B007 - counted
            json.loads(line)
    return number


def bare_write_lines(path: str, records: Iterable[dict[str, Any]]) -> None:
    """Write records as lines, and make the file durable."""
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
        file.flush()
        os.fsync(file.fileno())


# What a run of the benchmark's tree holds: JSON artifacts, definitions, and what isn't read.
JSON_NAMES = ("target_ref", "effective_run_spec", "report", "metrics", "run_meta", "agent_attempts")
TEXT_NAMES = (
    "persona.source.md",
    "persona.resolved.md",
    "mission.source.md",
    "mission.resolved.md",
    "prompt.template.md",
)
OTHER_NAMES = ("agent_stderr.txt", "agent_last_message.txt", "raw_events.jsonl", "prompt.txt")
SCHEMA_NAME = "report.schema.json"


# What programs write as they fail, of about 500 characters with a log before it.
ENDS = [
    """\
Traceback (most recent call last):
  File "/srv/work-{n}/app/main.py", line {n}, in <module>
    main()
  File "/srv/work-{n}/app/jobs.py", line {n}, in main
    load(path)
FileNotFoundError: [Errno 2] No such file or directory: '/srv/work-{n}/in.csv'
""",
    """\
/srv/work-{n}/src/queue.c: In function 'push':
/srv/work-{n}/src/queue.c:{n}:12: error: 'head' undeclared (first use in this function)
make: *** [Makefile:{n}: queue.o] Error 1
""",
    """\
/srv/work-{n}/index.js:{n}

TypeError: Cannot read properties of undefined (reading 'rows')
    at parse (/srv/work-{n}/lib/parse.js:{n}:7)
    at Object.<anonymous> (/srv/work-{n}/index.js:{n}:1)
""",
    "fatal: unable to access 'https://git.example.com/r-{n}.git/': Could not resolve host\n",
]


def failed_error(number: int) -> dict[str, Any]:
    """Make the error of a run, of one of a few causes, as it is met at another place each time."""
    end = ENDS[number % len(ENDS)].format(n=number)
    log = lines_of_log(random.Random(number))  # noqa: S311 - data, and no secret
    before = ""
    while len(before) + len(end) < 450:
        before += next(log)
    return {"type": "AgentExecFailed", "exit_code": 1, "stderr": before + end}


def write_tree(folder: Path, runs: int, *, all_failed: bool = False) -> str:
    """Write a tree of runs, each of about 40 KB in 16 files; one in ten has failed, or all."""
    for number in range(runs):
        names = f"target-{number % 4}", f"20260101T{number // 60 % 24:02}{number % 60:02}00Z"
        run = folder.joinpath(*names, "agent", str(number))
        run.mkdir(parents=True)
        record = large_record(number)
        values: dict[str, Any] = dict.fromkeys(JSON_NAMES, record["target_ref"])
        values["report"] = record["report"]
        if all_failed:
            values["error"] = failed_error(number)
        elif number % 10 == 0:
            values["error"] = {"type": "AgentExecFailed", "exit_code": 1}
        texts = {f"{name}.json": json.dumps(value) for name, value in values.items()}
        texts |= zip(TEXT_NAMES, record["embedded"].values(), strict=True)
        texts |= dict.fromkeys(OTHER_NAMES, "x" * 5_000)
        texts[SCHEMA_NAME] = json.dumps({"properties": record["report"]["steps"]})
        for name, text in texts.items():
            run.joinpath(name).write_text(text, encoding="utf-8")
    return str(folder)


def bare_compile(runs_dir: str, out_path: str, part: int = 0, parts: int = 1) -> None:
    """List each run directory, or some of them, read the same files, parse, hash and dump them."""
    with open(out_path, "w", encoding="utf-8") as file:
        file.writelines(
            json.dumps(bare_record(run_dir), ensure_ascii=False) + "\n"
            for run_dir in islice(run_dirs(runs_dir), part, None, parts)
        )
        file.flush()
        os.fsync(file.fileno())


def run_dirs(folder: str, levels: int = 4) -> Iterator[str]:
    """List the directories so many levels down, by name."""
    if not levels:
        yield folder
        return
    for name in sorted(os.listdir(folder)):
        yield from run_dirs(os.path.join(folder, name), levels - 1)


def bare_record(run_dir: str) -> dict[str, Any]:
    """Read what a record holds of a run directory."""
    names = sorted(os.listdir(run_dir))
    record: dict[str, Any] = {"run_dir": run_dir, "names": names}
    for name in names:
        if name in OTHER_NAMES:
            continue
        with open(os.path.join(run_dir, name), "rb") as file:
            data = file.read()
        is_schema = name == SCHEMA_NAME
        record[name] = json.loads(data) if name.endswith(".json") else data.decode()
        if is_schema or name in TEXT_NAMES:
            digest = hashlib.sha256(data).hexdigest()
            record[f"{name}/manifest"] = {"size_bytes": len(data), "sha256": digest}
    return record
