"""The guide as a ChatKitServer: answers from documents, without a model."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

from chatkit.server import ChatKitServer
from chatkit.store import Store
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ProgressUpdateEvent,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdate,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from teahouse.agents.guide import answer, language, phrases
from teahouse.agents.guide.answer import Answer
from teahouse.agents.guide.index import DocumentIndex
from teahouse.agents.guide.question import goes_on
from teahouse.agents.guide.sources import annotation
from teahouse.agents.server import title_of
from teahouse.protocol import Context, now

_PASSAGES = 12
_LOOK_BACK = 20
_LONGEST_QUESTION = 2_000  # characters that are searched for: an error message pasted with its whole log
_PIECE = re.compile(r"\S{1,16}\s*|\s+")
_PIECE_LENGTH = 12


class GuideServer(ChatKitServer[Context]):
    """Answers with what the documents say.

    Args:
        store: where conversations are.
        index: of the documents.
        docs_url: where documents are shown, relative to the page or absolute.
        pace: seconds between two pieces of text, so that an answer reads as if it were being written.
    """

    def __init__(
        self, store: Store[Context], index: DocumentIndex, *, docs_url: str = "docs", pace: float = 0.006
    ) -> None:
        super().__init__(store)
        self._index = index
        self._docs_url = docs_url
        self._pace = pace

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Stream the answer to `input_user_message`, or to the thread's last message when it is None."""
        messages = await self._messages(thread, context)
        message = input_user_message or next(iter(messages), None)
        if message is None:
            return
        if thread.title is None:
            thread.title = title_of(message)
        question = _text(message)
        tongue = language.of_question(question, context.locale, await self._index.languages())
        yield ProgressUpdateEvent(icon="search", text=phrases.of(tongue).searching)
        earlier = _question_before(message, messages) if goes_on(question) else ""
        reply = await self._answer(question, earlier, tongue) if question.strip() or not message.attachments else None
        if message.attachments or reply is None:
            reply = answer.without_files(reply, tongue)
        item_id = self.store.generate_item_id("message", thread, context)
        item = AssistantMessageItem(id=item_id, thread_id=thread.id, created_at=now(), content=[])
        async for event in self._stream(item, reply, tongue):
            yield event

    async def _messages(self, thread: ThreadMetadata, context: Context) -> list[UserMessageItem]:
        """What the visitor wrote lately, newest first."""
        page = await self.store.load_thread_items(thread.id, None, _LOOK_BACK, "desc", context=context)
        return [item for item in page.data if isinstance(item, UserMessageItem)]

    async def _answer(self, question: str, earlier: str, tongue: str) -> Answer:
        asked = question[:_LONGEST_QUESTION]
        found = await self._index.search(asked, tongue, _PASSAGES, earlier=earlier[:_LONGEST_QUESTION])
        if not found:
            return answer.nothing(question, await self._index.topics(tongue), tongue, self._docs_url)
        page = await self._index.page(found[0].path)
        return answer.compose(f"{question} {earlier}", found, page, tongue, self._docs_url)

    async def _stream(self, item: AssistantMessageItem, reply: Answer, tongue: str) -> AsyncIterator[ThreadStreamEvent]:
        """The reply as events, each citation right after the text it belongs to."""

        def update(change: ThreadItemUpdate) -> ThreadItemUpdatedEvent:
            return ThreadItemUpdatedEvent(item_id=item.id, update=change)

        yield ThreadItemAddedEvent(item=item)
        # The added event keeps its own empty content: whoever holds it adds the deltas up.
        content = AssistantMessageContent(text="")
        yield update(AssistantMessageContentPartAdded(content_index=0, content=content.model_copy(deep=True)))
        due = [annotation(c.passage, c.index, tongue, self._docs_url) for c in reply.citations]
        written = 0
        for piece in _pieces(reply.text):
            await asyncio.sleep(self._pace)
            yield update(AssistantMessageContentPartTextDelta(content_index=0, delta=piece))
            written += len(piece)
            while due and (due[0].index or 0) <= written:
                yield update(_annotation_added(content, due.pop(0)))
        content.text = reply.text
        yield update(AssistantMessageContentPartDone(content_index=0, content=content))
        yield ThreadItemDoneEvent(item=item.model_copy(update={"content": [content]}))


def _annotation_added(
    content: AssistantMessageContent, added: Annotation
) -> AssistantMessageContentPartAnnotationAdded:
    content.annotations.append(added)
    return AssistantMessageContentPartAnnotationAdded(
        content_index=0, annotation_index=len(content.annotations) - 1, annotation=added
    )


def _text(message: UserMessageItem) -> str:
    """What is asked; quoted text is what it is asked about."""
    return " ".join([*([message.quoted_text] if message.quoted_text else []), *(p.text for p in message.content)])


def _question_before(message: UserMessageItem, messages: list[UserMessageItem]) -> str:
    """The last question before `message` that can be understood alone."""
    before = [_text(earlier) for earlier in messages if earlier.id != message.id]
    return next((text for text in before if not goes_on(text)), "")


def _pieces(text: str) -> Iterator[str]:
    """`text` in pieces of a word or two, or of as many characters where there are no spaces."""
    piece = ""
    for part in _PIECE.findall(text):
        piece += part
        if len(piece) >= _PIECE_LENGTH:
            yield piece
            piece = ""
    if piece:
        yield piece
