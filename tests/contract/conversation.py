"""A client that holds a conversation with a ChatKit server and writes it down.

The transport is the only thing that knows the server: the reference is called in process (`record.py`), an
HTTP transport holds another implementation to the same scenarios.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

Json = dict[str, Any]

EPOCH = datetime(2026, 1, 1, tzinfo=UTC)
GENERATED_ID = re.compile(r"(thr|msg|tc|wf|tsk|atc|shcx)_[0-9a-f]{8,32}")


@dataclass(frozen=True)
class Streamed:
    """The events of a streaming request, in order."""

    events: list[Json]


@dataclass(frozen=True)
class Answered:
    """The body of a JSON request's response."""

    response: Json


class Transport(Protocol):
    """Sends one request; when `stop` is given, stops the answer as the user would once it is set."""

    async def __call__(self, request: Json, *, stop: asyncio.Event | None) -> Streamed | Answered: ...


@dataclass
class Conversation:
    """Sends requests through a transport and keeps what came back."""

    transport: Transport
    exchanges: list[Json] = field(default_factory=list)
    thread_id: str = ""

    async def say(self, text: str, *, stop: asyncio.Event | None = None, **message: Any) -> list[Json]:
        """Send a user message: into the current thread, or into a new one when there is none yet."""
        content = [{"type": "input_text", "text": text}]
        user_input = {"content": content, "attachments": [], "inference_options": {}} | message
        if self.thread_id:
            return await self.stream("threads.add_user_message", input=user_input, stop=stop)
        events = await self.stream("threads.create", in_thread=False, input=user_input, stop=stop)
        self.thread_id = events[0]["thread"]["id"]
        return events

    async def stream(
        self, kind: str, /, *, in_thread: bool = True, stop: asyncio.Event | None = None, **params: Any
    ) -> list[Json]:
        """Send a streaming request and return its events."""
        request = self._request(kind, params, in_thread=in_thread)
        reply = await self.transport(request, stop=stop)
        assert isinstance(reply, Streamed)
        stopped = {"stopped": True} if stop else {}
        self.exchanges.append({"request": request, **stopped, "events": reply.events})
        return reply.events

    async def ask(self, kind: str, /, *, in_thread: bool = True, **params: Any) -> Json:
        """Send a JSON request and return the response."""
        request = self._request(kind, params, in_thread=in_thread)
        response = await self._response_to(request)
        self.exchanges.append({"request": request, "response": response})
        return response

    async def thread_after(self) -> Json:
        """Return the current thread with all its visible items, oldest first, as a reload would show it."""
        thread = await self._response_to(self._request("threads.get_by_id", {}))
        items: list[Json] = []
        after: Json = {}
        while True:
            params = {"order": "asc", "limit": 100, **after}
            page = await self._response_to(self._request("items.list", params))
            items += page["data"]
            if not page["has_more"]:
                return thread | {"items": {"data": items, "has_more": False}}
            after = {"after": page["after"]}

    def _request(self, kind: str, params: Mapping[str, Any], *, in_thread: bool = True) -> Json:
        thread = {"thread_id": self.thread_id} if in_thread else {}
        return {"type": kind, "params": thread | dict(params)}

    async def _response_to(self, request: Json) -> Json:
        reply = await self.transport(request, stop=None)
        assert isinstance(reply, Answered)
        return reply.response


def canonical(recording: Json) -> Json:
    """Replace generated ids and times by ones that are the same on every run and on every server.

    An id becomes its prefix and the order of its first appearance (`msg_2`); the time of a record with an id
    becomes that many seconds after a fixed moment. So two recordings are equal exactly when the same things
    happened in the same order.
    """
    ordinals: dict[str, int] = {}

    def replaced(value: Any) -> Any:
        match value:
            case str() if GENERATED_ID.fullmatch(value):
                ordinal = ordinals.setdefault(value, len(ordinals) + 1)
                return f"{value.partition('_')[0]}_{ordinal}"
            case list():
                return [replaced(entry) for entry in value]
            case dict():
                return _with_time({key: replaced(entry) for key, entry in value.items()})
            case _:
                return value

    result: Json = replaced(recording)
    return result


def _with_time(record: Json) -> Json:
    if "created_at" not in record:
        return record
    ordinal = int(record["id"].partition("_")[2])
    moment = EPOCH + timedelta(seconds=ordinal)
    return record | {"created_at": moment.isoformat().replace("+00:00", "Z")}


def last_item(events: list[Json], kind: str, *, where: Callable[[Json], bool] = lambda _: True) -> Json:
    """Return the newest finished item of a kind among events."""
    items = [event["item"] for event in events if event["type"] == "thread.item.done"]
    return next(item for item in reversed(items) if item["type"] == kind and where(item))
