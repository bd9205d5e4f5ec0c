"""Visitors, threads and items for the store's tests."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    FileAttachment,
    InferenceOptions,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
)

from teahouse.protocol import Context, Visitor

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def visitor(name: str) -> Context:
    return Context(Visitor(name))


ALICE = visitor("alice")
BOB = visitor("bob")


def thread(thread_id: str = "thr_1", *, minute: int = 0, **fields: Any) -> ThreadMetadata:
    return ThreadMetadata(id=thread_id, created_at=NOON + timedelta(minutes=minute), **fields)


def question(item_id: str, text: str = "Why?", *, thread_id: str = "thr_1", minute: int = 0) -> UserMessageItem:
    return UserMessageItem(
        id=item_id,
        thread_id=thread_id,
        created_at=NOON + timedelta(minutes=minute),
        content=[UserMessageTextContent(text=text)],
        inference_options=InferenceOptions(),
    )


def answer(item_id: str, text: str = "Because.", *, thread_id: str = "thr_1", minute: int = 0) -> AssistantMessageItem:
    return AssistantMessageItem(
        id=item_id,
        thread_id=thread_id,
        created_at=NOON + timedelta(minutes=minute),
        content=[AssistantMessageContent(text=text)],
    )


def attachment(attachment_id: str = "atc_1", **fields: Any) -> FileAttachment:
    return FileAttachment(id=attachment_id, name="tea.pdf", mime_type="application/pdf", **fields)


def ids(records: list[Any]) -> list[str]:
    return [record.id for record in records]


def text_of(item: ThreadItem) -> str:
    assert isinstance(item, AssistantMessageItem)
    return item.content[0].text
