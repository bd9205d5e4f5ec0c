"""`POST /chatkit`: who asks, may they, what kind of request; then a run or a quick answer."""

from __future__ import annotations

from urllib.parse import urlsplit

from chatkit.server import StreamingResult
from chatkit.types import is_streaming_req
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from teahouse import errors
from teahouse.errors import Problem
from teahouse.protocol import Context, read_request
from teahouse.runs import quick
from teahouse.runs.run import Answer, RelayedAnswer, TurnAnswer
from teahouse.runs.turn import accept, overrides
from teahouse.web.services import Services
from teahouse.web.sse import EventStream


async def chatkit(request: Request, services: Services) -> ASGIApp:
    """The response to one ChatKit request.

    Raises:
        Problem: for everything that is wrong with the request.
    """
    check_origin(request, services.settings.origins)
    body = await read_body(request, services.settings.limits.request_bytes)
    context, who = await services.visitor(request)
    headers = {"set-cookie": who.set_cookie} if who.set_cookie else {}

    result = await _answer(services, body, context)
    if isinstance(result, bytes):
        headers["cache-control"] = "no-store"
        return Response(result, media_type="application/json", headers=headers)
    run = services.runs.start(result, context)
    return EventStream(run, heartbeat=services.settings.limits.heartbeat_seconds, headers=headers)


async def _answer(services: Services, body: bytes, context: Context) -> Answer | bytes:
    request = read_request(body)
    if overrides(services.server, "process"):
        return await _relay(services, body, context)
    if is_streaming_req(request):
        return TurnAnswer(await accept(services.server, request, context, services.explain))
    return await quick.answer(services.server, request, context)


async def _relay(services: Services, body: bytes, context: Context) -> Answer | bytes:
    """What a ChatKitServer makes of the request whose author wrote `process` anew."""
    result = await services.server.process(body, context)
    return RelayedAnswer(result.json_events) if isinstance(result, StreamingResult) else result.json


def check_origin(request: Request, allowed: tuple[str, ...]) -> None:
    """Refuse what another site's page sends in a visitor's name (their cookie comes with it).

    Raises:
        Problem: ORIGIN_NOT_ALLOWED.
    """
    origin = request.headers.get("origin")
    # Sec-Fetch-Site is the browser's own word, which no page can change, and true behind any proxy.
    if origin is None or origin in allowed or request.headers.get("sec-fetch-site") == "same-origin":
        return
    # The scheme is left out: a proxy that ends TLS speaks plain HTTP to us.
    if urlsplit(origin).netloc != request.headers.get("host"):
        raise Problem(errors.ORIGIN_NOT_ALLOWED, origin=origin[:200])


async def read_body(request: Request, limit: int) -> bytes:
    """The request's body, counted while it comes.

    Raises:
        Problem: REQUEST_TOO_LARGE, before more than `limit` bytes are held.
    """
    pieces, size = [], 0
    async for piece in request.stream():
        size += len(piece)
        if size > limit:
            raise Problem(errors.REQUEST_TOO_LARGE, limit=limit)
        pieces.append(piece)
    return b"".join(pieces)
