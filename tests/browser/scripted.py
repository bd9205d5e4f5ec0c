"""A ChatKitServer whose answers a test decides, step by step.

    script.answers(say("Hello, "), pause(), say("world."))
    ...
    script.go_on()

What nobody has scripted is answered with "You said: …".
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterable
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any

from chatkit.actions import Action
from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer
from chatkit.store import StoreItemType
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageContentPartAdded,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ClientToolCallItem,
    FeedbackKind,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdate,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
)

from teahouse.protocol import Context, now

Events = AsyncIterator[ThreadStreamEvent]


@dataclass
class Turn:
    """One answer while it is being given."""

    server: ScriptedServer
    thread: ThreadMetadata
    context: Context
    message: AssistantMessageItem | None = None

    def new_id(self, kind: StoreItemType) -> str:
        return self.server.store.generate_item_id(kind, self.thread, self.context)

    async def say(self, pieces: Iterable[str]) -> Events:
        """Pieces of text, in a message that begins with the first of them."""
        if self.message is None:
            content = AssistantMessageContent(text="")
            item_id = self.new_id("message")
            self.message = AssistantMessageItem(
                id=item_id, thread_id=self.thread.id, created_at=now(), content=[content]
            )
            empty = self.message.model_copy(update={"content": []})
            yield ThreadItemAddedEvent(item=empty)
            yield self.update(
                AssistantMessageContentPartAdded(content_index=0, content=AssistantMessageContent(text=""))
            )
        for piece in pieces:
            self.message.content[0].text += piece
            yield self.update(AssistantMessageContentPartTextDelta(content_index=0, delta=piece))

    async def finish(self) -> Events:
        """End the message that is being written, if one is."""
        if self.message is None:
            return
        yield self.update(AssistantMessageContentPartDone(content_index=0, content=self.message.content[0]))
        yield ThreadItemDoneEvent(item=self.message)
        self.message = None

    def update(self, change: ThreadItemUpdate) -> ThreadItemUpdatedEvent:
        assert self.message is not None
        return ThreadItemUpdatedEvent(item_id=self.message.id, update=change)


Step = Callable[[Turn], Events]


def say(text: str) -> Step:
    """Text, word by word."""
    return lambda turn: turn.say(text.replace(" ", " \0").split("\0"))


def cite(annotation: Any) -> Step:
    """An annotation to what has just been said."""

    async def step(turn: Turn) -> Events:
        assert turn.message is not None
        annotations = turn.message.content[0].annotations
        annotations.append(annotation)
        yield turn.update(
            AssistantMessageContentPartAnnotationAdded(
                content_index=0, annotation_index=len(annotations) - 1, annotation=annotation
            )
        )

    return step


def send(*events: ThreadStreamEvent) -> Step:
    """Events as they are."""

    async def step(turn: Turn) -> Events:
        for event in events:
            yield event

    return step


def call_tool(name: str, **arguments: Any) -> Step:
    """Have the page run one of its tools. The answer goes on with the next script."""

    async def step(turn: Turn) -> Events:
        async for event in turn.finish():
            yield event
        yield ThreadItemDoneEvent(
            item=ClientToolCallItem(
                id=turn.new_id("tool_call"),
                thread_id=turn.thread.id,
                created_at=now(),
                call_id="call_1",
                name=name,
                arguments=arguments,
            )
        )

    return step


def repeat_tool_result() -> Step:
    """Say what the page's tool gave."""

    async def step(turn: Turn) -> Events:
        page = await turn.server.store.load_thread_items(turn.thread.id, None, 5, "desc", context=turn.context)
        call = next(item for item in page.data if isinstance(item, ClientToolCallItem))
        async for event in turn.say([f"The page says {call.output}."]):
            yield event

    return step


def fail(reason: str, *, retry: bool = True) -> Step:
    """End the answer with an error that the person is told."""

    async def step(turn: Turn) -> Events:
        raise CustomStreamError(reason, allow_retry=retry)
        yield  # makes this a generator

    return step


def crash() -> Step:
    """End the answer as a bug would."""

    async def step(turn: Turn) -> Events:
        raise RuntimeError("a bug in the assistant")
        yield  # makes this a generator

    return step


def title(text: str) -> Step:
    """Name the thread."""

    async def step(turn: Turn) -> Events:
        turn.thread.title = text
        return
        yield  # makes this a generator

    return step


def pause() -> Step:
    """Wait until the test says `script.go_on()`."""

    async def step(turn: Turn) -> Events:
        await script.pause()
        return
        yield  # makes this a generator

    return step


class Gate:
    """A pause of an answer, as both threads see it."""

    def __init__(self) -> None:
        self.abandoned = False
        self._loop = asyncio.get_running_loop()
        self._opened = asyncio.Event()

    async def wait(self) -> None:
        try:
            await self._opened.wait()
        except asyncio.CancelledError:
            self.abandoned = True
            raise

    def open(self) -> None:
        self._loop.call_soon_threadsafe(self._opened.set)


class Script:
    """What the assistant will say, and what it was told; shared by the test and the server's thread."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget everything."""
        self.to_come: deque[tuple[Step, ...]] = deque()
        self.gates: SimpleQueue[Gate] = SimpleQueue()
        self.feedback: list[tuple[list[str], FeedbackKind]] = []
        self.actions: list[Action[str, Any]] = []

    def answers(self, *steps: Step) -> None:
        """The answer to the next message that has none yet."""
        self.to_come.append(steps)

    def go_on(self) -> None:
        """Wait until the answer has come to its pause, and let it go on."""
        while (gate := self.gates.get(timeout=10)).abandoned:
            pass
        gate.open()

    async def pause(self) -> None:
        gate = Gate()
        self.gates.put(gate)
        await gate.wait()


script = Script()
"""The one script: tests run one after the other."""


class ScriptedServer(ChatKitServer[Context]):
    """Follows a script."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> Events:
        turn = Turn(self, thread, context)
        for step in self._next_answer(input_user_message):
            async for event in step(turn):
                yield event
        async for event in turn.finish():
            yield event

    def _next_answer(self, message: UserMessageItem | None) -> tuple[Step, ...]:
        if script.to_come:
            return script.to_come.popleft()
        said = "".join(part.text for part in message.content) if message else ""
        return (say(f"You said: {said}"),)

    async def action(self, thread: ThreadMetadata, action: Action[str, Any], sender: Any, context: Context) -> Events:
        script.actions.append(action)
        turn = Turn(self, thread, context)
        async for event in turn.say([f"Action {action.type}: {action.payload}"]):
            yield event
        async for event in turn.finish():
            yield event

    async def add_feedback(self, thread_id: str, item_ids: list[str], feedback: FeedbackKind, context: Context) -> None:
        script.feedback.append((item_ids, feedback))


class StuckServer(ScriptedServer):
    """Says one word, and then nothing for as long as it is let."""

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> Events:
        async for event in Turn(self, thread, context).say(["Half"]):
            yield event
        await asyncio.Event().wait()
