"""The store beside the bare drivers, on one generated database, in one run. See README.md.

python benchmarks/store/run.py [--threads 20000] [--rounds 400] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import os
import random
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiosqlite
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    InferenceOptions,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
)
from sqlalchemy import bindparam, event, select
from sqlalchemy import text as sql_text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from teahouse.protocol import Context, Visitor
from teahouse.store import Database, SqliteDatabase, SqlStore, records, schema
from teahouse.store.tables import items, threads

ITEMS_OF_A_THREAD = 20
THREADS_OF_A_VISITOR = 20
LONG_THREAD = 10_000
WRITERS = 50
START = datetime(2026, 1, 1, tzinfo=UTC)
WORDS = "tea leaf water pot cup 茶 水 steam green black oolong time ask answer because kettle".split()

NEWEST_THREADS = "SELECT id, body FROM threads WHERE owner = ? ORDER BY updated_at DESC, id DESC LIMIT 21"
FIRST_ITEMS = "SELECT id, body FROM items WHERE thread_id = ? ORDER BY position LIMIT 21"
NEWEST_ITEMS = "SELECT id, body FROM items WHERE thread_id = ? ORDER BY position DESC LIMIT 21"
DEEP_ITEMS = (
    "SELECT id, body FROM items WHERE thread_id = ?1 AND position < "
    "(SELECT position FROM items WHERE thread_id = ?1 AND id = ?2) ORDER BY position DESC LIMIT 21"
)
ADD_ITEM = "INSERT INTO items SELECT ?1, coalesce(max(position), 0) + 1, ?2, ?3 FROM items WHERE thread_id = ?1"

Operation = Callable[[], Awaitable[object]]


@dataclass(frozen=True)
class Cost:
    """Of one operation, in milliseconds; `cpu` is of the whole process, all threads."""

    p50: float
    p95: float
    cpu: float


ADD_ITEM_BY_NAME = sql_text(ADD_ITEM.replace("?1", ":t").replace("?2", ":i").replace("?3", ":b"))

# The database ------------------------------------------------------------------------------------------


def text(random_: random.Random) -> str:
    """A paragraph such as people and models write: 20 to 200 words."""
    return " ".join(random_.choices(WORDS, k=random_.randint(20, 200)))


def item(thread_id: str, number: int, said: str) -> ThreadItem:
    base = {"id": f"msg_{number}", "thread_id": thread_id, "created_at": START + timedelta(seconds=number)}
    if number % 2:
        return AssistantMessageItem(**base, content=[AssistantMessageContent(text=said)])
    content = [UserMessageTextContent(text=said)]
    return UserMessageItem(**base, content=content, inference_options=InferenceOptions())


def generate(path: Path, how_many: int, items_each: int = ITEMS_OF_A_THREAD) -> None:
    """Threads of 20 items, 20 a visitor, and one thread of 10,000 items."""
    schema.upgrade(path)
    random_ = random.Random(2)
    bodies = [text(random_) for _ in range(500)]
    with closing(sqlite3.connect(path)) as connection:
        for number in range(how_many + 1):
            thread, rows = conversation(number, LONG_THREAD if number == how_many else items_each, random_, bodies)
            connection.execute("INSERT INTO threads VALUES (?, ?, ?, ?)", thread)
            connection.executemany("INSERT INTO items VALUES (?, ?, ?, ?)", rows)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def conversation(
    number: int, size: int, random_: random.Random, bodies: list[str]
) -> tuple[tuple[str, str, int, str], Iterator[tuple[str, int, str, str]]]:
    """The row of one thread, and those of its items."""
    name, created = f"thr_{number}", START + timedelta(minutes=number)
    body = records.dump_thread(ThreadMetadata(id=name, created_at=created, title=f"Thread {number}"))
    moment = int(created.timestamp() * 1_000_000)
    owner = f"visitor_{number // THREADS_OF_A_VISITOR}"
    rows = (
        (name, position, f"msg_{position}", records.dump_item(item(name, position, random_.choice(bodies))))
        for position in range(1, size + 1)
    )
    return (name, owner, moment, body), rows


# The sides ---------------------------------------------------------------------------------------------


_new = itertools.count()


class Side:
    """A way to the database; each public method is an operation, a row of the table."""

    def __init__(self, how_many: int) -> None:
        self._random = random.Random(3)
        self._long = f"thr_{how_many}"
        self._last = how_many

    def any_thread(self) -> str:
        return f"thr_{self._random.randrange(self._last)}"

    def any_visitor(self) -> str:
        return f"visitor_{self._random.randrange(self._last // THREADS_OF_A_VISITOR)}"

    def fresh_id(self) -> str:
        return f"new_{os.getpid()}_{next(_new)}"

    def cursor(self) -> str:
        return f"msg_{self._random.randrange(LONG_THREAD // 4, LONG_THREAD * 3 // 4)}"


class Bare(Side):
    """The standard library's sqlite3 on the event loop's own thread (which it blocks): the floor."""

    def __init__(self, path: Path, how_many: int, synchronous: str) -> None:
        super().__init__(how_many)
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute(f"PRAGMA synchronous = {synchronous}")
        self._body = records.dump_item(item("thr_0", 1, "word " * 100))

    async def close(self) -> None:
        self._connection.close()

    async def newest_threads(self) -> object:
        return self._connection.execute(NEWEST_THREADS, (self.any_visitor(),)).fetchall()

    async def thread_of_20(self) -> object:
        return self._connection.execute(FIRST_ITEMS, (self.any_thread(),)).fetchall()

    async def newest_page(self) -> object:
        return self._connection.execute(NEWEST_ITEMS, (self._long,)).fetchall()

    async def deep_page(self) -> object:
        return self._connection.execute(DEEP_ITEMS, (self._long, self.cursor())).fetchall()

    async def add_item(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.execute(ADD_ITEM, (self.any_thread(), self.fresh_id(), self._body))
        self._connection.execute("COMMIT")


class Aio(Side):
    """aiosqlite, its own connection, as its documentation shows."""

    def __init__(self, path: Path, how_many: int, synchronous: str) -> None:
        super().__init__(how_many)
        self._path, self._synchronous = path, synchronous
        self._body = records.dump_item(item("thr_0", 1, "word " * 100))

    async def open(self) -> None:
        self._connection = await aiosqlite.connect(self._path, isolation_level=None)
        await self._connection.execute(f"PRAGMA synchronous = {self._synchronous}")

    async def close(self) -> None:
        await self._connection.close()

    async def _all(self, sql: str, *values: str) -> object:
        async with self._connection.execute(sql, values) as cursor:
            return await cursor.fetchall()

    async def newest_threads(self) -> object:
        return await self._all(NEWEST_THREADS, self.any_visitor())

    async def thread_of_20(self) -> object:
        return await self._all(FIRST_ITEMS, self.any_thread())

    async def newest_page(self) -> object:
        return await self._all(NEWEST_ITEMS, self._long)

    async def deep_page(self) -> object:
        return await self._all(DEEP_ITEMS, self._long, self.cursor())

    async def add_item(self) -> None:
        await self._connection.execute("BEGIN IMMEDIATE")
        await self._connection.execute(ADD_ITEM, (self.any_thread(), self.fresh_id(), self._body))
        await self._connection.commit()


class AsyncCore(Side):
    """SQLAlchemy Core over aiosqlite, the usual way to use it from asyncio: what we did not take."""

    def __init__(self, path: Path, how_many: int) -> None:
        super().__init__(how_many)
        self._engine: AsyncEngine = create_async_engine(f"sqlite+aiosqlite:///{path}")
        mine, this = threads.c.owner == bindparam("visitor"), items.c.thread_id == bindparam("thread")
        newest = (threads.c.updated_at.desc(), threads.c.id.desc())
        columns = select(items.c.id, items.c.body).where(this).limit(21)
        self._threads = select(threads.c.id, threads.c.body).where(mine).order_by(*newest).limit(21)
        self._first = columns.order_by(items.c.position)
        self._newest = columns.order_by(items.c.position.desc())
        at = items.alias("at")
        seen = select(at.c.position).where(at.c.thread_id == bindparam("thread"), at.c.id == bindparam("seen"))
        self._deep = self._newest.where(items.c.position < seen.scalar_subquery())
        self._body = records.dump_item(item("thr_0", 1, "word " * 100))
        event.listen(self._engine.sync_engine, "connect", _wait_for_the_disk)

    async def close(self) -> None:
        await self._engine.dispose()

    async def newest_threads(self) -> object:
        async with self._engine.connect() as connection:
            return (await connection.execute(self._threads, {"visitor": self.any_visitor()})).all()

    async def thread_of_20(self) -> object:
        async with self._engine.connect() as connection:
            return (await connection.execute(self._first, {"thread": self.any_thread()})).all()

    async def newest_page(self) -> object:
        async with self._engine.connect() as connection:
            return (await connection.execute(self._newest, {"thread": self._long})).all()

    async def deep_page(self) -> object:
        async with self._engine.connect() as connection:
            given = {"thread": self._long, "seen": self.cursor()}
            return (await connection.execute(self._deep, given)).all()

    async def add_item(self) -> None:
        row = {"t": self.any_thread(), "i": self.fresh_id(), "b": self._body}
        async with self._engine.begin() as connection:
            await connection.execute(ADD_ITEM_BY_NAME, row)


def _wait_for_the_disk(connection: DBAPIConnection, _record: object) -> None:
    connection.cursor().execute("PRAGMA synchronous = FULL")


class Ours(Side):
    """`SqlStore`: everything it does, from the check of the owner to openai-chatkit's objects."""

    def __init__(self, database: Database, how_many: int) -> None:
        super().__init__(how_many)
        self.store = SqlStore(database)

    def owner(self, thread_id: str) -> Context:
        return Context(Visitor(f"visitor_{int(thread_id.removeprefix('thr_')) // THREADS_OF_A_VISITOR}"))

    async def newest_threads(self) -> object:
        return await self.store.load_threads(20, None, "desc", Context(Visitor(self.any_visitor())))

    async def thread_of_20(self) -> object:
        name = self.any_thread()
        return await self.store.load_thread_items(name, None, 20, "asc", self.owner(name))

    async def newest_page(self) -> object:
        return await self.store.load_latest_items(self._long, 20, self.owner(self._long))

    async def deep_page(self) -> object:
        return await self.store.load_thread_items(self._long, self.cursor(), 20, "desc", self.owner(self._long))

    async def add_item(self) -> None:
        name = self.any_thread()
        said = item(name, 1, "word " * 100).model_copy(update={"id": self.fresh_id()})
        await self.store.add_thread_item(name, said, self.owner(name))

    async def thread_and_items(self) -> object:
        name = self.any_thread()
        return await self.store.thread_and_items(name, 20, self.owner(name))

    async def load_thread(self) -> object:
        name = self.any_thread()
        return await self.store.load_thread(name, self.owner(name))

    async def load_item(self) -> object:
        name = self.any_thread()
        return await self.store.load_item(name, "msg_7", self.owner(name))

    async def save_thread(self) -> None:
        name = self.any_thread()
        thread = ThreadMetadata(id=name, created_at=START, title="Renamed")
        await self.store.save_thread(thread, self.owner(name))

    async def save_item(self) -> None:
        name = self.any_thread()
        await self.store.save_item(name, item(name, 7, "word " * 100), self.owner(name))

    async def add_feedback(self) -> None:
        name = self.any_thread()
        await self.store.add_feedback(name, ["msg_7"], "positive", self.owner(name))

    async def first_turn(self) -> None:
        """All that a first question with its answer and title writes."""
        context = Context(Visitor(self.fresh_id()))
        now = datetime.now(UTC)
        thread = ThreadMetadata(id=self.store.generate_thread_id(context), created_at=now)
        asked = item(thread.id, 2, "word " * 20)
        assert isinstance(asked, UserMessageItem)
        await self.store.begin_turn(thread, asked, context, new=True)
        await self.store.add_thread_item(thread.id, item(thread.id, 3, "word " * 200), context)
        thread.title = "A title"
        await self.store.save_thread(thread, context)


# Measuring ---------------------------------------------------------------------------------------------


async def measure(operations: dict[str, Operation], rounds: int) -> dict[str, Cost]:
    """Each operation's cost; they take turns, so that a noisy moment is everybody's."""
    times: dict[str, list[float]] = {name: [] for name in operations}
    cpu = dict.fromkeys(operations, 0.0)
    for count in range(rounds + rounds // 10):
        for name, operation in operations.items():
            begun, busy = time.perf_counter(), time.process_time()
            await operation()
            if count >= rounds // 10:  # What came before was to warm up.
                times[name].append(time.perf_counter() - begun)
                cpu[name] += time.process_time() - busy
    return {name: _cost(sorted(times[name]), cpu[name]) for name in operations}


def _cost(times: list[float], cpu: float) -> Cost:
    count = len(times)
    return Cost(statistics.median(times) * 1e3, times[count * 95 // 100] * 1e3, cpu / count * 1e3)


async def throughput(operation: Operation, how_many: int) -> float:
    """Operations a second with 50 callers at once."""

    async def caller() -> None:
        for _ in range(how_many // WRITERS):
            await operation()

    begun = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(WRITERS)))
    return how_many / (time.perf_counter() - begun)


def report(row: str, costs: dict[str, Cost]) -> None:
    for side, cost in costs.items():
        print(f"{row:16} {side:34} {cost.p50:8.3f} {cost.p95:8.3f} {cost.cpu:8.3f}", flush=True)


async def compare(path: Path, how_many: int, rounds: int) -> None:
    bare, aio = Bare(path, how_many, "FULL"), Aio(path, how_many, "FULL")
    core, ours = AsyncCore(path, how_many), Ours(SqliteDatabase(path), how_many)
    normal = Bare(path, how_many, "NORMAL")
    sides = {"sqlite3": bare, "aiosqlite": aio, "SQLAlchemy over aiosqlite": core, "SqlStore": ours}
    await aio.open()
    async with ours.store:
        print(f"{'':51} {'p50 ms':>8} {'p95 ms':>8} {'cpu ms':>8}")
        for row in ("newest_threads", "thread_of_20", "newest_page", "deep_page", "add_item"):
            operations: dict[str, Operation] = {name: getattr(side, row) for name, side in sides.items()}
            if row == "add_item":
                operations["sqlite3, synchronous=NORMAL"] = normal.add_item
            report(row, await measure(operations, rounds))
        for row in ("load_thread", "thread_and_items", "load_item"):
            report(row, await measure({"SqlStore": getattr(ours, row)}, rounds))
        for row in ("save_thread", "save_item", "add_feedback", "first_turn"):
            report(row, await measure({"SqlStore": getattr(ours, row)}, rounds))
        for row in ("add_item", "newest_page"):
            rate = await throughput(getattr(ours, row), WRITERS * rounds // 10)
            print(f"{row:16} {f'SqlStore, {WRITERS} callers at once':34} {rate:8,.0f}/s")
    for side in (bare, aio, core, normal):
        await side.close()


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--threads", type=int, default=20_000)
    options.add_argument("--rounds", type=int, default=400)
    options.add_argument("--keep", type=Path, help="make the database in this folder, or use the one there")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = (chosen.keep or Path(folder)) / f"threads-{chosen.threads}.db"
        if not path.exists():
            begun = time.perf_counter()
            generate(path, chosen.threads)
            print(f"made {path.stat().st_size / 1e6:,.0f} MB in {time.perf_counter() - begun:.0f} s")
        print(f"Python {sys.version.split()[0]}, SQLite {sqlite3.sqlite_version}, {chosen.threads} threads")
        asyncio.run(compare(path, chosen.threads, chosen.rounds))


if __name__ == "__main__":
    main()
