"""SQLite under load, and in trouble."""

from __future__ import annotations

import asyncio
import contextlib
import os
import resource
import shutil
import signal
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from chatkit.store import NotFoundError

from teahouse.store import ItemUnreadable, SqliteDatabase, SqlStore, StoreUnavailable
from teahouse.store import engine as store_engine
from teahouse.store import sqlite as store_sqlite
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
)
from teahouse.store.queries import Row, Steps, Work, plain

from .things import ALICE, answer, ids, thread


class Gate:
    """Work that holds a thread of the database until it is told to go on."""

    def __init__(self) -> None:
        self.entered = threading.Event()
        self.released = threading.Event()

    def __call__(self) -> Steps[None]:
        self.entered.set()
        self.released.wait(timeout=20)  # So that a test that fails meanwhile ends, too.
        yield plain("SELECT 1")

    async def reached(self) -> None:
        await asyncio.to_thread(self.entered.wait)


@pytest.fixture
async def database(path: Path) -> Any:
    database = SqliteDatabase(path, readers=2)
    await database.open()
    yield database
    await database.close()


async def unavailable(call: Any) -> StoreUnavailable:
    with pytest.raises(StoreUnavailable) as caught:
        await call
    assert all(caught.value.message(language) for language in ("en", "zh"))
    return caught.value


def asks(sql: str) -> Work[list[Row]]:
    """Work that asks one thing."""

    def work() -> Steps[list[Row]]:
        return list((yield plain(sql)).all)

    return work


@pytest.fixture
def commits(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The transactions committed during the test."""
    seen: list[str] = []

    def note(sql: str) -> None:
        if sql == "COMMIT":
            seen.append(sql)

    def connect(path: Path) -> sqlite3.Connection:
        connection = store_engine.connect(path)
        connection.set_trace_callback(note)
        return connection

    monkeypatch.setattr(store_sqlite, "connect", connect)
    return seen


async def test_writers_that_wait_together_are_committed_together(commits: list[str], database: Any) -> None:
    """And one that is refused does not spoil the others."""
    store = SqlStore(database)
    await store.save_thread(thread(), ALICE)
    gate = Gate()
    holding = asyncio.create_task(database.write(gate))
    await gate.reached()
    commits.clear()
    calls = [store.add_thread_item("thr_1", answer(f"msg_{number}"), ALICE) for number in range(20)]
    calls.insert(10, store.add_thread_item("thr_9", answer("lost"), ALICE))
    writes = [asyncio.create_task(call) for call in calls]
    await all_queued()
    gate.released.set()
    results = await asyncio.gather(holding, *writes, return_exceptions=True)

    assert [result for result in results if result is not None] == [results[11]]
    assert isinstance(results[11], NotFoundError)
    assert len(commits) == 2  # The gate's, and one for all that waited for it.
    page = await store.load_thread_items("thr_1", None, 100, "asc", ALICE)
    assert ids(page.data) == [f"msg_{number}" for number in range(20)]


async def all_queued() -> None:
    """Let tasks that were just made run to where they wait for the database."""
    await asyncio.sleep(0)


async def test_many_visitors_at_once_lose_nothing(store: SqlStore) -> None:
    await store.save_thread(thread(), ALICE)
    await asyncio.gather(*(store.add_thread_item("thr_1", answer(f"msg_{n}"), ALICE) for n in range(200)))
    first = await store.load_thread_items("thr_1", None, 100, "asc", ALICE)
    second = await store.load_thread_items("thr_1", first.after, 100, "asc", ALICE)
    assert {item.id for item in first.data + second.data} == {f"msg_{n}" for n in range(200)}


async def test_readers_do_not_wait_for_a_writer(database: Any) -> None:
    gate = Gate()
    writing = asyncio.create_task(database.write(gate))
    await gate.reached()
    await SqlStore(database).ping()
    gate.released.set()
    await writing


async def test_a_write_cancelled_while_it_waits_is_not_done(database: Any) -> None:
    store = SqlStore(database)
    gate = Gate()
    holding = asyncio.create_task(database.write(gate))
    await gate.reached()
    waiting = asyncio.create_task(store.save_thread(thread(), ALICE))
    await all_queued()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    gate.released.set()
    await holding
    assert (await store.load_threads(20, None, "desc", ALICE)).data == []


async def test_a_write_cancelled_half_way_is_done_wholly(database: Any) -> None:
    gate = Gate()

    def work() -> Steps[None]:
        yield plain("INSERT INTO threads VALUES ('thr_1', 'alice', 0, '{}')")
        yield from gate()
        yield plain("INSERT INTO items VALUES ('thr_1', 1, 'msg_1', '{}')")

    writing = asyncio.create_task(database.write(work))
    await gate.reached()
    writing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await writing
    gate.released.set()
    assert len(await database.write(asks("SELECT 1 FROM items"))) == 1


async def test_work_that_fails_leaves_nothing_behind(database: Any) -> None:
    def work() -> Steps[None]:
        yield plain("INSERT INTO threads VALUES ('thr_1', 'alice', 0, '{}')")
        raise KeyError("half-way")

    with pytest.raises(KeyError):
        await database.write(work)
    assert await database.read(asks("SELECT 1 FROM threads")) == []


async def test_work_that_fails_among_others_leaves_nothing_behind(database: Any) -> None:
    def insert(name: str) -> Work[None]:
        def work() -> Steps[None]:
            yield plain(f"INSERT INTO threads VALUES ('{name}', 'alice', 0, '{{}}')")
            if name == "thr_bad":
                raise KeyError(name)

        return work

    gate = Gate()
    holding = asyncio.create_task(database.write(gate))
    await gate.reached()
    names = ["thr_1", "thr_bad", "thr_2"]
    writes = [asyncio.create_task(database.write(insert(name))) for name in names]
    await all_queued()
    gate.released.set()
    results = await asyncio.gather(holding, *writes, return_exceptions=True)
    assert [type(result) for result in results] == [type(None), type(None), KeyError, type(None)]
    found = await database.read(asks("SELECT id FROM threads ORDER BY id"))
    assert [row["id"] for row in found] == ["thr_1", "thr_2"]


async def test_one_who_waits_too_long_is_told_so(path: Path) -> None:
    database = SqliteDatabase(path, seconds=0.05)
    await database.open()
    gate = Gate()
    problem = await unavailable(database.write(gate))
    assert problem.kind is OVERLOADED
    gate.released.set()
    await database.close()


async def test_what_is_queued_when_the_store_closes_is_still_done(path: Path) -> None:
    database = SqliteDatabase(path)
    store = SqlStore(database)
    await store.open()
    gate = Gate()
    holding = asyncio.create_task(database.write(gate))
    await gate.reached()
    waiting = asyncio.create_task(store.save_thread(thread(), ALICE))
    await all_queued()
    closing = asyncio.create_task(store.close())
    gate.released.set()
    await asyncio.gather(holding, waiting, closing)
    async with SqlStore(SqliteDatabase(path)) as again:
        assert (await again.load_thread("thr_1", ALICE)).id == "thr_1"


async def test_a_store_that_is_not_open_says_so_and_can_be_opened_again(path: Path) -> None:
    store = SqlStore(SqliteDatabase(path))
    assert (await unavailable(store.ping())).kind is CLOSED
    for _ in range(2):
        async with store:
            await store.ping()
        assert (await unavailable(store.ping())).kind is CLOSED
    await store.close()


async def test_a_cleanly_closed_database_is_one_file(path: Path) -> None:
    async with SqlStore(SqliteDatabase(path)) as store:
        await store.save_thread(thread(), ALICE)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_commits_wait_for_the_disk(database: Any) -> None:
    """synchronous=FULL (2) in WAL mode: a power cut takes no acknowledged message."""
    pragmas = {}
    for name in ("synchronous", "journal_mode", "foreign_keys"):
        pragmas[name] = (await database.write(asks(f"PRAGMA {name}")))[0][0]
    assert pragmas == {"synchronous": 2, "journal_mode": "wal", "foreign_keys": 1}


# Rows that cannot be read ------------------------------------------------------------------------------


async def test_a_row_edited_by_hand_is_left_out_and_the_rest_stays_readable(
    path: Path, store: SqlStore, caplog: pytest.LogCaptureFixture
) -> None:
    await store.save_thread(thread(), ALICE)
    for number in range(4):
        await store.add_thread_item("thr_1", answer(f"msg_{number}"), ALICE)
    with contextlib.closing(sqlite3.connect(path)) as editor:
        editor.execute("UPDATE items SET body = '{\"type\": \"telegram\"}' WHERE id = 'msg_1'")
        editor.execute("UPDATE items SET body = 'not json' WHERE id = 'msg_2'")
        editor.commit()

    page = await store.load_thread_items("thr_1", None, 20, "asc", ALICE)
    assert ids(page.data) == ["msg_0", "msg_3"]
    assert "msg_1" in caplog.text
    cut = await store.load_thread_items("thr_1", None, 2, "asc", ALICE)
    assert (ids(cut.data), cut.has_more, cut.after) == (["msg_0"], True, "msg_1")
    assert ids((await store.load_thread_items("thr_1", cut.after, 2, "asc", ALICE)).data) == ["msg_3"]
    with pytest.raises(ItemUnreadable, match="msg_2"):
        await store.load_item("thr_1", "msg_2", ALICE)


async def test_a_thread_edited_by_hand_does_not_empty_the_history(path: Path, store: SqlStore) -> None:
    for name in ("thr_1", "thr_2"):
        await store.save_thread(thread(name), ALICE)
    with contextlib.closing(sqlite3.connect(path)) as editor:
        editor.execute("UPDATE threads SET body = '[]' WHERE id = 'thr_1'")
        editor.commit()
    assert ids((await store.load_threads(20, None, "desc", ALICE)).data) == ["thr_2"]
    with pytest.raises(ItemUnreadable, match="thr_1"):
        await store.load_thread("thr_1", ALICE)


# Trouble with the file ---------------------------------------------------------------------------------


async def test_a_full_database_confirms_nothing_and_recovers(path: Path, database: Any) -> None:
    store = SqlStore(database)
    await store.save_thread(thread(), ALICE)
    await limit_pages(database, 2)

    problem = await unavailable(store.add_thread_item("thr_1", answer("msg_1", "x" * 100_000), ALICE))
    assert problem.kind is DISK_FULL
    assert (await store.load_thread_items("thr_1", None, 20, "asc", ALICE)).data == []

    # (The failed connection was replaced by a fresh one, which has no such limit.)
    await store.add_thread_item("thr_1", answer("msg_1", "x" * 100_000), ALICE)
    assert len((await store.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == 1


async def test_when_the_disk_is_full_no_writer_of_a_batch_is_told_that_it_is_stored(database: Any) -> None:
    store = SqlStore(database)
    await store.save_thread(thread(), ALICE)
    await limit_pages(database, 2)
    gate = Gate()
    holding = asyncio.create_task(database.write(gate))
    await gate.reached()
    sizes = [10, 10, 100_000, 10]
    writes = [
        asyncio.create_task(store.add_thread_item("thr_1", answer(f"msg_{n}", "x" * size), ALICE))
        for n, size in enumerate(sizes)
    ]
    await all_queued()
    gate.released.set()
    await holding
    results = await asyncio.gather(*writes, return_exceptions=True)
    confirmed = {f"msg_{n}" for n, result in enumerate(results) if result is None}
    stored = {item.id for item in (await store.load_thread_items("thr_1", None, 20, "asc", ALICE)).data}
    assert stored == confirmed == set()


async def limit_pages(database: Any, more: int) -> None:
    pages = (await database.write(asks("PRAGMA page_count")))[0][0]
    await database.write(asks(f"PRAGMA max_page_count = {pages + more}"))


async def test_a_disk_that_refuses_to_write_is_named(path: Path, store: SqlStore) -> None:
    """As with a quota: here, the largest file this process may write."""
    await store.save_thread(thread(), ALICE)
    with largest_file(1_000):
        problem = await unavailable(store.add_thread_item("thr_1", answer("msg_1", "x" * 50_000), ALICE))
    assert problem.kind in (DISK_FAILED, DISK_FULL)
    await store.add_thread_item("thr_1", answer("msg_1"), ALICE)
    assert integrity(path) == "ok"


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    previous = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, previous)


def integrity(path: Path) -> str:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return str(connection.execute("PRAGMA integrity_check").fetchone()[0])


async def test_a_lock_held_by_another_program_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store_engine, "BUSY_SECONDS", 0)
    async with SqlStore(SqliteDatabase(path)) as store:
        with contextlib.closing(sqlite3.connect(path)) as other:
            other.execute("BEGIN IMMEDIATE")
            problem = await unavailable(store.save_thread(thread(), ALICE))
            assert (problem.kind, problem.kind.retry) == (LOCKED, True)
            await store.ping()
            other.rollback()
        await store.save_thread(thread(), ALICE)


def test_a_file_that_is_no_database_is_left_alone(path: Path) -> None:
    path.write_bytes(b"Dear diary, " * 1000)
    problem = asyncio.run(unavailable(SqlStore(SqliteDatabase(path)).open()))
    assert problem.kind is NOT_A_DATABASE
    assert path.read_bytes() == b"Dear diary, " * 1000


def damage(path: Path) -> None:
    healthy = path.read_bytes()
    path.write_bytes(healthy[:4096] + b"\xa5" * (len(healthy) - 4096))


async def test_a_damaged_file_is_named(path: Path) -> None:
    async with SqlStore(SqliteDatabase(path)) as store:
        await store.save_thread(thread(), ALICE)
        for number in range(50):
            await store.add_thread_item("thr_1", answer(f"msg_{number}", "x" * 2000), ALICE)
    damage(path)

    async def use() -> None:
        async with SqlStore(SqliteDatabase(path)) as store:
            await store.load_thread_items("thr_1", None, 20, "asc", ALICE)

    problem = await unavailable(use())
    assert (problem.kind, problem.kind.retry) == (DAMAGED, False)


async def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    problem = await unavailable(SqlStore(SqliteDatabase(tmp_path / "no" / "teahouse.db")).open())
    assert problem.kind is CANNOT_OPEN
    assert str(tmp_path) in problem.message()


async def test_a_folder_one_may_not_write_to_is_named() -> None:
    import alembic.command  # noqa: F401  (Imported while we still may read everything.)

    with public_folder() as folder:
        folder.chmod(0o555)
        with unprivileged():
            problem = await unavailable(SqlStore(SqliteDatabase(folder / "teahouse.db")).open())
        assert problem.kind is CANNOT_OPEN


async def test_a_database_one_may_not_write_to_is_named() -> None:
    with public_folder() as folder:
        async with SqlStore(SqliteDatabase(folder / "teahouse.db")) as store:
            await store.save_thread(thread(), ALICE)
        (folder / "teahouse.db").chmod(0o444)
        folder.chmod(0o555)
        with unprivileged():
            problem = await unavailable(SqlStore(SqliteDatabase(folder / "teahouse.db")).open())
        assert problem.kind in (NOT_WRITABLE, CANNOT_OPEN)


@contextlib.contextmanager
def public_folder() -> Iterator[Path]:
    """A folder that other users reach (pytest's own are the user's alone)."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        folder.chmod(0o755)
        shutil.rmtree(folder)


@contextlib.contextmanager
def unprivileged() -> Iterator[None]:
    """Root may write anywhere; be nobody instead. (All threads of the process change with this.)"""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    try:
        yield
    finally:
        os.seteuid(0)


async def test_visitors_do_not_learn_where_the_file_lies(path: Path, store: SqlStore) -> None:
    await store.save_thread(thread(), ALICE)
    with largest_file(1_000):
        problem = await unavailable(store.add_thread_item("thr_1", answer("msg_1", "x" * 50_000), ALICE))
    assert str(path.parent) not in problem.message()
