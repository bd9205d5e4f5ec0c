"""An existing ChatKitServer, unchanged: `teahouse serve --server examples.server:ParrotServer`."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ProgressUpdateEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)


class ParrotServer(ChatKitServer[dict[str, Any]]):
    """Says again what it was told, word by word."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: dict[str, Any]
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Stream the echo."""
        said = "".join(part.text for part in input_user_message.content) if input_user_message else ""
        if thread.title is None:
            thread.title = said[:40]
        yield ProgressUpdateEvent(icon="sparkle", text="Listening…")

        item_id = self.store.generate_item_id("message", thread, context)
        empty = AssistantMessageItem(id=item_id, thread_id=thread.id, created_at=datetime.now(UTC), content=[])
        yield ThreadItemAddedEvent(item=empty)
        for word in said.split(" "):
            delta = AssistantMessageContentPartTextDelta(content_index=0, delta=f"{word} ")
            yield ThreadItemUpdatedEvent(item_id=item_id, update=delta)
        done = empty.model_copy(update={"content": [AssistantMessageContent(text=said)]})
        yield ThreadItemDoneEvent(item=done)
