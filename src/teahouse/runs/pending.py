"""Items that have begun and are not done: what is kept when an answer is stopped or fails half-way."""

from __future__ import annotations

from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItem,
    ThreadItemUpdate,
    WorkflowItem,
    WorkflowTaskAdded,
    WorkflowTaskUpdated,
)


class PendingItems:
    """The unfinished items of one run, kept up to date with their updates.

    Text deltas are collected and joined only when somebody asks: adding each to a string would copy the
    answer once per delta.
    """

    def __init__(self) -> None:
        self._items: dict[str, ThreadItem] = {}
        self._deltas: dict[str, list[AssistantMessageContentPartTextDelta]] = {}

    def begin(self, item: ThreadItem) -> None:
        """Remember an item that will be done later. A copy: whoever made it may go on changing it."""
        self._items[item.id] = item.model_copy(deep=True)

    def end(self, item_id: str) -> None:
        """Forget an item: it is stored, or removed."""
        self._items.pop(item_id, None)
        self._deltas.pop(item_id, None)

    def update(self, item_id: str, update: ThreadItemUpdate) -> None:
        """Take one update to an unfinished item; updates to others are not ours to keep."""
        if isinstance(update, AssistantMessageContentPartTextDelta):
            self._deltas.setdefault(item_id, []).append(update)
            return
        match self._items.get(item_id):
            case AssistantMessageItem() as message:
                self._flush(item_id, message)
                _update_message(message, update)
            case WorkflowItem() as workflow:
                _update_workflow(workflow, update)

    def all(self) -> list[ThreadItem]:
        """The unfinished items as they are now, in the order in which they began."""
        for item_id, item in self._items.items():
            if isinstance(item, AssistantMessageItem):
                self._flush(item_id, item)
        return list(self._items.values())

    def _flush(self, item_id: str, message: AssistantMessageItem) -> None:
        texts: dict[int, list[str]] = {}
        for delta in self._deltas.pop(item_id, ()):
            texts.setdefault(delta.content_index, []).append(delta.delta)
        for index, parts in texts.items():
            _part(message, index).text += "".join(parts)


def has_text(item: ThreadItem) -> bool:
    """Whether an item is an assistant message that says something."""
    return isinstance(item, AssistantMessageItem) and any(part.text.strip() for part in item.content)


def _part(message: AssistantMessageItem, index: int) -> AssistantMessageContent:
    """The content part at `index`; updates may name one that has not been announced."""
    while len(message.content) <= index:
        message.content.append(AssistantMessageContent(text=""))
    return message.content[index]


def _update_message(message: AssistantMessageItem, update: ThreadItemUpdate) -> None:
    match update:
        case AssistantMessageContentPartAdded() | AssistantMessageContentPartDone():
            _part(message, update.content_index)
            message.content[update.content_index] = update.content.model_copy(deep=True)
        case AssistantMessageContentPartAnnotationAdded():
            annotations = _part(message, update.content_index).annotations
            annotations.insert(update.annotation_index, update.annotation)


def _update_workflow(item: WorkflowItem, update: ThreadItemUpdate) -> None:
    match update:
        case WorkflowTaskAdded():
            item.workflow.tasks.append(update.task)
        case WorkflowTaskUpdated() if update.task_index < len(item.workflow.tasks):
            item.workflow.tasks[update.task_index] = update.task
