"""The one pass: what it keeps, and what it sees of a file that changes under it."""

from __future__ import annotations

import hashlib
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from run_artifacts import _process
from run_artifacts._capture import scan as scanning
from run_artifacts._capture.scan import Scan, scan
from run_artifacts._encoding import UTF_8
from run_artifacts._files.opening import OpenedFile
from run_artifacts._process import Owner


def values_of(scanned: Scan) -> list[object]:
    return [getattr(scanned, name) for name in Scan.__slots__]


def scan_file(file: Path, front_bytes: int = 10, back_bytes: int = 10) -> Scan:
    fd = os.open(file, os.O_RDONLY)
    try:
        return scan(
            OpenedFile(fd, os.stat(file), Owner(str(file), "read")), front_bytes, back_bytes
        )
    finally:
        os.close(fd)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("size", [0, 1, 2, 9, 10, 11, 40])
def test_size_digest_lines_front_and_back_are_of_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, size: int
) -> None:
    monkeypatch.setattr(scanning, "_BLOCK_BYTES", chunk)
    data = (b"ab\ncdefg\nh" * 4)[:size]
    file = tmp_path / "file"
    file.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    expected = Scan(size, digest, UTF_8, data.count(b"\n"), data[:5], data[-3:])
    assert values_of(scan_file(file, 5, 3)) == values_of(expected)
    unterminated = size > 0 and not data.endswith(b"\n")
    assert expected.total_lines == data.count(b"\n") + unterminated


def append(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"more\n")


def truncate(file: Path) -> None:
    os.truncate(file, 3)


def overwrite(file: Path) -> None:
    found = os.stat(file)
    file.write_bytes(b"X" * 10)
    os.utime(file, ns=(found.st_atime_ns, found.st_mtime_ns + 1))


def replace(file: Path) -> None:
    other = file.with_name("other")
    other.write_bytes(b"0123456789")
    other.replace(file)


CHANGES: dict[Callable[[Path], None], str] = {
    append: "from 10 to 15 bytes",
    truncate: "10 bytes were reported and 3 read, from 10 to 3 bytes",
    overwrite: "modified",
    replace: "replaced or removed",
    os.unlink: "replaced or removed",
}


@pytest.mark.parametrize(
    ("change", "seen"),
    CHANGES.items(),
    ids=lambda value: getattr(value, "__name__", str(value)[:30]),
)
def test_a_change_during_the_read_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], None], seen: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"0123456789")
    read = os.read
    pending = [change]

    def read_after_change(fd: int, size: int) -> bytes:
        while pending:
            pending.pop()(file)
        return read(fd, size)

    monkeypatch.setattr(os, "read", read_after_change)
    scanned = scan_file(file, 100, 100)
    assert scanned.change == seen
    assert scanned.size_bytes == len(scanned.front)
    assert scanned.sha256 == hashlib.sha256(scanned.front).hexdigest()


@pytest.mark.skipif(not Path("/proc/version").exists(), reason="no /proc")
def test_a_file_that_reports_no_size_is_read_and_said_to_have_changed() -> None:
    content = Path("/proc/version").read_bytes()
    scanned = scan_file(Path("/proc/version"), 10_000, 10_000)
    assert scanned.front == content
    assert scanned.change == f"0 bytes were reported and {len(content)} read"


def test_a_file_without_a_size_says_where_the_read_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    if not Path("/proc/version").exists():
        pytest.skip("no /proc")
    monkeypatch.setattr(scanning, "_SMALL_BYTES", 10)
    scanned = scan_file(Path("/proc/version"), 100, 100)
    assert scanned.front == Path("/proc/version").read_bytes()[:10]
    assert scanned.change == "0 bytes were reported and 10 read; more follows"


CONTENT = "".join(f"line {number} é€😀\n" for number in range(400))


@pytest.mark.parametrize("name", ["utf-8", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("cut_off", [0, 1, 3])
def test_blocks_read_beside_their_hashing_make_the_scan_of_one_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, cut_off: int
) -> None:
    data = b"" if name == "utf-8" else "\ufeff".encode(name)
    data += CONTENT.encode(name)
    data = data[: len(data) - cut_off]
    (tmp_path / "file").write_bytes(data)
    for kept in (4, 100, 101, 1_000, 5_000, 10**9):
        whole = scan_file(tmp_path / "file", kept, kept)
        assert whole.sha256 == hashlib.sha256(data).hexdigest()
        assert whole.total_lines == 400
        assert whole.front == data[:kept]
        assert data.endswith(whole.back)
        assert (len(data) - len(whole.back)) % len(whole.encoding.newline) == 0
        assert len(whole.back) > min(kept, len(data)) - len(whole.encoding.newline)
        with monkeypatch.context() as patch:
            patch.setattr(scanning, "_SMALL_BYTES", 100)
            patch.setattr(scanning, "_BLOCK_BYTES", 64)
            assert values_of(scan_file(tmp_path / "file", kept, kept)) == values_of(whole)


def test_short_reads_are_continued(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ("\ufeff" + CONTENT).encode("utf-16-le")
    (tmp_path / "file").write_bytes(data)
    read = os.read
    expected = scan_file(tmp_path / "file", 50, 50)
    for small in (10**6, 100):
        monkeypatch.setattr(scanning, "_SMALL_BYTES", small)
        monkeypatch.setattr(os, "read", lambda fd, size: read(fd, min(size, 3)))
        assert values_of(scan_file(tmp_path / "file", 50, 50)) == values_of(expected)


@pytest.mark.parametrize("reads", [0, 1, 5])
@pytest.mark.parametrize("error", [OSError(5, "Input/output error"), KeyboardInterrupt()])
def test_a_read_that_fails_or_is_interrupted_leaves_no_thread(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, reads: int, error: BaseException
) -> None:
    monkeypatch.setattr(scanning, "_SMALL_BYTES", 100)
    monkeypatch.setattr(scanning, "_BLOCK_BYTES", 64)
    (tmp_path / "file").write_bytes(CONTENT.encode())
    read, left = os.read, [reads]

    def read_some_times(fd: int, size: int) -> bytes:
        left[0] -= 1
        if left[0] < 0:
            raise error
        return read(fd, size)

    ended = threading.Event()
    start = _process.start_new_thread

    def start_watched(work: Callable[..., None], arguments: tuple[object, ...]) -> int:
        return start(lambda: (work(*arguments), ended.set()), ())

    monkeypatch.setattr(os, "read", read_some_times)
    monkeypatch.setattr(_process, "start_new_thread", start_watched)
    with pytest.raises(type(error)):
        scan_file(tmp_path / "file")
    assert ended.wait(10)


def test_a_file_that_grows_behind_its_end_is_not_read_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scanning, "_SMALL_BYTES", 100)
    monkeypatch.setattr(scanning, "_BLOCK_BYTES", 64)
    file = tmp_path / "file"
    data = ("\ufeff" + "a\n" * 200).encode("utf-16-le")
    file.write_bytes(data)
    read = os.read
    sizes: list[int] = []

    def shrink_and_grow(fd: int, size: int) -> bytes:
        if len(sizes) == 1:
            os.truncate(file, 101)
        found = read(fd, size)
        sizes.append(len(found))
        if not found:
            file.write_bytes(data)
        return found

    monkeypatch.setattr(os, "read", shrink_and_grow)
    scanned = scan_file(file, 1_000, 1_000)
    assert sizes == [64, 37, 0]
    assert scanned.front == data[:101]
    assert scanned.newlines == data[:100].decode("utf-16").count("\n")
    assert scanned.change is not None


def link_again(file: Path) -> None:
    os.link(file, file.with_name("other"))


@pytest.mark.parametrize(
    ("change", "seen"),
    [(link_again, "modified"), (lambda file: file.chmod(0o600), None), (Path.read_bytes, None)],
    ids=["another link", "another mode", "a read"],
)
def test_what_is_no_change_of_the_content_is_none(
    tmp_path: Path, change: Callable[[Path], object], seen: str | None
) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"x")
    os.utime(file, ns=(10**18, 10**18 + 5))
    opened = OpenedFile(os.open(file, os.O_RDONLY), os.stat(file), Owner(str(file), "read"))
    try:
        change(file)
        assert scan(opened, 10, 10).change == seen
    finally:
        os.close(opened.fd)
