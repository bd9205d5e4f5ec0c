"""The log of a run: numbered frames that any number of readers follow, each at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

from teahouse import errors
from teahouse.errors import Problem
from teahouse.protocol import frame


class MemoryLog:
    """A run's frames in this process's memory.

    Args:
        limit: most bytes all frames together may have.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._size = 0
        self._frames: list[bytes] = []
        self._closed = False
        self._news = asyncio.Event()

    def append(self, data: bytes) -> None:
        """Add one event (JSON).

        Raises:
            Problem: RESPONSE_TOO_LONG when the log is full.
        """
        self._size += len(data)
        if self._size > self._limit:
            raise Problem(errors.RESPONSE_TOO_LONG, limit=self._limit)
        self.append_last(data)

    def append_last(self, data: bytes) -> None:
        """Add an event whatever the log's size: the one that says why it ends."""
        self._frames.append(frame(len(self._frames) + 1, data))
        self._wake()

    def close(self) -> None:
        """Say that no more will come."""
        self._closed = True
        self._wake()

    def _wake(self) -> None:
        # A fresh event for the next round, so that every reader of this one is woken exactly once.
        self._news.set()
        self._news = asyncio.Event()

    async def follow(self, after: int = 0, *, patience: float) -> AsyncIterator[bytes]:
        """What came after frame number `after`, then what comes, until the log is closed.

        Everything that is there at once comes in one piece: a reader that lags behind a fast writer needs
        fewer sends, not more.

        Args:
            after: number of the last frame that the reader has.
            patience: seconds of silence after which an empty piece is given, for a heartbeat.
        """
        while True:
            news = self._news
            if after < len(self._frames):
                piece = b"".join(self._frames[after:])
                after = len(self._frames)
                yield piece
            elif self._closed:
                return
            else:
                try:
                    await asyncio.wait_for(news.wait(), patience)
                except TimeoutError:
                    yield b""
