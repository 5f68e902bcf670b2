"""Assignments in a text: names, their joints, and where a value's name stands elsewhere."""

from __future__ import annotations

import json
import random

import pytest

from run_artifacts._secrets.redact import Redactor
from spellings import SPELLINGS
from support import redacted
from survivors import SURVIVING_TEXTS
from tokens import NEARLY, TOKENS

HIDDEN = "[redacted:assignment]"
S, T = "x9Kp2mQz8vLq4Wt7", "B7nYc3Lm9Rt4Wz"

# Each with # and @ in the place of two secrets.
FOUND = {
    "docker inspect": '"Env": ["PATH=/usr/bin", "DB_PASSWORD=#", "API_TOKEN=@"],',
    "kubectl describe": "    Environment:\n      DB_PASSWORD:  #\n      API_TOKEN:    @",
    "one line": "DB_HOST=db DB_PASSWORD=# API_TOKEN=@ make test",
    "systemd": 'Environment="DB_PASSWORD=#" "API_TOKEN=@"',
    "a blank before the colon": "Name     : till\nPassword : #\nToken    : @",
    "two colons": "dn: uid=till\nuserPassword:: #",
    "a label of two words": "API Key: #\nSecret Key = @",
    "an option": "--token # --db-password @ --verbose",
    "an option in a list": "['till', '--token', '#', '--password', '@']",
    "an item of Java": "Config{user='till', password=#, token=@}",
    "Go": "{User:till Password:# Token:@}",
    "an atom": '[{user,"till"},{password,"#"}]',
    "symbols": '#<User:0x7f @password="#", @token="@">'.replace("#<", "<"),
    "name and value": "- name: DB_PASSWORD\n  value: #\n- name: PORT\n  value: x9Kp2mQz8",
    "value and name": '[{"value": "#", "name": "DB_PASSWORD"}]',
    "something between": '{"key": "api_key", "type": "text", "value": "#"}',
    "a mapping with the value": '{"db_password": {"sensitive": true, "value": "#"}}',
    "a value below the name": '  DB_PASSWORD:\n    value: "#"\n',
    "attributes": '<input type="hidden" name="csrf_token" value="#">',
    "an attribute before": '<property value="#" name="password"/>',
    "an element that is named": '<string name="api_key">#</string><entry key="password">@</entry>',
    "elements of a name and a value": "<name>fs.secret.key</name>\n<value>#</value>",
    "an element": '<ns:Password a="b">#</ns:Password><token>\n  @\n</token>',
    "CDATA": "<password><![CDATA[#]]></password>",
    "pydantic": "password\n  Value error, too weak [type=value_error, input_value='#', a=b]",
    "a query": "GET /a?token=#&x=1&sig=@ HTTP/1.1",
    "a connection string": "Server=db;User Id=sa;Password=#;Encrypt=1",
    "a difference": '-  "password": "#",\n+  "password": "@",',
}


@pytest.mark.parametrize("text", FOUND.values(), ids=FOUND)
def test_a_value_is_found_wherever_its_name_stands(text: str) -> None:
    user = text.replace("@password", "\1").replace("@token", "\2")
    given = user.replace("#", S).replace("@", T).replace("\1", "@password").replace("\2", "@token")
    expected = user.replace("#", HIDDEN).replace("@", HIDDEN)
    expected = expected.replace("\1", "@password").replace("\2", "@token")
    result, _ = Redactor().text(given)
    assert result == expected
    assert Redactor().text(result)[0] == result


NOT_FOUND = [
    "sort key: x9Kp2mQz8vLq",
    "primary key = x9Kp2mQz8vLq",
    "value: x9Kp2mQz8vLq4Wt7",
    '{"name": "port", "value": "x9Kp2mQz8vLq4Wt7"}',
    "<value>x9Kp2mQz8vLq4Wt7</value>",
    '{"name": "DB_PASSWORD"}, {"value": "x9Kp2mQz8vLq4Wt7"}',
    'add_argument("--token", x9=y8Kp2mQz)',
    "password == x9Kp2mQz8v",
    "token::x9Kp2mQz8v",
    "password.py:12: x9Kp2mQz8v",
    '<input name="password" value="" />x9Kp2mQz8v<br>',
    'msgid "Password:"\nmsgstr "x9Kp 2mQz"',
]


@pytest.mark.parametrize("text", NOT_FOUND)
def test_a_name_that_says_nothing_or_no_joint_hides_nothing(text: str) -> None:
    assert Redactor().text(text) == (text, [])


# The more of a notation has no reason to be told from prose, or is another rule's.
LEFT = {
    "a number that is asked for once": ("otp: 839201", "a number is no value"),
    "a keyword of Lisp": ('(:password "#")', "a blank is the joint"),
    "a directive": ("requirepass #", "a blank is the joint, and the word is one program's"),
    "a table": ("password    #", "a blank is the joint"),
    "prose": ("the password is #", "it is prose"),
    "an arrow": ("password -> #", "an arrow is no joint: it goes from an old value to a new one"),
    "columns": ("db.invalid:5432:till:till:#", "nothing says what a column is"),
    "positions": ("INSERT INTO u (name, password) VALUES ('a', '#')", "it is said by position"),
    "a default": ('variable "password" {\n  default = "#"\n}', "defaults are of all kinds"),
    "serialized": ('s:8:"password";s:16:"#";', "a semicolon is no joint"),
}


@pytest.mark.parametrize(("text", "reason"), LEFT.values(), ids=LEFT)
def test_what_stays_out_is_left_as_it_is(text: str, reason: str) -> None:
    """When one of these is found, its row goes."""
    given = text.replace("#", S)
    assert Redactor().text(given) == (given, []), reason


@pytest.mark.parametrize("unit", ["a", "A", "_", "token_", "a.", "-", "Key ", "9"])
def test_a_name_of_a_megabyte_has_a_value(unit: str) -> None:
    text = unit * (1_000_000 // len(unit)) + "_password=" + S
    assert Redactor().text(text)[0].endswith(f"_password={HIDDEN}")


@pytest.mark.parametrize("unit", ["=", ":", "=:", "a=", "a: ", "=\n", ",", "-", "<", "a='", ":: "])
def test_a_million_joints_without_values_are_none(unit: str) -> None:
    text = unit * (1_000_000 // len(unit))
    assert Redactor().text(text) == (text, [])


@pytest.mark.parametrize(
    "unit", ["value=", 'name="a" value="', '{"value": "', "<value>", "name:", "name: key: value=b "]
)
def test_names_that_stand_elsewhere_are_sought_nearby(unit: str) -> None:
    text = unit * (20_000 // len(unit))
    assert Redactor().text(text)[0] == text


_SEPARATORS = [
    "",
    " ",
    "\n",
    ", ",
    ";",
    "&",
    "=",
    ":",
    '"',
    "'",
    "\\",
    "\\n",
    '\\"',
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    "<",
    ">",
    "->",
    "\0",
    "\x1b[31m",
    "\ud800",
    "\u200b",
    " : ",
    "|\n  ",
]
_PIECES = [
    "[redacted:assignment]",
    "[redacted:jwt]",
    "[redacted:",
    "password",
    "value",
    "name",
    "Authorization",
    "Cookie: a=",
    "Bearer ",
    "name: DB_PASSWORD\nvalue: ",
    '"token": [',
    "API Key: ",
    "input_value='",
    "Some(",
    "<password>",
    "--token ",
    "&pw ",
    "string(13) ",
]


def _any_piece(chance: random.Random) -> str:
    kind = chance.random()
    if kind < 0.35:
        secret = "".join(chance.choices("abcdeXYZ2345-_+/!#", k=chance.randint(4, 24)))
        spelling = chance.choice(list(SPELLINGS.values()))
        text = "".join(spelling.parts(chance.choice(["DB_PASSWORD", "API_TOKEN"]), secret))
        return text[chance.choice([0, 0, 0, 3, 9]) : chance.choice([999, 999, -2, -7])]
    if kind < 0.5:
        return chance.choice(list(SURVIVING_TEXTS.values()))
    if kind < 0.6:
        return chance.choice(list(TOKENS.values())).text
    return chance.choice([*_PIECES, *NEARLY])


@pytest.mark.parametrize("seed", range(8))
def test_twice_is_once_and_what_is_not_hidden_stays(seed: int) -> None:
    chance = random.Random(seed)
    for _ in range(60):
        pieces = [
            (_any_piece(chance), chance.choice(_SEPARATORS)) for _ in range(chance.randint(1, 8))
        ]
        text = "".join(piece + separator for piece, separator in pieces)
        redactor = Redactor()
        spans = redactor.spans(text)
        edges = [edge for start, end, _ in spans for edge in (start, end)]
        assert edges == sorted(edges)
        assert all(0 <= start < end <= len(text) for start, end, _ in spans)
        expected, done = "", 0
        for start, end, rule in spans:
            expected, done = f"{expected}{text[done:start]}[redacted:{rule}]", end
        result, _ = redactor.text(text)
        assert result == expected + text[done:]
        assert redactor.text(result) == (result, [])


@pytest.mark.parametrize("times", [1, 2, 3])
@pytest.mark.parametrize(
    ("line", "hidden"),
    [
        ("token=a1b2c3d4e5f6", "token=[redacted:assignment]"),
        ("authorization: Token a1b2c3d4e5f6", "authorization: Token [redacted:assignment]"),
        ("cookie: sid=a1b2c3d4e5", "cookie: [redacted:assignment]"),
    ],
)
def test_the_letter_of_an_escaped_line_end_is_no_part_of_a_name(
    line: str, hidden: str, times: int
) -> None:
    text, expected = f"start\n{line}\nnext\t{line}", f"start\n{hidden}\nnext\t{hidden}"
    for _ in range(times):
        text, expected = (
            json.dumps({"log": text, "more": 1}),
            json.dumps({"log": expected, "more": 1}),
        )
    assert redacted(text) == expected
