"""Reading and stopping the answers in the making: `GET /chatkit/runs/{thread_id}`, `POST …/stop`.

A connection is only a reader. Who says `profile=teahouse` in `Accept` (our element does) can come back: its
leaving stops nothing, and it is told how a run stands by events of the type `run`. For everybody else,
OpenAI's chatkit.js among them, closing the connection is the only way to say "stop", and means it; the
setting `on_disconnect` knows better.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp

from teahouse import errors
from teahouse.errors import Problem
from teahouse.protocol import run_frame
from teahouse.run_types import RunRecord
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
    runs, heartbeat = services.runs, services.settings.limits.heartbeat_seconds
    newest: str | None = None
    told = False
    with runs.news_of(thread_id) as bell:
        while not runs.closed:
            rung = bell.rung
            run = await runs.current(thread_id)
            if run is not None and run.state == "running":
                async with aclosing(runs.read(run, after if run.id == run_id else 0, patience=heartbeat)) as pieces:
                    async for piece in pieces:
                        yield piece
                run_id, newest, told = None, run.id, True
                continue
            if not told:
                yield _how_it_stands(run)
            elif run is not None and run.id != newest:
                # It began and ended between two of our looks.
                yield run_frame(run.id, run.state, reload=True)
            newest, told = run.id if run else None, True
            if not await bell.wait(rung, heartbeat):
                yield b""


def _how_it_stands(run: Run | RunRecord | None) -> bytes:
    """Told first where nothing goes on. That the last answer is not complete is not in the thread itself."""
    if run is not None and run.state in ("interrupted", "failed"):
        return run_frame(run.id, run.state, reload=True)
    return run_frame(None, "idle")


async def stop(request: Request, services: Services) -> Response:
    """End a thread's run. Answers `{"run": id or null}` once what was written is kept.

    Raises:
        Problem: THREAD_NOT_FOUND, ORIGIN_NOT_ALLOWED.
    """
    check_origin(request, services.settings.origins)
    context, _ = await services.visitor(request)
    thread_id = request.path_params["thread_id"]
    await find_thread(services.server, thread_id, context)
    run_id = await services.runs.stop(thread_id)
    return JSONResponse({"run": run_id}, headers={"cache-control": "no-store"})
