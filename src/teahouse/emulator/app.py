"""The platform as an ASGI app: routes, and around them what a scenario does to requests."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from teahouse.emulator import bodies, conditions, seeds
from teahouse.emulator.bodies import body_of, query_of
from teahouse.emulator.chatkit import ChatKit
from teahouse.emulator.conditions import Conditions, UnknownScenario
from teahouse.emulator.recent import Recent
from teahouse.emulator.refusals import Refusal
from teahouse.emulator.seeds import Size
from teahouse.errors import language_of

TRANSPORT = "teahouse.transport"
"""The ASGI extension under which `serving` gives the connection: it can be cut."""

Handler = Callable[[Request], Awaitable[Response]]

_PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Emulator:
    """A local OpenAI platform, to serve or to call in process.

        async with served(Emulator().app) as url: ...

    Args:
        size: how many hosted threads there are.
        scenario: what happens to all requests; see `teahouse.emulator.conditions`.
        workflows: the workflow ids that exist.
        now: the clock for sessions, in Unix seconds.

    Raises:
        UnknownScenario: there is no such scenario.
    """

    def __init__(
        self,
        *,
        size: Size | None = None,
        scenario: str = "",
        workflows: Sequence[str] = ("wf_demo",),
        now: Callable[[], float] = time.time,
    ) -> None:
        self.chatkit = ChatKit(seeds.make(size or Size()), workflows=workflows, now=now)
        self.scenario = scenario
        self.conditions = Conditions.of(scenario)
        self.recent = Recent()
        self.app: ASGIApp = _Front(self._routes(), self)

    def _routes(self) -> Router:
        routes = [
            Route("/", self._page),
            Route("/recent.css", self._style),
            Route("/healthz", self._health),
            Route("/v1/chatkit/sessions", self._guarded(self._create_session), methods=["POST"]),
            Route("/v1/chatkit/sessions/{session_id}/cancel", self._guarded(self._cancel_session), methods=["POST"]),
            Route("/v1/chatkit/threads", self._guarded(self._list_threads), methods=["GET"]),
            Route("/v1/chatkit/threads/{thread_id}", self._guarded(self._thread), methods=["GET", "DELETE"]),
            Route("/v1/chatkit/threads/{thread_id}/items", self._guarded(self._list_items), methods=["GET"]),
        ]
        return Router(routes)

    @staticmethod
    def _guarded(handler: Handler) -> Handler:
        """`handler` behind the beta header, which every route of ChatKit asks for."""

        async def guarded(request: Request) -> Response:
            if "chatkit_beta=v1" not in request.headers.get("openai-beta", ""):
                said = "You must provide the 'OpenAI-Beta' header to access the ChatKit API: chatkit_beta=v1."
                raise Refusal(400, said, code="invalid_beta")
            return await handler(request)

        return guarded

    # ChatKit ---------------------------------------------------------------------------------------------

    async def _create_session(self, request: Request) -> Response:
        asked = await body_of(request, bodies.NewSession)
        conditions: Conditions = request.scope["conditions"]
        return JSONResponse(self.chatkit.create_session(asked, seconds=conditions.session_seconds))

    async def _cancel_session(self, request: Request) -> Response:
        return JSONResponse(self.chatkit.cancel_session(request.path_params["session_id"]))

    async def _list_threads(self, request: Request) -> Response:
        return JSONResponse(self.chatkit.list_threads(query_of(request, bodies.ThreadsQuery)))

    async def _thread(self, request: Request) -> Response:
        thread_id = request.path_params["thread_id"]
        if request.method == "DELETE":
            return JSONResponse(self.chatkit.delete_thread(thread_id))
        return JSONResponse(self.chatkit.thread(thread_id).resource())

    async def _list_items(self, request: Request) -> Response:
        query = query_of(request, bodies.PageQuery)
        return JSONResponse(self.chatkit.list_items(request.path_params["thread_id"], query))

    # Pages -----------------------------------------------------------------------------------------------

    async def _page(self, request: Request) -> Response:
        language = language_of(request.headers.get("accept-language"))
        base = str(request.base_url).rstrip("/") + "/v1"
        page = self.recent.page(language, base=base, scenario=self.scenario or "normal")
        headers = {
            "content-security-policy": _PAGE_POLICY,
            "x-content-type-options": "nosniff",
            "cache-control": "no-store",
            "vary": "accept-language",
        }
        return HTMLResponse(page, headers=headers)

    async def _style(self, request: Request) -> Response:
        path = Path(__file__).parent / "pages" / "recent.css"
        return FileResponse(path, media_type="text/css", headers={"x-content-type-options": "nosniff"})

    async def _health(self, request: Request) -> Response:
        return JSONResponse({"status": "ok"})


class _Front:
    """Around every request of the API: its key, its conditions, its line in the list, and errors in OpenAI's form."""

    def __init__(self, app: ASGIApp, emulator: Emulator) -> None:
        self._app = app
        self._emulator = emulator

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif scope["path"].startswith("/v1/"):
            await self._api(scope, receive, send)
        else:
            await self._page(scope, receive, send)

    async def _page(self, scope: Scope, receive: Receive, send: Send) -> None:
        scope["app"] = self  # so that the router raises its 404s
        try:
            await self._app(scope, receive, send)
        except HTTPException as error:
            await JSONResponse({"error": {"message": error.detail}}, error.status_code)(scope, receive, send)

    async def _api(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun, status, happens = time.perf_counter(), 0, ""

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                headers["x-request-id"] = f"req_{token_hex(16)}"
                headers["openai-version"] = "2020-10-01"
                headers["openai-processing-ms"] = str(round((time.perf_counter() - begun) * 1000))
            await send(message)

        try:
            now = self._conditions(scope)
            happens = now.next() or ""
            await asyncio.sleep(now.delay)
            await self._under(now, happens, scope, receive, noted)
        except Refusal as refusal:
            await refusal.response()(scope, receive, noted)
        except HTTPException as error:
            await _of_router(error, scope).response()(scope, receive, noted)
        except ClientDisconnect:
            await _until_gone(receive)  # or the server would complain of an answer without an end
        finally:
            seconds = time.perf_counter() - begun
            self._emulator.recent.add(scope["method"], scope["path"], status, seconds, happens)

    def _conditions(self, scope: Scope) -> Conditions:
        named = Headers(scope=scope).get(conditions.HEADER)
        if named is None:
            return self._emulator.conditions
        try:
            return Conditions.of(named)
        except UnknownScenario as unknown:
            said = f"The header X-Emulate names '{str(unknown)[:80]}', which the emulator does not know."
            raise Refusal(400, said, code="unknown_scenario", param="X-Emulate") from None

    async def _under(self, now: Conditions, happens: str, scope: Scope, receive: Receive, send: Send) -> None:
        """The request, as the conditions let it pass."""
        if happens == "silent":
            await _until_gone(receive)
            return
        if happens == "dropped":
            _drop(scope)
            raise ClientDisconnect
        if happens in conditions.FAILURES:
            raise now.refusal(happens)
        _expect_key(Headers(scope=scope))
        scope["conditions"], scope["happens"], scope["app"] = now, happens, self
        await self._app(scope, receive, _cutting(scope, send) if happens == "cut" else send)


def _expect_key(headers: Headers) -> None:
    scheme, _, key = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not key.strip():
        said = (
            "You didn't provide an API key. You need to provide your API key in an Authorization header using "
            "Bearer auth (i.e. Authorization: Bearer YOUR_KEY)."
        )
        raise Refusal(401, said)


def _of_router(error: HTTPException, scope: Scope) -> Refusal:
    if error.status_code == 405:
        said = f"Not allowed to {scope['method']} on {scope['path'][:200]}"
        return Refusal(405, said, code="method_not_supported", headers=error.headers)
    return Refusal(404, f"Invalid URL ({scope['method']} {scope['path'][:200]})")


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


def _drop(scope: Scope) -> None:
    """End the connection, without a farewell."""
    transport: Any = scope.get("extensions", {}).get(TRANSPORT)
    if transport is None:
        raise ConnectionResetError("The emulator drops this connection.")
    transport.abort()


def _cutting(scope: Scope, send: Send) -> Send:
    """`send`, for an answer whose connection ends after the first half of a piece."""

    async def cutting(message: Message) -> None:
        body: bytes = message.get("body", b"")
        if message["type"] == "http.response.body" and body:
            await send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})
            await asyncio.sleep(0.05)  # what was written may leave before the connection ends
            _drop(scope)
            raise ClientDisconnect
        await send(message)

    return cutting
