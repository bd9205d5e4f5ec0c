"""What the routes are given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from teahouse.files import Attachments
from teahouse.identity import Identified, Identity
from teahouse.limits import Rates
from teahouse.protocol import Context
from teahouse.runs.ports import Explain, Transcriber
from teahouse.runs.runs import Runs
from teahouse.runs.turn import Server
from teahouse.settings import Settings

if TYPE_CHECKING:
    from teahouse.web.hosted import HostedWorkflow

STATIC = Path(__file__).parents[1] / "static"
"""The built element and the page."""


@dataclass(frozen=True)
class Services:
    """A running house, as the routes see it.

    Attributes:
        ping: raises when the store cannot be used.
        docs: folders of the documents shown under `/docs`, the first that has one wins. The last is always
            our own documentation: errors link to its pages.
        is_guide: whether the embedded assistant answers.
        transcriber: turns speech into text where the server does not; None when that is not configured.
        answers_files: whether what answers is known to look at attached files.
        files: takes and gives attached files; None when that is switched off, or somebody else's task.
        hosted: the workflow that OpenAI runs, if one is configured.
    """

    settings: Settings
    server: Server
    runs: Runs
    identity: Identity
    rates: Rates
    explain: Explain
    ping: Callable[[], Awaitable[None]]
    docs: tuple[Path, ...]
    is_guide: bool
    files: Attachments | None = None
    hosted: HostedWorkflow | None = None
    answers_files: bool = False
    transcriber: Transcriber | None = None

    async def visitor(self, request: HTTPConnection) -> tuple[Context, Identified]:
        """Who asks, and the context that travels with what they ask."""
        who = await self.identity.identify(request)
        context = Context(
            who.visitor,
            locale=locale_of(request),
            request_id=request.scope["request_id"],
            root=request.scope.get("root_path", ""),
            base_url=base_url_of(request),
        )
        return context, who


def base_url_of(request: HTTPConnection) -> str:
    """Our own address as the browser has it, down to where we are mounted.

    A proxy that ends TLS speaks plain HTTP to us. What the browser says of its page is right all the same, when
    the page is ours.
    """
    host = request.headers.get("host", "localhost")
    scheme, _, page = request.headers.get("origin", "").partition("://")
    known = scheme if scheme in ("http", "https") and page == host else request.scope["scheme"]
    return f"{known}://{host}{request.scope.get('root_path', '')}"


def locale_of(request: HTTPConnection) -> str:
    """The first locale of `Accept-Language`; the element sends exactly one, browsers their list."""
    first = request.headers.get("accept-language", "").split(",")[0].split(";")[0].strip()
    return first if first and first != "*" and len(first) <= 35 else "en"
