"""Which pages may speak for a visitor."""

from __future__ import annotations

from starlette.requests import Request

from teahouse import errors
from teahouse.errors import Problem


def check_origin(request: Request, allowed: tuple[str, ...]) -> None:
    """Refuse what another site's page sends in a visitor's name (their cookie comes with it).

    Raises:
        Problem: ORIGIN_NOT_ALLOWED.
    """
    origin = request.headers.get("origin")
    # Sec-Fetch-Site is the browser's own word, which no page can change, and true behind any proxy.
    if origin is None or origin in allowed or request.headers.get("sec-fetch-site") == "same-origin":
        return
    # The scheme is left out: a proxy that ends TLS speaks plain HTTP to us.
    if origin.partition("://")[2] != request.headers.get("host"):
        raise Problem(errors.ORIGIN_NOT_ALLOWED, origin=origin[:200])
