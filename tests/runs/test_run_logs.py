"""Our run logs in their three homes do what `teahouse.testing` asks of every one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from pydantic import SecretStr

from postgres_server import PostgresServer
from redis_server import RedisServer
from teahouse.protocol import Context, Visitor
from teahouse.run_types import NewRun
from teahouse.runs.log import MemoryLog
from teahouse.runs.redis_events import RedisEvents
from teahouse.runs.shared_log import SharedLog, beyond
from teahouse.store import SqlStore
from teahouse.store.postgres import PostgresDatabase
from teahouse.store.queries import Steps, plain
from teahouse.store.run_frames import PostgresEvents
from teahouse.testing.run_logs import OTHER, RUN, Replicas, RunLogConformance, expected, read


class TestMemory(RunLogConformance):
    @pytest.fixture
    async def replicas(self) -> AsyncIterator[Replicas]:
        log = MemoryLog()
        async with Replicas(log, log) as replicas:
            yield replicas


class Shared(RunLogConformance):
    """What only logs of several replicas do."""

    async def test_a_word_to_stop_reaches_the_owner(self, replicas: Replicas) -> None:
        replicas.reader.tell("stop", RUN)
        async with asyncio.timeout(10):
            assert await replicas.stopped.get() == RUN

    async def test_who_was_ended_by_others_writes_nothing_more(self, replicas: Replicas) -> None:
        """A replica that comes back from the dead."""
        frames = replicas.writer.begin(RUN)
        frames.append(b"0")
        await read(replicas.reader, RUN, enough=bool)
        replicas.reader.close(RUN)
        assert await read(replicas.reader, RUN) == expected(range(1))
        frames.append(b"1")
        async with asyncio.timeout(10):
            assert await replicas.lost.get() == RUN
        assert await replicas.reader.frames(RUN) == expected(range(1))

    async def test_what_the_log_has_forgotten_is_shipped_again(self, replicas: Replicas, forget: Any) -> None:
        """A crash of the log's home: the run goes on, and its readers miss nothing."""
        frames = replicas.writer.begin(RUN)
        for number in range(3):
            frames.append(b"%d" % number)
            await read(replicas.reader, RUN, enough=lambda said, n=number: said.endswith(b"data: %d\n\n" % n))
        await forget()
        frames.append(b"3")
        text = await read(replicas.reader, RUN, enough=lambda said: said.endswith(b"data: 3\n\n"))
        assert text == expected(range(4))

    async def test_an_outage_loses_nothing(self, replicas: Replicas, outage: Any) -> None:
        frames = replicas.writer.begin(RUN)
        frames.append(b"0")
        await read(replicas.reader, RUN, enough=bool)
        reading = asyncio.create_task(read(replicas.reader, RUN, after=1))
        async with outage():
            frames.append(b"1")
            frames.append(b"2")
        frames.append(b"3")
        replicas.writer.close(RUN)
        assert await reading == expected(range(1, 4))


class TestRedis(Shared):
    @pytest.fixture
    async def replicas(self, redis: RedisServer) -> AsyncIterator[Replicas]:
        url = SecretStr(redis.url(7))
        events = [RedisEvents(url), RedisEvents(url)]
        await events[0]._redis.flushdb()
        async with Replicas(SharedLog(events[0]), SharedLog(events[1])) as replicas:
            await heard(replicas)
            yield replicas
        for each in events:
            await each.aclose()

    @pytest.fixture
    def forget(self, redis: RedisServer) -> Any:
        async def forgotten() -> None:
            await asyncio.to_thread(redis.kill)
            await asyncio.to_thread(redis.start)

        return forgotten

    @pytest.fixture
    def outage(self, redis: RedisServer) -> Any:
        return lambda: Outage(redis.freeze, redis.thaw)


class TestPostgres(Shared):
    @pytest.fixture
    async def replicas(self, runs_database: str) -> AsyncIterator[Replicas]:
        async with SqlStore(PostgresDatabase(runs_database)) as one, SqlStore(PostgresDatabase(runs_database)) as two:
            await one.database.write(emptied)
            for run_id in (RUN, OTHER):
                context = Context(Visitor("alice"))
                context.run = NewRun(run_id, "rep_1")
                await one.ledger.claim(f"thread of {run_id}", context)
            async with Replicas(
                SharedLog(PostgresEvents(one.database)), SharedLog(PostgresEvents(two.database))
            ) as replicas:
                await heard(replicas)
                yield replicas

    @pytest.fixture
    def forget(self, runs_database: str, postgres: PostgresServer) -> Any:
        async def forgotten() -> None:
            postgres.sql("DELETE FROM teahouse.run_frames WHERE last > 1", runs_database.rpartition("/")[2])

        return forgotten

    @pytest.fixture
    def outage(self, postgres: PostgresServer) -> Any:
        def restart() -> None:
            postgres.stop()

        return lambda: Outage(restart, postgres.start)


class Outage:
    """Around what happens while the log's home cannot be used."""

    def __init__(self, begin: Any, end: Any) -> None:
        self._begin, self._end = begin, end

    async def __aenter__(self) -> None:
        await asyncio.to_thread(self._begin)

    async def __aexit__(self, *exception: object) -> None:
        await asyncio.to_thread(self._end)


def emptied() -> Steps[None]:
    yield plain("DELETE FROM runs")
    yield plain("DELETE FROM run_frames")


async def heard(replicas: Replicas) -> None:
    """Wait until both hear each other."""
    for speaker, listener in ((replicas.writer, replicas.reader), (replicas.reader, replicas.writer)):
        with listener.bells.at("hello") as bell:
            before = bell.rung
            async with asyncio.timeout(10):
                while bell.rung < before + 1:
                    speaker.tell("begun", "hello")
                    await bell.wait(before, 0.1)


@pytest.mark.parametrize(
    ("after", "found"),
    [(2, b"id: 3\ndata: 2\n\nid: 4\ndata: 3\n\n"), (3, b"id: 4\ndata: 3\n\n"), (4, b""), (1, None)],
    ids=["all", "the rest", "nothing", "a gap"],
)
def test_only_what_the_reader_has_not_seen_is_sent(after: int, found: bytes | None) -> None:
    frames = b"id: 3\ndata: 2\n\nid: 4\ndata: 3\n\n"
    assert beyond(frames, after) == found
