"""The recorded conversations with the reference server, held with ours over HTTP.

Everything is the same but what `teahouse.runs.turn` lists as deliberate; each of those is said here.
"""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from contract.conversation import Answered, Conversation, Streamed, canonical
from contract.memory import MemoryAttachments
from contract.scenarios import SCENARIOS, Scenario
from house import Browser, Json, all_runs_to_end, frames, served
from teahouse import Settings, Teahouse

RECORDINGS = Path(__file__).parents[1] / "contract"

AGENT_FAILED = "The assistant stopped with an error. Try again; the server log has the details under this request's id."


class HttpTransport:
    """Sends a conversation's requests to a running server; stops an answer by closing the connection."""

    def __init__(self, browser: Browser, recorded: list[Json]) -> None:
        self._browser = browser
        self._recorded = iter(recorded)

    async def __call__(self, request: Json, *, stop: asyncio.Event | None) -> Streamed | Answered:
        recorded = next(self._recorded, {})
        if stop is not None:
            return Streamed(await self._read_and_leave(request, len(in_strokes(recorded["events"]))))
        response = await self._browser.http.post("/chatkit", json=request)
        assert response.status_code == 200, response.text
        if response.headers["content-type"] == "application/json":
            return Answered(response.json())
        return Streamed(in_strokes([frame.event for frame in frames(response.text)]))

    async def _read_and_leave(self, request: Json, count: int) -> list[Json]:
        events: list[Json] = []
        async with asyncio.timeout(10), self._browser.http.stream("POST", "/chatkit", json=request) as response:
            async for line in response.aiter_lines():
                if line.startswith("data: "):
                    events.append(json.loads(line.removeprefix("data: ")))
                if len(in_strokes(events)) == count:
                    break
        await all_runs_to_end()
        return events


async def hold(kind: type[Scenario], recorded: Json, data: Path) -> Json:
    """One scenario's conversation with our server, in the form of a recording."""
    servers: list[Scenario] = []

    class Server(kind):  # type: ignore[misc, valid-type]
        def __init__(self, store: Any) -> None:
            super().__init__(store, MemoryAttachments())
            servers.append(self)

    house = Teahouse(server=Server, settings=Settings(data=data))
    async with served(house.app) as url, Browser(url) as browser:
        chat = Conversation(HttpTransport(browser, recorded["requests"]))
        await servers[0].converse(chat)
        thread_after = await chat.thread_after() if chat.thread_id else None
    about = {"name": kind.name(), "description": kind.description()}
    return canonical(about | {"requests": chat.exchanges, "thread_after": thread_after})


def recording(kind: type[Scenario]) -> Json:
    loaded: Json = json.loads((RECORDINGS / f"{kind.name()}.json").read_text(encoding="utf-8"))
    return loaded


def in_strokes(events: list[Json]) -> list[Json]:
    """The events with text deltas that follow one another made one: how many there are depends on the clock."""
    joined: list[Json] = []
    for event in events:
        before = joined[-1] if joined else {}
        if _place(event) is not None and _place(event) == _place(before):
            before["update"]["delta"] += event["update"]["delta"]
        else:
            joined.append(json.loads(json.dumps(event)))
    return joined


def _place(event: Json) -> tuple[str, int] | None:
    match event:
        case {"item_id": item_id, "update": {"type": "assistant_message.content_part.text_delta", "content_index": at}}:
            return item_id, at
    return None


def with_our_differences(recorded: Json) -> Json:
    """The recording as it would be with the reference's failures made as ours, and its deltas in strokes."""
    for exchange in recorded["requests"]:
        if "events" in exchange:
            exchange["events"] = in_strokes(exchange["events"])
        events = exchange.get("events", [])
        for index, event in reversed(list(enumerate(events))):
            if event["type"] != "error":
                continue
            # 6. A failure says why, and which line of the log belongs to it.
            event["request_id"] = "req"
            if event["code"] == "stream.error":
                event |= {
                    "code": "agent_failed",
                    "message": AGENT_FAILED,
                    "doc_url": "/docs/en/errors/agent_failed",
                }
            # 5. An answer that fails keeps the text that the person has already read.
            if partial := _unfinished(events[:index]):
                events.insert(index, {"type": "thread.item.done", "item": partial})
                recorded["thread_after"]["items"]["data"].append(partial)
    return recorded


def _unfinished(events: list[Json]) -> Json | None:
    items: Json = {}
    for event in events:
        match event["type"]:
            case "thread.item.added":
                items[event["item"]["id"]] = json.loads(json.dumps(event["item"]))
            case "thread.item.done":
                items.pop(event["item"]["id"], None)
            case "thread.item.updated":
                content = items[event["item_id"]]["content"] if event["item_id"] in items else []
                match event["update"]:
                    case {"type": "assistant_message.content_part.added", "content": part}:
                        content.append(dict(part))
                    case {"type": "assistant_message.content_part.text_delta", "delta": delta} if content:
                        content[-1]["text"] += delta
    return next(iter(items.values()), None)


def with_plain_request_ids(value: Any) -> Any:
    match value:
        case {"request_id": str(), **rest}:
            return {key: with_plain_request_ids(entry) for key, entry in rest.items()} | {"request_id": "req"}
        case dict():
            return {key: with_plain_request_ids(entry) for key, entry in value.items()}
        case list():
            return [with_plain_request_ids(entry) for entry in value]
    return value


@pytest.mark.parametrize("kind", SCENARIOS, ids=lambda kind: kind.name())
async def test_conversation_is_the_one_recorded_with_the_reference(kind: type[Scenario], tmp_path: Path) -> None:
    recorded = recording(kind)
    held = await hold(kind, recorded, tmp_path)
    assert with_plain_request_ids(held) == with_our_differences(recorded)
