"""A thread as a reader sees it: loaded, or put together from events."""

from __future__ import annotations

from collections.abc import Iterable

from .record import Json, text_of

Shown = list[tuple[str, str, str]]
"""Type, id and text of each item, in order."""


class View:
    """The items of a thread, and which of them are still being written."""

    def __init__(self) -> None:
        self._items: dict[str, Json] = {}
        self._unfinished: set[str] = set()

    def load(self, items: Iterable[Json], *, amid: bool = False) -> None:
        """Show what is stored, and nothing else; but `amid` a run that is read on, what is unfinished, too."""
        stored = {item["id"]: item for item in items}
        self._unfinished = self._unfinished - stored.keys() if amid else set()
        self._items = stored | {item_id: self._items[item_id] for item_id in self._unfinished}

    def apply(self, event: Json) -> None:
        """Follow an event."""
        match event["type"]:
            case "thread.item.added":
                self._items[event["item"]["id"]] = event["item"]
                self._unfinished.add(event["item"]["id"])
            case "thread.item.updated":
                self._update(event["item_id"], event["update"])
            case "thread.item.done" | "thread.item.replaced":
                self._items[event["item"]["id"]] = event["item"]
                self._unfinished.discard(event["item"]["id"])
            case "thread.item.removed":
                self._items.pop(event["item_id"], None)

    def end(self) -> None:
        """The run has ended: of what is unfinished stays what says something (tests/contract/README.md)."""
        for item_id in self._unfinished:
            if not text_of(self._items[item_id]).strip():
                del self._items[item_id]
        self._unfinished.clear()

    def shown(self) -> Shown:
        """What there is to see."""
        return [(item["type"], item["id"], text_of(item)) for item in self._items.values() if "content" in item]

    def _update(self, item_id: str, update: Json) -> None:
        content = self._items[item_id]["content"]
        match update["type"]:
            case "assistant_message.content_part.added":
                content.insert(update["content_index"], update["content"])
            case "assistant_message.content_part.text_delta":
                content[update["content_index"]]["text"] += update["delta"]
            case "assistant_message.content_part.done":
                content[update["content_index"]] = update["content"]
