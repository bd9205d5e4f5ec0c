"""How a run's events reach its readers: in few pieces, late for nobody."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

import pytest

from teahouse.protocol import Context, Visitor
from teahouse.runs.log import MemoryLog
from teahouse.runs.run import Bounds, Runs
from teahouse.runs.turn import Outcome

FOR_EVER = 3600
AT_ONCE = 10


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog(limit=1_000_000)


async def test_what_is_there_comes_in_one_piece(log: MemoryLog) -> None:
    log.append(b"1")
    log.append(b"2")

    reader = log.follow(patience=FOR_EVER)

    assert await anext(reader) == b"id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n"


async def test_the_first_event_after_a_silence_is_not_held_back(log: MemoryLog) -> None:
    reader = log.follow(patience=FOR_EVER, gather=FOR_EVER)
    first = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)  # the reader waits now

    log.append(b"1")

    assert await asyncio.wait_for(first, AT_ONCE) == b"id: 1\ndata: 1\n\n"


async def test_events_soon_after_one_another_are_gathered_into_one_piece(log: MemoryLog) -> None:
    reader = log.follow(patience=FOR_EVER, gather=0.001)
    log.append(b"1")
    await anext(reader)
    second = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)  # the reader gathers now

    log.append(b"2")
    log.append(b"3")

    assert await asyncio.wait_for(second, AT_ONCE) == b"id: 2\ndata: 2\n\nid: 3\ndata: 3\n\n"


async def test_the_end_of_an_answer_is_not_held_back(log: MemoryLog) -> None:
    reader = log.follow(patience=FOR_EVER, gather=FOR_EVER)
    log.append(b"1")
    await anext(reader)
    rest = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)  # the reader gathers now

    log.append(b"2")
    log.close()

    assert await asyncio.wait_for(rest, AT_ONCE) == b"id: 2\ndata: 2\n\n"
    with pytest.raises(StopAsyncIteration):
        await anext(reader)


async def test_a_silence_is_told_by_an_empty_piece_and_ends_with_news(log: MemoryLog) -> None:
    reader = log.follow(patience=0.001, gather=0.001)

    assert await asyncio.wait_for(anext(reader), AT_ONCE) == b""
    log.append(b"1")
    assert await anext(reader) == b"id: 1\ndata: 1\n\n"


async def test_each_reader_has_its_own_place(log: MemoryLog) -> None:
    log.append(b"1")
    log.append(b"2")
    log.close()

    assert [piece async for piece in log.follow(after=1, patience=FOR_EVER)] == [b"id: 2\ndata: 2\n\n"]
    assert [piece async for piece in log.follow(after=2, patience=FOR_EVER)] == []


async def test_an_answer_that_never_waits_can_be_stopped_and_keeps_nobody_waiting() -> None:
    class Torrent:
        outcome: Outcome = "done"

        async def frames(self) -> AsyncGenerator[bytes]:
            while True:
                yield b"1"

    async with Runs(Bounds(seconds=FOR_EVER, bytes=1_000_000_000), grace=FOR_EVER) as runs:
        run = runs.start(Torrent(), Context(Visitor("vis_1")))
        reader = run.log.follow(patience=FOR_EVER)
        assert (await anext(reader)).startswith(b"id: 1\n")

        run.stop()

        async for _ in reader:
            pass

    assert run.task is not None
    assert run.task.cancelled()
