"""The emulator behind a real socket, whose connections it can cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from teahouse.emulator.app import TRANSPORT, Emulator


class Protocol(HttpToolsProtocol):
    """uvicorn's, with the connection in each request's scope."""

    def on_message_begin(self) -> None:
        """A request begins."""
        super().on_message_begin()
        extensions: dict[str, Any] = {TRANSPORT: self.transport}
        self.scope["extensions"] = extensions


def config(app: ASGIApp, **options: Any) -> uvicorn.Config:
    """How uvicorn serves the emulator."""
    return uvicorn.Config(
        app, http=Protocol, log_config=None, access_log=False, server_header=False, lifespan="off", **options
    )


class _Server(uvicorn.Server):
    """Says when it has started; leaves signals to the program."""

    def __init__(self, settings: uvicorn.Config) -> None:
        super().__init__(settings)
        self.ready = asyncio.Event()

    async def startup(self, sockets: Any = None) -> None:
        """Listen."""
        await super().startup(sockets)
        self.ready.set()


@asynccontextmanager
async def running(emulator: Emulator) -> AsyncIterator[str]:
    """The emulator on a free port of this machine, for tests; gives the base URL for clients.

    async with running(Emulator()) as url:
        client = openai.AsyncOpenAI(base_url=url, api_key="any")
    """
    server = _Server(config(emulator.app, port=0, timeout_graceful_shutdown=0))
    serving = asyncio.create_task(server._serve())
    try:
        async with asyncio.timeout(20):
            await server.ready.wait()
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        await serving
