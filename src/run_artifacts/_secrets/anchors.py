"""The one scan of a text: by the rarest character of what a secret can begin with.

Prefixes come in, each with what tells of a place where it stands whether a secret is there. They
are sorted by one character of each; for each of a dozen characters one pattern leaps from one to
the next, and looks at what is beside it. Only where a prefix may be it is asked which one. So most
of a text is only looked through for single characters, which is the fastest that there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from run_artifacts._patterns import any_of, lazy_pattern
from run_artifacts._secrets.interruptions import BORDERS
from run_artifacts._secrets.tokens import Finder, Found

# The characters by which prefixes are looked for: the ones that hold many apart, then the rarest.
_ANCHORS = "~$%J_-:.AZKVGBbypc/"

# What is looked at before anything else is: the start of a body, or a short one that is wrapped,
# and the end of a prefix.
_BODY = "A-Za-z0-9_.+/-"
_GLANCE = rf"(?=[{_BODY}]{{10}}|[{_BODY}]{{0,10}}+[{BORDERS}\\]*+\n)"
_TAIL = 3
_SOME = 2

# A line that begins with what may be the rest of a token, and the last word of the one before.
_LONG_STARTS = lazy_pattern(
    rf"\n(?![0-9]{{4}}-)[{BORDERS}]*+"
    r"(?=[A-Za-z0-9_+/-]{12}|(?:[A-Za-z0-9_]{0,8}[.~$]){1,3}[A-Za-z0-9_+/-]{8})"
)
_LAST_WORD = lazy_pattern(rf"(?a)(?<![\w./-])([\w./-]{{1,16}}+)[{BORDERS}\\]*+\Z")
_LONGEST_WORD = 32


class Anchors:
    """Prefixes, sorted by the characters by which they are looked for."""

    def __init__(self, finders: Sequence[Finder]) -> None:
        """Sort the finders."""
        sorted_out: dict[str, list[Finder]] = {}
        for finder in finders:
            anchor = next(char for char in _ANCHORS if char in finder.prefix)
            sorted_out.setdefault(anchor, []).append(finder)
        self._groups = {anchor: _Group(anchor, some) for anchor, some in sorted_out.items()}
        self._broken: dict[str, list[tuple[str, Finder]]] = {}
        self._inner: dict[str, list[tuple[str, str, Finder]]] = {}
        for finder in finders:
            for at in range(1, len(finder.prefix) if finder.has_body else 0):
                head, rest = finder.prefix[:at], finder.prefix[at:]
                if finder.is_word:
                    self._broken.setdefault(head, []).append((rest, finder))
                else:
                    self._inner.setdefault(rest[:_SOME], []).append((head, rest, finder))

    def spans(self, text: str, start: int, end: int) -> Iterator[Found]:
        """Yield what is found by a character within a part of a text."""
        for anchor, group in self._groups.items():
            if text.find(anchor, start, end) >= 0:
                yield from group.spans(text, start, end)

    def wrapped(self, text: str, start: int, end: int) -> Iterator[Found]:
        """Yield what begins at the end of a line, with a part of its prefix."""
        for line in _LONG_STARTS.finditer(text, start, end):
            stop, begin = line.span()
            word = _LAST_WORD.search(text, max(0, stop - _LONGEST_WORD), stop)
            for rest, finder in self._broken.get(word[1], ()) if word else ():
                if text.startswith(rest, begin):
                    yield from finder.find(text, word.start(1), begin + len(rest))[0]  # type: ignore[union-attr]
            for key in (text[begin], text[begin : begin + _SOME]):
                if key in self._inner:
                    yield from self._within(text, stop, begin, self._inner[key])

    def _within(
        self, text: str, stop: int, begin: int, broken: list[tuple[str, str, Finder]]
    ) -> Iterator[Found]:
        """Yield that whose prefix has other characters before it on a line that stops there."""
        first = max(0, stop - _LONGEST_WORD)
        behind = first + len(text[first:stop].rstrip(f"{BORDERS}\\"))
        for head, rest, finder in broken:
            if text.startswith(rest, begin) and text.endswith(head, first, behind):
                yield from finder.find(text, behind - len(head), begin + len(rest))[0]


class _Group:
    """The prefixes that are found by one character.

    Attributes:
        pattern: Matches that character where one of them may be.
        heads: The finders by what their prefix has up to the character.
    """

    __slots__ = ("_by_tail", "heads", "pattern")

    def __init__(self, anchor: str, finders: list[Finder]) -> None:
        self.heads: dict[str, list[Finder]] = {}
        for finder in finders:
            head = finder.prefix[: finder.prefix.index(anchor) + 1]
            self.heads.setdefault(head, []).append(finder)
        self._by_tail: dict[str, list[tuple[int, list[Finder]]]] = {}
        for head, found in self.heads.items():
            self._by_tail.setdefault(head[-_TAIL:], []).append((len(head), found))
        self.pattern = re.compile(self._expression(anchor))

    def spans(self, text: str, start: int, end: int) -> Iterator[Found]:
        done: dict[Finder, int] = {}
        for match in self.pattern.finditer(text, start, end):
            behind = match.start() + 1
            for length in range(min(_TAIL, behind), 0, -1):
                for head_length, finders in self._by_tail.get(text[behind - length : behind], ()):
                    at = behind - head_length
                    for finder in finders:
                        if at >= done.get(finder, 0) and text.startswith(finder.prefix, at):
                            found, done[finder] = finder.find(text, at)
                            yield from found

    def _expression(self, anchor: str) -> str:
        """Return a pattern that begins with the character, as only then a search leaps.

        It looks at the character before, at the start of a body or of one that is wrapped, and
        then at a few characters before; where a prefix begins with it, at what that goes on with.
        """
        char = re.escape(anchor)
        ways = []
        for has_body in (True, False):
            rows = [
                (head[:-1], finder)
                for head, finders in self.heads.items()
                for finder in finders
                if finder.has_body is has_body and len(head) > 1
            ]
            for some in (
                [row for row in rows if len(row[0]) > 1],
                [r for r in rows if len(r[0]) == 1],
            ):
                ways += [_headed(char, some)] if some else []
        alone = self.heads.get(anchor, ())
        plain = {finder.prefix[1:] for finder in alone if not finder.glance}
        ways += [f"(?={any_of(plain)})"] if plain else []
        ways += dict.fromkeys(finder.glance for finder in alone if finder.glance)
        follows = _class_after(self.heads)
        return f"(?a){char}{follows}(?:{'|'.join(ways)})"


def _class_after(heads: dict[str, list[Finder]]) -> str:
    """Return a pattern for the next character, where all prefixes go on: the soonest to tell."""
    rests = [found.prefix[len(head) :] for head, some in heads.items() for found in some]
    return f"(?=[{''.join(sorted({re.escape(rest[0]) for rest in rests}))}])" if all(rests) else ""


def _headed(char: str, rows: list[tuple[str, Finder]]) -> str:
    """Return a pattern for what is beside a character in prefixes that begin before it.

    The last two characters before it, or the one, are the soonest to tell; then the start of any
    body; last a few characters before, with what each kind of prefix goes on with.
    """
    heads = {head for head, _ in rows}
    last = any_of({head[-min(2, *map(len, heads), 2) :] for head in heads})
    lasts = "".join(sorted({re.escape(head[-1]) for head in heads}))
    kinds: dict[tuple[str, int, bool], set[str]] = {}
    rests = set()
    for head, finder in rows:
        rest = finder.prefix[len(head) + 1 :]
        rests.add(rest)
        tail = head[-_TAIL:]
        is_short_word = len(head) < _TAIL and finder.is_word
        follows = f"(?={re.escape(rest)})" if rest else finder.body
        kinds.setdefault((follows, len(tail), is_short_word), set()).add(tail)
    after = any_of(rests)
    tails = []
    for (follows, _, is_short), some in kinds.items():
        tail = any_of(some) + char
        # What stands before may be an escape that ends in a letter, but no word.
        no_word = f"(?<![A-Za-z]{{2}}{tail})" if is_short else ""
        tails.append(f"(?<={tail}){no_word}{follows}")
    glance = f"(?={after})" if after else _GLANCE
    return f"(?<=[{lasts}]{char})(?<={last}{char}){glance}(?:{'|'.join(tails)})"
