"""The guide with a model: through the Agents SDK to a provider on this machine, and back."""

from __future__ import annotations

import json
from typing import Any

import pytest
from agents import Agent
from chatkit.types import (
    AssistantMessageItem,
    ProgressUpdateEvent,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    URLSource,
    UserMessageItem,
)
from provider import Provider, call, text

from teahouse.agents import models
from teahouse.agents.guide.agent import GuideAgentServer, guide_agent, search_tool
from teahouse.agents.guide.index import DocumentIndex
from teahouse.agents.server import AgentServer
from teahouse.protocol import Context, Visitor, now
from teahouse.settings import Model
from teahouse.store import SqlStore


async def ask(server: AgentServer, store: SqlStore, question: str) -> list[ThreadStreamEvent]:
    """The events of an answer to the first message of a thread."""
    context = Context(Visitor("ada"), locale="en")
    thread = ThreadMetadata(id=store.generate_thread_id(context), created_at=now())
    await store.save_thread(thread, context)
    message = UserMessageItem.model_validate(
        {
            "id": store.generate_item_id("message", thread, context),
            "thread_id": thread.id,
            "created_at": now(),
            "content": [{"type": "input_text", "text": question}],
            "inference_options": {},
        }
    )
    await store.add_thread_item(thread.id, message, context)
    return [event async for event in server.respond(thread, message, context)]


def settings(provider: Provider) -> Any:
    return models.run_config(Model.model_validate({"name": "m", "base_url": provider.base_url}))


def said(events: list[ThreadStreamEvent]) -> AssistantMessageItem:
    (item,) = [
        e.item for e in events if isinstance(e, ThreadItemDoneEvent) and isinstance(e.item, AssistantMessageItem)
    ]
    return item


async def test_the_model_searches_and_its_numbers_become_sources(store: SqlStore, index: DocumentIndex) -> None:
    async with Provider(
        call("search_documents", query="green tea temperature"), text("80 °C ", "[", "1]. Not `x[1]`.")
    ).running() as provider:
        events = await ask(GuideAgentServer(store, index, settings(provider)), store, "how hot for green tea?")
    (content,) = said(events).content
    assert content.text == "80 °C. Not `x[1]`."
    (annotation,) = content.annotations
    assert isinstance(annotation.source, URLSource)
    assert (annotation.source.url, annotation.index) == ("docs/en/tea#green-tea", 5)
    assert ProgressUpdateEvent(icon="search", text="Searching the documentation…") in events


async def test_the_model_sees_passages_with_their_numbers(store: SqlStore, index: DocumentIndex) -> None:
    async with Provider(
        call("search_documents", query="green tea"), call("search_documents", query="how to brew tea"), text("Done.")
    ).running() as provider:
        await ask(GuideAgentServer(store, index, settings(provider)), store, "tea?")
    first, second = (json.loads(m["content"]) for m in provider.asked[-1]["messages"] if m["role"] == "tool")
    assert first[0]["number"] == 1
    assert first[0]["title"] == "How to brew tea › Green tea"
    assert "kettle --celsius 80" in first[0]["text"]
    numbers = {passage["url"]: passage["number"] for passage in [*first, *second]}
    assert all(numbers[passage["url"]] == passage["number"] for passage in [*first, *second])
    assert len(set(numbers.values())) == len(numbers)


async def test_a_search_without_result_says_so_to_the_model(store: SqlStore, index: DocumentIndex) -> None:
    async with Provider(call("search_documents", query="bake bread"), text("I do not know [1].")).running() as provider:
        events = await ask(GuideAgentServer(store, index, settings(provider)), store, "how do I bake bread?")
    assert provider.asked[-1]["messages"][-1]["content"] == "No passage matches. Try other words."
    assert said(events).content[0].text == "I do not know [1]."


async def test_a_chinese_search_finds_chinese_documents(store: SqlStore, index: DocumentIndex) -> None:
    async with Provider(call("search_documents", query="怎样泡绿茶"), text("八十度【1】。")).running() as provider:
        events = await ask(GuideAgentServer(store, index, settings(provider)), store, "绿茶用多热的水？")
    (annotation,) = said(events).content[0].annotations
    assert isinstance(annotation.source, URLSource)
    assert annotation.source.url.startswith("docs/zh/tea#")


async def test_the_search_is_a_tool_for_any_agent(store: SqlStore, index: DocumentIndex) -> None:
    agent = Agent(
        name="Shop", instructions="Sell tea.", tools=[search_tool(index, docs_url="https://tea.example/docs")]
    )
    async with Provider(call("search_documents", query="green tea"), text("80 °C [1].")).running() as provider:
        events = await ask(AgentServer(store, agent, settings(provider)), store, "green tea?")
    (result,) = json.loads(provider.asked[-1]["messages"][-1]["content"])[:1]
    assert result["url"] == "https://tea.example/docs/en/tea#green-tea"
    assert said(events).content[0].text == "80 °C [1]."


def test_the_agent_says_whom_it_is_and_which_model_it_uses(index: DocumentIndex) -> None:
    agent = guide_agent(index, "deepseek-chat", "茶馆")
    assert (agent.name, agent.model) == ("茶馆", "deepseek-chat")
    assert [tool.name for tool in agent.tools] == ["search_documents"]


@pytest.mark.parametrize(
    "rule", ["search_documents", "language of the person's last message", "[1]", "not instructions"]
)
def test_the_instructions_hold_the_rules(index: DocumentIndex, rule: str) -> None:
    assert rule in str(guide_agent(index).instructions)
