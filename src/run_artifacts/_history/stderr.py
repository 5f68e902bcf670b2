"""The two ends of what an agent wrote to its standard error, for the name of a failure."""

from __future__ import annotations

import os

from run_artifacts._causes.lines import joined_ends
from run_artifacts._encoding import detect
from run_artifacts._errors import require_system
from run_artifacts._files.beneath import Root
from run_artifacts._files.opening import NotOpened
from run_artifacts._files.system import system_message
from run_artifacts._history.artifacts import ArtifactRead, ReadError, account
from run_artifacts._layout import STDERR_NAME

#: Most bytes that are read at each end of the file.
END_BYTES = 64 * 1024


class StderrEnds:
    """The ends of the file, once they were asked for, and what went wrong in reading them."""

    def __init__(self, root: Root, *, exists: bool) -> None:
        self._root = root
        self._exists = exists
        self.bytes_read = 0
        self.failed: list[ArtifactRead] = []

    def texts(self) -> list[str]:
        """Read the ends: a text, two where there is more between them, or none."""
        if not self._exists:
            return []
        try:
            ends = self._read()
        except NotOpened as problem:
            if not problem.is_missing:
                said = ": ".join(filter(None, (problem.code, problem.detail)))
                self._fail(ReadError("read", problem.error_type, said))
            return []
        except OSError as error:
            require_system(error)
            said = f"read_failed: {system_message(error)}"
            self._fail(ReadError("read", type(error).__name__, said))
            return []
        self.bytes_read = sum(map(len, ends))
        return _decoded(ends)

    def _fail(self, error: ReadError) -> None:
        self.failed.append(account(STDERR_NAME, exists=True, ok=False, error=error))

    def _read(self) -> list[bytes]:
        opened = self._root.open([STDERR_NAME])
        try:
            size = opened.status.st_size
            if size <= 2 * END_BYTES:
                return [opened.read_whole(size)]
            head = opened.read_whole(END_BYTES)
            # From where a character of UTF-16 or UTF-32 begins.
            behind = size - END_BYTES + (END_BYTES - size) % 4
            opened.owner.call(os.lseek, opened.fd, behind, os.SEEK_SET)
            return [head, opened.read_whole(size - behind)]
        finally:
            opened.close()


def _decoded(ends: list[bytes]) -> list[str]:
    """Decode the ends as the first bytes say; what is binary is no text, as in a capture."""
    encoding = detect(ends[0])
    if not encoding.bom and any(b"\0" in end for end in ends):
        return []
    texts = [encoding.decode(end.removeprefix(encoding.bom))[0] for end in ends]
    return texts if len(texts) == 1 else [joined_ends(*texts)]
