"""Beneath a root: what resolves inside it is opened and listed, and nothing outside."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from run_artifacts import _root
from run_artifacts._arguments import names_beneath
from run_artifacts._regular import NotOpened, OpenedFile
from run_artifacts._root import Root, open_beneath


@pytest.fixture(params=["descriptors", "paths"])
def top(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with files and links of every kind, opened as on Linux and as on Windows."""
    if request.param == "paths":
        monkeypatch.setattr(_root, "_HAS_DIRECTORY_DESCRIPTORS", False)
        monkeypatch.setattr(_root, "NOFOLLOW", 0)
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


def from_a_held_root(top: str, path: str) -> OpenedFile:
    with Root(top) as root:
        return root.open(path)


def at_once(top: str, path: str) -> OpenedFile:
    return open_beneath(path, top, names_beneath(path, top))


ReadBelow = Callable[[Path, str], bytes]


@pytest.fixture(params=[from_a_held_root, at_once], ids=lambda way: way.__name__)
def read_below(request: pytest.FixtureRequest) -> ReadBelow:
    """Read a file beneath a root, in each of the ways to open it."""

    def read(top: Path, path: str) -> bytes:
        opened = request.param(str(top), f"{top}/{path}")
        try:
            return os.read(opened.fd, 100)
        finally:
            os.close(opened.fd)

    return read


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
def test_what_resolves_inside_the_root_is_opened(
    top: Path, read_below: ReadBelow, path: str, content: bytes
) -> None:
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
def test_anything_else_has_a_code(
    top: Path, read_below: ReadBelow, path: str, code: str | None
) -> None:
    with pytest.raises(NotOpened) as refused:
        read_below(top, path)
    assert refused.value.code == code
    shown = code in ("outside_root", "not_a_regular_file") and "absent" not in path
    assert refused.value.exists == shown


def test_no_byte_outside_the_root_is_read(
    top: Path, read_below: ReadBelow, monkeypatch: pytest.MonkeyPatch
) -> None:
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
    tmp_path: Path, read_below: ReadBelow, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "secret").write_bytes(b"outside")
    top = tmp_path / "top"
    top.mkdir()
    (top / "file").write_bytes(b"inside")
    real_open = os.open

    def exchange_and_open(path: str, flags: int, mode: int = 0o777, **more: int | None) -> int:
        if path.endswith("file"):
            (top / "file").unlink()
            (top / "file").symlink_to(tmp_path / "secret")
        return real_open(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", exchange_and_open)
    with pytest.raises(NotOpened, match="a link took its place"):
        read_below(top, "file")


def test_a_root_that_may_only_be_searched_is_enough(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    if not hasattr(os, "O_PATH"):
        pytest.skip("the platform opens a directory only for reading")
    top = public_path / "top"
    (top / "sub").mkdir(parents=True)
    for path in ("file", "sub/file"):
        (top / path).write_bytes(b"inside")
        (top / path).chmod(0o644)
    (top / "sub").chmod(0o111)
    top.chmod(0o111)
    out = run_unprivileged(f"""
        from run_artifacts import capture_text_artifact
        for name in ("file", "sub/file"):
            print(capture_text_artifact({str(top)!r} + "/" + name, root={str(top)!r}).status)
    """)
    assert out == "captured\n" * 2


def test_no_descriptor_is_left_open(top: Path, read_below: ReadBelow) -> None:
    if not Path("/proc/self/fd").exists():
        pytest.skip("no /proc")
    before = len(os.listdir("/proc/self/fd"))
    for path in ("file", "sub/file", "link", "link_out", "loop", "absent", "sub", "sub/absent"):
        for _ in range(3):
            with suppress(NotOpened):
                read_below(top, path)
    with Root(str(top)) as root:
        assert dict(root.entries(["sub"])) == {"file": False, "link_up": False}
        next(root.entries())
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_directory_beneath_is_listed_with_what_is_a_directory(top: Path) -> None:
    with Root(str(top)) as root:
        followed, kept = dict(root.entries()), dict(root.entries(follow_links=False))
        assert followed.keys() == kept.keys() == set(os.listdir(top))
        assert [name for name in followed if followed[name] != kept[name]] == [
            name for name in followed if name in ("link_dir", "link_dir_out")
        ]
        assert [name for name in kept if kept[name]] == ["sub"]
        assert dict(root.entries(["sub"])) == {"file": False, "link_up": False}
        for names, error in {
            ("file",): NotADirectoryError,
            ("absent",): FileNotFoundError,
            ("sub", "absent"): FileNotFoundError,
        }.items():
            with pytest.raises(error):
                list(root.entries(names))


def test_a_directory_is_not_listed_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "top").mkdir()
    (tmp_path / "outside" / "sub").mkdir(parents=True)
    (tmp_path / "top" / "link").symlink_to("../outside")
    with Root(str(tmp_path / "top")) as root:
        for names in (["link"], ["link", "sub"]):
            with pytest.raises(NotADirectoryError):
                list(root.entries(names))
