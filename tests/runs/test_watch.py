"""Answers outlive their readers: who comes back, or comes later, or looks on, reads the same."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    ClientToolCallItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
)

from contract.scenarios import Scenario, updated
from house import Browser, Json, all_runs_to_end, message_of, of_type, problem_in, served, texts
from teahouse.protocol import now
from teahouse.run_types import Outcome
from teahouse.store.ledger import SqlLedger

ELEMENT = {"accept": "text/event-stream;profile=teahouse, application/json"}


class Dictated(Scenario):
    """Says what the test tells it to, delta by delta; an empty one ends the answer."""

    deltas: asyncio.Queue[str]
    begun: asyncio.Event

    async def turn(self, number: int, thread: ThreadMetadata) -> AsyncIterator[ThreadStreamEvent]:
        item = self.empty_answer(thread)
        yield ThreadItemAddedEvent(item=item)
        text = ""
        Dictated.begun.set()
        while delta := await Dictated.deltas.get():
            text += delta
            yield updated(item, AssistantMessageContentPartTextDelta(content_index=0, delta=delta))
        content = [AssistantMessageContent(text=text)]
        yield ThreadItemDoneEvent(item=item.model_copy(update={"content": content}))


@pytest.fixture(autouse=True)
async def nothing_said() -> None:
    Dictated.deltas, Dictated.begun = asyncio.Queue(), asyncio.Event()


@dataclass
class Reader:
    """One open stream, read frame by frame."""

    lines: AsyncIterator[str]
    run: Json = field(default_factory=dict)
    number: int = 0
    seen: list[Json] = field(default_factory=list)

    async def until(self, text: str) -> None:
        """Read on until a frame's data holds `text`."""
        async with asyncio.timeout(30):  # a busy machine may take its time to call a replica dead
            async for line in self.lines:
                if line.startswith("id: "):
                    self.number = int(line.removeprefix("id: "))
                elif line.startswith("event: run"):
                    self.run = json.loads((await anext(self.lines)).removeprefix("data: "))
                    line = json.dumps(self.run)
                elif line.startswith("data: "):
                    self.seen.append(json.loads(line.removeprefix("data: ")))
                if text in line:
                    return
        raise AssertionError(f"the stream ended before {text!r}")

    @property
    def text(self) -> str:
        """The deltas that have been read."""
        return "".join(self._deltas())

    def _deltas(self) -> Iterator[str]:
        for event in of_type(self.seen, "thread.item.updated"):
            yield event["update"]["delta"]


@asynccontextmanager
async def asking(browser: Browser, text: str = "Hello", thread_id: str | None = None) -> AsyncIterator[Reader]:
    """Ask, and read the answer."""
    said = message_of(text)
    kind = "threads.add_user_message" if thread_id else "threads.create"
    params = {"input": said} | ({"thread_id": thread_id} if thread_id else {})
    async with browser.http.stream("POST", "/chatkit", json={"type": kind, "params": params}) as response:
        yield Reader(response.aiter_lines(), run={"id": response.headers["x-teahouse-run"]})


@asynccontextmanager
async def watching(
    browser: Browser, thread_id: str, *, run: str | None = None, after: int = 0
) -> AsyncIterator[Reader]:
    """Look on in a thread, from a known event on if one is named."""
    params = {"run": run} if run else {}
    url = f"/chatkit/runs/{thread_id}"
    async with browser.http.stream("GET", url, params=params, headers={"last-event-id": str(after)}) as response:
        assert response.status_code == 200
        yield Reader(response.aiter_lines())


def thread_of(reader: Reader) -> str:
    thread_id: str = reader.seen[0]["thread"]["id"]
    return thread_id


@pytest.fixture
async def element(open_house: Any) -> AsyncIterator[Browser]:
    """A browser with our element, at a real server."""
    house = await open_house(Dictated, limits={"shutdown_seconds": 0})
    async with served(house.app, lifespan="off") as url, Browser(url, **ELEMENT) as browser:
        yield browser
        await house.drain()


async def test_an_answer_goes_on_without_its_reader(element: Browser) -> None:
    async with asking(element) as reader:
        Dictated.deltas.put_nowait("Once ")
        await reader.until("Once")
    thread_id = thread_of(reader)
    async with watching(element, thread_id) as again:
        Dictated.deltas.put_nowait("upon a time")
        Dictated.deltas.put_nowait("")
        await again.until('"done"')
    assert again.text == "Once upon a time"
    assert texts(await element.items(thread_id)) == ["Hello", "Once upon a time"]


async def test_who_comes_back_is_told_the_rest_and_nothing_twice(element: Browser) -> None:
    async with asking(element) as reader:
        Dictated.deltas.put_nowait("Once ")
        await reader.until("Once")
    async with watching(element, thread_of(reader), run=reader.run["id"], after=reader.number) as again:
        Dictated.deltas.put_nowait("upon a time")
        await again.until("upon")
    assert (reader.text, again.text) == ("Once ", "upon a time")
    assert again.number == reader.number + 1


async def test_who_knows_another_run_is_told_everything(element: Browser) -> None:
    async with asking(element) as reader:
        Dictated.deltas.put_nowait("Once ")
        await reader.until("Once")
    async with watching(element, thread_of(reader), run="run_of_yesterday", after=99) as again:
        await again.until("Once")
    assert again.run == {"id": reader.run["id"], "state": "running"}


async def test_a_second_tab_sees_a_message_of_the_first_and_its_answer(element: Browser) -> None:
    Dictated.deltas.put_nowait("")
    thread_id = await element.open_thread("Hello")
    async with watching(element, thread_id) as tab:
        await tab.until("idle")
        Dictated.deltas.put_nowait("Good.")
        Dictated.deltas.put_nowait("")
        async with asking(element, "How are you?", thread_id) as reader:
            await reader.until('"done"')
        await tab.until('"done"')
    items = [event["item"] for event in of_type(tab.seen, "thread.item.done")]
    assert texts(items) == ["How are you?", "Good."]


async def test_a_watcher_sees_one_run_after_another(element: Browser) -> None:
    Dictated.deltas.put_nowait("")
    thread_id = await element.open_thread()
    async with watching(element, thread_id) as tab:
        await tab.until("idle")
        for question in ("One?", "Two?"):
            Dictated.deltas.put_nowait("")
            async with asking(element, question, thread_id) as reader:
                await reader.until('"done"')
            await tab.until('"state": "done"')
    said = [event["item"] for event in of_type(tab.seen, "thread.item.done")]
    assert [text for text in texts(said) if text] == ["One?", "Two?"]


async def test_stop_ends_the_answer_for_every_reader_and_keeps_its_text(element: Browser) -> None:
    async with asking(element) as reader:
        Dictated.deltas.put_nowait("Once upon")
        await reader.until("Once")
        thread_id = thread_of(reader)
        async with watching(element, thread_id) as tab:
            await tab.until("Once")
            stopped = await element.http.post(f"/chatkit/runs/{thread_id}/stop")
            await tab.until("stopped")
        await reader.until("stopped")
    assert stopped.json() == {"run": reader.run["id"]}
    assert texts(await element.items(thread_id)) == ["Hello", "Once upon"]


async def test_a_stop_that_comes_while_the_end_is_entered_breaks_nothing_off(
    element: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    entered, entering, end = asyncio.Event(), asyncio.Event(), SqlLedger.end

    async def slow_end(self: SqlLedger, run_id: str, outcome: Outcome) -> bool:
        entering.set()
        await entered.wait()
        return await end(self, run_id, outcome)

    monkeypatch.setattr(SqlLedger, "end", slow_end)
    async with asking(element) as reader:
        Dictated.deltas.put_nowait("Once")
        Dictated.deltas.put_nowait("")
        await entering.wait()
        await reader.until("Once")
        stopping = asyncio.create_task(element.http.post(f"/chatkit/runs/{thread_of(reader)}/stop"))
        done, _ = await asyncio.wait([stopping], timeout=0.2)
        assert not done
        entered.set()
        await reader.until('"done"')
    assert (await stopping).status_code == 200


async def test_stopping_where_nothing_runs_is_no_error(element: Browser) -> None:
    Dictated.deltas.put_nowait("")
    thread_id = await element.open_thread()
    stopped = await element.http.post(f"/chatkit/runs/{thread_id}/stop")
    assert stopped.json() == {"run": None}


async def test_a_thread_has_one_run_at_most_and_the_refused_message_is_not_stored(element: Browser) -> None:
    async with asking(element) as reader:
        await reader.until("thread.item.added")
        thread_id = thread_of(reader)
        problem = await element.problem("threads.add_user_message", thread_id=thread_id, input=message_of("Me, too"))
        Dictated.deltas.put_nowait("")
        await reader.until('"done"')
    assert (problem["status"], problem["code"]) == (409, "run_active")
    assert texts(await element.items(thread_id))[:1] == ["Hello"]
    Dictated.deltas.put_nowait("")
    assert of_type(await follow_up(element, thread_id), "thread.item.done")


async def follow_up(browser: Browser, thread_id: str) -> list[Json]:
    """Ask once more, and read to the end."""
    async with asking(browser, "And now?", thread_id) as reader:
        await reader.until('"done"')
    return reader.seen


async def test_a_refused_request_leaves_the_thread_free(element: Browser) -> None:
    Dictated.deltas.put_nowait("")
    thread_id = await element.open_thread()
    assert (await element.problem("threads.retry_after_item", thread_id=thread_id, item_id="nope"))["status"] == 404
    Dictated.deltas.put_nowait("")
    assert await follow_up(element, thread_id)


async def test_deleting_a_thread_ends_its_answer(element: Browser) -> None:
    async with asking(element) as reader:
        await reader.until("thread.item.added")
        assert await element.ask("threads.delete", thread_id=thread_of(reader)) == {}
        await reader.until("stopped")
    assert (await element.ask("threads.list"))["data"] == []


async def test_a_foreign_thread_can_be_neither_watched_nor_stopped(element: Browser) -> None:
    async with asking(element) as reader:
        await reader.until("thread.item.added")
        thread_id = thread_of(reader)
        async with Browser(str(element.http.base_url), **ELEMENT) as stranger:
            watched = await stranger.http.get(f"/chatkit/runs/{thread_id}")
            stopped = await stranger.http.post(f"/chatkit/runs/{thread_id}/stop")
        assert {problem_in(watched)["code"], problem_in(stopped)["code"]} == {"thread_not_found"}
        Dictated.deltas.put_nowait("still here")
        await reader.until("still here")


async def test_another_sites_page_cannot_stop(element: Browser) -> None:
    stopped = await element.http.post("/chatkit/runs/thr_1/stop", headers={"origin": "https://evil.example"})
    assert problem_in(stopped)["code"] == "origin_not_allowed"


async def test_a_last_event_that_is_no_number_is_refused(element: Browser) -> None:
    Dictated.deltas.put_nowait("")
    thread_id = await element.open_thread()
    watched = await element.http.get(f"/chatkit/runs/{thread_id}", headers={"last-event-id": "x"})
    assert problem_in(watched)["param"] == "Last-Event-ID"


@pytest.mark.parametrize(("headers", "told"), [(ELEMENT, "none"), ({}, None)])
async def test_who_can_come_back_learns_at_once_that_it_can(
    open_house: Any, headers: dict[str, str], told: str | None
) -> None:
    house = await open_house(Dictated)
    async with served(house.app, lifespan="off") as url, Browser(url, **headers) as browser:
        response = await browser.http.post("/chatkit", json={"type": "threads.list", "params": {}})
    assert response.headers.get("x-teahouse-run") == told


@pytest.mark.parametrize(
    ("setting", "headers", "survives"),
    [
        ("auto", {}, False),
        ("auto", ELEMENT, True),
        ("stop", ELEMENT, False),
        ("continue", {}, True),
    ],
)
async def test_what_a_lost_connection_does(
    open_house: Any, setting: str, headers: dict[str, str], survives: bool
) -> None:
    house = await open_house(Dictated, on_disconnect=setting, limits={"shutdown_seconds": 0})
    async with served(house.app, lifespan="off") as url, Browser(url, **headers) as browser:
        async with asking(browser) as reader:
            Dictated.deltas.put_nowait("Once")
            await reader.until("Once")
        thread_id = thread_of(reader)
        if survives:
            Dictated.deltas.put_nowait(" upon")
            Dictated.deltas.put_nowait("")
        await all_runs_to_end()
        said = texts(await browser.items(thread_id))
    assert said == ["Hello", "Once upon" if survives else "Once"]


class AsksTheBrowser(Scenario):
    """Wants a client tool."""

    async def turn(self, number: int, thread: ThreadMetadata) -> AsyncIterator[ThreadStreamEvent]:
        call = ClientToolCallItem(
            id="call", thread_id=thread.id, created_at=now(), call_id="c1", name="where", arguments={}
        )
        yield ThreadItemDoneEvent(item=call)


async def test_a_run_that_needs_the_browser_says_that_it_waits(open_house: Any) -> None:
    house = await open_house(AsksTheBrowser)
    async with served(house.app, lifespan="off") as url, Browser(url, **ELEMENT) as browser, asking(browser) as reader:
        await reader.until("waiting")


async def test_watchers_leave_when_the_house_closes(open_house: Any) -> None:
    house = await open_house(Dictated)
    async with served(house.app, lifespan="off") as url, Browser(url, **ELEMENT) as browser:
        Dictated.deltas.put_nowait("")
        thread_id = await browser.open_thread()
        async with watching(browser, thread_id) as tab:
            await tab.until("idle")
            await house.drain()
            async with asyncio.timeout(5):
                assert [line async for line in tab.lines if line] == []
