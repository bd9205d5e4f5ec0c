"""Who makes which answer: the table `runs`, the same on SQLite and PostgreSQL.

A thread has one running run at most; the database itself refuses a second. A replica says in `replicas` until when
it is alive at least, by the database's clock. Whoever finds that this time is over may end its runs: from then on
whatever the replica writes for them is refused (`SqlStore` holds the run while it writes), though it come back
from the dead.

On SQLite there is one process: nobody has to say that they are alive, and what the process before has left
running is orphaned when the next one opens.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from chatkit.types import ThreadItem

from teahouse import errors
from teahouse.errors import Problem
from teahouse.protocol import Context
from teahouse.run_types import AlreadyAsked, NewRun, Outcome, RunRecord
from teahouse.store import records, statements
from teahouse.store import run_statements as sql
from teahouse.store.database import Database
from teahouse.store.queries import Parameters, Query, Row, Steps
from teahouse.store.records import microseconds

_KEPT_FOR_REPEATS = timedelta(days=1)
_KEPT_FOR_READERS = timedelta(minutes=1)
_A_MICROSECOND = timedelta(microseconds=1)


class SqlLedger:
    """The ledger of runs in a database; see `teahouse.runs.ports.Ledger`."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self.shared = database.shared

    async def claim(self, thread_id: str, context: Context, message_id: str | None = None) -> None:
        """See `Ledger.claim`."""
        run = context.run
        assert run is not None, "only a request that begins a run claims a thread"  # noqa: S101
        visitor = context.visitor.id
        await self._database.write(lambda: claim(run, thread_id, visitor, message_id))

    async def release(self, run_id: str) -> None:
        """See `Ledger.release`."""
        await self._database.write(lambda: _done(sql.release(Parameters(run=run_id))))

    async def end(self, run_id: str, outcome: Outcome) -> bool:
        """See `Ledger.end`."""

        def work() -> Steps[bool]:
            return (yield sql.end(Parameters(run=run_id, outcome=outcome))).changed > 0

        return await self._database.write(work)

    async def newest(self, thread_id: str) -> RunRecord | None:
        """See `Ledger.newest`."""
        return await self._one(sql.newest(Parameters(thread=thread_id)))

    async def find(self, run_id: str) -> RunRecord | None:
        """See `Ledger.find`."""
        return await self._one(sql.find(Parameters(run=run_id)))

    async def want_stop(self, run_id: str) -> None:
        """See `Ledger.want_stop`."""
        await self._database.write(lambda: _done(sql.want_stop(Parameters(run=run_id))))

    async def renew(self, replica: str, seconds: float) -> dict[str, bool]:
        """See `Ledger.renew`."""
        row = Parameters(place=replica, microseconds=int(seconds * 1_000_000))

        def work() -> Steps[dict[str, bool]]:
            yield sql.renew(row)
            found = yield sql.of_replica(row)
            return {str(run[0]): bool(run[1]) for run in found.all}

        return await self._database.write(work)

    async def leave(self, replica: str) -> None:
        """See `Ledger.leave`."""
        await self._database.write(lambda: _done(sql.leave(Parameters(place=replica))))

    async def orphans(self) -> list[RunRecord]:
        """See `Ledger.orphans`."""

        def work() -> Steps[list[RunRecord]]:
            return [_record(row) for row in (yield sql.orphans()).all]

        return await self._database.read(work)

    async def interrupt(self, run: RunRecord, items: Sequence[ThreadItem] = ()) -> bool:
        """See `Ledger.interrupt`, and `HouseStore.interrupt`."""
        rows = [
            Parameters(
                visitor=run.owner,
                thread=run.thread_id,
                item=item.id,
                at=microseconds(item.created_at),
                json=records.dump_item(item),
            )
            for item in items
        ]

        def work() -> Steps[bool]:
            if (yield sql.interrupt(Parameters(run=run.id))).changed == 0:
                return False
            for row in rows:
                yield statements.touch_thread(row)  # first: see `SqlStore`
                yield sql.keep_item(row)
            return True

        return await self._database.write(work)

    async def forget(self) -> None:
        """See `Ledger.forget`."""
        old = Parameters(microseconds=_KEPT_FOR_REPEATS // _A_MICROSECOND)
        read = Parameters(microseconds=_KEPT_FOR_READERS // _A_MICROSECOND)

        def work() -> Steps[None]:
            yield sql.forget_frames(read)
            yield sql.forget_runs(old)
            yield sql.forget_replicas(old)

        await self._database.write(work)

    async def _one(self, query: Query) -> RunRecord | None:
        def work() -> Steps[RunRecord | None]:
            row = (yield query).first
            return None if row is None else _record(row)

        return await self._database.read(work)


def claim(run: NewRun, thread_id: str, visitor: str, message_id: str | None) -> Steps[None]:
    """Part of a transaction: enter a run as running.

    Raises:
        AlreadyAsked: its request came before.
        Problem: RUN_ACTIVE, another run has the thread.
    """
    row = Parameters(
        run=run.id,
        thread=thread_id,
        visitor=visitor,
        place=run.replica,
        message=message_id,
        request=run.key,
        hashed=run.digest,
    )
    if (yield sql.claim(row)).changed:
        return
    if run.key is not None and (before := (yield sql.asked_before(row)).first) is not None:
        raise AlreadyAsked(_record(before))
    raise Problem(errors.RUN_ACTIVE, param="thread_id")


def hold(run: NewRun) -> Steps[None]:
    """Part of a transaction: make sure that a run is still its owner's, and stays so until the end.

    Raises:
        Problem: RUN_INTERRUPTED, another replica has ended it.
    """
    if (yield sql.hold(Parameters(run=run.id))).first is None:
        raise Problem(errors.RUN_INTERRUPTED)


def _done(query: Query) -> Steps[None]:
    yield query


def _record(row: Row) -> RunRecord:
    return RunRecord(
        id=row["id"],
        thread_id=row["thread_id"],
        owner=row["owner"],
        replica=row["replica"],
        state=row["state"],
        message_id=row["message_id"],
        digest=row["digest"],
        stop_wanted=bool(row["stop_wanted"]),
    )
