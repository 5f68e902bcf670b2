"""The value of an assignment: it is hidden from its first to its last character, and no more."""

from __future__ import annotations

import random
import re
import string

import pytest

from run_artifacts._secrets.redact import Redactor
from spellings import SPELLINGS, Spelling

HIDDEN = "[redacted:assignment]"
PLACEHOLDER = re.compile(r"\[redacted:[a-z_]+\]")

_chance = random.Random(191)
_ALNUM = string.ascii_letters + string.digits


def made(length: int, alphabet: str = _ALNUM) -> str:
    """Return a text as a machine makes it: letters and digits by turns are in it."""
    inner = "".join(_chance.choices(alphabet, k=length - 4))
    return f"x9{inner}Q7"


SECRETS = (
    [made(24) for _ in range(3)]
    + [made(32, "0123456789abcdef") for _ in range(2)]
    + [made(40, _ALNUM + "+/") + "=", made(30, _ALNUM + "-_"), made(8) + "!p@" + made(5), made(9)]
)

# What nothing marks as the value of a name, but for the order of words in a language.
LEFT = {
    "SQL": "a word of the language stands before the value, as any other word does",
    "fish": "a blank is the joint, and `set` is a word of many programs",
    "csh": "a blank is the joint",
    "Windows, setx": "a blank is the joint",
}

# The user's name, or the parameters of a scheme, are hidden with the secret, or what is not.
WIDER = {"curl -u", "curl --user", "URL", "Authorization: a scheme", "Authorization: token"}

NAMED = {
    name: spelling
    for name, spelling in SPELLINGS.items()
    if not spelling.by_format_alone and name not in LEFT
}


@pytest.mark.parametrize("name", ["DB_PASSWORD", "API_TOKEN"])
@pytest.mark.parametrize("spelling", NAMED)
def test_a_secret_is_hidden_in_each_spelling_and_nothing_else(spelling: str, name: str) -> None:
    for secret in SECRETS:
        if NAMED[spelling].fits(secret):
            before, written, after = NAMED[spelling].parts(name, secret)
            result, remarks = Redactor().text(before + written + after)
            assert not any(secret[at : at + 8] in result for at in range(len(secret) - 7))
            assert [result[found["start"] : found["end"]] for found in remarks] == (
                PLACEHOLDER.findall(result)
            )
            if spelling not in WIDER:
                shown = PLACEHOLDER.search(result)
                assert shown
                assert result == before + shown[0] + after
                assert remarks[0]["original_length"] == len(written)
            assert Redactor().text(result) == (result, [])


@pytest.mark.parametrize("spelling", LEFT)
def test_what_stays_out_is_left_as_it_is(spelling: str) -> None:
    """When one of these is found, its row goes."""
    text = "".join(_parts(SPELLINGS[spelling]))
    assert Redactor().text(text) == (text, [])


def _parts(spelling: Spelling) -> tuple[str, str, str]:
    return spelling.parts("DB_PASSWORD", "x9Kp2mQz8vLq4Wt7")


# Each with # in the place of the secret: nothing else is hidden.
S = "x9Kp2mQz8vLq4Wt7"
QUOTES = {
    "escaped": r'"{\"password\": \"#\"}"',
    "escaped twice": r'"{\\\"password\\\": \\\"#\\\"}"',
    "escaped thrice": r'"{\\\\\\\"token\\\\\\\": \\\\\\\"#\\\\\\\"}"',
    "within others": "msg=\"bad 'password=#'\" a=1",
    "triple": 'token = """#""" + x',
    "triple, other": "token = '''#'''",
    "backticks": "run `password=#` again",
    "unclosed": 'password="#\nnext line',
    "to the end": "password='#",
    "of Rust": 'Config { token: Some("#"), a: 1 }',
    "of Python": "{b'token': b'#', 'a': 1}",
    "which end what the name stands in": 'say("token: " + x) or token="#"',
}


@pytest.mark.parametrize("text", QUOTES.values(), ids=QUOTES)
def test_a_quoted_value_ends_at_its_own_quote(text: str) -> None:
    assert Redactor().text(text.replace("#", S))[0] == text.replace("#", HIDDEN)


@pytest.mark.parametrize(
    ("before", "value", "after"),
    [
        ('password="', r"x9\"y8 z", '" a="b"'),
        ('password="', r"x9Kp2mQz\\", '" a="b"'),
        ("password='", 'x9"Kp2mQz', "' a='b'"),
        ('password="', "x9'Kp2mQz", '", b'),
        (r'"{\"password\": \"', r"x9\\\"Kp2m", r'\"}"'),
        ('A=1\nDB_PASSWORD="', "x9Kp2mQz\nq8Lv", '"\nB=2'),
        ("password=", "x9" * 300_000, ""),
        ('password="', "x9" * 20_000, '"'),
    ],
)
def test_a_value_may_hold_quotes_backslashes_and_all_of_the_rest(
    before: str, value: str, after: str
) -> None:
    assert Redactor().text(before + value + after)[0] == before + HIDDEN + after


def test_a_quote_that_closes_in_another_line_is_none_but_in_a_file_of_variables() -> None:
    text = f'print(token="{S}\nmore of it") and "a"'
    assert Redactor().text(text)[0] == f'print(token="{HIDDEN}\nmore of it") and "a"'


SHOWN_WITHIN = [
    "password=abc[redacted:jwt]def9xyz",
    'password="abc[redacted:jwt]def9xyz"',
    "--token a9b8c7[redacted:jwt]d6e5",
    "Authorization: Till a1b2c3d4[redacted:jwt]e5f6",
    "TOKEN=[redacted:jwt]x9Kp2mQz",
]


@pytest.mark.parametrize("text", SHOWN_WITHIN)
def test_nothing_is_left_beside_a_placeholder_within_a_value(text: str) -> None:
    result, _ = Redactor().text(text)
    for piece in ("abc", "def9xyz", "a9b8c7", "d6e5", "a1b2", "e5f6", "x9Kp"):
        assert piece not in result
    assert Redactor().text(result)[0] == result


HEADERS = {
    "a scheme and parameters": 'Authorization: Digest [username="till", response="#"]\nHost: h',
    "of Amazon": "Authorization: AWS4-HMAC-SHA256 [Credential=a/b, Signature=#]\r\nHost: h",
    "token": "Authorization: Token [#]\nA: b",
    "ApiKey": "authorization: ApiKey [#]",
    "Negotiate": "Authorization: Negotiate [#==]",
    "no scheme": "Authorization: [#]\nAccept: */*",
    "base64 without a scheme": "Authorization: [amW+#]\nAccept: */*",
    "proxy": "Proxy-Authorization: Custom [#]\nA: b",
    "folded": 'Authorization: Digest [username="till",\n response="#"]\nHost: h',
    "in double quotes": 'curl -H "Authorization: Till [#]" https://h',
    "in single quotes": "curl -H 'x-api-key: [#]' -H 'Accept: a/b'",
    "base64 in quotes": 'curl -H "x-api-key: [#=]" https://h',
    "PRIVATE-TOKEN": 'curl --header "PRIVATE-TOKEN: [#]" h',
    "in JSON": '{"Authorization": "Till [#]", "Host": "h"}',
    "in a repr": "{'authorization': 'Till [#]', 'x-api-key': '[#]', 'a': 'b'}",
    "in JSON, lists": '{"Authorization": ["Till [#]"], "X-Api-Key": ["[#]"]}',
    "as Go prints": "map[Accept:[*/*] Authorization:[Till [#]] Host:[h]]",
    "two in a line": "Authorization: Till [#] Proxy-Authorization: Till [#]",
    "a cookie": "Cookie: [a=1; sid=#]\nA: b",
    "a cookie that is set": "< Set-Cookie: [sid=#; Path=/; HttpOnly]\n< A: b",
    "a folded cookie": "Cookie: [a=1;\n sid=#]\nHost: h",
    "a cookie in JSON": '{"Cookie": "[sid=#; a=b]", "Host": "h"}',
    "a cookie in a repr": "{'set-cookie': '[sid=#; Path=/]', 'a': 'b'}",
    "a cookie in JSON in JSON": r'"{\"Cookie\": \"[sid=#; a=b]\"}"',
    "a cookie as name and value": '{"name": "Cookie", "value": "[sid=#]"}',
}


@pytest.mark.parametrize("text", HEADERS.values(), ids=HEADERS)
def test_a_header_is_hidden_to_the_end_of_its_value(text: str) -> None:
    given = re.sub(r"\[([^\[\]]*#[^\[\]]*)\]", r"\1", text).replace("#", S)
    expected = re.sub(r"\[[^\[\]]*#[^\[\]]*\]", HIDDEN, text)
    result, _ = Redactor().text(given)
    assert result == expected
    assert Redactor().text(result)[0] == result


NO_CREDENTIALS = [
    "Authorization: Bearer <token>",
    "<code>Authorization: Bearer &lt;token&gt;</code>",
    "Authorization: Basic %s",
    "'Authorization': f'Token {token}'",
    "Authorization: none",
    "Authorization: this document describes who may do what.",
    'auth = "Authorization: " + value',
    "Cookie: We use cookies.",
    "Set-Cookie: a=; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
]


@pytest.mark.parametrize("text", NO_CREDENTIALS)
def test_a_header_without_credentials_survives(text: str) -> None:
    assert Redactor().text(text) == (text, [])


PLACES = {
    "a block of YAML": "password: |\n  #\nport: 1",
    "a folded block": "  token: >-\n    #\n  port: 1",
    "an anchor": "password: &pw #\nother: *pw",
    "a tag": 'password: !vault "#"',
    "the line below": "password:\n  #\nport: 1",
    "the line below, quoted": '"password":\n    "#",',
    "in parentheses": 'password = (\n    "#"\n)',
    "a list": "'token' => ['#', 'b']",
    "a change": '~ password = "#" -> "#"',
    "a change from nothing": '~ password = null -> "#"',
    "var_dump": '["password"]=>\n  string(16) "#"\n',
    "Erlang": '[{user,"till"},{password,<<"#">>}]',
    "Go": "map[token:[#] user:[till]]",
}


@pytest.mark.parametrize("text", PLACES.values(), ids=PLACES)
def test_a_value_is_found_where_languages_put_it(text: str) -> None:
    result, _ = Redactor().text(text.replace("#", S))
    assert result == text.replace("#", HIDDEN)
    assert Redactor().text(result)[0] == result


BELOW = [
    "password:\n  description: the word",
    "secrets:\n  - till-secret9",
    "token:\n  a9b8c7d6 or b",
    '"auth": ["aws.auth#sigv4"]',
    '"password": ["required", "min:8"]',
]


@pytest.mark.parametrize("text", BELOW)
def test_what_stands_below_a_name_or_in_a_list_is_a_value_only_if_it_was_made(text: str) -> None:
    assert Redactor().text(text) == (text, [])


@pytest.mark.parametrize(
    "unit",
    [
        "Authorization: ",
        "authorization: a9,\n ",
        "password=",
        'token="',
        'token="a" -> ',
        "token:[",
        'token=["a", ',
        "Cookie: a=b;\n ",
        '\\"token\\":\\"',
        "token: |\n  ",
        "token='''",
        "token\0=\0",
    ],
)
def test_many_openings_are_read_once_each(unit: str) -> None:
    text = unit * (30_000 // len(unit))
    result, _ = Redactor().text(text)
    assert Redactor().text(result)[0] == result
