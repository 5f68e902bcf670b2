"""Beneath a root: what resolves inside it is opened and listed, and nothing outside."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from run_artifacts import capture_text_artifact, iter_run_artifacts
from run_artifacts._files import beneath, opening
from run_artifacts._files.beneath import Root, open_beneath
from run_artifacts._files.opening import NotOpened, OpenedFile
from run_artifacts._files.paths import names_beneath
from support import run_python


@pytest.fixture(params=["descriptors", "paths"])
def top(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A root with files and links of every kind, opened as on Linux and as on Windows."""
    if request.param == "paths":
        monkeypatch.setattr(beneath, "_HAS_DIRECTORY_DESCRIPTORS", False)
        for module in (beneath, opening):
            monkeypatch.setattr(module, "NOFOLLOW", 0)
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
    names = names_beneath(path, top)
    with Root(top) as root:
        return root.open(names) if names and ".." not in names else root.open_resolved(path)


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


def beside_a_secret(folder: Path) -> Path:
    """A root with a file, and what must not be read outside it."""
    (folder / "secret").write_bytes(b"outside")
    top = folder / "top"
    top.mkdir()
    (top / "file").write_bytes(b"inside")
    return top


def test_a_link_exchanged_while_it_is_opened_is_not_followed_outside(
    tmp_path: Path, read_below: ReadBelow, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = beside_a_secret(tmp_path)
    real_open = os.open

    def exchange_and_open(path: str, flags: int, mode: int = 0o777, **more: int | None) -> int:
        if path.endswith("file"):
            (top / "file").unlink()
            (top / "file").symlink_to(tmp_path / "secret")
        return real_open(path, flags, mode, **more)

    monkeypatch.setattr(os, "open", exchange_and_open)
    with pytest.raises(NotOpened, match="outside_root"):
        read_below(top, "file")


def test_a_link_that_changes_while_it_is_resolved_is_not_followed(
    tmp_path: Path, read_below: ReadBelow, monkeypatch: pytest.MonkeyPatch
) -> None:
    top = beside_a_secret(tmp_path)
    (top / "link").symlink_to("file")
    real = beneath.real_path

    def resolve_and_exchange(path: str) -> str:
        resolved = real(path)
        if path.endswith("link"):
            (top / "file").unlink()
            (top / "file").symlink_to(tmp_path / "secret")
        return resolved

    monkeypatch.setattr(beneath, "real_path", resolve_and_exchange)
    with pytest.raises(NotOpened, match="a link changed while it was resolved"):
        read_below(top, "link")


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
    (top / "deep" / "er" / "still").mkdir(parents=True)
    (top / "deep" / "er" / "still" / "file").touch()
    before = len(os.listdir("/proc/self/fd"))
    for path in (
        "file",
        "sub/file",
        "deep/er/still/file",
        "deep/er/absent/file",
        "link",
        "link_out",
        "loop",
        "absent",
        "sub",
        "sub/absent",
    ):
        for _ in range(3):
            with suppress(NotOpened):
                read_below(top, path)
    with Root(str(top)) as root:
        assert dict(root.entries(["sub"])) == {"file": False, "link_up": False}
        next(root.entries())
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_directory_beneath_is_listed_with_what_is_a_directory(top: Path) -> None:
    with Root(str(top)) as root:
        followed, kept = root.listing(), dict(root.entries())
        assert list(followed) == sorted(kept) == sorted(os.listdir(top))
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


def test_more_links_than_the_system_follows_are_a_loop(
    tmp_path: Path, read_below: ReadBelow
) -> None:
    (tmp_path / "file").write_bytes(b"x")
    for number in range(3_000):
        (tmp_path / f"{number}").symlink_to(f"{number + 1}")
    (tmp_path / "3000").symlink_to("file")
    for path in ("0", "0/x"):
        with pytest.raises(NotOpened, match="link_loop"):
            read_below(tmp_path, path)
    for root in (tmp_path / "0", tmp_path):
        results = list(iter_run_artifacts(root))
        assert {"captured", "unreadable"} >= {result.status for result in results}
        assert len(results) == (1 if root != tmp_path else 3_002)
    assert capture_text_artifact(tmp_path / "file", root=tmp_path / "0").error is not None


def test_a_link_to_a_closed_folder_outside_leads_outside(
    public_path: Path, run_unprivileged: Callable[[str], str]
) -> None:
    (public_path / "closed").mkdir(mode=0)
    (public_path / "top").mkdir()
    (public_path / "top" / "link").symlink_to("../closed/file")
    out = run_unprivileged(f"""
        from run_artifacts import capture_text_artifact
        top = {str(public_path / "top")!r}
        print(capture_text_artifact(top + "/link", root=top).status)
    """)
    assert out == "refused\n"


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="no /proc")
def test_a_link_to_no_path_is_what_it_leads_to() -> None:
    reader, writer = os.pipe()
    try:
        result = capture_text_artifact(f"/proc/self/fd/{reader}", root="/proc/self")
        assert (result.status, result.artifact.exists) == ("refused", True)
    finally:
        os.close(reader)
        os.close(writer)


def test_a_platform_without_flags_and_descriptors_reads_the_same(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "file").write_bytes(b"x")
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "out").symlink_to("/etc/hostname")
    os.mkfifo(tmp_path / "fifo")
    source = """
        import os, sys
        for name in [name for name in sys.modules if name.startswith("run_artifacts")]:
            del sys.modules[name]
        for name in ("NONBLOCK", "NOFOLLOW", "CLOEXEC", "DIRECTORY", "NOCTTY", "PATH"):
            if hasattr(os, "O_" + name):
                delattr(os, "O_" + name)
        os.supports_dir_fd.clear()
        from run_artifacts import capture_text_artifact, iter_run_artifacts
        for result in iter_run_artifacts(sys.argv[1]):
            print(result.artifact.path, result.status)
        print(capture_text_artifact(sys.argv[1] + "/sub/file", root=sys.argv[1]).status)
        print(capture_text_artifact(sys.argv[1] + "/file").status)
    """
    assert run_python(source, str(tmp_path), timeout=10).splitlines() == [
        "fifo refused",
        "file captured",
        "link captured",
        "out refused",
        "sub/file captured",
        "captured",
        "captured",
    ]
