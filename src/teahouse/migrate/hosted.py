"""Reading hosted ChatKit: `GET /v1/chatkit/threads` and `/threads/{id}/items`, patiently.

Pages are asked for from the oldest thing on, so that what is added meanwhile comes at the end and nothing is
skipped. What comes is kept as it is: fields and kinds of items that nobody knows yet, too.
"""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from math import isnan
from random import random
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote, urlsplit

import httpx2

from teahouse import errors, logs
from teahouse.errors import Problem, Words

Json = dict[str, Any]

OPENAI = "https://api.openai.com/v1"

_PAGE = 100
_LARGEST_ANSWER = 16 * 1024 * 1024
_ATTEMPTS = 10
_MOST_RESTS = 100
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_LONGEST_REST = 300.0
"""Seconds: the longest `Retry-After` that is obeyed at once; after them we ask again."""


class Gone(Exception):
    """What was asked for is not there any more."""


class _TryAgain(Exception):
    """An attempt failed in a way that may pass. Its text says how."""


class _Rest(_TryAgain):
    """The platform wants us to wait: that is no failure, and may happen often."""


class _TooLarge(Exception):
    """A page is larger than we want to hold."""


class HostedChatKit:
    """The threads of one OpenAI project.

    Args:
        key: an API key of the organisation and project that own the workflow.
        base_url: where the API is.
        headers: sent with every request, such as `OpenAI-Project`.
        attempts: how often each page is asked for before giving up.
        first_wait: seconds before the second attempt; each further one waits twice as long.

    Attributes:
        waits: how often a request had to wait: for a rate limit, or because the platform failed.

        async with HostedChatKit(key) as hosted:
            async for page in hosted.threads(): ...

    Methods raise `Problem`: MIGRATION_REFUSED when the platform says no, MIGRATION_INTERRUPTED when it does
    not answer in many attempts.
    """

    def __init__(
        self,
        key: str,
        *,
        base_url: str = OPENAI,
        headers: Mapping[str, str] | None = None,
        attempts: int = _ATTEMPTS,
        first_wait: float = _FIRST_WAIT,
    ) -> None:
        sent = {"authorization": f"Bearer {key}", "openai-beta": "chatkit_beta=v1", **(headers or {})}
        self._http = httpx2.AsyncClient(headers=sent, timeout=httpx2.Timeout(60, connect=15))
        self._base = base_url.rstrip("/")
        self._attempts = attempts
        self._first_wait = first_wait
        self._rested = asyncio.Event()
        self._rested.set()
        self.waits = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._http.aclose()

    async def threads(self, user: str | None = None) -> AsyncIterator[list[Json]]:
        """Pages of threads, the oldest first; of one user, or of all."""
        query = {} if user is None else {"user": user}
        async for page in self._pages("/chatkit/threads", query):
            yield page

    async def items(self, thread_id: str, *, after: str | None = None) -> AsyncIterator[list[Json]]:
        """Pages of a thread's items, the oldest first.

        Raises:
            Gone: the thread is not there.
        """
        path = f"/chatkit/threads/{quote(thread_id, safe='')}/items"
        async for page in self._pages(path, {} if after is None else {"after": after}):
            yield page

    async def _pages(self, path: str, query: dict[str, str]) -> AsyncIterator[list[Json]]:
        size = _PAGE
        while True:
            try:
                answer = await self._get(path, {"order": "asc", "limit": str(size), **query})
            except _TooLarge:
                if size == 1:
                    raise _interrupted(Words("one item is larger than 16 MiB", "有一个条目超过 16 MiB")) from None
                size = max(1, size // 4)
                continue
            data = answer["data"]
            if data:
                yield data
            if not answer["has_more"] or not data:
                return
            query = query | {"after": data[-1]["id"]}

    async def _get(self, path: str, query: dict[str, str]) -> Json:
        """The page at `path`, however often it takes."""
        failures = rests = 0
        while True:
            await self._rested.wait()
            try:
                return await self._attempt(path, query)
            except _Rest as rest:
                rests, said = rests + 1, str(rest)
            except _TryAgain as failed:
                failures, said = failures + 1, str(failed)
            if failures == self._attempts or rests == _MOST_RESTS:
                raise _interrupted(said)
            self.waits += 1
            wait = min(self._first_wait * 2**failures, _LONGEST_WAIT)
            await asyncio.sleep(wait * (0.5 + random() / 2))  # noqa: S311 - spreads attempts, guards nothing

    async def _attempt(self, path: str, query: dict[str, str]) -> Json:
        try:
            async with self._http.stream("GET", self._base + path, params=query) as response:
                body = await _body_of(response)
        except httpx2.TransportError as error:
            raise _TryAgain(f"{type(error).__name__}: {error}".rstrip(": ")) from None
        if response.status_code == 200:
            return _page_in(body)
        message, code = _error_in(body)
        said = logs.redact(f"{response.status_code} {message}")
        if response.status_code == 429 and code != "insufficient_quota":
            await self._rest(_seconds(response.headers))
            raise _Rest(said)
        if response.status_code >= 500 or response.status_code in (408, 409):
            raise _TryAgain(said)
        if response.status_code == 404 and "/items" in path:
            raise Gone
        raise Problem(errors.MIGRATION_REFUSED, host=urlsplit(self._base).netloc, reason=said)

    async def _rest(self, seconds: float) -> None:
        """Let nobody ask for a while: a rate limit is everybody's."""
        if self._rested.is_set():
            self._rested.clear()
            try:
                await asyncio.sleep(seconds)
            finally:
                self._rested.set()


async def _body_of(response: httpx2.Response) -> bytes:
    pieces, size = [], 0
    async for piece in response.aiter_bytes():
        size += len(piece)
        if size > _LARGEST_ANSWER:
            raise _TooLarge
        pieces.append(piece)
    return b"".join(pieces)


def _page_in(body: bytes) -> Json:
    """The page in an answer; a proxy's error page, or half an answer, is none."""
    try:
        page = json.loads(body)
    except (ValueError, RecursionError):
        raise _TryAgain("an answer that is not JSON") from None
    if not isinstance(page, dict) or not isinstance(page.get("data"), list):
        raise _TryAgain("an answer that is no page")
    for thing in page["data"]:
        if not isinstance(thing, dict) or not isinstance(thing.get("id"), str):
            raise _TryAgain("a page with things that have no id")
    return {"data": page["data"], "has_more": page.get("has_more") is True}


def _error_in(body: bytes) -> tuple[str, str | None]:
    """What an error says, and its code."""
    try:
        error = json.loads(body)["error"]
        return str(error["message"])[:300], error.get("code")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return re.sub(r"\s+", " ", body[:200].decode(errors="replace")), None


def _seconds(headers: httpx2.Headers) -> float:
    """What `Retry-After` says, in seconds; 1 when it says nothing."""
    said = headers.get("retry-after", "")
    try:
        seconds = float(said)
    except ValueError:
        seconds = _until(said)
    return min(max(seconds, 0.05), _LONGEST_REST) if not isnan(seconds) else 1.0


def _until(date: str) -> float:
    try:
        moment: datetime = parsedate_to_datetime(date)
        return (moment - datetime.now(UTC)).total_seconds()
    except (ValueError, TypeError):
        return 1.0


def _interrupted(reason: object) -> Problem:
    return Problem(errors.MIGRATION_INTERRUPTED, reason=reason)
