"""Where programs meet: forks, signals, limits and exits in the middle of each operation.

Whatever happens, an operation comes to one of three ends: what it gives undisturbed, the
exception of whoever disturbed it, or an error that says what it is; and the file that it writes is
the old one or the new one, whole.

``EDGES_SECONDS=3600`` has the random tests go on for so long.
"""

from __future__ import annotations

import ast
import contextlib
import gc
import os
import random
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import edges
from run_artifacts import HistoryLoss, _process
from support import refuse_threads, run_python

# What an exception leaves open in the middle of a call is closed by who collects it.
pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.filterwarnings("ignore:This process:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning"),
]

SECONDS = float(os.environ.get("EDGES_SECONDS", "0"))
SEED = int(os.environ.get("EDGES_SEED", "20261126"))
TRIES = 1  # of each operation, where no time is given


@pytest.fixture(scope="module", autouse=True)
def low_bounds() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, bound in edges.BOUNDS.items():
            patch.setattr(name, bound)
        yield


@pytest.fixture(scope="module")
def calm(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[str, dict[str, bytes], int]]:
    """What each operation gives undisturbed, what its folder holds then, and its steps."""
    found = {}
    for name in edges.OPERATIONS:
        folder = tmp_path_factory.mktemp("calm") / "f"
        edges.prepare(folder)
        steps = edges.Steps(name)
        result = edges.perform(name, folder, steps)
        assert steps.count > 100, "nothing is traced"
        found[name] = (result, edges.content(folder), steps.count)
    return found


def tries(tmp_path: Path, least: int = TRIES) -> Iterator[tuple[random.Random, Path]]:
    """Give folders to try something in, for as often or as long as is wanted."""
    chance = random.Random(SEED)
    count, end = 0, time.monotonic() + SECONDS
    while count < least or time.monotonic() < end:
        place = tmp_path / str(count) / "f"
        edges.prepare(place)
        yield chance, place
        shutil.rmtree(place.parent)
        count += 1
    if SECONDS:
        print(f"{count:,} tries")


@pytest.mark.parametrize("way", ["return", "exit", "raise"])
@pytest.mark.parametrize("name", edges.OPERATIONS)
def test_a_child_forked_at_any_step_leaves_all_to_its_parent(
    tmp_path: Path, calm: dict[str, tuple[str, dict[str, bytes], int]], name: str, way: str
) -> None:
    expected, files, count = calm[name]
    for chance, place in tries(tmp_path):
        fork = edges.Forking(way, wait=chance.random() < 0.7)
        step = chance.randrange(count)
        with fork.child_ends(expected) as given:
            given.append(edges.perform(name, place, edges.Steps(name, {step: fork})))
        fork.join()
        assert given == [expected], f"forked at step {step}"
        assert edges.content(place) == files, f"forked at step {step}"


# A file that an exception has come in the way of is closed when it is put away, be that later.
@pytest.mark.filterwarnings("ignore::ResourceWarning")
@pytest.mark.parametrize("error", [TimeoutError, KeyboardInterrupt, edges.Boom])
@pytest.mark.parametrize("name", edges.OPERATIONS)
def test_what_a_signal_handler_raises_at_any_step_is_raised_or_is_too_late(
    tmp_path: Path,
    calm: dict[str, tuple[str, dict[str, bytes], int]],
    name: str,
    error: type[BaseException],
) -> None:
    expected, files, count = calm[name]
    for chance, place in tries(tmp_path):
        before = edges.content(place)
        step = chance.randrange(count)

        def act() -> None:
            raise error

        given = None
        with contextlib.suppress(error):
            given = edges.perform(name, place, edges.Steps(name, {step: act}))
        # What an exception has come in the way of is put away when nobody holds that any more.
        found = edges.content(place)
        assert given in (None, expected), f"at step {step}"
        assert found == files or (given is None and found == before), f"at step {step}"
    gc.collect()


@contextlib.contextmanager
def no_descriptor_is_left() -> Iterator[None]:
    """Let an operation fail for want of a descriptor, and say so."""
    try:
        yield
    except (OSError, HistoryLoss) as error:
        if SAID not in str(error):
            raise


ERRORS = (TimeoutError, KeyboardInterrupt, edges.Boom, SystemExit)
SAID = "Too many open files"


def raising(error: type[BaseException]) -> Callable[[], None]:
    def act() -> None:
        raise error

    return act


def test_a_random_combination_comes_to_one_of_three_ends(
    tmp_path: Path,
    calm: dict[str, tuple[str, dict[str, bytes], int]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    start = _process.start_new_thread
    other = tmp_path / "other"
    for chance, place in tries(tmp_path, TRIES * 20):
        name = chance.choice([*calm])
        expected, files, count = calm[name]
        before = edges.content(place)
        fork = edges.Forking(chance.choice(["return", "exit", "raise"]), wait=chance.random() < 0.7)
        acts: dict[int, Callable[[], None]] = {}
        if chance.random() < 0.7:
            acts[chance.randrange(count)] = fork
        if chance.random() < 0.6:
            acts[chance.randrange(count)] = raising(chance.choice(ERRORS))
        is_short = chance.random() < 0.3
        made = f"{name}: {acts}, {is_short=}"
        refused = refuse_threads if chance.random() < 0.3 else start
        monkeypatch.setattr(_process, "start_new_thread", refused)
        given: list[str] = []
        with contextlib.ExitStack() as stack:
            if chance.random() < 0.2:
                edges.prepare(other)
                stack.callback(shutil.rmtree, other)
                stack.enter_context(edges.beside(chance.choice([*calm]), other))
            stack.enter_context(contextlib.suppress(*ERRORS))
            said = SAID if is_short else None
            given = stack.enter_context(fork.child_ends(expected, *ERRORS, OSError, said=said))
            if is_short:
                stack.enter_context(edges.few_descriptors(chance.randrange(5)))
                stack.enter_context(no_descriptor_is_left())
            given.append(edges.perform(name, place, edges.Steps(name, acts)))
        fork.join()
        found = edges.content(place)
        if is_short:  # to remove a lock that an exception has left takes a descriptor
            found = {path: data for path, data in found.items() if not path.endswith(".lock")}
        if given and (given != [expected] or found != files):
            assert SAID in given[0] + repr(found), made
        elif is_short and not given:  # what could not be read was told, and the rest published
            assert not any(path.endswith(".tmp") for path in found), made
        else:
            assert found in (before, files), made


#: What a process may have become before the operations are asked of it, `show()` asks for all.
BECOME = {
    "without threads": """
        from run_artifacts import HistoryLoss, _process
        from support import refuse_threads
        _process.start_new_thread = refuse_threads
        show()
    """,
    "at exit": """
        import atexit
        atexit.register(show)
    """,
    "at shutdown": """
        class Session:
            def __del__(self, show=show):
                show()
        session = Session()
    """,
    "after chroot": """
        os.chroot(folder)
        os.chdir("/")
        show(pathlib.Path("/"))
    """,
    "after setuid": """
        os.setgid(65534)
        os.setuid(65534)
        show()
    """,
    "in a deep stack": """
        def deep(levels):
            return show() if levels < 0 else deep(levels - 1)
        deep(sys.getrecursionlimit() - 120)
    """,
    "with as few descriptors as it opens": """
        import resource
        resource.setrlimit(resource.RLIMIT_NOFILE, (40, 40))
        held = []
        def leave(free):
            for fd in held:
                os.close(fd)
            held.clear()
            try:
                while True:
                    held.append(os.open("/", os.O_RDONLY))
            except OSError:
                for _ in range(free):
                    os.close(held.pop())
        show(before=lambda name: leave(OPENED.get(name, 3)))
    """,
}

#: How many files an operation has open at the same time, where it isn't a root, a directory below
#: it and a file.
OPENED = {
    "compile": 5,
    "rewrite": 3,
    "write": 2,
    "append": 3,
    "append much": 4,
    "read": 1,
    "read last": 1,
}
OPENED |= {"sanitize": 0, "list": 2}


@pytest.mark.parametrize("situation", BECOME)
def test_operations_come_to_the_same_wherever_they_are_asked_for(
    public_path: Path, calm: dict[str, tuple[str, dict[str, bytes], int]], situation: str
) -> None:
    if situation in ("after chroot", "after setuid") and os.geteuid() != 0:
        pytest.skip("only root may do this")
    for name in edges.OPERATIONS:
        edges.prepare(public_path / name)
    for place, folders, files in os.walk(public_path):
        for entry in (".", *folders, *files):
            os.chmod(os.path.join(place, entry), 0o777)
    preload = f"""
        import os, pathlib, sys
        sys.path[:0] = {[str(Path(edges.__file__).parent)]!r}
        import edges
        from run_artifacts._capture import scan
        from run_artifacts._files import owned
        scan._SMALL_BYTES, owned._SPOOLED_BYTES = {[*edges.BOUNDS.values()]}
        OPENED = {OPENED}
        folder = pathlib.Path(sys.argv[1])
        def show(folder=folder, before=lambda _: None, edges=edges, write=os.write, repr=repr):
            for name in edges.OPERATIONS:
                before(name)
                write(1, repr((name, edges.perform(name, folder / name))).encode() + b"\\n")
    """
    out = run_python(preload + BECOME[situation], str(public_path))
    given = dict(map(ast.literal_eval, out.splitlines()))
    for name, (expected, files, _) in calm.items():
        result, held = given.pop(name), repr(edges.content(public_path / name))
        if "while the interpreter shuts down" in result + held:  # in place of where it is no JSON
            assert situation == "at shutdown"
            assert result.count("HistoryLoss") == expected.count("HistoryLoss")
            continue
        assert result == expected, name
        if situation != "after chroot":  # where the runs have other names
            assert edges.content(public_path / name) == files, name
    assert given == {}
