"""Requests that are answered at once, with JSON."""

from __future__ import annotations

import base64

from chatkit.server import DEFAULT_PAGE_SIZE
from chatkit.store import NotFoundError
from chatkit.types import (
    AttachmentsCreateReq,
    AttachmentsDeleteReq,
    AudioInput,
    InputTranscribeReq,
    ItemsFeedbackReq,
    ItemsListReq,
    NonStreamingReq,
    Page,
    SyncCustomActionResponse,
    Thread,
    ThreadItem,
    ThreadsDeleteReq,
    ThreadsGetByIdReq,
    ThreadsListReq,
    ThreadsSyncCustomActionReq,
    ThreadsUpdateReq,
    WidgetItem,
)

from teahouse import errors
from teahouse.errors import Problem, Words
from teahouse.protocol import Context, encode
from teahouse.runs.ports import HouseStore, Transcriber
from teahouse.runs.turn import Server, bare, find_item, find_thread, house_files, overrides, visible

MAX_PAGE = 100
NOT_BASE64 = Words("it is not base64", "不是 base64")
_NOTHING = b"{}"


async def answer(
    server: Server, request: NonStreamingReq, context: Context, transcriber: Transcriber | None = None
) -> bytes:
    """The JSON that answers `request`.

    Args:
        server: who answers.
        request: what is asked.
        context: who asks.
        transcriber: turns speech into text where the server does not.

    Raises:
        Problem: for everything that is wrong with the request.
    """
    match request:
        case ThreadsGetByIdReq():
            return await _thread(server, request, context)
        case ThreadsListReq():
            return await _threads(server, request, context)
        case ItemsListReq():
            return await _items(server, request, context)
        case ThreadsUpdateReq():
            thread = await find_thread(server, request.params.thread_id, context)
            thread.title = request.params.title.strip()[:200] or None
            await server.store.save_thread(thread, context=context)
            return encode(bare(thread))
        case ThreadsDeleteReq():
            await find_thread(server, request.params.thread_id, context)
            await _delete_thread(server, request.params.thread_id, context)
            return _NOTHING
        case ItemsFeedbackReq():
            return await _feedback(server, request, context)
        case AttachmentsCreateReq() | AttachmentsDeleteReq():
            return await _attachment(server, request, context)
        case InputTranscribeReq():
            return await _transcribe(server, request, context, transcriber)
        case ThreadsSyncCustomActionReq():
            return await _sync_action(server, request, context)


def _limit(asked: int | None) -> int:
    return max(1, min(asked or DEFAULT_PAGE_SIZE, MAX_PAGE))


async def _thread(server: Server, request: ThreadsGetByIdReq, context: Context) -> bytes:
    """A thread with its newest items; the reference gives the oldest, and no way to the newest but paging."""
    thread_id = request.params.thread_id
    thread = await find_thread(server, thread_id, context)
    store = server.store
    if isinstance(store, HouseStore):
        items = await store.load_latest_items(thread_id, DEFAULT_PAGE_SIZE, context)
    else:
        newest = await store.load_thread_items(thread_id, None, DEFAULT_PAGE_SIZE, "desc", context=context)
        items = Page(data=newest.data[::-1], has_more=newest.has_more, after=newest.after)
    _refresh(server, items.data, context)
    return encode(bare(thread, items))


def _refresh(server: Server, items: list[ThreadItem], context: Context) -> None:
    """Give attachments addresses that work today."""
    if (files := house_files(server)) is not None:
        files.refresh(items, context)


async def _delete_thread(server: Server, thread_id: str, context: Context) -> None:
    """The thread first: bytes that are left over are collected, a thread without its bytes is broken."""
    files = house_files(server)
    ids = await files.of_thread(thread_id, context) if files is not None else []
    await server.store.delete_thread(thread_id, context=context)
    if files is not None:
        await files.forget(ids)


async def _threads(server: Server, request: ThreadsListReq, context: Context) -> bytes:
    params = request.params
    try:
        threads = await server.store.load_threads(
            limit=_limit(params.limit), after=params.after, order=params.order, context=context
        )
    except NotFoundError:
        raise Problem(errors.THREAD_NOT_FOUND, param="after") from None
    data = [bare(thread) for thread in threads.data]
    return encode(Page[Thread](data=data, has_more=threads.has_more, after=threads.after))


async def _items(server: Server, request: ItemsListReq, context: Context) -> bytes:
    params = request.params
    await find_thread(server, params.thread_id, context)
    try:
        page = await server.store.load_thread_items(
            params.thread_id, params.after, _limit(params.limit), params.order, context=context
        )
    except NotFoundError:
        raise Problem(errors.ITEM_NOT_FOUND, param="after") from None
    _refresh(server, page.data, context)
    return encode(Page[ThreadItem](data=visible(page.data), has_more=page.has_more, after=page.after))


async def _feedback(server: Server, request: ItemsFeedbackReq, context: Context) -> bytes:
    params = request.params
    await find_thread(server, params.thread_id, context)
    if isinstance(server.store, HouseStore):
        await server.store.add_feedback(params.thread_id, params.item_ids, params.kind, context)
    await server.add_feedback(params.thread_id, params.item_ids, params.kind, context)
    return _NOTHING


async def _attachment(server: Server, request: AttachmentsCreateReq | AttachmentsDeleteReq, context: Context) -> bytes:
    files = server.attachment_store
    if files is None:
        raise Problem(errors.OPERATION_NOT_SUPPORTED, operation=request.type, hook="attachment_store")
    if isinstance(request, AttachmentsCreateReq):
        attachment = await files.create_attachment(request.params, context)
        await server.store.save_attachment(attachment, context=context)
        return encode(attachment)
    attachment_id = request.params.attachment_id
    try:
        await server.store.load_attachment(attachment_id, context=context)
    except NotFoundError:
        raise Problem(errors.ATTACHMENT_NOT_FOUND, param="attachment_id") from None
    await files.delete_attachment(attachment_id, context=context)
    await server.store.delete_attachment(attachment_id, context=context)
    return _NOTHING


async def _transcribe(
    server: Server, request: InputTranscribeReq, context: Context, transcriber: Transcriber | None
) -> bytes:
    hearer = server if overrides(server, "transcribe") else transcriber
    if hearer is None:
        raise Problem(errors.OPERATION_NOT_SUPPORTED, operation=request.type, hook="transcribe")
    try:
        audio = base64.b64decode(request.params.audio_base64, validate=True)
    except ValueError:
        raise Problem(errors.INVALID_REQUEST, param="audio_base64", reason=NOT_BASE64) from None
    return encode(await hearer.transcribe(AudioInput(data=audio, mime_type=request.params.mime_type), context))


async def _sync_action(server: Server, request: ThreadsSyncCustomActionReq, context: Context) -> bytes:
    params = request.params
    thread = await find_thread(server, params.thread_id, context)
    if not overrides(server, "sync_action"):
        raise Problem(errors.OPERATION_NOT_SUPPORTED, operation=request.type, hook="sync_action")
    sender = None
    if params.item_id:
        sender = await find_item(server, thread.id, params.item_id, WidgetItem, context)
    result = await server.sync_action(thread, params.action, sender, context)
    if result.updated_item is not None and not visible([result.updated_item]):
        result = SyncCustomActionResponse()
    return encode(result)
