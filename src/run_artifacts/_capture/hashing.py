"""A digest that is computed beside the reading, on a thread of its own where one can be had."""

from __future__ import annotations

import weakref
from collections.abc import Callable
from hashlib import sha256
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Self

from run_artifacts._process import Owner, start_thread, wait_for

if TYPE_CHECKING:
    from hashlib import _Hash

_WAITING_BLOCKS = 2
_HASHER_CHECK_SECONDS = 0.2


class Sha256Beside:
    """A digest that is computed on a thread of its own while its context lasts.

    Hashing releases the interpreter's lock and counting lines holds it, so that the two take no
    longer than the hashing alone. An interrupt can come between any two steps here: the queues
    stay usable, and the thread ends with its context or, at the latest, soon after this object.
    A child that is forked meanwhile hasn't got the thread, nor a digest that can be gone on with.
    """

    def __init__(self, owner: Owner) -> None:
        self._owner = owner
        self._digest = sha256()
        self._blocks: SimpleQueue[bytes] = SimpleQueue()
        self._taken: SimpleQueue[None] = SimpleQueue()
        self._ahead = 0
        self._beside = False

    def __enter__(self) -> Self:
        self._beside = start_thread(
            _hash, self._digest, self._blocks, self._taken, weakref.ref(self)
        )
        return self

    def __exit__(self, *_: object) -> None:
        self._blocks.put(b"")

    def update(self, block: bytes) -> None:
        """Take a block, once no more than a few wait.

        Raises:
            Forked: This process was forked from the one that has the thread.
        """
        if not self._beside:
            self._digest.update(block)
            return
        self._wait_for_all_but(_WAITING_BLOCKS)
        self._blocks.put(block)
        self._ahead += 1

    def _wait_for_all_but(self, waiting: int) -> None:
        self._owner.require()
        while self._ahead > waiting:
            wait_for(self._taken, self._owner)
            self._ahead -= 1

    def hexdigest(self) -> str:
        """Return the digest of all that was given; raise as `update` does."""
        self._wait_for_all_but(0)
        return self._digest.hexdigest()


def _hash(
    digest: _Hash,
    blocks: SimpleQueue[bytes],
    taken: SimpleQueue[None],
    hasher: Callable[[], object],
) -> None:
    """Hash blocks until an empty one comes, or there is nobody left to send it."""
    while True:
        try:
            block = blocks.get(timeout=_HASHER_CHECK_SECONDS)
        except Empty:
            if hasher() is None:
                return
            continue
        if not block:
            return
        digest.update(block)
        taken.put(None)
