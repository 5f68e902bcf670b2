"""Measure redaction beside another checkout: `python scripts/bench_redaction.py CHECKOUT`.

Both sides sanitize the same texts in turn, each in a process of its own, so that a busy machine
slows both; printed is the median of the ratios of their times, and the quartiles. Without a
checkout, or then too, the slowest text that is known for each way to look for secrets is timed.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from bench_data import lines_of_log

ROOT = Path(__file__).parent.parent
SIZE = 1 << 20
ROUNDS = 15

# One side: it is given the names of files, and answers with the seconds that each has taken.
WORKER = """
import json, sys, time
from run_artifacts import sanitize_error
for line in sys.stdin:
    with open(line.rstrip("\\n"), encoding="utf-8") as file:
        error = {"message": file.read()}
    start = time.perf_counter()
    sanitize_error(error)
    print(time.perf_counter() - start, flush=True)
"""

# An address, and a secret that both sides know.
ONE_SECRET = "mail to someone@example.org\npushed with ghp_{}\n".format("aB3" * 12)

# What nearly is a secret, as often as it can be, by what looks at it.
SLOW = {
    "tokens": ("ghp_", "sk-", "sk-ant-", "glpat-aaaa ", "ghp_" + "a" * 23 + " ", "AKIA"),
    "wrapped tokens": ("ghp_aaaa\n", "sk-aaaaaaaa\n", "eyJaaaaaaaa\n", "\n" + "a" * 12),
    "web tokens": ("eyJ", "eyJ.", "eyJaaaaa.", "eyJaaaaa.a"),
    "private keys": ("-----BEGIN ", "-----BEGIN PRIVATE KEY-----", "-Lines: 1\nA"),
    "user information": ("a://a@a", "://", "a://a:", "a://@", "a%3A%2F%2F%40", "@"),
    "schemes": ("Bearer ", "basic a", "Bearer Basic-Basic-", "Authorization: Bearer "),
    "names": ("password=", "token: ", "a=", '"password": ', "x_key = ", "=:", "a_token,"),
    "quotes": ('token="', "token='\\", 'token=\\"', 'PASSWORD="\n', '","'),
    "options": ("--token ", "--a ", " -p", "--password="),
    "elements": ("<token>", "<", "<a ", "<password x>"),
    "cookies": ("Cookie: a=", "Set-Cookie: a=b; ", "cookie:"),
    "programs": ("curl -u ", "mysql -p", "curl ", "docker login -p "),
    "netrc": ("machine a login a password ", "password ", "login a password a "),
    "what can't be seen": ("\x1b[0m", "\u200b", "\x1b]", "a\u200b"),
    "placeholders": ("[redacted:jwt]", "[redacted:", "token=[redacted:jwt]"),
}


def traceback_lines(chance: random.Random) -> Iterator[str]:
    """Make tracebacks without an end."""
    names = ("load", "run", "send_request", "parse_header", "__call__", "connect", "main")
    files = ("client.py", "session.py", "pool.py", "_models.py", "cli.py")
    while True:
        yield "Traceback (most recent call last):\n"
        for _ in range(chance.randrange(3, 12)):
            place = f"/srv/till/lib/python3.11/site-packages/till/{chance.choice(files)}"
            line, name = chance.randrange(999), chance.choice(names)
            yield f'  File "{place}", line {line}, in {name}\n'
            yield f"    result = self.{chance.choice(names)}(item, retries={line}, name=name)\n"
        yield f"ConnectionError: till {chance.randrange(99)} refused after 3 retries\n"


def texts() -> Iterator[tuple[str, str]]:
    """Yield the ordinary texts, by what they are."""
    chance = random.Random(1)  # noqa: S311 - data, and no secret
    for name, lines in (("log", lines_of_log(chance)), ("tracebacks", traceback_lines(chance))):
        text = "".join(islice(lines, 30_000))[:SIZE]
        yield name, text
        half = text.index("\n", SIZE // 2) + 1
        yield f"{name}, one @ and one secret", text[:half] + ONE_SECRET + text[half:]


class Side:
    """A process that sanitizes texts with the package of one checkout."""

    def __init__(self, checkout: Path) -> None:
        """Start it."""
        environment = {**os.environ, "PYTHONPATH": str(checkout / "src")}
        self._process = subprocess.Popen(
            [sys.executable, "-c", WORKER],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def seconds(self, path: str) -> float:
        """Return how long the text of a file takes."""
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise SystemExit("a side without pipes")
        process.stdin.write(f"{path}\n")
        process.stdin.flush()
        return float(json.loads(process.stdout.readline()))


def print_beside(folder: Path, checkout: Path) -> None:
    """Print how long ordinary texts take, as a ratio to another checkout."""
    ours, other = Side(ROOT), Side(checkout)
    print(f"{'ratio':>6}  {'quartiles':>11}  {'other':>9}  {'ours':>9}  of 1 MiB")
    for name, text in texts():
        path = folder / "text"
        path.write_text(text, encoding="utf-8")
        times = [(ours.seconds(str(path)), other.seconds(str(path))) for _ in range(ROUNDS)]
        low, median, high = statistics.quantiles([a / b for a, b in times], n=4)
        took, before = (statistics.median(side) * 1_000 for side in zip(*times, strict=True))
        spread = f"{low:.3f}-{high:.3f}"
        print(f"{median:6.3f}  {spread:>11}  {before:6.1f} ms  {took:6.1f} ms  {name}", flush=True)


def print_slow(folder: Path) -> None:
    """Print the slowest text of each kind."""
    side = Side(ROOT)
    print(f"{'seconds':>7}  the slowest over 1 MiB of what looks for")
    for name, units in SLOW.items():
        took = {}
        for unit in units:
            path = folder / "text"
            path.write_text((unit * SIZE)[:SIZE], encoding="utf-8")
            took[unit] = statistics.median(side.seconds(str(path)) for _ in range(3))
        unit = max(took, key=lambda unit: took[unit])
        print(f"{took[unit]:7.3f}  {name}: {unit!r}...", flush=True)


def main() -> None:
    """Print what is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("checkout", nargs="?", type=Path, help="another checkout of this package")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if asked.checkout:
            print_beside(Path(name), asked.checkout)
        print_slow(Path(name))


if __name__ == "__main__":
    main()
