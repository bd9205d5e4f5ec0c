"""What is told when a request comes again under its key and its run has ended: what was stored of it."""

from __future__ import annotations

from chatkit.types import ThreadCreatedEvent, ThreadItem, ThreadItemDoneEvent, UserMessageItem

from teahouse import errors
from teahouse.errors import Problem
from teahouse.protocol import Context, ErrorFrame
from teahouse.run_types import RunRecord
from teahouse.runs.turn import Server, WireEvent, bare, find_item, find_thread, visible

_PAGE = 100


async def stored_events(server: Server, record: RunRecord, context: Context) -> list[WireEvent]:
    """The thread, the message and the first hundred items that answer it, as the events that store them.

    Raises:
        Problem: THREAD_NOT_FOUND; ITEM_NOT_FOUND if the message has not arrived after all.
    """
    thread = await find_thread(server, record.thread_id, context)
    events: list[WireEvent] = []
    if record.message_id is not None:
        message = await find_item(server, thread.id, record.message_id, UserMessageItem, context)
        events = [
            ThreadCreatedEvent(thread=bare(thread)),
            *(ThreadItemDoneEvent(item=item) for item in visible([message, *await _answers(server, message, context)])),
        ]
    if record.state == "interrupted":
        events.append(ErrorFrame.of(Problem(errors.RUN_INTERRUPTED), context))
    return events


async def _answers(server: Server, message: UserMessageItem, context: Context) -> list[ThreadItem]:
    page = await server.store.load_thread_items(message.thread_id, message.id, _PAGE, "asc", context=context)
    answers: list[ThreadItem] = []
    for item in page.data:
        if isinstance(item, UserMessageItem):
            break
        answers.append(item)
    return answers
