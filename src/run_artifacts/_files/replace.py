"""Replace a file such that whatever happens, the old one or the new one stands, whole.

A target path comes in. Its new content is written to a new file beside it, made durable, and put
in its place in one step. Where there are file locks, whoever writes the same path meanwhile waits.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import BinaryIO

from run_artifacts._files.lock import beside, exclusive
from run_artifacts._files.system import BLOCK_BYTES, make_folders, sync_folders, system_message


@contextmanager
def replacing(target: str) -> Iterator[BinaryIO]:
    """Give a new file to write to, which then replaces the target.

    When the block ends, the new file is durable under the target's name. When it raises, the
    new file is gone and the target as it was. The mode of an existing target is kept, its owner
    where that is permitted.

    Raises:
        OSError: A call failed; if its message says that the new file stands, it was the last.
        RuntimeError: This thread is already replacing the target; seen where there are file locks.
    """
    folder = os.path.dirname(target)
    made = make_folders(folder)
    with exclusive(target) as held:
        temporary = _temporary_path(target, held=held)
        # What a private file held stays private while it is replaced.
        mode = 0o600 if os.path.exists(target) else 0o666
        process = os.getpid()
        try:
            opener = partial(os.open, mode=mode)
            with open(temporary, "xb", buffering=BLOCK_BYTES, opener=opener) as file:
                yield file
                file.flush()
                _take_after(target, file.fileno(), temporary)
                os.fsync(file.fileno())
            os.replace(temporary, target)
        except BaseException:
            if os.getpid() == process:  # else this is a child that was forked in the block
                with suppress(FileNotFoundError):
                    os.unlink(temporary)
            raise
        try:
            sync_folders([folder, *made])
        except OSError as error:
            message = "the new file stands, but may not outlast a crash: its folder was not synced"
            raise OSError(error.errno, f"{message} ({system_message(error)})", target) from error


def _temporary_path(target: str, *, held: bool) -> str:
    """Return where to write what is to replace a target.

    Who holds its lock knows that what is there was left by a writer that was killed.
    """
    path = beside(target, "tmp")
    if held:
        with suppress(OSError):
            os.unlink(path)
        if not os.path.lexists(path):
            return path
    return beside(target, f"{os.urandom(8).hex()}.tmp")


def _take_after(target: str, fd: int, temporary: str) -> None:
    """Give the new file the mode, and where permitted the owner, of the one it replaces."""
    try:
        old = os.stat(target)
    except FileNotFoundError:
        return
    if hasattr(os, "fchown"):
        for owner in ((-1, old.st_gid), (old.st_uid, -1)):  # who can't give the one may the other
            with suppress(OSError):
                os.fchown(fd, *owner)
    os.chmod(temporary, stat.S_IMODE(old.st_mode))
