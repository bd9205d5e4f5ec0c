"""A run's log as server-sent events, in raw ASGI: a response wrapper costs more than the choice of server."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.types import Receive, Scope, Send

from teahouse.protocol import HEARTBEAT
from teahouse.runs.run import Run

# `no-transform` and `X-Accel-Buffering` keep proxies from compressing or holding back what is a stream.
_HEADERS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-cache, no-transform",
    "x-accel-buffering": "no",
}

# A send costs as much as making several deltas. Thirty pieces a second read as smoothly as a hundred; the
# first delta after a silence and the end of the answer are not held back.
_GATHER_SECONDS = 0.03


class EventStream:
    """An ASGI app that sends a run's events to one reader, until the run ends or the reader leaves.

    A reader that leaves stops the run: this protocol has no other word for "stop".

    Args:
        run: what to read.
        heartbeat: longest silence in seconds.
        headers: more response headers.
    """

    def __init__(self, run: Run, *, heartbeat: float, headers: Mapping[str, str]) -> None:
        self._run = run
        self._heartbeat = heartbeat
        self._headers = {**_HEADERS, **headers}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        departure = asyncio.create_task(self._stop_when_gone(receive))
        try:
            headers = [(name.encode(), value.encode()) for name, value in self._headers.items()]
            await send({"type": "http.response.start", "status": 200, "headers": headers})
            async for piece in self._run.log.follow(patience=self._heartbeat, gather=_GATHER_SECONDS):
                await send({"type": "http.response.body", "body": piece or HEARTBEAT, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
        finally:
            departure.cancel()
            self._run.stop()

    async def _stop_when_gone(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._run.stop()
