"""Files that belong to the process that opened them, and to no child that it forks.

A child shares the descriptor, and with it the place where the parent reads and writes. So what is
read and written here is so in that process alone; and nothing waits in a buffer to be written,
which a child would do when it ends.
"""

from __future__ import annotations

import os
import select
import stat
from collections.abc import Iterator
from io import FileIO
from typing import Any, Protocol, Self

from run_artifacts._errors import tolerated
from run_artifacts._files.system import BLOCK_BYTES, found_at, write_whole
from run_artifacts._process import Owner

# How long to wait for a pipe before looking whether this is still the process that reads it.
_WAIT_MILLISECONDS = 200

# Most bytes of a spool that are held in memory.
_SPOOLED_BYTES = 8 * 1024 * 1024


class Sink(Protocol):
    """What lines are written to."""

    def write(self, data: bytes, /) -> object:
        """Write all of some bytes."""


class OwnedReader(FileIO):
    """A file whose descriptor is read and moved in one process alone."""

    def __init__(self, path: str) -> None:
        """Open a path, whatever it names."""
        self._owner = Owner(path, "read")
        super().__init__(path, "rb")
        self._poll = None
        if hasattr(select, "poll") and not stat.S_ISREG(os.fstat(self.fileno()).st_mode):
            self._poll = select.poll()
            self._poll.register(self.fileno(), select.POLLIN)

    def readinto(self, buffer: Any) -> int | None:
        """Read bytes into a buffer.

        A read that waits is taken up again after a signal, in a child too that a handler forks.
        So it is not begun before there is something to read.
        """
        if self._poll is not None:
            while not self._poll.poll(_WAIT_MILLISECONDS):
                self._owner.require()
        return self._owner.call(super().readinto, buffer)

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move the descriptor."""
        return self._owner.call(super().seek, offset, whence)


class NewFile:
    """A file that is being written from its start."""

    def __init__(self, fd: int, owner: Owner) -> None:
        """Take a descriptor, which stays its opener's to close."""
        self._fd = fd
        self._owner = owner

    def write(self, data: bytes) -> None:
        """Write all of some bytes."""
        write_whole(self._owner, self._fd, data)


class Spool:
    """Bytes that are put together before they go anywhere: many of them in a file without a name.

    Attributes:
        owner: Who does so.
        size_bytes: How many they are.
    """

    def __init__(self, owner: Owner) -> None:
        """Begin with none; the file is made in the folder of the owner's path."""
        self.owner = owner
        self.size_bytes = 0
        self._held: list[bytes] = []
        self._file: FileIO | None = None
        self._path: str | None = None  # that the file has for a moment

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._remove_name()
        if self._file is not None:
            with tolerated:
                self._file.close()

    def write(self, data: bytes) -> None:
        """Add some bytes."""
        self._held.append(data)
        self.size_bytes += len(data)
        if self._file is not None or self.size_bytes > _SPOOLED_BYTES:
            self._spill()

    def blocks(self) -> Iterator[bytes]:
        """Give all bytes, from the first."""
        if self._file is None:
            yield from self._held
            return
        offset = 0
        while block := self.owner.call(os.pread, self._file.fileno(), BLOCK_BYTES, offset):
            yield block
            offset += len(block)

    def _spill(self) -> None:
        if self._file is None:
            self._file = self._open()
            self._remove_name()
        held, self._held = self._held, []
        for data in held:
            write_whole(self.owner, self._file.fileno(), data)

    def _open(self) -> FileIO:
        folder = os.path.dirname(self.owner.path)
        while found_at(folder) is None:
            folder = os.path.dirname(folder)
        self._path = os.path.join(folder, f".run_artifacts-{os.urandom(16).hex()}.tmp")
        return self.owner.call(FileIO, self._path, "x+")

    def _remove_name(self) -> None:
        if self._path is not None:
            with tolerated:
                self.owner.call(os.unlink, self._path)
            self._path = None
