"""Opening: only regular files, never blocking, never outside the root."""

from __future__ import annotations

import os
import socket
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from run_artifacts import _regular
from run_artifacts._regular import NotOpened, Root, open_regular
from support import run_python


@pytest.fixture(params=["descriptors", "paths"])
def top(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with files and links of every kind, opened as on Linux and as on Windows."""
    monkeypatch.setattr(_regular, "_HAS_DIRECTORY_DESCRIPTORS", request.param == "descriptors")
    top = tmp_path / "top"
    (top / "sub").mkdir(parents=True)
    (top / "file").write_bytes(b"inside")
    (top / "sub" / "file").write_bytes(b"below")
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret").write_bytes(b"outside")
    (tmp_path / "top2").mkdir()
    (tmp_path / "top2" / "file").write_bytes(b"a sibling whose name begins alike")
    links = {
        "link": "file",
        "link_below": "sub/file",
        "link_absolute": top / "sub" / "file",
        "link_up_and_back": "../top/file",
        "sub/link_up": "../file",
        "link_dir": "sub",
        "link_out": tmp_path / "outside" / "secret",
        "link_out_relative": "../outside/secret",
        "link_dir_out": "../outside",
        "link_sibling": "../top2/file",
        "dangling": "nowhere",
        "loop": "loop",
        "loop_a": "loop_b",
        "loop_b": "loop_a",
        "chain": "chain_2",
        "chain_2": "link_out",
    }
    for name, target in links.items():
        (top / name).symlink_to(target)
    return top


def read_below(top: Path, path: str) -> bytes:
    with Root(str(top)) as root:
        opened = root.open(f"{top}/{path}")
    try:
        return os.read(opened.fd, 100)
    finally:
        os.close(opened.fd)


@pytest.mark.parametrize(
    ("path", "content"),
    {
        "file": b"inside",
        "sub/file": b"below",
        "./sub/./file": b"below",
        "sub//file": b"below",
        "sub/../file": b"inside",
        "link": b"inside",
        "link_below": b"below",
        "link_absolute": b"below",
        "link_up_and_back": b"inside",
        "sub/link_up": b"inside",
        "link_dir/file": b"below",
        "link_dir/../file": b"inside",
    }.items(),
)
def test_what_resolves_inside_the_root_is_opened(top: Path, path: str, content: bytes) -> None:
    assert read_below(top, path) == content


@pytest.mark.parametrize(
    ("path", "code"),
    {
        "link_out": "outside_root",
        "link_out_relative": "outside_root",
        "link_dir_out/secret": "outside_root",
        "link_sibling": "outside_root",
        "chain": "outside_root",
        "../outside/secret": "outside_root",
        "../top2/file": "outside_root",
        "link_dir/../../outside/secret": "outside_root",
        "dangling": "dangling_link",
        "loop": "link_loop",
        "loop_a": "link_loop",
        "loop/file": "link_loop",
        "absent": None,
        "absent/file": None,
        "file/below_a_file": None,
        "link_dir_out/absent": "outside_root",
        "../outside/absent": "outside_root",
        "sub": "not_a_regular_file",
        "link_dir": "not_a_regular_file",
        ".": "not_a_regular_file",
        "a\0b": "invalid_path",
        "x" * 5_000: "invalid_path",
    }.items(),
    ids=lambda value: str(value)[:30],
)
def test_anything_else_has_a_code(top: Path, path: str, code: str | None) -> None:
    with pytest.raises(NotOpened) as refused:
        read_below(top, path)
    assert refused.value.code == code
    shown = code in ("outside_root", "not_a_regular_file") and "absent" not in path
    assert refused.value.exists == shown


def test_no_byte_outside_the_root_is_read(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    real_open = os.open

    def recording_open(path: str, flags: int, mode: int = 0o777, **more: int | None) -> int:
        fd = real_open(path, flags, mode, **more)
        if stat.S_ISREG(os.fstat(fd).st_mode):
            opened.append(path)
        return fd

    monkeypatch.setattr(os, "open", recording_open)
    for path in ("link_out", "link_dir_out/secret", "chain", "../outside/secret"):
        with pytest.raises(NotOpened):
            read_below(top, path)
    assert opened == []
    assert read_below(top, "file") == b"inside"
    assert opened


def test_a_link_exchanged_after_the_check_is_not_followed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"outside")
    top = tmp_path / "top"
    top.mkdir()
    (top / "file").write_bytes(b"inside")
    real_open = os.open

    def exchange_and_open(path: str, flags: int, mode: int = 0o777, **more: int | None) -> int:
        if path == "file":
            (top / "file").unlink()
            (top / "file").symlink_to(tmp_path / "secret")
        return real_open(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", exchange_and_open)
    with pytest.raises(NotOpened, match="a link took its place"):
        read_below(top, "file")


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


def test_a_root_that_may_only_be_searched_is_enough(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    if not hasattr(os, "O_PATH"):
        pytest.skip("the platform opens a directory only for reading")
    top = public_path / "top"
    top.mkdir()
    (top / "file").write_bytes(b"inside")
    (top / "file").chmod(0o644)
    top.chmod(0o111)
    out = run_unprivileged(f"""
        from run_artifacts import capture_text_artifact
        print(capture_text_artifact({str(top / "file")!r}, root={str(top)!r}).status)
    """)
    assert out == "captured\n"


def test_no_descriptor_is_left_open(top: Path) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    before = len(os.listdir("/proc/self/fd"))
    for path in ("file", "sub/file", "link", "link_out", "loop", "absent", "sub", "sub/absent"):
        for _ in range(3):
            with suppress(NotOpened):
                read_below(top, path)
    with pytest.raises(NotOpened):
        open_regular(str(top))
    assert len(os.listdir("/proc/self/fd")) == before
