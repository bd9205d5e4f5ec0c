"""Every address, and who answers there."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route, Router
from starlette.types import ASGIApp, Receive, Scope, Send

from teahouse import errors
from teahouse.errors import Problem
from teahouse.web.chatkit import chatkit
from teahouse.web.docs import document
from teahouse.web.files import download, fill, preview, upload
from teahouse.web.hosted import session
from teahouse.web.page import about, static
from teahouse.web.runs import stop, watch
from teahouse.web.services import Services

Endpoint = Callable[[Request, Services], Awaitable[ASGIApp]]

_DOCS_STYLE = Path(__file__).parent / "docs.css"


def build(services: Callable[[], Services]) -> ASGIApp:
    """The router.

    Args:
        services: gives the running house; asked for on each request.
    """

    def bound(path: str, endpoint: Endpoint, *methods: str) -> BaseRoute:
        async def respond(request: Request) -> ASGIApp:
            return await endpoint(request, services())

        return Route(path, respond, methods=methods or ("GET",))

    return Router(
        [
            bound("/chatkit", chatkit, "POST"),
            bound("/api/chatkit/session", session, "POST"),
            bound("/api/create-session", session, "POST"),  # its name in OpenAI's starter application
            bound("/chatkit/runs/{thread_id}", watch),
            bound("/chatkit/runs/{thread_id}/stop", stop, "POST"),
            bound("/chatkit/files", upload, "POST"),
            bound("/chatkit/files/{attachment_id}", download),
            bound("/chatkit/files/{attachment_id}", fill, "PUT"),
            bound("/chatkit/files/{attachment_id}/preview", preview),
            bound("/", static),
            bound("/chatkit.js", static),
            bound("/loader.js", static),
            bound("/page.js", static),
            bound("/page.css", static),
            bound("/favicon.svg", static),
            bound("/assets/{name}", static),
            bound("/api", about),
            bound("/docs.css", _docs_style),
            bound("/docs", document),
            bound("/docs/{path:path}", document),
            bound("/healthz", _health),
            bound("/readyz", _ready),
        ],
        redirect_slashes=False,
        default=_nowhere,
    )


async def _docs_style(request: Request, services: Services) -> Response:
    return FileResponse(_DOCS_STYLE, headers={"cache-control": "no-cache"})


async def _health(request: Request, services: Services) -> Response:
    """Alive, whatever the database does: restarting us would not mend it."""
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})


async def _ready(request: Request, services: Services) -> Response:
    """Ready for requests: the store answers, and no end is near.

    Raises:
        Problem: SHUTTING_DOWN, STORE_UNAVAILABLE.
    """
    if services.runs.draining:
        raise Problem(errors.SHUTTING_DOWN)
    await services.ping()
    return JSONResponse({"status": "ok"}, headers={"cache-control": "no-store"})


async def _nowhere(scope: Scope, receive: Receive, send: Send) -> None:
    raise HTTPException(404)
