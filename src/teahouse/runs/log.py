"""The log of a run: numbered frames that any number of readers follow, each at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable

from teahouse import errors
from teahouse.errors import Problem
from teahouse.protocol import frame

Sleepers = set[asyncio.Future[bool]]
"""Who waits in `woken` for a `wake`."""


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
        self._wait_for_news: Sleepers = set()
        self._wait_for_end: Sleepers = set()

    def __len__(self) -> int:
        """How many frames there are: the number of the last one."""
        return len(self._frames)

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
        wake(self._wait_for_news)

    def close(self) -> None:
        """Say that no more will come."""
        self._closed = True
        wake(self._wait_for_news)
        wake(self._wait_for_end)

    async def follow(self, after: int = 0, *, patience: float, gather: float = 0) -> AsyncIterator[bytes]:
        """What came after frame number `after`, then what comes, until the log is closed.

        Everything that is there at once comes in one piece: a reader that lags behind a fast writer needs
        fewer sends, not more.

        Args:
            after: number of the last frame that the reader has.
            patience: seconds of silence after which an empty piece is given, for a heartbeat.
            gather: shortest time between two pieces in seconds. What comes meanwhile is one piece; what
                comes after a longer silence, and the log's end, are not held back.
        """
        while True:
            if after < len(self._frames):
                piece = b"".join(self._frames[after:])
                after = len(self._frames)
                yield piece
                if gather and not self._closed:
                    await woken(self._wait_for_end, gather)
            elif self._closed:
                return
            elif not await woken(self._wait_for_news, patience):
                yield b""


async def woken(sleepers: Sleepers, seconds: float) -> bool:
    """Sleep until `wake(sleepers)`; False when that did not happen within `seconds`.

    What `asyncio.wait_for` does with a task and an event, at a tenth of the cost: readers sleep for each
    piece of each answer.
    """
    loop = asyncio.get_running_loop()
    sleeper: asyncio.Future[bool] = loop.create_future()
    alarm = loop.call_later(seconds, _rouse, sleeper, False)
    sleepers.add(sleeper)
    try:
        return await sleeper
    finally:
        alarm.cancel()
        sleepers.discard(sleeper)


def wake(sleepers: Iterable[asyncio.Future[bool]]) -> None:
    """Wake everybody who sleeps with `woken`."""
    for sleeper in sleepers:
        _rouse(sleeper, True)


def _rouse(sleeper: asyncio.Future[bool], by_news: bool) -> None:
    if not sleeper.done():
        sleeper.set_result(by_news)
