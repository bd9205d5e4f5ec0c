"""An openai-agents `Agent` made into a ChatKitServer."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import Any

import agents
from chatkit.agents import AgentContext, ThreadItemConverter, stream_agent_response
from chatkit.server import ChatKitServer
from chatkit.store import Store
from chatkit.types import (
    AssistantMessageItem,
    Attachment,
    Page,
    ThreadItem,
    ThreadMetadata,
    ThreadStreamEvent,
    UserMessageItem,
    UserMessageTagContent,
)
from openai.types.responses import EasyInputMessageParam, ResponseInputTextParam
from openai.types.responses.response_input_content_param import ResponseInputContentParam
from openai.types.responses.response_input_item_param import ResponseInputItemParam

from teahouse.agents.attachments import Takes, left_out, shown
from teahouse.protocol import Context

HISTORY = 50
"""How many of a thread's newest items the model is shown."""

_TITLE_LENGTH = 60


class AgentServer(ChatKitServer[Context]):
    """Answers with an Agent, which is shown the thread's newest items.

    Args:
        store: where conversations are.
        agent: who answers; its tools get the `chatkit.agents.AgentContext` as context.
        run_config: how the model is reached.
        takes: what of attached files the model is given as it is; the rest it gets as text.
    """

    def __init__(
        self,
        store: Store[Context],
        agent: agents.Agent[Any],
        run_config: agents.RunConfig | None = None,
        *,
        takes: Takes = frozenset(),
    ) -> None:
        super().__init__(store)
        self.agent = agent
        self._run_config = run_config or agents.RunConfig(tracing_disabled=True)
        self._takes = takes

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Context
    ) -> AsyncIterator[ThreadStreamEvent]:
        """Stream the agent's answer."""
        if thread.title is None and input_user_message is not None:
            thread.title = title_of(input_user_message)
        newest: Page[ThreadItem] = await self.store.load_thread_items(thread.id, None, HISTORY, "desc", context=context)
        attached = await shown(newest.data, self.attachment_store, context, self._takes)
        history = await Converter(attached).to_agent_input(newest.data[::-1])
        agent_context: AgentContext[Context] = AgentContext(thread=thread, store=self.store, request_context=context)
        result = agents.Runner.run_streamed(
            self.agent,
            history,
            context=agent_context,
            run_config=self._run_config,
        )
        async for event in stream_agent_response(agent_context, result):
            yield event


def title_of(message: UserMessageItem) -> str | None:
    """A thread's title: the beginning of its first message, cut between words where there are any.

    A message without words is named after its file.
    """
    said = " ".join(part.text for part in message.content) or " ".join(file.name for file in message.attachments[:1])
    text = " ".join(said.split())
    if len(text) <= _TITLE_LENGTH:
        return text or None
    cut = text[:_TITLE_LENGTH]
    return (cut.rsplit(" ", 1)[0] if " " in cut[_TITLE_LENGTH // 2 :] else cut) + "…"


class Converter(ThreadItemConverter):
    """The SDK's converter, for every provider.

    - Answers go back as plain text: the SDK's form is refused by the Agents SDK's Chat Completions models
      ("Unknown content", openai-agents 0.24.0 with openai 3.54.0), so that no second turn would succeed.
    - Tags become their text; the SDK raises NotImplementedError. What they refer to is for an agent's own
      server to look up: `data` comes from the browser and is not to be trusted.
    - Attachments become what `attachments.shown` made of them; the SDK raises NotImplementedError.

    Args:
        attached: what the model gets in the place of each attachment, by id.
    """

    def __init__(self, attached: Mapping[str, ResponseInputContentParam] | None = None) -> None:
        self._attached = attached or {}

    async def attachment_to_message_content(self, attachment: Attachment) -> ResponseInputContentParam:
        """What was prepared for it."""
        return left_out(attachment, self._attached)

    async def assistant_message_to_input(
        self, item: AssistantMessageItem
    ) -> ResponseInputItemParam | list[ResponseInputItemParam] | None:
        """The answer's text."""
        text = "\n\n".join(part.text for part in item.content)
        return EasyInputMessageParam(type="message", role="assistant", content=text)

    async def tag_to_message_content(self, tag: UserMessageTagContent) -> ResponseInputTextParam:
        """The tag as the person sees it."""
        return ResponseInputTextParam(type="input_text", text=f"@{tag.text}")
