"""Errors that were exceptions, as `describe` has them: which were raised, and from what.

An error comes in, as a mapping; the exceptions of its chain go out, or the members of its group.
"""

from __future__ import annotations

from itertools import islice
from typing import Any

from run_artifacts._causes.given import field_text
from run_artifacts._causes.lines import lines_of
from run_artifacts._causes.python import Raised, last_chain, say
from run_artifacts._json.foreign import elements_of, member_of

_MOST_DEPTH = 20

#: Most exceptions that are looked at, and most of the members of one group, which is what Python
#: prints of it.
_MOST_EXCEPTIONS = 500
_MOST_SHOWN = 15


def raised_of(error: Any) -> list[Raised]:
    """Return the exceptions of an error that was one, each with its cause before it."""
    return _Exceptions().raised(error, 0)


class _Exceptions:
    """A walk over an error's causes and members, which may hold one another many times over."""

    def __init__(self) -> None:
        self.left = _MOST_EXCEPTIONS

    def raised(self, error: Any, depth: int) -> list[Raised]:
        if depth > _MOST_DEPTH or not field_text(error, "traceback"):
            return []
        return self.members(error, depth) or self.chain(error, depth)

    def chain(self, error: Any, depth: int) -> list[Raised]:
        """Return an exception, and before it what it came from."""
        self.left -= 1
        chain = last_chain(lines_of(field_text(error, "traceback")))
        link = member_of(error, "cause") or member_of(error, "context")
        if link is None or len(chain) != 1 or self.left < 0:
            return chain
        return [*(self.raised(link, depth + 1) or _never_raised(link)), *chain]

    def members(self, error: Any, depth: int) -> list[Raised]:
        """Return the members of a group of exceptions, and those of the groups among them."""
        found: list[Raised] = []
        waiting = [error]
        while waiting:
            members = elements_of(member_of(waiting.pop(), "exceptions")) or ()
            for member in islice(members, _MOST_SHOWN):
                if self.left < 0:
                    return found
                waiting.append(member)
                raised = self.chain(member, depth + 1) or _never_raised(member)
                found += [Raised(item.said, item.frame, is_member=True) for item in raised[-1:]]
        return found


def _never_raised(error: Any) -> list[Raised]:
    """Return an exception that has no traceback, as a traceback would show it."""
    kind, message = (field_text(error, name) for name in ("type", "message"))
    first, *rest = message.split("\n")
    return [Raised(say(f"{kind}: {first}" if first else kind, rest))] if kind else []
