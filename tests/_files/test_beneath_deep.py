"""Going down deep: at once, to what lies beneath and nowhere else, in few steps."""

from __future__ import annotations

import errno
import os
import random
import shutil
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from run_artifacts import iter_run_artifacts
from run_artifacts._files import beneath
from run_artifacts._files.beneath import _SEARCH_FLAGS, _open_deep
from run_artifacts._files.system import close
from support import run_python

pytestmark = pytest.mark.skipif(
    os.open not in os.supports_dir_fd, reason="the platform has no directory descriptors"
)

_CALLS = ("open", "scandir", "stat", "fstat")


@contextmanager
def before_each_call(step: Callable[[int], object]) -> Iterator[Counter[str]]:
    """Count the calls by name, and do something before each, given how many there were."""
    made: Counter[str] = Counter()

    def patched(name: str) -> Callable[..., Any]:
        real = getattr(os, name)

        def call(*arguments: Any, **options: Any) -> Any:
            made[name] += 1
            step(made.total() - 1)
            return real(*arguments, **options)

        return call

    patches = {name: patched(name) for name in _CALLS}
    with mock.patch.multiple(os, **patches):
        yield made


def counted(run: Path) -> tuple[int, Counter[str]]:
    """Return how many results a sweep gives, and how many calls it takes."""
    with before_each_call(lambda _: None) as made:
        found = sum(1 for _ in iter_run_artifacts(run))
    return found, made


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def make_chain(top: Path, levels: int, name: str) -> None:
    """Make folders in each other, of any depth, with a file each: before or after the next."""
    top.mkdir()
    here = os.open(top, os.O_RDONLY)
    for level in range(levels):
        file = ("a", "z")[level % 2]
        os.close(os.open(file, os.O_WRONLY | os.O_CREAT, dir_fd=here))
        os.mkdir(name, dir_fd=here)
        below = os.open(name, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(here)


@contextmanager
def no_descriptor_is_left() -> Iterator[None]:
    before = sorted(os.listdir("/proc/self/fd")) if Path("/proc/self/fd").exists() else []
    yield
    if before:
        assert sorted(os.listdir("/proc/self/fd")) == before


def test_the_calls_for_a_chain_grow_as_its_length(tmp_path: Path) -> None:
    # The first few folders are gone down to name by name.
    taken = {}
    for levels in (100, 200, 400):
        make_chain(tmp_path / str(levels), levels, "m")
        found, taken[levels] = counted(tmp_path / str(levels))
        assert found == levels
        assert taken[levels]["scandir"] == levels + 1
        assert taken[levels]["open"] <= 7 * levels
        shutil.rmtree(tmp_path / str(levels))
    for name in _CALLS:
        first, second = taken[200][name] - taken[100][name], taken[400][name] - taken[200][name]
        assert second == 2 * first


def test_the_calls_for_a_chain_longer_than_a_path_can_be_are_few(tmp_path: Path) -> None:
    # The deepest folder takes four paths down, at most, and one up.
    levels = 120
    make_chain(tmp_path / "run", levels, "m" * 100)
    found, taken = counted(tmp_path / "run")
    assert found == levels
    assert taken["open"] <= (7 + 2 * 3) * levels
    assert taken["scandir"] == levels + 1


def test_the_calls_for_a_wide_tree_grow_as_its_entries(tmp_path: Path) -> None:
    above = tmp_path.joinpath(*"mmmmmmmm")
    for folder in range(20):
        for file in range(10):
            write(above / str(folder) / str(file), "")
    found, taken = counted(tmp_path)
    assert found == 200
    assert taken["scandir"] == 29
    assert taken["open"] <= 4 * 200 + 4 * 29


def reference(run: Path) -> list[tuple[str, str | None]]:
    """What lies below a directory and is none, with its text where it is a regular file."""
    found = []
    for folder, folders, files in os.walk(run):
        for name in files + [name for name in folders if os.path.islink(Path(folder, name))]:
            file = Path(folder, name)
            leads_in = file.is_file() and file.resolve().is_relative_to(run.resolve())
            text = file.read_text() if leads_in else None
            found.append((os.path.relpath(file, run), text))
    return sorted(found)


def swept(run: Path) -> list[tuple[str, str | None]]:
    return [
        (result.artifact.path, result.excerpt.head if result.excerpt else None)
        for result in iter_run_artifacts(run)
    ]


@pytest.mark.parametrize("seed", range(12))
def test_a_random_tree_is_swept_as_a_plain_walk_sees_it(tmp_path: Path, seed: int) -> None:
    rng = random.Random(seed)
    run, outside = tmp_path / "run", tmp_path / "outside"
    write(outside / "file", "outside")
    run.mkdir()
    folders = [run]
    names = ["a", "b", "a-b", "a.b", "a0", "a b", "ä", "\U0001f600", os.fsdecode(b"\xff"), "-", "~"]
    for number in range(250):
        # Deep rather than wide.
        folder = folders[-1] if rng.random() < 0.4 else rng.choice(folders)
        path = folder / rng.choice(names)
        with suppress(FileExistsError):
            kind = rng.choice(("folder", "folder", "file", "file", "link", "out", "fifo"))
            if kind == "folder":
                path.mkdir()
                folders.append(path)
            elif kind == "link":
                target = rng.choice((*run.rglob("*"), run))
                path.symlink_to(os.path.relpath(target, folder) if number % 2 else target)
            elif kind == "out":
                path.symlink_to(rng.choice((outside, outside / "file", outside / "none", path)))
            elif kind == "fifo":
                os.mkfifo(path)
            else:
                with path.open("x") as file:
                    file.write(f"{number}")
    assert max(len(folder.relative_to(run).parts) for folder in folders) > 6
    with mock.patch.object(beneath, "_PATH_BYTES", rng.choice((8, 20, 4_000))):
        assert swept(run) == reference(run)


LEVELS = 7


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A chain of folders with files in each, and one outside that looks alike."""
    for top, text in (("run", "inside"), ("outside", "outside")):
        for level in range(LEVELS + 1):
            for file in ("a", "z"):
                write(tmp_path.joinpath(top, *"m" * level, file), text)
    return tmp_path / "run"


def level_of(top: Path, level: int) -> Path:
    return top.joinpath(*"m" * level)


@pytest.mark.parametrize("level", range(1, LEVELS + 1))
@pytest.mark.parametrize("for_calls", [1, 2, 3, 1_000])
def test_a_folder_exchanged_for_a_link_under_way_leads_nowhere_outside(
    run: Path, level: int, for_calls: int
) -> None:
    folder, aside = level_of(run, level), run.parent / "aside"
    write(level_of(run.parent / "outside", LEVELS) / "only_outside", "outside")
    _, made = counted(run)
    for at in range(made.total()):

        def exchange(call: int, at: int = at) -> None:
            if call == at:
                folder.rename(aside)
                folder.symlink_to(level_of(run.parent / "outside", level))
            elif call == at + for_calls:
                folder.unlink()
                aside.rename(folder)

        with no_descriptor_is_left(), before_each_call(exchange):
            found = swept(run)
        assert {text for _, text in found} <= {"inside", None}
        assert not [path for path, _ in found if path.endswith("only_outside")]
        if folder.is_symlink():
            folder.unlink()
            aside.rename(folder)


#: Where a folder goes while a sweep is under way, from below the run directory or beside it.
MOVES = {
    "up": "run/moved",
    "down": "run/m/m/m/m/moved/deeper",
    "aside": "run/m/m/m/m/moved",
    "out": "moved",
    "out, as deep": "other/m/m/m/m/m",
}


@pytest.mark.parametrize("leave_link", [False, True])
@pytest.mark.parametrize("move", MOVES)
def test_what_is_in_a_folder_that_was_moved_meanwhile_is_not_there(
    run: Path, move: str, leave_link: bool
) -> None:
    (run / "m/m/m/m/moved").mkdir()
    (run.parent / "other/m/m/m/m").mkdir(parents=True)
    folder, target = level_of(run, 5), run.parent / MOVES[move]
    names = [path for path, _ in swept(run)]
    for taken in range(1, len(names) + 1):
        results = iter_run_artifacts(run)
        found = [next(results) for _ in range(taken)]
        if target.is_dir():
            target.rmdir()
        folder.rename(target)
        if leave_link:
            folder.symlink_to(target)
        found += results
        if leave_link:
            folder.unlink()
        target.rename(folder)
        assert [result.artifact.path for result in found] == names
        gone = "missing"
        if leave_link:
            gone = "refused" if move.startswith("out") else "captured"
        for result in found[:taken]:
            assert result.status == "captured"
        for result in found[taken:]:
            is_gone = result.artifact.path.startswith("m/m/m/m/m/")
            assert result.status == (gone if is_gone else "captured")


def test_a_run_directory_that_is_moved_meanwhile_is_still_swept(run: Path) -> None:
    results = iter_run_artifacts(run)
    found = [next(results)]
    run.rename(run.parent / "moved")
    found += results
    assert [result.status for result in found] == ["captured"] * 2 * (LEVELS + 1)


@pytest.mark.parametrize("code", [errno.EMFILE, errno.EIO, errno.EACCES, errno.ENOENT])
def test_a_call_that_fails_loses_no_entry(run: Path, code: int) -> None:
    names = {path for path, _ in swept(run)}
    _, made = counted(run)
    for at in range(made.total()):

        def fail(call: int, at: int = at) -> None:
            if call == at:
                raise OSError(code, os.strerror(code))

        with no_descriptor_is_left(), before_each_call(fail):
            found = {result.artifact.path: result.status for result in iter_run_artifacts(run)}
        for name in names - found.keys():
            above = [folder for folder in found if folder == "." or name.startswith(f"{folder}/")]
            assert any(found[folder] in ("unreadable", "missing", "refused") for folder in above)


@pytest.mark.parametrize("raised", [KeyboardInterrupt, TimeoutError])
def test_an_interrupt_or_a_deadline_goes_through_and_leaves_nothing_open(
    run: Path, raised: type[BaseException]
) -> None:
    _, made = counted(run)
    for at in range(made.total()):

        def interrupt(call: int, at: int = at) -> None:
            if call == at:
                raise raised

        with (
            no_descriptor_is_left(),
            before_each_call(interrupt),
            pytest.raises(raised),
        ):
            list(iter_run_artifacts(run))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
@pytest.mark.parametrize("path_bytes", [4_000, 8])
def test_three_free_descriptors_are_enough(run: Path, path_bytes: int) -> None:
    out = run_python(
        f"""
        import os, resource, sys
        from run_artifacts._files import beneath
        beneath._PATH_BYTES = {path_bytes}
        lowest = os.dup(0)
        os.close(lowest)
        resource.setrlimit(resource.RLIMIT_NOFILE, (lowest + 3, lowest + 3))
        print(*{{result.status for result in iter_run_artifacts(sys.argv[1])}})
        """,
        str(run),
    )
    assert out == "captured\n"


@pytest.fixture
def top(tmp_path: Path) -> Iterator[int]:
    (tmp_path / "top" / "a" / "bb" / "ccc").mkdir(parents=True)
    (tmp_path / "top" / "a" / "file").touch()
    (tmp_path / "out" / "bb" / "ccc").mkdir(parents=True)
    for name, target in {"out": "../out", "a2": "a", "up": "a/bb", "none": "x"}.items():
        (tmp_path / "top" / name).symlink_to(target)
    fd = os.open(tmp_path / "top", os.O_RDONLY)
    yield fd
    os.close(fd)


@pytest.mark.parametrize("path_bytes", range(4, 12))
@pytest.mark.parametrize(
    ("path", "is_beneath"),
    {
        "a": True,
        "a/bb": True,
        "a/bb/ccc": True,
        "a2/bb/ccc": True,  # it lies where it would without the link
        "up/ccc": False,  # it lies deeper
        "out/bb/ccc": False,
        "out": False,
        "none": False,
        "a/file": False,
        "a/none/ccc": False,
        "a/b\0/ccc": False,
        "a/" + "x" * 5_000: False,
        "x" * 5_000 + "/a": False,
        "a/\ud800/b": False,
    }.items(),
    ids=lambda value: str(value)[:20],
)
def test_what_lies_as_deep_as_its_names_say_is_opened(
    tmp_path: Path,
    top: int,
    monkeypatch: pytest.MonkeyPatch,
    path: str,
    is_beneath: bool,
    path_bytes: int,
) -> None:
    monkeypatch.setattr(beneath, "_PATH_BYTES", path_bytes)
    with no_descriptor_is_left():
        fd = _open_deep(top, path.split("/"), _SEARCH_FLAGS)
        assert (fd is not None) == is_beneath
        if fd is not None:
            assert os.path.samestat(os.fstat(fd), os.stat(tmp_path / "top" / path))
            close(fd)
