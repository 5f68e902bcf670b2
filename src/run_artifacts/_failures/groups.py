"""Failures of a history by their cause: how many, since when, where.

Records come in, one by one, of any number. Of each only its failure is kept, in the group of its
fingerprint; memory grows with the groups. The groups go out, the most frequent first.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from run_artifacts._causes.failure import RunFailure, failure_of
from run_artifacts._causes.name import shortened
from run_artifacts._invisible import escape
from run_artifacts._json.foreign import is_mapping, member_of, type_name

#: Most runs that a group names; the newest.
NAMED_RUNS = 20

#: Most targets, and most agents, that a group names.
NAMED_VALUES = 1_000


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """The failures of one cause.

    Attributes:
        fingerprint: As `failure_fingerprint` gives it.
        title: That of the newest of them.
        kind: As `classify_failure_kind` gives it, of the newest of them.
        count: How many there are.
        first_utc: When the first run began, as its record says it; ``None`` where none says it.
        last_utc: When the last one did.
        targets: The slugs of their targets, sorted; at most the first 1,000 that were met.
        agents: The names of their agents, likewise.
        run_rels: Their places in the tree, the newest first, at most 20.
        run_rels_omitted: How many of them are not named.
    """

    fingerprint: str
    title: str
    kind: str
    count: int
    first_utc: str | None
    last_utc: str | None
    targets: list[str]
    agents: list[str]
    run_rels: list[str]
    run_rels_omitted: int


class FailureGroups(list[FailureGroup]):
    """Groups of failures, the most frequent first, and how many records there were.

    Attributes:
        records: All that were looked at: those of the groups and the `passed`.
        passed: Those that are no failure.
    """

    records: int
    passed: int


def group_records(records: Iterable[Mapping[str, Any]]) -> FailureGroups:
    """Group the failures among records."""
    found: dict[str, _Group] = {}
    count = failed = 0
    for record in records:
        count += 1
        failure = _failure(record, count)
        if failure is not None:
            failed += 1
            name = failure["fingerprint"]
            group = found.get(name) or found.setdefault(name, _Group(failure))
            group.add(record, failure)
    groups = FailureGroups(sorted((group.finished() for group in found.values()), key=_order))
    groups.records, groups.passed = count, count - failed
    return groups


def _order(group: FailureGroup) -> tuple[Any, ...]:
    """Sort the most frequent first, and of the equally frequent by their name."""
    return -group.count, group.fingerprint


def _failure(record: object, number: int) -> RunFailure | None:
    """Return the failure of a record: as it says it, or as its parts do where it doesn't."""
    if not is_mapping(record):
        raise TypeError(f"record {number}: a record must be a mapping, not {type_name(record)}")
    said = member_of(record, "failure")
    if said is None and _has_failure(record):
        return None
    values = [member_of(said, name) for name in ("kind", "fingerprint", "title")]
    if all(type(value) is str for value in values):
        kind, name, title = (escape(value).replace("\n", " ") for value in values)
        return {"kind": kind, "fingerprint": name, "title": shortened(title)}
    return failure_of(record)


def _has_failure(record: Any) -> bool:
    try:
        return "failure" in record
    except Exception:  # the mapping's own code may do anything
        return False


class _Group:
    """A group that grows."""

    def __init__(self, failure: RunFailure) -> None:
        self.failure = failure
        self.count = 0
        self.first: str | None = None
        self.last: str | None = None
        self.targets: set[str] = set()
        self.agents: set[str] = set()
        self.newest: list[tuple[str, str]] = []

    def add(self, record: Any, failure: RunFailure) -> None:
        """Add a failure of the group."""
        self.count += 1
        when, place = _text(record, "timestamp_utc"), _text(record, "run_rel")
        if when:
            self.first = when if self.first is None else min(self.first, when)
            if self.last is None or when >= self.last:
                self.last, self.failure = when, failure
        for values, name in ((self.targets, "target_slug"), (self.agents, "agent")):
            value = _text(record, name)
            if value and len(values) < NAMED_VALUES:
                values.add(value)
        if place:
            keep = heapq.heappush if len(self.newest) < NAMED_RUNS else heapq.heappushpop
            keep(self.newest, (when, place))

    def finished(self) -> FailureGroup:
        """Return the group as a value."""
        places = [place for _, place in sorted(self.newest, reverse=True)]
        return FailureGroup(
            fingerprint=self.failure["fingerprint"],
            title=self.failure["title"],
            kind=self.failure["kind"],
            count=self.count,
            first_utc=self.first,
            last_utc=self.last,
            targets=sorted(self.targets),
            agents=sorted(self.agents),
            run_rels=places,
            run_rels_omitted=self.count - len(places),
        )


def _text(record: Any, name: str) -> str:
    value = member_of(record, name)
    return value if type(value) is str else ""
