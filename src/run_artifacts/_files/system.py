"""What readers and writers ask of the system: words of its errors, whole writes, folders."""

from __future__ import annotations

import errno
import os

#: How many bytes are copied at a time.
BLOCK_BYTES = 1 << 17

# What a file system says that can't sync a folder, and needn't.
_CANNOT_SYNC = frozenset({errno.EINVAL, errno.ENOTSUP, errno.EOPNOTSUPP})


def system_message(error: OSError) -> str:
    """Return what the system said of a failed call, without the path."""
    return error.strerror or str(error)


def write_whole(fd: int, data: bytes) -> None:
    """Write all of some bytes, however few the system takes at a time."""
    rest = memoryview(data)
    while rest:
        written = os.write(fd, rest)
        if not written:
            raise OSError(errno.EIO, "the system writes nothing, and gives no reason")
        rest = rest[written:]


def make_folders(folder: str) -> list[str]:
    """Make a folder and those above it, and return the ones that have gained an entry."""
    missing = folder
    changed = []
    while not os.path.lexists(missing):
        missing = os.path.dirname(missing)
        changed.append(missing)
    os.makedirs(folder, exist_ok=True)
    return changed


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
            os.close(fd)
