"""What one answer becomes: events for the browser, items in the store."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest
from chatkit.errors import CustomStreamError, ErrorCode, StreamError
from chatkit.server import ChatKitServer, StreamingResult
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    ClientToolCallItem,
    HiddenContextItem,
    Page,
    SDKHiddenContextItem,
    SyncCustomActionResponse,
    Thread,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    ThreadUpdatedEvent,
)

from contract.scenarios import Scenario, stream_part
from house import Json, message_of, of_type, texts
from teahouse import errors
from teahouse.errors import Problem
from teahouse.protocol import Context

Events = AsyncIterator[ThreadStreamEvent]


def fake_message(thread: ThreadMetadata, item_id: str = "__fake_id__") -> AssistantMessageItem:
    """An answer as a model behind the Chat Completions API names it."""
    return AssistantMessageItem(id=item_id, thread_id=thread.id, created_at=datetime.now(), content=[])


# --- Ids ----------------------------------------------------------------------------------------------


class FakeIds(Scenario):
    """Two messages and a tool call in each turn, all with the Agents SDK's one constant id."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        for part in ("first", "second"):
            item = fake_message(thread)
            yield ThreadItemAddedEvent(item=item)
            async for event in stream_part(item, f"{part} of turn {number}"):
                yield event
            yield ThreadItemDoneEvent(item=item)
        call: dict[str, Any] = {"call_id": f"call_{number}", "name": "pour", "arguments": {}}
        fields = {"id": "__fake_id__", "thread_id": thread.id, "created_at": datetime.now()}
        yield ThreadItemDoneEvent(item=ClientToolCallItem(**fields, **call))


async def test_a_models_own_ids_never_meet_in_one_thread(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(FakeIds))
    events = await browser.say()
    thread_id = events[0]["thread"]["id"]
    await browser.stream("threads.add_client_tool_output", thread_id=thread_id, result={"poured": True})

    items = await browser.items(thread_id)
    assert texts(items) == [
        "Hello",
        "first of turn 1",
        "second of turn 1",
        "first of turn 2",
        "second of turn 2",
    ]
    calls = [item["call_id"] for item in items if item["type"] == "client_tool_call"]
    assert calls == ["call_1", "call_2"]
    assert len({item["id"] for item in items}) == len(items)


async def test_updates_carry_the_id_under_which_the_item_began(open_house: Any, visit: Any) -> None:
    events = await visit(await open_house(FakeIds)).say()
    began = [event["item"]["id"] for event in of_type(events, "thread.item.added")]
    updated = [event["item_id"] for event in of_type(events, "thread.item.updated")]
    assert updated == [began[0]] * 3 + [began[1]] * 3
    done = [event["item"]["id"] for event in of_type(events, "thread.item.done")]
    assert done[1:3] == began


class FakeIdReplaced(Scenario):
    """A model's message is replaced, and another removed, under the model's own ids."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        kept, removed = fake_message(thread, "msg_abc"), fake_message(thread, "msg_def")
        for item in (kept, removed):
            yield ThreadItemAddedEvent(item=item)
            yield ThreadItemDoneEvent(item=item.model_copy(update={"content": [AssistantMessageContent(text="?")]}))
        better = [AssistantMessageContent(text="Better.")]
        yield ThreadItemReplacedEvent(item=kept.model_copy(update={"content": better}))
        yield ThreadItemRemovedEvent(item_id=removed.id)


async def test_replacing_and_removing_reach_the_item_that_was_renamed(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(FakeIdReplaced))
    assert texts(await browser.items(await browser.open_thread())) == ["Hello", "Better."]


# --- Hidden items -------------------------------------------------------------------------------------


class Whispers(Scenario):
    """Says something hidden in every event that can carry an item."""

    def hidden(self, thread: ThreadMetadata) -> HiddenContextItem:
        return HiddenContextItem(**self.fields(thread, "sdk_hidden_context"), content="the secret ingredient")

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        item = self.hidden(thread)
        yield ThreadItemAddedEvent(item=item)
        yield ThreadItemDoneEvent(item=item)
        yield ThreadItemReplacedEvent(item=item)
        sdk = SDKHiddenContextItem(**self.fields(thread, "sdk_hidden_context"), content="the secret ingredient")
        yield ThreadItemDoneEvent(item=sdk)
        items = Page(data=[item])
        # Metadata is the integrator's own as well.
        yield ThreadUpdatedEvent(thread=Thread(**thread.model_dump() | {"metadata": {"a": "secret"}}, items=items))
        async for event in self.answer(thread, "Delicious."):
            yield event

    async def sync_action(self, thread: ThreadMetadata, action: Any, sender: Any, context: Any) -> Any:
        return SyncCustomActionResponse(updated_item=self.hidden(thread))


async def test_hidden_items_never_leave(open_house: Any, visit: Any) -> None:
    house = await open_house(Whispers)
    browser = visit(house)
    events = await browser.say()
    thread_id = events[0]["thread"]["id"]
    answers = [
        events,
        await browser.ask("threads.get_by_id", thread_id=thread_id),
        await browser.ask("threads.list"),
        await browser.ask("items.list", thread_id=thread_id),
        await browser.ask("threads.sync_custom_action", thread_id=thread_id, action={"type": "look"}),
    ]
    assert "secret" not in str(answers)
    assert "hidden" not in str(answers)
    assert texts(await browser.items(thread_id)) == ["Hello", "Delicious."]


class Remembers(Whispers):
    """Answers with the number of hidden items it finds in the thread."""

    async def respond(self, thread: ThreadMetadata, input_user_message: Any, context: Any) -> Events:
        page = await self.store.load_thread_items(thread.id, None, 50, "asc", context=context)
        found = sum("hidden" in item.type for item in page.data)
        yield ThreadItemDoneEvent(item=self.hidden(thread))
        async for event in self.answer(thread, f"{found} hidden"):
            yield event


async def test_hidden_items_are_kept_for_the_server(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Remembers))
    thread_id = await browser.open_thread()
    await browser.say("And now?", thread_id)
    assert texts(await browser.items(thread_id)) == ["Hello", "0 hidden", "And now?", "1 hidden"]


# --- Failures -----------------------------------------------------------------------------------------


def failing(error: BaseException, *words: str) -> type[Scenario]:
    """A server that says `words` and then fails."""

    class Fails(Scenario):
        async def turn(self, number: int, thread: ThreadMetadata) -> Events:
            if words:
                item = self.empty_answer(thread)
                yield ThreadItemAddedEvent(item=item)
                async for event in stream_part(item, *words):
                    yield event
            raise error

    return Fails


FAILURES = [
    (CustomStreamError("The kitchen is closed."), "custom", "The kitchen is closed.", False),
    (CustomStreamError("One moment.", allow_retry=True), "custom", "One moment.", True),
    (StreamError(ErrorCode.STREAM_ERROR), "agent_failed", "The assistant stopped with an error.", True),
    (StreamError(ErrorCode.STREAM_ERROR, allow_retry=False), "agent_failed", "The assistant stopped", False),
    (RuntimeError("password=hunter2"), "agent_failed", "The assistant stopped with an error.", True),
    (Problem(errors.MODEL_TIMEOUT), "model_timeout", "The model did not answer in time.", True),
    (asyncio.CancelledError(), "agent_failed", "The assistant stopped with an error.", True),
    (TimeoutError("of its own"), "agent_failed", "The assistant stopped with an error.", True),
]


@pytest.mark.parametrize(("error", "code", "message", "retry"), FAILURES)
@pytest.mark.parametrize("words", [(), ("Once upon ", "a time")], ids=["at once", "in the middle"])
async def test_a_failed_answer_says_why_and_keeps_what_was_read(
    open_house: Any, visit: Any, error: Exception, code: str, message: str, retry: bool, words: tuple[str, ...]
) -> None:
    browser = visit(await open_house(failing(error, *words)))
    events = await browser.say()
    last = events[-1]
    assert (last["type"], last["code"], last["allow_retry"]) == ("error", code, retry)
    assert last["message"].startswith(message)
    assert last["request_id"].startswith("req_")
    assert "hunter2" not in str(events)

    stored = texts(await browser.items(events[0]["thread"]["id"]))
    assert stored == ["Hello", *(["Once upon a time"] if words else [])]
    done = [texts([event["item"]]) for event in of_type(events, "thread.item.done")]
    assert done == [[text] for text in stored]


async def test_the_reason_is_in_the_visitors_language(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(failing(RuntimeError("no"))), accept_language="zh-CN")
    last = (await browser.say("你好"))[-1]
    assert last["message"] == "助手出错而中止。请重试；服务器日志中可按请求编号查到详情。"
    assert last["doc_url"] == "/docs/zh/errors/agent_failed"


async def test_debug_shows_what_an_assistant_failed_with(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(failing(RuntimeError("no {tea} left")), debug=True))
    last = (await browser.say())[-1]
    assert last["message"].startswith("The assistant stopped with an error (RuntimeError: no {tea} left).")


async def test_a_failure_is_logged_with_the_id_the_visitor_sees(
    open_house: Any, visit: Any, caplog: pytest.LogCaptureFixture
) -> None:
    browser = visit(await open_house(failing(RuntimeError("the reason"))))
    last = (await browser.say())[-1]
    [record] = [record for record in caplog.records if "answer failed" in record.getMessage()]
    assert record.fields["request_id"] == last["request_id"]  # type: ignore[attr-defined]
    assert "RuntimeError: the reason" in record.getMessage()


class TitledThenFails(Scenario):
    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        thread.title = "Tea"
        raise RuntimeError
        yield


async def test_a_title_set_before_the_failure_is_kept(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(TitledThenFails))
    events = await browser.say()
    assert [event["type"] for event in events[-2:]] == ["error", "thread.updated"]
    assert (await browser.ask("threads.list"))["data"][0]["title"] == "Tea"


# --- Servers of every shape ---------------------------------------------------------------------------


class PlainIterator(ChatKitServer[Any]):
    """`respond` need not be a generator: any async iterator does."""

    def respond(self, thread: ThreadMetadata, input_user_message: Any, context: Any) -> Events:
        fields = {"id": "msg_1", "thread_id": thread.id, "created_at": datetime.now()}
        item = AssistantMessageItem(**fields, content=[AssistantMessageContent(text="From a list.")])

        class Iterator:
            events = iter([ThreadItemDoneEvent(item=item)])

            def __aiter__(self) -> Any:
                return self

            async def __anext__(self) -> ThreadStreamEvent:
                for event in self.events:
                    return event
                raise StopAsyncIteration

        return Iterator()


async def test_respond_may_return_any_async_iterator(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(PlainIterator))
    assert texts(await browser.items(await browser.open_thread())) == ["Hello", "From a list."]


async def test_naive_times_of_a_server_leave_as_utc(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(PlainIterator))
    for item in await browser.items(await browser.open_thread()):
        assert item["created_at"].endswith("Z")


class Processes(Scenario):
    """Overrides `process`: the documented way to see every request before the SDK does."""

    seen: list[Any]

    async def process(self, request: Any, context: Context) -> Any:
        self.seen = [*getattr(self, "seen", []), (bytes(request), context.visitor.id, context["user_id"])]
        return await super().process(request, context)


async def test_a_server_that_overrides_process_is_relayed(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Processes))
    events = await browser.say()
    assert [event["type"] for event in events][:3] == ["thread.created", "thread.item.done", "stream_options"]
    thread_id = events[0]["thread"]["id"]
    assert texts(await browser.items(thread_id)) == ["Hello", "Answer 1."]
    assert (await browser.problem("threads.get_by_id", thread_id="thr_none"))["code"] == "thread_not_found"
    assert (await browser.say("Hi", "thr_none"))[-1]["code"] == "thread_not_found"


class OwnOperation(Scenario):
    """Answers an operation that ChatKit does not have."""

    async def process(self, request: Any, context: Context) -> Any:
        async def pong() -> Any:
            yield b'data: {"type": "pong"}\n\n'

        return StreamingResult(pong()) if b"tea.ping" in request else await super().process(request, context)


async def test_a_server_that_overrides_process_may_have_operations_of_its_own(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(OwnOperation))
    assert await browser.stream("tea.ping") == [{"type": "pong"}]
    refused = await browser.problem("tea.none")
    assert (refused["status"], refused["code"]) == (400, "unknown_operation")
    refused = await browser.problem("threads.get_by_id")
    assert (refused["status"], refused["code"], refused["param"]) == (400, "invalid_request", "params.thread_id")
    refused = await browser.problem("threads.sync_custom_action", thread_id="thr_1", action={"type": "x"})
    assert (refused["status"], refused["code"]) == (404, "thread_not_found")
    thread_id = await browser.open_thread()
    refused = await browser.problem("threads.sync_custom_action", thread_id=thread_id, action={"type": "x"})
    assert (refused["status"], refused["code"]) == (501, "operation_not_supported")


# --- The reference's defects --------------------------------------------------------------------------


class Titles(Scenario):
    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        assert type(thread) is ThreadMetadata
        thread.title = f"Title {number}"
        async for event in self.answer(thread, f"Answer {number}"):
            yield event


async def test_a_title_set_in_the_first_turn_survives_a_reload(open_house: Any, visit: Any) -> None:
    """In the reference the next `threads.get_by_id` is a 500."""
    browser = visit(await open_house(Titles))
    thread_id = await browser.open_thread()
    thread = await browser.ask("threads.get_by_id", thread_id=thread_id)
    assert thread["title"] == "Title 1"
    assert texts(thread["items"]["data"]) == ["Hello", "Answer 1"]


async def test_a_long_thread_opens_at_its_end_and_all_of_it_can_be_reached(open_house: Any, visit: Any) -> None:
    """The reference opens at the oldest 20 items."""
    browser = visit(await open_house(Scenario))
    thread_id = await browser.open_thread("Message 1")
    for number in range(2, 16):
        await browser.say(f"Message {number}", thread_id)
    page = (await browser.ask("threads.get_by_id", thread_id=thread_id))["items"]
    newest = page["data"]
    assert texts(newest)[-2:] == ["Message 15", "Answer 15."]
    assert len(newest) == 20
    assert page["has_more"]
    older = await browser.ask("items.list", thread_id=thread_id, after=page["after"], order="desc")
    whole = older["data"][::-1] + newest
    assert whole == await browser.items(thread_id)
    assert not older["has_more"]


# --- Client tools, structured input, retry ------------------------------------------------------------


class AsksTheClient(Scenario):
    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        if number > 1:
            async for event in self.answer(thread, "Thank you."):
                yield event
            return
        fields = self.fields(thread, "tool_call")
        yield ThreadItemDoneEvent(item=ClientToolCallItem(**fields, call_id="c1", name="pour", arguments={}))
        async for event in self.answer(thread, "Said after the call."):
            yield event


async def test_a_client_tools_result_may_come_after_other_items(open_house: Any, visit: Any) -> None:
    """The reference looks at the very last item only, and raises."""
    browser = visit(await open_house(AsksTheClient))
    thread_id = await browser.open_thread()
    await browser.stream("threads.add_client_tool_output", thread_id=thread_id, result={"ok": True})
    [call] = [item for item in await browser.items(thread_id) if item["type"] == "client_tool_call"]
    assert (call["status"], call["output"]) == ("completed", {"ok": True})
    again = await browser.problem("threads.add_client_tool_output", thread_id=thread_id, result={})
    assert (again["status"], again["code"], again["param"]) == (400, "invalid_request", "result")


async def test_a_retry_forgets_what_came_after_the_message(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Scenario))
    thread_id = await browser.open_thread("One")
    await browser.say("Two", thread_id)
    first = (await browser.items(thread_id))[0]
    await browser.stream("threads.retry_after_item", thread_id=thread_id, item_id=first["id"])
    assert texts(await browser.items(thread_id)) == ["One", "Answer 3."]


@pytest.mark.parametrize("content", [[], [{"type": "input_text", "text": " \n"}]])
async def test_a_message_that_says_nothing_is_refused(open_house: Any, visit: Any, content: list[Json]) -> None:
    browser = visit(await open_house(Scenario))
    refused = await browser.problem("threads.create", input=message_of("", content=content))
    assert (refused["status"], refused["code"], refused["param"]) == (400, "invalid_request", "input.content")
    assert (await browser.ask("threads.list"))["data"] == []
