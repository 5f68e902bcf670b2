"""Measure how well fingerprints find causes, on failures of which the cause is known.

    python scripts/fingerprints.py FILE...           figures for each file
    python scripts/fingerprints.py --show FILE...    and what went wrong

A file has JSON Lines: an ``error`` as `failure_fingerprint` takes it, and its cause as ``label``.
Pairs of failures are counted: of those in one group, how many have one cause (precision), and of
those of one cause, how many are in one group (recall).
"""

from __future__ import annotations

import argparse
import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from math import comb

from run_artifacts import FailureFingerprint, failure_fingerprint


def figures_of(pairs: list[tuple[str, str]]) -> tuple[float, float, float]:
    """Return precision, recall and F1 over all pairs of failures, given (cause, group) of each."""

    def together(values: Iterable[object]) -> int:
        return sum(comb(count, 2) for count in Counter(values).values())

    right = together(pairs)
    precision = right / (together(group for _, group in pairs) or 1)
    recall = right / (together(cause for cause, _ in pairs) or 1)
    return precision, recall, 2 * precision * recall / ((precision + recall) or 1)


def show(found: list[tuple[str, FailureFingerprint]]) -> None:
    """Print the causes that are in several groups, and the groups of several causes."""
    groups: dict[str, Counter[str]] = defaultdict(Counter)
    causes: dict[str, Counter[str]] = defaultdict(Counter)
    names = {name.id: name for _, name in found}
    for cause, name in found:
        groups[cause][name.id] += 1
        causes[name.id][cause] += 1
    for title, several in (("in several groups", groups), ("of several causes", causes)):
        for key, counted in several.items():
            if len(counted) > 1:
                print(f"  {title}: {key} {names[key].title if key in names else ''}")
                for other, count in counted.most_common():
                    said = f"{names[other].rule}: {names[other].parts}" if other in names else ""
                    print(f"    {count} {other} {said}")


def main() -> None:
    """Print a line for each file."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("files", nargs="+", metavar="FILE")
    parser.add_argument("--show", action="store_true", help="what went wrong")
    arguments = parser.parse_args()
    print(" rows causes groups  precision recall    F1")
    for path in arguments.files:
        with open(path, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        found = [(row["label"], failure_fingerprint(row["error"])) for row in rows]
        pairs = [(cause, name.id) for cause, name in found]
        precision, recall, both = figures_of(pairs)
        causes, groups = (len(set(values)) for values in zip(*pairs, strict=True))
        print(
            f"{len(rows):5} {causes:6} {groups:6}  {precision:9.3f} {recall:6.3f} {both:5.3f}", path
        )
        if arguments.show:
            show(found)


if __name__ == "__main__":
    main()
