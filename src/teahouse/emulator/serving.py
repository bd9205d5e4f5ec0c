"""The emulator behind a real socket, whose connections it can cut."""

from __future__ import annotations

from typing import Any

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from teahouse.emulator.app import TRANSPORT


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
