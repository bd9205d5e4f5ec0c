"""Ids of items that an upstream model named are replaced by ours before anything is stored or sent.

Models behind the Chat Completions API all get the Agents SDK's one constant id, `__fake_id__`; stored as
it comes, each answer overwrites the one before (chatkit-python#36). Responses ids are unique, but not
ours to rely on.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TypeVar

from chatkit.store import StoreItemType
from chatkit.types import (
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)

_OURS = re.compile(r"[a-z]+_[0-9a-f]{32}")

# The kinds whose id the SDK takes from the model's output (`stream_agent_response`). Other items have
# the id that the server's author gave them, who may want to find them again.
_NAMED_UPSTREAM: dict[str, StoreItemType] = {"assistant_message": "message", "client_tool_call": "tool_call"}

ItemEvent = TypeVar("ItemEvent", ThreadItemAddedEvent, ThreadItemDoneEvent, ThreadItemReplacedEvent)


class OwnIds:
    """One run's map from foreign item ids to ours.

    Args:
        mint: makes a new id of a kind; the store's `generate_item_id`.
    """

    def __init__(self, mint: Callable[[StoreItemType], str]) -> None:
        self._mint = mint
        self._ours: dict[str, str] = {}
        self._open: set[str] = set()

    def apply(self, event: ThreadStreamEvent) -> ThreadStreamEvent:
        """`event` with our ids in it; the event itself when nothing had to change."""
        match event:
            case ThreadItemUpdatedEvent() | ThreadItemRemovedEvent():
                if (ours := self._ours.get(event.item_id)) is not None:
                    return event.model_copy(update={"item_id": ours})
            case ThreadItemAddedEvent():
                return self._rename(event, self._begin(event.item))
            case ThreadItemDoneEvent():
                return self._rename(event, self._end(event.item))
            case ThreadItemReplacedEvent():
                return self._rename(event, self._ours.get(event.item.id))
        return event

    def _begin(self, item: ThreadItem) -> str | None:
        kind = _NAMED_UPSTREAM.get(item.type)
        if kind is None or _OURS.fullmatch(item.id):
            return None
        self._open.add(item.id)
        self._ours[item.id] = self._mint(kind)
        return self._ours[item.id]

    def _end(self, item: ThreadItem) -> str | None:
        """The id given at its beginning, or a new one: a second `__fake_id__` is another message."""
        if item.id in self._open:
            self._open.discard(item.id)
            return self._ours[item.id]
        ours = self._begin(item)
        self._open.discard(item.id)
        return ours

    @staticmethod
    def _rename(event: ItemEvent, ours: str | None) -> ItemEvent:
        if ours is None:
            return event
        return event.model_copy(update={"item": event.item.model_copy(update={"id": ours})})
