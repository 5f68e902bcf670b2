"""One run directory to its record: pure, picklable, and the heart of every history.

The place of a run directory comes in. Its listing is read once, and each artifact that it shows
is read once, below a descriptor of the directory. An `Outcome` goes out: a record, a loss, or
neither where the filter left the run out.
"""

import os
from typing import Any, NamedTuple, cast

from run_artifacts._capture.policy import TextCapturePolicy
from run_artifacts._causes.failure import failure_of
from run_artifacts._files.beneath import Root
from run_artifacts._history.artifacts import ArtifactRead, JsonArtifact, missing_json, read_json
from run_artifacts._history.embedded import Embedded, embed_missing, embed_schema, embed_text
from run_artifacts._history.losses import HistoryLoss
from run_artifacts._history.record import (
    CARRIED,
    EMBEDDED,
    JSON_NAMES,
    OBJECT_KEYS,
    SCHEMA_KEY,
    SCHEMA_VERSION,
    TERMINAL_KEYS,
    RunRecord,
)
from run_artifacts._history.stderr import StderrEnds
from run_artifacts._history.tree import directory_loss
from run_artifacts._json.document import Loads
from run_artifacts._json.foreign import member_of
from run_artifacts._layout import STDERR_NAME, TARGET_REF, RunPlace, RunStatus, utc_timestamp

DEFAULT_MAX_EMBED_BYTES = 200_000


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

    @property
    def is_record(self) -> bool:
        """Whether it is a record, or the line of one."""
        return not isinstance(self.value, (HistoryLoss, type(None)))


def read_run(place: RunPlace, options: ReadOptions) -> Outcome | None:
    """Read one run directory; ``None`` where it is no run and hides none."""
    try:
        with Root(place.run_dir) as root:
            return _read_listed(place, options, root, root.listing())
    except OSError as error:
        return Outcome(directory_loss(place.run_dir, error))


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
        for key in JSON_NAMES
        if key != "target_ref"
    }
    return _assemble(place, options, root, names, {"target_ref": target_ref, **artifacts})


def _read_listed_json(
    root: Root, key: str, names: dict[str, bool], loads: Loads | None
) -> JsonArtifact:
    name = JSON_NAMES[key]
    if name not in names:
        return missing_json(name)
    return read_json(root, name, loads, only_object=key in OBJECT_KEYS)


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
    status = _status(artifacts)
    reads = {JSON_NAMES[key]: artifacts[key].read for key in TERMINAL_KEYS}
    stderr = StderrEnds(root, exists=STDERR_NAME in names)
    failure = None
    if status != "ok":
        told = {**values, "status": status, "terminal_artifact_reads": reads}
        failure = failure_of(told, stderr.texts)
    record = {
        "run_dir": root.path,
        "run_rel": place.run_rel,
        "target_slug": slug,
        "timestamp_dir": timestamp,
        "timestamp_utc": utc_timestamp(timestamp),
        "agent": agent,
        "seed": int(seed) if seed.isascii() and seed.isdigit() else seed,
        "status": status,
        "agent_exit_code": _exit_code(values["error"]),
        **values,
        "terminal_artifact_reads": reads,
        "embedded": {key: item.value for key, item in embedded.items()},
        "embedded_capture_manifest": {key: item.manifest for key, item in embedded.items()},
        "artifact_read_errors": [*_read_errors(artifacts, embedded), *stderr.failed],
        "other_artifacts": _other_artifacts(names, CARRIED[options.embed]),
        "finished": _finished(values["run_meta"]),
        "failure": failure,
        "schema_version": SCHEMA_VERSION,
        "_remarks": [],
    }
    captured = sum(item.manifest["size_bytes"] or 0 for item in embedded.values())
    read = sum(item.size_bytes for item in artifacts.values())
    return Outcome(cast("RunRecord", record), captured + read + stderr.bytes_read)


def _embed(root: Root, names: dict[str, bool], options: ReadOptions) -> dict[str, Embedded]:
    embedded = {}
    for key, name in EMBEDDED[options.embed].items():
        if name not in names:
            embedded[key] = embed_missing(root, name)
        elif key == SCHEMA_KEY:
            embedded[key] = embed_schema(root, name, options.loads)
        else:
            embedded[key] = embed_text(root, name, options.policy)
    return embedded


def _status(artifacts: dict[str, JsonArtifact]) -> RunStatus:
    """Return the first status that holds; the strings are persisted by callers."""
    terminal = [artifacts[key].read for key in TERMINAL_KEYS]
    if any(read["exists"] and read["error_phase"] for read in terminal):
        return "terminal_artifact_unreadable"
    if artifacts["error"].value is not None:
        return "error"
    if artifacts["report_validation_errors"].value is not None:
        return "report_validation_error"
    return "missing_report" if artifacts["report"].value is None else "ok"


def _exit_code(error: object) -> int | None:
    code = member_of(error, "exit_code") if isinstance(error, dict) else None
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _finished(run_meta: dict[str, Any] | None) -> bool | None:
    return None if run_meta is None else member_of(run_meta, "run_finished_utc") is not None


def _read_errors(
    artifacts: dict[str, JsonArtifact], embedded: dict[str, Embedded]
) -> list[ArtifactRead]:
    failed = [item.read for item in artifacts.values() if item.read["error_phase"]]
    return failed + [item.failed for item in embedded.values() if item.failed]


def _other_artifacts(names: dict[str, bool], carried: frozenset[str]) -> list[str]:
    return sorted(
        f"{name}/" if is_dir else name for name, is_dir in names.items() if name not in carried
    )


def repo_filter(repo_input: object) -> str:
    """Return a repository filter in normal form; a blank one filters nothing.

    Raises:
        TypeError: It is no text.
    """
    if repo_input is None:
        return ""
    if not isinstance(repo_input, str):
        raise TypeError(f"repo_input must be str, not {type(repo_input).__name__}")
    return _normalized(repo_input)


def matches_repo_input(target_ref: object, wanted: str) -> bool:
    """Say whether a target reference names the repository of a filter in normal form."""
    given = member_of(target_ref, "repo_input") if isinstance(target_ref, dict) else None
    return isinstance(given, str) and _normalized(given) == wanted


def _normalized(value: str) -> str:
    """Bring a repository argument to the form in which two of them are compared.

    Surrounding white space goes. What holds ``://`` is lower-cased; anything else is a path,
    with ``/`` for each backslash, as ``os.path.normpath`` gives it, its case kept.
    """
    value = value.strip()
    if not value:
        return ""
    return value.lower() if "://" in value else os.path.normpath(value.replace("\\", "/"))
