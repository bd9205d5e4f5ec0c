"""The platform as an ASGI app: routes, and around them what a scenario does to requests."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from secrets import token_hex
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route, Router
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from teahouse.emulator import bodies, completions, conditions, responses, seeds, uploads
from teahouse.emulator.answers import Answer, Json, Question, Script
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

MODELS = ("gpt-5.5", "gpt-5.5-mini", "gpt-5", "gpt-5-mini", "gpt-4.1", "gpt-4.1-mini", "gpt-transcribe")
"""What `/v1/models` lists. Answers come from every name."""

_KEPT_RESPONSES = 1000
_STREAM_ERROR = "The server had an error while processing your request. Sorry about that!"

_PAGE_POLICY = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"


class Emulator:
    """A local OpenAI platform, to serve or to call in process.

        async with served(Emulator().app) as url: ...

    Args:
        size: how many hosted threads there are.
        scenario: what happens to all requests; see `teahouse.emulator.conditions`.
        script: what models answer; without one they echo.
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
        script: Script | None = None,
        workflows: Sequence[str] = ("wf_demo",),
        now: Callable[[], float] = time.time,
    ) -> None:
        self.chatkit = ChatKit(seeds.make(size or Size()), workflows=workflows, now=now)
        self.scenario = scenario
        self.conditions = Conditions.of(scenario)
        self.recent = Recent()
        self.script = script or Script()
        self._files = uploads.Files()
        self._responses: dict[str, Json] = {}
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
            Route("/v1/models", self._list_models, methods=["GET"]),
            Route("/v1/models/{model:path}", self._model, methods=["GET"]),
            Route("/v1/responses", self._respond, methods=["POST"]),
            Route("/v1/responses/{response_id}", self._response, methods=["GET", "DELETE"]),
            Route("/v1/chat/completions", self._complete, methods=["POST"]),
            Route("/v1/files", self._all_files, methods=["GET", "POST"]),
            Route("/v1/files/{file_id}", self._file, methods=["GET", "DELETE"]),
            Route("/v1/files/{file_id}/content", self._file_content, methods=["GET"]),
            Route("/v1/audio/transcriptions", self._transcribe, methods=["POST"]),
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

    # Models ----------------------------------------------------------------------------------------------

    async def _list_models(self, request: Request) -> Response:
        return JSONResponse({"object": "list", "data": [_model_resource(name) for name in MODELS]})

    async def _model(self, request: Request) -> Response:
        name = request.path_params["model"]
        if name not in MODELS:
            raise Refusal(404, f"The model '{name[:200]}' does not exist", code="model_not_found", param="model")
        return JSONResponse(_model_resource(name))

    async def _respond(self, request: Request) -> Response:
        asked = await body_of(request, responses.Asked)
        before = asked.previous_response_id
        if before is not None and before not in self._responses:
            said = f"Previous response with id '{before[:200]}' not found."
            raise Refusal(400, said, code="previous_response_not_found", param="previous_response_id")
        reply = responses.Reply(asked, self._answer(responses.question_of(asked)))
        if asked.stream:
            return self._streamed(request, reply, keep=asked.store is not False)
        whole = reply.whole()
        if asked.store is not False:
            self._keep(whole)
        return JSONResponse(whole)

    async def _response(self, request: Request) -> Response:
        response_id = request.path_params["response_id"]
        if response_id not in self._responses:
            raise Refusal(404, f"Response with id '{response_id[:200]}' not found.", param="id")
        if request.method == "DELETE":
            del self._responses[response_id]
            return JSONResponse({"id": response_id, "object": "response", "deleted": True})
        return JSONResponse(self._responses[response_id])

    def _keep(self, response: Json) -> None:
        self._responses[response["id"]] = response
        while len(self._responses) > _KEPT_RESPONSES:
            del self._responses[next(iter(self._responses))]

    async def _complete(self, request: Request) -> Response:
        asked = await body_of(request, completions.Asked)
        reply = completions.Reply(asked, self._answer(completions.question_of(asked)))
        return self._streamed(request, reply) if asked.stream else JSONResponse(reply.whole())

    def _answer(self, question: Question) -> Answer:
        answer = self.script.answer(question)
        if answer.error is not None:
            raise self.conditions.refusal(answer.error)
        return answer

    def _streamed(
        self, request: Request, reply: responses.Reply | completions.Reply, *, keep: bool = False
    ) -> StreamingResponse:
        """A reply as server-sent events, as fast as the conditions say."""
        now: Conditions = request.scope["conditions"]
        failing = request.scope["happens"] == "stream-error"
        events = reply.failing("server_error", _STREAM_ERROR) if failing else reply.events()
        named = isinstance(reply, responses.Reply)

        async def sent() -> AsyncIterator[bytes]:
            for event in events:
                if keep and event["type"] == "response.completed":
                    self._keep(event["response"])
                yield (f"event: {event['type']}\n" if named else "").encode() + b"data: %b\n\n" % _json(event)
                await asyncio.sleep(now.numbers["slow"])
            if not named and not failing:
                yield b"data: [DONE]\n\n"

        return StreamingResponse(sent(), media_type="text/event-stream")

    # Files -----------------------------------------------------------------------------------------------

    async def _all_files(self, request: Request) -> Response:
        if request.method == "POST":
            return JSONResponse(self._files.add(await uploads.form_of(request)))
        return JSONResponse(self._files.list())

    async def _file(self, request: Request) -> Response:
        file_id = request.path_params["file_id"]
        if request.method == "DELETE":
            return JSONResponse(self._files.delete(file_id))
        return JSONResponse(self._files.resource(file_id))

    async def _file_content(self, request: Request) -> Response:
        content = self._files.content(request.path_params["file_id"])
        return Response(content, media_type="application/octet-stream")

    async def _transcribe(self, request: Request) -> Response:
        form = await uploads.form_of(request)
        text = uploads.transcribed(form)
        if form.fields.get("stream") == "true":
            events = (b"data: %b\n\n" % _json(event) for event in uploads.transcription_events(text))
            return Response(b"".join(events), media_type="text/event-stream")
        if form.fields.get("response_format") == "text":
            return PlainTextResponse(text + "\n")
        return JSONResponse({"text": text})

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


def _model_resource(name: str) -> Json:
    return {"id": name, "object": "model", "created": seeds.BEGUN, "owned_by": "openai"}


def _json(event: Json) -> bytes:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


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
