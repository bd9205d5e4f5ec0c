"""A run owns the making of one answer; the house owns the runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Protocol

from uuid_utils import uuid7

from teahouse import errors, logs
from teahouse.errors import Problem
from teahouse.protocol import Context, ErrorFrame, encode
from teahouse.runs.log import MemoryLog
from teahouse.runs.turn import Turn

log = logs.get(__name__)

# An answer that never waits for anything would keep everybody else waiting, and could not be stopped: after
# so many events (a millisecond or two) the others have their turn.
_BREATH = 100


class Answer(Protocol):
    """Something that becomes events on the wire, each as JSON."""

    def frames(self) -> AsyncGenerator[bytes]:
        """The events. Cancelling it stops the making."""


@dataclass(frozen=True)
class TurnAnswer:
    """A turn, each event serialised once."""

    turn: Turn

    async def frames(self) -> AsyncGenerator[bytes]:
        """The turn's events as JSON."""
        async with aclosing(self.turn.events()) as events:
            async for event in events:
                yield encode(event)


@dataclass(frozen=True)
class RelayedAnswer:
    """The stream of a ChatKitServer that overrides `process`, taken as it comes."""

    stream: AsyncGenerator[bytes]

    async def frames(self) -> AsyncGenerator[bytes]:
        """The JSON in each `data:` line."""
        async with aclosing(self.stream) as chunks:
            async for chunk in chunks:
                for line in chunk.split(b"\n"):
                    if line.startswith(b"data:"):
                        yield line[5:].strip()


@dataclass(frozen=True)
class Bounds:
    """What one answer may take."""

    seconds: float
    bytes: int


class Run:
    """The making of one answer.

    Attributes:
        id: `run_` and a uuid7.
        log: where its events are read.
        task: who makes it; set by its owner.
    """

    def __init__(self, answer: Answer, context: Context, bounds: Bounds) -> None:
        self.id = f"run_{uuid7().hex}"
        self.log = MemoryLog(bounds.bytes)
        self._answer = answer
        self._context = context
        self._bounds = bounds
        self.task: asyncio.Task[None] | None = None
        self._stopped = False

    def stop(self) -> None:
        """End it now. What was written is kept; the assistant is told. A run that has ended stays ended."""
        # Only once: a second cancellation would break off the keeping that the first one begins.
        if self.task is not None and not self._stopped:
            self._stopped = True
            self.task.cancel()

    async def work(self) -> None:
        """Make the answer, to its end whatever that is."""
        limit = asyncio.timeout(self._bounds.seconds)
        try:
            async with limit, aclosing(self._answer.frames()) as frames:
                async for data in frames:
                    self.log.append(data)
                    if len(self.log) % _BREATH == 0:
                        await asyncio.sleep(0)
        except Problem as problem:
            self._end(problem)
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                self._end(Problem(errors.RESPONSE_TIMED_OUT, seconds=f"{self._bounds.seconds:g}"))
                return
            log.exception("run failed", run_id=self.id)
            self._end(Problem(errors.INTERNAL_ERROR))
        finally:
            self.log.close()

    def _end(self, problem: Problem) -> None:
        self.log.append_last(encode(ErrorFrame.of(problem, self._context)))


class Runs:
    """All runs of this process, in one task group. Use as an async context manager.

    Args:
        bounds: what each may take.
        grace: seconds that running answers get to finish when the house closes.
    """

    def __init__(self, bounds: Bounds, grace: float) -> None:
        self._bounds = bounds
        self._grace = grace
        self._group = asyncio.TaskGroup()
        self._running: dict[asyncio.Task[None], Run] = {}

    async def __aenter__(self) -> Runs:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.drain()
        await self._group.__aexit__(None, None, None)

    async def drain(self) -> None:
        """Let what is running finish within the grace period, then end it."""
        if self._running:
            await asyncio.wait(list(self._running), timeout=self._grace)
        for run in list(self._running.values()):
            run.stop()

    def start(self, answer: Answer, context: Context) -> Run:
        """Begin making an answer."""
        run = Run(answer, context, self._bounds)
        run.task = self._group.create_task(run.work(), name=run.id)
        self._running[run.task] = run
        run.task.add_done_callback(self._ended)
        return run

    def _ended(self, task: asyncio.Task[None]) -> None:
        # A task that is cancelled before its first step never reaches its own `finally`.
        self._running.pop(task).log.close()
