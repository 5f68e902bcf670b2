"""What stands in the place of a secret, and is none."""

from __future__ import annotations

import pytest

from run_artifacts._secrets.redact import rules
from run_artifacts._secrets.values import is_no_value
from tokens import TOKENS, some

NO_VALUES = {
    "nothing": ["", " ", "\t\n", "\0\0\0"],
    "null": ["null", "None", "NULL", "nil", "undefined", "n/a", " none "],
    "a boolean": ["true", "False", "yes", "no", "on", "off"],
    "a number": ["0", "5", "-17", "3.14", "1e9", "1_000", "1,024", "+.5", "0x1f", "0b101", "0o17"],
    "a mask": ["***", "xxxx", "XXXXXXXX", "*" * 900, "...", "…", "•••", "---", "????", "0000"],
    "a masked rest": ["ghp_****", "sk-xxxx", "sk-...", "ab***yz", "sk-ant-api03-..."],
    "what was hidden": ["REDACTED", "[REDACTED]", "<redacted>", "**hidden**", "(masked)",
                        "[FILTERED]", "--removed--", "not set"],
    "ours": [f"[redacted:{rule}]" for rule in rules()],
    "ours in a header": ["Bearer [redacted:bearer]", "[redacted:jwt][redacted:jwt]"],
    "of a shell": ["$X", "${X}", "${X:-}", "${X:?}", "$1", "$(cat f)", "$env:TOKEN", "%TOKEN%",
                   "${{ secrets.TOKEN }}", "$USER:$PASS", "${A}/${B}", "${!x}", "${env.X}"],
    "of a template": ["{{ x }}", "{{x.y | q}}", "{x}", "{}", "{0}", "#{x}", "<%= x %>", "@X@",
                      "{user}:{password}"],
    "of printf": ["%s", "%d", "%(token)s", "%-10s", "Basic %s", "%s:%s"],
    "of a manual": ["<token>", "<YOUR TOKEN>", "Bearer <token>", "your-api-key", "YOUR_TOKEN_HERE",
                    "[token]", "<your token>"],
}  # fmt: skip

VALUES = [
    "hunter2", "till-7", "letmein", "p", "123456abc", "a b c", "$6$salt$hash", "pa$$word", "x",
    "${X:-hunter2}", "$X-and-more", "<a>b", "{x}y", "true love", "nullify", "Bearer hunter2",
    "0x" + "1f" * 16, "1" * 30, "[1, 2]", "hunter2...", "*", "xx", "redactedly", "%sx",
    '{"user": "a", "pin": "b"}', "<" + "a" * 500 + ">",
]  # fmt: skip


@pytest.mark.parametrize("texts", NO_VALUES.values(), ids=NO_VALUES)
def test_what_holds_nothing_secret_is_no_value(texts: list[str]) -> None:
    assert [text for text in texts if not is_no_value(text)] == []


@pytest.mark.parametrize("text", VALUES)
def test_anything_else_is_a_value(text: str) -> None:
    assert not is_no_value(text)


@pytest.mark.parametrize("token", [token.secret for token in TOKENS.values()], ids=TOKENS)
def test_a_token_is_a_value(token: str) -> None:
    assert not is_no_value(token)
    assert not is_no_value(some(24))


@pytest.mark.parametrize(
    "piece", ["{", "$", "${", "<", "[redacted:", "$a ", "%s", "*", "sk-", "a_", "Bearer ", "your-"]
)
def test_what_nearly_is_a_placeholder_ends_the_search_at_once(piece: str) -> None:
    for length in (300, 1_000_000):
        assert not is_no_value(piece * (length // len(piece)) + "\ud800")
