"""`POST /api/chatkit/session`: a session of the hosted workflow for whoever asks."""

from __future__ import annotations

import asyncio
import inspect
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Message

from teahouse.errors import Problem
from teahouse.hosted import HostedSessions
from teahouse.hosted import errors as hosted_errors
from teahouse.limits import Asker, address_of
from teahouse.settings import StateValue
from teahouse.web.chatkit import read_body
from teahouse.web.origins import check_origin
from teahouse.web.services import Services

StateVariables = Callable[[Request], Mapping[str, StateValue] | Awaitable[Mapping[str, StateValue]]]
"""Makes a workflow's state variables from the request, e.g. from the page's language. May be asynchronous."""


@dataclass(frozen=True)
class HostedWorkflow:
    """The workflow of this house.

    Attributes:
        sessions: makes them.
        state_variables: None when they are constant, or none.
    """

    sessions: HostedSessions
    state_variables: StateVariables | None = None


async def session(request: Request, services: Services) -> JSONResponse:
    """A session for this visitor: `{client_secret, session_id, expires_at, expires_in, expires_after}`.

    The body may be empty. Of what a page may send, `instead_of` alone is read: the id of a session that no longer
    works. Who the user is, and which workflow it is, is never the browser's to say.

    Raises:
        Problem: any of `teahouse.hosted.errors`; ORIGIN_NOT_ALLOWED, TOO_MANY_REQUESTS.
    """
    check_origin(request, services.settings.origins)
    body = await read_body(request, services.settings.limits.request_bytes)
    context, who = await services.visitor(request)
    asker = Asker(context.visitor.id, address_of(request, behind_proxy=services.settings.proxy_headers))
    await services.rates.count(asker, streams=True)
    workflow = services.hosted
    if workflow is None:
        raise Problem(hosted_errors.HOSTED_NOT_CONFIGURED)
    state = await _state(workflow.state_variables, request, body, services.settings.hosted.timeout_seconds)
    made = await workflow.sessions.create(context.visitor.id, state_variables=state, instead_of=_instead_of(body))
    # OpenAI's starter application answers with `client_secret` and `expires_after`.
    after = {"anchor": "created_at", "seconds": services.settings.hosted.expires_seconds}
    headers = {"cache-control": "no-store"} | ({"set-cookie": who.set_cookie} if who.set_cookie else {})
    return JSONResponse(made.as_json() | {"expires_after": after}, headers=headers)


def _instead_of(body: bytes) -> str | None:
    """The session that the page says is no good. What else is in a body, and whether it is JSON, does not matter."""
    if not body:
        return None
    try:
        said = json.loads(body)
    except (ValueError, RecursionError):
        return None
    named = said.get("instead_of") if isinstance(said, dict) else None
    return named if isinstance(named, str) else None


async def _state(
    function: StateVariables | None, request: Request, body: bytes, limit: float
) -> Mapping[str, StateValue] | None:
    """What the function makes of the request, whose body it may read although we have."""
    if function is None:
        return None

    async def again() -> Message:
        return {"type": "http.request", "body": body, "more_body": False}

    asked = Request(request.scope, again)
    async with asyncio.timeout(limit):
        if inspect.iscoroutinefunction(function):
            made: Any = await function(asked)
        else:  # it may wait for a database
            made = await asyncio.to_thread(function, asked)
    return {} if made is None else made
