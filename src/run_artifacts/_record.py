"""One run directory to its record: pure, picklable, and the heart of every history.

The place of a run directory comes in. Its listing is read once, and each artifact that it shows
is read once, below a descriptor of the directory. An `Outcome` goes out: a record, a loss, or
neither where the filter left the run out.
"""

from __future__ import annotations

import os
from typing import Any, Literal, NamedTuple, TypedDict, cast, get_args

from run_artifacts._arguments import normalize_repo_input
from run_artifacts._artifacts import (
    ArtifactRead,
    Embedded,
    JsonArtifact,
    embed_missing,
    embed_schema,
    embed_text,
    missing_json,
    read_json,
)
from run_artifacts._jsondoc import Loads
from run_artifacts._losses import HistoryLoss
from run_artifacts._remarks import Remark
from run_artifacts._root import Root
from run_artifacts._tree import TARGET_REF, RunPlace, directory_loss, utc_timestamp
from run_artifacts.capture import TextCapturePolicy

SCHEMA_VERSION = 1

EmbedMode = Literal["none", "definitions", "prompt", "all"]

DEFAULT_MAX_EMBED_BYTES = 200_000

Status = Literal[
    "ok", "missing_report", "report_validation_error", "terminal_artifact_unreadable", "error"
]

#: The status strings of a record, in the order in which they are counted.
STATUSES: tuple[str, ...] = get_args(Status)

# The JSON artifacts of a run by their keys in the record; each is `<key>.json`.
_JSON_KEYS = (
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
_OBJECT_KEYS = frozenset({"run_meta", "agent_attempts", "ticket_ref", "timing"})
_TERMINAL_KEYS = ("report", "error", "report_validation_errors")
_JSON_NAMES = {key: f"{key}.json" for key in _JSON_KEYS}

_SCHEMA_KEY = "report_schema_json"
_DEFINITIONS = {
    "persona_source_md": "persona.source.md",
    "persona_resolved_md": "persona.resolved.md",
    "mission_source_md": "mission.source.md",
    "mission_resolved_md": "mission.resolved.md",
    "prompt_template_md": "prompt.template.md",
    _SCHEMA_KEY: "report.schema.json",
}
_PROMPT = {**_DEFINITIONS, "prompt_txt": "prompt.txt"}

#: What each mode embeds: the keys of `embedded`, and the artifacts that they stand for.
EMBEDDED: dict[str, dict[str, str]] = {
    "none": {},
    "definitions": _DEFINITIONS,
    "prompt": _PROMPT,
    "all": {**_PROMPT, "users_md": "users.md"},
}

# The artifacts that a record carries in each mode.
_CARRIED = {
    mode: frozenset({*_JSON_NAMES.values(), *files.values()}) for mode, files in EMBEDDED.items()
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
    status: Status
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
    schema_version: int
    _remarks: list[Remark]


class ReadOptions(NamedTuple):
    """What a record is made with: the filter, in normal form, what it embeds, and the decoder."""

    repo_input: str = ""
    embed: str = "none"
    policy: TextCapturePolicy = TextCapturePolicy(DEFAULT_MAX_EMBED_BYTES)
    loads: Loads | None = None


class Outcome(NamedTuple):
    """What a run directory gave: a record, a loss, or `None` where the filter left it out.

    `bytes_read` are those of its artifacts. A record may have become its line.
    """

    value: RunRecord | HistoryLoss | tuple[bytes, str] | None
    bytes_read: int = 0


def read_run(place: RunPlace, options: ReadOptions) -> Outcome | None:
    """Read one run directory; ``None`` where it is no run and hides none."""
    try:
        with Root(place.run_dir) as root:
            return _read_listed(place, options, root, root.listing())
    except OSError as error:
        return Outcome(directory_loss(place.run_dir, error))


def gives_record(place: RunPlace, options: ReadOptions) -> bool:
    """Say whether reading a run directory gives a record that passes the filter."""
    outcome = read_run(place, options._replace(embed="none"))
    return outcome is not None and isinstance(outcome.value, dict)


def matches_repo_input(target_ref: object, wanted: str) -> bool:
    """Say whether a target reference names the repository of a filter in normal form."""
    given = target_ref.get("repo_input") if isinstance(target_ref, dict) else None
    return isinstance(given, str) and normalize_repo_input(given) == wanted


def is_selected(place: RunPlace, repo_input: str) -> bool:
    """Say whether a run passes a repository filter in normal form.

    Raises:
        HistoryLoss: That can't be told.
    """
    try:
        with Root(place.run_dir) as root:
            left_out = _left_out(read_json(root, TARGET_REF), place, repo_input)
    except OSError as error:
        raise directory_loss(place.run_dir, error) from None
    if left_out is not None and isinstance(left_out.value, HistoryLoss):
        raise left_out.value
    return left_out is None


def _left_out(target_ref: JsonArtifact, place: RunPlace, repo_input: str) -> Outcome | None:
    """Return what becomes of a run that gives no record, by its target reference."""
    size = target_ref.size_bytes
    if target_ref.vanished:
        return Outcome(HistoryLoss("vanished", place.run_dir, detail=f"{TARGET_REF} is gone"))
    if not repo_input:
        return None
    if target_ref.read["error_phase"]:
        path = os.path.join(place.run_dir, TARGET_REF)
        detail = f"{target_ref.read['error_type']}: {target_ref.read['error_message']}"
        return Outcome(HistoryLoss("unreadable_file", path, detail=detail), size)
    return None if matches_repo_input(target_ref.value, repo_input) else Outcome(None, size)


def _read_listed(
    place: RunPlace, options: ReadOptions, root: Root, names: dict[str, bool]
) -> Outcome | None:
    if TARGET_REF not in names:
        return _without_target_ref(place, names)
    target_ref = read_json(root, TARGET_REF, options.loads)
    left_out = _left_out(target_ref, place, options.repo_input)
    if left_out is not None:
        return left_out
    artifacts = {
        key: _read_listed_json(root, key, names, options.loads)
        for key in _JSON_KEYS
        if key != "target_ref"
    }
    return _assemble(place, options, root, names, {"target_ref": target_ref, **artifacts})


def _read_listed_json(
    root: Root, key: str, names: dict[str, bool], loads: Loads | None
) -> JsonArtifact:
    name = _JSON_NAMES[key]
    if name not in names:
        return missing_json(name)
    return read_json(root, name, loads, only_object=key in _OBJECT_KEYS)


def _without_target_ref(place: RunPlace, names: dict[str, bool]) -> Outcome | None:
    if utc_timestamp(place.names[1]) is None or all(names.values()):
        return None
    detail = f"a run directory with files and no {TARGET_REF}"
    return Outcome(HistoryLoss("run_without_target_ref", place.run_dir, detail=detail))


def _assemble(
    place: RunPlace,
    options: ReadOptions,
    root: Root,
    names: dict[str, bool],
    artifacts: dict[str, JsonArtifact],
) -> Outcome:
    embedded = _embed(root, names, options)
    values = {key: artifact.value for key, artifact in artifacts.items()}
    slug, timestamp, agent, seed = place.names
    record = {
        "run_dir": root.path,
        "run_rel": place.run_rel,
        "target_slug": slug,
        "timestamp_dir": timestamp,
        "timestamp_utc": utc_timestamp(timestamp),
        "agent": agent,
        "seed": int(seed) if seed.isascii() and seed.isdigit() else seed,
        "status": _status(artifacts),
        "agent_exit_code": _exit_code(values["error"]),
        **values,
        "terminal_artifact_reads": {
            _JSON_NAMES[key]: artifacts[key].read for key in _TERMINAL_KEYS
        },
        "embedded": {key: item.value for key, item in embedded.items()},
        "embedded_capture_manifest": {key: item.manifest for key, item in embedded.items()},
        "artifact_read_errors": _read_errors(artifacts, embedded),
        "other_artifacts": _other_artifacts(names, _CARRIED[options.embed]),
        "finished": _finished(values["run_meta"]),
        "schema_version": SCHEMA_VERSION,
        "_remarks": [],
    }
    captured = sum(item.manifest["size_bytes"] or 0 for item in embedded.values())
    return Outcome(
        cast("RunRecord", record), captured + sum(item.size_bytes for item in artifacts.values())
    )


def _embed(root: Root, names: dict[str, bool], options: ReadOptions) -> dict[str, Embedded]:
    embedded = {}
    for key, name in EMBEDDED[options.embed].items():
        if name not in names:
            embedded[key] = embed_missing(root, name)
        elif key == _SCHEMA_KEY:
            embedded[key] = embed_schema(root, name, options.loads)
        else:
            embedded[key] = embed_text(root, name, options.policy)
    return embedded


def _status(artifacts: dict[str, JsonArtifact]) -> Status:
    """Return the first status that holds; the strings are persisted by callers."""
    terminal = [artifacts[key].read for key in _TERMINAL_KEYS]
    if any(read["exists"] and read["error_phase"] for read in terminal):
        return "terminal_artifact_unreadable"
    if artifacts["error"].value is not None:
        return "error"
    if artifacts["report_validation_errors"].value is not None:
        return "report_validation_error"
    return "missing_report" if artifacts["report"].value is None else "ok"


def _exit_code(error: object) -> int | None:
    code = error.get("exit_code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _finished(run_meta: dict[str, Any] | None) -> bool | None:
    return None if run_meta is None else run_meta.get("run_finished_utc") is not None


def _read_errors(
    artifacts: dict[str, JsonArtifact], embedded: dict[str, Embedded]
) -> list[ArtifactRead]:
    failed = [item.read for item in artifacts.values() if item.read["error_phase"]]
    return failed + [item.failed for item in embedded.values() if item.failed]


def _other_artifacts(names: dict[str, bool], carried: frozenset[str]) -> list[str]:
    return sorted(
        f"{name}/" if is_dir else name for name, is_dir in names.items() if name not in carried
    )
