"""A house under test, and the browsers that visit it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx2
import uvicorn
from starlette.types import ASGIApp

from teahouse.runs.log import MemoryLog
from teahouse.runs.run import Bounds
from teahouse.runs.runs import Runs

Json = dict[str, Any]


@dataclass(frozen=True)
class Frame:
    """One server-sent event as it came."""

    number: int
    event: Json


class Browser:
    """One visitor's browser: it keeps its cookies and speaks the ChatKit protocol.

    Args:
        where: an ASGI app, called in process, or the URL of a running server.
        prefix: where in the app the house is mounted.
        headers: sent with every request.
    """

    def __init__(self, where: ASGIApp | str, *, prefix: str = "", **headers: str) -> None:
        transport = None if isinstance(where, str) else httpx2.ASGITransport(app=where)
        base = where if isinstance(where, str) else "http://chat.test"
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.http = httpx2.AsyncClient(
            transport=transport,
            base_url=base + prefix,
            headers={"accept-language": "en"} | named,
            timeout=20,
            trust_env=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.http.aclose()

    async def post(self, kind: str, /, **params: Any) -> httpx2.Response:
        """Send one ChatKit request; whatever comes back."""
        return await self.http.post("/chatkit", json={"type": kind, "params": params})

    async def ask(self, kind: str, /, **params: Any) -> Any:
        """The JSON that answers a request."""
        response = await self.post(kind, **params)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"] == "application/json"
        return response.json()

    async def stream(self, kind: str, /, **params: Any) -> list[Json]:
        """The events that answer a request."""
        response = await self.post(kind, **params)
        assert response.status_code == 200, response.text
        assert response.headers["content-type"].startswith("text/event-stream")
        return [frame.event for frame in frames(response.text)]

    async def say(self, text: str = "Hello", thread_id: str | None = None, **message: Any) -> list[Json]:
        """Send a user message, into a new thread unless one is named."""
        said = message_of(text, **message)
        if thread_id is None:
            return await self.stream("threads.create", input=said)
        return await self.stream("threads.add_user_message", thread_id=thread_id, input=said)

    async def open_thread(self, text: str = "Hello") -> str:
        """Say something in a new thread and wait for the answer; the thread's id."""
        events = await self.say(text)
        thread_id: str = events[0]["thread"]["id"]
        return thread_id

    async def items(self, thread_id: str) -> list[Json]:
        """All items of a thread that may be seen, oldest first."""
        page = await self.ask("items.list", thread_id=thread_id, order="asc", limit=100)
        assert not page["has_more"]
        items: list[Json] = page["data"]
        return items

    async def problem(self, kind: str, /, **params: Any) -> Json:
        """The error that answers a request, with the HTTP status under `status`."""
        response = await self.post(kind, **params)
        return problem_in(response)


def problem_in(response: httpx2.Response) -> Json:
    """The error in a response, with the HTTP status under `status`."""
    assert response.status_code >= 400, response.text
    error: Json = response.json()["error"]
    return error | {"status": response.status_code}


def message_of(text: str, **fields: Any) -> Json:
    """A user message as the element sends it."""
    content = [{"type": "input_text", "text": text}]
    return {"content": content, "attachments": [], "inference_options": {}} | fields


def frames(body: str) -> list[Frame]:
    """The events of a finished stream, each exactly in the form that Teahouse promises."""
    found = []
    assert body.endswith("\n\n"), "the stream ends in the middle of a frame"
    for block in body.removesuffix("\n\n").split("\n\n"):
        if block == ": ping" or block.startswith("event: run\n"):
            continue
        number, data = block.split("\n")
        assert number.startswith("id: "), block
        assert data.startswith("data: "), block
        found.append(Frame(int(number.removeprefix("id: ")), json.loads(data.removeprefix("data: "))))
    return found


def texts(items: list[Json]) -> list[str]:
    """What each message says."""
    return ["".join(part["text"] for part in item["content"]) for item in items if "content" in item]


def of_type(events: list[Json], kind: str) -> list[Json]:
    """The events of one type."""
    return [event for event in events if event["type"] == kind]


class _Server(uvicorn.Server):
    """Says when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def served(app: ASGIApp, **options: Any) -> AsyncIterator[str]:
    """`app` on a real port of this machine; gives its URL. For what depends on sockets."""
    server = _Server(uvicorn.Config(app, port=0, log_config=None, access_log=False, **options))
    task = asyncio.create_task(server._serve())  # its public twin would take over the signals of the tests
    try:
        async with asyncio.timeout(10):
            await server.ready.wait()
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"http://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        await task


class NoLedger:
    """For runs without a thread, which nobody enters anywhere."""

    shared = False

    async def orphans(self) -> list[Any]:
        """None."""
        return []


def runs_alone(*, seconds: float = 5, size: int = 1000, grace: float = 0) -> Runs:
    """Runs without a house: for answers without a thread."""
    nobody: Any = None
    ledger: Any = NoLedger()
    return Runs(nobody, ledger, MemoryLog(), Bounds(seconds=seconds, bytes=size), grace=grace)


async def all_runs_to_end() -> None:
    """Wait until no answer is being made any more."""
    if running := [task for task in asyncio.all_tasks() if task.get_name().startswith("run_")]:
        async with asyncio.timeout(10):
            await asyncio.wait(running)
