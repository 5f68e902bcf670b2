"""A digest beside the reading: the same one, and no thread is left behind."""

from __future__ import annotations

import hashlib
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from run_artifacts import _process
from run_artifacts._capture import hashing
from run_artifacts._process import Owner
from support import refuse_threads, run_python

BLOCKS = [bytes([number]) * 100 for number in range(50)]


def digest_of_blocks() -> str:
    with hashing.Sha256Beside(Owner("file", "read")) as hasher:
        for block in BLOCKS:
            hasher.update(block)
        return hasher.hexdigest()


def test_blocks_are_hashed_in_their_order_on_another_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    started = []
    start = _process.start_new_thread

    def start_counted(work: Callable[..., None], arguments: tuple[object, ...]) -> int:
        started.append(work)
        return start(work, arguments)

    monkeypatch.setattr(_process, "start_new_thread", start_counted)
    assert digest_of_blocks() == hashlib.sha256(b"".join(BLOCKS)).hexdigest()
    assert len(started) == 1


def test_where_no_thread_can_be_started_hashing_takes_its_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = hashlib.sha256(b"".join(BLOCKS)).hexdigest()
    monkeypatch.setattr(_process, "start_new_thread", refuse_threads)
    assert digest_of_blocks() == expected
    # While the interpreter shuts down, none is asked for.
    monkeypatch.setattr(sys, "is_finalizing", lambda: True)
    monkeypatch.setattr(_process, "start_new_thread", None)
    assert digest_of_blocks() == expected


def test_a_thread_that_nobody_ended_ends_with_its_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    ended = threading.Event()
    start = _process.start_new_thread
    monkeypatch.setattr(
        _process,
        "start_new_thread",
        lambda work, arguments: start(lambda: (work(*arguments), ended.set()), ()),
    )
    hasher = hashing.Sha256Beside(Owner("file", "read"))
    hasher.__enter__()
    hasher.update(b"x")
    assert not ended.is_set()
    del hasher
    assert ended.wait(10)


def test_a_large_file_is_captured_while_the_interpreter_shuts_down(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x\n" * 600_000)
    source = """
        import os, sys
        from run_artifacts import capture_text_artifact
        class Session:
            def __del__(self, capture=capture_text_artifact, write=os.write, path=sys.argv[1]):
                write(1, capture(path).status.encode())
        session = Session()
    """
    assert run_python(source, str(tmp_path / "file"), timeout=10) == "captured"
