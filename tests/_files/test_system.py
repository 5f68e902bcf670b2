"""What is asked of the system: whole writes, and folders that are synced where they can be."""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from unittest import mock

import pytest

from support import names
from writes import NEW, add


def test_a_system_that_writes_nothing_ends_the_append(tmp_path: Path) -> None:
    with (
        mock.patch.object(os, "write", return_value=0),
        pytest.raises(OSError, match="the system writes nothing"),
    ):
        add(tmp_path / "file")
    assert names(tmp_path) == []


@pytest.mark.parametrize("code", [errno.EINVAL, errno.ENOTSUP, errno.EIO])
def test_a_file_system_that_cannot_sync_folders_needs_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    real = os.fsync

    def refuse(fd: int) -> None:
        if stat.S_ISDIR(os.fstat(fd).st_mode):
            raise OSError(code, os.strerror(code))
        real(fd)

    monkeypatch.setattr(os, "fsync", refuse)
    if code == errno.EIO:
        with pytest.raises(OSError, match="Input/output error"):
            add(tmp_path / "file")
        assert names(tmp_path) == []
    else:
        add(tmp_path / "file")
        assert (tmp_path / "file").read_bytes() == NEW
