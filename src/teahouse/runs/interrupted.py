"""What is kept of an answer whose owner died: the frames that others could read, put together again."""

from __future__ import annotations

from chatkit.types import (
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
)
from pydantic import TypeAdapter, ValidationError

from teahouse.protocol import with_aware_time
from teahouse.runs.pending import PendingItems, has_text

_EVENT: TypeAdapter[ThreadStreamEvent] = TypeAdapter(ThreadStreamEvent)


def unfinished_items(frames: bytes) -> list[ThreadItem]:
    """The messages that say something and were not done at the end of these frames."""
    pending = PendingItems()
    for line in frames.split(b"\n"):
        if not line.startswith(b"data: "):
            continue
        try:
            event = _EVENT.validate_json(line.removeprefix(b"data: "))
        except ValidationError:
            continue  # an error of ours, or of a newer replica: no item's text is in it
        _take(pending, event)
    return [item for item in pending.all() if has_text(item)]


def _take(pending: PendingItems, event: ThreadStreamEvent) -> None:
    match event:
        case ThreadItemAddedEvent():
            pending.begin(with_aware_time(event.item))
        case ThreadItemUpdatedEvent():
            pending.update(event.item_id, event.update)
        case ThreadItemDoneEvent() | ThreadItemReplacedEvent():
            pending.end(event.item.id)
        case ThreadItemRemovedEvent():
            pending.end(event.item_id)
