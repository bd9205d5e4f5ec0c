"""Who owns an answer: it ends when it is stopped, when it takes too much, and when the house closes."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
)

from contract.scenarios import Scenario, updated
from house import Browser, all_runs_to_end, message_of, of_type, runs_alone, served, texts
from teahouse.protocol import Context, Visitor
from teahouse.run_types import Outcome
from teahouse.runs import turn
from teahouse.runs.frames import Frames
from teahouse.runs.pen import Pen
from teahouse.store import OutcomeUnknown, SqlStore, StoreUnavailable
from teahouse.store.errors import CONNECTION_LOST

Events = AsyncIterator[ThreadStreamEvent]


class Endless(Scenario):
    """Says a few words, then nothing more; tells what becomes of it."""

    cancelled_with: list[ThreadItem]
    closed: bool
    reached: asyncio.Event

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        item = self.empty_answer(thread)
        yield ThreadItemAddedEvent(item=item)
        yield updated(item, AssistantMessageContentPartTextDelta(content_index=0, delta="Once upon a time"))
        Endless.reached.set()
        try:
            await asyncio.Event().wait()
        finally:
            Endless.closed = True

    async def handle_stream_cancelled(self, thread: Any, pending_items: list[ThreadItem], context: Any) -> None:
        Endless.cancelled_with = pending_items
        await super().handle_stream_cancelled(thread, pending_items, context)


@pytest.fixture(autouse=True)
async def nothing_happened() -> None:
    Endless.cancelled_with, Endless.closed, Endless.reached = [], False, asyncio.Event()


async def read_until(browser: Browser, text: str) -> AsyncGenerator[str]:
    """The lines of a new thread's first answer, up to the one with `text`; the stream stays open."""
    request = {"type": "threads.create", "params": {"input": message_of("Hello")}}
    async with browser.http.stream("POST", "/chatkit", json=request) as response:
        async for line in response.aiter_lines():
            yield line
            if text in line:
                return


async def leave_after(browser: Browser, text: str) -> str:
    """Close the connection in the middle of a first answer; the thread's id."""
    lines = [line async for line in read_until(browser, text)]
    await all_runs_to_end()
    created = json.loads(next(line for line in lines if "thread.created" in line).removeprefix("data: "))
    thread_id: str = created["thread"]["id"]
    return thread_id


async def test_closing_the_connection_stops_the_answer_and_keeps_its_text(open_house: Any) -> None:
    house = await open_house(Endless)
    async with served(house.app) as url, Browser(url) as browser:
        thread_id = await leave_after(browser, "Once upon")
        assert texts(await browser.items(thread_id)) == ["Hello", "Once upon a time"]
    assert Endless.closed
    [pending] = Endless.cancelled_with
    assert texts([pending.model_dump()]) == ["Once upon a time"]


class SlowToCancel(Endless):
    """Takes its time to put things away; is not to be interrupted in that."""

    async def handle_stream_cancelled(self, thread: Any, pending_items: list[ThreadItem], context: Any) -> None:
        for _ in range(20):
            await asyncio.sleep(0)
        await super().handle_stream_cancelled(thread, pending_items, context)


async def test_being_stopped_twice_does_not_interrupt_the_keeping(open_house: Any) -> None:
    """A visitor who closes the tab while the server shuts down loses nothing."""
    house = await open_house(SlowToCancel, limits={"shutdown_seconds": 0})
    async with served(house.app) as url, Browser(url) as browser:
        async for _ in read_until(browser, "Once upon"):
            pass
        await house.stop()
        await house.start()
        [thread] = (await browser.ask("threads.list"))["data"]
        assert texts(await browser.items(thread["id"])) == ["Hello", "Once upon a time"]


async def test_an_answer_may_take_so_long_and_not_longer(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Endless, limits={"response_seconds": 0.3}))
    events = await browser.say()
    last = events[-1]
    assert (last["code"], last["allow_retry"]) == ("response_timed_out", True)
    assert "0.3 seconds" in last["message"]
    assert texts(await browser.items(events[0]["thread"]["id"])) == ["Hello", "Once upon a time"]
    assert Endless.closed


class Rambling(Endless):
    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        item = self.empty_answer(thread)
        yield ThreadItemAddedEvent(item=item)
        for _ in range(1000):
            yield updated(item, AssistantMessageContentPartTextDelta(content_index=0, delta="and so on, "))


async def test_an_answer_may_grow_so_long_and_not_longer(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Rambling, limits={"response_bytes": 4096}))
    response = await browser.post("threads.create", input=message_of("Hello"))
    assert len(response.content) < 4096 * 1.5
    last = json.loads(response.text.rpartition("data: ")[2])
    assert (last["code"], last["allow_retry"]) == ("response_too_long", False)
    assert "4096 bytes" in last["message"]
    [thread] = (await browser.ask("threads.list"))["data"]
    assert texts(await browser.items(thread["id"]))[1].startswith("and so on, and so on")
    assert len(Endless.cancelled_with) == 1


class HoldsItsGenerator(Rambling):
    """Nobody but us will close it: it is not even garbage."""

    held: Any

    def respond(self, thread: ThreadMetadata, input_user_message: Any, context: Any) -> Events:
        HoldsItsGenerator.held = self._words(thread)
        return HoldsItsGenerator.held

    async def _words(self, thread: ThreadMetadata) -> Events:
        try:
            async for event in self.turn(1, thread):
                yield event
        finally:
            Endless.closed = True


async def test_an_answer_that_is_ended_is_closed_here_and_now(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(HoldsItsGenerator, limits={"response_bytes": 4096}))
    await browser.post("threads.create", input=message_of("Hello"))
    assert Endless.closed


class Finishing(Scenario):
    """Says its last word only when the test lets it."""

    go_on: asyncio.Event

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        Finishing.go_on = asyncio.Event()
        async for event in self.answer(thread, "Almost "):
            yield event
        Endless.reached.set()
        await Finishing.go_on.wait()
        async for event in self.answer(thread, "done."):
            yield event


async def test_a_closing_house_lets_running_answers_finish(open_house: Any) -> None:
    house = await open_house(Finishing, limits={"shutdown_seconds": 20})
    async with served(house.app, lifespan="off") as url, Browser(url) as browser:
        answer = asyncio.create_task(browser.say())
        await Endless.reached.wait()
        closing = asyncio.create_task(house.stop())
        await asyncio.sleep(0)
        Finishing.go_on.set()
        events = await answer
        await closing
    done = [event["item"] for event in of_type(events, "thread.item.done")]
    assert texts(done) == ["Hello", "Almost ", "done."]


async def test_a_closing_house_ends_answers_that_do_not_finish(open_house: Any) -> None:
    house = await open_house(Endless, limits={"shutdown_seconds": 0.05})
    async with served(house.app, lifespan="off") as url, Browser(url) as browser:
        reader = asyncio.create_task(browser.say())
        await Endless.reached.wait()
        async with asyncio.timeout(5):
            await house.stop()
        events = await reader
        await house.start()
        items = await browser.items(events[0]["thread"]["id"])
    assert (events[-1]["code"], events[-1]["allow_retry"]) == ("run_interrupted", True)
    assert texts(items) == ["Hello", "Once upon a time"]
    # It is not the person who wanted no more.
    assert Endless.cancelled_with == []


async def test_no_task_is_left_behind(open_house: Any) -> None:
    before = asyncio.all_tasks()
    house = await open_house(Endless)
    async with served(house.app) as url, Browser(url) as browser:
        await leave_after(browser, "Once upon")
    await house.stop()
    assert asyncio.all_tasks() == before


class Long(Scenario):
    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async for event in self.answer(thread, *(f"word {n} " * 100 for n in range(100))):
            yield event
            await asyncio.sleep(0)


async def test_a_slow_reader_gets_everything_and_holds_nobody_up(open_house: Any) -> None:
    house = await open_house(Long)
    request = json.dumps({"type": "threads.create", "params": {"input": message_of("Hello")}}).encode()
    async with served(house.app) as url, Browser(url) as other:
        port = int(url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
        head = f"POST /chatkit HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {len(request)}\r\n\r\n"
        writer.write(head.encode() + request)
        await writer.drain()
        await reader.readline()  # the answer has begun, and is not read on
        assert texts([(await other.say())[-1]["item"]])[0].endswith("word 99 ")
        rest = await reader.read()
        writer.close()
        await writer.wait_closed()
    # Early deltas may have come with the head, which was read apart; the last one is surely in here.
    assert b"word 99 " in rest


async def test_fifty_answers_at_once_are_all_whole(open_house: Any) -> None:
    house = await open_house(Long)
    async with served(house.app) as url:
        browsers = [Browser(url) for _ in range(50)]
        try:
            answers = await asyncio.gather(*(browser.say(f"I am {n}") for n, browser in enumerate(browsers)))
        finally:
            for browser in browsers:
                await browser.http.aclose()
    for number, events in enumerate(answers):
        said, answered = texts([event["item"] for event in of_type(events, "thread.item.done")])
        assert said == f"I am {number}"
        assert answered.endswith("word 99 ")


# --- A store that fails -------------------------------------------------------------------------------


class OneAnswer(Scenario):
    """Says one thing."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async for event in self.answer(thread, "Once upon a time"):
            yield event


class FillsTheDisk(Scenario):
    """The disk is full by the time the answer is complete."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async def full(*_: Any, **__: Any) -> None:
            error = sqlite3.OperationalError("database or disk is full")
            error.sqlite_errorcode = sqlite3.SQLITE_FULL
            from teahouse.store.sqlite import explain

            raise explain(error, Path("teahouse.db"))

        add = self.store.add_thread_item
        self.store.add_thread_item = full  # type: ignore[method-assign]
        try:
            async for event in self.answer(thread, "Never stored."):
                yield event
        finally:
            self.store.add_thread_item = add  # type: ignore[method-assign]


async def test_a_store_that_fails_in_mid_answer_is_told(
    open_house: Any, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turn, "_PATIENCE", 0)
    browser = visit(await open_house(FillsTheDisk))
    events = await browser.say()
    [failure] = of_type(events, "error")
    assert (failure["code"], failure["allow_retry"]) == ("store_unavailable", True)
    assert "disk is full" in failure["message"]


async def test_a_store_that_is_restarted_in_mid_answer_costs_nothing(
    open_house: Any, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = await open_house(OneAnswer)
    failures = iter([StoreUnavailable(CONNECTION_LOST), OutcomeUnknown()])
    add = SqlStore.add_thread_item

    async def restarted(self: SqlStore, thread_id: str, item: ThreadItem, context: Context) -> None:
        failure = next(failures, None)
        if failure is None or isinstance(failure, OutcomeUnknown):  # the latter was done, and nobody heard of it
            await add(self, thread_id, item, context)
        if failure is not None:
            raise failure

    monkeypatch.setattr(turn, "_REST", 0)
    monkeypatch.setattr(SqlStore, "add_thread_item", restarted)
    browser = visit(house)
    events = await browser.say()
    assert of_type(events, "error") == []
    assert texts(await browser.items(events[0]["thread"]["id"])) == ["Hello", "Once upon a time"]


async def test_a_commit_that_came_too_late_does_not_hold_the_thread(
    open_house: Any, visit: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = visit(await open_house(OneAnswer))
    thread_id = await browser.open_thread()
    begin_turn = SqlStore.begin_turn

    async def unheard(self: SqlStore, *arguments: Any, **options: Any) -> None:
        await begin_turn(self, *arguments, **options)
        raise StoreUnavailable(CONNECTION_LOST)

    with monkeypatch.context() as patched:
        patched.setattr(SqlStore, "begin_turn", unheard)
        refused = await browser.problem("threads.add_user_message", thread_id=thread_id, input=message_of("Again?"))
        assert refused["status"] == 503
    await browser.say("And now?", thread_id)
    assert texts(await browser.items(thread_id))[-2:] == ["And now?", "Once upon a time"]


async def test_a_store_that_fails_before_the_answer_is_an_http_error(open_house: Any, visit: Any) -> None:
    house = await open_house(Scenario)
    browser = visit(house)
    thread_id = await browser.open_thread()
    database = sqlite3.connect(house.settings.data / "teahouse.db")
    try:
        database.execute("DROP TABLE items")
        database.commit()
    finally:
        database.close()
    refused = await browser.problem("items.list", thread_id=thread_id)
    assert refused["status"] == 500
    assert refused["code"] == "internal_error"
    assert "items" not in refused["message"]


# --- The log and the runs by themselves ---------------------------------------------------------------


async def test_readers_follow_a_log_from_where_they_are() -> None:
    log = Frames()
    for word in (b'"one"', b'"two"'):
        log.append(word)
    log.close()
    assert b"".join([piece async for piece in log.follow(patience=1)]).count(b"id: ") == 2
    assert b"".join([piece async for piece in log.follow(1, patience=1)]) == b'id: 2\ndata: "two"\n\n'
    assert [piece async for piece in log.follow(2, patience=1)] == []


async def test_every_reader_of_a_log_is_woken() -> None:
    log = Frames()

    async def read() -> bytes:
        return b"".join([piece async for piece in log.follow(patience=5)])

    readers = [asyncio.create_task(read()) for _ in range(3)]
    for number in range(3):
        await asyncio.sleep(0)
        log.append(b"%d" % number)
    log.close()
    assert {piece.count(b"id: ") for piece in await asyncio.gather(*readers)} == {3}


class Words:
    """An answer by itself."""

    async def write(self, pen: Pen) -> Outcome:
        """Write one event."""
        await pen.write(b'{"type": "word"}')
        return "done"

    def interrupt(self) -> None:
        """Not needed."""


async def test_a_run_that_is_stopped_before_it_began_ends_for_its_reader() -> None:
    async with runs_alone() as runs:
        run = runs.start(Words(), Context(Visitor("vis_1")))
        run.stop()
        async with asyncio.timeout(5):
            assert [piece async for piece in run.frames.follow(patience=5)] == []


class Keeps:
    """An answer that takes its time to keep what it has, once it is stopped."""

    def __init__(self) -> None:
        self.begun = asyncio.Event()
        self.kept = False

    async def write(self, pen: Pen) -> Outcome:
        """Write nothing."""
        try:
            self.begun.set()
            await asyncio.Event().wait()
            return "done"
        except asyncio.CancelledError:
            for _ in range(5):
                await asyncio.sleep(0)
            self.kept = True
            raise

    def interrupt(self) -> None:
        """Not needed."""


async def test_a_second_stop_does_not_break_off_what_the_first_began() -> None:
    answer = Keeps()
    async with runs_alone() as runs:
        run = runs.start(answer, Context(Visitor("vis_1")))
        await answer.begun.wait()
        run.stop()
        await asyncio.sleep(0)
        run.stop()
    assert answer.kept


async def test_stopping_a_run_that_has_ended_changes_nothing() -> None:
    async with runs_alone() as runs:
        run = runs.start(Words(), Context(Visitor("vis_1")))
        [piece] = [piece async for piece in run.frames.follow(patience=5)]
        run.stop()
    assert piece == b'id: 1\ndata: {"type": "word"}\n\n'


async def test_a_silent_stream_is_kept_alive_by_comments(open_house: Any) -> None:
    house = await open_house(Endless, limits={"heartbeat_seconds": 0.02})
    async with served(house.app) as url, Browser(url) as browser:
        lines = [line async for line in read_until(browser, ": ping")]
    assert lines[-1] == ": ping"
    assert any("Once upon" in line for line in lines)
