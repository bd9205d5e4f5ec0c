"""A run owns the making of one answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from teahouse import errors, logs
from teahouse.errors import Problem
from teahouse.protocol import Context, ErrorFrame, encode
from teahouse.run_types import Outcome, RunState
from teahouse.runs.frames import Frames
from teahouse.runs.pen import Pen
from teahouse.runs.turn import Turn

log = logs.get(__name__)


class Answer(Protocol):
    """Something that writes events."""

    async def write(self, pen: Pen) -> Outcome:
        """Write them all, and say how it ended. Cancelling stops it."""

    def interrupt(self) -> None:
        """It is about to be cancelled because the server ends, not because the person wants no more."""


@dataclass(frozen=True)
class TurnAnswer:
    """A turn's events."""

    turn: Turn

    async def write(self, pen: Pen) -> Outcome:
        """Write the turn's events."""
        async with aclosing(self.turn.events()) as events:
            async for event in events:
                await pen.write(event)
        return self.turn.outcome

    def interrupt(self) -> None:
        """See `Answer.interrupt`."""
        self.turn.interrupted = True


@dataclass(frozen=True)
class RelayedAnswer:
    """The stream of a ChatKitServer that overrides `process`, taken as it comes."""

    stream: AsyncGenerator[bytes]

    async def write(self, pen: Pen) -> Outcome:
        """Write the JSON in each `data:` line."""
        async with aclosing(self.stream) as chunks:
            async for chunk in chunks:
                for line in chunk.split(b"\n"):
                    if line.startswith(b"data:"):
                        await pen.write(line[5:].strip())
        return "done"

    def interrupt(self) -> None:
        """See `Answer.interrupt`. `ChatKitServer.process` knows one kind of end only."""


@dataclass(frozen=True)
class Bounds:
    """What one answer may take."""

    seconds: float
    bytes: int


class Run:
    """The making of one answer.

    Attributes:
        id: `run_` and a uuid7.
        thread_id: the thread it answers in; None for a relayed answer, whose thread we do not know.
        state: how it stands, as readers are told.
        outcome: how it ended, once `work` is done.
        frames: where its events are read.
        task: who makes it; set by its owner.
    """

    def __init__(
        self,
        run_id: str,
        frames: Frames,
        answer: Answer,
        context: Context,
        bounds: Bounds,
        thread_id: str | None,
        stroke: Callable[[], float],
    ) -> None:
        self.id = run_id
        self.thread_id = thread_id
        self.state: RunState = "running"
        self.frames = frames
        self.task: asyncio.Task[None] | None = None
        self._answer = answer
        self._context = context
        self._bounds = bounds
        self._stroke = stroke
        self._works = False
        self._unwanted: Outcome | None = None
        self.outcome: Outcome = "failed"

    def stop(self) -> None:
        """End it now. What was written is kept; the assistant is told. A run that has ended stays ended."""
        self._end_as("stopped")

    def interrupt(self) -> None:
        """End it now, since the server ends. What was written is kept; trying again is offered."""
        self._answer.interrupt()
        self._end_as("interrupted")

    def _end_as(self, outcome: Outcome) -> None:
        # Only once: a second cancellation would break off the keeping that the first one begins. And not after the
        # work: it would break off the entering of its end.
        if self._unwanted is None and self.task is not None:
            self._unwanted = outcome
            if self._works:
                self.task.cancel()

    async def work(self) -> None:
        """Make the answer, to its end whatever that is."""
        outcome: Outcome = self._unwanted or "failed"
        self._works = self._unwanted is None
        try:
            if self._works:
                outcome = await self._write()
        except asyncio.CancelledError:
            outcome = self._unwanted or "stopped"
        except Problem as problem:
            self._say(problem)
        except Exception:
            log.exception("run failed", run_id=self.id)
            self._say(Problem(errors.INTERNAL_ERROR))
        finally:
            self._works = False
        self.outcome = outcome

    def close(self) -> None:
        """Let readers know that it has ended."""
        self.state = self.outcome
        self.frames.close()

    async def _write(self) -> Outcome:
        pen = Pen(self.frames, self._bounds.bytes, self._stroke)
        limit = asyncio.timeout(self._bounds.seconds)
        try:
            async with limit:
                try:
                    return await self._answer.write(pen)
                finally:
                    pen.lift()
        except TimeoutError:
            if not limit.expired():
                raise
            raise Problem(errors.RESPONSE_TIMED_OUT, seconds=f"{self._bounds.seconds:g}") from None

    def _say(self, problem: Problem) -> None:
        self.frames.append(encode(ErrorFrame.of(problem, self._context)))
