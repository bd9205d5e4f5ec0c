"""One streaming request: accepted, which stores what the person said, then answered event by event.

This takes the place of `ChatKitServer.process`: it calls the same public hooks in the same order
(`respond`, `action`, `get_stream_options`, `handle_stream_cancelled`, the store). On purpose it differs
from openai-chatkit 1.6.5 in these:

1.  What the person asked for is checked before the stream begins, so that an unknown thread is a 404
    and not a torn connection.
2.  Upstream models' item ids are replaced by ours (`own_ids`).
3.  `respond` is given `ThreadMetadata` also in a thread's first turn, never a `Thread` with items, which
    broke stores once a title was set.
4.  Hidden items are kept from the stream in every event, not in `thread.item.done` alone.
5.  An answer that fails keeps the text that the person has already read.
6.  A failure says why (`ErrorFrame`).
7.  Times are aware.
8.  A thread that is locked or closed takes no message.
9.  A message without text, tag and attachment is refused.
10. The result of a client tool may come after other items were stored; the newest call that waits gets it.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

from chatkit.errors import CustomStreamError
from chatkit.server import ChatKitServer, agents_sdk_user_agent_override
from chatkit.store import NotFoundError, StoreItemType
from chatkit.types import (
    AssistantMessageContentPartTextDelta,
    Attachment,
    ClientToolCallItem,
    HiddenContextItem,
    Page,
    SDKHiddenContextItem,
    StreamingReq,
    StreamOptionsEvent,
    StructuredInputAnswer,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputSubmission,
    Thread,
    ThreadCreatedEvent,
    ThreadItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemRemovedEvent,
    ThreadItemReplacedEvent,
    ThreadItemUpdatedEvent,
    ThreadMetadata,
    ThreadsAddClientToolOutputReq,
    ThreadsAddStructuredInputReq,
    ThreadsAddUserMessageReq,
    ThreadsCreateReq,
    ThreadsCustomActionReq,
    ThreadsRetryAfterItemReq,
    ThreadStreamEvent,
    ThreadUpdatedEvent,
    UserMessageInput,
    UserMessageItem,
    WidgetItem,
)

from teahouse import errors, logs
from teahouse.errors import Problem, Words
from teahouse.protocol import Context, ErrorFrame, now, with_aware_time
from teahouse.run_types import Outcome
from teahouse.runs.own_ids import OwnIds
from teahouse.runs.pending import PendingItems, has_text
from teahouse.runs.ports import Claim, Explain, HouseFiles, HouseStore

Server = ChatKitServer[Any]
Events = AsyncIterator[ThreadStreamEvent]
WireEvent = ThreadStreamEvent | ErrorFrame
Item = TypeVar("Item", bound=ThreadItem)

_HIDDEN = (HiddenContextItem, SDKHiddenContextItem)
_PAGE = 50
_PATIENCE = 10.0
"""Seconds for which storing something is tried, when the store cannot be used."""
_REST = 0.3

EMPTY = Words("the message is empty", "消息为空")
NO_CALL = Words("no client tool call waits for a result", "没有等待结果的客户端工具调用")
ANSWERED = Words("these questions were answered before", "这些问题已经回答过")
STATUS = {"locked": Words("it is locked", "已锁定"), "closed": Words("it is closed", "已关闭")}

log = logs.get(__name__)


def bare(thread: ThreadMetadata, items: Page[ThreadItem] | None = None) -> Thread:
    """A thread as the browser may see it: without the integrator's metadata and without hidden items."""
    page = items or Page[ThreadItem]()
    return Thread(
        id=thread.id,
        title=thread.title,
        created_at=with_aware_time(thread).created_at,
        status=thread.status,
        allowed_image_domains=thread.allowed_image_domains,
        items=Page(data=visible(page.data), has_more=page.has_more, after=page.after),
    )


def visible(items: list[ThreadItem]) -> list[ThreadItem]:
    """The items that may leave the server."""
    return [with_aware_time(item) for item in items if not isinstance(item, _HIDDEN)]


async def find_thread(server: Server, thread_id: str, context: Context) -> ThreadMetadata:
    """A visitor's thread.

    Raises:
        Problem: THREAD_NOT_FOUND; a foreign thread is no different from a missing one.
    """
    try:
        return await server.store.load_thread(thread_id, context=context)
    except NotFoundError:
        raise Problem(errors.THREAD_NOT_FOUND, param="thread_id") from None


async def find_item(server: Server, thread_id: str, item_id: str, kind: type[Item], context: Context) -> Item:
    """An item of a visitor's thread.

    Raises:
        Problem: ITEM_NOT_FOUND, or WRONG_ITEM_KIND when it is not a `kind`.
    """
    try:
        item = await server.store.load_item(thread_id, item_id, context=context)
    except NotFoundError:
        raise Problem(errors.ITEM_NOT_FOUND, param="item_id") from None
    if isinstance(item, kind):
        return item
    expected = kind.model_fields["type"].default
    raise Problem(errors.WRONG_ITEM_KIND, param="item_id", item_id=item.id, kind=item.type, expected=expected)


def house_files(server: Server) -> HouseFiles | None:
    """Our own attachments, if they are what a server has."""
    files: object = server.attachment_store
    return files if isinstance(files, HouseFiles) else None


def overrides(server: Server, hook: str) -> bool:
    """Whether a ChatKitServer's author wrote this hook."""
    return getattr(type(server), hook) is not getattr(ChatKitServer, hook)


@dataclass
class Turn:
    """A request that was accepted, and its answer to come.

    Attributes:
        thread: the thread it belongs to. Hooks may change it; changes are stored and sent.
        opening: what was stored on accepting, told first.
        outcome: how it ended, once it has.
        interrupted: whether cancelling it means that the server ends, and not that the person wants no more.
    """

    server: Server
    context: Context
    thread: ThreadMetadata
    answer: Callable[[], Events]
    explain: Explain
    opening: list[ThreadStreamEvent] = field(default_factory=list)
    outcome: Outcome = "done"
    interrupted: bool = False
    _pending: PendingItems = field(default_factory=PendingItems)

    async def events(self) -> AsyncGenerator[WireEvent]:
        """The whole answer in wire order. Cancelling keeps what was written and tells the server."""
        for event in self.opening:
            yield event
        yield StreamOptionsEvent(stream_options=self.server.get_stream_options(self.thread, self.context))
        told = self.thread.model_copy(deep=True)
        try:
            with agents_sdk_user_agent_override():
                async with aclosing(self._kept()) as kept:
                    async for event in kept:
                        yield event
                        # Only a delta cannot be worth a look at the thread: there are too many.
                        if not _is_delta(event) and self.thread != told:
                            told = self.thread.model_copy(deep=True)
                            yield await self._save_thread()
            if self.thread != told:
                yield await self._save_thread()
        except (asyncio.CancelledError, GeneratorExit) as end:
            if not _is_wanted(end):
                async for wire_event in self._failed(RuntimeError("the assistant was cancelled from within"), told):
                    yield wire_event
                return
            if self.interrupted:
                async for wire_event in self._failed(Problem(errors.RUN_INTERRUPTED), told):
                    yield wire_event
                return
            self.outcome = "stopped"
            pending = self._pending.all()
            await _patiently(lambda: self.server.handle_stream_cancelled(self.thread, pending, self.context))
            raise
        except Exception as error:
            async for wire_event in self._failed(error, told):
                yield wire_event

    async def _kept(self) -> AsyncGenerator[ThreadStreamEvent]:
        """The hooks' events, stored where they have to be, hidden items left out."""
        ids = OwnIds(self._new_id)
        answer = self.answer()
        try:
            async for foreign in answer:
                event = ids.apply(foreign)
                # Asked first: nearly every event is one, and pydantic is slow to say that a thing is not.
                if isinstance(event, ThreadItemUpdatedEvent):
                    self._pending.update(event.item_id, event.update)
                    yield event
                    continue
                await self._keep(event)
                if isinstance(event, ThreadCreatedEvent | ThreadUpdatedEvent):
                    yield event.model_copy(update={"thread": bare(event.thread, event.thread.items)})
                elif not _is_hidden(event):
                    yield event
        finally:
            # An author may return any async iterator; a generator has to be closed here and now.
            if isinstance(answer, AsyncGenerator):
                await answer.aclose()

    async def _keep(self, event: ThreadStreamEvent) -> None:
        store, context, thread_id = self.server.store, self.context, self.thread.id
        match event:
            case ThreadItemAddedEvent():
                self._pending.begin(with_aware_time(event.item))
            case ThreadItemDoneEvent():
                item = with_aware_time(event.item)
                await _patiently(lambda: store.add_thread_item(thread_id, item, context=context))
                self._pending.end(event.item.id)
                waits = isinstance(event.item, ClientToolCallItem) and event.item.status == "pending"
                self.outcome = "waiting" if waits else "done"
            case ThreadItemReplacedEvent():
                item = with_aware_time(event.item)
                await _patiently(lambda: store.save_item(thread_id, item, context=context))
                self._pending.end(event.item.id)
            case ThreadItemRemovedEvent():
                item_id = event.item_id
                await _patiently(lambda: store.delete_thread_item(thread_id, item_id, context=context))
                self._pending.end(event.item_id)

    async def _failed(self, error: Exception, told: ThreadMetadata) -> AsyncIterator[WireEvent]:
        """What was written so far, then the reason.

        Args:
            error: what went wrong.
            told: the thread as the browser knows it.
        """
        self.outcome = "interrupted" if _is_interruption(error) else "failed"
        reason = self._reason(error)
        store, context = self.server.store, self.context
        for item in filter(has_text, self._pending.all()):
            if await _succeeds(partial(store.add_thread_item, self.thread.id, item, context=context)):
                yield ThreadItemDoneEvent(item=item)
        yield reason
        if self.thread != told and await _succeeds(partial(store.save_thread, self.thread, context=context)):
            yield ThreadUpdatedEvent(thread=bare(self.thread))

    def _reason(self, error: Exception) -> ErrorFrame:
        if isinstance(error, CustomStreamError):
            return ErrorFrame(
                code="custom",
                message=error.message,
                allow_retry=error.allow_retry,
                request_id=self.context.request_id,
            )
        problem = error if isinstance(error, Problem) else self.explain(error)
        log.error(
            "answer failed",
            thread_id=self.thread.id,
            code=problem.kind.code if problem else errors.AGENT_FAILED.code,
            exc_info=None if isinstance(error, Problem) else error,
        )
        frame = ErrorFrame.of(problem or Problem(errors.AGENT_FAILED, reason=""), self.context)
        # StreamError says itself whether trying again makes sense.
        frame.allow_retry = getattr(error, "allow_retry", frame.allow_retry)
        return frame

    async def _save_thread(self) -> ThreadUpdatedEvent:
        await _patiently(lambda: self.server.store.save_thread(self.thread, context=self.context))
        return ThreadUpdatedEvent(thread=bare(self.thread))

    def _new_id(self, kind: StoreItemType) -> str:
        return self.server.store.generate_item_id(kind, self.thread, self.context)


async def _patiently(saving: Callable[[], Awaitable[None]]) -> None:
    """Store what is there. A database that is restarted just then must not cost a whole answer.

    Trying again does no harm, also where the first try was done and nobody heard of it: ids stay the same.
    """
    now = asyncio.get_running_loop().time
    ends_by = now() + _PATIENCE
    while True:
        try:
            return await saving()
        except Problem as problem:
            if problem.kind.code != errors.STORE_UNAVAILABLE.code or now() > ends_by:
                raise
        await asyncio.sleep(_REST)


async def _succeeds(saving: Callable[[], Awaitable[None]]) -> bool:
    """Try to save what is left of a failed answer. Failing at that, too, must not hide the first reason."""
    try:
        await _patiently(saving)
    except Exception as error:
        # Whoever has ended a run has kept what it wrote.
        if not _is_interruption(error):
            log.exception("what was left of the answer is lost")
        return False
    return True


def _is_interruption(error: Exception) -> bool:
    return isinstance(error, Problem) and error.kind is errors.RUN_INTERRUPTED


def _is_wanted(end: BaseException) -> bool:
    """Whether somebody stopped the answer, and not a library of the assistant's its own doings."""
    task = asyncio.current_task()
    return isinstance(end, GeneratorExit) or task is None or task.cancelling() > 0


def _is_delta(event: ThreadStreamEvent) -> bool:
    return isinstance(event, ThreadItemUpdatedEvent) and isinstance(event.update, AssistantMessageContentPartTextDelta)


def _is_hidden(event: ThreadStreamEvent) -> bool:
    return isinstance(getattr(event, "item", None), _HIDDEN)


async def accept(server: Server, request: StreamingReq, context: Context, explain: Explain, claim: Claim) -> Turn:
    """Check a streaming request, store what it brings, and prepare its answer.

    When this returns, the person's message is durable.

    Args:
        server: who answers.
        request: what is asked.
        context: who asks.
        explain: says what the assistant's exceptions mean.
        claim: takes the thread before anything is stored; raises when it is taken. (Our own store takes it in the
            transaction that stores a message.)

    Raises:
        Problem: for everything that is wrong with the request.
    """
    turn = await _Acceptance(server, context, explain, claim).accept(request)
    log.debug("turn accepted", kind=request.type, thread_id=turn.thread.id)
    return turn


@dataclass(frozen=True)
class _Acceptance:
    """How each kind of streaming request becomes a turn."""

    server: Server
    context: Context
    explain: Explain
    claim: Claim

    async def accept(self, request: StreamingReq) -> Turn:
        match request:
            case ThreadsCreateReq():
                return await self._create(request)
            case ThreadsAddUserMessageReq():
                return await self._add_user_message(request)
            case ThreadsAddClientToolOutputReq():
                return await self._add_client_tool_output(request)
            case ThreadsAddStructuredInputReq():
                return await self._add_structured_input(request)
            case ThreadsRetryAfterItemReq():
                return await self._retry(request)
            case ThreadsCustomActionReq():
                return await self._act(request)

    async def _create(self, request: ThreadsCreateReq) -> Turn:
        thread = ThreadMetadata(id=self.server.store.generate_thread_id(self.context), created_at=now())
        turn = await self._with_message(thread, request.params.input, new=True)
        turn.opening.insert(0, ThreadCreatedEvent(thread=bare(thread)))
        return turn

    async def _add_user_message(self, request: ThreadsAddUserMessageReq) -> Turn:
        thread = await self._active_thread(request.params.thread_id)
        return await self._with_message(thread, request.params.input, new=False)

    async def _with_message(self, thread: ThreadMetadata, message: UserMessageInput, *, new: bool) -> Turn:
        item = await self._user_message(message, thread)
        store = self.server.store
        if isinstance(store, HouseStore):
            await store.begin_turn(thread, item, self.context, new=new)
        else:
            await self.claim(thread.id, item.id)
            if new:
                await store.save_thread(thread, context=self.context)
            for attachment in item.attachments:
                await store.save_attachment(attachment, context=self.context)
            await store.add_thread_item(thread.id, item, context=self.context)
        turn = self._turn(thread, lambda: self.server.respond(thread, item, self.context))
        turn.opening.append(ThreadItemDoneEvent(item=item))
        return turn

    async def _user_message(self, message: UserMessageInput, thread: ThreadMetadata) -> UserMessageItem:
        says = any(part.type != "input_text" or part.text.strip() for part in message.content)
        if not says and not message.attachments:
            raise Problem(errors.INVALID_REQUEST, param="input.content", reason=EMPTY)
        return UserMessageItem(
            id=self.server.store.generate_item_id("message", thread, self.context),
            thread_id=thread.id,
            created_at=now(),
            content=message.content,
            attachments=await self._attachments(message.attachments, thread),
            quoted_text=message.quoted_text,
            inference_options=message.inference_options,
        )

    async def _attachments(self, ids: list[str], thread: ThreadMetadata) -> list[Attachment]:
        files = house_files(self.server)
        if files is not None:
            return await files.settle(ids, thread.id, self.context)
        attachments = []
        for attachment_id in ids:
            try:
                attachment = await self.server.store.load_attachment(attachment_id, context=self.context)
            except NotFoundError:
                raise Problem(errors.ATTACHMENT_NOT_FOUND, param="input.attachments") from None
            attachments.append(attachment.model_copy(update={"thread_id": thread.id}))
        return attachments

    async def _add_client_tool_output(self, request: ThreadsAddClientToolOutputReq) -> Turn:
        thread = await self._open_thread(request.params.thread_id)
        store = self.server.store
        newest = await store.load_thread_items(thread.id, None, _PAGE, "desc", context=self.context)
        pending = [item for item in newest.data if isinstance(item, ClientToolCallItem) and item.status == "pending"]
        if not pending:
            raise Problem(errors.INVALID_REQUEST, param="result", reason=NO_CALL)
        call = pending[0].model_copy(update={"output": request.params.result, "status": "completed"})
        await store.save_item(thread.id, call, context=self.context)
        # The model would wait for ever for calls that nobody answers; there should be one at most.
        for dangling in pending[1:]:
            await store.delete_thread_item(thread.id, dangling.id, context=self.context)
        return self._turn(thread, lambda: self.server.respond(thread, None, self.context))

    async def _add_structured_input(self, request: ThreadsAddStructuredInputReq) -> Turn:
        params = request.params
        thread = await self._open_thread(params.thread_id)
        item = await find_item(self.server, thread.id, params.item_id, StructuredInputItem, self.context)
        if item.status != "pending":
            raise Problem(errors.INVALID_REQUEST, param="item_id", reason=ANSWERED)
        answered = answer_questions(item, params.input)

        async def respond() -> Events:
            yield ThreadItemReplacedEvent(item=answered)
            async for event in self.server.respond(thread, None, self.context):
                yield event

        return self._turn(thread, respond)

    async def _retry(self, request: ThreadsRetryAfterItemReq) -> Turn:
        params = request.params
        thread = await self._active_thread(params.thread_id)
        item = await find_item(self.server, thread.id, params.item_id, UserMessageItem, self.context)
        store = self.server.store
        if isinstance(store, HouseStore):
            await store.begin_again(thread.id, item.id, self.context)
        else:
            await self.claim(thread.id)
            for later in await self._items_after(thread.id, item.id):
                await store.delete_thread_item(thread.id, later, context=self.context)
        return self._turn(thread, lambda: self.server.respond(thread, item, self.context))

    async def _items_after(self, thread_id: str, item_id: str) -> list[str]:
        later: list[str] = []
        after = None
        while True:
            page = await self.server.store.load_thread_items(thread_id, after, _PAGE, "desc", context=self.context)
            for item in page.data:
                if item.id == item_id:
                    return later
                later.append(item.id)
            if not page.has_more:
                return later
            after = page.after

    async def _act(self, request: ThreadsCustomActionReq) -> Turn:
        params = request.params
        thread = await find_thread(self.server, params.thread_id, self.context)
        if not overrides(self.server, "action"):
            raise Problem(errors.OPERATION_NOT_SUPPORTED, operation=request.type, hook="action")
        await self.claim(thread.id)
        sender = None
        if params.item_id:
            sender = await find_item(self.server, thread.id, params.item_id, WidgetItem, self.context)
        return self._turn(thread, lambda: self.server.action(thread, params.action, sender, self.context))

    async def _open_thread(self, thread_id: str) -> ThreadMetadata:
        """A thread that takes messages, claimed."""
        thread = await self._active_thread(thread_id)
        await self.claim(thread.id)
        return thread

    async def _active_thread(self, thread_id: str) -> ThreadMetadata:
        thread = await find_thread(self.server, thread_id, self.context)
        if thread.status.type != "active":
            reason = thread.status.reason or STATUS[thread.status.type]
            raise Problem(errors.THREAD_LOCKED, param="thread_id", reason=reason)
        return thread

    def _turn(self, thread: ThreadMetadata, answer: Callable[[], Events]) -> Turn:
        return Turn(self.server, self.context, thread, answer, self.explain)


def answer_questions(item: StructuredInputItem, submission: StructuredInputSubmission) -> StructuredInputItem:
    """`item` with a person's answers. Questions without one count as skipped, unknown ones are ignored."""
    answered = item.model_copy(deep=True)
    for question in answered.inputs:
        answer = submission.answers.get(question.id)
        if submission.status == "skipped" or answer is None or answer.skipped or not answer.values:
            question.answer = StructuredInputAnswer(skipped=True)
            continue
        single = isinstance(question, StructuredInputMultipleChoice) and not question.multiple
        question.answer = StructuredInputAnswer(values=answer.values[:1] if single else answer.values)
    answered.status = submission.status
    return answered
