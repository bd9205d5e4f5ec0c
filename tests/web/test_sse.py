"""Sending a run to one reader."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from house import runs_alone
from teahouse.protocol import Context, Visitor
from teahouse.run_types import Outcome
from teahouse.runs.pen import Pen
from teahouse.runs.run import Run
from teahouse.web.sse import EventStream


class Waits:
    """An answer of one event and no end."""

    async def write(self, pen: Pen) -> Outcome:
        """Write the event."""
        await pen.write(b"{}")
        await asyncio.Event().wait()
        return "done"

    def interrupt(self) -> None:
        """Not needed."""


def stream(run: Run, **headers: str) -> EventStream:
    """The run, for a client whose leaving stops it."""
    return EventStream(run.frames.follow(patience=5), headers=headers, left=run.stop)


@pytest.fixture
async def run() -> AsyncIterator[Run]:
    async with runs_alone() as runs:
        yield runs.start(Waits(), Context(Visitor("vis_1")))


async def never() -> Any:
    """A client that stays."""
    await asyncio.Event().wait()


async def ended(run: Run) -> bool:
    """Whether a run is stopped, waiting for it."""
    assert run.task is not None
    async with asyncio.timeout(5):
        await asyncio.wait([run.task])
    return run.state == "stopped"


async def test_a_client_that_cannot_be_written_to_stops_the_run(run: Run) -> None:
    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            raise ConnectionResetError

    with pytest.raises(ConnectionResetError):
        await stream(run)({"type": "http"}, never, send)
    assert await ended(run)


async def test_a_server_that_cancels_the_request_stops_the_run(run: Run) -> None:
    sent = asyncio.Event()

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            sent.set()

    request = asyncio.create_task(stream(run)({"type": "http"}, never, send))
    await sent.wait()
    request.cancel()
    assert await ended(run)


async def test_a_client_that_leaves_stops_the_run_and_ends_the_response(run: Run) -> None:
    sent: list[Any] = []
    left = asyncio.Event()

    async def receive() -> Any:
        await left.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)
        if message.get("body"):
            left.set()

    await stream(run, **{"x-more": "1"})({"type": "http"}, receive, send)
    assert (b"x-more", b"1") in sent[0]["headers"]
    assert [message.get("body") for message in sent[1:]] == [b"id: 1\ndata: {}\n\n"]
    assert await ended(run)
