"""Measure what redaction finds, and what it takes for a secret that is none.

Nothing is asserted: each finding in a corpus is to be looked at by a person, and a secret that is
missed is shown where that is asked for.

    python scripts/redaction.py false                    corpora that every machine has
    python scripts/redaction.py false logs='/var/log/**' corpora of yours: files, folders, globs
    python scripts/redaction.py false corpora            each folder in it is a corpus
    python scripts/redaction.py recall                   secrets made at random, in each spelling
    python scripts/redaction.py recall --shapes FILE     with issuers' shapes: Markdown tables
    python scripts/redaction.py recall --held            the other half: looked at once, at the end
"""

from __future__ import annotations

import argparse
import glob
import os
import sysconfig
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path

from redaction_samples import Sample, Shape, own_shapes, samples, shapes_of
from run_artifacts._secrets.redact import Redactor

ROOT = Path(__file__).parent.parent

#: How many characters of a secret in a row tell something of it.
PIECE_CHARACTERS = 8

LOCK_FILES = (
    *("*.lock", "package-lock.json", "npm-shrinkwrap.json", "pnpm-lock.yaml", "go.sum"),
    *("*requirements*.txt", "pylock*.toml", "Package.resolved"),
)
MOST_SHOWN_CHARACTERS = 120

#: Less is marked in the tables.
ENOUGH_PERCENT = 95


@dataclass(frozen=True, slots=True)
class Finding:
    """Where something was redacted, by which rule, and the line."""

    path: str
    line: int
    rule: str
    context: str


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found in a file, and how many bytes it has."""

    size_bytes: int
    findings: list[Finding]


def standard_library() -> tuple[list[str], list[str]]:
    """Return the files of the standard library, and apart from them those of its tests."""
    folder = Path(sysconfig.get_path("stdlib"))
    files = [path for path in folder.rglob("*.py") if "site-packages" not in path.parts]
    tests = {path for path in files if {"test", "tests", "idle_test"} & set(path.parts)}
    return [str(path) for path in files if path not in tests], [str(path) for path in tests]


def usual_corpora() -> dict[str, list[str]]:
    """Return the files of corpora that every machine has, by name."""
    library, tests = standard_library()
    packages = files_of(sysconfig.get_path("purelib"))
    locks = [str(path) for pattern in LOCK_FILES for path in ROOT.glob(pattern)]
    return {
        "standard library": library,
        "its tests": tests,
        "packages": packages,
        "lock files": locks,
    }


def files_of(given: str) -> list[str]:
    """Return the files that a path names: a file, a folder with all below it, or a glob."""
    paths = glob.glob(given, recursive=True) or [given]
    below = (
        os.path.join(parent, name)
        for path in paths
        for parent, _, names in os.walk(path)
        for name in names
    )
    return sorted({path for path in chain(paths, below) if os.path.isfile(path)})


def looked_through(path: str) -> Looked | None:
    """Search a file, unless it is binary or can't be read."""
    try:
        data = Path(path).read_bytes()
    except OSError:
        return None
    if b"\0" in data[:8_192]:
        return None
    text = data.decode("utf-8", "replace")
    return Looked(len(data), list(findings_in(path, text)))


def findings_in(path: str, text: str) -> Iterator[Finding]:
    """Yield what is found in a text, with the line that it begins in."""
    line = counted = 0
    for start, end, rule in Redactor().spans(text):
        line += text.count("\n", counted, start)
        counted = start
        yield Finding(path, line + 1, rule, context_of(text, start, end))


def context_of(text: str, start: int, end: int) -> str:
    """Return the line of a span, with the span marked, cut where it is too long."""
    begins = text.rfind("\n", 0, start) + 1
    stops = text.find("\n", start)
    stops = len(text) if stops < 0 else stops
    hidden = text[start : min(end, stops)]
    room = max(20, MOST_SHOWN_CHARACTERS - len(hidden)) // 2
    before, after = text[begins:start].lstrip()[-room:], text[min(end, stops) : stops][:room]
    return f"{before}»{hidden[:MOST_SHOWN_CHARACTERS]}«{after}".replace("\t", " ").strip()


def print_false(corpora: dict[str, list[str]], jobs: int, *, brief: bool) -> None:
    """Print how often something is redacted in each corpus, and where."""
    print(f"{'MB':>9}  {'redacted':>8}  {'per MB':>8}  corpus")
    all_bytes = all_findings = 0
    with ProcessPoolExecutor(jobs) as workers:
        for name, paths in corpora.items():
            each = workers.map(looked_through, paths, chunksize=8)
            looked = [found for found in each if found is not None]
            findings = [finding for found in looked for finding in found.findings]
            size_bytes = sum(found.size_bytes for found in looked)
            print_rate(name, size_bytes, len(findings))
            all_bytes, all_findings = all_bytes + size_bytes, all_findings + len(findings)
            if brief:
                print_counts(Counter(finding.rule for finding in findings))
            else:
                print_findings(name, findings)
    print_rate("(all)", all_bytes, all_findings)


def print_rate(name: str, size_bytes: int, count: int) -> None:
    """Print how often something was redacted in a corpus, and per megabyte."""
    megabytes = size_bytes / 1e6
    rate = count / megabytes if megabytes else 0.0
    print(f"{megabytes:9.2f}  {count:>8}  {rate:8.2f}  {name}", flush=True)


def print_counts(counts: Counter[str]) -> None:
    """Print how often each rule found something."""
    for rule, count in counts.most_common():
        print(f"{'':9}  {count:>8}  {'':8}    {rule}")


def print_findings(corpus: str, findings: Iterable[Finding]) -> None:
    """Print each finding; those whose line is the same once, with their number."""
    first: dict[tuple[str, str], Finding] = {}
    counts: Counter[tuple[str, str]] = Counter()
    for finding in findings:
        key = finding.rule, finding.context
        first.setdefault(key, finding)
        counts[key] += 1
    for key, finding in first.items():
        times = f" ({counts[key]} times)" if counts[key] > 1 else ""
        print(f"{corpus} {finding.path}:{finding.line} {finding.rule}{times} {finding.context}")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What redaction made of a sample.

    It is found where no piece of 8 characters is left that has one of the secret's own; of a secret
    that is shorter, nothing may be left. Beyond it stand characters that are none of the secret and
    hidden all the same, and again says whether more is hidden in what redaction returned.
    """

    found: bool
    beyond: int
    again: bool


class Tally:
    """How many of the samples of a kind were found, and what else was wrong with how many."""

    __slots__ = ("again", "beyond", "found", "samples")

    def __init__(self) -> None:
        self.samples = self.found = self.beyond = self.again = 0

    def add(self, outcome: Outcome) -> None:
        """Count a sample."""
        self.samples += 1
        self.found += outcome.found
        self.beyond += outcome.beyond > 0
        self.again += outcome.again

    def __str__(self) -> str:
        share = 100 * self.found / self.samples
        low = "<" if share < ENOUGH_PERCENT else " "
        counts = f"{self.found:>6}/{self.samples:<6}"
        return f"{share:6.1f}{low} {counts} {self.beyond:>6} {self.again:>6}"


def outcome_of(sample: Sample, redactor: Redactor) -> Outcome:
    """Redact a sample, and compare."""
    spans = redactor.spans(sample.text)
    hidden = {index for start, end, _ in spans for index in range(start, end)}
    beyond = sum(not sample.start <= index < sample.end for index in hidden)
    result, _ = redactor.text(sample.text)
    return Outcome(not is_left(sample, hidden), beyond, redactor.text(result)[0] != result)


def is_left(sample: Sample, hidden: set[int]) -> bool:
    """Say whether a piece of a secret is left that has a character of its own."""
    size = min(PIECE_CHARACTERS, max(sample.own) + 1 - min(sample.own))
    left = 0
    for index in range(sample.start, sample.end):
        left = 0 if index in hidden else left + 1
        if left >= size and not sample.own.isdisjoint(range(index - size + 1, index + 1)):
            return True
    return False


def print_recall(taken: Iterable[Sample], missed: int, *, beyond: bool) -> None:
    """Print how many samples are found, by spelling, shape and name, and some that aren't."""
    redactor = Redactor()
    tables: dict[str, dict[str, Tally]] = {"spelling": {}, "shape": {}, "name": {}, "all": {}}
    for sample in taken:
        outcome = outcome_of(sample, redactor)
        for tallies, name in zip(tables.values(), (*sample.kinds, "all"), strict=True):
            tallies.setdefault(name, Tally()).add(outcome)
        if missed > 0 and (outcome.beyond > 0 if beyond else not outcome.found):
            missed -= 1
            print_sample(sample, redactor)
    for title, tallies in tables.items():
        print(f"{'found %':>7} {'samples':>13} {'beyond':>6} {'again':>6}  {title}")
        for name in sorted(tallies):
            print(f"{tallies[name]}  {name}")


def print_sample(sample: Sample, redactor: Redactor) -> None:
    """Print a sample and what becomes of it, without the lines around it."""
    shown = [sample.text, redactor.text(sample.text)[0]]
    lines = ["\n".join(text.splitlines()[1:-1]) for text in shown]
    print(f"-- {' / '.join(sample.kinds)}\n{lines[0]}\n   becomes\n{lines[1]}")


def parsed() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    false = commands.add_parser("false", help="what is redacted in texts without secrets")
    false.add_argument("corpora", nargs="*", metavar="[NAME=]PATH", help="not the usual ones")
    false.add_argument("--brief", action="store_true", help="counts of the rules alone")
    false.add_argument("--jobs", type=int, default=os.cpu_count(), help="processes")
    recall = commands.add_parser("recall", help="what is found of secrets made at random")
    recall.add_argument("--shapes", type=Path, action="append", default=[], metavar="FILE")
    recall.add_argument("--held", action="store_true", help="the half to look at once")
    recall.add_argument("--seed", type=int, default=19)
    recall.add_argument("--count", type=int, default=3, help="samples of a shape in a spelling")
    recall.add_argument("--only", default="", help="only spellings, shapes and names that hold it")
    recall.add_argument("--missed", type=int, default=0, help="how many missed samples to print")
    recall.add_argument("--beyond", action="store_true", help="those that hide too much instead")
    return parser.parse_args()


def corpora_of(given: list[str]) -> dict[str, list[str]]:
    """Return the files of the corpora that were given: by name, or each folder of a folder."""
    corpora: dict[str, list[str]] = {}
    for corpus in given:
        name, equals, path = corpus.partition("=")
        if equals:
            corpora.setdefault(name, []).extend(files_of(path))
            continue
        for folder in sorted(Path(corpus).iterdir()):
            if folder.is_dir():
                corpora[folder.name] = files_of(glob.escape(str(folder)))
    return corpora


def all_shapes(paths: list[Path]) -> list[Shape]:
    """Return the shapes of our own, and those of documents."""
    return [*own_shapes(), *chain.from_iterable(map(shapes_of, paths))]


def main() -> None:
    """Measure what is asked for."""
    asked = parsed()
    if asked.command == "false":
        corpora = corpora_of(asked.corpora) if asked.corpora else usual_corpora()
        print_false(corpora, asked.jobs, brief=asked.brief)
        return
    make = partial(samples, all_shapes(asked.shapes), asked.count, asked.seed, held=asked.held)
    taken = (sample for sample in make() if any(asked.only in kind for kind in sample.kinds))
    print_recall(taken, asked.missed, beyond=asked.beyond)


if __name__ == "__main__":
    main()
