r"""The formats of secrets that a text can be searched for.

A format is a fixed prefix and a body: the prefix is matched exactly as its issuer documents it,
the body has a least length and no greatest one. Each pattern marks what is to be hidden as its
only group, so that a label before it stays; a match without a group is no secret, and is there
so that no run of characters is looked at twice.

Every pattern takes time linear in the text: what can follow a prefix is bounded where it may fail.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable

from run_artifacts._patterns import lazy_pattern

# What may stand right before a token: nothing of a word, or what stands for a character there, as
# an escape of JSON or C, a percent-encoded byte, or the end of a terminal's control sequence.
_NOT_BEFORE = "[A-Za-z0-9]"
_BEFORE = (
    r"\\[abefnrtv0]",
    r"\\[0-7]{3}",
    r"\\x[0-9A-Fa-f]{2}",
    r"\\u[0-9A-Fa-f]{4}",
    "%[0-9A-Fa-f]{2}",
    "=3D",
    r"\x1b\(B",
    *(rf"[\[;:?][0-9]{{{digits}}}[A-HJKSTfhlmnsu]" for digits in range(4)),
)

# What follows the least that a token has: more of it, also behind a dot, or two, as a token has
# them that is encrypted directly, but not the dot that ends a sentence.
_REST = r"[\w-]*(?:\.{1,2}[\w-]+)*"

_QUOTE = r"(?:\\?[\"'])?"
_GAP = rf"(?::?[ \t]++|:|%20|\+|\\t){_QUOTE}"
_NO_VALUE = r"(?:undefined|null|none|None|nil)\b"

#: The rule for private keys, which may be longer than what is known of a text.
KEY_RULE = "private_key"

_SPACE = r"(?: |%20|\+)"
_KEY_LABEL = rf"{_SPACE}(?:[A-Z0-9 +]|%20){{0,40}}PRIVATE{_SPACE}KEY(?:{_SPACE}BLOCK)?-----"
_BEGIN, _END = f"-----BEGIN{_KEY_LABEL}", f"-----END{_KEY_LABEL}"
_BEGINS, _ENDS = lazy_pattern(_BEGIN), lazy_pattern(_END)

_LONGEST_LINE = 200  # more characters than either has

# What follows the first line of a key, and not a mention of that line.
_KEY_FOLLOWS = r"(?=[ \t]*(?:[\r\n]|\\[rn]|%0[AD])|[\s\\]*[A-Za-z0-9+/=]{16}|\s*\Z)"


class Format:
    """A format of secrets.

    Attributes:
        rule: Its name, which remarks and placeholders have.
        hints: Texts in lower case, of which a text in lower case holds one if it holds the secret.
        pattern: Matches the secret; its group is what is to be hidden.
        accepts: Says whether what was matched is one, where a pattern can't.
    """

    def __init__(
        self,
        rule: str,
        hints: tuple[str, ...],
        expression: str | Callable[[], str],
        accepts: Callable[[str], bool] | None = None,
    ) -> None:
        self.rule = rule
        self.hints = hints
        self.pattern = lazy_pattern(expression)
        self.accepts = accepts


def _at_start(*prefixes: str) -> str:
    """Return a pattern for prefixes where a token begins.

    What stands before is looked at last, as only then a search leaps from prefix to prefix. So a
    prefix is a pattern of one width.
    """
    return "(?:{})".format(
        "|".join(
            f"{prefix}(?:(?<!{_NOT_BEFORE}{prefix})"
            + "".join(f"|(?<={before}{prefix})" for before in _BEFORE)
            + ")"
            for prefix in prefixes
        )
    )


def _token(
    rule: str,
    prefixes: str,
    pattern: str,
    hints: str = "",
    accepts: Callable[[str], bool] | None = None,
) -> Format:
    """Make a format of the prefixes that a token begins with and the pattern of all of it.

    ``START`` in the pattern stands for a prefix, ``REST`` for what follows the least of a body.
    """

    def expression() -> str:
        start = _at_start(*prefixes.split())
        return "(?a)" + pattern.replace("START", start).replace("REST", _REST)

    return Format(rule, tuple((hints or prefixes).lower().split()), expression, accepts)


def _any_case(name: str) -> str:
    return "".join(f"[{letter.upper()}{letter}]" for letter in name)


def _scheme(name: str, body: str, accepts: Callable[[str], bool]) -> tuple[Format, Format]:
    """Make the formats of an authentication scheme: anywhere, and in its header.

    `body` has the characters of its credentials, in which there may be dots too; in the header
    they go on to the end of the value.
    """
    scheme, header = _any_case(name), _any_case("authorization")
    part = rf"(?:(?!{scheme}{_GAP})[{body}])+"  # credentials end where others begin
    secret = rf"(?=[.{body}]{{8}})({part}(?:\.+{part})*=*)"
    value = rf"([{body}=%!*@^|:]+(?:\.+[{body}=%!*@^|:]+)*)"
    return (
        _token(name, scheme, f"START{_GAP}{secret}", name, accepts),
        _token(
            name,
            header,
            rf"START{_QUOTE}[ \t]{{0,8}}+[:=][ \t]{{0,8}}+{_QUOTE}{scheme}{_GAP}"
            rf"(?!{_NO_VALUE}){value}",
            name,
        ),
    )


def _is_no_name(token: str) -> bool:
    """Say whether a token is more than words in lower case with hyphens, as names have them."""
    return any(character.isdigit() or character.isupper() for character in token)


def _has_digit(token: str) -> bool:
    return any(character.isdigit() for character in token)


def _is_opaque(token: str) -> bool:
    """Tell a bearer token from the words and names that may stand in its place."""
    return _has_digit(token) or (token.isalpha() and len(token) > _LONGEST_WORD)


def _is_basic(credentials: str) -> bool:
    """Say whether credentials are those of RFC 7617, or too long and too varied for a word."""
    try:
        if b":" in base64.b64decode(credentials):
            return True
    except ValueError:
        pass
    return len(credentials) > _LONGEST_WORD and (
        _has_digit(credentials) or credentials.endswith("=")
    )


def _is_encoded_userinfo(found: str) -> bool:
    """Tell the same of user information that is percent-encoded."""
    return _is_userinfo(_ENCODED.sub(lambda code: chr(int(code[1], 16)), found))


def _is_userinfo(found: str) -> bool:
    """Tell user information from a template of it, and from an address behind a URL."""
    if found.isalnum():  # as in most URLs, and soonest told
        return True
    if _QUOTED.search(found) or (":" not in found and _BETWEEN.search(found)):
        return False
    return found[0].isalnum() or not _TEMPLATE.fullmatch(found)


_LONGEST_WORD = 20
_TEMPLATE = lazy_pattern(r"(?:%s|\$?\{[^{}]*\}|\$\w+|\[[^\[\]]*\]|[*:.])+")
_BETWEEN = lazy_pattern(r"[,;()]|&\w*=")
_QUOTED = lazy_pattern("'[,;)+]|[,;(+]'")
_ENCODED = lazy_pattern("%([0-9A-Fa-f]{2})")

# What ends the authority of a URL, and what follows the "@" of a container's image.
_NO_USER = r"\s\x00-\x20/?#\\\"<>"
_USER, _USER_OR_AT = f"[^{_NO_USER}:@]", f"[^{_NO_USER}]"
_DIGEST = "sha(?:256|512):[0-9a-f]{32}"

FORMATS = (
    _token(
        "github_token",
        "gh[opusr]_ github_pat_",
        r"(START(?:(?<=gh[opusr]_)[A-Za-z0-9]{30}|(?<=ghs_)[A-Za-z0-9-]{1,40}_eyJ"
        r"|(?<=_pat_)\w{20})REST)",
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
    ),
    _token(
        "gitlab_token",
        "glpat- glptt- gldt- glrt- glcbt- glsoat- glft- glimt- glagent- gloas- glffct-",
        r"(START[\w-]{16}REST)",
        accepts=_is_no_name,
    ),
    _token(
        "openai_key",
        "sk-proj- sk-svcacct- sk-admin-",
        r"(START[\w-]{20}REST)",
        accepts=_is_no_name,
    ),
    _token("openai_key", "sk-", r"(START(?=[\w-]*T3BlbkFJ)[\w-]{17}REST)|START[\w-]*", "t3blbkfj"),
    _token("anthropic_key", "sk-ant-", r"(START[\w-]{20}REST)", accepts=_is_no_name),
    _token("aws_key_id", "AKIA ASIA ABIA ACCA", "(START[A-Z0-9]{16}REST)"),
    _token("google_api_key", "AIza", r"(START[\w-]{35}REST)"),
    _token(
        "slack_token",
        "xox[a-z]- xox[a-z][.]xox[a-z]- xapp-[0-9]-",
        r"(START[\w%-]{10,}REST)",
        "xox xapp-",
        _has_digit,
    ),
    _token(
        "stripe_key",
        "[sr]k_live_ [sr]k_test_",
        "(START[A-Za-z0-9]{16}REST)",
        "k_live_ k_test_",
    ),
    _token("stripe_key", "whsec_", "(START[A-Za-z0-9+/]{16,}=*)"),
    _token("npm_token", "npm_", "(START[A-Za-z0-9]{30}REST)"),
    _token("pypi_token", "pypi-", r"(START(?:Ag[\w-]{30}|[\w-]{80})REST)", accepts=_is_no_name),
    _token("huggingface_token", "hf_ api_org_", "(START[A-Za-z0-9]{30}REST)"),
    _token(
        "jwt",
        "eyJ",
        r"(START[\w-]{5,}+\.(?:[\w-]++\.(?:[\w-]REST)?|\.[\w-]REST))|START[\w-]*",
    ),
    Format(
        KEY_RULE,
        ("private",),
        rf"({_BEGIN}(?:(?s:(?!-----BEGIN).)*?{_END}|{_KEY_FOLLOWS}(?s:.*)))",
    ),
    # What stands before the last "@" of an authority (RFC 3986, section 3.2), or, without a
    # password, before the last one that no address behind the URL has; "git" is the name that
    # everyone fetches with. In JSON the slashes may be escaped, in a query all of it.
    Format(
        "url_userinfo",
        ("@",),
        rf"(?a)(?<=\w):(?://|\\/\\/|\\u002[fF]\\u002[fF])"
        rf"({_USER}*:{_USER_OR_AT}+|{_USER}+(?:@[^{_NO_USER}@,;()]+)*)(?<!/git)@(?!{_DIGEST})",
        _is_userinfo,
    ),
    Format(
        "url_userinfo",
        ("%40",),
        r"(?a)(?<=\w)%3[aA]%2[fF]%2[fF]"
        r"((?:[\w.~!$*'()+,;:-]|%(?!0[9AaDd]|2[0235fF]|3[cCeEfF]|40|5[cC])[0-9A-Fa-f]{2})+)%40",
        _is_encoded_userinfo,
    ),
    *_scheme("bearer", "A-Za-z0-9_~+/|:-", _is_opaque),
    *_scheme("basic", "A-Za-z0-9+/", _is_basic),
)


def _any_of(texts: set[str]) -> str:
    """Return a pattern for any of some texts, in which each character is looked at once."""
    if "" in texts:
        return ""
    rests: dict[str, set[str]] = {}
    for text in sorted(texts):
        rests.setdefault(text[0], set()).add(text[1:])
    branches = [re.escape(first) + _any_of(rest) for first, rest in rests.items()]
    return branches[0] if len(branches) == 1 else f"(?:{'|'.join(branches)})"


#: Matches in a text in lower case where it may hold any of them.
ANY_HINT = lazy_pattern(lambda: _any_of({hint for made in FORMATS for hint in made.hints}))


def is_unclosed_key(text: str, start: int, end: int) -> bool:
    """Say whether what was found in a text is, or ends in, a private key that isn't closed."""
    return (
        end == len(text)
        and _BEGINS.search(text, start) is not None
        and not any(
            closing.end() == end
            for closing in _ENDS.finditer(text, max(start, end - _LONGEST_LINE))
        )
    )


def end_of_key(text: str) -> int:
    """Return where a private key ends that began before a text: at its end if nowhere else."""
    end, begin = _ENDS.search(text), _BEGINS.search(text)
    if end is None or (begin is not None and begin.start() < end.start()):
        return len(text)
    return end.end()
