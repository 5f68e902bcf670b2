"""What readers and writers ask of the system: words of its errors, whole writes, folders."""

from __future__ import annotations

import errno
import os
from contextlib import suppress
from itertools import chain
from stat import S_ISLNK

from run_artifacts._errors import require_system
from run_artifacts._process import Owner

#: How many bytes are copied at a time.
BLOCK_BYTES = 1 << 17

# What a file system says that can't sync a folder, and needn't.
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def system_message(error: OSError) -> str:
    """Return what the system said of a failed call, without the path."""
    return error.strerror or str(error)


def found_at(path: str, *, follow_links: bool = True) -> os.stat_result | None:
    """Return what the system shows at a path; ``None`` where it shows nothing, or won't tell.

    `os.path.exists` and the like take any error for an answer, that of a deadline too.
    """
    try:
        return os.stat(path, follow_symlinks=follow_links)
    except (OSError, ValueError) as error:
        require_system(error)
        return None


def is_link(path: str) -> bool:
    """Say whether a link stands at a path, whatever it leads to."""
    found = found_at(path, follow_links=False)
    return found is not None and S_ISLNK(found.st_mode)


def list_directory(owner: Owner, directory: str | int, found: list[os.DirEntry[str]]) -> None:
    """Add the entries of a directory to a list, as far as it can be read.

    All of it is one call, which also closes what lists. A child that is forked shares the place
    that a listing has come to: it would take entries from its parent, or give it some twice when
    it closes what it has.

    Raises:
        OSError: It can't be listed, or not to its end.
    """
    owner.call(found.extend, chain.from_iterable(map(os.scandir, (directory,))))


def write_whole(owner: Owner, fd: int, data: bytes) -> None:
    """Write all of some bytes, however few the system takes at a time."""
    rest = memoryview(data)
    while rest:
        written = owner.call(os.write, fd, rest)
        if not written:
            message = "the system writes nothing, and gives no reason"
            raise OSError(errno.EIO, message, owner.path)
        rest = rest[written:]


def close(fd: int) -> str | None:
    """Close a descriptor; return what the system says where it can't. It is gone even so."""
    try:
        os.close(fd)
    except OSError as error:
        require_system(error)
        return system_message(error)
    return None


def make_folders(folder: str) -> list[str]:
    """Make a folder and those above it, and return the ones that have gained an entry."""
    missing = []
    while found_at(folder, follow_links=False) is None:
        missing.append(folder)
        folder = os.path.dirname(folder)
    for path in reversed(missing):
        with suppress(FileExistsError):  # another one has made it meanwhile
            os.mkdir(path)
    return [os.path.dirname(path) for path in missing]


def sync_folders(folders: list[str]) -> None:
    """Make the entries of folders durable, as far as the platform and the file system can."""
    if not hasattr(os, "O_DIRECTORY"):
        return
    for folder in folders:
        fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            os.fsync(fd)
        except OSError as error:
            if error.errno not in _CANNOT_SYNC:
                raise
        finally:
            close(fd)
