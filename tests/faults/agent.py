"""The assistant under test: its answer follows from the question alone, so that anybody can tell what it had to be."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from hashlib import sha256
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
    ThreadItemUpdate,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    UserMessageTextContent,
)

_TERMS = re.compile(r"(\d+) messages of (\d+) words, one each (\d+) ms")
# Of two and three bytes in UTF-8, so that a packet can end in the middle of a letter.
_LETTERS = "abcdefghéü茶馆"


def question(name: str, *, messages: int, words: int, pace: int) -> str:
    """What to say to be answered with so many messages of so many words, one each `pace` ms."""
    return f"{name}: {messages} messages of {words} words, one each {pace} ms"


def answer_to(text: str) -> list[str]:
    """The messages that answer a question."""
    messages, words, _ = _terms(text)
    return ["".join(_word(text, message, word) for word in range(words)) for message in range(messages)]


def _terms(text: str) -> tuple[int, int, int]:
    found = _TERMS.search(text)
    assert found is not None, text
    messages, words, pace = map(int, found.groups())
    return messages, words, pace


def _word(text: str, message: int, word: int) -> str:
    digest = sha256(f"{text}/{message}/{word}".encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:5]) + " "


class Answerer(ChatKitServer[Any]):
    """Answers with `answer_to`, at the pace that the question names."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Each word is a delta."""
        assert input_user_message is not None
        part = input_user_message.content[0]
        assert isinstance(part, UserMessageTextContent)
        messages, words, pace = _terms(part.text)
        for message in range(messages):
            item = AssistantMessageItem(
                id=self.store.generate_item_id("message", thread, context),
                thread_id=thread.id,
                created_at=datetime.now(UTC),
                content=[],
            )
            yield ThreadItemAddedEvent(item=item)
            empty = AssistantMessageContent(text="")
            yield _updated(item, AssistantMessageContentPartAdded(content_index=0, content=empty))
            said = ""
            for number in range(words):
                await asyncio.sleep(pace / 1000)
                word = _word(part.text, message, number)
                said += word
                yield _updated(item, AssistantMessageContentPartTextDelta(content_index=0, delta=word))
            content = AssistantMessageContent(text=said)
            yield _updated(item, AssistantMessageContentPartDone(content_index=0, content=content))
            yield ThreadItemDoneEvent(item=item.model_copy(update={"content": [content]}))


def _updated(item: AssistantMessageItem, update: ThreadItemUpdate) -> ThreadItemUpdatedEvent:
    return ThreadItemUpdatedEvent(item_id=item.id, update=update)
