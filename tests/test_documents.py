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
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import run_artifacts
from documents import BLOCK, DOCUMENTS, ROOT, commands, python_blocks, write_example
from run_artifacts._capture import artifact
from run_artifacts._causes import kinds
from run_artifacts._failures import warnings
from run_artifacts._history import losses, record
from run_artifacts._layout import RUN_STATUSES
from run_artifacts._secrets import redact

MODULES = [
    importlib.import_module(module.name)
    for module in pkgutil.walk_packages(run_artifacts.__path__, "run_artifacts.")
]
NAMES = {module.__name__ for module in MODULES}


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
        *record.RunRecord.__annotations__,
        *RUN_STATUSES,
        *record.EMBEDDED,
        *record.EMBEDDED["all"],
        *filter(None, artifact.STATUS_OF),
        *artifact.STATUS_OF.values(),
        *losses.Reason.__args__,
        *kinds._KINDS_BY_STATUS,
        "quota_exhausted",
        "unknown",
        *(code for code, *_ in warnings._WARNING_RULES),
        *source_rules(),
    }
    assert [name for name in sorted(persisted) if f"`{name}`" not in text] == []


def _script(name: str) -> Any:
    """Import a script, which stands in no package."""
    spec = importlib.util.spec_from_file_location(name, ROOT / "scripts" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    return script


def test_the_tables_of_what_is_redacted_are_those_of_the_code() -> None:
    """`python scripts/redaction_tables.py` renews them."""
    text = (ROOT / "docs" / "redaction.md").read_text(encoding="utf-8")
    tables = _script("redaction_tables")
    assert tables.with_tables(text) == text
    assert sorted(re.findall("<!-- made: (.+?) -->", text)) == sorted(tables.TABLES)
    assert [rule for rule in redact.rules() if f"`{rule}`" not in text] == []


def test_the_examples_are_what_the_recorded_failures_give() -> None:
    examples = _script("examples")
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
        if module.__name__.endswith((".remarks", ".readable", ".rebuild"))
    )
    before = r"(?:rule=|_RULE = |_alteration\(\s*|\.remark\(place, |Replacement\([^\"]*, )"
    found = re.findall(rf'{before}"(\w+)"', sources)
    assert len(found) >= 10
    return set(found)


WRITTEN = "".join(
    path.read_text(encoding="utf-8") for path in Path(run_artifacts.__path__[0]).rglob("*.py")
)


def docstring_examples() -> list[doctest.DocTest]:
    """The examples in our docstrings, whatever module a public name says that it is of."""
    finder = doctest.DocTestFinder(exclude_empty=True)
    found = {
        test.docstring: test
        for module in MODULES
        for test in finder.find(module, module=False, globs={**vars(module), **vars(run_artifacts)})  # type: ignore[arg-type]
        if test.examples and test.examples[0].source in WRITTEN
    }
    return [*found.values()]


EXAMPLES = docstring_examples()


@pytest.mark.parametrize("test", EXAMPLES, ids=[test.name for test in EXAMPLES])
def test_every_example_in_a_docstring_runs(test: doctest.DocTest) -> None:
    assert doctest.DocTestRunner().run(test).failed == 0


def test_no_example_in_a_docstring_is_out_of_sight() -> None:
    found = sum(len(test.examples) for test in EXAMPLES)
    assert found == len(re.findall(r"^ +>>> ", WRITTEN, re.MULTILINE)) > 0


class Room(NamedTuple):
    """A folder of the package: its files from the upper ones down, and the rooms that it uses."""

    files: list[str]
    uses: list[str]


def rooms() -> dict[str, Room]:
    text = (ROOT / "docs" / "design" / "architecture.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (`.*`) \| (.*) \|$", text, re.MULTILINE)
    found = {name: Room(*(re.findall(r"`(\w+)`", cell) for cell in cells)) for name, *cells in rows}
    assert len(found) >= 7
    return found


def location(module: str) -> tuple[str, str]:
    """The room of a module, and its file there."""
    room, _, file = module.removeprefix("run_artifacts.").rpartition(".")
    return room or "run_artifacts", file


def imports_of(path: Path) -> Iterator[str]:
    """The modules of the package that a source imports, by their full names."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names if name.name.startswith("run_artifacts"))
        elif isinstance(node, ast.ImportFrom) and (node.level or node.module == "run_artifacts"):
            assert not node.level, f"{path} imports relatively"
            yield from (f"run_artifacts.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("run_artifacts."):
            inner = [f"{node.module}.{alias.name}" for alias in node.names]
            yield from (name if name in NAMES else str(node.module) for name in inner)


def modules_with_files() -> Iterator[tuple[str, Path]]:
    """Each module that has a file with code in it, so that none is out of sight."""
    package = Path(run_artifacts.__path__[0])
    for path in sorted(package.rglob("*.py")):
        name = ".".join(["run_artifacts", *path.relative_to(package).with_suffix("").parts])
        if path.name != "__init__.py":
            yield name, path
        elif path.parent != package:
            assert path.read_bytes() == b"", f"{path} is a name plate and holds no code"


def test_every_file_stands_in_the_room_that_the_architecture_shows() -> None:
    listed = {(room, file) for room, found in rooms().items() for file in found.files}
    assert listed == {location(name) for name, _ in modules_with_files()}
    assert {name for name, _ in modules_with_files()} <= NAMES


@pytest.mark.parametrize(
    ("name", "path"), [*modules_with_files()], ids=[name for name, _ in modules_with_files()]
)
def test_imports_run_one_way(name: str, path: Path) -> None:
    room, file = location(name)
    found = rooms()[room]
    uses = [*rooms(), *found.files] if room == "run_artifacts" else found.uses
    for imported in imports_of(path):
        other, target = location(imported)
        if other == room:
            assert found.files.index(file) < found.files.index(target), f"{name} imports {target}"
        else:
            assert (target if other == "run_artifacts" else other) in uses, f"{name}: {imported}"


def test_rooms_use_only_those_below_them() -> None:
    order = [*rooms()]
    for name, room in rooms().items():
        assert all(order.index(used) > order.index(name) for used in room.uses if used in order)


def test_of_another_subject_nothing_is_used_but_what_a_capture_gives() -> None:
    given = {"artifact", "excerpt", "policy"}
    for name, path in modules_with_files():
        room, file = location(name)
        for imported in imports_of(path):
            other, target = location(imported)
            if other == "_capture" and room not in ("_capture", "run_artifacts"):
                assert target in given, f"{name} imports {imported}"
            if room == "run_artifacts" and file in ("capture", "history", "failures"):
                shared = ("run_artifacts", "_causes", "_secrets", "_json", "_files")
                own = other in (*shared, f"_{file}")
                assert own or (other == "_capture" and target in given), f"{name}: {imported}"
                assert target not in ("capture", "history", "failures"), f"{name}: {imported}"


def test_who_captures_needs_no_walk_over_nested_values() -> None:
    paths = dict(modules_with_files())
    needed, waiting = set(), ["run_artifacts.capture"]
    while waiting:
        name = waiting.pop()
        if name not in needed:
            needed.add(name)
            waiting.extend(imports_of(paths[name]))
    assert "run_artifacts._capture.scan" in needed
    assert {name for name in needed if location(name)[0] == "_json"} == {
        "run_artifacts._json.foreign",
        "run_artifacts._json.remarks",
    }


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
