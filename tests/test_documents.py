"""Documents: every Python block runs, every promise about the text itself holds."""

from __future__ import annotations

import ast
import contextlib
import doctest
import importlib
import importlib.util
import io
import pkgutil
import re
import tomllib
from pathlib import Path

import pytest

import run_artifacts
from documents import BLOCK, DOCUMENTS, ROOT, commands, python_blocks, write_example
from run_artifacts import (
    _formats,
    _losses,
    _record,
    _redact,
    _secret_names,
    _stderr,
    capture,
    failures,
)

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.iter_modules(run_artifacts.__path__, "run_artifacts.")
]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_python_block_runs_and_prints_what_stands_below_it(
    document: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, block in enumerate(python_blocks(document)):
        if not block.engines:
            place = tmp_path / str(number)
            write_example(place)
            monkeypatch.chdir(place)
            printed = io.StringIO()
            with contextlib.redirect_stdout(printed):
                exec(compile(block.source, document.name, "exec"), {"__name__": "__main__"})
            assert block.output in (None, printed.getvalue())
            assert printed.getvalue() or "print(" not in block.source


def test_the_readme_has_its_sections_in_the_order_of_its_seed() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    headings = re.findall(r"^#+ .*$", re.sub(BLOCK, "", text), re.MULTILINE)
    standalone = "### Standalone package checkout (recommended first path)"
    assert headings == [
        "# `run_artifacts`",
        "## Install",
        standalone,
        "## Quickstart",
        "## Public API",
        "### Artifact capture",
        "### Run history",
        "### Failure shaping",
        "## Design notes",
        "## Development",
        standalone,
        "### Monorepo contributor workflow",
    ]
    for section in text.split(standalone)[1:]:
        assert "tools/scaffold" not in section.split("\n##")[0]
    assert "**incubator**" in text


def test_the_readme_names_every_public_name() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    for name in run_artifacts.__all__:
        assert name == "__version__" or f"`{name}" in text, name


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_link_within_the_repository_leads_somewhere(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    for target in re.findall(r"\]\(([^)]+)\)", text):
        if "://" not in target:
            path, _, anchor = target.partition("#")
            linked = document.parent / path if path else document
            assert linked.exists(), target
            if anchor:
                headings = re.findall(
                    r"^#+ (.*)$", linked.read_text(encoding="utf-8"), re.MULTILINE
                )
                assert anchor in map(anchor_of, headings), target


def anchor_of(heading: str) -> str:
    """The name that a heading is linked by: words and hyphens alone."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def test_the_format_names_everything_that_is_persisted() -> None:
    text = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
    persisted = {
        *_record.RunRecord.__annotations__,
        *_record.STATUSES,
        *_record.EMBEDDED,
        *_record.EMBEDDED["all"],
        *filter(None, capture._STATUS_OF),
        *capture._STATUS_OF.values(),
        *_losses.Reason.__args__,
        *failures._MISSING_REPORT,
        *failures._FAILED,
        "quota_exhausted",
        "unknown",
        *(rule.code for rule in _stderr._WARNING_RULES),
        *source_rules(),
    }
    assert [name for name in sorted(persisted) if f"`{name}`" not in text] == []


def test_the_format_names_everything_that_is_redacted() -> None:
    text = (ROOT / "docs" / "format.md").read_text(encoding="utf-8")
    text = text[text.index("## Redaction") :]
    names = {
        *_redact.RULES,
        *_secret_names.SECRET_WORDS,
        *_secret_names.LAST_SECRET_WORDS,
        *_secret_names.TELLING_WORDS,
        *_secret_names.TOKENS_OF_OTHER_KINDS,
        *_secret_names.KNOWN_NAMES,
    }
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
    listed = re.findall("`([^`]+)`", text[text.index("### Names") : text.index("## Failures")])
    assert sorted({*listed} - names) == ["null", "secrets="]
    # A text that a hint was taken from may have another case there.
    shown = text.lower()
    hints = {hint for found in _formats.FORMATS for hint in found.hints}
    for hint in hints - {"private", "@", "%40", "k_live_", "k_test_", "xox"}:
        assert hint in shown, hint


def test_the_examples_are_what_the_recorded_failures_give() -> None:
    spec = importlib.util.spec_from_file_location("examples", ROOT / "scripts" / "examples.py")
    assert spec is not None
    assert spec.loader is not None
    examples = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(examples)
    shown = (ROOT / "docs" / "examples" / "failures.md").read_text(encoding="utf-8")
    assert shown == examples.document()
    assert set(examples.COMMANDS) == {"Python", "Node", "Java", "gcc", "pip", "npm", "git"}
    recorded = "".join(examples.path_of(tool).read_text() for tool in examples.COMMANDS)
    assert recorded.count("hunter2-of-the-till") == 2
    for secret in ("hunter2", "r4nD0m"):
        assert secret in recorded
        assert secret not in shown
    assert "[... cut: " in shown


def source_rules() -> set[str]:
    """The names of the rules, as the modules that apply them spell them."""
    sources = "".join(
        Path(str(module.__file__)).read_text(encoding="utf-8")
        for module in MODULES
        if module.__name__.endswith(("_remarks", "_sanitize", "_walk"))
    )
    before = r"(?:rule=|_RULE = |_alteration\(\s*|\.remark\(place, |Replacement\([^\"]*, )"
    found = re.findall(rf'{before}"(\w+)"', sources)
    assert len(found) >= 10
    return set(found)


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_example_in_a_docstring_runs(module: object) -> None:
    assert doctest.testmod(module).failed == 0  # type: ignore[arg-type]


def test_the_architecture_is_that_of_the_imports() -> None:
    text = (ROOT / "docs" / "design" / "architecture.md").read_text(encoding="utf-8")
    rows = [
        re.findall("`(\\w+)`", row)
        for row in re.findall(r"^\| [^|]+ \| (`.*) \|$", text, re.MULTILINE)
    ]
    levels = {module: level for level, row in enumerate(reversed(rows)) for module in row}
    names = {module.__name__.removeprefix("run_artifacts.") for module in MODULES}
    assert levels.keys() == names
    for module in MODULES:
        name = module.__name__.removeprefix("run_artifacts.")
        for node in ast.walk(ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.module:
                continue
            imported = node.module
            below = imported.removeprefix("run_artifacts").removeprefix(".")
            if imported.startswith("run_artifacts."):
                assert levels[below] < levels[name], f"{name} imports {below}"
            elif imported == "run_artifacts":
                assert all(levels[alias.name] < levels[name] for alias in node.names), name


def test_the_api_has_a_running_example_of_every_public_name() -> None:
    text = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##|\Z)", text, re.MULTILINE | re.DOTALL))
    assert sorted(sections) == sorted(run_artifacts.__all__)
    for name, section in sections.items():
        (source,) = (block for language, block in BLOCK.findall(section) if language == "python")
        assert name in source
        assert "```text" in section


def test_every_block_of_a_document_is_of_a_kind_that_is_checked() -> None:
    """Python and its output are run; commands by the CI; the rest is data, or no program."""
    for document in DOCUMENTS:
        text = document.read_text(encoding="utf-8")
        assert text.count("\n```") == 2 * len(BLOCK.findall(text)), document
        before = ""
        for language, block in BLOCK.findall(text):
            assert language in {"bash", "plaintext", "python", "text", "toml"}, document
            assert language != "text" or before == "python", block
            if language == "toml":
                tomllib.loads(block)
            before = language


def test_every_command_of_the_documents_is_run_or_is_a_template() -> None:
    ci = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert "tests/documents.py" in ci
    found = {*commands()}
    assert {"pdm install", "pdm run smoke", "python -m pip install -e ."} <= found
    assert not any("<" in command or "tools/scaffold" in command for command in found)


def test_links_that_lead_out_lead_to_what_is_meant_to_last() -> None:
    hosts = {
        host
        for document in DOCUMENTS
        for host in re.findall(r"\]\(https?://([^/)]+)", document.read_text(encoding="utf-8"))
    }
    assert hosts <= {
        "distributed.dask.org",
        "duckdb.org",
        "jsonlines.readthedocs.io",
        "keepachangelog.com",
        "pandas.pydata.org",
        "pdm-project.org",
        "pola.rs",
        "semver.org",
        "www.rfc-editor.org",
        "www.unicode.org",
    }
