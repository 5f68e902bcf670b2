"""The package as it is distributed: names, files, and what it imports."""

from __future__ import annotations

import importlib
import inspect
import pickle
import re
import subprocess
import sys
import tomllib
import typing
from pathlib import Path

import pytest

import run_artifacts

ROOT = Path(__file__).parent.parent
FOLDERS = (".ci", "docs", "scripts", "src", "tests")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_every_public_name_is_there_and_sorted() -> None:
    assert run_artifacts.__all__ == sorted(run_artifacts.__all__)
    for name in run_artifacts.__all__:
        assert getattr(run_artifacts, name) is not None
    for subject in ("capture", "history", "failures"):
        module = importlib.import_module(f"run_artifacts.{subject}")
        assert module.__all__ == sorted(module.__all__)
        assert set(module.__all__) <= set(run_artifacts.__all__)


def test_every_public_name_has_a_docstring() -> None:
    for name in run_artifacts.__all__:
        value = getattr(run_artifacts, name)
        if callable(value) and isinstance(getattr(value, "__module__", None), str):
            assert value.__doc__ or name == "EmbedMode", name


def test_every_public_name_says_that_it_is_of_the_package() -> None:
    for name in run_artifacts.__all__:
        value = getattr(run_artifacts, name)
        if isinstance(value, type) or inspect.isfunction(value):
            assert value.__module__ == "run_artifacts", name
            assert pickle.loads(pickle.dumps(value)) is value


def test_the_hints_of_every_public_type_can_be_resolved() -> None:
    types = [
        value
        for name in run_artifacts.__all__
        if isinstance(value := getattr(run_artifacts, name), type)
    ]
    assert len(types) >= 12
    for found in types:
        assert typing.get_type_hints(found) is not None


def test_what_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'run_artifacts' has no attribute 'absent'"):
        run_artifacts.absent  # type: ignore[attr-defined] # noqa: B018 - asked for
    with pytest.raises(ImportError, match="cannot import name 'absent'"):
        exec("from run_artifacts import absent")


def test_only_the_standard_library_is_imported() -> None:
    # What `traceback` imports from Python 3.15 on isn't listed in `sys.stdlib_module_names`.
    source = "import sys, traceback; before = set(sys.modules); from run_artifacts import *"
    source += "; print(*sys.modules); print(*before)"
    out = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=True
    ).stdout
    after, before = (set(line.split()) for line in out.splitlines())
    imported = {name.partition(".")[0] for name in after - before}
    assert "run_artifacts" in imported
    assert imported - sys.stdlib_module_names == {"run_artifacts"}


def test_the_project_is_what_its_card_says() -> None:
    project = PROJECT["project"]
    assert project["name"] == "run_artifacts"
    assert project["dependencies"] == []
    assert project["requires-python"] == ">=3.11"
    assert run_artifacts.__version__ == "0.2.0.dev0"
    assert PROJECT["tool"]["monorepo"] == {"status": "incubator"}
    dev = PROJECT["dependency-groups"]["dev"]
    assert sorted(re.match(r"\w+", name)[0] for name in dev) == ["pytest", "ruff"]  # type: ignore[index]
    scripts = {"smoke", "smoke_extended", "test", "lint", "bench", "interop", "examples", "scale"}
    assert set(PROJECT["tool"]["pdm"]["scripts"]) == scripts
    assert "source" not in PROJECT["tool"]["pdm"]
    assert (Path(run_artifacts.__file__).parent / "py.typed").exists()


def test_no_file_but_data_begins_with_a_bom() -> None:
    files = [
        *ROOT.glob("*.*"),
        *(file for folder in FOLDERS for file in (ROOT / folder).rglob("*")),
    ]
    assert ROOT / "tests" / "test_package.py" in files
    for file in files:
        if file.is_file() and not {"data", "__pycache__"} & {*file.relative_to(ROOT).parts}:
            assert not file.read_bytes().startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")), (
                file
            )


def test_the_lock_holds_no_address() -> None:
    lock = (ROOT / "pdm.lock").read_text(encoding="utf-8")
    assert "[[package]]" in lock
    assert "://" not in lock


def test_the_hints_of_every_public_function_can_be_resolved() -> None:
    functions = [
        value
        for name in run_artifacts.__all__
        if inspect.isfunction(value := getattr(run_artifacts, name))
    ]
    assert len(functions) >= 15
    for function in functions:
        assert typing.get_type_hints(function)


def test_what_is_needed_for_few_is_not_imported_for_all() -> None:
    source = "import sys; from run_artifacts import *\nprint(*sys.modules)"
    command = [sys.executable, "-c", source]
    out = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert {"concurrent.futures", "logging"} & {*out.split()} == set()
