"""A workflow exported from Agent Builder made into a ChatKitServer, its code unchanged.

The export is a function, `run_workflow`, that runs one agent after the other with `Runner.run` and knows only the
message at hand. Here its module gets a `Runner` that streams: what agents write is seen as they write it, and they
are shown the conversation so far, as hosted ChatKit does.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from types import ModuleType
from typing import Any, ClassVar, get_type_hints

import agents
from agents.exceptions import InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered
from chatkit.agents import AgentContext, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.store import Store
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    Page,
    ThreadItem,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    UserMessageTextContent,
)

from teahouse.agents.attachments import Takes, shown
from teahouse.agents.server import HISTORY, Converter, title_of
from teahouse.errors import Language
from teahouse.protocol import Context, now

_MOST_EVENTS = 200
"""Events that wait for a reader; then the model is read no faster."""

_STOPPED: dict[Language, str] = {
    "en": "This message was stopped by a guardrail.",
    "zh": "这条消息被护栏拦下了。",
}


class WorkflowServer(ChatKitServer[Context]):
    """Answers with an exported workflow.

        class Server(WorkflowServer):
            module = workflow

    What agents with an output type return is for the workflow, and is not shown; unless nothing else is.

    Args:
        store: where conversations are.
        run_config: how models are reached; `teahouse serve` gives it as the settings say.
        takes: what of attached files the models are given as it is; the rest they get as text.

    Attributes:
        module: the exported module.
        entry: the name of its function.
    """

    module: ClassVar[ModuleType]
    entry: ClassVar[str] = "run_workflow"

    def __init__(
        self, store: Store[Context], run_config: agents.RunConfig | None = None, *, takes: Takes = frozenset()
    ) -> None:
        super().__init__(store)
        self._run_config = run_config or agents.RunConfig(tracing_disabled=True)
        self._takes = takes
        self._run = getattr(self.module, self.entry)
        self._input = next(kind for name, kind in get_type_hints(self._run).items() if name != "return")
        vars(self.module)["Runner"] = StreamingRunner

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Stream what the workflow's agents write."""
        if thread.title is None and input_user_message is not None:
            thread.title = title_of(input_user_message)
        newest: Page[ThreadItem] = await self.store.load_thread_items(thread.id, None, HISTORY, "desc", context=context)
        attached = await shown(newest.data, self.attachment_store, context, self._takes)
        history = await Converter(attached).to_agent_input(newest.data[::-1])
        turn = _Turn(AgentContext(thread=thread, store=self.store, request_context=context), history, self._run_config)
        asked = next((item for item in newest.data if isinstance(item, UserMessageItem)), None)
        working = turn.begin(self._run(self._input(input_as_text=_text_of(asked))))
        try:
            async for event in turn.events(working):
                yield event
            outcome = _outcome(working, context.language)
        finally:
            working.cancel()
            await asyncio.wait([working])
        if not turn.wrote and (said := outcome or turn.last):
            yield ThreadItemDoneEvent(item=self._message(thread, said, context))

    def _message(self, thread: ThreadMetadata, text: str, context: Context) -> AssistantMessageItem:
        item_id = self.store.generate_item_id("message", thread, context)
        content = [AssistantMessageContent(text=text)]
        return AssistantMessageItem(id=item_id, thread_id=thread.id, created_at=now(), content=content)


class StreamingRunner(agents.Runner):
    """The `Runner` that an exported module is given. Outside of a turn it is the SDK's own."""

    @classmethod
    async def run(cls, starting_agent: Any, input: Any, **options: Any) -> Any:  # noqa: A002 - the SDK's name
        """Run an agent as a part of the turn."""
        turn = _turn.get(None)
        if turn is None:
            return await agents.Runner.run(starting_agent, input, **options)
        return await turn.run(starting_agent, input, options)


class _Turn:
    """One answer of a workflow, in which several agents may write.

    Attributes:
        wrote: whether anything was shown.
        last: what the last agent returned, as text.
    """

    def __init__(self, context: AgentContext[Context], history: list[Any], run_config: agents.RunConfig) -> None:
        self._context = context
        self._history = history
        self._run_config = run_config
        self._events: asyncio.Queue[ThreadStreamEvent] = asyncio.Queue(_MOST_EVENTS)
        self.wrote = False
        self.last = ""

    def begin(self, workflow: Any) -> asyncio.Task[Any]:
        """Let the workflow run, with this turn as its own."""
        own = contextvars.copy_context()
        own.run(_turn.set, self)
        return asyncio.create_task(workflow, context=own)

    async def events(self, working: asyncio.Task[Any]) -> AsyncIterator[ThreadStreamEvent]:
        """What the agents write, until the workflow ends."""
        while not working.done():
            waiting = asyncio.create_task(self._events.get())
            try:
                await asyncio.wait((waiting, working), return_when=asyncio.FIRST_COMPLETED)
            finally:
                if not waiting.done():
                    waiting.cancel()
                    await asyncio.wait([waiting])
            if not waiting.cancelled():
                yield waiting.result()
        while not self._events.empty():
            yield self._events.get_nowait()

    async def run(self, agent: agents.Agent[Any], given: Any, options: dict[str, Any]) -> agents.RunResultStreaming:
        """Run one agent and show what it writes."""
        result = agents.Runner.run_streamed(
            agent, self._with_history(given), **options | {"run_config": self._config(options.get("run_config"))}
        )
        if agent.output_type in (None, str):
            async for event in stream_agent_response(self._context, result):
                self.wrote = self.wrote or isinstance(event, ThreadItemDoneEvent)
                await self._events.put(event)
        else:
            async for _ in result.stream_events():
                pass
        self.last = _text(result.final_output)
        return result

    def _with_history(self, given: Any) -> Any:
        """The conversation so far in the place of the message at hand, which every exported list begins with."""
        if isinstance(given, list) and given and isinstance(given[0], dict) and given[0].get("role") == "user":
            return [*self._history, *given[1:]]
        return given

    def _config(self, exported: agents.RunConfig | None) -> agents.RunConfig:
        """The run's own configuration, with our model and without tracing."""
        ours = self._run_config
        if exported is None:
            return ours
        return replace(exported, model=ours.model, model_provider=ours.model_provider, tracing_disabled=True)


_turn: contextvars.ContextVar[_Turn] = contextvars.ContextVar("turn")


def _text_of(message: UserMessageItem | None) -> str:
    if message is None:
        return ""
    return "".join(part.text for part in message.content if isinstance(part, UserMessageTextContent))


def _outcome(working: asyncio.Task[Any], language: Language) -> str:
    """What the workflow returned, as text.

    Raises:
        Exception: what ended it, but for a guardrail, which says so.
    """
    with contextlib.suppress(InputGuardrailTripwireTriggered, OutputGuardrailTripwireTriggered):
        outcome = working.result()
        if isinstance(outcome, dict) and any(_has_failed(part) for part in outcome.values()):
            return _STOPPED[language]
        if isinstance(outcome, dict) and isinstance(outcome.get("output_text"), str):
            return str(outcome["output_text"])
        return "" if outcome is None else _text(outcome)
    return _STOPPED[language]


def _has_failed(part: Any) -> bool:
    """Whether this is a guardrail's report of a failure: `{"failed": True, …}`."""
    return isinstance(part, dict) and part.get("failed") is True


def _text(value: Any) -> str:
    if isinstance(value, str):
        return value
    if hasattr(value, "model_dump"):
        value = value.model_dump(mode="json")
    return "```json\n" + json.dumps(value, ensure_ascii=False, indent=2, default=str) + "\n```"
