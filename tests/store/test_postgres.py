"""PostgreSQL in trouble, and many at once on it."""

from __future__ import annotations

import asyncio
import logging
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import asyncpg
import pytest
from chatkit.store import NotFoundError

from postgres_server import PASSWORD, PostgresServer
from teahouse.store import OutcomeUnknown, SqlStore, StoreUnavailable, schema
from teahouse.store import errors as store_errors
from teahouse.store.errors import (
    CLOSED,
    CONNECTION_LOST,
    DISK_FULL,
    NO_SUCH_DATABASE,
    NOT_PERMITTED,
    OVERLOADED,
    READ_ONLY,
    SIGN_IN_REFUSED,
    TOO_MANY_CONNECTIONS,
    UNREACHABLE,
)
from teahouse.store.postgres import PostgresDatabase
from teahouse.store.queries import Row, Steps, Work, plain

from .conftest import emptied
from .things import ALICE, BOB, answer, attachment, ids, thread

COUNT_THREADS = "SELECT id FROM threads"


@pytest.fixture
async def database(postgres: PostgresServer) -> AsyncIterator[PostgresDatabase]:
    async with opened(postgres.url("shared"), connections=3) as database:
        yield database


@asynccontextmanager
async def opened(url: str, **options: Any) -> AsyncIterator[PostgresDatabase]:
    database = PostgresDatabase(url, **options)
    await database.open()
    await database.write(emptied)
    try:
        yield database
    finally:
        await database.close()


def asks(*queries: str) -> Work[list[Row]]:
    """Work that asks for things one after the other, and finds what the last one finds."""

    def work() -> Steps[list[Row]]:
        found: list[Row] = []
        for query in queries:
            found = list((yield plain(query)).all)
        return found

    return work


def adds(name: str) -> str:
    return f"INSERT INTO threads VALUES ('{name}', 'alice', 0, '{{}}')"


async def unavailable(call: Any) -> StoreUnavailable:
    with pytest.raises(StoreUnavailable) as caught:
        await call
    for language in ("en", "zh"):
        message = caught.value.message(language)
        assert message
        assert "{" not in message
        assert PASSWORD not in message
    return caught.value


class Pause:
    """Work that stands still, in the middle of a transaction, while a test does something."""

    def __init__(self, database: PostgresDatabase, *before: str, after: str = "SELECT 1", write: bool = True) -> None:
        self._before = before
        self._after = after
        self._run = database.write if write else database.read
        self.tries = 0

    async def during(self, act: Any) -> Any:
        """Run the transaction, and `act()` in the thread of another while it stands still, the first time."""

        def work() -> Steps[int]:
            self.tries += 1
            for query in self._before:
                yield plain(query)
            if self.tries == 1:
                act()
            yield plain(self._after)
            return self.tries

        return await self._run(work)


# Everyday ----------------------------------------------------------------------------------------------


async def test_tables_lie_in_a_schema_of_their_own(database: PostgresDatabase, postgres: PostgresServer) -> None:
    """So that names as common as `items` may be taken by the application next door."""
    found = postgres.sql("SELECT DISTINCT schemaname FROM pg_tables WHERE tablename = 'items'", "shared")
    assert found == "teahouse"
    assert await database.revision() == schema.known()[-1]


async def test_commits_wait_for_the_disk_whatever_the_server_says(database: PostgresDatabase) -> None:
    assert (await database.read(asks("SHOW synchronous_commit")))[0][0] == "on"


async def test_work_that_fails_leaves_nothing_behind(database: PostgresDatabase) -> None:
    def work() -> Steps[None]:
        yield plain(adds("thr_1"))
        raise KeyError("half-way")

    with pytest.raises(KeyError):
        await database.write(work)
    assert await database.read(asks(COUNT_THREADS)) == []


async def test_many_at_once_in_one_thread_lose_nothing(database: PostgresDatabase) -> None:
    """Added and saved, by two replicas: no two items take one position."""
    async with opened_beside(database) as other:
        here, there = SqlStore(database), SqlStore(other)
        await here.save_thread(thread(), ALICE)
        calls = [store.add_thread_item("thr_1", answer(f"a_{n}_{k}"), ALICE)
                 for n in range(20) for k, store in enumerate((here, there))]  # fmt: skip
        calls += [store.save_item("thr_1", answer(f"s_{n}"), ALICE) for n in range(20) for store in (here, there)]
        await asyncio.gather(*calls)
        page = await here.load_thread_items("thr_1", None, 100, "asc", ALICE)
        assert len(set(ids(page.data))) == len(page.data) == 60


@asynccontextmanager
async def opened_beside(database: PostgresDatabase) -> AsyncIterator[PostgresDatabase]:
    other = PostgresDatabase(database._url, connections=3)
    await other.open()
    yield other
    await other.close()


async def test_transactions_that_lock_each_other_out_are_both_done(database: PostgresDatabase) -> None:
    await database.write(asks(adds("thr_1"), adds("thr_2")))
    begun: list[str] = []

    def crosswise(first: str, second: str) -> Work[None]:
        def work() -> Steps[None]:
            yield plain(changes(first))
            begun.append(first)
            while len(begun) < 2:
                yield plain("SELECT 1")  # until the other one holds its row, too
            yield plain(changes(second))

        return work

    await asyncio.gather(database.write(crosswise("thr_1", "thr_2")), database.write(crosswise("thr_2", "thr_1")))
    assert len(begun) == 3
    rows = await database.read(asks("SELECT updated_at FROM threads"))
    assert [row[0] for row in rows] == [2, 2]


def changes(name: str) -> str:
    return f"UPDATE threads SET updated_at = updated_at + 1 WHERE id = '{name}'"


async def test_a_description_of_a_thread_deleted_meanwhile_is_not_found(
    database: PostgresDatabase, postgres: PostgresServer
) -> None:
    """Between the look at the thread and the row that refers to it."""
    store = SqlStore(database)
    await store.save_thread(thread(), ALICE)
    write, tries = database.write, 0

    async def interrupted(work: Work[Any]) -> Any:
        def slowly() -> Steps[Any]:
            nonlocal tries
            tries += 1
            steps = work()
            rows = yield next(steps)
            if tries == 1:
                postgres.sql("DELETE FROM teahouse.threads", "shared")
            while True:
                try:
                    query = steps.send(rows)
                except StopIteration as done:
                    return done.value
                rows = yield query

        return await write(slowly)

    database.write = interrupted  # type: ignore[method-assign]
    with pytest.raises(NotFoundError):
        await store.save_attachment(attachment(thread_id="thr_1"), ALICE)
    assert tries == 2


async def test_a_table_changed_by_a_newer_replica_does_not_stop_this_one(
    database: PostgresDatabase, postgres: PostgresServer
) -> None:
    """The server refuses the plan that this connection has prepared."""
    await database.write(asks("SELECT * FROM threads"))
    postgres.sql("ALTER TABLE teahouse.threads ADD COLUMN colour text", "shared")
    try:
        assert await database.write(asks("SELECT * FROM threads")) == []
    finally:
        postgres.sql("ALTER TABLE teahouse.threads DROP COLUMN colour", "shared")


async def test_ids_that_postgresql_cannot_hold_find_nothing_and_break_nothing(database: PostgresDatabase) -> None:
    store = SqlStore(database)
    with pytest.raises(NotFoundError):
        await store.load_thread("thr_\0", ALICE)
    await store.save_thread(thread("thr_\0", title="T\0"), ALICE)
    assert (await store.load_thread("thr_\0", ALICE)).title == "T\0"
    assert ids((await store.load_threads(20, None, "desc", ALICE)).data) == ["thr_\0"]
    assert (await store.load_threads(20, None, "desc", BOB)).data == []


# Restarts and lost connections -------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_after_a_restart_of_the_server_work_goes_on(
    database: PostgresDatabase, postgres: PostgresServer, how: str
) -> None:
    """Nobody sees an error, though the pool's connections are all dead."""
    store = SqlStore(database)
    await store.save_thread(thread(), ALICE)
    await asyncio.gather(*(store.ping() for _ in range(10)))
    getattr(postgres, how)()
    postgres.start()
    await asyncio.gather(*(store.load_thread("thr_1", ALICE) for _ in range(5)))
    await store.add_thread_item("thr_1", answer("msg_1"), ALICE)
    assert len((await store.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == 1


async def test_a_stopped_server_is_told_and_left_out_of_what_visitors_read(
    database: PostgresDatabase, postgres: PostgresServer, caplog: pytest.LogCaptureFixture
) -> None:
    await database.read(asks("SELECT 1"))
    postgres.stop()
    try:
        problem = await unavailable(SqlStore(database).ping())
        assert problem.kind in (UNREACHABLE, CONNECTION_LOST)
        assert problem.kind.retry
        problem = await unavailable(SqlStore(database).ping())
    finally:
        postgres.start()
    assert problem.kind is UNREACHABLE
    assert "127.0.0.1" not in problem.message()
    assert "127.0.0.1" in caplog.text
    assert PASSWORD not in caplog.text
    await SqlStore(database).ping()


async def test_a_read_whose_connection_is_killed_is_asked_again(
    database: PostgresDatabase, postgres: PostgresServer
) -> None:
    assert await Pause(database, "SELECT 1", write=False).during(lambda: kill_connections(postgres)) == 2


async def test_a_write_killed_before_its_commit_is_done_once(
    database: PostgresDatabase, postgres: PostgresServer
) -> None:
    pause = Pause(database, adds("thr_1"))
    assert await pause.during(lambda: kill_connections(postgres)) == 2
    assert len(await database.read(asks(COUNT_THREADS))) == 1


def kill_connections(postgres: PostgresServer) -> None:
    postgres.sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'teahouse'")


@pytest.mark.parametrize("committed", [True, False], ids=["done", "not done"])
async def test_a_write_cut_off_in_its_commit_is_not_tried_again(
    database: PostgresDatabase, postgres: PostgresServer, monkeypatch: pytest.MonkeyPatch, committed: bool
) -> None:
    """The answer to COMMIT is lost, once after it was done and once before."""
    execute = asyncpg.Connection.execute
    commits = 0

    async def cut_off(self: Any, query: str, *values: Any, **options: Any) -> str:
        nonlocal commits
        if query != "COMMIT":
            return str(await execute(self, query, *values, **options))
        commits += 1
        if committed:
            await execute(self, query)
        self.terminate()
        raise asyncpg.ConnectionDoesNotExistError("connection was closed in the middle of operation")

    monkeypatch.setattr(asyncpg.Connection, "execute", cut_off)
    problem = await unavailable(database.write(asks(adds("thr_1"))))
    assert isinstance(problem, OutcomeUnknown)
    assert not problem.kind.retry
    assert commits == 1
    monkeypatch.undo()
    assert len(await database.read(asks(COUNT_THREADS))) == committed


# Waits have an end -------------------------------------------------------------------------------------


async def test_a_statement_that_takes_too_long_is_ended(postgres: PostgresServer) -> None:
    async with opened(postgres.url("shared"), statement_seconds=0.5) as database:
        problem = await unavailable(database.read(asks("SELECT pg_sleep(20)")))
        assert problem.kind is OVERLOADED
        await database.read(asks("SELECT 1"))


@contextmanager
def impatient(database: PostgresDatabase) -> Iterator[None]:
    """Short limits, where nothing but reaching them is expected."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(database, "_seconds", 0.3)
        patched.setattr(database, "_connect_seconds", 0.2)
        yield


async def test_who_finds_every_connection_busy_is_told_so(postgres: PostgresServer) -> None:
    async with opened(postgres.url("shared"), connections=1) as database:
        with impatient(database):
            holding = asyncio.create_task(database.write(asks(adds("thr_1"), "SELECT pg_sleep(20)")))
            waiting = asyncio.create_task(SqlStore(database).ping())
            for task in (holding, waiting):
                assert (await unavailable(task)).kind is OVERLOADED
        await SqlStore(database).ping()
        assert await database.read(asks(COUNT_THREADS)) == []


async def test_a_server_that_hears_nothing_keeps_nobody_waiting(postgres: PostgresServer) -> None:
    """As when a firewall swallows packets: neither connections nor answers come, nor refusals."""
    async with opened(postgres.url("shared")) as database:
        await SqlStore(database).ping()
        postgres.freeze()
        try:
            with impatient(database):
                assert (await unavailable(database.read(asks("SELECT 1")))).kind is OVERLOADED
                assert (await unavailable(database.write(asks(adds("thr_1"))))).kind is UNREACHABLE
        finally:
            postgres.thaw()
        await SqlStore(database).ping()


async def test_a_commit_that_nothing_is_heard_of_is_not_called_undone(postgres: PostgresServer) -> None:
    async with opened(postgres.url("shared"), seconds=2) as database:
        pause = Pause(database, adds("thr_1"))
        execute = asyncpg.Connection.execute

        async def frozen(self: Any, query: str, *values: Any, **options: Any) -> str:
            if query == "COMMIT":
                postgres.freeze()
            return str(await execute(self, query, *values, **options))

        with pytest.MonkeyPatch.context() as patched:
            patched.setattr(asyncpg.Connection, "execute", frozen)
            try:
                problem = await unavailable(pause.during(lambda: None))
            finally:
                postgres.thaw()
        assert isinstance(problem, OutcomeUnknown), problem.message()


async def test_a_cancelled_write_is_not_done_and_frees_its_connection(postgres: PostgresServer) -> None:
    async with opened(postgres.url("shared"), connections=1) as database:
        writing = asyncio.create_task(database.write(asks(adds("thr_1"), "SELECT pg_sleep(20)")))
        await active(postgres)
        writing.cancel()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert sleeping(postgres) == 0
        assert await database.read(asks(COUNT_THREADS)) == []


async def active(postgres: PostgresServer) -> None:
    """Return when a statement of ours sleeps."""
    while await asyncio.to_thread(sleeping, postgres) == 0:
        pass


def sleeping(postgres: PostgresServer) -> int:
    ours = "application_name = 'teahouse' AND wait_event = 'PgSleep'"
    return int(postgres.sql(f"SELECT count(*) FROM pg_stat_activity WHERE {ours}"))


async def test_closing_ends_though_somebody_still_works(postgres: PostgresServer) -> None:
    database = PostgresDatabase(postgres.url("shared"))
    await database.open()
    working = asyncio.create_task(database.read(asks("SELECT pg_sleep(20)")))
    await active(postgres)
    with impatient(database):
        await database.close()
    with pytest.raises(StoreUnavailable):
        await working
    assert (await unavailable(database.read(asks("SELECT 1")))).kind is CLOSED
    await database.close()


# What keeps it from opening ----------------------------------------------------------------------------


@pytest.fixture
def closed_port() -> Iterator[int]:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        yield silent.getsockname()[1]


async def refused(url: str, **options: Any) -> StoreUnavailable:
    return await unavailable(PostgresDatabase(url, **options).open())


async def test_a_wrong_password_is_named_and_not_shown(postgres: PostgresServer) -> None:
    problem = await refused(postgres.url("shared", password="oolong"))
    assert problem.kind is SIGN_IN_REFUSED
    assert "“teahouse”" in problem.message()
    assert "oolong" not in problem.message() + repr(problem) + repr(problem.__cause__)


async def test_an_unknown_user_is_named(postgres: PostgresServer) -> None:
    problem = await refused(postgres.url("shared").replace("//teahouse", "//stranger"))
    assert problem.kind is SIGN_IN_REFUSED
    assert "“stranger”" in problem.message("zh")


async def test_a_missing_database_is_named(postgres: PostgresServer) -> None:
    problem = await refused(postgres.url("attic"))
    assert problem.kind is NO_SUCH_DATABASE
    assert "“attic”" in problem.message()


async def test_a_port_that_refuses_is_named(closed_port: int) -> None:
    problem = await refused(f"postgresql://tea:pot@127.0.0.1:{closed_port}/tea")
    assert problem.kind is UNREACHABLE
    assert f"127.0.0.1:{closed_port}" in problem.message()
    assert "the connection is refused" in problem.message("en")
    assert "连接被拒绝" in problem.message("zh")


async def test_a_host_that_does_not_exist_is_named() -> None:
    problem = await refused("postgresql://tea:pot@no-such-host.invalid/tea")
    assert problem.kind is UNREACHABLE
    assert "no-such-host.invalid" in problem.message()


async def test_a_server_that_says_nothing_is_not_waited_for(silent_port: int) -> None:
    problem = await refused(f"postgresql://tea:pot@127.0.0.1:{silent_port}/tea", connect_seconds=0.1)
    assert problem.kind is UNREACHABLE
    assert "0.1" in problem.message()


async def test_a_server_without_tls_is_not_talked_to_in_the_clear(postgres: PostgresServer) -> None:
    problem = await refused(postgres.url("shared", query="?sslmode=require"))
    assert problem.kind is UNREACHABLE
    assert "SSL" in problem.message()


async def test_a_user_without_rights_is_told_which(postgres: PostgresServer) -> None:
    postgres.sql(f"CREATE ROLE guest LOGIN PASSWORD '{PASSWORD}'")
    postgres.sql("CREATE DATABASE private")
    problem = await refused(postgres.url("private").replace("//teahouse", "//guest"))
    assert problem.kind is NOT_PERMITTED
    assert "CREATE SCHEMA teahouse" in problem.message()
    postgres.sql("CREATE SCHEMA teahouse AUTHORIZATION guest", "private")
    async with opened(postgres.url("private").replace("//teahouse", "//guest")) as database:
        await SqlStore(database).save_thread(thread(), ALICE)


async def test_a_server_that_is_full_says_so(postgres: PostgresServer) -> None:
    postgres.sql(f"CREATE ROLE few LOGIN PASSWORD '{PASSWORD}' CONNECTION LIMIT 0")
    problem = await refused(postgres.url("shared").replace("//teahouse", "//few"))
    assert problem.kind is TOO_MANY_CONNECTIONS
    assert "10" in problem.message()


async def test_a_standby_takes_no_writes(database: PostgresDatabase, postgres: PostgresServer) -> None:
    postgres.sql("CREATE DATABASE standby")
    async with opened(postgres.url("standby")) as readable:
        postgres.sql("ALTER DATABASE standby SET default_transaction_read_only = on")
        await readable._pool.expire_connections()  # type: ignore[union-attr]
        await SqlStore(readable).ping()
        assert (await unavailable(readable.write(asks(adds("thr_1"))))).kind is READ_ONLY


async def test_a_full_disk_confirms_nothing(database: PostgresDatabase) -> None:
    fill = "DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = 'disk_full'; END $$"
    assert (await unavailable(database.write(asks(adds("thr_1"), fill)))).kind is DISK_FULL
    assert await database.read(asks(COUNT_THREADS)) == []


async def test_what_nobody_foresaw_names_its_code(database: PostgresDatabase, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.ERROR)
    problem = await unavailable(database.read(asks("SELECT nothing FROM nowhere")))
    assert problem.kind is store_errors.SERVER_FAILED
    assert "42P01" in problem.message()
    assert "nowhere" in caplog.text
