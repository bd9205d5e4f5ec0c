"""Around every request: an id, security headers, one log line, and an answer also when something fails."""

from __future__ import annotations

import time
from typing import Any

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, HTTPConnection
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from uuid_utils import uuid7

from teahouse import errors, logs
from teahouse.errors import Problem, language_of
from teahouse.web import html
from teahouse.web.services import locale_of

log = logs.get(__name__)


def content_security_policy(origins: tuple[str, ...]) -> str:
    """The policy of every page and file: our own origin and nothing else.

    Args:
        origins: other origins that may show us in a frame.
    """
    return "; ".join(
        (
            "default-src 'self'",
            "img-src 'self' data: blob:",
            "object-src 'none'",
            "base-uri 'none'",
            "form-action 'self'",
            " ".join(("frame-ancestors 'self'", *origins)),
        )
    )


class Front:
    """The outermost layer, in pure ASGI.

    Args:
        app: what answers.
        origins: other origins that may show us in a frame.
    """

    def __init__(self, app: ASGIApp, *, origins: tuple[str, ...]) -> None:
        self._app = app
        self._headers = {
            "content-security-policy": content_security_policy(origins),
            "x-content-type-options": "nosniff",
            "referrer-policy": "same-origin",
            "permissions-policy": "camera=(), geolocation=(), microphone=(self)",
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = scope["request_id"] = f"req_{uuid7().hex}"
        # Starlette's router raises its 404s and 405s only below an application, which is us.
        scope["app"] = self
        begun, status = time.perf_counter(), 0

        async def send_with_headers(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
                # Over plain HTTP browsers ignore it, and complain of it in the console.
                if scope["scheme"] == "https":
                    headers.setdefault("cross-origin-opener-policy", "same-origin")
                headers["x-request-id"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_headers)
            except ClientDisconnect:
                status = 499  # nginx's word for it; nobody is left to answer
            except Exception as error:
                response = problem_response(self._problem(error, scope), scope)
                if status:  # too late to answer: the stream ends, the log knows why
                    raise
                await response(scope, receive, send_with_headers)
            finally:
                seconds = round(time.perf_counter() - begun, 4)
                log.info("request", method=scope["method"], path=scope["path"], status=status, seconds=seconds)

    @staticmethod
    def _problem(error: Exception, scope: Scope) -> Problem:
        if isinstance(error, Problem):
            return error
        if isinstance(error, HTTPException) and error.status_code == 404:
            return Problem(errors.NOT_FOUND, path=scope["path"][:200])
        if isinstance(error, HTTPException) and error.status_code == 405:
            allowed = (error.headers or {}).get("Allow", "GET")
            return Problem(errors.METHOD_NOT_ALLOWED, path=scope["path"][:200], method=scope["method"], allowed=allowed)
        log.error("request failed", exc_info=error)
        return Problem(errors.INTERNAL_ERROR)


def _headers_of(problem: Problem) -> dict[str, str]:
    """What programs read of a problem, which have no use for its sentences."""
    if problem.kind is errors.METHOD_NOT_ALLOWED:
        return {"allow": str(problem.details["allowed"])}
    if problem.kind.status in (429, 503) and "seconds" in problem.details:
        return {"retry-after": str(problem.details["seconds"])}
    return {}


def problem_response(problem: Problem, scope: Scope) -> Response:
    """A problem as HTTP: a page for a person who follows a link, JSON for everybody else.

    The JSON is `{"error": {code, message, param, doc_url, request_id}}`, with `upstream_request_id` where another
    service has failed and named its own.
    """
    request = HTTPConnection(scope)
    language = language_of(locale_of(request))
    status, request_id = problem.kind.status, scope["request_id"]
    headers = _headers_of(problem)
    if request.headers.get("accept", "").startswith("text/html"):
        page = html.render(
            "problem.html",
            title=problem.cause(language),
            cure=problem.cure(language),
            code=problem.kind.code,
            request_id=request_id,
            site="Teahouse",
            **html.frame(language, scope),
        )
        return HTMLResponse(page, status, headers=headers)
    error: dict[str, Any] = {
        "code": problem.kind.code,
        "message": problem.message(language),
        "param": problem.param,
        "doc_url": f"{scope.get('root_path', '')}/{problem.page(language)}",
        "request_id": request_id,
    }
    if upstream := problem.details.get("upstream_request_id"):
        error["upstream_request_id"] = upstream
    return JSONResponse({"error": error}, status, headers=headers)
