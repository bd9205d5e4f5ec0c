"""A model provider at the other end of HTTP: OpenAI's two streaming APIs, as its OpenAPI document describes them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from house import Json, served


@dataclass(frozen=True)
class Says:
    """The model answers with text."""

    text: str


@dataclass(frozen=True)
class Calls:
    """The model calls a tool."""

    name: str
    arguments: Json = field(default_factory=dict)


@dataclass(frozen=True)
class Fails:
    """The provider refuses."""

    status: int
    message: str
    code: str | None = None
    kind: str = "invalid_request_error"


@dataclass(frozen=True)
class BreaksOff:
    """The provider sends an error in the middle of its answer, when it is told to."""

    text: str
    message: str
    now: asyncio.Event


class IsSilent:
    """The provider takes the request and never answers."""


Reply = Says | Calls | Fails | BreaksOff | IsSilent


@dataclass
class Provider:
    """What the provider will reply, one after the other, and what it was asked.

    Attributes:
        replies: the last one is given again and again.
        requests: each request's path, headers and JSON.
    """

    replies: list[Reply]
    requests: list[tuple[str, dict[str, str], Json]] = field(default_factory=list)
    url: str = ""

    @property
    def asked(self) -> list[Json]:
        """The JSON of each request."""
        return [body for _, _, body in self.requests]

    async def responses(self, request: Request) -> Response:
        """`POST /v1/responses`."""
        return await self._reply(request, _responses)

    async def chat_completions(self, request: Request) -> Response:
        """`POST /v1/chat/completions`."""
        return await self._reply(request, _chat_completions)

    async def _reply(self, request: Request, stream: Any) -> Response:
        self.requests.append((request.url.path, dict(request.headers), await request.json()))
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        match reply:
            case IsSilent():
                await asyncio.Event().wait()
            case Fails():
                error = {"message": reply.message, "type": reply.kind, "param": None, "code": reply.code}
                headers = {"x-should-retry": "false"}  # the client would wait between its attempts
                return JSONResponse({"error": error}, reply.status, headers=headers)
        return StreamingResponse(stream(reply), media_type="text/event-stream")


@asynccontextmanager
async def provider(*replies: Reply) -> AsyncIterator[Provider]:
    """A running provider."""
    there = Provider(list(replies))
    app = Starlette(
        routes=[
            Route("/v1/responses", there.responses, methods=["POST"]),
            Route("/v1/chat/completions", there.chat_completions, methods=["POST"]),
        ]
    )
    async with served(app, timeout_graceful_shutdown=0) as url:
        there.url = f"{url}/v1"
        yield there


def _pieces(text: str) -> Iterator[str]:
    for start in range(0, len(text), 8):
        yield text[start : start + 8]


def _data(event: Json) -> bytes:
    return f"data: {json.dumps(event)}\n\n".encode()


# Chat Completions -------------------------------------------------------------------------------------


def _chunk(delta: Json, finish: str | None = None) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish}
    return _data(
        {
            "id": "chatcmpl-1",
            "object": "chat.completion.chunk",
            "created": 1,
            "model": "tea-1",
            "choices": [choice],
        }
    )


async def _chat_completions(reply: Reply) -> AsyncIterator[bytes]:
    if isinstance(reply, Calls):
        function = {"name": reply.name, "arguments": json.dumps(reply.arguments)}
        call = {"index": 0, "id": "call_1", "type": "function", "function": function}
        yield _chunk({"role": "assistant", "tool_calls": [call]})
        yield _chunk({}, "tool_calls")
    elif isinstance(reply, Says | BreaksOff):
        yield _chunk({"role": "assistant", "content": ""})
        for piece in _pieces(reply.text):
            yield _chunk({"content": piece})
        if isinstance(reply, BreaksOff):
            await reply.now.wait()
            yield _data({"error": {"message": reply.message, "type": "server_error", "code": "overloaded"}})
            return
        yield _chunk({}, "stop")
    yield b"data: [DONE]\n\n"


# Responses --------------------------------------------------------------------------------------------


def _response(status: str, output: list[Json]) -> Json:
    usage = {
        "input_tokens": 1,
        "input_tokens_details": {"cached_tokens": 0},
        "output_tokens": 1,
        "output_tokens_details": {"reasoning_tokens": 0},
        "total_tokens": 2,
    }
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": status,
        "error": None,
        "incomplete_details": None,
        "instructions": None,
        "metadata": {},
        "model": "tea-1",
        "output": output,
        "parallel_tool_calls": True,
        "temperature": 1,
        "tool_choice": "auto",
        "tools": [],
        "top_p": 1,
        "usage": usage if status == "completed" else None,
    }


async def _responses(reply: Reply) -> AsyncIterator[bytes]:
    for number, event in enumerate(_response_events(reply)):
        event["sequence_number"] = number
        if event["type"] == "error" and isinstance(reply, BreaksOff):
            await reply.now.wait()
        yield f"event: {event['type']}\n".encode() + _data(event)


def _response_events(reply: Reply) -> Iterator[Json]:
    yield {"type": "response.created", "response": _response("in_progress", [])}
    if isinstance(reply, Calls):
        item: Json = {
            "id": "fc_1",
            "type": "function_call",
            "status": "completed",
            "call_id": "call_1",
            "name": reply.name,
            "arguments": json.dumps(reply.arguments),
        }
        yield {"type": "response.output_item.added", "output_index": 0, "item": item | {"arguments": ""}}
        yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    elif isinstance(reply, Says | BreaksOff):
        item = {"id": "msg_1", "type": "message", "role": "assistant", "status": "in_progress", "content": []}
        where = {"item_id": "msg_1", "output_index": 0, "content_index": 0}
        part = {"type": "output_text", "text": "", "annotations": [], "logprobs": []}
        yield {"type": "response.output_item.added", "output_index": 0, "item": item}
        yield {"type": "response.content_part.added", **where, "part": part}
        for piece in _pieces(reply.text):
            yield {"type": "response.output_text.delta", **where, "delta": piece, "logprobs": []}
        if isinstance(reply, BreaksOff):
            yield {"type": "error", "code": "server_error", "message": reply.message, "param": None}
            return
        part = part | {"text": reply.text}
        item = item | {"status": "completed", "content": [part]}
        yield {"type": "response.output_text.done", **where, "text": reply.text, "logprobs": []}
        yield {"type": "response.content_part.done", **where, "part": part}
        yield {"type": "response.output_item.done", "output_index": 0, "item": item}
    yield {"type": "response.completed", "response": _response("completed", [item])}
