"""The lines of an output as a reader of it sees them: no stamps, no colours, no carriage returns.

A text comes in, of any length; its lines go out, of both of its ends at most so many characters.
"""

from __future__ import annotations

from run_artifacts._patterns import lazy_pattern

#: Most characters that are read at each end of a text.
END_CHARACTERS = 64 * 1024

#: Most characters of a line. Of what is cut only the first half is shown, so that a secret which
#: the cut goes through is found, or is none of it.
LINE_CHARACTERS = 2_000

# ECMA-48: control sequences, and the strings that set titles and links.
_ESCAPES = lazy_pattern(
    "\x1b(?:\\[[0-?]*[ -/]*[@-~]|[\\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\\\)?|[ -/]*[0-~])"
    "|\x9b[0-?]*[@-~]"
)

# When it was written, as loggers, containers and kernels say before a line.
_CLOCK = r"[0-2]?[0-9]:[0-5][0-9]:[0-5][0-9](?:[.,][0-9]+)?"
_DATE = "(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}|[0-9]{2}/[0-9]{2}/[0-9]{4})"
_SHORT_DATE = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) [ 0-9][0-9]"
_STAMP = lazy_pattern(
    r"(?m)^(?:[\[(]?(?:"
    rf"{_DATE}[T _]{_CLOCK}(?: ?(?:Z|[-+][0-9]{{2}}:?[0-9]{{2}}|UTC|GMT))?"
    rf"|{_CLOCK}(?:Z| ?[AaPp][Mm])?"
    rf"|{_SHORT_DATE} {_CLOCK}(?: [\w.-]+ [\w./-]+\[[0-9]+\]:)?"
    r"| *[0-9]{1,7}\.[0-9]{3,6}|[0-9]{10}\.[0-9]{3,9}"
    # and which stream it is of, as containers (CRI) and GitLab have it
    r")[\])]?(?: [|:-]| std(?:out|err) [FP]| [0-9]{2}[OE]\+?)?[ \t]"
    r"|[a-z][\w-]*-[0-9]+ +\| |##\[error\]|::error(?: [^:\n]*)?::)"
)
# What is drawn before a line to hold it and others together.
_BOX = lazy_pattern("(?m)^[ \t]*[\u2500-\u257f\u2588-\u258f]+(?: |$)")
_STAMP_STARTS = lazy_pattern(
    r"\n[\[(]?(?: *[0-9]|[JFMASOND][a-z]{2} [ 0-9]|##|::|[a-z][\w-]*-[0-9]+ +\|)"
)


def lines_of(text: str) -> list[str]:
    """Return the lines of a text without what surrounds them; of a long text those of its ends."""
    return _cleaned(ends_of(text))


def ends_of(text: str) -> str:
    """Return what is read of a text: all of it, or its ends."""
    if len(text) <= 2 * END_CHARACTERS:
        return text
    return joined_ends(text[:END_CHARACTERS], text[-END_CHARACTERS:])


def joined_ends(head: str, tail: str) -> str:
    """Join the two ends of a text without the lines, or words, that the cuts have gone through.

    Of half a secret nobody can tell that it is one. Of a tail that is one word nothing is left; the
    head is whole for longer than a line is read.
    """
    for torn in "\n ":
        if torn in head:
            head = head.rpartition(torn)[0]
            break
    for torn in "\n ":
        if torn in tail:
            return f"{head}\n{tail.partition(torn)[2]}"
    return head


def continued(message: str, following: list[str]) -> str:
    """Return a message with the next line that says anything, where it only announces that."""
    if not message.endswith(":"):
        return message
    more = next((line.strip() for line in following if line and not line.isspace()), "")
    return f"{message} {more}" if more else message


def _cleaned(text: str) -> list[str]:
    if "\x1b" in text or "\x9b" in text:
        text = _ESCAPES.sub("", text)
    if "\r" in text:
        text = text.replace("\r\n", "\n") if "\n" in text else text.replace("\r", "\n")
    if _STAMP_STARTS.search(f"\n{text}"):
        text = _STAMP.sub("", text)
    if not text.isascii():
        text = _BOX.sub("", text)
    lines = [line.rstrip() for line in text.split("\n")]
    if "\r" in text:
        lines = [_overwritten(line) for line in lines]
    return lines if len(text) <= LINE_CHARACTERS else [line[:LINE_CHARACTERS] for line in lines]


def _overwritten(line: str) -> str:
    """Return what a terminal shows of a line that begins anew: what was written last."""
    return line.rstrip("\r").rpartition("\r")[2].rstrip()
