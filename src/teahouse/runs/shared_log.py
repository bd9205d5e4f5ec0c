"""A run log that several replicas share: what each writes is shipped in batches, what others write is read back.

A process has one shipper for all its runs: every 30 ms at most it takes whatever is new and appends it in one
go, so that the cost grows with time and not with the number of answers or their deltas. Where appending fails
(PostgreSQL or Redis is restarted, say) the answers go on. Each batch says where it goes on; where the log does not
end there, because it never got what came before or forgot it in a crash, it says where it does, and the shipper
ships on from that point out of memory.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncGenerator, Awaitable, Callable

from teahouse import logs
from teahouse.run_types import CLOSED, Batch, Extract
from teahouse.runs.frames import Bells, Frames
from teahouse.runs.log import Gone
from teahouse.runs.ports import Events

log = logs.get(__name__)

_PAUSE = 0.03
"""Seconds between two shipments: deltas that come meanwhile travel together."""
_LARGEST = 512 * 1024
"""Bytes of one run in one shipment."""
_AT_ONCE = 500
"""Words and ends in one shipment."""
_LAST_WORD = 5.0
"""Seconds that the end waits for a log that cannot be used."""
_SHIPPED = "shipped"
"""Its bell rings after each shipment."""
_TAIL = 3.0
"""Seconds in which the last frames of a run that has ended have to come."""
_RESTS = (0.1, 0.2, 0.5, 1.0, 2.0)

_NUMBER = re.compile(rb"^id: (\d+)$", re.MULTILINE)


class SharedLog:
    """The run log on PostgreSQL or Redis, as `events` has it."""

    def __init__(self, events: Events) -> None:
        self.bells = Bells()
        self._events = events
        self._ours: dict[str, _Cargo] = {}
        self._waiting: set[str] = set()
        self._closing: set[str] = set()
        self._words: set[str] = set()
        self._due = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._stop: Callable[[str], None] = lambda _: None
        self._lost: Callable[[str], None] = lambda _: None

    async def open(self, stop: Callable[[str], None], lost: Callable[[str], None]) -> None:
        """See `RunLog.open`."""
        self._stop, self._lost = stop, lost
        self._tasks = [
            asyncio.create_task(self._ship_on(), name="ship frames"),
            asyncio.create_task(self._events.listen(self._hear), name="listen to replicas"),
        ]

    async def shut(self) -> None:
        """See `RunLog.shut`."""
        try:
            async with asyncio.timeout(_LAST_WORD):
                while self._has_cargo():
                    with self.bells.at(_SHIPPED) as bell:
                        await bell.wait(bell.rung, _PAUSE)
        except TimeoutError:
            log.warning("the last frames are not in the shared log")
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait(self._tasks)
        self._tasks = []

    def begin(self, run_id: str) -> Frames:
        """See `RunLog.begin`."""

        def added() -> None:
            self._waiting.add(run_id)
            self._due.set()

        frames = Frames(added)
        self._ours[run_id] = _Cargo(frames)
        return frames

    def close(self, run_id: str) -> None:
        """See `RunLog.close`."""
        self._closing.add(run_id)
        self._due.set()

    def tell(self, kind: str, name: str) -> None:
        """See `RunLog.tell`."""
        self.bells.ring(name)
        self._words.add(f"{kind} {name}")
        self._due.set()

    async def frames(self, run_id: str) -> bytes:
        """See `RunLog.frames`."""
        after = 0
        pieces: list[bytes] = []
        while True:
            extract = await self._events.read(run_id, after)
            piece = beyond(extract.frames, after)
            if piece is None or extract.last == after:
                return b"".join(pieces)
            pieces.append(piece)
            after = extract.last

    async def follow(
        self, run_id: str, after: int, *, patience: float, goes_on: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[bytes]:
        """See `RunLog.follow`."""
        with self.bells.at(run_id) as bell:
            ends_by: float | None = None
            now = asyncio.get_running_loop().time
            while True:
                rung = bell.rung
                extract = await self._read(run_id, after)
                if extract is not None and extract.last > after:
                    piece = beyond(extract.frames, after)
                    if piece is None:
                        raise Gone
                    after = extract.last
                    yield piece
                elif extract is not None and extract.closed:
                    return
                elif ends_by is not None and now() >= ends_by:
                    raise Gone
                elif ends_by is None and not await goes_on():
                    ends_by = now() + _TAIL
                elif not await bell.wait(rung, patience if ends_by is None else _TAIL / 10):
                    yield b""

    async def _read(self, run_id: str, after: int) -> Extract | None:
        try:
            return await self._events.read(run_id, after)
        except self._events.failures:
            await asyncio.sleep(_RESTS[1])  # the shipper says what is wrong
            return None

    def _hear(self, word: str) -> None:
        kind, _, name = word.rpartition(" ")
        if kind == "stop":
            self._stop(name)
        elif name:
            self.bells.ring(name)
        else:
            self.bells.ring_all()

    # Shipping --------------------------------------------------------------------------------------------

    async def _ship_on(self) -> None:
        failures = 0
        while True:
            await self._due.wait()
            self._due.clear()
            try:
                await self._ship()
            except Exception as error:
                if not isinstance(error, self._events.failures):
                    log.exception("shipping frames failed")
                elif not failures:
                    log.warning("frames wait in memory: the shared log cannot be used", reason=str(error))
                await asyncio.sleep(_RESTS[min(failures, len(_RESTS) - 1)])
                failures += 1
                self._due.set()
                continue
            if failures:
                log.info("frames are shipped again")
                failures = 0
            await asyncio.sleep(_PAUSE)

    async def _ship(self) -> None:
        batches = [batch for run_id in self._waiting if (batch := self._ours[run_id].batch(run_id)) is not None]
        # A run is closed once all of it is there.
        closed = [run_id for run_id in self._closing if run_id not in self._waiting][:_AT_ONCE]
        # Taken out first: said again while they are on their way, they have to be sent again.
        words = [self._words.pop() for _ in range(min(len(self._words), _AT_ONCE))]
        if batches or closed or words:
            try:
                elsewhere = await self._events.ship(batches, closed, words)
            except BaseException:
                self._words.update(words)
                raise
            for batch in batches:
                self._shipped(batch.run_id, elsewhere.get(batch.run_id, batch.last))
        self._closing.difference_update(closed)
        for run_id in closed:
            self._ours.pop(run_id, None)
        self._waiting = {run_id for run_id in self._waiting if self._ours[run_id].batch(run_id) is not None}
        self.bells.ring(_SHIPPED)
        if self._has_cargo():
            self._due.set()

    def _has_cargo(self) -> bool:
        return bool(self._waiting or self._closing or self._words)

    def _shipped(self, run_id: str, top: int) -> None:
        cargo = self._ours[run_id]
        # What is there may be less than we thought (a crash there forgot it), or more (we did not hear the answer).
        cargo.shipped = len(cargo.frames) if top == CLOSED else top
        if top == CLOSED:
            self._lost(run_id)


class _Cargo:
    """A run of ours, and how far others can read it."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.shipped = 0

    def batch(self, run_id: str) -> Batch | None:
        if self.shipped >= len(self.frames):
            return None
        return Batch(run_id, self.shipped, *self.frames.some_after(self.shipped, _LARGEST))


def beyond(frames: bytes, after: int) -> bytes | None:
    """What comes after frame number `after`; None when the frame that comes next is missing.

    Args:
        frames: whole frames in order; the first may be one that the reader has.
        after: number of the last frame that the reader has.
    """
    if not frames:
        return b""
    first = _NUMBER.match(frames)
    if first is None or int(first[1]) > after + 1:
        return None
    if int(first[1]) == after + 1:
        return frames
    at = frames.find(b"\n\nid: %d\n" % (after + 1))
    return frames[at + 2 :] if at >= 0 else b""
