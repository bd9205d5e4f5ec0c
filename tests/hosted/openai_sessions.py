"""`POST /v1/chatkit/sessions` as OpenAI's OpenAPI document has it (2.3.0), for tests: strict in, complete out."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StrictBool, StrictFloat, StrictInt, StrictStr, ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from house import served

Json = dict[str, Any]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Enabled(Strict):
    enabled: StrictBool | None = None


class FileUpload(Enabled):
    max_file_size: Annotated[StrictInt, Field(ge=1, le=512)] | None = None
    max_files: Annotated[StrictInt, Field(ge=1)] | None = None


class History(Enabled):
    recent_threads: Annotated[StrictInt, Field(ge=1)] | None = None


class Configuration(Strict):
    automatic_thread_titling: Enabled = Enabled()
    file_upload: FileUpload = FileUpload()
    history: History = History()


class Workflow(Strict):
    id: StrictStr
    version: StrictStr | None = None
    state_variables: Annotated[
        dict[Annotated[str, Field(max_length=64)], StrictStr | StrictInt | StrictBool | StrictFloat],
        Field(max_length=64),
    ] = {}
    tracing: Enabled = Enabled()


class ExpiresAfter(Strict):
    anchor: Literal["created_at"]
    seconds: Annotated[StrictInt, Field(ge=1, le=600)]


class RateLimits(Strict):
    max_requests_per_1_minute: Annotated[StrictInt, Field(ge=1)] = 10


class CreateChatSessionBody(Strict):
    workflow: Workflow
    user: Annotated[StrictStr, Field(min_length=1)]
    expires_after: ExpiresAfter = ExpiresAfter(anchor="created_at", seconds=600)
    rate_limits: RateLimits = RateLimits()
    chatkit_configuration: Configuration = Configuration()


@dataclass
class OpenAI:
    """What it was asked, and what it does next.

    Attributes:
        url: its base URL.
        asked: the bodies of all requests.
        headers: those that came with them.
        next: answers to give before it is well again, the first first; each is (status, error or text, headers).
        gate: while it is not set, requests wait.
        waiting: how many wait now.
        clock_ahead: seconds by which its clock differs from this machine's.
    """

    url: str = ""
    key: str = "sk-test-0123456789"
    asked: list[Json] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    next: list[tuple[int, Json | str, dict[str, str]]] = field(default_factory=list)
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    waiting: int = 0
    clock_ahead: int = 0
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)
    numbers: Any = field(default_factory=lambda: count(1))

    def refuses(self, status: int, message: str = "No.", *, times: int = 1, **error: Any) -> None:
        """Answer with an error, in OpenAI's shape. Arguments that end with `_header` are headers."""
        headers = {name[:-7].replace("_", "-"): error.pop(name) for name in list(error) if name.endswith("_header")}
        body = {"message": message, "type": "invalid_request_error", "param": None, "code": None} | error
        self.next += [(status, {"error": body}, headers)] * times

    def says(self, text: str, status: int = 200) -> None:
        """Answer with something else than OpenAI would."""
        self.next.append((status, text, {}))

    async def until_waiting(self, number: int) -> None:
        """Wait until so many requests wait."""
        async with asyncio.timeout(10), self.changed:
            await self.changed.wait_for(lambda: self.waiting >= number)

    async def _count(self, change: int) -> None:
        async with self.changed:
            self.waiting += change
            self.changed.notify_all()

    async def respond(self, request: Request) -> Response:
        number = next(self.numbers)
        self.headers.append(dict(request.headers))
        self.asked.append(json.loads(await request.body()))
        await self._count(1)
        try:
            await self.gate.wait()
        finally:
            await self._count(-1)
        response = self._answer(request, number)
        response.headers["x-request-id"] = f"req_upstream_{number}"
        response.headers["date"] = time.strftime(
            "%a, %d %b %Y %H:%M:%S GMT", time.gmtime(time.time() + self.clock_ahead)
        )
        return response

    def _answer(self, request: Request, number: int) -> Response:
        if self.next:
            status, content, headers = self.next.pop(0)
            if isinstance(content, str):
                return Response(content, status, headers)
            return JSONResponse(content, status, headers)
        if request.headers.get("authorization") != f"Bearer {self.key}":
            return _error(401, "Incorrect API key provided: sk-wro***ng.", code="invalid_api_key")
        if request.headers.get("openai-beta") != "chatkit_beta=v1":
            return _error(400, "You must provide the 'OpenAI-Beta' header.")
        try:
            body = CreateChatSessionBody.model_validate_json(json.dumps(self.asked[-1]))
        except ValidationError as error:
            first = error.errors()[0]
            return _error(400, first["msg"], param=".".join(map(str, first["loc"])))
        return JSONResponse(self._session(body, number))

    def _session(self, body: CreateChatSessionBody, number: int) -> Json:
        chosen = body.chatkit_configuration
        rate = body.rate_limits.max_requests_per_1_minute
        return {
            "id": f"cksess_{number}",
            "object": "chatkit.session",
            "client_secret": f"ek_secret_{number}_0123456789",
            "expires_at": int(time.time()) + self.clock_ahead + body.expires_after.seconds,
            "user": body.user,
            "status": "active",
            "workflow": {
                "id": body.workflow.id,
                "version": body.workflow.version,
                "state_variables": body.workflow.state_variables,
                "tracing": {"enabled": body.workflow.tracing.enabled is not False},
            },
            "rate_limits": {"max_requests_per_1_minute": rate},
            "max_requests_per_1_minute": rate,
            "chatkit_configuration": {
                "automatic_thread_titling": {"enabled": chosen.automatic_thread_titling.enabled is not False},
                "file_upload": {
                    "enabled": chosen.file_upload.enabled is True,
                    "max_file_size": chosen.file_upload.max_file_size,
                    "max_files": chosen.file_upload.max_files,
                },
                "history": {
                    "enabled": chosen.history.enabled is not False,
                    "recent_threads": chosen.history.recent_threads,
                },
            },
        }


def _error(status: int, message: str, **more: Any) -> JSONResponse:
    error = {"message": message, "type": "invalid_request_error", "param": None, "code": None} | more
    return JSONResponse({"error": error}, status)


@asynccontextmanager
async def openai() -> AsyncIterator[OpenAI]:
    """OpenAI on a port of this machine; well, unless told otherwise."""
    there = OpenAI()
    there.gate.set()
    app = Starlette(routes=[Route("/v1/chatkit/sessions", there.respond, methods=["POST"])])
    async with served(app, date_header=False) as url:
        there.url = f"{url}/v1"
        try:
            yield there
        finally:
            there.gate.set()  # its server does not end before its last answer
