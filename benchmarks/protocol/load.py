"""Visitors who ask: raw sockets, so that the load costs far less than what it measures."""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import dataclass

from benchmarks.protocol.question import Question

_LAST_CHUNK = b"\r\n0\r\n\r\n"
_DELTA = re.compile(rb'"delta":"([^"\\]*)"')
_FRAME = b"data: {"
_COOKIE = re.compile(rb"^set-cookie: ([^;\r]+)", re.IGNORECASE | re.MULTILINE)
_THREAD = re.compile(rb'"type":"thread.created","thread":\{"id":"([^"]+)"')


class IncompleteAnswer(Exception):
    """An answer that is not what was asked for: no figure may be made of it."""


@dataclass(frozen=True)
class Reply:
    """An answer, read to its end.

    Attributes:
        first: seconds from the question to the first event.
        events: how many came.
    """

    first: float
    events: int


class Visitor(asyncio.Protocol):
    """A connection that is kept, and what a browser keeps with it: the cookie and the thread."""

    def __init__(self) -> None:
        self.thread_id: str | None = None
        self.cookie = b""
        self._transport: asyncio.Transport | None = None
        self._received: list[bytes] = []
        self._tail = b""
        self._first = 0.0
        self._whole: asyncio.Future[None] | None = None

    @classmethod
    async def connect(cls, host: str, port: int) -> Visitor:
        """A visitor who has just come."""
        _, visitor = await asyncio.get_running_loop().create_connection(cls, host, port)
        return visitor

    def close(self) -> None:
        """Leave."""
        if self._transport is not None:
            self._transport.close()

    async def ask(self, question: Question, *, new_thread: bool) -> Reply:
        """Ask and read to the end.

        Raises:
            IncompleteAnswer: with what came instead.
        """
        assert self._transport is not None
        thread_id = None if new_thread else self.thread_id
        self._received, self._tail, self._first = [], b"", 0.0
        self._whole = asyncio.get_running_loop().create_future()
        asked = time.perf_counter()
        self._transport.write(self._written(question.request(thread_id)))
        await self._whole
        answer = b"".join(self._received)
        # Counted is what the assistant made: how many deltas share a frame is the server's affair, as long as
        # every character is streamed and then stored.
        text = question.text().encode()
        if b"".join(_DELTA.findall(answer)) != text or b'"text":"%b"' % text not in answer:
            raise IncompleteAnswer(f"{answer.count(_FRAME)} frames:\n{answer[-2000:].decode(errors='replace')}")
        self._remember(answer)
        return Reply(self._first - asked, question.events(new_thread=thread_id is None))

    def _written(self, body: bytes) -> bytes:
        cookie = b"cookie: %b\r\n" % self.cookie if self.cookie else b""
        return (
            b"POST /chatkit HTTP/1.1\r\nhost: benchmark\r\naccept: text/event-stream\r\naccept-language: en\r\n"
            b"content-type: application/json\r\ncontent-length: %d\r\n%b\r\n%b" % (len(body), cookie, body)
        )

    def _remember(self, answer: bytes) -> None:
        if cookie := _COOKIE.search(answer):
            self.cookie = cookie[1]
        if self.thread_id is None and (created := _THREAD.search(answer)):
            self.thread_id = created[1].decode()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received.append(data)
        if not self._first and _FRAME in data:
            self._first = time.perf_counter()
        if not self._first and b" 200 " not in self._received[0]:
            self._give_up(data.decode(errors="replace"))
        self._tail = (self._tail + data[-len(_LAST_CHUNK) :])[-len(_LAST_CHUNK) :]
        if self._tail == _LAST_CHUNK and self._whole is not None and not self._whole.done():
            self._whole.set_result(None)

    def connection_lost(self, error: Exception | None) -> None:
        self._give_up(f"the connection was closed: {error}")

    def _give_up(self, reason: str) -> None:
        if self._whole is not None and not self._whole.done():
            self._whole.set_exception(IncompleteAnswer(reason))


async def ask_many(visitors: list[Visitor], question: Question, answers: int, *, new_threads: bool) -> list[Reply]:
    """Every visitor asks, one question after the other, until `answers` have come in all."""
    left = iter(range(answers))

    async def converse(visitor: Visitor) -> list[Reply]:
        return [await visitor.ask(question, new_thread=new_threads) for _ in left]

    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(converse(visitor)) for visitor in visitors]
    return [reply for task in tasks for reply in task.result()]
