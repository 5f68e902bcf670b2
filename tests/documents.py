"""The blocks of the documents: Python, and the runs that it is executed beside; commands.

Run as a script, it prints the commands, a line each.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from run_artifacts import write_report_history_jsonl
from support import write_run

ROOT = Path(__file__).parent.parent
DOCUMENTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: Packages that a block may import and that the tests do without: `scripts/interop.py` runs it.
ENGINES = frozenset(
    {"distributed", "duckdb", "jsonlines", "orjson", "pandas", "polars", "pyspark", "srsly"}
)


class Block(NamedTuple):
    """A Python block of a document, what stands below it as its output, and what it needs."""

    source: str
    output: str | None
    engines: frozenset[str]


def python_blocks(document: Path) -> Iterator[Block]:
    """Find the Python blocks of a document."""
    found = [*BLOCK.findall(document.read_text(encoding="utf-8")), ("", "")]
    for (language, source), (next_language, output) in pairwise(found):
        if language == "python":
            shown = output if next_language == "text" else None
            yield Block(source, shown, frozenset(imported(source)) & ENGINES)


def commands() -> Iterator[str]:
    """Find the commands of the documents that can be run in a checkout, each once.

    Those with a ``<placeholder>`` can't, nor those of the monorepo around a checkout.
    """
    blocks = [
        block
        for document in DOCUMENTS
        for language, block in BLOCK.findall(document.read_text(encoding="utf-8"))
        if language == "bash" and "<" not in block and "tools/scaffold" not in block
    ]
    yield from dict.fromkeys(line for block in blocks for line in block.splitlines() if line)


def imported(source: str) -> Iterator[str]:
    """Find the packages that source imports."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (name.name.partition(".")[0] for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.partition(".")[0]


def write_example(folder: Path) -> None:
    """Write the tree of runs that the documents speak of, and its history."""
    runs = folder / "runs" / "usertest"
    for number in range(12):
        target = ("api", "web")[number % 2]
        artifacts: dict[str, Any] = {"agent_stderr__txt": b"step\n" * 9_000}
        if number % 3 == 2:
            artifacts["error__json"] = {"type": "AgentExecFailed", "exit_code": number}
        elif number:
            artifacts["report__json"] = {"passed": number}
        write_run(runs, f"{target}/202601{number + 1:02}T090000Z/codex/0", **artifacts)
    write_report_history_jsonl(runs, out_path=runs / "report_history.jsonl")


if __name__ == "__main__":
    print(*commands(), sep="\n")
