"""The ChatKitServer that both sides serve, and what it is asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

from chatkit.server import ChatKitServer
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from benchmarks.protocol.question import Question


class Storyteller(ChatKitServer[Any]):
    """Answers as a model behind the Agents SDK does: a message, one part of text, many deltas."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Stream what the question asks for."""
        assert input_user_message is not None
        question = Question.read(input_user_message.content[0].text)
        item_id = self.store.generate_item_id("message", thread, context)
        message = AssistantMessageItem(id=item_id, thread_id=thread.id, created_at=datetime.now(UTC), content=[])

        def updated(update: Any) -> ThreadItemUpdatedEvent:
            return ThreadItemUpdatedEvent(item_id=item_id, update=update)

        yield ThreadItemAddedEvent(item=message)
        yield updated(AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text="")))
        for word in question.words():
            if question.pause:
                await asyncio.sleep(question.pause)
            yield updated(AssistantMessageContentPartTextDelta(content_index=0, delta=word))
        content = AssistantMessageContent(text=question.text())
        yield updated(AssistantMessageContentPartDone(content_index=0, content=content))
        yield ThreadItemDoneEvent(item=message.model_copy(update={"content": [content]}))
