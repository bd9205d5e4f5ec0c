"""How an answer gets into its log: bounded, and its text in strokes rather than letter by letter."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from chatkit.types import AssistantMessageContentPartTextDelta, ThreadItemUpdatedEvent

from teahouse import errors
from teahouse.errors import Problem
from teahouse.protocol import encode
from teahouse.runs.frames import Frames
from teahouse.runs.turn import WireEvent

# An answer that never waits for anything would keep everybody else waiting, and could not be stopped: after
# so many events (a millisecond or two) the others have their turn.
_BREATH = 100


class Pen:
    """Writes one run's events into its frames.

    Args:
        frames: where to.
        limit: most bytes the answer may have.
        stroke: seconds between two strokes now. The first delta after a silence is not held back.
    """

    def __init__(self, frames: Frames, limit: int, stroke: Callable[[], float] = lambda: 0.03) -> None:
        self._frames = frames
        self._limit = limit
        self._stroke = stroke
        self._size = 0
        self._events = 0
        self._loop = asyncio.get_running_loop()
        self._place: tuple[str, int] | None = None
        self._texts: list[str] = []
        self._last_stroke = 0.0
        self._timer: asyncio.TimerHandle | None = None

    async def write(self, event: WireEvent | bytes) -> None:
        """Write an event, or its JSON. Text deltas that follow soon after one another become one.

        Raises:
            Problem: RESPONSE_TOO_LONG.
        """
        if isinstance(event, ThreadItemUpdatedEvent) and isinstance(event.update, AssistantMessageContentPartTextDelta):
            self._count(len(event.update.delta))
            self._add((event.item_id, event.update.content_index), event.update.delta)
        else:
            self.lift()
            data = event if isinstance(event, bytes) else encode(event)
            self._count(len(data))
            self._frames.append(data)
        self._events += 1
        if self._events % _BREATH == 0:
            await asyncio.sleep(0)

    def lift(self) -> None:
        """Write what is still held back."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._place is None:
            return
        item_id, index = self._place
        update = AssistantMessageContentPartTextDelta(content_index=index, delta="".join(self._texts))
        self._frames.append(encode(ThreadItemUpdatedEvent(item_id=item_id, update=update)))
        self._place = None
        self._texts.clear()
        self._last_stroke = self._loop.time()

    def _add(self, place: tuple[str, int], text: str) -> None:
        if self._place != place:
            self.lift()
            self._place = place
            # After a silence at once, as soon as the deltas are in that are there already.
            wait = self._last_stroke + self._stroke() - self._loop.time()
            self._timer = self._loop.call_later(max(wait, 0), self.lift)
        self._texts.append(text)

    def _count(self, size: int) -> None:
        self._size += size
        if self._size > self._limit:
            raise Problem(errors.RESPONSE_TOO_LONG, limit=self._limit)
