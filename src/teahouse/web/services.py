"""What the routes are given to work with."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.requests import HTTPConnection

from teahouse.identity import Identified, Identity
from teahouse.limits import Rates
from teahouse.protocol import Context
from teahouse.runs.ports import Explain
from teahouse.runs.run import Runs
from teahouse.runs.turn import Server
from teahouse.settings import Settings

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

    async def visitor(self, request: HTTPConnection) -> tuple[Context, Identified]:
        """Who asks, and the context that travels with what they ask."""
        who = await self.identity.identify(request)
        context = Context(
            who.visitor,
            locale=locale_of(request),
            request_id=request.scope["request_id"],
            root=request.scope.get("root_path", ""),
        )
        return context, who


def locale_of(request: HTTPConnection) -> str:
    """The first locale of `Accept-Language`; the element sends exactly one, browsers their list."""
    first = request.headers.get("accept-language", "").split(",")[0].split(";")[0].strip()
    return first if first and first != "*" and len(first) <= 35 else "en"
