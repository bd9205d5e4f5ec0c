"""SQLite: one thread that writes, a few that read, and one hop to a thread and back per transaction.

An async driver (aiosqlite) hops for every cursor, execute, fetch and commit; a transaction in a thread of
ours takes one hop there and one back (`benchmarks/store`).

Writers of one process queue up instead of meeting at SQLite's lock; those that wait together are committed
together, so that fifty answers that end at once pay for a few fsyncs and not for fifty. Other processes
may use the file too: they wait for each other, up to `engine.BUSY_SECONDS`.

Durability: `synchronous=FULL`. In WAL mode the cheaper NORMAL survives a killed process but may forget
the last commits in a power cut; FULL costs one fsync a commit (0.15 ms here, a few ms on slow disks).
"""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from sqlalchemy.exc import DBAPIError

from teahouse.errors import Kind
from teahouse.store import schema
from teahouse.store.engine import connect
from teahouse.store.errors import (
    CANNOT_OPEN,
    CLOSED,
    DAMAGED,
    DISK_FAILED,
    DISK_FULL,
    LOCKED,
    NOT_A_DATABASE,
    NOT_WRITABLE,
    OVERLOADED,
    StoreUnavailable,
)
from teahouse.store.queries import Query, Result, Rows, Work, run

_LARGEST_BATCH = 64

_KINDS: dict[int, Kind] = {
    sqlite3.SQLITE_FULL: DISK_FULL,
    sqlite3.SQLITE_BUSY: LOCKED,
    sqlite3.SQLITE_LOCKED: LOCKED,
    sqlite3.SQLITE_PROTOCOL: LOCKED,
    sqlite3.SQLITE_CORRUPT: DAMAGED,
    sqlite3.SQLITE_NOTADB: NOT_A_DATABASE,
    sqlite3.SQLITE_READONLY: NOT_WRITABLE,
    sqlite3.SQLITE_PERM: NOT_WRITABLE,
    sqlite3.SQLITE_CANTOPEN: CANNOT_OPEN,
    sqlite3.SQLITE_IOERR: DISK_FAILED,
}


class SqliteDatabase:
    """A database in one file.

    Args:
        path: the file; it is made if it is not there, its folder is not.
        readers: how many reads may run at once.
        seconds: how long a caller waits for its transaction, queueing included.
    """

    shared = False

    def __init__(self, path: Path | str, *, readers: int = 3, seconds: float = 30) -> None:
        self.path = Path(path)
        self._seconds = seconds
        self._reads: SimpleQueue[_Job | None] = SimpleQueue()
        self._writes: SimpleQueue[_Job | None] = SimpleQueue()
        self._workers: list[_Worker] = []
        self._readers = readers
        self._open = False

    @property
    def label(self) -> str:
        """See `Database.label`."""
        return f"SQLite {self.path}"

    async def revision(self) -> str | None:
        """See `Database.revision`; None also if there is no file."""
        return await asyncio.to_thread(self._explained, schema.revision)

    async def upgrade(self) -> Path | None:
        """Make the file, or bring its schema up to date after a copy of it. See `Database.upgrade`."""
        return await asyncio.to_thread(self._explained, schema.upgrade)

    async def open(self) -> None:
        """Make or upgrade the file, then start the threads. See `Database.open`."""
        await self.upgrade()
        self._workers = [_Worker(self, "write", self._writes, begin="BEGIN IMMEDIATE", batch=_LARGEST_BATCH)]
        self._workers += [_Worker(self, "read", self._reads, begin="BEGIN") for _ in range(self._readers)]
        for worker in self._workers:
            worker.start()
        self._open = True

    async def close(self) -> None:
        """Let the threads finish what is queued. See `Database.close`."""
        self._open = False
        workers, self._workers = self._workers, []
        for worker in workers:
            worker.stop()
        for worker in workers:
            await asyncio.to_thread(worker.join)

    async def read(self, work: Work[Result]) -> Result:
        """See `Database.read`."""
        return await self._run(work, self._reads)

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """See `Database.listen`: there are no others."""

    async def write(self, work: Work[Result], *, durable: bool = True) -> Result:
        """See `Database.write`. Cancelled while it waits its turn, `work` is not run; later, it completes."""
        return await self._run(work, self._writes)

    async def _run(self, work: Work[Result], queue: SimpleQueue[_Job | None]) -> Result:
        if not self._open:
            raise StoreUnavailable(CLOSED, path=self.path.name)
        job = _Job(work)
        queue.put(job)
        try:
            async with asyncio.timeout(self._seconds):
                result: Result = await job.future
        except TimeoutError:
            raise StoreUnavailable(OVERLOADED, seconds=self._seconds) from None
        return result

    def _explained(self, act: Callable[[Path], Result]) -> Result:
        try:
            return act(self.path)
        except (DBAPIError, sqlite3.Error) as error:
            raise explain(error, self.path) from error


def explain(error: Exception, path: Path | str) -> Exception:
    """`error` as a person can act on it; the error itself if it is not about the database's state."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    # Extended codes carry the primary one in their lowest byte.
    code = getattr(cause, "sqlite_errorcode", 0) & 0xFF
    kind = _KINDS.get(code)
    return error if kind is None else StoreUnavailable(kind, path=path)


@dataclass(eq=False)
class _Job:
    """A transaction that somebody waits for."""

    work: Work[Any]
    future: asyncio.Future[Any] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


@dataclass
class _Outcome:
    result: Any = None
    error: Exception | None = None

    def deliver(self, job: _Job) -> None:
        if job.future.done():  # The caller was cancelled, or lost patience.
            return
        if self.error is None:
            job.future.set_result(self.result)
        else:
            job.future.set_exception(self.error)


class _Worker(threading.Thread):
    """A thread with a connection of its own, taking jobs from a queue until it finds None there."""

    def __init__(
        self,
        database: SqliteDatabase,
        name: str,
        jobs: SimpleQueue[_Job | None],
        *,
        begin: str,
        batch: int = 1,
    ) -> None:
        # A daemon: whoever forgets to close the store can still leave; a commit cut off there is a crash
        # like any other, which SQLite survives.
        super().__init__(name=f"teahouse-store-{name}", daemon=True)
        self._database = database
        self._jobs = jobs
        self._begin = begin
        self._batch = batch
        self._connection: sqlite3.Connection | None = None

    def stop(self) -> None:
        """End after the jobs that are queued now."""
        self._jobs.put(None)

    def run(self) -> None:
        """Take, transact, deliver."""
        while jobs := self._take():
            waiting = [job for job in jobs if not job.future.done()]
            _deliver(zip(waiting, self._outcomes(waiting), strict=True))
        self._disconnect()

    def _take(self) -> list[_Job]:
        """The next job, and others that are already waiting; none at the end."""
        jobs: list[_Job] = []
        job = self._jobs.get()
        while job is not None:
            jobs.append(job)
            if len(jobs) == self._batch:
                return jobs
            try:
                job = self._jobs.get_nowait()
            except Empty:
                return jobs
        if jobs:
            self.stop()
        return jobs

    def _outcomes(self, jobs: list[_Job]) -> list[_Outcome]:
        try:
            return self._transact(jobs)
        except sqlite3.Error as error:
            # The next job gets a fresh connection: what state this one is in is anybody's guess.
            self._disconnect()
            # Visitors read this: the file's name, and not where it lies on the server.
            problem = explain(error, self._database.path.name)
            problem.__cause__ = error if problem is not error else None
            return [_Outcome(error=problem) for _ in jobs]
        except Exception as error:
            return [_Outcome(error=error) for _ in jobs]

    def _transact(self, jobs: list[_Job]) -> list[_Outcome]:
        """Run all jobs in one transaction. An error of the database itself undoes all of them."""
        if not jobs:
            return []
        if self._connection is None:
            self._connection = connect(self._database.path)
        connection = self._connection
        connection.execute(self._begin)
        try:
            if len(jobs) == 1:
                outcomes = [_Outcome(_do(connection, jobs[0].work))]
            else:
                outcomes = [_attempt(connection, job) for job in jobs]
            connection.execute("COMMIT")
        except BaseException:
            _roll_back(connection)
            raise
        return outcomes

    def _disconnect(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            with suppress(sqlite3.Error):
                connection.close()


def _do(connection: sqlite3.Connection, work: Work[Result]) -> Result:
    def execute(query: Query) -> Rows:
        compiled = query.statement.compiled("sqlite")
        cursor = connection.execute(compiled.sql, compiled.values(query.parameters))
        return Rows(cursor.fetchall(), cursor.rowcount)

    return run(work(), execute)


def _roll_back(connection: sqlite3.Connection) -> None:
    """Undo, unless SQLite has done so by itself (it does when the disk is full)."""
    with suppress(sqlite3.Error):
        connection.rollback()


def _attempt(connection: sqlite3.Connection, job: _Job) -> _Outcome:
    """Run one job of several: if it refuses (no such thread, say), the others are still committed."""
    connection.execute("SAVEPOINT job")
    try:
        outcome = _Outcome(_do(connection, job.work))
    except sqlite3.Error:
        # SQLite may have rolled back everything (disk full): nothing of the batch may be confirmed.
        raise
    except Exception as error:
        connection.execute("ROLLBACK TO job")
        outcome = _Outcome(error=error)
    connection.execute("RELEASE job")
    return outcome


def _deliver(outcomes: Iterable[tuple[_Job, _Outcome]]) -> None:
    """Hand each caller its outcome on its own event loop, waking each loop once."""
    by_loop: defaultdict[asyncio.AbstractEventLoop, list[tuple[_Job, _Outcome]]] = defaultdict(list)
    for job, outcome in outcomes:
        by_loop[job.future.get_loop()].append((job, outcome))
    for loop, pairs in by_loop.items():
        try:
            loop.call_soon_threadsafe(_deliver_here, pairs)
        except RuntimeError:
            # The loop has been closed: nobody waits there any more.
            continue


def _deliver_here(pairs: list[tuple[_Job, _Outcome]]) -> None:
    for job, outcome in pairs:
        outcome.deliver(job)
