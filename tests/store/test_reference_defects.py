"""Where a plain store breaks `openai-chatkit`'s own server, ours does not: the real ChatKitServer over it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    ClientToolCallItem,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from teahouse.protocol import Context
from teahouse.store import SqlStore

from .things import ALICE


class TitlingServer(ChatKitServer[Context]):
    """Titles the thread in its first turn and answers with the number of items it can see."""

    item_id: str | None = None

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> AsyncIterator[ThreadStreamEvent]:
        thread.title = thread.title or "A title"
        thread.metadata["turns"] = thread.metadata.get("turns", 0) + 1
        seen = await self.store.load_thread_items(thread.id, None, 20, "desc", context)
        yield ThreadItemRemovedEvent(item_id="progress_shown_only")
        yield ThreadItemDoneEvent(
            item=AssistantMessageItem(
                id=self.item_id or self.store.generate_item_id("message", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(),
                content=[AssistantMessageContent(text=f"newest of {len(seen.data)}: {seen.data[0].id}")],
            )
        )


@pytest.fixture
def server(store: SqlStore) -> TitlingServer:
    return TitlingServer(store)


async def ask(server: ChatKitServer[Context], kind: str, **params: Any) -> Any:
    """The answer's JSON, or the events of a stream."""
    result = await server.process(json.dumps({"type": kind, "params": params}), ALICE)
    if not isinstance(result, StreamingResult):
        return json.loads(result.json)
    return [json.loads(frame.removeprefix(b"data: ")) async for frame in result]


def message(text: str) -> dict[str, Any]:
    return {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": {}}


async def begin(server: ChatKitServer[Context]) -> str:
    events = await ask(server, "threads.create", input=message("Hello"))
    return str(events[0]["thread"]["id"])


async def test_a_title_set_in_the_first_turn_survives_a_reload(server: TitlingServer) -> None:
    thread_id = await begin(server)
    await ask(server, "threads.add_user_message", thread_id=thread_id, input=message("Again"))

    thread = await ask(server, "threads.get_by_id", thread_id=thread_id)

    assert thread["title"] == "A title"
    kinds = [item["type"] for item in thread["items"]["data"]]
    assert kinds == ["user_message", "assistant_message"] * 2
    assert (await server.store.load_thread(thread_id, ALICE)).metadata == {"turns": 2}
    assert (await ask(server, "threads.list"))["data"][0]["title"] == "A title"


async def test_beyond_twenty_items_the_newest_are_seen_and_all_can_be_reached(server: TitlingServer) -> None:
    thread_id = await begin(server)
    for _ in range(14):
        events = await ask(server, "threads.add_user_message", thread_id=thread_id, input=message("More"))

    users = [event["item"] for event in events if event.get("item", {}).get("type") == "user_message"]
    answers = [event["item"] for event in events if event.get("item", {}).get("type") == "assistant_message"]
    assert answers[0]["content"][0]["text"] == f"newest of 20: {users[0]['id']}"

    seen, after = [], None
    while True:
        page = await ask(server, "items.list", thread_id=thread_id, order="desc", after=after)
        seen += [item["id"] for item in page["data"]]
        if not page["has_more"]:
            break
        after = page["after"]
    assert len(set(seen)) == len(seen) == 30
    assert seen[:2] == [answers[0]["id"], users[0]["id"]]


async def test_a_providers_constant_id_twice_in_one_thread_hides_no_newer_answer(
    server: TitlingServer,
) -> None:
    """The run gives such items ids of ours; a server that is used without it still answers and reloads."""
    server.item_id = "__fake_id__"
    thread_id = await begin(server)
    events = await ask(server, "threads.add_user_message", thread_id=thread_id, input=message("Again"))
    assert not [event for event in events if event["type"] == "error"]

    items = (await ask(server, "threads.get_by_id", thread_id=thread_id))["items"]["data"]
    assert [item["type"] for item in items] == ["user_message", "user_message", "assistant_message"]
    assert items[1]["id"] in items[2]["content"][0]["text"]


async def test_retry_delete_and_tool_output_go_through(server: TitlingServer) -> None:
    thread_id = await begin(server)
    first = (await ask(server, "items.list", thread_id=thread_id, order="asc"))["data"][0]["id"]
    await ask(server, "threads.retry_after_item", thread_id=thread_id, item_id=first)
    assert len((await ask(server, "items.list", thread_id=thread_id))["data"]) == 2

    call = ClientToolCallItem(
        id="tc_1", thread_id=thread_id, created_at=datetime.now(), call_id="c", name="f", arguments={}
    )
    await server.store.add_thread_item(thread_id, call, ALICE)
    await ask(server, "threads.add_client_tool_output", thread_id=thread_id, result={"ok": True})
    done = await server.store.load_item(thread_id, "tc_1", ALICE)
    assert isinstance(done, ClientToolCallItem)
    assert (done.status, done.output) == ("completed", {"ok": True})

    await ask(server, "threads.update", thread_id=thread_id, title="Renamed")
    assert (await ask(server, "threads.list"))["data"][0]["title"] == "Renamed"
    await ask(server, "threads.delete", thread_id=thread_id)
    assert (await ask(server, "threads.list"))["data"] == []
