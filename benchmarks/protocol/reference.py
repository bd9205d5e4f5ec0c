"""The reference: openai-chatkit behind FastAPI with a store in memory, as its quickstart has it."""

from __future__ import annotations

from typing import Any

from chatkit.server import StreamingResult
from chatkit.store import NotFoundError, Store
from chatkit.types import Attachment, Page, ThreadItem, ThreadMetadata
from fastapi import FastAPI, Request
from fastapi.responses import Response, StreamingResponse

from benchmarks.protocol.storyteller import Storyteller


class MemoryStore(Store[Any]):
    """Dictionaries that keep what they are given, uncopied: no store could cost less.

    Only what the benchmark's two kinds of request use is there.
    """

    def __init__(self) -> None:
        self._threads: dict[str, ThreadMetadata] = {}
        self._items: dict[str, dict[str, ThreadItem]] = {}

    async def load_thread(self, thread_id: str, context: Any) -> ThreadMetadata:
        if thread_id not in self._threads:
            raise NotFoundError(thread_id)
        return self._threads[thread_id]

    async def save_thread(self, thread: ThreadMetadata, context: Any) -> None:
        self._threads[thread.id] = thread
        self._items.setdefault(thread.id, {})

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        self._items[thread_id][item.id] = item

    save_item = add_thread_item

    async def load_item(self, thread_id: str, item_id: str, context: Any) -> ThreadItem:
        raise NotImplementedError

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Any
    ) -> Page[ThreadItem]:
        raise NotImplementedError

    async def load_threads(self, limit: int, after: str | None, order: str, context: Any) -> Page[ThreadMetadata]:
        raise NotImplementedError

    async def delete_thread(self, thread_id: str, context: Any) -> None:
        raise NotImplementedError

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Any) -> None:
        raise NotImplementedError

    async def save_attachment(self, attachment: Attachment, context: Any) -> None:
        raise NotImplementedError

    async def load_attachment(self, attachment_id: str, context: Any) -> Attachment:
        raise NotImplementedError

    async def delete_attachment(self, attachment_id: str, context: Any) -> None:
        raise NotImplementedError


app = FastAPI()
server = Storyteller(store=MemoryStore())


@app.post("/chatkit")
async def chatkit(request: Request) -> Response:
    """The one endpoint of the protocol."""
    result = await server.process(await request.body(), context={})
    if isinstance(result, StreamingResult):
        return StreamingResponse(result, media_type="text/event-stream")
    return Response(content=result.json, media_type="application/json")
