"""`POST /chatkit`: who asks, may they, what kind of request; then a run or a quick answer."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncGenerator, Callable

from chatkit.server import StreamingResult
from chatkit.store import NotFoundError
from chatkit.types import InputTranscribeReq, ThreadsDeleteReq, is_streaming_req
from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from teahouse import errors
from teahouse.errors import Problem, Words
from teahouse.limits import Asker, address_of
from teahouse.protocol import Context, encode, frame, read_request, run_frame
from teahouse.run_types import AlreadyAsked, RunRecord
from teahouse.runs import quick
from teahouse.runs.again import stored_events
from teahouse.runs.run import Answer, RelayedAnswer, Run, TurnAnswer
from teahouse.runs.turn import WireEvent, accept, find_thread, overrides
from teahouse.web.origins import check_origin
from teahouse.web.runs import RUN_HEADER, can_come_back, stops_by_leaving
from teahouse.web.services import Services
from teahouse.web.sse import EventStream

_LONGEST_KEY = 255
NO_KEY = Words("it has to be 1 to 255 printable ASCII characters", "应为 1 至 255 个可打印的 ASCII 字符")
# The hooks whose absence `ChatKitServer.process` tells by raising.
_HOOKS = {"input.transcribe": "transcribe", "threads.sync_custom_action": "sync_action"}


async def chatkit(request: Request, services: Services) -> ASGIApp:
    """The response to one ChatKit request.

    Raises:
        Problem: for everything that is wrong with the request.
    """
    check_origin(request, services.settings.origins)
    body = await read_body(request, services.settings.limits.request_bytes)
    context, who = await services.visitor(request)
    headers = {"set-cookie": who.set_cookie} if who.set_cookie else {}

    asker = Asker(context.visitor.id, address_of(request, behind_proxy=services.settings.proxy_headers))
    try:
        result = await _answer(services, body, context, asker, _key_of(request))
    except AlreadyAsked as asked:
        return await _answered_again(request, services, context, asked.record, body, headers)
    if isinstance(result, bytes):
        headers["cache-control"] = "no-store"
        if can_come_back(request):
            headers[RUN_HEADER] = "none"  # tells our element, which may yet know nothing of us, that it can
        return Response(result, media_type="application/json", headers=headers)
    thread_id = result.turn.thread.id if isinstance(result, TurnAnswer) else None
    run = services.runs.start(result, context, thread_id)
    # A relayed answer's thread is not known, so that nobody could come back to it.
    leaving_stops = thread_id is None or stops_by_leaving(request, services)
    return _reading(request, services, run, headers, left=run.stop if leaving_stops else lambda: None)


def _reading(
    request: Request,
    services: Services,
    run: Run | RunRecord,
    headers: dict[str, str],
    left: Callable[[], None] = lambda: None,
) -> EventStream:
    """A run's events from the first to the last, for whoever has asked the question."""
    heartbeat = services.settings.limits.heartbeat_seconds
    pieces = services.runs.read(run, patience=heartbeat, with_state=can_come_back(request))
    return EventStream(pieces, headers=headers | {RUN_HEADER: run.id}, left=left)


async def _answered_again(
    request: Request, services: Services, context: Context, record: RunRecord, body: bytes, headers: dict[str, str]
) -> ASGIApp:
    """The response to a request that came before: the same run, while it goes on, or else what was stored of it.

    Raises:
        Problem: KEY_REUSED, THREAD_NOT_FOUND.
    """
    if record.digest != _digest_of(body):
        raise Problem(errors.KEY_REUSED, param="Idempotency-Key")
    run = await services.runs.current(record.thread_id)
    if run is not None and run.id == record.id and run.state == "running":
        return _reading(request, services, run, headers)
    events = await stored_events(services.server, record, context)
    pieces = _told(record, events, with_state=can_come_back(request))
    return EventStream(pieces, headers=headers | {RUN_HEADER: record.id})


async def _told(record: RunRecord, events: list[WireEvent], *, with_state: bool) -> AsyncGenerator[bytes]:
    yield b"".join(frame(number, encode(event)) for number, event in enumerate(events, start=1))
    if with_state:
        # Without a message it cannot be told which items came of it.
        yield run_frame(record.id, record.state, reload=record.message_id is None)


def _key_of(request: Request) -> str | None:
    """What the client calls this request, so that sending it again does not ask twice.

    The header is that of draft-ietf-httpapi-idempotency-key-header, whose quotes may be left out.

    Raises:
        Problem: INVALID_REQUEST.
    """
    key = request.headers.get("idempotency-key", "").strip().strip('"')
    if len(key) > _LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise Problem(errors.INVALID_REQUEST, param="Idempotency-Key", reason=NO_KEY)
    return key or None


def _digest_of(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()


async def _answer(services: Services, body: bytes, context: Context, asker: Asker, key: str | None) -> Answer | bytes:
    if overrides(services.server, "process"):
        streams = _asks_for_an_answer(body)
        if streams:
            services.runs.expect_open()
        await services.rates.count(asker, streams=streams)
        return await _relay(services, body, context)
    request = read_request(body)
    # A recording costs what a message costs.
    await services.rates.count(asker, streams=is_streaming_req(request) or isinstance(request, InputTranscribeReq))
    if is_streaming_req(request):
        digest = _digest_of(body) if key is not None else None
        async with services.runs.accepting(context, key=key, digest=digest) as claim:
            return TurnAnswer(await accept(services.server, request, context, services.explain, claim))
    if isinstance(request, ThreadsDeleteReq):
        # Its answer would have nowhere to go. Stopping is the owner's right alone.
        await find_thread(services.server, request.params.thread_id, context)
        await services.runs.stop(request.params.thread_id)
    return await quick.answer(services.server, request, context, services.transcriber)


def _asks_for_an_answer(body: bytes) -> bool:
    """Whether this is a message in ChatKit's terms; a server's own operations count as quick."""
    try:
        return is_streaming_req(read_request(body))
    except Problem:
        return False


async def _relay(services: Services, body: bytes, context: Context) -> Answer | bytes:
    """What a ChatKitServer makes of the request whose author wrote `process` anew.

    It may know operations that ChatKit does not; what it does not know is refused as elsewhere.
    """
    try:
        result = await services.server.process(body, context)
    except ValidationError:
        read_request(body)  # tells what is wrong with the request, if that is what is wrong
        raise
    except NotFoundError as error:
        raise error if isinstance(error, Problem) else Problem(errors.THREAD_NOT_FOUND) from None
    except NotImplementedError:
        operation = read_request(body).type
        hook = _HOOKS.get(operation, "process")
        raise Problem(errors.OPERATION_NOT_SUPPORTED, operation=operation, hook=hook) from None
    return RelayedAnswer(result.json_events) if isinstance(result, StreamingResult) else result.json


async def read_body(request: Request, limit: int) -> bytes:
    """The request's body, counted while it comes.

    Raises:
        Problem: REQUEST_TOO_LARGE, before more than `limit` bytes are held.
    """
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced[:18]) > limit:
        raise Problem(errors.REQUEST_TOO_LARGE, limit=limit)
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise Problem(errors.REQUEST_TOO_LARGE, limit=limit)
        pieces.append(piece)
    return b"".join(pieces)
