"""Opening: only regular files, and nothing that acts or blocks when it is opened."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from run_artifacts._files.opening import NotOpened, open_regular, open_unless_link
from support import make_socket, run_python


def test_a_regular_file_is_opened_with_its_status(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to("file")
    for name in ("file", "link"):
        opened = open_regular(str(tmp_path / name))
        try:
            assert os.read(opened.fd, 10) == b"12345"
            assert opened.status.st_size == 5
            assert os.path.samestat(opened.status, os.stat(tmp_path / "file"))
            assert os.get_inheritable(opened.fd) is False
        finally:
            os.close(opened.fd)


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ELOOP, "link_loop"),
        (errno.EACCES, "permission_denied"),
        (errno.EPERM, "permission_denied"),
        (errno.ENAMETOOLONG, "invalid_path"),
        (errno.EINVAL, "invalid_path"),
        (errno.ENXIO, "not_a_regular_file"),
        (errno.EMFILE, "read_failed"),
        (errno.ESTALE, "read_failed"),
        (errno.ENOENT, None),
    ],
)
def test_what_the_system_says_has_a_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int, code: str | None
) -> None:
    (tmp_path / "file").write_bytes(b"x")

    def fail(*_: object, **__: object) -> int:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "open", fail)
    for opened in (open_regular, open_unless_link, partial(open_unless_link, look_first=True)):
        with pytest.raises(NotOpened) as found:
            opened(str(tmp_path / "file"))
        assert found.value.code == code
        assert found.value.exists == (code is not None)


@pytest.mark.parametrize(
    ("path", "said"),
    [("a\0b", "holds a NUL"), ("\ud800", "holds a character that no name can have")],
    ids=["NUL", "surrogate"],
)
def test_what_no_name_can_hold_is_said(path: str, said: str) -> None:
    for opened in (open_regular, open_unless_link):
        with pytest.raises(NotOpened) as found:
            opened(path)
        assert (found.value.code, found.value.detail) == ("invalid_path", said)


def test_what_cannot_even_be_opened_is_refused_for_its_kind(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    make_socket(public_path / "socket")
    os.mkfifo(public_path / "fifo", 0)
    (public_path / "directory").mkdir(mode=0)
    out = run_unprivileged(f"""
        from run_artifacts import capture_text_artifact
        for name in ("socket", "fifo", "directory"):
            for root in (None, {str(public_path)!r}):
                print(capture_text_artifact({str(public_path)!r} + "/" + name, root=root).error)
    """)
    assert out.splitlines() == [
        f"not_a_regular_file: is a {kind}"
        for kind in ("socket", "socket", "FIFO", "FIFO", "directory", "directory")
    ]


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


def test_who_waits_to_write_to_a_fifo_is_not_released_by_a_sweep(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    source = """
        import os, sys, threading
        from run_artifacts import iter_run_artifacts
        fifo = sys.argv[1] + "/fifo"
        released = threading.Event()
        def write():
            with open(fifo, "wb") as stream:
                released.set()
                stream.write(b"kept")
        writer = threading.Thread(target=write)
        writer.start()
        for _ in range(500):  # by one of these times the writer waits
            errors = [result.error for result in iter_run_artifacts(sys.argv[1])]
        print(errors)
        print(released.wait(0.2))
        with open(fifo, "rb") as stream:
            print(stream.read())
    """
    out = run_python(source, str(tmp_path), timeout=10).splitlines()
    refused = "not_a_regular_file: is a FIFO"
    assert out == [str([refused]), "False", "b'kept'"]


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
