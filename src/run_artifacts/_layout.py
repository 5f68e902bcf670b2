"""What a run directory is: its levels in a tree, its place there, the statuses of its run.

The layout is ``<runs_dir>/<target_slug>/<timestamp>/<agent>/<seed>/target_ref.json``.
"""

import os
from datetime import UTC, datetime
from typing import Literal, NamedTuple, get_args

from run_artifacts._patterns import lazy_pattern

#: The file that makes a directory at the depth of a run a run directory.
TARGET_REF = "target_ref.json"

#: What the agent wrote to its standard error.
STDERR_NAME = "agent_stderr.txt"

#: The levels of a tree down to a run: target, timestamp, agent, seed.
RUN_LEVELS = 4

#: What became of a run, in the order in which runs are counted; persisted by callers.
RunStatus = Literal[
    "ok", "missing_report", "report_validation_error", "terminal_artifact_unreadable", "error"
]
RUN_STATUSES: tuple[RunStatus, ...] = get_args(RunStatus)

_TIMESTAMP = lazy_pattern(r"(?a)(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z")


class RunPlace(NamedTuple):
    """Where a run directory is.

    Attributes:
        runs_dir: The tree, as it was given.
        names: Target, timestamp, agent and seed, as they are named.
    """

    runs_dir: str
    names: tuple[str, ...]

    def __str__(self) -> str:
        return self.run_dir

    @property
    def run_dir(self) -> str:
        """The path of the run directory."""
        return os.path.join(self.runs_dir, *self.names)

    @property
    def run_rel(self) -> str:
        """Its path relative to the tree, with ``/``."""
        return "/".join(self.names)


def utc_timestamp(name: str) -> str | None:
    """Return the time that a ``%Y%m%dT%H%M%SZ`` name states as ISO 8601, or ``None``."""
    match = _TIMESTAMP.fullmatch(name)
    if match is None:
        return None
    year, month, day, hour, minute, second = match.groups()
    try:
        datetime(int(year), int(month), int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    return f"{year}-{month}-{day}T{hour}:{minute}:{second}Z"
