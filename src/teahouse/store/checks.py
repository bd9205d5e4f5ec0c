"""Whether what is stored hangs together."""

from __future__ import annotations

from teahouse.store import statements as sql
from teahouse.store.database import Database
from teahouse.store.queries import Query, Steps, plain
from teahouse.store.sqlite import SqliteDatabase


async def damages(database: Database) -> list[str]:
    """What SQLite finds wrong with its file, in its own words. (PostgreSQL looks after its files itself.)"""
    if not isinstance(database, SqliteDatabase):
        return []

    def work() -> Steps[list[str]]:
        found = yield plain("PRAGMA quick_check")
        return [str(row[0]) for row in found.all if row[0] != "ok"]

    return await database.read(work)


async def orphans(database: Database) -> dict[str, int]:
    """By table, how many rows belong to a thread or message that is not there; tables without any are left out."""
    counts = {table: await _count(database, statement()) for table, statement in sql.orphans.items()}
    return {table: count for table, count in counts.items() if count}


async def _count(database: Database, query: Query) -> int:
    def work() -> Steps[int]:
        return int((yield query).value)

    return await database.read(work)
