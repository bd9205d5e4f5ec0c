"""Reading and stopping the answers in the making: `GET /chatkit/runs/{thread_id}`, `POST …/stop`.

A connection is only a reader. Who says `profile=teahouse` in `Accept` (our element does) can come back: its
leaving stops nothing, and it is told how a run stands by events of the type `run`. For everybody else,
OpenAI's chatkit.js among them, closing the connection is the only way to say "stop", and means it; the
setting `on_disconnect` knows better.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from teahouse import errors
from teahouse.errors import Problem
from teahouse.protocol import run_frame
from teahouse.runs.run import Run
from teahouse.runs.turn import find_thread
from teahouse.web.origins import check_origin
from teahouse.web.services import Services
from teahouse.web.sse import EventStream

RUN_HEADER = "x-teahouse-run"
"""Names the run whose events a response carries; `none` where it carries none, for who can come back."""


def can_come_back(request: Request) -> bool:
    """Whether this client knows how to read a run again after its connection broke."""
    return "profile=teahouse" in request.headers.get("accept", "")


def stops_by_leaving(request: Request, services: Services) -> bool:
    """Whether this client's closing of the connection means "stop"."""
    choice = services.settings.on_disconnect
    return choice == "stop" or (choice == "auto" and not can_come_back(request))


async def first_reading(run: Run, *, heartbeat: float, with_state: bool) -> AsyncGenerator[bytes]:
    """A run's events from the first to the last, for whoever has asked the question."""
    if with_state:
        yield run_frame(run.id, run.state)
    async for piece in run.log.follow(patience=heartbeat):
        yield piece
    if with_state:
        yield run_frame(run.id, run.state)


async def watch(request: Request, services: Services) -> ASGIApp:
    """A thread's runs, this one and those to come, for as long as the reader stays.

    The query's `run` and the header `Last-Event-ID` name the last event that the reader has seen; of that run
    it is told the rest, of any other all.

    Raises:
        Problem: THREAD_NOT_FOUND, INVALID_REQUEST.
    """
    context, who = await services.visitor(request)
    thread_id = request.path_params["thread_id"]
    await find_thread(services.server, thread_id, context)
    seen = request.query_params.get("run"), _last_event_id(request)
    headers = {"set-cookie": who.set_cookie} if who.set_cookie else {}
    return EventStream(_watching(services, thread_id, *seen), headers=headers)


def _last_event_id(request: Request) -> int:
    value = request.headers.get("last-event-id", "0")
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise Problem(errors.INVALID_REQUEST, param="Last-Event-ID", reason="it is not a number")
    return int(value)


async def _watching(services: Services, thread_id: str, run_id: str | None, after: int) -> AsyncGenerator[bytes]:
    heartbeat = services.settings.limits.heartbeat_seconds
    if services.runs.current(thread_id) is None:
        yield run_frame(None, "idle")
    while not services.runs.closed:
        run = services.runs.current(thread_id)
        if run is None:
            if not await services.runs.begun(thread_id, patience=heartbeat):
                yield b""
            continue
        yield run_frame(run.id, run.state)
        known = after if run.id == run_id else 0
        async for piece in run.log.follow(known, patience=heartbeat):
            yield piece
        yield run_frame(run.id, run.state)
        run_id = None


async def stop(request: Request, services: Services) -> Response:
    """End a thread's run. Answers `{"run": id or null}` once what was written is kept.

    Raises:
        Problem: THREAD_NOT_FOUND, ORIGIN_NOT_ALLOWED.
    """
    check_origin(request, services.settings.origins)
    context, _ = await services.visitor(request)
    thread_id = request.path_params["thread_id"]
    await find_thread(services.server, thread_id, context)
    run = await services.runs.stop(thread_id)
    return JSONResponse({"run": run.id if run else None}, headers={"cache-control": "no-store"})
