"""How a process ended: by a signal, or with an exit code."""

from __future__ import annotations

from run_artifacts._patterns import lazy_pattern

# Numbers that the systems agree on; the rest goes by its number.
_NAMES = {
    1: "SIGHUP",
    2: "SIGINT",
    3: "SIGQUIT",
    4: "SIGILL",
    5: "SIGTRAP",
    6: "SIGABRT",
    8: "SIGFPE",
    9: "SIGKILL",
    11: "SIGSEGV",
    13: "SIGPIPE",
    14: "SIGALRM",
    15: "SIGTERM",
}
# Sent by others, most often: what the process wrote before says nothing of it.
_FROM_OUTSIDE = frozenset({1, 2, 3, 9, 13, 14, 15})

# A shell's own words for it (as bash and dash have them).
_SAID = {
    "Hangup": 1,
    "Quit": 3,
    "Illegal instruction": 4,
    "Trace/breakpoint trap": 5,
    "Aborted": 6,
    "Floating point exception": 8,
    "Killed": 9,
    "Segmentation fault": 11,
    "Alarm clock": 14,
    "Terminated": 15,
}
_SAID_LINE = lazy_pattern(
    lambda: rf"(?:.*: line [0-9]+: +[0-9]+ )?({'|'.join(_SAID)})(?: \(core dumped\))?(?:  .*)?\Z"
)


def signal_of(exit_code: int | None) -> int | None:
    """Return the signal that ended a process, as `subprocess` or a shell tells it."""
    if exit_code is None:
        return None
    if -64 <= exit_code < 0:
        return -exit_code
    number = exit_code - 128
    # 129 is the status that git ends with where its arguments are wrong.
    return number if number in _NAMES and number != 1 else None


def signal_name(number: int) -> str:
    """Return the name of a signal."""
    return _NAMES.get(number, f"signal {number}")


def is_from_outside(number: int) -> bool:
    """Say whether a signal is one that others send."""
    return number in _FROM_OUTSIDE


def told_signal(lines: list[str]) -> int | None:
    """Return the signal that a shell tells of in the last line where one does."""
    found = (_SAID_LINE.match(line) for line in reversed(lines))
    return next((_SAID[said[1]] for said in found if said), None)


def tells_signal(line: str) -> bool:
    """Say whether a line is one in which a shell tells of a signal."""
    return _SAID_LINE.match(line) is not None
