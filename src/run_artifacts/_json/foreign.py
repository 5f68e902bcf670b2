"""Objects of other people's making, of which nothing can be relied on but what their type is.

Their own code may raise, lie or return anything: ``__class__`` can name another type, a subclass
of ``str`` can redefine its length. So kinds are told by the type itself, texts are made of what the
builtin type holds, and nothing here raises.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any


def is_a(value: object, kinds: type | tuple[type, ...]) -> bool:
    """Say whether a value's own type is one of builtin types, or derived from one."""
    return issubclass(type(value), kinds)


def is_mapping(value: object) -> bool:
    """Say whether a value is a mapping, be it a dict or of another's making."""
    if type(value) is dict:
        return True
    try:
        return issubclass(type(value), Mapping)
    except Exception:  # asking about a class runs the code of its metaclass
        return False


def elements_of(value: Any) -> Iterator[Any] | None:
    """Return what a list or tuple holds; ``None`` for anything else."""
    for kind in (list, tuple):
        if is_a(value, kind):
            return kind.__iter__(value)
    return None


def members_of(value: Any) -> list[Any]:
    """Return what a mapping, list, tuple or set holds; nothing for anything else."""
    for kind in (set, frozenset):
        if is_a(value, kind):
            return list(kind.__iter__(value))
    if not is_mapping(value):
        return list(elements_of(value) or ())
    try:
        return list(value.values())
    except Exception:  # the mapping's own code may do anything
        return list(dict.values(value)) if is_a(value, dict) else []


def pairs_of(value: Any) -> list[tuple[Any, Any]]:
    """Return what a mapping holds as pairs of keys and values, in its own order.

    A dict of another's making may tell of itself what is not so: then what it really holds.

    Raises:
        Exception: It is no dict, and its own code raises, or gives no pairs.
    """
    if type(value) is dict:
        return list(value.items())
    try:
        pairs = [(key, item) for key, item in value.items()]  # which need not be pairs
    except Exception:  # the mapping's own code may do anything
        if not is_a(value, dict):
            raise
        pairs = []
    is_told = not is_a(value, dict) or len(pairs) == dict.__len__(value)
    return pairs if is_told else list(dict.items(value))


def member_of(value: object, name: str) -> Any:
    """Return what a mapping has under a text; ``None`` where that is nothing, or can't be told.

    Keys of bytes are none of its texts, even where comparing the two raises (``python -bb``).
    """
    if not is_mapping(value):
        return None
    try:
        return value.get(name)  # type: ignore[attr-defined]
    except BytesWarning:
        pass
    except Exception:  # the mapping's own code may do anything, and so may its keys'
        if type(value) is not dict:
            return None
    found = [item for key, item in pairs_of(value) if type(key) is str and key == name]
    return found[-1] if found else None


def type_name(value: object) -> str:
    """Return the bare name of a value's type."""
    return str(type.__dict__["__name__"].__get__(type(value)))


def text_of(function: Callable[[Any], object], value: object) -> str | None:
    """Return what a function says of a value; ``None`` where it raises, or says no text."""
    if type(value) is str and function is str:  # most are, and can't fail
        return value
    try:
        said = function(value)
    except Exception:  # the value's own code may do anything
        return None
    if is_a(said, bytes):
        return bytes.decode(said, errors="backslashreplace")  # type: ignore[arg-type]
    return str.__str__(said) if is_a(said, str) else None


def repr_of(value: object) -> str:
    """Return the ``repr`` of a value, or the name of its type where it has none."""
    return text_of(repr, value) or unshowable(value)


def unshowable(value: object) -> str:
    """Return what stands for a value of which nothing else is known than its type."""
    return f"<{type_name(value)} that can't be shown>"
