"""What is recorded: each scenario is a server that answers from a script, and the conversation held with it.

A scenario is a plain `ChatKitServer`, so that any store, runner or transport can be put around it. Its
docstring becomes the description in the recording, its class name the file name.
"""

from __future__ import annotations

import asyncio
import inspect
import re
from collections.abc import AsyncGenerator, AsyncIterator
from datetime import UTC, datetime
from typing import Any

from chatkit.actions import Action
from chatkit.errors import CustomStreamError, ErrorCode, StreamError
from chatkit.server import ChatKitServer, stream_widget
from chatkit.store import AttachmentStore, Store, StoreItemType
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    AudioInput,
    ClientEffectEvent,
    ClientToolCallItem,
    CustomSummary,
    CustomTask,
    DurationSummary,
    EndOfTurnItem,
    EntitySource,
    FileSource,
    FileTask,
    GeneratedImage,
    GeneratedImageItem,
    GeneratedImageUpdated,
    HiddenContextItem,
    ImageTask,
    LockedStatus,
    NoticeEvent,
    ProgressUpdateEvent,
    SearchTask,
    StreamOptions,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
    SyncCustomActionResponse,
    Task,
    TaskItem,
    ThoughtTask,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdate,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    TranscriptionResult,
    URLSource,
    UserMessageItem,
    WidgetComponentUpdated,
    WidgetItem,
    Workflow,
    WorkflowItem,
    WorkflowTaskAdded,
    WorkflowTaskUpdated,
)
from chatkit.widgets import WidgetRoot
from pydantic import TypeAdapter

from .conversation import Conversation, Json, last_item

Events = AsyncIterator[ThreadStreamEvent]

_widget_root: TypeAdapter[WidgetRoot] = TypeAdapter(WidgetRoot)


class Scenario(ChatKitServer[Any]):
    """A scripted server and the conversation that is held with it."""

    def __init__(self, store: Store[Any], attachment_store: AttachmentStore[Any] | None = None) -> None:
        super().__init__(store, attachment_store)
        self.waiting = asyncio.Event()
        """Set by a script that has streamed all it is going to and now waits to be stopped."""
        self._turns = 0

    @classmethod
    def name(cls) -> str:
        """Return the recording's name: `FirstTurn` is `first-turn`."""
        return re.sub(r"(?<!^)(?=[A-Z])", "-", cls.__name__).lower()

    @classmethod
    def description(cls) -> str:
        """Return the docstring as one line."""
        return " ".join(inspect.getdoc(cls).split())  # type: ignore[union-attr]

    async def converse(self, chat: Conversation) -> None:
        """Hold the conversation; one message unless a scenario needs more."""
        await chat.say("Hello")

    async def respond(self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any) -> Events:
        self._turns += 1
        async for event in self.turn(self._turns, thread):
            yield event

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        """Yield the events of the turn with this number, counted from 1."""
        async for event in self.answer(thread, f"Answer {number}", "."):
            yield event

    def fields(self, thread: ThreadMetadata, kind: StoreItemType = "message") -> dict[str, Any]:
        """Return what every item needs: its id, its thread and its time."""
        item_id = self.store.generate_item_id(kind, thread, None)
        return {"id": item_id, "thread_id": thread.id, "created_at": datetime.now(UTC)}

    def empty_answer(self, thread: ThreadMetadata) -> AssistantMessageItem:
        """Return an assistant message as it looks before its first text."""
        return AssistantMessageItem(**self.fields(thread), content=[])

    async def answer(self, thread: ThreadMetadata, *deltas: str) -> Events:
        """Stream one assistant message with one part of text."""
        item = self.empty_answer(thread)
        yield ThreadItemAddedEvent(item=item)
        async for event in stream_part(item, *deltas):
            yield event
        yield ThreadItemDoneEvent(item=item)

    async def wait_to_be_stopped(self) -> None:
        """Wait until the answer is cancelled."""
        self.waiting.set()
        await asyncio.Event().wait()


async def stream_part(item: AssistantMessageItem, *deltas: str) -> Events:
    """Stream one more part of an assistant message and keep it in the item."""
    index = len(item.content)
    yield updated(item, AssistantMessageContentPartAdded(content_index=index, content=AssistantMessageContent(text="")))
    for delta in deltas:
        yield updated(item, AssistantMessageContentPartTextDelta(content_index=index, delta=delta))
    content = AssistantMessageContent(text="".join(deltas))
    item.content.append(content)
    yield updated(item, AssistantMessageContentPartDone(content_index=index, content=content))


def updated(item: Any, update: ThreadItemUpdate) -> ThreadItemUpdatedEvent:
    """Return the event that carries one update of an item."""
    return ThreadItemUpdatedEvent(item_id=item.id, update=update)


def widget(**root: Any) -> WidgetRoot:
    """Build a widget from JSON, as a `.widget` file does."""
    return _widget_root.validate_python(root)


# --- Text ---------------------------------------------------------------------------------------------------


class FirstTurn(Scenario):
    """A user message opens a thread and the answer streams in three deltas."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async for event in self.answer(thread, "Welcome ", "to the ", "tea house. 欢迎🍵"):
            yield event


class SecondTurn(Scenario):
    """A second message goes into the same thread."""

    async def converse(self, chat: Conversation) -> None:
        await chat.say("Which teas have you?")
        await chat.say("And which is the mildest?")


class TitleInFirstTurn(Scenario):
    """The server names the thread while the first answer is streaming."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        thread.title = "Which tea in the evening?"
        async for event in self.answer(thread, "White tea."):
            yield event


class TitleAtTheEnd(Scenario):
    """The server names the thread after the last event of the first answer."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async for event in self.answer(thread, "White tea."):
            yield event
        thread.title = "Which tea in the evening?"


class ThreadLocked(Scenario):
    """The answer locks the thread and gives the reason."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async for event in self.answer(thread, "This case is settled."):
            yield event
        thread.status = LockedStatus(reason="The case is settled.")


class SeveralMessagesAndParts(Scenario):
    """One turn answers with two messages; the second has two parts of text and ends the turn."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async for event in self.answer(thread, "Let me ", "look."):
            yield event
        item = self.empty_answer(thread)
        yield ThreadItemAddedEvent(item=item)
        for part in ("First part.", "Second part."):
            async for event in stream_part(item, part):
                yield event
        yield ThreadItemDoneEvent(item=item)
        yield ThreadItemDoneEvent(item=EndOfTurnItem(**self.fields(thread)))


class RichUserMessage(Scenario):
    """A user message with a tag, a quotation, a chosen tool and a chosen model."""

    async def converse(self, chat: Conversation) -> None:
        tag = {
            "type": "input_tag",
            "id": "tea-7",
            "text": "Longjing",
            "data": {"price": "12"},
            "group": "Teas",
        }
        await chat.say(
            "",
            content=[
                {"type": "input_text", "text": "How is "},
                tag,
                {"type": "input_text", "text": " made?"},
            ],
            quoted_text="pan-fired in spring",
            inference_options={"tool_choice": {"id": "search"}, "model": "large"},
        )


class Annotations(Scenario):
    """Sources of all three kinds are cited in the text; two are announced while it streams."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        item = self.empty_answer(thread)
        content = AssistantMessageContent(text="绿茶 is green tea 🍵. See the list, ask Mei.", annotations=CITATIONS)
        yield ThreadItemAddedEvent(item=item)
        yield updated(item, AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text="")))
        yield updated(item, AssistantMessageContentPartTextDelta(content_index=0, delta="绿茶 is green tea 🍵. "))
        for index, annotation in enumerate(CITATIONS[:2]):
            yield updated(
                item,
                AssistantMessageContentPartAnnotationAdded(
                    content_index=0, annotation_index=index, annotation=annotation
                ),
            )
        yield updated(item, AssistantMessageContentPartTextDelta(content_index=0, delta="See the list, ask Mei."))
        yield updated(item, AssistantMessageContentPartDone(content_index=0, content=content))
        item.content.append(content)
        yield ThreadItemDoneEvent(item=item)


CITATIONS = [
    Annotation(
        index=18,  # code points: the emoji before it is one
        source=URLSource(
            title="Green tea",
            url="https://tea.example/green",
            description="How it is made",
            attribution="Tea",
        ),
    ),
    Annotation(index=32, source=FileSource(title="Price list", filename="prices.pdf", group="Lists")),
    Annotation(
        source=EntitySource(
            id="mei",
            title="Mei",
            label="Mei, tea master",
            icon="profile",
            interactive=True,
            data={"desk": "3"},
        ),
    ),
]


# --- Tools, workflows, images -------------------------------------------------------------------------------


class ClientToolCall(Scenario):
    """The first turn ends with a call of a client tool; its output starts the second."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        if number == 1:
            yield ThreadItemDoneEvent(
                item=ClientToolCallItem(
                    **self.fields(thread, "tool_call"),
                    call_id="call_1",
                    name="get_location",
                    arguments={"precision": "city"},
                )
            )
            return
        async for event in self.answer(thread, "You are in Hangzhou."):
            yield event

    async def converse(self, chat: Conversation) -> None:
        await chat.say("Where am I?")
        await chat.stream("threads.add_client_tool_output", result={"city": "Hangzhou"})


class WorkflowCustom(Scenario):
    """A custom workflow gains a task, finishes it, and closes with a title."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        running = SearchTask(title="Searching", queries=["oolong"], status_indicator="loading")
        found = running.model_copy(
            update={
                "title": "Searched",
                "sources": [URLSource(title="Oolong", url="https://tea.example/oolong")],
                "status_indicator": "complete",
            }
        )
        item = WorkflowItem(**self.fields(thread, "workflow"), workflow=Workflow(type="custom", tasks=[]))
        yield ThreadItemAddedEvent(item=item)
        yield updated(item, WorkflowTaskAdded(task_index=0, task=running))
        yield updated(item, WorkflowTaskUpdated(task_index=0, task=found))
        item.workflow = Workflow(
            type="custom", tasks=[found], summary=CustomSummary(title="One page read", icon="search")
        )
        yield ThreadItemDoneEvent(item=item)
        async for event in self.answer(thread, "Oolong is half oxidised."):
            yield event


class WorkflowReasoning(Scenario):
    """The model's thoughts stream into a reasoning workflow, which closes with its duration."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        item = WorkflowItem(
            **self.fields(thread, "workflow"), workflow=Workflow(type="reasoning", tasks=[], expanded=True)
        )
        yield ThreadItemAddedEvent(item=item)
        yield updated(item, WorkflowTaskAdded(task_index=0, task=ThoughtTask(content="The guest ")))
        first = ThoughtTask(title="The guest", content="The guest is tired.")
        yield updated(item, WorkflowTaskUpdated(task_index=0, task=first))
        second = ThoughtTask(content="Then no strong tea.")
        yield updated(item, WorkflowTaskAdded(task_index=1, task=second))
        item.workflow = Workflow(
            type="reasoning", tasks=[first, second], summary=DurationSummary(duration=4), expanded=False
        )
        yield ThreadItemDoneEvent(item=item)
        async for event in self.answer(thread, "Take white tea."):
            yield event


class Tasks(Scenario):
    """One task item of each kind."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        tasks: list[Task] = [
            CustomTask(title="Boil water", icon="sparkle", content="To **80 °C**.", status_indicator="complete"),
            SearchTask(title="Searched", title_query="gaiwan", queries=["gaiwan", "盖碗"]),
            ThoughtTask(title="Thinking", content="Which leaves?"),
            FileTask(title="Read", sources=[FileSource(title="Prices", filename="prices.pdf")]),
            ImageTask(title="Draw a cup"),
        ]
        for task in tasks:
            yield ThreadItemDoneEvent(item=TaskItem(**self.fields(thread, "task"), task=task))


class GeneratedImageWithProgress(Scenario):
    """An image is announced, gets sharper twice, and is done."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        item = GeneratedImageItem(**self.fields(thread))
        yield ThreadItemAddedEvent(item=item)
        for step, progress in (("blurred", 0.3), ("sharper", 0.6)):
            image = GeneratedImage(id="img_cup", url=f"https://images.example/{step}.png")
            yield updated(item, GeneratedImageUpdated(image=image, progress=progress))
        item.image = GeneratedImage(id="img_cup", url="https://images.example/cup.png")
        yield ThreadItemDoneEvent(item=item)


# --- Questions to the user ----------------------------------------------------------------------------------


class StructuredInputAnswered(Scenario):
    """The assistant asks three questions; the user answers two and skips one."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        if number == 1:
            yield ThreadItemDoneEvent(item=self.questions(thread))
            return
        async for event in self.answer(thread, "Noted."):
            yield event

    def questions(self, thread: ThreadMetadata) -> StructuredInputItem:
        """Return a single choice, a multiple choice and a free question."""
        return StructuredInputItem(
            **self.fields(thread),
            inputs=[
                StructuredInputMultipleChoice(id="kind", question="Which kind?", options=options("green", "black")),
                StructuredInputMultipleChoice(
                    id="with",
                    question="With what?",
                    options=options("milk", "sugar", "nothing"),
                    multiple=True,
                ),
                StructuredInputFreeform(id="note", question="Anything else?", description="Allergies, for example"),
            ],
        )

    async def converse(self, chat: Conversation) -> None:
        events = await chat.say("A cup of tea, please")
        await self.submit(chat, last_item(events, "structured_input")["id"])

    async def submit(self, chat: Conversation, item_id: str) -> None:
        """Answer the questions."""
        answers = {
            "kind": {"values": ["green"], "skipped": False},
            "with": {"values": ["milk", "honey"], "skipped": False},
            "note": {"values": [], "skipped": True},
        }
        submission = {"status": "answered", "answers": answers}
        await chat.stream("threads.add_structured_input", item_id=item_id, input=submission)


class StructuredInputSkipped(StructuredInputAnswered):
    """The assistant asks three questions; the user skips them all."""

    async def submit(self, chat: Conversation, item_id: str) -> None:
        submission: Json = {"status": "skipped", "answers": {}}
        await chat.stream("threads.add_structured_input", item_id=item_id, input=submission)


def options(*values: str) -> list[StructuredInputMultipleChoiceOption]:
    """Return the options of a multiple choice."""
    return [StructuredInputMultipleChoiceOption(value=value) for value in values]


# --- Widgets ------------------------------------------------------------------------------------------------


def order_card(status: str, *, ordered: bool = False) -> WidgetRoot:
    """Return a card with a button that orders tea."""
    order = {"type": "order", "payload": {"tea": "longjing"}}
    return widget(
        type="Card",
        children=[
            {"type": "Text", "id": "status", "value": status},
            {"type": "Button", "key": "order", "label": "Order", "disabled": ordered, "onClickAction": order},
        ],
    )


class WidgetStatic(Scenario):
    """A card is shown as a whole, with a text for the clipboard."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async for event in stream_widget(
            thread, order_card("One cup"), copy_text="One cup", generate_id=self.new_id(thread)
        ):
            yield event

    def new_id(self, thread: ThreadMetadata) -> Any:
        """Return a generator of ids for `stream_widget`."""
        return lambda kind: self.store.generate_item_id(kind, thread, None)


class WidgetStreaming(WidgetStatic):
    """A card streams a text into one component and then changes as a whole."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async def states() -> AsyncGenerator[WidgetRoot]:
            def card(value: str, *, streaming: bool, **root: Any) -> WidgetRoot:
                text = {"type": "Markdown", "id": "text", "value": value, "streaming": streaming}
                return widget(type="Card", children=[text], **root)

            yield card("", streaming=True)
            yield card("Spring ", streaming=True)
            yield card("Spring tea", streaming=True)
            yield card("Spring tea.", streaming=False)
            yield card("Spring tea.", streaming=False, size="sm")

        async for event in stream_widget(thread, states(), generate_id=self.new_id(thread)):
            yield event


class WidgetComponentReplaced(WidgetStatic):
    """A component of a card is replaced by id while the card is being shown."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        item = WidgetItem(**self.fields(thread), widget=order_card("One cup"))
        yield ThreadItemAddedEvent(item=item)
        after = order_card("Two cups")
        component = after.children[0]  # type: ignore[index]
        yield updated(item, WidgetComponentUpdated(component_id="status", component=component))
        yield ThreadItemDoneEvent(item=item.model_copy(update={"widget": after}))


class CustomAction(WidgetStatic):
    """A button of a card starts an action; it replaces the card and answers. A second one has no sender."""

    async def action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: Any
    ) -> Events:
        if sender:
            ordered = order_card("Ordered", ordered=True)
            yield ThreadItemReplacedEvent(item=sender.model_copy(update={"widget": ordered}))
        async for event in self.answer(thread, f"{action.type}: {action.payload}"):
            yield event

    async def converse(self, chat: Conversation) -> None:
        events = await chat.say("Tea, please")
        item_id = last_item(events, "widget")["id"]
        order = {"type": "order", "payload": {"tea": "longjing"}}
        await chat.stream("threads.custom_action", item_id=item_id, action=order)
        await chat.stream("threads.custom_action", action={"type": "page.opened", "payload": "menu"})


class SyncCustomAction(WidgetStatic):
    """A button of a card starts an action whose only answer is the changed card; another changes nothing."""

    async def sync_action(
        self, thread: ThreadMetadata, action: Action[str, Any], sender: WidgetItem | None, context: Any
    ) -> SyncCustomActionResponse:
        if sender is None:
            return SyncCustomActionResponse()
        item = sender.model_copy(update={"widget": order_card("Ordered", ordered=True)})
        await self.store.save_item(thread.id, item, context)
        return SyncCustomActionResponse(updated_item=item)

    async def converse(self, chat: Conversation) -> None:
        events = await chat.say("Tea, please")
        item_id = last_item(events, "widget")["id"]
        await chat.ask("threads.sync_custom_action", item_id=item_id, action={"type": "order"})
        await chat.ask("threads.sync_custom_action", action={"type": "seen"})


# --- Beside the items ---------------------------------------------------------------------------------------


class ProgressNoticeEffect(Scenario):
    """Progress, notices of each level and client effects stand beside the items; none stays in the thread."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        yield ProgressUpdateEvent(text="Looking at the menu", icon="search")
        yield ProgressUpdateEvent(text="Boiling water")
        yield NoticeEvent(level="info", message="Two teas are **new**.")
        yield NoticeEvent(level="warning", title="Almost out", message="[Order more](https://tea.example)")
        yield NoticeEvent(level="danger", message="The kettle is hot.")
        yield ClientEffectEvent(name="highlight", data={"table": 4})
        yield ClientEffectEvent(name="refresh")
        async for event in self.answer(thread, "Ready."):
            yield event


class CancelNotAllowed(Scenario):
    """The server does not allow the answer to be stopped."""

    def get_stream_options(self, thread: ThreadMetadata, context: Any) -> StreamOptions:
        return StreamOptions(allow_cancel=False)


class HiddenContext(Scenario):
    """A hidden item is stored for the model and never sent to the client."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        hidden = HiddenContextItem(**self.fields(thread), content={"user_is": "a regular guest"})
        yield ThreadItemDoneEvent(item=hidden)
        async for event in self.answer(thread, "The usual?"):
            yield event

    async def converse(self, chat: Conversation) -> None:
        await chat.say("Hello")
        await chat.ask("threads.get_by_id")
        await chat.ask("items.list")


class ItemReplacedAndRemoved(Scenario):
    """A finished message is replaced by a better one; a passing one is removed."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        passing, lasting = self.message(thread, "One moment …"), self.message(thread, "Green tea: 12")
        yield ThreadItemDoneEvent(item=passing)
        yield ThreadItemDoneEvent(item=lasting)
        better = AssistantMessageContent(text="Green tea: 14")
        yield ThreadItemReplacedEvent(item=lasting.model_copy(update={"content": [better]}))
        yield ThreadItemRemovedEvent(item_id=passing.id)

    def message(self, thread: ThreadMetadata, text: str) -> AssistantMessageItem:
        """Return a finished assistant message."""
        return AssistantMessageItem(**self.fields(thread), content=[AssistantMessageContent(text=text)])


# --- What goes wrong ----------------------------------------------------------------------------------------


class FailsAfterFirstWords(Scenario):
    """The answer breaks off after its first words."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        item = self.empty_answer(thread)
        yield ThreadItemAddedEvent(item=item)
        part = AssistantMessageContent(text="")
        yield updated(item, AssistantMessageContentPartAdded(content_index=0, content=part))
        yield updated(item, AssistantMessageContentPartTextDelta(content_index=0, delta="The tea is "))
        raise self.failure()

    def failure(self) -> Exception:
        """Return what the script fails with."""
        raise NotImplementedError


class ErrorOfTheStream(FailsAfterFirstWords):
    """The answer breaks off with a StreamError: a code, no message, retry allowed."""

    def failure(self) -> Exception:
        return StreamError(ErrorCode.STREAM_ERROR)


class ErrorWithMessage(FailsAfterFirstWords):
    """The answer breaks off with a CustomStreamError: the server's own words, retry not allowed."""

    def failure(self) -> Exception:
        return CustomStreamError("The kitchen is closed.")


class ErrorUnexpected(FailsAfterFirstWords):
    """The answer breaks off with any other exception: its text is withheld, retry allowed."""

    def failure(self) -> Exception:
        return RuntimeError("password=hunter2")


class RetryAfterItem(Scenario):
    """The first answer fails, is tried again and succeeds; then a finished turn is tried again, too."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async for event in self.answer(thread, f"Attempt {number}"):
            yield event
        if number == 1:
            raise CustomStreamError("The kettle boiled over.", allow_retry=True)

    async def converse(self, chat: Conversation) -> None:
        events = await chat.say("Tea, please")
        item_id = last_item(events, "user_message")["id"]
        await chat.stream("threads.retry_after_item", item_id=item_id)
        await chat.stream("threads.retry_after_item", item_id=item_id)


class StoppedInTheMiddle(Scenario):
    """The user stops the answer in the middle of its text, then goes on talking."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        if number > 1:
            async for event in self.answer(thread, "Green tea, then."):
                yield event
            return
        item = self.empty_answer(thread)
        yield ThreadItemAddedEvent(item=item)
        part = AssistantMessageContent(text="")
        yield updated(item, AssistantMessageContentPartAdded(content_index=0, content=part))
        for delta in ("There are ", "six kinds"):
            yield updated(item, AssistantMessageContentPartTextDelta(content_index=0, delta=delta))
        await self.wait_to_be_stopped()

    async def converse(self, chat: Conversation) -> None:
        await chat.say("Tell me about tea", stop=self.waiting)
        await chat.say("Just green tea")


class StoppedBeforeText(Scenario):
    """The user stops the answer when it has a message but no text yet."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        yield ThreadItemAddedEvent(item=self.empty_answer(thread))
        await self.wait_to_be_stopped()

    async def converse(self, chat: Conversation) -> None:
        await chat.say("Tell me about tea", stop=self.waiting)


class StoppedDuringWorkflow(Scenario):
    """The user stops the answer while a workflow is at work, after a message that is finished."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        async for event in self.answer(thread, "Let me look."):
            yield event
        item = WorkflowItem(**self.fields(thread, "workflow"), workflow=Workflow(type="custom", tasks=[]))
        yield ThreadItemAddedEvent(item=item)
        task = CustomTask(title="Reading", status_indicator="loading")
        yield updated(item, WorkflowTaskAdded(task_index=0, task=task))
        await self.wait_to_be_stopped()

    async def converse(self, chat: Conversation) -> None:
        await chat.say("Tell me about tea", stop=self.waiting)


# --- JSON requests ------------------------------------------------------------------------------------------


class ThreadsList(Scenario):
    """Three threads are listed page by page, newest first, and then all at once, oldest first."""

    async def converse(self, chat: Conversation) -> None:
        for text in ("First", "Second", "Third"):
            chat.thread_id = ""
            await chat.say(text)
        page = await chat.ask("threads.list", in_thread=False, limit=2)
        await chat.ask("threads.list", in_thread=False, limit=2, after=page["after"])
        await chat.ask("threads.list", in_thread=False, order="asc")


class ItemsList(Scenario):
    """The items of a thread are listed page by page, newest first, and then oldest first."""

    async def converse(self, chat: Conversation) -> None:
        for text in ("First", "Second", "Third"):
            await chat.say(text)
        page = await chat.ask("items.list", limit=4)
        await chat.ask("items.list", limit=4, after=page["after"])
        await chat.ask("items.list", order="asc", limit=1)


class ThreadUpdated(Scenario):
    """The user renames a thread and opens it again."""

    async def converse(self, chat: Conversation) -> None:
        await chat.say("Hello")
        await chat.ask("threads.update", title="Tea 茶")
        await chat.ask("threads.get_by_id")


class ThreadDeleted(Scenario):
    """The user deletes a thread; it is gone from the list."""

    async def converse(self, chat: Conversation) -> None:
        await chat.say("Hello")
        await chat.ask("threads.delete")
        chat.thread_id = ""
        await chat.ask("threads.list", in_thread=False)


class Feedback(Scenario):
    """The user likes an answer, then changes their mind."""

    async def converse(self, chat: Conversation) -> None:
        events = await chat.say("Hello")
        item_ids = [last_item(events, "assistant_message")["id"]]
        await chat.ask("items.feedback", item_ids=item_ids, kind="positive")
        await chat.ask("items.feedback", item_ids=item_ids, kind="negative")


class Attachments(Scenario):
    """A file is registered for upload, sent with a message; another is registered and deleted."""

    async def converse(self, chat: Conversation) -> None:
        file = {"name": "menu.pdf", "size": 1024, "mime_type": "application/pdf"}
        sent = await chat.ask("attachments.create", in_thread=False, **file)
        dropped = await chat.ask("attachments.create", in_thread=False, **file)
        await chat.ask("attachments.delete", in_thread=False, attachment_id=dropped["id"])
        await chat.say("What is on the menu?", attachments=[sent["id"]])


class Transcribe(Scenario):
    """Speech becomes text."""

    async def transcribe(self, audio_input: AudioInput, context: Any) -> TranscriptionResult:
        return TranscriptionResult(text=f"{audio_input.media_type}, {len(audio_input.data)} bytes")

    async def converse(self, chat: Conversation) -> None:
        audio = {"audio_base64": "AAAA", "mime_type": "audio/webm;codecs=opus"}
        await chat.ask("input.transcribe", in_thread=False, **audio)


SCENARIOS: tuple[type[Scenario], ...] = (
    FirstTurn,
    SecondTurn,
    TitleInFirstTurn,
    TitleAtTheEnd,
    ThreadLocked,
    SeveralMessagesAndParts,
    RichUserMessage,
    Annotations,
    ClientToolCall,
    WorkflowCustom,
    WorkflowReasoning,
    Tasks,
    GeneratedImageWithProgress,
    StructuredInputAnswered,
    StructuredInputSkipped,
    WidgetStatic,
    WidgetStreaming,
    WidgetComponentReplaced,
    CustomAction,
    SyncCustomAction,
    ProgressNoticeEffect,
    CancelNotAllowed,
    HiddenContext,
    ItemReplacedAndRemoved,
    ErrorOfTheStream,
    ErrorWithMessage,
    ErrorUnexpected,
    RetryAfterItem,
    StoppedInTheMiddle,
    StoppedBeforeText,
    StoppedDuringWorkflow,
    ThreadsList,
    ItemsList,
    ThreadUpdated,
    ThreadDeleted,
    Feedback,
    Attachments,
    Transcribe,
)
"""Every scenario that is recorded."""
