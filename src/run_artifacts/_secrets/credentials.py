r"""Credentials that stand where a protocol wants them: URLs, authentication schemes, web tokens.

Each is found from a character or a short text that begins it, in time linear in the text.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence

from run_artifacts._patterns import lazy_pattern
from run_artifacts._secrets.names import is_secret_name
from run_artifacts._secrets.tokens import Finder, Found, begins_word, pieces

_QUOTE = r"(?:\\{0,3}[\"'])?"

#: What stands between an authentication scheme and its credentials.
GAP = rf"(?::?[ \t]++|:|%20|\+|\\t){_QUOTE}"

_LONGEST_WORD = 20

# What ends the authority of a URL, and what follows the "@" of a container's image.
_NO_USER = r"\s\x00-\x20/?#\\\"<>"
_USER, _USER_OR_AT = f"[^{_NO_USER}:@]", f"[^{_NO_USER}]"
_DIGEST = "sha(?:256|512):[0-9a-f]{32}"

# What stands before the last "@" of an authority (RFC 3986, section 3.2), or, without a password,
# before the last one that no address behind the URL has; "git" is the name that everyone fetches
# with. In JSON the slashes may be escaped, in a query all of it.
_USERINFO = lazy_pattern(
    rf"(?a)(?<=\w):(?://|\\{{1,3}}/\\{{1,3}}/|\\u002[fF]\\u002[fF])"
    rf"({_USER}*:{_USER_OR_AT}+|{_USER}+(?:@[^{_NO_USER}@,;()]+)*)(?<!/git)@(?!{_DIGEST})"
)
_ENCODED_USERINFO = lazy_pattern(
    r"(?a)(?<=\w)%3[aA]%2[fF]%2[fF]"
    r"((?:[\w.~!$*'()+,;:-]|%(?!0[9AaDd]|2[0235fF]|3[cCeEfF]|40|5[cC])[0-9A-Fa-f]{2})+)%40"
)
_TEMPLATE = lazy_pattern(r"(?:%s|\$?\{[^{}]*\}|\$\w+|\[[^\[\]]*\]|[*:.]|x{3,})+")
_BETWEEN = lazy_pattern(r"[,;()]|&\w*=")
_QUOTED = lazy_pattern("'[,;)+]|[,;(+]'")
_MADE_USER = lazy_pattern(r"(?a)[0-9a-f]{0,64}+")
_LONGEST_USER = 64
_ENCODED = lazy_pattern("%([0-9A-Fa-f]{2})")


class UserinfoFinder(Finder):
    """What finds the user information of a URL by what stands between scheme and authority."""

    __slots__ = ("_is_encoded", "prefix")

    def __init__(self, prefix: str) -> None:
        """Take that, as it is or percent-encoded."""
        self.prefix = prefix
        self._is_encoded = prefix.startswith("%")

    def find(self, text: str, at: int, _body: int | None = None) -> tuple[Sequence[Found], int]:
        """Return the user information behind an offset, and where to go on."""
        pattern = _ENCODED_USERINFO if self._is_encoded else _USERINFO
        found = pattern.match(text, at)
        if not found:
            return self._wrapped(text, at + len(self.prefix))
        user = _decoded(found[1]) if self._is_encoded else found[1]
        return (((*found.span(1), "url_userinfo"),) if _is_secret_user(user) else ()), found.end()

    def _wrapped(self, text: str, at: int) -> tuple[Sequence[Found], int]:
        """Return a user that a machine has made, and that is wrapped, as in a Sentry DSN."""
        (start, first_end), *more = pieces(_MADE_USER, text, at, _LONGEST_USER)
        end = more[0][1] if more else first_end
        made = text[start:first_end] + text[more[0][0] : end] if more else ""
        is_user = len(made) >= _LONGEST_WORD and is_mixed(made) and text[end : end + 1] == "@"
        return (((start, end, "url_userinfo"),) if is_user else ()), first_end


def _decoded(found: str) -> str:
    return _ENCODED.sub(lambda code: chr(int(code[1], 16)), found)


def _is_secret_user(found: str) -> bool:
    """Tell user information from a template of it, from a user's name, and from an address.

    A name alone is no secret, but for one that a machine has made: who clones with a token gives
    it as the user. A password that is called one stands for it.
    """
    _, colon, password = found.partition(":")
    if not colon:
        return len(found) >= 16 and is_mixed(found) and not _BETWEEN.search(found)
    if _QUOTED.search(found) or not password:
        return False
    if is_secret_name(password) or _TEMPLATE.fullmatch(password):
        return False
    return found[0].isalnum() or not _TEMPLATE.fullmatch(found)


def is_mixed(text: str) -> bool:
    """Say whether there are both letters and digits in a text."""
    return any(map(str.isdigit, text)) and any(map(str.isalpha, text))


class SchemeFinder(Finder):
    """What finds the credentials behind ``Bearer`` and ``Basic`` (RFC 6750, RFC 7617)."""

    __slots__ = ("_is_secret", "_pattern", "_rule", "prefix")

    def __init__(self, prefix: str, body: str, is_secret: Callable[[str], bool]) -> None:
        """Take a spelling of the scheme's name, and the characters of its credentials."""
        self.prefix = prefix
        self._rule = prefix.lower()
        self._is_secret = is_secret
        # Credentials end where others begin.
        part = rf"(?:(?!(?i:{prefix}){GAP})[{body}])+"
        self._pattern = lazy_pattern(
            rf"(?a)(?i:{prefix}){GAP}(?=[.{body}]{{8}})({part}(?:\.+{part})*=*)"
        )

    def find(self, text: str, at: int, _body: int | None = None) -> tuple[Sequence[Found], int]:
        """Return the credentials behind a name at an offset, and where to go on."""
        found = self._pattern.match(text, at)
        if not found or not begins_word(text, at):
            return (), at + 1
        spans = []
        while found:
            end = found.end()
            is_secret = self._is_secret(found[1])
            spans += [(*found.span(1), self._rule)] if is_secret else []
            # Right behind what is hidden another name begins a word, once that is blank.
            found = self._pattern.match(text, end) if is_secret else None
        return spans, end


def is_opaque(token: str) -> bool:
    """Tell a bearer token from the words and names that may stand in its place."""
    return any(map(str.isdigit, token)) or (token.isalpha() and len(token) > _LONGEST_WORD)


def is_basic(credentials: str) -> bool:
    """Say whether credentials are those of RFC 7617, or too long and too varied for a word."""
    try:
        if b":" in base64.b64decode(credentials):
            return True
    except ValueError:
        pass
    return len(credentials) > _LONGEST_WORD and (
        any(map(str.isdigit, credentials)) or credentials.endswith("=")
    )


# Three parts, two where there is no signature, or five, of which the second may be empty
# (RFC 7515, RFC 7516).
_MORE = r"[\w-]*(?:\.{1,2}[\w-]+)*"
_JWT = lazy_pattern(
    rf"(?a)eyJ[\w-]{{5,}}+\.(?:[\w-]++\.(?:[\w-]{_MORE})?|\.[\w-]{_MORE}|eyJ[\w-]{_MORE})"
)
_JWT_RUN = lazy_pattern(r"(?a)[\w.-]*+")
_LONGEST_JWT = 100_000

# What the last part has where nothing is missing, by the number of dots before it: the signatures
# and tags of RFC 7518 in base64.
_LAST_PARTS = {2: frozenset({43, 64, 86, 128, 171, 342, 512, 683}), 4: frozenset({22})}


class JwtFinder(Finder):
    """What finds JSON web tokens by what begins the header of each."""

    __slots__ = ()
    prefix = "eyJ"
    is_word = has_body = True

    def find(self, text: str, at: int, _body: int | None = None) -> tuple[Sequence[Found], int]:
        """Return the token that begins at an offset, and where to go on."""
        if not begins_word(text, at):
            return (), at + 1
        parts = pieces(_JWT_RUN, text, at, _LONGEST_JWT)
        behind = _end_of_jwt(text, parts)
        return (((at, behind, "jwt"),) if behind else ()), behind or parts[-1][1]


def _end_of_jwt(text: str, parts: list[tuple[int, int]]) -> int | None:
    """Return where a token ends that may be wrapped; it goes on until it is whole."""
    joined, behind = "", None
    for start, end in parts:
        before = len(joined)
        joined += text[start:end]
        found = _JWT.match(joined)
        if not found or found.end() <= before:
            continue
        at = start + found.end() - before
        if len(found[0].rpartition(".")[2]) in _LAST_PARTS.get(found[0].count("."), ()):
            return at
        behind = behind or at
    return behind


#: What finds the user information of URLs, where there is an "@".
USERINFO_FINDERS = (
    *map(UserinfoFinder, ("://", r":\/\/", r":\\/\\/", r":\u002f", r":\u002F")),
    *(UserinfoFinder(f"%3{a}%2{f}%2{f}") for a in "aA" for f in "fF"),
)

#: What finds other credentials, by what stands before them.
CREDENTIAL_FINDERS = (
    JwtFinder(),
    *(
        SchemeFinder(spelt, "A-Za-z0-9_~+/|:-", is_opaque)
        for spelt in ("Bearer", "bearer", "BEARER")
    ),
    *(SchemeFinder(spelt, "A-Za-z0-9+/", is_basic) for spelt in ("Basic", "basic", "BASIC")),
)
