"""Replace a file such that whatever happens, the old one or the new one stands, whole.

A target path comes in, with who writes it. Its new content is written to a new file beside it,
made durable, and put in its place in one step. Where there are file locks, whoever writes the same
path meanwhile waits. A child that is forked meanwhile does none of this.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from io import FileIO

from run_artifacts._errors import require_system, tolerated
from run_artifacts._files.lock import beside, exclusive
from run_artifacts._files.owned import NewFile
from run_artifacts._files.system import found_at, make_folders, sync_folders, system_message
from run_artifacts._process import Owner


@contextmanager
def replacing(owner: Owner) -> Iterator[NewFile]:
    """Give a new file to write to, which then replaces the target, the path of its owner.

    When the block ends, the new file is durable under the target's name. When it raises, the
    new file is gone and the target as it was. The mode of an existing target is kept, its owner
    where that is permitted.

    Raises:
        Forked: This process was forked in the block; in the one that began it all goes on.
        OSError: A call failed; if its message says that the new file stands, it was the last.
        RuntimeError: This thread is already replacing the target; seen where there are file locks.
    """
    target = owner.path
    folder = os.path.dirname(target)
    made = make_folders(folder)
    with exclusive(owner) as held:
        temporary = _temporary_path(owner, held=held)
        # What a private file held stays private while it is replaced.
        mode = 0o666 if found_at(target) is None else 0o600
        try:
            opener = partial(os.open, mode=mode)
            with owner.call(partial(FileIO, opener=opener), temporary, "xb") as file:
                yield NewFile(file.fileno(), owner)
                _take_after(owner, file.fileno(), temporary)
                owner.call(os.fsync, file.fileno())
                owner.call(file.close)
            owner.call(os.replace, temporary, target)
        except BaseException:
            with tolerated:
                owner.call(os.unlink, temporary)
            raise
        try:
            sync_folders([folder, *made])
        except OSError as error:
            require_system(error)
            message = "the new file stands, but may not outlast a crash: its folder was not synced"
            raise OSError(error.errno, f"{message} ({system_message(error)})", target) from error


def _temporary_path(owner: Owner, *, held: bool) -> str:
    """Return where to write what is to replace a target.

    Who holds its lock knows that what is there was left by a writer that was killed.
    """
    path = beside(owner.path, "tmp")
    if held:
        with tolerated:
            owner.call(os.unlink, path)
        if found_at(path, follow_links=False) is None:
            return path
    return beside(owner.path, f"{os.urandom(8).hex()}.tmp")


def _take_after(owner: Owner, fd: int, temporary: str) -> None:
    """Give the new file the mode, and where permitted the owner, of the one it replaces."""
    try:
        old = os.stat(owner.path)
    except FileNotFoundError:
        return
    if hasattr(os, "fchown"):
        # Who can't give the one may give the other.
        for user, group in ((-1, old.st_gid), (old.st_uid, -1)):
            with tolerated:
                owner.call(os.fchown, fd, user, group)
    owner.call(os.chmod, temporary, stat.S_IMODE(old.st_mode))
