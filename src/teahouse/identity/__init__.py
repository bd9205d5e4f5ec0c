"""Who is asking. `Identity` is the port; `anonymous` is the default: a stable visitor for each browser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from starlette.requests import HTTPConnection

from teahouse.protocol import Visitor


@dataclass(frozen=True)
class Identified:
    """A visitor, and what their browser has to be told to stay one.

    Attributes:
        visitor: who it is.
        set_cookie: value of a `Set-Cookie` header for the response; None when nothing has to change.
    """

    visitor: Visitor
    set_cookie: str | None = None


class Identity(Protocol):
    """Says who is asking."""

    async def identify(self, request: HTTPConnection) -> Identified:
        """The visitor behind a request.

        Raises:
            Problem: when this kind of identity refuses the request.
        """
