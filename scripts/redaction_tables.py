"""Make the tables of `docs/redaction.md` from the code: `python scripts/redaction_tables.py`.

Each stands between two comments that name it; what is outside of these is written by hand.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import groupby
from pathlib import Path

from run_artifacts._secrets import names, programs
from run_artifacts._secrets.formats import ALPHABETS, Format, formats

DOCUMENT = Path(__file__).parent.parent / "docs" / "redaction.md"

_BLOCK = re.compile(r"(<!-- made: (\w+) -->\n).*?(<!-- end -->)", re.DOTALL)
_NAMES_OF_ALPHABETS = {characters: name for name, characters in ALPHABETS.items()}


def format_table() -> str:
    """Return the table of formats, a line for each row of the code's table."""
    lines = ["| rule | prefix | body | usual length | least |", "| --- | --- | --- | --- | --- |"]
    for _, rows in groupby(formats(), key=_columns):
        alike = list(rows)
        prefixes = ", ".join(f"`{row.prefix}`" for row in alike)
        lines.append(f"| `{alike[0].rule}` | {prefixes} | {' | '.join(_columns(alike[0])[1:])} |")
    return "\n".join(lines)


def _columns(row: Format) -> tuple[str, ...]:
    before = f"`{row.before}` before; ".replace("|", "\\|") if row.before else ""
    least = f"{row.least}, no more" if row.is_exact else str(row.least)
    body = f"{before}`{_NAMES_OF_ALPHABETS[row.alphabet]}`"
    return row.rule, body, " or ".join(map(str, row.usuals)), least


def alphabet_table() -> str:
    """Return the alphabets of bodies."""
    lines = ["| body | characters |", "| --- | --- |"]
    return "\n".join(
        [*lines, *(f"| `{name}` | `{chars or 'none'}` |" for name, chars in ALPHABETS.items())]
    )


def program_list() -> str:
    """Return the programs whose options are known."""
    return f"{_listed(programs.PROGRAMS)}."


def name_lists() -> str:
    """Return the words of the names of secrets."""
    lists = (
        ("a password's, wherever it stands", names.PASSWORD_WORDS),
        ("a secret's, wherever it stands", names.SECRET_WORDS),
        ("a secret's, at the end or before a word for its form", names.MIDDLE_SECRET_WORDS),
        ("a secret's, at the end", names.LAST_SECRET_WORDS),
        ("a phrase's, at the end", names.PHRASES),
        ("before `key`, which makes that one", names.OPENING_WORDS),
        ("before `key`, who issues it", names.ISSUERS),
        ("before `key`, which makes it another kind", names.KEYS_OF_OTHER_KINDS),
        ("before `pass` and `pw`", names.ACCOUNTS),
        ("before `token`, which makes it another kind", names.TOKENS_OF_OTHER_KINDS),
        ("first, of a question or a function", names.FIRST_WORDS),
        ("last, which only tells of a secret", names.TELLING_WORDS),
        ("whole names that hold something else", names.KNOWN_NAMES),
    )
    return "\n\n".join(f"- {title}: {_listed(words)}" for title, words in lists)


def _listed(words: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in sorted(words))


TABLES: dict[str, Callable[[], str]] = {
    "formats": format_table,
    "alphabets": alphabet_table,
    "programs": program_list,
    "names": name_lists,
}


def with_tables(document: str) -> str:
    """Return a document with its tables as the code has them."""
    return _BLOCK.sub(lambda found: f"{found[1]}\n{TABLES[found[2]]()}\n\n{found[3]}", document)


def main() -> None:
    """Renew the tables of the document."""
    text = DOCUMENT.read_text(encoding="utf-8")
    DOCUMENT.write_text(with_tables(text), encoding="utf-8")


if __name__ == "__main__":
    main()
