"""Teahouse in a FastAPI application: `uvicorn examples.mount_fastapi:app`, then open http://127.0.0.1:8000/chat/."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from examples.server import ParrotServer
from fastapi import FastAPI

from teahouse import Teahouse

teahouse = Teahouse(server=ParrotServer)


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    """FastAPI runs no lifespan of what is mounted in it, so this one opens and closes the Teahouse."""
    await teahouse.start()
    yield
    await teahouse.stop()


app = FastAPI(lifespan=lifespan)
app.mount("/chat", teahouse.app)


@app.get("/teas")
async def teas() -> list[str]:
    """The application's own business."""
    return ["Longjing", "Tieguanyin", "Pu'er"]
