"""Check that the engines people query JSON Lines with read what we write, and where they stop.

One history, with every hostile value that a line can hold, is written and read by DuckDB, Polars,
pandas, PyArrow and jq: each must find the same number of rows, and in the column `text` the same
texts as our own reader. Then documents at the limits of each engine are read, the last one that
it takes and the first that it doesn't: `docs/format.md` states them. Last, each block of the
documents that needs such an engine, a cluster or another decoder is run, and prints what stands
below it. Exits with 1, naming engine and difference, where one doesn't hold.

The engines are installed into an environment of their own, which is thrown away.

    python scripts/interop.py
    python scripts/interop.py --spark    Spark too, which needs Java 17
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import sys
import tempfile
import venv
from collections import OrderedDict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from run_artifacts import iter_report_history, write_report_history_jsonl

# What the documents show is run by the tests too, as far as they can.
sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from documents import (  # type: ignore[import-not-found]
    DOCUMENTS,
    python_blocks,
    write_example,
)

ROOT = Path(__file__).parent.parent

# The limits are those of these versions.
PACKAGES = ("duckdb==2.0.0", "polars==2.1.0", "pandas==3.1.1", "pyarrow==26.0.1", "jq==1.13.0")
SPARK = "pyspark==4.3.0"

# What else the documents use.
BESIDE = (
    "distributed==2026.8.0",
    "jsonlines==4.0.0",
    "orjson==3.13.0",
    "srsly==2.5.6",
    str(ROOT),
)

SPARK_SESSION = """
from pyspark.sql import SparkSession
spark = SparkSession.builder.master("local[2]").config("spark.ui.enabled", False).getOrCreate()
"""

# How each engine is asked for the column `text` of a file, in the form that takes every line.
ENGINES = {
    "DuckDB": """
import duckdb
rows = duckdb.sql(f"SELECT json->>'text' FROM read_ndjson_objects('{path}')").fetchall()
texts = [text for text, in rows]
""",
    "Polars": """
import polars
texts = polars.read_ndjson(path, schema={"text": polars.String})["text"].to_list()
""",
    "pandas": """
import pandas
texts = pandas.read_json(path, lines=True, dtype=False)["text"].tolist()
""",
    "PyArrow": """
import os, pyarrow, pyarrow.json
table = pyarrow.json.read_json(
    path,
    read_options=pyarrow.json.ReadOptions(block_size=os.path.getsize(path) + 1),
    parse_options=pyarrow.json.ParseOptions(
        explicit_schema=pyarrow.schema([("text", pyarrow.string())]),
        unexpected_field_behavior="ignore",
    ),
)
texts = table["text"].to_pylist()
""",
    "jq": """
import jq
with open(path, encoding="utf-8", newline="") as file:
    texts = jq.compile(".text").input_text(file.read()).all()
""",
    "Spark": f"""
{SPARK_SESSION}
from pyspark.sql.functions import get_json_object
lines = spark.read.option("lineSep", "\\n").text(path)
texts = [text for text, in lines.select(get_json_object("value", "$.text")).collect()]
""",
}

# Shorter forms, which infer what the columns hold; they have limits of their own.
INFERRING = {
    "DuckDB": """
import duckdb
rows = duckdb.sql(f"SELECT text FROM read_json('{path}', format='newline_delimited')").fetchall()
texts = [text for text, in rows]
""",
    "Polars": """
import polars
texts = polars.read_ndjson(path, infer_schema_length=None)["text"].to_list()
""",
    "PyArrow": """
import pyarrow.json
texts = pyarrow.json.read_json(path)["text"].to_pylist()
""",
    "Spark": f"""
{SPARK_SESSION}
texts = [text for text, in spark.read.json(path).select("text").collect()]
""",
    "Spark with a schema": f"""
{SPARK_SESSION}
history = spark.read.schema("text STRING").option("mode", "FAILFAST").json(path)
texts = [text for text, in history.collect()]
""",
}

# How each engine gives an integer back.
INTEGERS = {
    "DuckDB": "import duckdb\n"
    "(value,) = duckdb.sql(f\"SELECT n FROM read_json('{path}')\").fetchall()[0]",
    "Polars": "import polars\nvalue = polars.read_ndjson(path)['n'][0]",
    "pandas": "import pandas\nvalue = int(pandas.read_json(path, lines=True, dtype=False)['n'][0])",
    "PyArrow": "import pyarrow.json\nvalue = pyarrow.json.read_json(path)['n'][0].as_py()",
    "jq": "import jq\nvalue = jq.compile('.n').input_text(open(path).read()).first()",
    "Spark": f"{SPARK_SESSION}\nvalue = int(spark.read.json(path).collect()[0]['n'])",
}

TEXTS = {
    "nul": "a\x00b",
    "controls": "".join(map(chr, range(1, 32))) + "\x7f\x80\x9f",
    "line_separators": "\u2028\u2029\x85\x0b\x0c",
    "carriage_returns": "a\r\nb\rc",
    "byte_order_mark": "\ufeffx",
    "noncharacters": "\ufffe\uffff\U0001fffe\U0010ffff",
    "astral": "😀𝄞",
    "bidi": "\u202e\u2066x\u2069",
    "combining": "e\u0301 é",
    "quotes": "\"\\/'`",
    "lone_surrogates": "\ud800x\udfff",
    "terminal": "\x1b[31mred\x1b[0m",
    "empty": "",
    "spaces": "  \t",
    "a_megabyte": "0123456789" * 100_000,
    "json": '{"a":1}\n{"b":2}',
    "a_number": "1e400",
    "null": "null",
    "a_date": "2026-01-01T00:00:00Z",
    "a_formula": "=1+1",
}


def nested(levels: int, *, objects: bool = False) -> Any:
    """Make a value of so many levels."""
    value: Any = 1
    for _ in range(levels):
        value = {"a": value} if objects else [value]
    return value


def hostile_records() -> Iterator[dict[str, Any]]:
    """Make records whose columns hold what engines trip over, each with a text of its own."""
    keys = {"": 1, "\x00": 2, "A": 3, "a": 4, "\ufffd": 5, "k" * 3_000: 6} | {"\ud800": 7}
    values: dict[str, Any] = {
        "a number that is none": math.nan,
        "infinities": [math.inf, -math.inf],
        "the smallest and the largest number": [5e-324, 1.7976931348623157e308],
        "zeros": [0, -0.0],
        "the integers of 64 bits": [-(2**63), 2**63 - 1, 2**64 - 1],
        "a tuple": (1, ("x",)),
        "an ordered mapping": OrderedDict(b=1, a=2),
        "another type": {"a": "object"},
        "and another": ["list"],
        "deep lists": nested(899),
        "deep objects": nested(899, objects=True),
        "empty": [{}, [], ""],
        "keys": keys,
        "many keys": {str(number): number for number in range(5_000)},
    }
    for name, text in TEXTS.items():
        yield {"name": name, "text": text, "value": None, "seed": len(name)}
    for name, value in values.items():
        yield {"name": name, "text": name, "value": value, "seed": name}
    yield {"name": "late", "text": "late", "a column of its own": True, "_remarks": "not ours"}


class Limit(NamedTuple):
    """The last document that a form takes, and the first that it refuses."""

    form: str
    what: str
    taken: list[str]
    refused: list[str]


def deep_line(levels: int, *, objects: bool = False) -> str:
    """Make a line of so many levels, its own included."""
    return json.dumps({"text": "x", "value": nested(levels - 1, objects=objects)})


def number_line(number: int) -> str:
    """Make a line with an integer."""
    return json.dumps({"text": "x", "n": number})


LIMITS = {
    "DuckDB": [
        Limit(INFERRING["DuckDB"], "levels", [deep_line(127)], [deep_line(128)]),
    ],
    "Polars": [
        Limit(ENGINES["Polars"], "integers", [number_line(2**128 - 1)], [number_line(2**128)]),
        Limit(
            ENGINES["Polars"], "integers", [number_line(-(2**127))], [number_line(-(2**127) - 1)]
        ),
        Limit(INFERRING["Polars"], "integers", [number_line(2**127 - 1)], [number_line(2**127)]),
        Limit(
            INFERRING["Polars"],
            "levels of objects",
            [deep_line(400, objects=True)],
            [deep_line(900, objects=True)],
        ),
        Limit(
            INFERRING["Polars"],
            "objects and lists in one column",
            ['{"text":"x","v":{"a":1}}', '{"text":"x","v":null}'],
            ['{"text":"x","v":{"a":1}}', '{"text":"x","v":[1]}'],
        ),
    ],
    "pandas": [
        Limit(ENGINES["pandas"], "integers", [number_line(2**64 - 1)], [number_line(2**64)]),
        Limit(ENGINES["pandas"], "integers", [number_line(-(2**63))], [number_line(-(2**63) - 1)]),
    ],
    "PyArrow": [
        Limit(
            INFERRING["PyArrow"],
            "types in one column",
            ['{"text":"x","v":1}', '{"text":"x","v":1.5}'],
            ['{"text":"x","v":1}', '{"text":"x","v":"y"}'],
        ),
        Limit(
            INFERRING["PyArrow"],
            "bytes of a line",
            [json.dumps({"text": "x", "v": "y" * 900_000})] * 3,
            [json.dumps({"text": "x", "v": "y" * 3_000_000})] * 3,
        ),
    ],
    "Spark": [
        Limit(
            INFERRING["Spark"],
            "names that differ in case alone",
            ['{"text":"x","v":{"A":1,"b":2}}'],
            ['{"text":"x","v":{"A":1,"a":2}}'],
        ),
        Limit(
            INFERRING["Spark"],
            "characters of a text",
            [json.dumps({"text": "x", "v": "y" * 19_000_000})],
            [json.dumps({"text": "x", "v": "y" * 21_000_000})],
        ),
        Limit(
            INFERRING["Spark with a schema"],
            "a torn line",
            [deep_line(900), '{"text":"x","A":1,"a":2}'],
            ['{"text":"x"', '{"text":"x"}'],
        ),
    ],
}

# The ends of the integers that stay exact, and those beyond that don't come back as they were.
EXACT = {
    "DuckDB": ((-(2**63), -(2**63) - 1), (2**64 - 1, 2**64 + 1)),
    "Polars": ((-(2**127), -(2**127) - 1), (2**127 - 1, 2**127)),
    "pandas": ((-(2**63), -(2**63) - 1), (2**64 - 1, 2**64)),
    "PyArrow": ((-(2**63), -(2**63) - 1), (2**63 - 1, 2**63 + 1)),
    "jq": ((-(2**53), -(2**53) - 1), (2**53, 2**53 + 1)),
    "Spark": ((1 - 10**38, -(10**38)), (10**38 - 1, 10**38)),
}


class Engines:
    """The environment that holds the engines, Spark among them or not."""

    def __init__(self, folder: Path, *, with_spark: bool) -> None:
        """Install them."""
        self.left_out = frozenset[str]() if with_spark else frozenset({"pyspark", "Spark"})
        self.packages = (*PACKAGES, SPARK) if with_spark else PACKAGES
        venv.create(folder, with_pip=True)
        found = [path for path in folder.glob("*/python*") if path.stem == "python"]
        self.python = str(found[0])
        pip = [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, *self.packages, *BESIDE], check=True)

    def those_of(self, table: dict[str, Any]) -> Iterator[tuple[str, Any]]:
        """Yield what a table says of each engine that is installed."""
        return ((name, value) for name, value in table.items() if name not in self.left_out)

    def run(self, source: str, name: str, path: Path) -> tuple[Any, str]:
        """Run source on a file; return what it leaves under a name, or ``None``, and its error."""
        code = (
            f"import json\npath = {str(path)!r}\n{source}\n"
            f"print(json.dumps({name}, default=lambda value: value.item()))"
        )
        command = [self.python, "-W", "ignore", "-c", code]
        child = subprocess.run(command, capture_output=True, check=False, timeout=300)
        if child.returncode:
            lines = child.stderr.decode(errors="replace").strip().splitlines()
            return None, lines[-1] if lines else f"it ended with {child.returncode}"
        return json.loads(child.stdout), ""

    def print_in(self, folder: Path, source: str) -> tuple[str, str]:
        """Run source as a script in a folder; return what it prints, and its error."""
        script = folder / "script.py"
        script.write_text(source, encoding="utf-8")
        child = subprocess.run(
            [self.python, script.name],
            cwd=folder,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=300,
        )
        return child.stdout, child.stderr[-500:] if child.returncode else ""


class Checks:
    """What was found not to hold."""

    def __init__(self) -> None:
        self.failed: list[str] = []
        self.passed = 0

    def check(self, what: str, *, holds: bool, seen: object = "") -> None:
        """Count a check, and print it where it fails."""
        if holds:
            self.passed += 1
        else:
            self.failed.append(what)
            print(f"FAILED  {what}: {str(seen)[:200]}")


def check_texts(engines: Engines, folder: Path, checks: Checks) -> None:
    """Check that every engine reads the hostile history as we do."""
    history = folder / "history.jsonl"
    counts = write_report_history_jsonl(history, hostile_records())
    expected = [record["text"] for record in iter_report_history(history)]
    checks.check("our own reader gives every row", holds=len(expected) == counts["total"])
    for engine, source in engines.those_of(ENGINES):
        texts, why = engines.run(source, "texts", history)
        checks.check(f"{engine} reads the history", holds=texts is not None, seen=why)
        if texts is not None:
            checks.check(f"{engine} finds {len(expected)} rows", holds=len(texts) == len(expected))
            pairs = zip(expected, texts, strict=False)
            differing = [(ours[:40], theirs) for ours, theirs in pairs if ours != theirs]
            checks.check(f"{engine} gives the same texts", holds=not differing, seen=differing)
            print(f"{engine}: {len(texts)} rows, {sum(map(len, texts)):,} characters")


def check_limits(engines: Engines, folder: Path, checks: Checks) -> None:
    """Check that each engine stops where the documentation says."""
    file = folder / "limit.jsonl"
    for engine, limits in engines.those_of(LIMITS):
        for limit in limits:
            for lines, is_taken in ((limit.taken, True), (limit.refused, False)):
                file.write_text("\n".join([*lines, ""]), encoding="utf-8")
                texts, why = engines.run(limit.form, "texts", file)
                verb = "takes" if is_taken else "refuses"
                holds = (texts == ["x"] * len(lines)) == is_taken
                checks.check(f"{engine} {verb} {limit.what}", holds=holds, seen=why)
                if not is_taken:
                    print(f"{engine}, {limit.what}: {why[:100]}")


def check_integers(engines: Engines, folder: Path, checks: Checks) -> None:
    """Check up to which integer each engine is exact."""
    file = folder / "integer.jsonl"
    for engine, ends in engines.those_of(EXACT):
        for exact, beyond in ends:
            for number in (exact, beyond):
                file.write_text(number_line(number) + "\n", encoding="utf-8")
                value, why = engines.run(INTEGERS[engine], "value", file)
                is_exact = isinstance(value, int) and value == number
                what = f"{engine} is {'exact' if number == exact else 'inexact'} at {number}"
                checks.check(what, holds=is_exact == (number == exact), seen=value or why)


def check_documents(engines: Engines, folder: Path, checks: Checks) -> None:
    """Check that each block of a document that needs an engine prints what stands below it."""
    for document in DOCUMENTS:
        for number, block in enumerate(python_blocks(document)):
            if block.engines and not block.engines & engines.left_out:
                place = folder / f"{document.stem}-{number}"
                write_example(place)
                printed, why = engines.print_in(place, block.source)
                what = f"{document.name}, block {number} ({', '.join(block.engines)})"
                checks.check(what, holds=printed == block.output, seen=why or printed)
                print(f"{what}: {len(printed.splitlines())} lines printed")


def main() -> int:
    """Install the engines, check them, and say how many checks passed."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--spark", action="store_true", help="Spark too, which needs Java 17")
    with_spark = parser.parse_args().spark
    checks = Checks()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engines = Engines(folder / "engines", with_spark=with_spark)
        for check in (check_texts, check_limits, check_integers, check_documents):
            check(engines, folder, checks)
    installed = ", ".join(engines.packages)
    print(f"{checks.passed} checks passed, {len(checks.failed)} failed ({installed})")
    return bool(checks.failed)


if __name__ == "__main__":
    sys.exit(main())
