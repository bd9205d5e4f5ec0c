"""A run owns the making of one answer; the house owns the runs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import dataclass
from typing import Literal, Protocol

from uuid_utils import uuid7

from teahouse import errors, logs
from teahouse.errors import Problem
from teahouse.protocol import Context, ErrorFrame, encode
from teahouse.runs.log import MemoryLog, Sleepers, wake, woken
from teahouse.runs.pen import Pen
from teahouse.runs.turn import Outcome, Turn

log = logs.get(__name__)

RunState = Literal["running"] | Outcome
"""`running`, or how the run ended."""


class Answer(Protocol):
    """Something that writes events."""

    async def write(self, pen: Pen) -> Outcome:
        """Write them all, and say how it ended. Cancelling stops it."""


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
        state: how it stands.
        log: where its events are read.
        task: who makes it; set by its owner.
    """

    def __init__(self, answer: Answer, context: Context, bounds: Bounds, thread_id: str | None = None) -> None:
        self.id = f"run_{uuid7().hex}"
        self.thread_id = thread_id
        self.state: RunState = "running"
        self.log = MemoryLog()
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
        pen = Pen(self.log, self._bounds.bytes)
        try:
            async with limit:
                try:
                    self.state = await self._answer.write(pen)
                finally:
                    pen.lift()
        except Problem as problem:
            self._fail(problem)
        except Exception as error:
            if isinstance(error, TimeoutError) and limit.expired():
                self._fail(Problem(errors.RESPONSE_TIMED_OUT, seconds=f"{self._bounds.seconds:g}"))
                return
            log.exception("run failed", run_id=self.id)
            self._fail(Problem(errors.INTERNAL_ERROR))

    def end(self) -> None:
        """Close the log, whatever became of the task."""
        if self.state == "running":  # cancelled, perhaps before its first step
            self.state = "stopped"
        self.log.close()

    def _fail(self, problem: Problem) -> None:
        self.state = "failed"
        self.log.append(encode(ErrorFrame.of(problem, self._context)))


class Runs:
    """All runs of this process, in one task group, one at most for each thread. Use as an async context manager.

    Args:
        bounds: what each may take.
        grace: seconds that running answers get to finish when the house closes.

    Attributes:
        closed: no more runs will begin.
    """

    def __init__(self, bounds: Bounds, grace: float) -> None:
        self._bounds = bounds
        self._grace = grace
        self._group = asyncio.TaskGroup()
        self._running: dict[asyncio.Task[None], Run] = {}
        self._of_thread: dict[str, Run | None] = {}
        self._news: dict[str, Sleepers] = {}
        self.closed = False

    async def __aenter__(self) -> Runs:
        await self._group.__aenter__()
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.drain()
        await self._group.__aexit__(None, None, None)

    async def drain(self) -> None:
        """Let what is running finish within the grace period, then end it; send those who wait for more away."""
        if self._running:
            await asyncio.wait(list(self._running), timeout=self._grace)
        for run in list(self._running.values()):
            run.stop()
        self.closed = True
        for sleepers in self._news.values():
            wake(sleepers)

    @contextmanager
    def claiming(self) -> Iterator[Callable[[str], None]]:
        """Gives a function that takes a thread for a run about to start, and raises RUN_ACTIVE if it is taken.

        When the block fails there will be no run, and what was taken is given back.
        """
        claimed: list[str] = []

        def claim(thread_id: str) -> None:
            if thread_id in self._of_thread:
                raise Problem(errors.RUN_ACTIVE, param="thread_id")
            self._of_thread[thread_id] = None
            claimed.append(thread_id)

        try:
            yield claim
        except BaseException:
            for thread_id in claimed:
                del self._of_thread[thread_id]
            raise

    def start(self, answer: Answer, context: Context, thread_id: str | None = None) -> Run:
        """Begin making an answer, in a thread that was claimed for it if one is named."""
        run = Run(answer, context, self._bounds, thread_id)
        run.task = self._group.create_task(run.work(), name=run.id)
        self._running[run.task] = run
        run.task.add_done_callback(self._ended)
        if thread_id is not None:
            self._of_thread[thread_id] = run
            wake(self._news.get(thread_id, ()))
        return run

    def current(self, thread_id: str) -> Run | None:
        """The run of a thread, if one is going on."""
        return self._of_thread.get(thread_id)

    async def stop(self, thread_id: str) -> Run | None:
        """End a thread's run, and wait until what was written is kept. The run, if there was one."""
        run = self.current(thread_id)
        if run is not None and run.task is not None:
            run.stop()
            await asyncio.wait([run.task])
        return run

    async def begun(self, thread_id: str, *, patience: float) -> bool:
        """Wait until a run begins in a thread; False when none has within `patience` seconds."""
        sleepers = self._news.setdefault(thread_id, set())
        try:
            return self.current(thread_id) is not None or await woken(sleepers, patience)
        finally:
            if not sleepers:
                self._news.pop(thread_id, None)

    def _ended(self, task: asyncio.Task[None]) -> None:
        run = self._running.pop(task)
        if run.thread_id is not None:
            self._of_thread.pop(run.thread_id, None)
        run.end()
