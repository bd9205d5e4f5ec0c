"""The stores the recordings are made with: the documented contract of ``chatkit.store``, in dictionaries."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from chatkit.store import AttachmentStore, NotFoundError, Store
from chatkit.types import (
    Attachment,
    AttachmentCreateParams,
    AttachmentUploadDescriptor,
    FileAttachment,
    Page,
    ThreadItem,
    ThreadMetadata,
)


class _Identified(Protocol):
    id: str


T = TypeVar("T", bound=_Identified)
V = TypeVar("V")


class MemoryStore(Store[Any]):
    """Threads and items in insertion order, copied on the way in and on the way out."""

    def __init__(self) -> None:
        self._threads: dict[str, ThreadMetadata] = {}
        self._items: dict[str, dict[str, ThreadItem]] = {}
        self._attachments: dict[str, Attachment] = {}

    async def load_thread(self, thread_id: str, context: Any) -> ThreadMetadata:
        return _found(self._threads, thread_id).model_copy(deep=True)

    async def save_thread(self, thread: ThreadMetadata, context: Any) -> None:
        # `threads.create` hands over a Thread with its items; only the metadata is ours to keep.
        metadata = thread.model_dump(exclude={"items"})
        self._threads[thread.id] = ThreadMetadata.model_validate(metadata)
        self._items.setdefault(thread.id, {})

    async def load_threads(self, limit: int, after: str | None, order: str, context: Any) -> Page[ThreadMetadata]:
        return _page(list(self._threads.values()), limit, after, order)

    async def delete_thread(self, thread_id: str, context: Any) -> None:
        self._threads.pop(thread_id, None)
        self._items.pop(thread_id, None)

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int, order: str, context: Any
    ) -> Page[ThreadItem]:
        return _page(list(_found(self._items, thread_id).values()), limit, after, order)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        await self.save_item(thread_id, item, context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Any) -> None:
        self._items[thread_id][item.id] = item.model_copy(deep=True)

    async def load_item(self, thread_id: str, item_id: str, context: Any) -> ThreadItem:
        return _found(_found(self._items, thread_id), item_id).model_copy(deep=True)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Any) -> None:
        _found(self._items, thread_id).pop(item_id, None)

    async def save_attachment(self, attachment: Attachment, context: Any) -> None:
        self._attachments[attachment.id] = attachment

    async def load_attachment(self, attachment_id: str, context: Any) -> Attachment:
        return _found(self._attachments, attachment_id)

    async def delete_attachment(self, attachment_id: str, context: Any) -> None:
        self._attachments.pop(attachment_id, None)


class MemoryAttachments(AttachmentStore[Any]):
    """Two-phase uploads to an address nobody calls: the protocol is recorded, not the bytes."""

    async def create_attachment(self, input: AttachmentCreateParams, context: Any) -> Attachment:  # noqa: A002
        attachment_id = self.generate_attachment_id(input.mime_type, context)
        upload = AttachmentUploadDescriptor.model_validate(
            {"url": "https://files.example/upload", "method": "PUT", "headers": {"X-Upload": "1"}}
        )
        return FileAttachment(
            id=attachment_id,
            name=input.name,
            mime_type=input.mime_type,
            upload_descriptor=upload,
            metadata={"bucket": "never sent to the client"},
        )

    async def delete_attachment(self, attachment_id: str, context: Any) -> None:
        return None


def _found(records: dict[str, V], key: str) -> V:
    if key not in records:
        raise NotFoundError(key)
    return records[key]


def _page(records: Sequence[T], limit: int, after: str | None, order: str) -> Page[T]:
    ordered = list(records) if order == "asc" else list(reversed(records))
    if after is not None:
        position = next(i for i, record in enumerate(ordered) if record.id == after)
        ordered = ordered[position + 1 :]
    has_more = len(ordered) > limit
    data = [record.model_copy(deep=True) for record in ordered[:limit]]  # type: ignore[attr-defined]
    return Page(data=data, has_more=has_more, after=data[-1].id if has_more else None)
