"""What may be a secret among what stands under a secret's name in a text.

A text is no mapping: under the same name there may be a type, a call, another name, or a sentence.
What a machine has made, or a person to be hard to guess, is told from these by its characters; a
plain word is believed only where nothing else could stand.
"""

from __future__ import annotations

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.names import is_secret_name, listed, says_secret
from run_artifacts._secrets.values import is_no_value

# The names that languages and schemas have for kinds of values.
_KINDS = listed(
    "any, array, bool, boolean, bytes, char, character, date, datetime, double, float, hash, "
    "hidden, int, integer, json, list, map, none, null, number, object, optional, password, "
    "required, str, string, struct, text, tuple, uint, unknown, uuid, varchar, void"
)

# Words, with numbers behind them or between: names, versions, places. No letters and digits by
# turns, as machines make them.
_SEPARATORS = r"[_\-./:,|\s\\]"
_WORDS = lazy_pattern(
    rf"(?a){_SEPARATORS}*+(?:(?:[A-Za-z]++[0-9]{{0,4}}+(?![a-z0-9]|[A-Z](?![a-z]))|[0-9]{{1,4}}+(?![0-9A-Za-z]))"
    rf"{_SEPARATORS}*+)++"
)
_PROGRAM = lazy_pattern(
    r"(?a)[@*!~]{0,2}[A-Za-z_][\w$]*(?:(?:\.|->|::|\?\.)[A-Za-z_][\w$]*)*(?:[(\[{<].*|[?!;,.:)\]}]*)"
    r"|[0-9.]+\.[a-z_]+"
)
_OPERATOR = lazy_pattern(r"(?a)[(\[{&:<>=|]|[*!.]{1,2}[A-Za-z_]|\$\{?[A-Za-z_]")
_COMMAND = lazy_pattern(r"(?a)\$\{?[A-Za-z_]|-?\$\(")
_CALL = lazy_pattern(r"(?a)[a-z_][\w.]*\((?:[^()]*\))?")  # of a function, to its first quote
_TEMPLATE = lazy_pattern(r"\$\{|\{\{|#\{|<%|%\(|&lt;")
_WORD = lazy_pattern(r"[^\W\d_]+(?:[-_'][^\W\d_]+)*[.,:;!?]*")
_TIME = lazy_pattern(r"(?a)[0-9:.,/TZ+-]+")
_ESCAPED = lazy_pattern(r"\\+u[0-9a-fA-F]{4}|\\+[a-z]|\\+x[0-9a-fA-F]{2}")
_PLACE = lazy_pattern(r"(?a)~?\.{0,2}/[\w.@/:-]*|[A-Za-z]:\\.*|(?:[a-z][a-z0-9+.-]*:)?//\S*")
_TURN = lazy_pattern("(?<=[a-z])[A-Z]|(?<=[A-Za-z])[0-9]|(?<=[0-9])[A-Za-z]")
_FEWEST_TURNS = 4
_NO_LETTERS = lazy_pattern("[0-9_+/-]+")
_LETTER = lazy_pattern(r"(?a)\\+u(?!00[0-7])[0-9a-fA-F]{4}")  # of no alphabet of ASCII, escaped
_OBJECT = lazy_pattern(r"(?a)[A-Za-z_][\w.$]*@[0-9a-f]{1,8}")  # as Java prints one
_BRACES = frozenset("{}()")
_SYMBOLS = frozenset("!@#$%^&*+=?~")

_FEWEST = 4  # characters of a secret under a name: fewer can't be told from anything
_FEWEST_MADE = 8
_FEWEST_LETTERS = 20
_MOST_WORDS = 4


def is_made(value: str) -> bool:
    """Say whether a text was made to be hard to guess, and is no name, time, place or version."""
    value = _ESCAPED.sub("", value) if "\\" in value else value
    if len(value) < _FEWEST_MADE or any(map(str.isspace, value)) or "***" in value:
        return False
    if _WORDS.fullmatch(value) or _TIME.fullmatch(value):
        return _is_mixed_case(value) or _turns(value)
    if _PLACE.fullmatch(value):
        return _is_made_place(value)
    if _TEMPLATE.search(value):
        return False
    digits = sum(map(str.isdigit, value))
    letters = sum(map(str.isalpha, value))
    if digits and letters:
        return True
    if letters and len(_SYMBOLS.intersection(value)) > 1:
        return True
    return _is_mixed_case(value)


def is_words(value: str) -> bool:
    """Say whether a text is nothing but words and numbers."""
    return _WORDS.fullmatch(value) is not None and not (_is_mixed_case(value) or _turns(value))


def _turns(value: str) -> bool:
    """Say whether letters, capitals and digits change too often for words with numbers.

    In words that begin with a capital there is a change about every fifth character, in what is
    made of them at random at every second; a capital behind a separator is none.
    """
    turns = len(_TURN.findall(value))
    return turns >= _FEWEST_TURNS and 10 * turns >= 3 * len(value)


def _is_mixed_case(value: str) -> bool:
    """Tell letters at random from words, in which few are capitals; digits tell nothing here."""
    letters = _NO_LETTERS.sub("", value.rstrip("="))
    capitals = sum(map(str.isupper, letters))
    return (
        len(letters) >= _FEWEST_LETTERS
        and letters.isalpha()
        and len(letters) <= 4 * capitals <= 3 * len(letters)
    )


def _is_made_place(value: str) -> bool:
    """Say whether what looks like a path or an address is base64, or holds what was made."""
    parts = [part for part in value.replace("?", "/").replace("=", "/").split("/") if part]
    return any(
        len(part) >= _FEWEST_LETTERS and any(map(str.isdigit, part)) and any(map(str.isupper, part))
        for part in parts
    )


def is_quoted_secret(value: str, *, is_strong: bool) -> bool:
    """Say whether a text in quotes under a secret's name is one.

    Args:
        value: What stands between the quotes.
        is_strong: Whether the name is a password's, so that a plain word is believed.
    """
    value = (_LETTER.sub("\u00e9", value) if "\\u" in value else value).strip()
    if not is_plausible(value):
        return False
    words = value.split()
    if len(words) > 1:
        return len(words) <= _MOST_WORDS and is_strong and _is_no_prose(words)
    if not is_strong:
        return is_made(value)
    if _is_known(value):
        return is_made(value)
    # A capital begins what people are shown; a password that is a word is written small.
    if "|" in value and is_words(value):  # as the rules for a field
        return False
    is_shown = value.istitle() and value.isalpha()
    is_word = not is_shown and value.isascii() and value[0] not in "([:."
    return is_word or is_made(value)


def is_plausible(value: str) -> bool:
    """Say whether a value is long enough for a secret, and no number, time or placeholder."""
    return not (
        len(value) < _FEWEST
        or is_no_value(value)
        or "***" in value
        or _TIME.fullmatch(value)
        or is_template(value)
    )


def is_template(value: str) -> bool:
    """Say whether a value begins as that of a template or a command, or as one of HTML."""
    return _TEMPLATE.match(value) is not None or "$(" in value[:3] or value[0] == "`"


def _is_known(value: str) -> bool:
    """Say whether a value is a secret's name, or that of a kind of values, or a place."""
    is_name = value.isidentifier() and not any(map(str.isdigit, value))
    return (
        value.lower() in _KINDS
        or _PLACE.fullmatch(value) is not None
        or is_secret_name(value)
        or (is_name and says_secret(value))
    )


def _is_no_prose(words: list[str]) -> bool:
    return any(map(str.isdigit, "".join(words))) and not words[-1].endswith((".", ":", "?", "!"))


def is_bare_secret(value: str, *, is_strong: bool, is_data: bool) -> bool:
    """Say whether a text without quotes under a secret's name is one.

    Args:
        value: What stands there, to its end.
        is_strong: Whether the name is a password's.
        is_data: Whether no program text can stand there, as in a query or an environment.
    """
    value = _LETTER.sub("\u00e9", value) if "\\u" in value else value
    if not is_plausible(value) or (_COMMAND if is_data else _OPERATOR).match(value):
        return False
    if not is_data and not _BRACES.isdisjoint(value) and not is_made(value):
        return False
    if not is_strong and _OBJECT.fullmatch(value):
        return False
    if is_strong and is_data:
        return not (_is_known(value) or _CALL.fullmatch(value))
    if is_made(value) and (is_data or not _PROGRAM.fullmatch(value) or _is_dense(value)):
        return True
    if not is_strong or _WORD.fullmatch(value) or _is_known(value):
        return False
    return not _PROGRAM.fullmatch(value) or (value.isalnum() and any(map(str.isdigit, value)))


def _is_dense(value: str) -> bool:
    """Say whether a text that could be program text is none: digits among the letters of a word."""
    return value.replace("_", "").replace("-", "").replace(".", "").isalnum() and (
        (sum(map(str.isdigit, value)) >= 2 and "." not in value)
        or _is_mixed_case(value)
        or _turns(value)
    )
