"""The structures in which a name and its value stand beside each other.

The children of a container come in; which of them are secret goes out. An argument vector has
options and their values, a pair a name and a value, as headers have them, and an object has them
under keys of its own (``name`` and ``value``). A JSON Web Key has its secrets under keys that say
nothing elsewhere.

Everything is judged by what it will read in the copy, so that nothing more is found in that.
"""

from __future__ import annotations

from collections.abc import Container
from typing import Any

from run_artifacts._json.foreign import is_a, is_mapping
from run_artifacts._json.readable import replace_foreign
from run_artifacts._json.rebuild import has_digits
from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.commands import argument_ranges, is_value, names_program
from run_artifacts._secrets.names import is_secret_name, secret_kind
from run_artifacts._secrets.values import REPLACED, is_no_value, is_prose

#: The keys under which an object has a name, by that of its value.
_NAMES_OF = {"value": ("name", "key"), "Value": ("Name", "Key")}

# The members of a JSON Web Key that are secret (RFC 7518, section 6), and what says it is one.
_KEY_TYPE = "kty"
_KEY_MEMBERS = frozenset(("d", "p", "q", "dp", "dq", "qi", "oth", "k"))

_MARKS = frozenset((*_NAMES_OF, _KEY_TYPE))

# What JSON has as no text, and what is walked in turn.
_NO_TEXTS = (float, dict, list, tuple, set, frozenset, BaseException)

_NAME = lazy_pattern(r":?[A-Za-z_.][\w.-]{0,99}")
_SPACES = lazy_pattern(r"\s+")
_FEWEST_WORDS = 3  # of a sentence


def hidden_among(container: object, children: list[tuple[Any, Any]]) -> Container[Any]:
    """Return the keys or indices of the children that are secret for what stands beside them."""
    if type(container) is dict and not _may_be_marked(container):  # as nearly all are not
        return ()
    if not is_a(container, (list, tuple)):
        return _in_object({key: child for key, child in children if type(key) is str})
    if not children or _is_plain(children[0][1]):
        return ()
    return _in_list([child if type(child) is str else _text(child) for _, child in children])


def _may_be_marked(container: dict[Any, Any]) -> bool:
    try:
        return not _MARKS.isdisjoint(container)
    except Exception:  # the keys' own code may do anything
        return True


def _in_object(members: dict[str, Any]) -> Container[str]:
    """Return the keys of an object's values whose name it tells under another key."""
    hidden: set[str] = set()
    for key, name_keys in _NAMES_OF.items():
        text = _text(members.get(key))
        if key not in members or (text is not None and is_no_value(text)):
            continue
        if any(_is_name(_text(members.get(name_key))) for name_key in name_keys):
            hidden.add(key)
    if _text(members.get(_KEY_TYPE)) is not None:
        hidden |= _KEY_MEMBERS
    return hidden


def _in_list(texts: list[str | None]) -> Container[int]:
    """Return the indices of what is secret in an argument vector, or in a pair."""
    if len(texts) == 2 and _is_name(texts[0]):
        return (1,) if _is_paired(texts[0], texts[1]) else ()
    has_option = "-" in [text[:1] for text in texts if text is not None]
    return argument_ranges(texts) if has_option or names_program(texts) else ()


def _is_name(text: str | None) -> bool:
    return text is not None and _NAME.fullmatch(text) is not None and is_secret_name(text)


def _is_paired(name: str | None, value: str | None) -> bool:
    """Say whether the second of a pair is a secret, and not another name or what is said of one."""
    if name is None or value is None or not is_value(value):
        return False
    said = REPLACED.sub(" x ", value).strip()
    return secret_kind(name) == "phrase" or not (
        is_prose(said) or _is_name(value) or _is_sentence(said)
    )


def _is_sentence(text: str) -> bool:
    """Say whether most of a text are words, as in what is wrong with a field of that name."""
    words = _SPACES.split(text.strip())
    return len(words) >= _FEWEST_WORDS and 3 * sum(map(is_prose, words)) >= 2 * len(words)


def _text(value: object) -> str | None:
    """Return the text that a value will be in the copy; ``None`` where it will be none."""
    if type(value) is str:
        return value
    if is_a(value, str):
        return str.__str__(value)
    if _is_plain(value) or is_a(value, _NO_TEXTS) or is_mapping(value):
        return None
    shown = replace_foreign(value, lambda: "", "type").value
    return shown if isinstance(shown, str) else None


def _is_plain(value: object) -> bool:
    """Say of what is met most whether it is no text."""
    kind = type(value)
    if kind is dict or kind is list or kind is float or value is None:
        return True
    return is_a(value, int) and has_digits(int.__int__(value))  # type: ignore[arg-type]
