"""Measure how long other libraries take to read the same history, in one interleaved run.

They are installed, with this package, into an environment of their own, which is thrown away.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import venv
from pathlib import Path

PACKAGES = (
    "jsonlines==4.0.0",
    "orjson==3.13.0",
    "srsly==2.5.6",
    "pandas==3.1.1",
    "polars==2.1.0",
    "duckdb==2.0.0",
)

#: Each returns the number of records; the first is what all are measured against. Tables are read
#: with the option that takes every line.
READERS = {
    "a loop of json.loads": """
with open(path, "rb") as file:
    rows = sum(type(json.loads(line)) is dict for line in file)
""",
    "run_artifacts": "rows = sum(1 for _ in iter_report_history(path))",
    "run_artifacts, loads=orjson.loads": """
rows = sum(1 for _ in iter_report_history(path, loads=orjson.loads))
""",
    "jsonlines without orjson": """
with open(path, encoding="utf-8") as file:
    rows = sum(1 for _ in jsonlines.Reader(file, loads=json.loads))
""",
    "jsonlines, which takes the orjson beside it": """
with jsonlines.open(path) as reader:
    rows = sum(1 for _ in reader)
""",
    "srsly.read_jsonl (ujson)": "rows = sum(1 for _ in srsly.read_jsonl(path))",
    "pandas.read_json, a table": "rows = len(pandas.read_json(path, lines=True, dtype=False))",
    "Polars read_ndjson, a table": """
rows = polars.read_ndjson(path, infer_schema_length=None).height
""",
    "DuckDB read_json, a table": """
source = f"read_json('{path}', format='newline_delimited')"
duckdb.sql(f"CREATE OR REPLACE TEMP TABLE records AS SELECT * FROM {source}")
((rows,),) = duckdb.sql("SELECT count(*) FROM records").fetchall()
""",
}

CHILD = """
import json, sys, timeit
import duckdb, jsonlines, orjson, pandas, polars, srsly
from run_artifacts import iter_report_history

readers, path, rounds, expected = json.load(sys.stdin)

def seconds(source):
    found = {}
    names = {**globals(), "path": path}
    took = timeit.timeit(lambda: exec(source, names, found), number=1)
    assert found["rows"] == expected, (source, found)
    return took

compiled = {name: compile(source, name, "exec") for name, source in readers.items()}
json.dump([{name: seconds(code) for name, code in compiled.items()} for _ in range(rounds)],
          sys.stdout)
"""


def make_environment(folder: Path) -> str:
    """Install the peers and this package; return the interpreter that finds them."""
    venv.create(folder, with_pip=True)
    python = str(folder / "bin" / "python")
    here = str(Path(__file__).parent.parent)
    install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*install, *PACKAGES, here], check=True)
    return python


def print_peers(python: str, path: str, rows: int, rounds: int) -> None:
    """Print for each reader of a file its time as a ratio to that of a bare loop."""
    given = json.dumps([READERS, path, rounds, rows])
    child = subprocess.run(
        [python, "-c", CHILD], input=given, stdout=subprocess.PIPE, text=True, check=True
    )
    taken = json.loads(child.stdout)
    first = next(iter(READERS))
    bare = statistics.median(seconds[first] for seconds in taken)
    for name in READERS:
        ratios = [seconds[name] / seconds[first] for seconds in taken]
        low, median, high = statistics.quantiles(ratios, n=4)
        print(f"{median:6.2f}  {low:>5.2f}-{high:<5.2f}  {'':>7}  {bare * 1e6:>9,.1f} µs  {name}")
    sys.stdout.flush()
