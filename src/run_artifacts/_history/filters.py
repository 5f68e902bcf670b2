"""Which records a call wants, by the repository of their target reference."""

from __future__ import annotations

import os

from run_artifacts._json.foreign import member_of


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
