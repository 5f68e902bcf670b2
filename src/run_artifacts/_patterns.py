"""Regular expressions that are compiled when they are first needed.

To compile all of the package's takes as long as to load half of its modules, and a process that
imports it needs few of them.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, cast


class _Pattern:
    """What stands for a pattern: each of its attributes, once it was asked for, is one of its own.

    So from the second use on nothing lies between. Threads that need a pattern first at one time
    compile it twice: a lock, held while another thread forks, would never be free in the child.
    """

    def __init__(self, make_expression: Callable[[], str]) -> None:
        self._make_expression = make_expression

    def __getattr__(self, name: str) -> Any:
        value = getattr(re.compile(self._make_expression()), name)
        setattr(self, name, value)
        return value


def lazy_pattern(expression: str | Callable[[], str]) -> re.Pattern[str]:
    """Return what can be used as the compiled pattern of an expression, or of what makes it."""
    make_expression = (lambda: expression) if isinstance(expression, str) else expression
    return cast("re.Pattern[str]", _Pattern(make_expression))


def any_of(texts: set[str], *, whole: bool = True) -> str:
    """Return a pattern for any of some texts, in which each character is looked at once.

    Args:
        texts: The texts; nothing matches where the empty one is among them.
        whole: Whether a text that another one begins with is enough; if not, the longest counts.
    """
    if "" in texts and (whole or len(texts) == 1):
        return ""
    rests: dict[str, set[str]] = {}
    for text in sorted(texts - {""}):
        rests.setdefault(text[0], set()).add(text[1:])
    branches = [re.escape(first) + any_of(rest, whole=whole) for first, rest in rests.items()]
    pattern = branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"
    return f"(?:{pattern})?" if "" in texts else pattern
