"""Lines that sum up what others said: that a command failed, or how many errors there were.

A line comes in; what goes out is whether it is no cause of its own.
"""

from __future__ import annotations

from run_artifacts._patterns import lazy_pattern

# In lower case.
_SAID = (
    "ld returned ",
    "linker command failed",
    "aborting due to",
    "due to previous errors",
    "could not compile",
    "compilation aborted",
    "due to compilation errors",
    "had compilation errors",
    "being treated as errors",
    "some errors have detailed explanations",
    "for more information about",
    "complete log of this run",
    "automatic merge failed",
    "exit status",
    "exit code",
    "exited with",
    "returned non-zero",
    "elifecycle",
    "looks like you failed",
)
_ENDED = lazy_pattern(
    r"\b[0-9]+ (?:errors?|warnings?)\b(?: generated)?[.)]?\Z"
    r"|(?:\A|[,:(=] ?)[0-9]+ (?:failed|failures?)\b"
    r"|\berrors? (?:were )?found(?: in [a-z ]+)?[.!]?\Z"
    r"|\bmake(?:\[[0-9]+\])?: \*\*\*|\berror: command .* failed"
    r"|(?:\A|[:\])] )(?:[a-z]+ ){1,3}failed[.!]?\Z|\b(?:build|compilation|tests?) failed[.!]?\Z"
    # that it ends, and no more
    r"|(?:: |\A)(?:exiting|aborting|quitting|giving up|bailing out)\b[^:]*\Z"
)


def is_summary(line: str) -> bool:
    """Say whether a line only sums up what others said.

    >>> is_summary("collect2: error: ld returned 1 exit status")
    True
    """
    lowered = line.lower()
    return any(said in lowered for said in _SAID) or _ENDED.search(lowered) is not None
