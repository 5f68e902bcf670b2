"""The one pass: what it keeps, and what it sees of a file that changes under it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from run_artifacts import _scan
from run_artifacts._scan import Scan, scan


def scan_file(file: Path, front_bytes: int = 10, back_bytes: int = 10) -> Scan:
    fd = os.open(file, os.O_RDONLY)
    try:
        return scan(fd, os.fstat(fd), front_bytes=front_bytes, back_bytes=back_bytes)
    finally:
        os.close(fd)


@pytest.mark.parametrize("chunk", [1, 2, 3, 7, 64])
@pytest.mark.parametrize("size", [0, 1, 2, 9, 10, 11, 40])
def test_size_digest_lines_front_and_back_are_of_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, size: int
) -> None:
    monkeypatch.setattr(_scan, "_CHUNK_BYTES", chunk)
    data = (b"ab\ncdefg\nh" * 4)[:size]
    file = tmp_path / "file"
    file.write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    expected = Scan(size, digest, data.count(b"\n"), data[:5], data[-3:], None)
    assert scan_file(file, 5, 3) == expected
    unterminated = size > 0 and not data.endswith(b"\n")
    assert expected.total_lines == data.count(b"\n") + unterminated


def append(file: Path) -> None:
    with file.open("ab") as stream:
        stream.write(b"more\n")


def truncate(file: Path) -> None:
    os.truncate(file, 3)


def overwrite(file: Path) -> None:
    file.write_bytes(b"X" * 10)
    os.utime(file, ns=(1, 1))


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


@pytest.mark.parametrize(("change", "seen"), CHANGES.items(), ids=lambda value: str(value)[:30])
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
    monkeypatch.setattr(_scan, "_UNSIZED_BYTES", 10)
    scanned = scan_file(Path("/proc/version"), 100, 100)
    assert scanned.front == Path("/proc/version").read_bytes()[:10]
    assert scanned.change == "0 bytes were reported and 10 read; more follows"
