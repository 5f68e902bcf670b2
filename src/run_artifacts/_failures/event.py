"""A failure as one finished value: all that is given of it, sanitized, in the parts that are shown.

An error, its validation errors, the accounts of its reads, its artifacts and attachments come in,
from whoever has them. All of it goes through one walk, in which secrets are replaced and what JSON
has no form for becomes readable. A `FailureEvent` goes out; a text of it is a matter of layout.
"""

import json
import math
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from run_artifacts._causes.given import as_object, validation_items, validation_texts
from run_artifacts._causes.kinds import kind_of
from run_artifacts._failures.artifacts import extract_artifact_filenames
from run_artifacts._failures.attachment import Attachment, Given
from run_artifacts._json.foreign import is_a, repr_of
from run_artifacts._json.readable import Rules, readable_fields, readable_parts
from run_artifacts._json.remarks import unused_key

#: The fields of an error that are shown as texts of their own.
TEXT_FIELDS = ("stderr", "message", "traceback")

#: What an account of a read says beside what went wrong.
READ_FIELDS = frozenset({"path", "exists", "decode_ok", "parse_ok"})


class FailureEvent(NamedTuple):
    """Everything that a rendered failure shows; the values are those of JSON.

    Attributes:
        kind: As `classify_failure_kind` gives it, or the caller's.
        agent: The agent's name.
        status: The record's status.
        facts: ``type``, ``exit_code`` and ``stderr_synthesized`` of the error.
        texts: Its `TEXT_FIELDS`.
        details: All else that it holds.
        validation_errors: As texts.
        failed_reads: The accounts of reads that went wrong, by file name.
        filenames: Those that the artifacts name.
        attachments: In their order.
    """

    kind: object
    agent: object
    status: object
    facts: dict[str, Any]
    texts: dict[str, str]
    details: dict[str, Any]
    validation_errors: list[str]
    failed_reads: list[tuple[str, Any]]
    filenames: list[str]
    attachments: list[Attachment]


def make_event(
    error: object,
    rules: Rules,
    *,
    kind: object,
    agent: object,
    status: object,
    validation_errors: object,
    artifacts: object,
    attachments: Iterable[Given],
    reads: object,
) -> FailureEvent:
    """Sanitize all that is given of a failure, and sort it into the parts that are shown."""
    value = None if error is None else as_object(error)
    items, given = validation_items(validation_errors), list(attachments)
    stated = [_stated(kind), _stated(agent), _stated(status)]
    shown = readable_parts(
        [value, *stated, artifacts, reads, *items, *(item.values for item in given)], rules
    )
    copy, kind_shown, agent, status_shown, artifacts, reads, *rest = shown
    fields = {} if value is None else readable_fields(copy, value)
    invalid = validation_texts(items, rest[: len(items)])
    if kind is None:
        failed = None if error is None else fields
        kind_shown = kind_of(failed, status, invalid).kind
    if artifacts is None and isinstance(fields.get("artifacts"), dict):
        artifacts = fields["artifacts"]
    facts = dict(_facts(fields))
    texts = {name: fields.pop(name) for name in TEXT_FIELDS if isinstance(fields.get(name), str)}
    return FailureEvent(
        kind=kind_shown,
        agent=agent,
        status=status_shown,
        facts=facts,
        texts=texts,
        details=_details(fields, artifacts),
        validation_errors=invalid,
        failed_reads=[*_failed_reads(reads)],
        filenames=extract_artifact_filenames(artifacts),
        attachments=list(map(Attachment.of, given, rest[len(items) :])),
    )


def _stated(value: object) -> object:
    """Return what is to be stated of a value; what would be ``null`` in JSON is named."""
    is_finite = not is_a(value, float) or math.isfinite(float.__float__(value))  # type: ignore[arg-type]
    return value if is_finite else repr_of(value)


def _facts(fields: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Take out of the fields of an error what its second line states."""
    for name, kind in (("type", str), ("exit_code", int), ("stderr_synthesized", bool)):
        if type(fields.get(name)) is kind:
            yield name, fields.pop(name)


def _details(fields: dict[str, Any], artifacts: object) -> dict[str, Any]:
    """Return all other fields, and artifacts that are neither theirs nor mere names."""
    known = (json.dumps(None), json.dumps(fields.get("artifacts")))
    if json.dumps(artifacts) in known or _are_names(artifacts):
        return fields
    return {**fields, unused_key("artifacts_given", fields)[0]: artifacts}


def _are_names(artifacts: object) -> bool:
    items = artifacts if isinstance(artifacts, list) else [artifacts]
    return all(isinstance(item, str) and item.strip() for item in items)


def _failed_reads(reads: Any) -> Iterator[tuple[str, Any]]:
    """Yield the reads that failed, and what is no account of a read."""
    if not isinstance(reads, dict):
        yield from () if reads is None else [("(no names)", reads)]
        return
    for name, read in reads.items():
        if not isinstance(read, dict) or "error_phase" not in read or _tells_more(read):
            yield name, read


def _tells_more(read: dict[str, Any]) -> bool:
    """Say whether the account of a read tells more than that it went well, or that there is none.

    What a rendering shows of it must tell a failure, even where its fields contradict each other.
    """
    told = {key for key, value in read.items() if value is not None}
    well = {key for key in READ_FIELDS if read.get(key) is True}
    return not told - well <= {"path", "exists"}
