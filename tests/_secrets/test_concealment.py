"""What stands under the name of a secret is hidden, whatever it is."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

import pytest

from run_artifacts import render_failure_text, sanitize_error
from run_artifacts._secrets import concealment
from run_artifacts._secrets.names import is_secret_name
from support import run_python
from tokens import SECRET_KEYS, SURVIVING_KEYS


def test_a_text_that_says_it_is_empty_hides_no_secret_from_us() -> None:
    class Empty(str):
        __slots__ = ()

        def __len__(self) -> int:
            return 0

        def __bool__(self) -> bool:
            return False

    text = Empty("topsecret-123")
    assert sanitize_error({"password": text})["password"] == "[redacted:key_name]"  # type: ignore[index]
    assert "topsecret" not in render_failure_text({"password": text})


def test_a_dict_that_tells_another_thing_each_time_hides_no_secret_from_us() -> None:
    class Lying(dict[str, Any]):
        def items(self) -> Any:
            return [("a", "hunter2-of-the-till")]

    result = sanitize_error({"password": Lying(a=1), "token": OrderedDict(a=1)})
    assert result is not None
    assert result["password"] == "[redacted:key_name]"
    assert result["token"] == {"a": 1}


def test_what_lies_under_nested_names_of_secrets_is_looked_into_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    looked_at = []
    real = concealment._holds_text
    monkeypatch.setattr(concealment, "_holds_text", lambda v: looked_at.append(1) or real(v))
    value: Any = [0] * 100
    for _ in range(150):
        value = {"token": value}
    assert sanitize_error({"a": value, "password": "x", "b": {"password": "x"}})["b"] == {  # type: ignore[index]
        "password": "[redacted:key_name]"
    }
    assert len(looked_at) == 3


@pytest.mark.parametrize("key", SURVIVING_KEYS)
def test_a_name_that_is_no_secret_survives(key: str) -> None:
    assert not is_secret_name(key)
    assert sanitize_error({key: "till-7"}) == {key: "till-7"}


@pytest.mark.parametrize("key", SECRET_KEYS)
def test_what_stands_under_the_name_of_a_secret_is_replaced(key: str) -> None:
    assert is_secret_name(key)
    for value, length in (("till-7", 6), (["a", {"b": 1}], 2), ({"c": "d"}, 1), (b"till", 4)):
        result = sanitize_error({"env": {key: value, "other": "x"}})
        assert result is not None
        assert result["env"] == {key: "[redacted:key_name]", "other": "x"}
        (remark,) = result["_remarks"]
        pointer = f"/env/{key.replace('~', '~0').replace('/', '~1')}"
        assert remark == {
            "path": pointer,
            "rule": "key_name",
            "action": "redacted",
            "start": 0,
            "end": len("[redacted:key_name]"),
            "original_length": length,
        }
        assert sanitize_error(result) == result
        assert "till-7" not in render_failure_text({key: value})


@pytest.mark.parametrize("value", [5, 1.5, True, False, None, 2**70, "", [], {}])
def test_numbers_booleans_null_and_nothing_stay_under_any_name(value: object) -> None:
    assert sanitize_error({"password": value}) == {"password": value}


def test_a_name_is_what_stands_in_the_result() -> None:
    secret = "till-bill"
    for key, name, hidden in (
        (secret, "[redacted:secret]", False),
        (f"{secret}password", "[redacted:secret]password", True),
    ):
        result = sanitize_error({key: "open"}, secrets=[secret])
        assert result is not None
        assert result[name] == ("[redacted:key_name]" if hidden else "open")
        assert sanitize_error(result, secrets=[secret]) == result


@pytest.mark.parametrize(
    "value",
    [16**5_000, [1, 16**5_000], {"a": {"b": -(16**5_000)}}],
    ids=["alone", "in a list", "deeper"],
)
def test_an_integer_that_becomes_a_text_is_hidden_as_one(value: object) -> None:
    """Python converts no integer of so many digits, and a placeholder stands for it."""
    result = sanitize_error({"password": value})
    assert result is not None
    assert result["password"] == "[redacted:key_name]"


def test_what_is_shared_or_contains_itself_is_looked_into_once() -> None:
    """Each occurrence for itself would be 2 ** 60 of them, and those of a cycle have no end."""
    out = run_python(
        """
        cycle = [1]
        cycle.append(cycle)
        print(sanitize_error({"password": cycle})["password"])
        shared = [0]
        for _ in range(60):
            shared = [shared, shared]
        print(sanitize_error({"password": [shared, "x"]})["password"])
        """,
        timeout=20,
    )
    assert out == "[1, '[contains itself]']\n[redacted:key_name]\n"


def test_what_stands_for_a_cycle_or_for_depth_is_no_secret() -> None:
    cyclic: list[Any] = [1]
    cyclic.append(cyclic)
    deep: Any = 1
    for _ in range(300):
        deep = [deep]
    for value in (cyclic, deep):
        result = sanitize_error({"token": value})
        assert result is not None
        assert "[redacted:" not in str(result)
        assert sanitize_error(result) == result
