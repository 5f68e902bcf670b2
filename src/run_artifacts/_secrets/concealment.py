"""What stands under the name of a secret, or beside it, is hidden, whatever it is."""

from __future__ import annotations

from collections import Counter, OrderedDict, defaultdict
from typing import Any

from run_artifacts._json.foreign import elements_of, is_a
from run_artifacts._json.readable import CYCLE_MARKER, DEPTH_MARKER
from run_artifacts._json.rebuild import Concealment, has_digits
from run_artifacts._json.remarks import Replacement, placeholder
from run_artifacts._secrets.names import is_secret_name
from run_artifacts._secrets.quoted import BLANK
from run_artifacts._secrets.redact import NAME_RULE, PLACEHOLDER
from run_artifacts._secrets.structures import hidden_among

# The dicts that tell of themselves what they hold.
_DICTS = (dict, Counter, OrderedDict, defaultdict)


def _names_secret(key: str) -> bool:
    """Say whether a key is the name of a secret; a placeholder in it is no part of the name."""
    return is_secret_name(PLACEHOLDER.sub(BLANK, key) if "[" in key else key)


def conceal(value: object) -> Replacement | None:
    """Return what stands for a value under the name of a secret; ``None`` where it stays.

    Numbers, booleans and ``null`` stay, and containers that hold nothing else; so does what is
    empty, or a placeholder already.
    """
    if not _holds_text(value) or (type(value) is str and PLACEHOLDER.fullmatch(value)):
        return None
    return Replacement(placeholder(NAME_RULE), NAME_RULE, _length(value), "redacted")


def _holds_text(value: Any) -> bool:
    """Say whether there is anything in a value but numbers, booleans and ``null``."""
    waiting: list[Any] = [value]
    seen: set[int] = set()
    while waiting:
        value = waiting.pop()
        if value is None or is_a(value, float) or _length(value) == 0 or _is_marker(value):
            continue
        if is_a(value, int):
            if not has_digits(int.__int__(value)):
                return True
            continue
        honest = any(type(value) is kind for kind in _DICTS)
        children = dict.values(value) if honest else elements_of(value)
        if children is None:  # of another's dict nobody knows what it will tell the next time
            return True
        if id(value) not in seen:
            seen.add(id(value))
            waiting.extend(children)
    return False


def _is_marker(value: object) -> bool:
    """Say whether a value stands for what could not be copied: it was looked into before."""
    return type(value) is str and value in (CYCLE_MARKER, DEPTH_MARKER)


def _length(value: object) -> int | None:
    """Return the length of a text or container, as its builtin type has it."""
    for kind in (str, bytes, bytearray, list, tuple, dict, set, frozenset):
        if is_a(value, kind):
            return kind.__len__(value)  # type: ignore[arg-type]
    return None


#: What hides the values under the names of secrets, and beside them.
BY_NAME = Concealment(_names_secret, conceal, hidden_among)
