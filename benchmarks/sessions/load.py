"""Visitors who want a session: raw sockets, each request from somebody new, so that no kept session is measured."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

_END = b"\r\n\r\n"


@dataclass(frozen=True)
class Target:
    """Who is asked, and for what."""

    host: str
    port: int
    request: bytes


def backend(host: str, port: int) -> Target:
    """A backend, asked as a page asks: without a cookie, so that every request is another visitor's."""
    body = b"{}"
    request = (
        b"POST /api/chatkit/session HTTP/1.1\r\nhost: benchmark\r\ncontent-type: application/json\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(body), body)
    )
    return Target(host, port, request)


def upstream(host: str, port: int) -> Target:
    """The upstream itself: nobody can be faster."""
    body = b'{"user":"u","workflow":{"id":"wf_benchmark"}}'
    request = (
        b"POST /v1/chatkit/sessions HTTP/1.1\r\nhost: benchmark\r\nopenai-beta: chatkit_beta=v1\r\n"
        b"content-length: %d\r\n\r\n%b" % (len(body), body)
    )
    return Target(host, port, request)


class Visitor(asyncio.Protocol):
    """A connection that is kept, over which one asks again and again."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._received = b""
        self._whole: asyncio.Future[bytes] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(_END)
        if not found or self._whole is None or self._whole.done():
            return
        length = next(
            int(line.partition(b":")[2]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")
        )
        if len(body) >= length:
            self._received = b""
            self._whole.set_result(head + body)

    def connection_lost(self, error: Exception | None) -> None:
        if self._whole is not None and not self._whole.done():
            self._whole.set_exception(ConnectionError(f"the connection was closed: {error}"))

    async def ask(self, request: bytes) -> float:
        """Ask and wait; how many seconds it took.

        Raises:
            RuntimeError: what came is no session. No figure may be made of it.
        """
        assert self._transport is not None
        self._whole = asyncio.get_running_loop().create_future()
        begun = time.perf_counter()
        self._transport.write(request)
        answer = await self._whole
        if b" 200 " not in answer[:20] or b"client_secret" not in answer:
            raise RuntimeError(answer[:1000].decode(errors="replace"))
        return time.perf_counter() - begun

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.close()


async def ask_for(target: Target, visitors: int, seconds: float) -> tuple[list[float], float]:
    """Ask for some time, each visitor one request after the other; how long each took, and all together, in seconds.

    A request that is on its way at the end is not waited for and not counted.
    """
    loop = asyncio.get_running_loop()
    come = [(await loop.create_connection(Visitor, target.host, target.port))[1] for _ in range(visitors)]
    took: list[float] = []

    async def ask_on(visitor: Visitor) -> None:
        while True:
            took.append(await visitor.ask(target.request))

    begun = time.perf_counter()
    asking = [asyncio.create_task(ask_on(visitor)) for visitor in come]
    done, _ = await asyncio.wait(asking, timeout=seconds, return_when=asyncio.FIRST_EXCEPTION)
    lasted = time.perf_counter() - begun
    for task in asking:
        task.cancel()
    await asyncio.gather(*asking, return_exceptions=True)
    for visitor in come:
        visitor.close()
    for task in done:
        task.result()
    return took, lasted
