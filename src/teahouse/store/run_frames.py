"""The frames of running answers in PostgreSQL: a table, and NOTIFY for those who wait.

They need not survive a power cut, so that their commits do not wait for the disk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from teahouse.run_types import CLOSED, Batch, Extract
from teahouse.store import run_statements as sql
from teahouse.store.database import Database
from teahouse.store.errors import StoreUnavailable
from teahouse.store.queries import Parameters, Steps

_CHANNEL = "teahouse"


class PostgresEvents:
    """See `teahouse.runs.ports.Events`."""

    failures: tuple[type[Exception], ...] = (StoreUnavailable,)

    def __init__(self, database: Database) -> None:
        self._database = database

    async def ship(self, batches: Sequence[Batch], closed: Sequence[str], words: Sequence[str]) -> Mapping[str, int]:
        """See `Events.ship`."""
        rows = Parameters(
            runs=[batch.run_id for batch in batches],
            afters=[batch.after for batch in batches],
            lasts=[batch.last for batch in batches],
            pieces=[batch.frames for batch in batches],
        )

        def work() -> Steps[dict[str, int]]:
            elsewhere = {}
            if batches:
                found = yield sql.append_frames(rows)
                elsewhere = {row[0]: CLOSED if row[1] == sql.CLOSING else row[1] for row in found.all if row[0]}
            if closed:
                yield sql.close_frames(Parameters(runs=closed))
            if words or closed:
                yield sql.tell(Parameters(words=[*words, *closed]))
            return elsewhere

        return await self._database.write(work, durable=False)

    async def read(self, run_id: str, after: int) -> Extract:
        """See `Events.read`."""

        def work() -> Steps[Extract]:
            found = yield sql.read_frames(Parameters(run=run_id, count=after))
            rows = [row for row in found.all if row[0] != sql.CLOSING]
            frames = b"".join(row[1] for row in rows)
            return Extract(frames, rows[-1][0] if rows else after, closed=len(rows) < len(found.all))

        return await self._database.read(work)

    async def listen(self, heard: Callable[[str], None]) -> None:
        """See `Events.listen`."""
        await self._database.listen(_CHANNEL, heard)
