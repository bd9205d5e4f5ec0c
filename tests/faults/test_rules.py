"""The harness finds what it is there to find."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from random import Random
from typing import Any

import httpx2
import pytest

from house import served

from .agent import answer_to, question
from .record import Json, Record
from .schedule import LOGS, schedule
from .tab import Outgoing, Tab, Visitor
from .table import table
from .verdict import judge
from .wire import Port, Wire

ASKED = question("alice 0.0", messages=2, words=3, pace=1)
FIRST, SECOND = answer_to(ASKED)
RUN = "run_1"


def message(text: str, *, kind: str = "assistant_message", number: int = 1) -> Json:
    return {"type": kind, "id": f"msg_{number}", "content": [{"text": text}]}


def stored(*answers: str, questions: int = 1) -> list[Json]:
    """A thread: the question, so many times, and its answer."""
    asked = [message(ASKED, kind="user_message", number=number) for number in range(questions)]
    return [*asked, *(message(text, number=10 + number) for number, text in enumerate(answers))]


def violations(items: list[Json], *, end: str = "done", **record: Any) -> list[str]:
    """What the verdict says of a thread whose only run ended so."""
    seen = Record(questions={RUN: ASKED}, **record)
    seen.ended("alice", RUN, end)
    judge(seen, "alice", items, asked={ASKED}, retried=set())
    return seen.violations


@pytest.mark.parametrize(
    ("items", "end"),
    [
        (stored(FIRST, SECOND), "done"),
        (stored(FIRST, SECOND[:7]), "interrupted"),
        (stored(FIRST), "stopped"),
        (stored(), "failed"),
    ],
)
def test_a_whole_answer_and_a_marked_part_of_it_are_right(items: list[Json], end: str) -> None:
    assert violations(items, end=end) == []


@pytest.mark.parametrize(
    ("items", "end", "told"),
    [
        (stored(FIRST, SECOND, questions=2), "done", "is stored 2 times"),
        (stored(FIRST, SECOND, questions=0), "done", "is stored 0 times"),
        ([*stored(FIRST, SECOND), message("Me, too", kind="user_message")], "done", "was never said"),
        (stored(FIRST, SECOND[:7]), "done", "in part"),
        (stored(FIRST, SECOND[1:]), "interrupted", "does not begin"),
        (stored(FIRST[:3], SECOND), "interrupted", "does not begin"),
        (stored(SECOND), "interrupted", "does not begin"),
        (stored(FIRST, SECOND, SECOND), "done", "does not begin"),
    ],
)
def test_anything_else_is_a_violation(items: list[Json], end: str, told: str) -> None:
    [first, *_] = violations(items, end=end)
    assert told in first


def test_who_pressed_stop_knows_that_it_is_a_part_though_no_reader_was_told() -> None:
    record = Record(questions={RUN: ASKED}, stops={RUN})
    judge(record, "alice", stored(FIRST), asked={ASKED}, retried=set())
    assert record.violations == []


def test_what_grows_after_its_stop_was_acknowledged_is_a_violation() -> None:
    [found] = violations(stored(FIRST, SECOND[:7]), end="stopped", kept={ASKED: [FIRST]})
    assert "after its stop" in found


def test_readers_of_a_run_have_to_be_told_the_same() -> None:
    record = Record()
    for who, data in (("alice", b'{"type": "notice"}'), ("bob", b'{"type": "error"}')):
        record.frame(who, RUN, 1, data)
    for state in ("done", "interrupted"):
        record.ended("alice", RUN, state)
    for item_id in ("msg_1", "msg_2"):
        record.acknowledged("alice", ASKED, item_id)
    assert len(record.violations) == 3
    for words, found in zip(("frame 1", "said to have ended", "twice"), record.violations, strict=True):
        assert words in found


# Streams ---------------------------------------------------------------------------------------------------

STATE = b"event: run\ndata: %b\n\n"
RUNNING = STATE % json.dumps({"id": RUN, "state": "running"}).encode()
DONE = STATE % json.dumps({"id": RUN, "state": "done"}).encode()
IDLE = STATE % b'{"id": null, "state": "idle"}'


def numbered(number: int, event: Json) -> bytes:
    return b"id: %d\ndata: %b\n\n" % (number, json.dumps(event).encode())


OPENING = [
    numbered(1, {"type": "thread.created", "thread": {"id": "thr_1"}}),
    numbered(2, {"type": "thread.item.done", "item": message(ASKED, kind="user_message", number=0)}),
]
ANSWER = [
    numbered(3 + number, {"type": "thread.item.done", "item": message(text, number=10 + number)})
    for number, text in enumerate((FIRST, SECOND))
]


class Scripted:
    """A server that answers the n-th streaming request with the n-th script, and lists what is stored.

    Args:
        scripts: the pieces of each stream; the last one stays open.
    """

    def __init__(self, *scripts: Sequence[bytes], items: list[Json]) -> None:
        self._scripts = [list(script) for script in scripts]
        self._items = items
        self.keys: list[bytes] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        body = (await receive())["body"]
        if b"items.list" in body:
            page = {"data": self._items, "has_more": False}
            await send({"type": "http.response.start", "status": 200})
            await send({"type": "http.response.body", "body": json.dumps(page).encode()})
            return
        self.keys += [value for name, value in scope["headers"] if name == b"idempotency-key"]
        await send({"type": "http.response.start", "status": 200, "headers": [(b"x-teahouse-run", RUN.encode())]})
        for piece in self._scripts.pop(0):
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        if self._scripts:
            await send({"type": "http.response.body", "body": b""})
        else:
            while (await receive())["type"] != "http.disconnect":
                pass


@asynccontextmanager
async def asking(server: Scripted) -> AsyncIterator[tuple[Tab, Record]]:
    """A tab that has sent its question, until it has heard how the last run ended or something is wrong."""
    record = Record()
    async with served(server, lifespan="off") as url, httpx2.AsyncClient(base_url=url, trust_env=False) as http:
        tab = Tab(Visitor("alice", http, record), name="tab")
        tab.send(Outgoing(ASKED))
        life = asyncio.create_task(tab.live())
        try:
            async with asyncio.timeout(10):
                while not tab.settled and not record.violations:
                    await record.news()
            yield tab, record
        finally:
            life.cancel()
            await asyncio.wait([life])


async def test_a_reader_comes_back_to_where_it_was_and_misses_nothing() -> None:
    server = Scripted([RUNNING, *OPENING, ANSWER[0]], [RUNNING, ANSWER[1], DONE], items=stored(FIRST, SECOND))
    async with asking(server) as (tab, record):
        assert record.violations == []
        assert [text for _, _, text in tab.view.shown()] == [ASKED, FIRST, SECOND]


async def test_a_frame_cut_off_by_a_lost_connection_is_not_read() -> None:
    broken = [RUNNING, *OPENING, ANSWER[0][:20]]
    server = Scripted(broken, [RUNNING, *ANSWER, DONE], items=stored(FIRST, SECOND))
    async with asking(server) as (_, record):
        assert record.violations == []


async def test_what_was_not_acknowledged_is_sent_again_under_the_same_key() -> None:
    server = Scripted([], [RUNNING, *OPENING, *ANSWER, DONE], [IDLE], items=stored())
    async with asking(server):
        assert len(server.keys) == 2
        assert len(set(server.keys)) == 1


@pytest.mark.parametrize(
    ("stream", "told"),
    [
        ([RUNNING, *OPENING, ANSWER[1]], "frame 4 of run_1 comes after 2"),
        ([RUNNING, *OPENING, OPENING[1]], "frame 2 of run_1 comes after 2"),
        ([RUNNING, OPENING[1]], "frame 2 of run_1 comes after 0"),
    ],
    ids=["a gap", "a repeat", "a late beginning"],
)
async def test_a_gap_and_a_repeat_are_violations(stream: list[bytes], told: str) -> None:
    async with asking(Scripted(stream, items=stored())) as (_, record):
        assert any(told in found for found in record.violations)


async def test_an_acknowledged_message_that_is_not_stored_is_a_violation() -> None:
    server = Scripted([RUNNING, *OPENING, *ANSWER, DONE], [IDLE], items=stored(questions=0))
    async with asking(server) as (_, record):
        assert any("was acknowledged and is stored 0 times" in found for found in record.violations)


async def test_what_was_read_to_its_end_and_is_not_stored_is_a_violation() -> None:
    second = [STATE % json.dumps({"id": "run_2", "state": state}).encode() for state in ("running", "done")]
    answer = numbered(1, {"type": "thread.item.done", "item": message(FIRST, number=10)})
    server = Scripted([RUNNING, *OPENING, DONE], [IDLE, second[0], answer, second[1]], [IDLE], items=stored())
    async with asking(server) as (_, record), asyncio.timeout(10):
        while not record.violations:
            await record.news()
    assert "is what was read, but stored is" in record.violations[0]


# Schedules and wires ---------------------------------------------------------------------------------------


def test_a_seed_makes_the_same_schedule_each_time() -> None:
    assert str(schedule(17, "redis", lease=1.5)) == str(schedule(17, "redis", lease=1.5))
    assert str(schedule(17, "redis", lease=1.5)) != str(schedule(18, "redis", lease=1.5))


@pytest.mark.parametrize("log", LOGS)
def test_two_hundred_seeds_bring_every_fault(log: Any) -> None:
    places = {"memory": set(), "database": {"postgres"}, "redis": {"postgres", "redis"}}[log]
    steps = [step for seed in range(200) for step in schedule(seed, log, lease=1.5).steps]
    assert {"kill", "terminate", "freeze", "delay", "split", "cut", "swallow", "drop", "reload", "stop"} <= {
        step.what for step in steps
    }
    assert places <= {step.where for step in steps}


def test_the_table_counts_by_log() -> None:
    counts = {("kill replica", "memory"): 2, ("cut power redis", "redis"): 11}
    assert table(counts).splitlines()[2:] == [
        "| cut power redis |      – |        – |    11 |",
        "| kill replica    |      2 |        – |     – |",
    ]


@asynccontextmanager
async def wired() -> AsyncIterator[tuple[Wire, asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection over a wire to somebody who says everything again."""

    echoing = asyncio.Semaphore(0)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            while said := await reader.read(1000):
                writer.write(said)
        await closed(writer)
        echoing.release()

    port = Port()
    async with await asyncio.start_server(echo, sock=port.listener()):
        async with Wire(port.number, Random(1)) as wire:
            reader, writer = await asyncio.open_connection("127.0.0.1", wire.port)
            writer.write(b"hello")
            assert await reader.readexactly(5) == b"hello"
            yield wire, reader, writer
            await closed(writer)
        await echoing.acquire()
    port.release()


async def closed(writer: asyncio.StreamWriter) -> None:
    """Close it, and wait until it is."""
    writer.close()
    with suppress(ConnectionError):
        await writer.wait_closed()


async def test_a_wire_that_splits_and_delays_loses_nothing() -> None:
    async with wired() as (wire, reader, writer):
        wire.split, wire.delay = True, 0.001
        said = Random(2).randbytes(5000)
        writer.write(said)
        async with asyncio.timeout(10):
            assert await reader.readexactly(5000) == said


async def test_what_a_wire_swallows_comes_later() -> None:
    async with wired() as (wire, reader, writer):
        wire.swallow()
        writer.write(b"tea")
        await writer.drain()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(reader.read(3), 0.05)
        wire.flow()
        assert await asyncio.wait_for(reader.readexactly(3), 10) == b"tea"


async def test_a_wire_that_is_cut_breaks_its_connections() -> None:
    async with wired() as (wire, reader, _):
        wire.cut()
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.readexactly(1), 10)


async def test_an_unplugged_wire_takes_nobody_until_it_is_plugged_in() -> None:
    async with wired() as (wire, reader, writer):
        await wire.unplug()
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", wire.port)
        await wire.plug()
        writer.write(b"tea")  # who was connected still is
        assert await asyncio.wait_for(reader.readexactly(3), 10) == b"tea"
