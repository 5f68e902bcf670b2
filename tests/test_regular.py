"""Opening: only regular files, and nothing that acts or blocks when it is opened."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from run_artifacts._regular import NotOpened, open_regular
from support import run_python


def test_a_regular_file_is_opened_with_what_was_found_before(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        opened = open_regular(str(tmp_path / name))
        try:
            assert os.read(opened.fd, 10) == b"12345"
            assert opened.found.st_size == 5
            assert opened.confirm() == opened.found
            assert os.get_inheritable(opened.fd) is False
        finally:
            os.close(opened.fd)


def test_what_is_no_regular_file_is_not_confirmed(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    opened = open_regular(str(tmp_path / "file"))
    os.close(opened.fd)
    reader, writer = os.pipe()
    try:
        with pytest.raises(NotOpened, match="is a FIFO"):
            opened._replace(fd=reader).confirm()
    finally:
        os.close(reader)
        os.close(writer)


def test_a_fifo_exchanged_after_the_check_does_not_block(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    source = """
        import os, sys
        from run_artifacts import capture_text_artifact
        real_open = os.open
        def exchange_and_open(path, *arguments, **options):
            if str(path).endswith("file"):
                os.unlink(sys.argv[1])
                os.mkfifo(sys.argv[1])
            return real_open(path, *arguments, **options)
        os.open = exchange_and_open
        print(capture_text_artifact(sys.argv[1]).error)
    """
    out = run_python(source, str(tmp_path / "file"), timeout=10)
    assert out == "not_a_regular_file: is a FIFO\n"


def test_who_waits_to_write_to_a_fifo_is_not_released(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    source = """
        import os, sys, threading
        from run_artifacts import capture_text_artifact, iter_run_artifacts
        fifo = sys.argv[1] + "/fifo"
        released = threading.Event()
        def write():
            with open(fifo, "wb") as stream:
                released.set()
                stream.write(b"kept")
        writer = threading.Thread(target=write)
        writer.start()
        for root in (None, sys.argv[1]):
            print(capture_text_artifact(fifo, root=root).error)
        print([result.error for result in iter_run_artifacts(sys.argv[1])])
        print(released.wait(0.2))
        with open(fifo, "rb") as stream:
            print(stream.read())
    """
    out = run_python(source, str(tmp_path), timeout=10).splitlines()
    refused = "not_a_regular_file: is a FIFO"
    assert out == [refused, refused, str([refused]), "False", "b'kept'"]


def make_socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(path))


KINDS: dict[str, tuple[Callable[[Path], object], str]] = {
    "fifo": (os.mkfifo, "is a FIFO"),
    "socket": (make_socket, "is a socket"),
    "directory": (Path.mkdir, "is a directory"),
    "device": (lambda path: path.symlink_to("/dev/null"), "is a character device"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("below", [False, True], ids=["alone", "below a root"])
def test_other_kinds_of_file_are_refused_without_blocking(
    tmp_path: Path, kind: str, below: bool
) -> None:
    make, said = KINDS[kind]
    make(tmp_path / "x")
    source = f"""
        import sys
        from run_artifacts import capture_text_artifact
        result = capture_text_artifact(sys.argv[1], root={"'/'" if below else None})
        print(result.status, result.artifact.exists, result.error, sep="|")
    """
    out = run_python(source, str(tmp_path / "x"), timeout=10)
    assert out == f"refused|True|not_a_regular_file: {said}\n"


def test_a_file_without_permission_exists_and_has_its_size(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    (public_path / "file").write_bytes(b"12345")
    (public_path / "file").chmod(0)
    (public_path / "closed").mkdir(mode=0)
    out = run_unprivileged(f"""
        from run_artifacts import capture_text_artifact as capture
        for path in ({str(public_path / "file")!r}, {str(public_path / "closed" / "file")!r}):
            for root in (None, {str(public_path)!r}):
                found = capture(path, root=root)
                print(found.status, found.artifact.exists, found.artifact.size_bytes, found.error)
    """)
    file = "unreadable True 5 permission_denied: Permission denied\n"
    below = "unreadable False None permission_denied: Permission denied\n"
    assert out == file * 2 + below * 2
