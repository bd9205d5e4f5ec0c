"""The runs of this process, and the way to those of other replicas."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Sequence
from contextlib import AbstractContextManager, aclosing, asynccontextmanager

from chatkit.types import ThreadItem
from uuid_utils import uuid7

from teahouse import errors, logs
from teahouse.errors import Problem
from teahouse.protocol import Context, Visitor, run_frame
from teahouse.run_types import NewRun, Outcome, RunRecord, RunState
from teahouse.runs.frames import Bell, Frames
from teahouse.runs.interrupted import unfinished_items
from teahouse.runs.log import Gone, RunLog
from teahouse.runs.ports import Claim, HouseStore, Ledger
from teahouse.runs.run import Answer, Bounds, Run
from teahouse.runs.turn import Server

log = logs.get(__name__)

_LAST_WORD = 5.0
"""Seconds that a run's end waits for a database that does not answer; it is entered later then."""
# Serialising, logging and sending an event cost many times what a delta costs to make. Thirty strokes a second read
# as smoothly as a hundred deltas, and twenty nearly so.
_STROKE, _STROKE_OF_MANY, _MANY = 0.03, 0.05, 10
_TIDY = 60.0
"""Seconds between two deletions of what nobody will ask for."""


class Runs:
    """All runs of this process, in one task group. Use as an async context manager.

    A replica renews its lease four times before it would end. Who judges others dead must have held its own lease
    without a gap for as long as one lasts: after an outage of the database everybody looks dead to whoever comes
    back first.

    Args:
        server: whose answers they are.
        ledger: who makes which answer, here and elsewhere.
        run_log: where frames are written, and read by others.
        bounds: what each may take.
        grace: seconds that running answers get to finish when the house closes.
        lease: seconds after its last sign of life that a replica counts as dead.

    Attributes:
        draining: no more runs begin.
        closed: nobody waits for runs any more.
    """

    def __init__(
        self, server: Server, ledger: Ledger, run_log: RunLog, bounds: Bounds, *, grace: float, lease: float = 8
    ) -> None:
        self._server = server
        self._ledger = ledger
        self._log = run_log
        self._bounds = bounds
        self._grace = grace
        self._lease = lease
        self._replica = f"rep_{uuid7().hex}"
        self._group = asyncio.TaskGroup()
        self._keeper: asyncio.Task[None] | None = None
        self._accepting: set[str] = set()
        self._running: dict[str, Run] = {}
        self._of_thread: dict[str, Run] = {}
        self._unrecorded: dict[str, Outcome] = {}
        self._unreadable: dict[str, int] = {}
        self._alive_since = self._alive_last = self._tidied = 0.0
        self.draining = False
        self.closed = False

    async def __aenter__(self) -> Runs:
        self._alive_since = self._alive_last = self._tidied = asyncio.get_running_loop().time()
        if self._ledger.shared:
            await self._ledger.renew(self._replica, self._lease)
        else:
            await self._interrupt_orphans()
        await self._log.open(self._stop_own, self._lose)
        await self._group.__aenter__()
        self._keeper = asyncio.create_task(self._keep(), name="keep the ledger")
        return self

    async def __aexit__(self, *exception: object) -> None:
        await self.drain()
        await self._group.__aexit__(None, None, None)
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        await self._log.shut()
        if self._ledger.shared:
            await self._try(self._ledger.leave(self._replica))

    async def drain(self) -> None:
        """Let what is running finish within the grace period, then end it; send those who wait for more away."""
        self.draining = True
        tasks = self._tasks()
        if tasks:
            await asyncio.wait(tasks, timeout=self._grace)
        for run in list(self._running.values()):
            run.interrupt()
        if tasks := self._tasks():
            await asyncio.wait(tasks)
        self.closed = True
        self._log.bells.ring_all()

    def _tasks(self) -> list[asyncio.Task[None]]:
        return [run.task for run in self._running.values() if run.task is not None]

    def _stroke(self) -> float:
        """Seconds between two strokes of an answer: the more are written at once, the fewer they have."""
        return _STROKE if len(self._running) < _MANY else _STROKE_OF_MANY

    # Beginning and ending --------------------------------------------------------------------------------

    def expect_open(self) -> None:
        """Raise SHUTTING_DOWN if no more runs begin."""
        if self.draining:
            raise Problem(errors.SHUTTING_DOWN)

    @asynccontextmanager
    async def accepting(
        self, context: Context, *, key: str | None = None, digest: str | None = None
    ) -> AsyncIterator[Claim]:
        """Around what is done before a run begins: gives the function that claims a thread for it.

        When the block fails there will be no run, and what was claimed is given back.

        Args:
            context: of the request; it is given the new run.
            key: what the client calls the request, if it does.
            digest: of its body.

        Raises:
            Problem: SHUTTING_DOWN.
        """
        self.expect_open()
        run = context.run = NewRun(f"run_{uuid7().hex}", self._replica, key, digest)
        claimed = False

        async def claim(thread_id: str, message_id: str | None = None) -> None:
            nonlocal claimed
            await self._ledger.claim(thread_id, context, message_id)
            claimed = True

        self._accepting.add(run.id)
        try:
            yield claim
        except BaseException as error:
            self._accepting.discard(run.id)
            # Where no replica looks after another's runs, a claim that was committed after we had lost patience
            # would hold its thread for ever.
            is_late = isinstance(error, Problem) and error.kind.code == errors.STORE_UNAVAILABLE.code
            if claimed or (is_late and not self._ledger.shared):
                await self._try(self._ledger.release(run.id))
            raise

    def start(self, answer: Answer, context: Context, thread_id: str | None = None) -> Run:
        """Begin making an answer, in the thread that was claimed for it if one is named."""
        if context.run is None or thread_id is None:
            run = Run(f"run_{uuid7().hex}", Frames(), answer, context, self._bounds, None, self._stroke)
        else:
            frames = self._log.begin(context.run.id)
            run = Run(context.run.id, frames, answer, context, self._bounds, thread_id, self._stroke)
            self._of_thread[thread_id] = run
            self._accepting.discard(run.id)
            self._log.tell("begun", thread_id)
        self._running[run.id] = run
        run.task = self._group.create_task(self._make(run), name=run.id)
        return run

    async def _make(self, run: Run) -> None:
        try:
            await run.work()
            if run.thread_id is not None:
                self._unrecorded[run.id] = run.outcome
                await self._try(self._record_ends())
        finally:
            # Whatever happens, nobody waits for it for ever.
            self._let_go(run)

    def _let_go(self, run: Run) -> None:
        del self._running[run.id]
        if run.thread_id is None:
            run.close()
            return
        del self._of_thread[run.thread_id]
        run.close()
        self._log.close(run.id)
        self._log.tell("ended", run.thread_id)

    async def _record_ends(self) -> None:
        for run_id, outcome in list(self._unrecorded.items()):
            if not await self._ledger.end(run_id, outcome):
                await self._learn_end(run_id)
            self._unrecorded.pop(run_id, None)

    async def _learn_end(self, run_id: str) -> None:
        """Another replica has ended it, or we have and did not hear of it: all readers are told the same."""
        record, run = await self._ledger.find(run_id), self._running.get(run_id)
        if run is not None and record is not None and record.state != "running":
            run.outcome = record.state

    async def stop(self, thread_id: str) -> str | None:
        """End a thread's run, at whichever replica it is, and wait until what was written is kept. Its id."""
        run = await self.current(thread_id)
        if run is None or run.state != "running":
            return None
        if isinstance(run, Run):
            run.stop()
            if run.task is not None:
                await asyncio.wait([run.task])
            return run.id
        await self._ledger.want_stop(run.id)
        self._log.tell("stop", run.id)
        # Its owner stops it, or is dead, and then it is interrupted within two leases.
        async with aclosing(self._end_of(run, patience=2 * self._lease)) as states:
            async for _ in states:
                break
        return run.id

    def _stop_own(self, run_id: str) -> None:
        if (run := self._running.get(run_id)) is not None:
            run.stop()

    def _lose(self, run_id: str) -> None:
        """Another replica has ended it, because we looked dead."""
        if (run := self._running.get(run_id)) is not None:
            log.warning("run lost: another replica has ended it", run_id=run_id)
            run.interrupt()

    # Reading ---------------------------------------------------------------------------------------------

    async def current(self, thread_id: str) -> Run | RunRecord | None:
        """The run of a thread that began last: one of ours that goes on, or what the ledger knows."""
        return self._of_thread.get(thread_id) or await self._ledger.newest(thread_id)

    def news_of(self, thread_id: str) -> AbstractContextManager[Bell]:
        """A bell that rings when a run begins or ends in a thread, and when there will be no more."""
        return self._log.bells.at(thread_id)

    async def read(
        self, run: Run | RunRecord, after: int = 0, *, patience: float, with_state: bool = True
    ) -> AsyncGenerator[bytes]:
        """A run's frames beyond a number, whoever makes it, to its end.

        Args:
            run: which.
            after: number of the last frame that the reader has.
            patience: seconds of silence after which an empty piece is given, for a heartbeat.
            with_state: whether frames of the type `run` come at the beginning and the end.
        """
        if with_state:
            yield run_frame(run.id, run.state)
        reload = False
        if isinstance(run, Run):
            async with aclosing(run.frames.follow(after, patience=patience)) as pieces:
                async for piece in pieces:
                    yield piece
            state = run.state
        else:
            follow = self._log.follow(run.id, after, patience=patience, goes_on=lambda: self._goes_on(run.id))
            try:
                async with aclosing(follow) as pieces:
                    async for piece in pieces:
                        yield piece
            except Gone:
                reload = True
            state = run.state
            async with aclosing(self._end_of(run, patience=patience)) as ends:
                async for end in ends:
                    if end is None:
                        yield b""
                    else:
                        state = end
            # Of a dead owner's last words some may have been read that nobody has kept.
            reload = reload or state == "interrupted"
        if with_state:
            yield run_frame(run.id, state, reload=reload)

    async def _goes_on(self, run_id: str) -> bool:
        record = await self._ledger.find(run_id)
        return record is not None and record.state == "running"

    async def _end_of(self, run: RunRecord, *, patience: float) -> AsyncGenerator[RunState | None]:
        """How another replica's run has ended, once it has; None after each `patience` seconds without it."""
        with self._log.bells.at(run.thread_id) as bell:
            while not self.closed:
                rung = bell.rung
                record = await self._ledger.find(run.id)
                if record is None or record.state != "running":
                    yield "interrupted" if record is None else record.state
                    return
                if not await bell.wait(rung, patience):
                    yield None

    # Keeping the ledger ----------------------------------------------------------------------------------

    async def _keep(self) -> None:
        while True:
            await asyncio.sleep(self._lease / 4)
            try:
                async with asyncio.timeout(self._lease):
                    await self._look_after()
            except (Problem, TimeoutError) as error:
                log.warning("the ledger of runs cannot be kept", reason=str(error) or type(error).__name__)
            except Exception:
                log.exception("the ledger of runs cannot be kept")

    async def _look_after(self) -> None:
        await self._record_ends()
        if self._ledger.shared:
            await self._stay_alive()
            if self._alive_last - self._alive_since >= self._lease:
                await self._interrupt_orphans()
        now = asyncio.get_running_loop().time()
        if now - self._tidied >= _TIDY:
            self._tidied = now
            await self._ledger.forget()

    async def _stay_alive(self) -> None:
        ours = {run.id for run in self._running.values() if run.thread_id is not None}
        found = await self._ledger.renew(self._replica, self._lease)
        now = asyncio.get_running_loop().time()
        if now - self._alive_last > self._lease:
            self._alive_since = now
        self._alive_last = now
        for run_id, unwanted in found.items():
            if unwanted:
                self._stop_own(run_id)
            if run_id not in self._running and run_id not in self._accepting:
                # Entered by a commit of which we never heard.
                await self._ledger.end(run_id, self._unrecorded.get(run_id, "interrupted"))
        for run_id in ours - found.keys() - self._unrecorded.keys():
            self._lose(run_id)

    async def _interrupt_orphans(self) -> None:
        """End the runs of dead replicas, and keep what others could read of them."""
        for record in await self._ledger.orphans():
            try:
                items = unfinished_items(await self._log.frames(record.id))
            except Exception as error:
                # What cannot be read now may be readable soon; but a thread must not be stuck for it.
                tries = self._unreadable[record.id] = self._unreadable.get(record.id, 0) + 1
                log.warning("an interrupted answer cannot be read", run_id=record.id, reason=str(error), tries=tries)
                if tries < 3:
                    continue
                items = []
            self._unreadable.pop(record.id, None)
            if await self._keep_interrupted(record, items):
                log.warning("answer interrupted: its replica has died", run_id=record.id, replica=record.replica)
                self._log.close(record.id)
                self._log.tell("ended", record.thread_id)

    async def _keep_interrupted(self, record: RunRecord, items: Sequence[ThreadItem]) -> bool:
        store = self._server.store
        if isinstance(store, HouseStore):
            return await store.interrupt(record, items)
        if not await self._ledger.interrupt(record):
            return False
        for item in items:
            await store.add_thread_item(record.thread_id, item, context=Context(Visitor(record.owner)))
        return True

    @staticmethod
    async def _try(act: Awaitable[None]) -> None:
        """What is made up for later if it cannot be done now."""
        try:
            async with asyncio.timeout(_LAST_WORD):
                await act
        except (Problem, TimeoutError) as error:
            log.warning("the ledger of runs cannot be written", reason=str(error) or type(error).__name__)
