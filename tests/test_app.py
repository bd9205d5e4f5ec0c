"""A Teahouse as code makes one: what it takes, and how it opens and closes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from agents import Agent
from chatkit.types import ThreadMetadata, ThreadStreamEvent

from contract.memory import MemoryAttachments, MemoryStore
from contract.scenarios import Scenario
from house import Browser, message_of, of_type, served, texts
from teahouse import Settings, Teahouse, Visitor
from teahouse.errors import Problem
from teahouse.protocol import Context
from teahouse.store import SqlStore

Events = AsyncIterator[ThreadStreamEvent]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data=tmp_path / "data")


# --- What it takes ------------------------------------------------------------------------------------


class TakesFiles(Scenario):
    def __init__(self, data_store: Any, attachment_store: Any = None) -> None:
        super().__init__(data_store, attachment_store or MemoryAttachments())


class HasItsOwn(Scenario):
    def __init__(self) -> None:
        super().__init__(MemoryStore())


@pytest.mark.parametrize("server", [Scenario, TakesFiles])
async def test_a_servers_class_gets_our_store(server: type[Scenario], settings: Settings) -> None:
    house = Teahouse(server=server, settings=settings)
    async with Browser(house.app) as browser:
        thread_id = await browser.open_thread()
    await house.stop()
    async with Browser(Teahouse(server=server, settings=settings).app) as other:
        assert (await other.problem("threads.get_by_id", thread_id=thread_id))["code"] == "thread_not_found"
    assert (settings.data / "teahouse.db").stat().st_size > 0


@pytest.mark.parametrize("server", [HasItsOwn, HasItsOwn()], ids=["class", "instance"])
async def test_a_server_may_keep_its_own_store(server: Any, settings: Settings) -> None:
    house = Teahouse(server=server, settings=settings)
    async with Browser(house.app) as browser:
        thread_id = await browser.open_thread("One")
        for number in range(12):
            await browser.say(f"More {number}", thread_id)
        page = (await browser.ask("threads.get_by_id", thread_id=thread_id))["items"]
        assert texts(page["data"])[-1] == "Answer 13."
        first = (await browser.items(thread_id))[0]
        await browser.stream("threads.retry_after_item", thread_id=thread_id, item_id=first["id"])
        assert texts(await browser.items(thread_id)) == ["One", "Answer 14."]
        assert (await browser.problem("threads.get_by_id", thread_id="thr_none"))["code"] == "thread_not_found"
        missing = await browser.problem("threads.retry_after_item", thread_id=thread_id, item_id="msg_none")
        assert missing["code"] == "item_not_found"
    await house.stop()


def test_only_one_can_answer(settings: Settings) -> None:
    with pytest.raises(Problem, match="only one of them can answer"):
        Teahouse(agent=Agent(name="A"), server=Scenario, settings=settings)


@pytest.mark.parametrize(("given", "reason"), [({"agent": 3}, "int is no Agent"), ({"server": dict}, "dict is no")])
def test_what_cannot_answer_is_refused(settings: Settings, given: Any, reason: str) -> None:
    with pytest.raises(Problem, match=reason):
        Teahouse(settings=settings, **given)


class LooksAround(Scenario):
    """Keeps what it was given as context."""

    contexts: list[Any] = []  # noqa: RUF012 - read by the test

    async def respond(self, thread: ThreadMetadata, input_user_message: Any, context: Any) -> Events:
        self.contexts.append(context)
        async for event in self.answer(thread, "Seen."):
            yield event


async def test_a_servers_context_says_who_asks_and_how(open_house: Any, visit: Any) -> None:
    """Servers written for other hosts take a dict; ours is one, with more to it."""
    browser = visit(await open_house(LooksAround), accept_language="zh-CN")
    response = await browser.post("threads.create", input=message_of("你好"))
    [context] = LooksAround.contexts
    assert isinstance(context, Context)
    assert isinstance(context.visitor, Visitor)
    assert context["user_id"] == context.visitor.id
    assert (context["locale"], context.language) == ("zh-CN", "zh")
    assert context["request_id"] == response.headers["x-request-id"]


# --- Opening and closing ------------------------------------------------------------------------------


async def test_requests_that_come_together_open_one_house(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    opened = []
    open_store = SqlStore.open

    async def counted(self: SqlStore) -> None:
        opened.append(self)
        await open_store(self)

    monkeypatch.setattr(SqlStore, "open", counted)
    house = Teahouse(server=Scenario, settings=settings)
    async with Browser(house.app) as browser:
        responses = await asyncio.gather(*(browser.http.get("/healthz") for _ in range(10)))
    await house.stop()
    assert {response.status_code for response in responses} == {200}
    assert len(opened) == 1


async def test_a_closed_house_opens_again_and_knows_its_visitors(settings: Settings) -> None:
    house = Teahouse(server=Scenario, settings=settings)
    async with Browser(house.app) as browser:
        thread_id = await browser.open_thread()
        await house.stop()
        await house.stop()
        await house.start()
        await house.start()
        assert texts(await browser.items(thread_id)) == ["Hello", "Answer 1."]
    await house.stop()


async def test_a_visitor_is_who_they_were_after_a_restart(settings: Settings) -> None:
    first = Teahouse(server=Scenario, settings=settings)
    async with Browser(first.app) as browser:
        thread_id = await browser.open_thread()
        cookies = dict(browser.http.cookies)
    await first.stop()
    second = Teahouse(server=Scenario, settings=settings)
    async with Browser(second.app) as browser:
        browser.http.cookies.update(cookies)
        assert len(await browser.items(thread_id)) == 2
    await second.stop()


async def test_a_configured_key_signs_the_cookies(settings: Settings, tmp_path: Path) -> None:
    """Two servers with one key and one store know the same visitors; no key file is made."""
    houses = [
        Teahouse(server=Scenario, settings=Settings(data=settings.data, secret="one key for both of them"))
        for _ in range(2)
    ]
    async with Browser(houses[0].app) as browser, Browser(houses[1].app) as beside:
        thread_id = await browser.open_thread()
        beside.http.cookies.update(dict(browser.http.cookies))
        assert len(await beside.items(thread_id)) == 2
    for house in houses:
        await house.stop()
    assert not (settings.data / "visitor.key").exists()


async def test_a_server_that_speaks_lifespan_opens_and_closes_the_house(settings: Settings) -> None:
    house = Teahouse(server=Scenario, settings=settings)
    async with served(house.app, lifespan="on") as url, Browser(url) as browser:
        assert (await browser.http.get("/healthz")).status_code == 200
    before = {task.get_name() for task in asyncio.all_tasks()}
    assert "teahouse" not in before


async def test_a_house_that_cannot_open_refuses_the_lifespan_with_its_reason(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    house = Teahouse(server=Scenario, settings=Settings(data=tmp_path / "file"))
    said: list[Any] = []

    async def receive() -> Any:
        return {"type": "lifespan.startup"}

    async def send(message: Any) -> None:
        said.append(message)

    await house.app({"type": "lifespan"}, receive, send)
    [refusal] = said
    assert refusal["type"] == "lifespan.startup.failed"
    assert "data_folder_unwritable" in refusal["message"]
    assert house.refused is not None


# --- The guide, when nobody else answers --------------------------------------------------------------


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    docs = tmp_path / "docs"
    (docs / "en").mkdir(parents=True)
    (docs / "en" / "oolong.md").write_text(
        "# Oolong\n\nOolong is a tea between green and black.\n\n"
        "## Brewing oolong\n\nBrew oolong at 90 °C for two minutes.\n"
    )
    return docs


async def test_the_guide_answers_with_a_source_that_opens(open_house: Any, visit: Any, documents: Path) -> None:
    browser = visit(await open_house(docs=documents))
    events = await browser.say("How do I brew oolong?")
    [_, answer] = [event["item"] for event in of_type(events, "thread.item.done")]
    assert "90 °C" in texts([answer])[0]
    sources = [a["source"]["url"] for part in answer["content"] for a in part["annotations"]]
    assert sources
    for source in sources:
        path, _, anchor = source.partition("#")
        page = await browser.http.get(f"/{path.lstrip('/')}")
        assert page.status_code == 200
        assert not anchor or f'id="{anchor}"' in page.text


async def test_questions_about_us_are_suggested_only_with_our_own_documents(
    open_house: Any, visit: Any, documents: Path
) -> None:
    theirs = await visit(await open_house(docs=documents)).http.get("/api")
    assert theirs.json()["page"]["prompts"] == []
    ours = await visit(await open_house()).http.get("/api", headers={"accept-language": "zh"})
    assert ours.json()["page"]["prompts"][0]["label"] == "Teahouse 是什么？"
