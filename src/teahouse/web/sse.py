"""Server-sent events in raw ASGI: a response wrapper costs more than the choice of server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from starlette.types import Receive, Scope, Send

from teahouse import logs
from teahouse.errors import Problem
from teahouse.protocol import HEARTBEAT

log = logs.get(__name__)

# `no-transform` and `X-Accel-Buffering` keep proxies from compressing or holding back what is a stream.
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}


class EventStream:
    """An ASGI app that sends pieces of server-sent events to one reader, until they end or the reader leaves.

    Args:
        pieces: what to send; an empty piece is a silence, in which a heartbeat is sent.
        headers: more response headers.
        left: called once the reader has gone, or there is nothing more to send.
    """

    def __init__(
        self,
        pieces: AsyncGenerator[bytes],
        *,
        headers: Mapping[str, str],
        left: Callable[[], None] = lambda: None,
    ) -> None:
        self._pieces = pieces
        self._headers = {**_HEADERS, **headers}
        self._left = left

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send them."""
        sending = asyncio.create_task(self._send(send))
        departure = asyncio.create_task(_departure(receive))
        try:
            await asyncio.wait((sending, departure), return_when=asyncio.FIRST_COMPLETED)
        finally:
            self._left()
            departure.cancel()
            sending.cancel()
            await asyncio.wait((sending, departure))
        if not sending.cancelled():
            sending.result()

    async def _send(self, send: Send) -> None:
        headers = [(name.encode(), value.encode()) for name, value in self._headers.items()]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        try:
            async with aclosing(self._pieces) as pieces:
                async for piece in pieces:
                    await send({"type": "http.response.body", "body": piece or HEARTBEAT, "more_body": True})
        except Problem as problem:
            # It cannot be told in a stream that has begun; whoever can come back does.
            log.warning("stream ended early", reason=str(problem))
        await send({"type": "http.response.body", "body": b""})


async def _departure(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
