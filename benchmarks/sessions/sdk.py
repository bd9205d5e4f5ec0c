"""The official SDK behind FastAPI, one client for all; with httpx2, and with its aiohttp transport."""

from __future__ import annotations

import os
from uuid import uuid4

from fastapi import FastAPI
from openai import AsyncOpenAI, DefaultAioHttpClient


def backend(client: AsyncOpenAI) -> FastAPI:
    app = FastAPI()

    @app.get("/healthz")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.post("/api/chatkit/session")
    async def create_session() -> dict[str, str]:
        session = await client.beta.chatkit.sessions.create(user=uuid4().hex, workflow={"id": "wf_benchmark"})
        return {"client_secret": session.client_secret}

    return app


def plain() -> FastAPI:
    """As `pip install openai` has it."""
    return backend(AsyncOpenAI(base_url=os.environ["UPSTREAM"]))


def on_aiohttp() -> FastAPI:
    """As `pip install openai[aiohttp]` may have it."""
    return backend(AsyncOpenAI(base_url=os.environ["UPSTREAM"], http_client=DefaultAioHttpClient()))


app = on_aiohttp() if os.environ.get("TRANSPORT") == "aiohttp" else plain()
