"""The guide as a ChatKitServer: what goes over the wire."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from chatkit.server import StreamingResult
from chatkit.types import FileAttachment, Thread, ThreadStreamEvent
from pydantic import TypeAdapter

from teahouse.agents.guide import phrases
from teahouse.agents.guide.index import DocumentIndex
from teahouse.agents.guide.server import GuideServer
from teahouse.protocol import Context, Visitor
from teahouse.store import SqlStore

EVENT: TypeAdapter[Any] = TypeAdapter(ThreadStreamEvent)
ADA = Context(Visitor("ada"), locale="en")


@pytest.fixture
def guide(store: SqlStore, index: DocumentIndex) -> GuideServer:
    return GuideServer(store, index, pace=0)


async def stream(guide: GuideServer, request: dict[str, Any], context: Context = ADA) -> AsyncIterator[dict[str, Any]]:
    """The events of a request, each checked against ChatKit's own types."""
    result = await guide.process(json.dumps(request), context)
    assert isinstance(result, StreamingResult)
    async for frame in result:
        event = json.loads(frame.removeprefix(b"data: "))
        EVENT.validate_python(event)
        yield event


def message(text: str, thread: str | None = None, **more: Any) -> dict[str, Any]:
    content = [{"type": "input_text", "text": text}]
    params: dict[str, Any] = {"input": {"content": content, "attachments": [], "inference_options": {}, **more}}
    if thread is None:
        return {"type": "threads.create", "params": params}
    return {"type": "threads.add_user_message", "params": {**params, "thread_id": thread}}


async def ask(guide: GuideServer, text: str, thread: str | None = None, **more: Any) -> list[dict[str, Any]]:
    return [event async for event in stream(guide, message(text, thread, **more))]


def thread_of(events: list[dict[str, Any]]) -> str:
    return str(events[0]["thread"]["id"])


def said(events: list[dict[str, Any]]) -> dict[str, Any]:
    """The finished answer's content."""
    (done,) = (
        e["item"] for e in events if e["type"] == "thread.item.done" and e["item"]["type"] == "assistant_message"
    )
    (content,) = done["content"]
    return dict(content)


def updates(events: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    kind = f"assistant_message.content_part.{kind}"
    return [e["update"] for e in events if e["type"] == "thread.item.updated" and e["update"]["type"] == kind]


# Streaming --------------------------------------------------------------------------------------------


async def test_an_answer_comes_in_the_order_of_the_protocol(guide: GuideServer) -> None:
    events = await ask(guide, "how do I brew green tea?")
    names = [e["update"]["type"].rsplit(".", 1)[1] if "update" in e else e["type"] for e in events]
    assert names[:7] == [
        "thread.created", "thread.item.done", "stream_options", "progress_update", "thread.updated",
        "thread.item.added", "added",
    ]  # fmt: skip
    assert set(names[7:-2]) == {"text_delta", "annotation_added"}
    assert names[-2:] == ["done", "thread.item.done"]


async def test_the_pieces_add_up_to_the_answer(guide: GuideServer) -> None:
    events = await ask(guide, "how do I brew green tea?")
    pieces = [update["delta"] for update in updates(events, "text_delta")]
    assert len(pieces) > 10
    assert "".join(pieces) == said(events)["text"]
    assert [update["annotation"] for update in updates(events, "annotation_added")] == said(events)["annotations"]
    assert [update["annotation_index"] for update in updates(events, "annotation_added")] == [0, 1]


async def test_a_citation_follows_the_text_it_belongs_to(guide: GuideServer) -> None:
    written = 0
    for event in await ask(guide, "how do I brew green tea?"):
        update = event.get("update", {})
        written += len(update.get("delta", ""))
        if update.get("type", "").endswith("annotation_added"):
            assert update["annotation"]["index"] <= written


async def test_sources_open_the_documents_at_the_passage(guide: GuideServer) -> None:
    sources = [a["source"] for a in said(await ask(guide, "how do I brew green tea?"))["annotations"]]
    assert sources[1] == {
        "type": "url",
        "title": "Green tea",
        "attribution": "How to brew tea",
        "url": "docs/en/tea#green-tea",
        "description": "Let the water cool to 80 °C, or the tea turns bitter: kettle --celsius 80",
    }


async def test_the_answer_is_kept_as_it_was_streamed(guide: GuideServer, store: SqlStore) -> None:
    events = await ask(guide, "how do I brew green tea?")
    kept = await store.load_thread_items(thread_of(events), None, 20, "asc", ADA)
    assert kept.data[-1].model_dump(exclude_none=True)["content"] == [said(events)]


async def test_nothing_found_is_an_answer_too(guide: GuideServer) -> None:
    content = said(await ask(guide, "how do I bake bread?"))
    assert content["text"].startswith("I found nothing about “how do I bake bread?”")
    assert content["annotations"] == []


# Languages --------------------------------------------------------------------------------------------


async def test_a_chinese_question_gets_a_chinese_answer(guide: GuideServer) -> None:
    events = await ask(guide, "怎样泡绿茶？")
    assert {"type": "progress_update", "icon": "search", "text": "正在检索文档…"} in events
    assert said(events)["text"].startswith("关于「怎样泡茶」，文档里是这样说的：")


async def test_the_locale_decides_for_an_identifier(guide: GuideServer) -> None:
    chinese = Context(Visitor("ada"), locale="zh-CN")
    events = [event async for event in stream(guide, message("lid_holder"), chinese)]
    assert said(events)["text"].startswith("关于「The pot」")


# Conversation -----------------------------------------------------------------------------------------


async def test_the_first_question_names_the_thread(guide: GuideServer) -> None:
    events = await ask(guide, "how do I brew green tea?")
    again = await ask(guide, "and black?", thread_of(events))
    titles = [e["thread"]["title"] for e in [*events, *again] if e["type"] == "thread.updated"]
    assert titles == ["how do I brew green tea?"]


async def test_a_short_question_goes_on_from_the_one_before(guide: GuideServer) -> None:
    thread = thread_of(await ask(guide, "how do I brew green tea?"))
    await ask(guide, "how do I bake bread?", thread)
    await ask(guide, "how do I brew green tea?", thread)
    content = said(await ask(guide, "and black?", thread))
    assert "docs/en/tea#black-tea" in [a["source"]["url"] for a in content["annotations"]]


async def test_a_question_of_its_own_has_no_past(guide: GuideServer) -> None:
    thread = thread_of(await ask(guide, "how do I brew green tea?"))
    content = said(await ask(guide, "lid_holder", thread))
    assert {a["source"]["url"].split("#")[0] for a in content["annotations"]} == {"docs/en/pot"}


async def test_a_question_may_be_about_quoted_text(guide: GuideServer) -> None:
    content = said(await ask(guide, "what does this mean?", quoted_text="Hold the lid while you pour"))
    assert content["annotations"][0]["source"]["url"].startswith("docs/en/pot")


async def test_a_retry_answers_the_same_question(guide: GuideServer) -> None:
    events = await ask(guide, "how do I brew green tea?")
    retry = {"thread_id": thread_of(events), "item_id": events[1]["item"]["id"]}
    again = [event async for event in stream(guide, {"type": "threads.retry_after_item", "params": retry})]
    assert said(again) == said(events)


async def test_a_message_without_words_is_answered(guide: GuideServer) -> None:
    assert said(await ask(guide, ""))["text"].startswith("I found nothing")


# Stopping ---------------------------------------------------------------------------------------------


async def test_stopping_keeps_what_was_written(store: SqlStore, index: DocumentIndex) -> None:
    guide = GuideServer(store, index, pace=0.05)
    arrived: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def read() -> None:
        async for event in stream(guide, message("how do I brew green tea?")):
            await arrived.put(event)

    reading = asyncio.create_task(read())
    events = [await arrived.get()]
    while len(updates(events, "text_delta")) < 3:
        events.append(await arrived.get())
    reading.cancel()
    with pytest.raises(asyncio.CancelledError):
        await reading
    while not arrived.empty():
        events.append(arrived.get_nowait())
    kept = await store.load_thread_items(thread_of(events), None, 20, "asc", ADA)
    partial = kept.data[1].model_dump()["content"][0]["text"]
    assert partial == "".join(update["delta"] for update in updates(events, "text_delta"))


async def test_documents_may_be_shown_elsewhere(store: SqlStore, index: DocumentIndex) -> None:
    guide = GuideServer(store, index, docs_url="https://docs.example.com/", pace=0)
    source = said(await ask(guide, "how do I brew green tea?"))["annotations"][0]["source"]
    assert source["url"] == "https://docs.example.com/en/tea"


async def test_a_new_document_is_in_the_next_answer(guide: GuideServer, index: DocumentIndex, folder: Path) -> None:
    thread = thread_of(await ask(guide, "what is a samovar?"))
    (folder / "en" / "samovar.md").write_text("# The samovar\n\nIt boils water.")
    await index.refresh()
    assert "It boils water." in said(await ask(guide, "what is a samovar?", thread))["text"]


async def test_without_a_message_the_last_one_is_answered(guide: GuideServer, store: SqlStore) -> None:
    """After a client's tool has run, say, there is no new message."""
    events = await ask(guide, "how do I brew green tea?")
    thread = Thread.model_validate({**events[0]["thread"]})
    answer = [event async for event in guide.respond(thread, None, ADA)]
    assert answer[-1].item.content[0].text == said(events)["text"]  # type: ignore[union-attr]


async def test_files_are_not_read_and_the_guide_says_so(guide: GuideServer, store: SqlStore) -> None:
    """With words it answers them too, its citations where they belong."""
    file = FileAttachment(id="atc_1", name="order.pdf", mime_type="application/pdf")
    await store.save_attachment(file, ADA)
    alone = said(await ask(guide, "", attachments=["atc_1"]))
    assert alone["text"] == phrases.of("en").no_files
    await store.save_attachment(file, ADA)
    content = said(await ask(guide, "How do I brew green tea?", attachments=["atc_1"]))
    plain = said(await ask(guide, "How do I brew green tea?"))
    start = f"{phrases.of('en').no_files}\n\n"
    assert content["text"] == start + plain["text"]
    moved = [annotation["index"] - len(start) for annotation in content["annotations"]]
    assert moved == [annotation["index"] for annotation in plain["annotations"]]
