"""The log of a run: numbered frames that any number of readers follow, each at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterable

from teahouse.protocol import frame

Sleepers = set[asyncio.Future[bool]]
"""Who waits in `woken` for a `wake`."""


class MemoryLog:
    """A run's frames in this process's memory."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._closed = False
        self._readers: Sleepers = set()

    def append(self, data: bytes) -> None:
        """Add one event (JSON)."""
        self._frames.append(frame(len(self._frames) + 1, data))
        wake(self._readers)

    def close(self) -> None:
        """Say that no more will come."""
        self._closed = True
        wake(self._readers)

    async def follow(self, after: int = 0, *, patience: float) -> AsyncGenerator[bytes]:
        """What came after frame number `after`, then what comes, until the log is closed.

        Everything that is there at once comes in one piece: a reader that lags behind a fast writer needs
        fewer sends, not more.

        Args:
            after: number of the last frame that the reader has.
            patience: seconds of silence after which an empty piece is given, for a heartbeat.
        """
        while True:
            if after < len(self._frames):
                piece = b"".join(self._frames[after:])
                after = len(self._frames)
                yield piece
            elif self._closed:
                return
            elif not await woken(self._readers, patience):
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
