"""How a run's events reach its readers: in few pieces, late for nobody."""

from __future__ import annotations

import asyncio
import json

import pytest
from chatkit.types import AssistantMessageContentPartTextDelta, ProgressUpdateEvent, ThreadItemUpdatedEvent

from house import Json, runs_alone
from teahouse.errors import Problem
from teahouse.protocol import Context, Visitor
from teahouse.run_types import Outcome
from teahouse.runs.frames import Frames
from teahouse.runs.pen import Pen

FOR_EVER = 3600
AT_ONCE = 10


@pytest.fixture
def log() -> Frames:
    return Frames()


@pytest.fixture
async def pen(log: Frames) -> Pen:
    return Pen(log, limit=1000)


def delta(text: str, item: str = "msg", part: int = 0) -> ThreadItemUpdatedEvent:
    update = AssistantMessageContentPartTextDelta(content_index=part, delta=text)
    return ThreadItemUpdatedEvent(item_id=item, update=update)


async def written(log: Frames) -> list[Json]:
    """All events of a finished log."""
    log.close()
    pieces = [piece async for piece in log.follow(patience=FOR_EVER)]
    lines = b"".join(pieces).split(b"\n")
    return [json.loads(line[5:]) for line in lines if line.startswith(b"data:")]


def said(events: list[Json]) -> list[str]:
    return [event["update"]["delta"] if "update" in event else event["type"] for event in events]


async def test_what_is_there_comes_in_one_piece(log: Frames) -> None:
    log.append(b"1")
    log.append(b"2")

    reader = log.follow(patience=FOR_EVER)

    assert await anext(reader) == b"id: 1\ndata: 1\n\nid: 2\ndata: 2\n\n"


async def test_deltas_soon_after_one_another_are_one_stroke(log: Frames, pen: Pen) -> None:
    for text in ("Once ", "upon ", "a time"):
        await pen.write(delta(text))
    pen.lift()
    assert said(await written(log)) == ["Once upon a time"]


async def test_strokes_keep_their_item_their_part_and_their_order(log: Frames, pen: Pen) -> None:
    for event in (delta("a"), delta("b", part=1), delta("c", "other"), ProgressUpdateEvent(text="…"), delta("d")):
        await pen.write(event)
    pen.lift()
    assert said(await written(log)) == ["a", "b", "c", "progress_update", "d"]


async def test_the_first_delta_after_a_silence_is_not_held_back(log: Frames, pen: Pen) -> None:
    reader = log.follow(patience=FOR_EVER)
    await pen.write(delta("Once"))
    async with asyncio.timeout(AT_ONCE):
        assert b"Once" in await anext(reader)


async def test_a_delta_is_written_though_nothing_follows(log: Frames, pen: Pen) -> None:
    reader = log.follow(patience=FOR_EVER)
    async with asyncio.timeout(AT_ONCE):
        await pen.write(delta("Once"))
        await anext(reader)
        await pen.write(delta(" upon"))  # within the same stroke's time
        assert b" upon" in await anext(reader)


async def test_every_character_counts_against_the_limit(log: Frames, pen: Pen) -> None:
    for _ in range(10):
        await pen.write(delta("x" * 100))
    with pytest.raises(Problem, match="response_too_long"):
        await pen.write(delta("."))


async def test_the_end_of_an_answer_is_not_held_back(log: Frames) -> None:
    reader = log.follow(patience=FOR_EVER)
    log.append(b"1")
    await anext(reader)
    rest = asyncio.ensure_future(anext(reader))
    await asyncio.sleep(0)  # the reader waits now

    log.append(b"2")
    log.close()

    assert await asyncio.wait_for(rest, AT_ONCE) == b"id: 2\ndata: 2\n\n"
    with pytest.raises(StopAsyncIteration):
        await anext(reader)


async def test_a_silence_is_told_by_an_empty_piece_and_ends_with_news(log: Frames) -> None:
    reader = log.follow(patience=0.001)

    assert await asyncio.wait_for(anext(reader), AT_ONCE) == b""
    log.append(b"1")
    assert await anext(reader) == b"id: 1\ndata: 1\n\n"


async def test_each_reader_has_its_own_place(log: Frames) -> None:
    log.append(b"1")
    log.append(b"2")
    log.close()

    assert [piece async for piece in log.follow(after=1, patience=FOR_EVER)] == [b"id: 2\ndata: 2\n\n"]
    assert [piece async for piece in log.follow(after=2, patience=FOR_EVER)] == []


async def test_an_answer_that_never_waits_can_be_stopped_and_keeps_nobody_waiting() -> None:
    class Torrent:
        async def write(self, pen: Pen) -> Outcome:
            while True:
                await pen.write(b"1")

        def interrupt(self) -> None:
            pass

    async with runs_alone(seconds=FOR_EVER, size=1_000_000_000, grace=FOR_EVER) as runs:
        run = runs.start(Torrent(), Context(Visitor("vis_1")))
        reader = run.frames.follow(patience=FOR_EVER)
        assert (await anext(reader)).startswith(b"id: 1\n")

        run.stop()

        async for _ in reader:
            pass

    assert run.state == "stopped"
