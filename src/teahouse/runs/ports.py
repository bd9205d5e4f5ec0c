"""What runs use of the rest of the house, and may do without."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Protocol, runtime_checkable

from chatkit.types import Attachment, FeedbackKind, Page, ThreadItem, ThreadMetadata, UserMessageItem

from teahouse.errors import Problem
from teahouse.protocol import Context

Explain = Callable[[Exception], Problem | None]
"""Says what an exception of the assistant's means, if it knows."""


@runtime_checkable
class HouseStore(Protocol):
    """What our own store offers beyond `chatkit.store.Store`; a foreign store is used without."""

    async def begin_turn(self, thread: ThreadMetadata, item: UserMessageItem, context: Context, *, new: bool) -> None:
        """Store a thread's (first) user message, thread and item in one transaction."""

    async def delete_items_after(self, thread_id: str, item_id: str, context: Context) -> list[str]:
        """Delete what came after an item; the ids that went."""

    async def load_latest_items(self, thread_id: str, limit: int, context: Context) -> Page[ThreadItem]:
        """The newest items in ascending order; `after` is the oldest of them when there are more."""

    async def add_feedback(self, thread_id: str, item_ids: list[str], kind: FeedbackKind, context: Context) -> None:
        """Keep a visitor's judgement of items."""


@runtime_checkable
class HouseFiles(Protocol):
    """What our own `AttachmentStore` offers beyond ChatKit's; another is used without."""

    async def settle(self, ids: list[str], thread_id: str, context: Context) -> list[Attachment]:
        """The attachments of a message, each whole, and now the thread's."""

    def refresh(self, items: Iterable[ThreadItem], context: Context) -> None:
        """Give the attachments of items addresses that work now."""

    async def of_thread(self, thread_id: str, context: Context) -> list[str]:
        """The ids of a thread's attachments."""

    async def forget(self, ids: list[str]) -> None:
        """Delete the bytes of attachments that are nobody's any more."""
