"""A model provider on this machine: Chat Completions as OpenAI-compatible servers speak it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import count
from typing import Any

_call = count(1)


class Provider:
    """Answers each request with the next of `replies`, and keeps what it was asked."""

    def __init__(self, *replies: list[dict[str, Any]]) -> None:
        self._replies = list(replies)
        self.asked: list[dict[str, Any]] = []
        self.base_url = ""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Provider]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/v1"
        async with server:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.split("content-length: ")[1].split("\r\n")[0])
        self.asked.append(json.loads(await reader.readexactly(length)))
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\nconnection: close\r\n\r\n")
        for delta in [*self._replies.pop(0), None]:
            writer.write(f"data: {json.dumps(_chunk(delta)) if delta else '[DONE]'}\n\n".encode())
        await writer.drain()
        writer.close()
        await writer.wait_closed()


def _chunk(delta: dict[str, Any]) -> dict[str, Any]:
    choice = {"index": 0, "delta": delta, "finish_reason": None}
    return {"id": "x", "object": "chat.completion.chunk", "created": 0, "model": "m", "choices": [choice]}


def text(*pieces: str) -> list[dict[str, Any]]:
    """The model writes."""
    return [{"role": "assistant", "content": piece} for piece in pieces]


def call(name: str, **arguments: Any) -> list[dict[str, Any]]:
    """The model calls a tool."""
    function = {"name": name, "arguments": json.dumps(arguments)}
    return [
        {
            "role": "assistant",
            "tool_calls": [{"index": 0, "id": f"call_{next(_call)}", "type": "function", "function": function}],
        }
    ]
