"""What a record of a run holds: its keys in their order, and the artifacts that they stand for."""

from typing import Any, Literal, TypedDict

from run_artifacts._causes.failure import RunFailure
from run_artifacts._history.artifacts import ArtifactRead
from run_artifacts._json.remarks import Remark
from run_artifacts._layout import RunStatus

SCHEMA_VERSION = 1

EmbedMode = Literal["none", "definitions", "prompt", "all"]

#: The JSON artifacts of a run by their keys in the record, in its order.
JSON_NAMES = {
    key: f"{key}.json"
    for key in (
        "target_ref",
        "effective_run_spec",
        "report",
        "metrics",
        "preflight",
        "error",
        "report_validation_errors",
        "run_meta",
        "agent_attempts",
        "ticket_ref",
        "timing",
    )
}

#: Those of which an object or ``null`` is taken alone, and those that end a run.
OBJECT_KEYS = frozenset({"run_meta", "agent_attempts", "ticket_ref", "timing"})
TERMINAL_KEYS = ("report", "error", "report_validation_errors")

SCHEMA_KEY = "report_schema_json"
_DEFINITIONS = {
    "persona_source_md": "persona.source.md",
    "persona_resolved_md": "persona.resolved.md",
    "mission_source_md": "mission.source.md",
    "mission_resolved_md": "mission.resolved.md",
    "prompt_template_md": "prompt.template.md",
    SCHEMA_KEY: "report.schema.json",
}
_PROMPT = {**_DEFINITIONS, "prompt_txt": "prompt.txt"}

#: What each mode embeds: the keys of `embedded`, and the artifacts that they stand for.
EMBEDDED: dict[str, dict[str, str]] = {
    "none": {},
    "definitions": _DEFINITIONS,
    "prompt": _PROMPT,
    "all": {**_PROMPT, "users_md": "users.md"},
}

#: The artifacts that a record carries in each mode.
CARRIED = {
    mode: frozenset({*JSON_NAMES.values(), *files.values()}) for mode, files in EMBEDDED.items()
}


class RunRecord(TypedDict):
    """A run as a history holds it, key by key in this order; ``docs/format.md`` explains each."""

    run_dir: str
    run_rel: str
    target_slug: str
    timestamp_dir: str
    timestamp_utc: str | None
    agent: str
    seed: int | str
    status: RunStatus
    agent_exit_code: int | None
    target_ref: Any
    effective_run_spec: Any
    report: Any
    metrics: Any
    preflight: Any
    error: Any
    report_validation_errors: Any
    run_meta: dict[str, Any] | None
    agent_attempts: dict[str, Any] | None
    ticket_ref: dict[str, Any] | None
    timing: dict[str, Any] | None
    terminal_artifact_reads: dict[str, ArtifactRead]
    embedded: dict[str, Any]
    embedded_capture_manifest: dict[str, dict[str, Any]]
    artifact_read_errors: list[ArtifactRead]
    other_artifacts: list[str]
    finished: bool | None
    failure: RunFailure | None
    schema_version: int
    _remarks: list[Remark]
