"""What stands in the place of a secret, and is none: a placeholder, a number, or nothing.

This judges a value that some notation has already told apart, and knows nothing of prose or of
program text.
"""

from __future__ import annotations

from run_artifacts._patterns import lazy_pattern

# What says that nothing is there, or yes or no; and what those write who hid a secret before us.
_NOTHING = "null|none|nil|undefined|nan|n/a|true|false|yes|no|on|off|tbd|todo"
_HIDDEN = (
    "redacted|masked|hidden|filtered|removed|omitted|scrubbed|sanitized|censored|obfuscated|"
    "stripped|protected|empty|unset|not set"
)

# More digits than a number of 64 bits has are none that a program counts with.
_NUMBER = r"[+-]?(?:[0-9][0-9_,]{0,24}(?:\.[0-9]{0,20})?|\.[0-9]{1,20})(?:e[+-]?[0-9]{1,3})?"
_HEX_NUMBER = "[+-]?0x[0-9a-f]{1,16}|0[bo][01234567]{1,24}"

# What programs, shells and templates put a value in the place of, each by where it comes from.
_VARIABLES = (
    r"\$\{\{[^{}]*\}\}",  # GitHub Actions
    r"\$\{(?:env:)?[\w.!#@*\[\]]*(?::?[-?+=])?\}",  # shells: a default is a value
    r"\$\([^()]*\)",  # a command's output, and Make
    r"\$(?:env:)?[a-z_]\w*|\$[0-9*@#?](?!\$)|\$\$",  # shells, PowerShell; no crypt(5)
    r"%[a-z_]\w*%",  # cmd
    r"%\([^()]*\)[a-z]|%-?[0-9.]*[sdrivqx]",  # printf
    r"\{\{[^{}]*\}\}|\#?\{[\w .:!\[\]-]*\}",  # Jinja, Mustache, Ruby, str.format
    r"<[^<>]*>",  # usage texts; ERB, too
    r"@[a-z_]\w*@",  # autoconf
    r"\[[a-z][a-z _-]*(?::[a-z_]*)?\]",  # ours, and [FILTERED], [token]
)

# A mask: of one character, or of a format's prefix or a few characters and then of that.
_MASK = (
    r"\*{3,}+|x{4,}+|\.{3,}+|\u2026++|\u2022{3,}+|\u25cf{3,}+|\u00d7{3,}+|\#{4,}+|-{2,}+|={3,}+|"
    r"_{3,}+|\?++|\0++"
)
_MASKED = (
    r"\w{0,4}(?:\*{3,}+|\u2022{3,}+)\w{0,4}"
    rf"|(?:[a-z0-9]{{1,12}}[_-]){{1,4}}(?:{_MASK})\w{{0,4}}"
)

_EXAMPLE = r"(?:<|\[)?your(?:[ _-][a-z]{1,20}){1,6}(?:>|\])?"

# The scheme of a header may stand before, as in "Bearer <token>".
_SCHEME = r"(?:(?:bearer|basic|digest|token|apikey|negotiate|ntlm|aws4-hmac-sha256)[ \t]+)?"


def _no_value() -> str:
    variable = "|".join(_VARIABLES)
    quiet = r"[\s\0:/@.,;&|_+=)\]}>\"'-]"  # what joins variables, as in "{user}:{password}"
    return (
        rf"(?ai)\s*+(?:{_NOTHING}|[\[(<*_-]{{0,3}}(?:{_HIDDEN})[\])>*_-]{{0,3}}"
        rf"|{_NUMBER}|{_HEX_NUMBER}"
        rf"|{_SCHEME}(?:{_MASK}|{_MASKED}|{_EXAMPLE}|(?:(?:{variable}){quiet}*+)++))?\s*+"
    )


_NO_VALUE = lazy_pattern(_no_value)

# No placeholder but a mask is longer, so that what is long is not looked at.
_LONGEST = 400

#: Matches what stands for a secret that was replaced, whatever its rule.
REPLACED = lazy_pattern(r"\[redacted:[a-z_]{1,40}\]")


def is_no_value(text: str) -> bool:
    """Say whether a value is none that could be secret.

    It is empty, a number, a boolean or ``null`` in the spelling of some language, what a program
    puts a value in the place of (``${X}``, ``{{ x }}``, ``%s``, ``<token>``), or what hides one
    (``***``, ``xxxx``, ``[redacted:jwt]``).
    """
    if len(text) > _LONGEST:
        if text != text[0] * len(text):
            return False
        text = text[:_LONGEST]
    return _NO_VALUE.fullmatch(text) is not None


# One case, as words have it, or a capital before; longer ones are not to be met.
_WORDS = lazy_pattern(
    r"(?:(?:[a-z]{1,24}|[A-Z][a-z]{0,23}|[A-Z]{1,24}|[\u0370-\uffff]{1,60})(?:'[a-z]{1,2})?"
    r"[\s.,:;!?()_/&-]*+)++"
)


def is_prose(text: str) -> bool:
    """Say whether there is nothing in a text but words, as in a name or a sentence."""
    return _WORDS.fullmatch(text) is not None
