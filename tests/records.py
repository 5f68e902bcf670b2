"""The records of run directories: what several test modules call."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from run_artifacts import TextCapturePolicy
from run_artifacts._history.run import Outcome, ReadOptions, read_run
from run_artifacts._layout import RunPlace
from support import DEFAULT_RUN


def outcome_of(runs: Path, run_rel: str = DEFAULT_RUN, **options: Any) -> Outcome | None:
    if "max_embed_bytes" in options:
        options["policy"] = TextCapturePolicy(options.pop("max_embed_bytes"))
    return read_run(RunPlace(str(runs), tuple(run_rel.split("/"))), ReadOptions(**options))


def record_of(runs: Path, run_rel: str = DEFAULT_RUN, **options: Any) -> dict[str, Any]:
    outcome = outcome_of(runs, run_rel, **options)
    assert outcome is not None
    assert isinstance(outcome.value, dict)
    return outcome.value
