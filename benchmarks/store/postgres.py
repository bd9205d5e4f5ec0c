"""The store on PostgreSQL beside the bare drivers, and how its times grow with the number of threads, on both.

See README.md. Started as `python -m benchmarks.store.postgres`.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import psycopg
import uvloop
from sqlalchemy import text as sql_text
from sqlalchemy.ext.asyncio import create_async_engine

from benchmarks.store.run import LONG_THREAD, Cost, Operation, Ours, Side, conversation, generate, item, measure, text
from teahouse.store import Database, SqliteDatabase, records
from teahouse.store import statements as sql
from teahouse.store.postgres import PostgresDatabase
from teahouse.store.queries import Parameters, Query, Steps

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))
from postgres_server import PASSWORD, USER, PostgresServer

ROWS = ("newest_threads", "newest_page", "deep_page", "add_item")


async def fill(server: PostgresServer, name: str, how_many: int, items_each: int) -> str:
    """A database of its own, as `run.generate` makes it; its address."""
    server.sql(f"CREATE DATABASE {name}")
    await PostgresDatabase(server.url(name)).upgrade()
    connection = await asyncpg.connect(server.url(name), server_settings={"search_path": "teahouse"})
    random_ = random.Random(2)
    bodies = [text(random_) for _ in range(500)]
    for start in range(0, how_many + 1, 2000):
        numbers = range(start, min(start + 2000, how_many + 1))
        made = [conversation(n, LONG_THREAD if n == how_many else items_each, random_, bodies) for n in numbers]
        await connection.copy_records_to_table("threads", records=[thread for thread, _ in made])
        await connection.copy_records_to_table("items", records=[row for _, rows in made for row in rows])
    await connection.execute("VACUUM ANALYZE")
    await connection.execute("CHECKPOINT")
    await connection.close()
    return server.url(name)


class Queries(Side):
    """The store's own statements, given to a driver as they are; what comes back stays raw."""

    def __init__(self, how_many: int) -> None:
        super().__init__(how_many)
        self._owner = f"visitor_{how_many // 20}"
        self._body = records.dump_item(item("thr_0", 1, "word " * 100))

    async def run(self, query: Query) -> object:
        raise NotImplementedError

    async def newest_threads(self) -> object:
        return await self.run(sql.list_threads["desc", False](Parameters(visitor=self.any_visitor(), count=21)))

    async def newest_page(self) -> object:
        wanted = Parameters(visitor=self._owner, thread=self._long, count=21)
        return await self.run(sql.list_items["desc", False](wanted))

    async def deep_page(self) -> object:
        wanted = Parameters(visitor=self._owner, thread=self._long, count=21, after=self.cursor())
        return await self.run(sql.list_items["desc", True](wanted))

    async def add_item(self) -> object:
        """The insert alone, committed by itself: no thread moves up in the history."""
        name = self.any_thread()
        visitor = f"visitor_{int(name.removeprefix('thr_')) // 20}"
        return await self.run(
            sql.add_item(Parameters(visitor=visitor, thread=name, item=self.fresh_id(), json=self._body))
        )


class Driver(Queries):
    """A driver's own call, `fetch(sql, values)`."""

    def __init__(self, how_many: int, fetch: Callable[[str, list[Any]], Any]) -> None:
        super().__init__(how_many)
        self._fetch = fetch

    async def run(self, query: Query) -> object:
        compiled = query.statement.compiled("postgresql")
        return await self._fetch(compiled.sql, compiled.values(query.parameters))


class OurRows(Queries):
    """`PostgresDatabase`: pool, limits and transactions, without openai-chatkit's objects."""

    def __init__(self, how_many: int, database: Database) -> None:
        super().__init__(how_many)
        self._database = database

    async def run(self, query: Query) -> object:
        def work() -> Steps[object]:
            return (yield query).all

        return await (self._database.write if query.statement is sql.add_item else self._database.read)(work)


async def beside_drivers(url: str, server: PostgresServer, how_many: int, rounds: int) -> None:
    """The table of all sides."""
    session = {"search_path": "teahouse"}
    one = await asyncpg.connect(url, server_settings=session)
    pool = await asyncpg.create_pool(url, server_settings=session, min_size=1, max_size=10)
    three = await psycopg.AsyncConnection.connect(
        host="127.0.0.1", port=server.port, user=USER, password=PASSWORD, dbname=url.rpartition("/")[2],
        options="-csearch_path=teahouse", autocommit=True,
    )  # fmt: skip
    engine = create_async_engine(
        url.replace("postgresql:", "postgresql+asyncpg:"), connect_args={"server_settings": session}
    )
    database = PostgresDatabase(url)
    ours = Ours(database, how_many)

    async def by_psycopg(statement: str, values: list[Any]) -> object:
        cursor = await psycopg.AsyncRawCursor(three).execute(statement, values)
        return await cursor.fetchall() if cursor.description else cursor.rowcount

    texts: dict[str, Any] = {}

    async def by_sqlalchemy(statement: str, values: list[Any]) -> object:
        """Core on an async engine, the usual way."""
        if statement not in texts:
            named = statement
            for number in range(len(values), 0, -1):
                named = named.replace(f"${number}::", f"${number} ::").replace(f"${number}", f":v{number}")
            texts[statement] = sql_text(named)
        async with engine.begin() as connection:
            given = {f"v{number}": value for number, value in enumerate(values, 1)}
            result = await connection.execute(texts[statement], given)
            return result.all() if result.returns_rows else result.rowcount

    sides: dict[str, Side] = {
        "asyncpg, one connection": Driver(how_many, lambda statement, values: one.fetch(statement, *values)),
        "asyncpg, its pool": Driver(how_many, lambda statement, values: pool.fetch(statement, *values)),
        "psycopg 3, one connection": Driver(how_many, by_psycopg),
        "SQLAlchemy over asyncpg": Driver(how_many, by_sqlalchemy),
        "PostgresDatabase, rows": OurRows(how_many, database),
        "SqlStore": ours,
    }
    await database.open()
    print(f"{'':51} {'p50 ms':>8} {'p95 ms':>8} {'cpu ms':>8} {'of its pool':>12}")
    for row in ROWS:
        costs = await measure({name: getattr(side, row) for name, side in sides.items()}, rounds)
        base = costs["asyncpg, its pool"].p50
        for name, cost in costs.items():
            report_ratio(row, name, cost, base)
    await database.close()
    await one.close()
    await pool.close()
    await three.close()
    await engine.dispose()


def report_ratio(row: str, side: str, cost: Cost, base: float) -> None:
    print(f"{row:16} {side:34} {cost.p50:8.3f} {cost.p95:8.3f} {cost.cpu:8.3f} {cost.p50 / base:11.2f}×", flush=True)


async def growth(engine: str, few: tuple[Database, int], many: tuple[Database, int], rounds: int) -> None:
    """The same operations on a small and a large database, taking turns."""
    small, large = Ours(*few), Ours(*many)
    async with small.store, large.store:
        for row in ROWS:
            operations: dict[str, Operation] = {str(few[1]): getattr(small, row), str(many[1]): getattr(large, row)}
            costs = await measure(operations, rounds)
            before, after = costs.values()
            ratio = after.p50 / before.p50
            print(f"{row:16} {engine:12} {before.p50:8.3f} {after.p50:8.3f} ms {ratio:6.2f}×", flush=True)


async def main(few: int, many: int, items_each: int, rounds: int, folder: Path) -> None:
    with PostgresServer(durable=True, shared_buffers="512MB") as server:
        version = server.sql("SHOW server_version")
        print(
            f"Python {sys.version.split()[0]}, PostgreSQL {version}, {many} threads of {items_each} items", flush=True
        )
        small, large = await fill(server, "few", few, items_each), await fill(server, "many", many, items_each)
        await beside_drivers(large, server, many, rounds)
        print(f"\nSqlStore, p50 with {few} and with {many} threads")
        await growth("PostgreSQL", (PostgresDatabase(small), few), (PostgresDatabase(large), many), rounds)
    for how_many in (few, many):
        generate(folder / f"{how_many}.db", how_many, items_each)
    await growth(
        "SQLite", (SqliteDatabase(folder / f"{few}.db"), few), (SqliteDatabase(folder / f"{many}.db"), many), rounds
    )


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--few", type=int, default=1_000)
    options.add_argument("--many", type=int, default=100_000)
    options.add_argument("--items", type=int, default=20, help="of each thread; one has 10,000")
    options.add_argument("--rounds", type=int, default=600)
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        uvloop.run(main(chosen.few, chosen.many, chosen.items, chosen.rounds, Path(temporary)))
