"""The frames of one run in this process: numbered, for any number of readers, each at its own pace."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager

from teahouse.protocol import frame


class Bell:
    """Wakes those who wait for news; news that comes between looking and waiting is not missed.

    before = bell.rung
    ...  # look; nothing there
    await bell.wait(before, seconds=15)
    """

    def __init__(self) -> None:
        self.rung = 0
        self._sleepers: set[asyncio.Future[bool]] = set()

    def ring(self) -> None:
        """There is news."""
        self.rung += 1
        for sleeper in self._sleepers:
            _rouse(sleeper, True)

    async def wait(self, before: int, seconds: float) -> bool:
        """Wait until it rings, at once if it has since it had rung `before` times; False when it does not in time.

        What `asyncio.wait_for` does with a task and an event, at a tenth of the cost: readers wait for each piece of
        each answer.
        """
        if self.rung != before:
            return True
        loop = asyncio.get_running_loop()
        sleeper: asyncio.Future[bool] = loop.create_future()
        alarm = loop.call_later(seconds, _rouse, sleeper, False)
        self._sleepers.add(sleeper)
        try:
            return await sleeper
        finally:
            alarm.cancel()
            self._sleepers.discard(sleeper)


class Bells:
    """A bell for each run or thread that somebody listens for."""

    def __init__(self) -> None:
        self._bells: dict[str, tuple[Bell, int]] = {}

    @contextmanager
    def at(self, name: str) -> Iterator[Bell]:
        """The bell of a name; it is there as long as somebody has it."""
        bell, listeners = self._bells.get(name, (Bell(), 0))
        self._bells[name] = bell, listeners + 1
        try:
            yield bell
        finally:
            bell, listeners = self._bells.pop(name)
            if listeners > 1:
                self._bells[name] = bell, listeners - 1

    def ring(self, name: str) -> None:
        """There is news of it."""
        if (found := self._bells.get(name)) is not None:
            found[0].ring()

    def ring_all(self) -> None:
        """There may be news of anything."""
        for bell, _ in list(self._bells.values()):
            bell.ring()


class Frames:
    """What a run has said so far.

    Args:
        added: called after each frame.
    """

    def __init__(self, added: Callable[[], None] = lambda: None) -> None:
        self._frames: list[bytes] = []
        self._closed = False
        self._bell = Bell()
        self._added = added

    def __len__(self) -> int:
        return len(self._frames)

    def append(self, data: bytes) -> None:
        """Add one event (JSON)."""
        self._frames.append(frame(len(self._frames) + 1, data))
        self._bell.ring()
        self._added()

    def close(self) -> None:
        """Say that no more will come."""
        self._closed = True
        self._bell.ring()

    def after(self, number: int) -> bytes:
        """All frames beyond a number, in one piece."""
        return b"".join(self._frames[number:])

    def some_after(self, number: int, size: int) -> tuple[int, bytes]:
        """Frames beyond a number, about `size` bytes but one at least; the last one's number and the piece."""
        last = number
        pieces: list[bytes] = []
        while last < len(self._frames) and (size > 0 or not pieces):
            pieces.append(self._frames[last])
            size -= len(self._frames[last])
            last += 1
        return last, b"".join(pieces)

    async def follow(self, after: int = 0, *, patience: float) -> AsyncGenerator[bytes]:
        """What came after frame number `after`, then what comes, until there is no more.

        Everything that is there at once comes in one piece: a reader that lags behind a fast writer needs
        fewer sends, not more. Readers hold nothing but their place: a slow one costs no memory.

        Args:
            after: number of the last frame that the reader has.
            patience: seconds of silence after which an empty piece is given, for a heartbeat.
        """
        while True:
            rung = self._bell.rung
            if after < len(self._frames):
                piece = self.after(after)
                after = len(self._frames)
                yield piece
            elif self._closed:
                return
            elif not await self._bell.wait(rung, patience):
                yield b""


def _rouse(sleeper: asyncio.Future[bool], by_news: bool) -> None:
    if not sleeper.done():
        sleeper.set_result(by_news)
