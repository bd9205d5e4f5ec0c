"""What a browser does behind a test's back: every request, and everything that the page complains of."""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Request, WebError

NO_HOST = ("data", "blob", "about")


class Watch:
    """Follows one browser context from its beginning.

    Attributes:
        requests: all of them, in order.
        warnings: what was said with `console.warn`.
    """

    def __init__(self, context: BrowserContext, own_host: str) -> None:
        self.requests: list[Request] = []
        self.warnings: list[str] = []
        self._own_hosts = {own_host}
        self._complaints: list[str] = []
        self._allowed: list[re.Pattern[str]] = []
        context.on("request", lambda request: self.requests.append(request))
        context.on("console", self._hear)
        context.on("weberror", self._catch)

    def allow(self, pattern: str) -> None:
        """Do not mind complaints in which this is found."""
        self._allowed.append(re.compile(pattern))

    def allow_host(self, *hosts: str) -> None:
        """Do not mind requests to these."""
        self._own_hosts.update(hosts)

    def check(self) -> None:
        """Fail when another host was asked for anything, or the page complained."""
        foreign = [request.url for request in self.requests if not self._is_own(request.url)]
        assert not foreign, f"requests to other hosts: {foreign}"
        complaints = [said for said in self._complaints if not any(known.search(said) for known in self._allowed)]
        assert not complaints, f"the page complained: {complaints}"

    def operations(self) -> list[str]:
        """The kinds of ChatKit requests that were sent, in order."""
        asked = [request for request in self.requests if request.headers.get("content-type") == "application/json"]
        return [json.loads(request.post_data or "{}")["type"] for request in asked]

    def paths(self) -> list[str]:
        """The paths that were asked for, in order."""
        return [urlsplit(request.url).path for request in self.requests]

    def _is_own(self, url: str) -> bool:
        parts = urlsplit(url)
        return parts.scheme in NO_HOST or parts.netloc in self._own_hosts

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self._complaints.append(f"{message.text} ({message.location.get('url')})")
        elif message.type == "warning":
            self.warnings.append(message.text)

    def _catch(self, error: WebError) -> None:
        self._complaints.append(str(error.error))
