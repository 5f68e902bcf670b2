"""The artifacts that an error names."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from run_artifacts._json.foreign import is_a, member_of, members_of


def extract_error_artifacts(error: object) -> dict[str, Any] | None:
    """Return a deep copy of an error's ``artifacts`` where they are a dict, else ``None``."""
    artifacts = member_of(error, "artifacts")
    return _copy_containers(artifacts) if is_a(artifacts, dict) else None


def _copy_containers(value: dict[str, Any]) -> dict[str, Any]:
    """Copy dicts and lists at any depth; what is shared, or a cycle, stays so."""
    copies: dict[int, Any] = {}
    waiting: list[Any] = []

    def copy(container: Any) -> Any:
        if id(container) not in copies:
            is_dict = is_a(container, dict)
            new = dict(dict.items(container)) if is_dict else list.copy(container)
            copies[id(container)] = new
            waiting.append(new)
        return copies[id(container)]

    result = copy(value)
    while waiting:
        container = waiting.pop()
        for key, child in container.items() if type(container) is dict else enumerate(container):
            if is_a(child, (dict, list)):
                container[key] = copy(child)
    return result  # type: ignore[no-any-return]


def extract_artifact_filenames(artifacts: object) -> list[str]:
    """Return the strings in artifacts that aren't blank, at any depth, each once, sorted.

    Args:
        artifacts: A string, or dicts and lists of them; the keys of a dict are not names.

    >>> extract_artifact_filenames({"stderr": "b.txt", "logs": ["a.txt", " ", {"x": "b.txt"}]})
    ['a.txt', 'b.txt']
    """
    return sorted({text for text in _texts(artifacts) if text.strip()})


def _texts(value: object) -> Iterator[str]:
    seen: dict[int, object] = {}  # kept alive, so that no other has its identity
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if is_a(value, str):
            yield str.__str__(value)
        elif id(value) not in seen:
            seen[id(value)] = value
            waiting.extend(members_of(value))
