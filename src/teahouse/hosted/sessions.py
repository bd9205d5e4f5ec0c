"""Sessions for visitors: one for each, used again while it lives, and asked for once however many ask."""

from __future__ import annotations

import asyncio
import json
import logging
import os
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parsedate_to_datetime
from hashlib import sha256
from types import TracebackType
from typing import Any, Protocol, Self

from teahouse import logs
from teahouse.errors import Problem, Words
from teahouse.hosted import errors
from teahouse.hosted.api import Answer, Api, read_key
from teahouse.hosted.request import configured, request_body
from teahouse.settings import Hosted, StateValue

log = logs.get(__name__)
_logger = logging.getLogger(__name__)

_MARGIN = 60.0
"""Seconds before its end at which a session is not given out any more; a fifth of its life if that is less."""
_CROWD_SECONDS = 5
"""After how many seconds whoever was turned away should come again."""


@dataclass(frozen=True)
class Session:
    """A visitor's way to a hosted workflow, for ten minutes at most.

    Attributes:
        id: OpenAI's name for it, `cksess_…`.
        client_secret: opens it; for this visitor's browser alone, and for no log.
        expires_at: when it ends, by OpenAI's clock, in Unix seconds.
        expires_in: whole seconds that are left, which hold on any clock.
        is_reused: whether it was there already.
    """

    id: str
    client_secret: str = field(repr=False)
    expires_at: int
    expires_in: int
    is_reused: bool = False

    def as_json(self) -> dict[str, str | int]:
        """What a page is answered with."""
        return {
            "client_secret": self.client_secret,
            "session_id": self.id,
            "expires_at": self.expires_at,
            "expires_in": self.expires_in,
        }


class Upstream(Protocol):
    """Who makes sessions."""

    async def post(self, body: bytes) -> Answer:
        """The answer to one session request.

        Raises:
            Problem: why there is none.
        """

    async def aclose(self) -> None:
        """Close what is open."""


@dataclass(frozen=True)
class _Kept:
    session: Session
    ends: float
    """By our clock."""
    good_until: float


class HostedSessions:
    """Makes sessions of a workflow that OpenAI runs.

        sessions = HostedSessions("wf_…", file_upload=True, expires_seconds=600)
        session = await sessions.create(user=current_user.id)

    It belongs to one event loop, and is best kept for the life of the application: connections and live sessions are
    in it. Close it with `aclose`, or use it in `async with`.

    Args:
        workflow_id: the workflow, `wf_…`.
        config: all settings at once, in place of `workflow_id` and `options`.
        upstream: who makes the sessions; by default OpenAI.
        clock: seconds that never go back.
        options: the settings of the group `hosted`, by their names: `api_key` (default: `OPENAI_API_KEY`),
            `version`, `state_variables`, `file_upload`, `proxy`, …

    Raises:
        Problem: HOSTED_REQUEST_INVALID, naming the option; HOSTED_KEY_MISSING; HOSTED_NOT_CONFIGURED.
    """

    def __init__(
        self,
        workflow_id: str | None = None,
        *,
        config: Hosted | None = None,
        upstream: Upstream | None = None,
        clock: Callable[[], float] = time.monotonic,
        **options: Any,
    ) -> None:
        self._config = configured(workflow_id, config, options)
        self._upstream: Upstream = upstream or Api(self._config, read_key(self._config, os.environ))
        self._clock = clock
        self._kept: OrderedDict[bytes, _Kept] = OrderedDict()
        self._asked: dict[bytes, asyncio.Task[Session]] = {}

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    async def aclose(self) -> None:
        """End what is being asked, and close the connections."""
        asked = list(self._asked.values())
        for task in asked:
            task.cancel()
        if asked:
            await asyncio.wait(asked)
        self._kept.clear()
        await self._upstream.aclose()

    async def create(
        self,
        user: str,
        *,
        state_variables: Mapping[str, StateValue] | None = None,
        instead_of: str | None = None,
    ) -> Session:
        """A live session for a user: the one that they have, or a new one.

        Args:
            user: whose threads these are. Decide it on the server: who chooses it reads that user's threads.
            state_variables: in place of those in the settings.
            instead_of: id of a session that no longer works; then it is not given out again.

        Raises:
            Problem: any of `teahouse.hosted.errors`.
        """
        body = request_body(self._config, user, state_variables)
        key = sha256(body).digest()  # the body names the user; keeping it whole could keep megabytes of state
        kept = self._live(key, instead_of)
        if kept is not None:
            left = max(1, int(kept.ends - self._clock()))
            return replace(kept.session, expires_in=left, is_reused=True)
        task = self._asked.get(key) or self._ask(key, body)
        # Who leaves does not take the answer away from the others, nor from their own next request.
        return await asyncio.shield(task)

    def _live(self, key: bytes, instead_of: str | None) -> _Kept | None:
        kept = self._kept.get(key)
        if kept is None:
            return None
        if kept.good_until <= self._clock() or kept.session.id == instead_of:
            del self._kept[key]
            return None
        self._kept.move_to_end(key)
        return kept

    def _ask(self, key: bytes, body: bytes) -> asyncio.Task[Session]:
        if len(self._asked) >= self._config.max_waiting:
            raise Problem(errors.HOSTED_CROWDED, seconds=_CROWD_SECONDS)
        task = asyncio.get_running_loop().create_task(self._make(key, body), name="hosted session")
        self._asked[key] = task
        task.add_done_callback(lambda done: self._answered(key, done))
        return task

    def _answered(self, key: bytes, task: asyncio.Task[Session]) -> None:
        del self._asked[key]
        if not task.cancelled():
            task.exception()  # everybody may have left; then nobody needs to hear of it

    async def _make(self, key: bytes, body: bytes) -> Session:
        begun = self._clock()
        try:
            answer = await self._upstream.post(body)
            session = session_in(answer, self._config.expires_seconds)
        except Problem as problem:
            upstream_id = problem.details.get("upstream_request_id")
            log.warning("no session", reason=str(problem), upstream_request_id=upstream_id)
            raise
        # The session began after the request did: by our clock it ends no earlier than this.
        lasts = session.expires_in
        self._keep(key, _Kept(session, begun + lasts, begun + lasts - min(_MARGIN, lasts / 5)))
        if _logger.isEnabledFor(logging.DEBUG):  # a line that nobody sees costs as much as one that is seen
            log.debug("session made", session=session.id, seconds=lasts, upstream_request_id=answer.request_id)
        return session

    def _keep(self, key: bytes, kept: _Kept) -> None:
        if self._config.max_sessions == 0:
            return
        self._kept[key] = kept
        self._kept.move_to_end(key)
        while len(self._kept) > self._config.max_sessions:
            self._kept.popitem(last=False)


def session_in(answer: Answer, expires_seconds: int) -> Session:
    """The session in OpenAI's answer (`ChatSessionResource`).

    How long it lives is reckoned with OpenAI's clock on both sides, because ours may be wrong.

    Args:
        answer: OpenAI's.
        expires_seconds: how long it was asked to live.

    Raises:
        Problem: HOSTED_ANSWER_UNREADABLE.
    """
    try:
        fields = json.loads(answer.body)
    except (ValueError, RecursionError):
        raise _unreadable("it is not JSON", "不是 JSON") from None
    if not isinstance(fields, dict):
        raise _unreadable("it is not an object", "不是对象")
    for name, kind in (("id", str), ("client_secret", str), ("expires_at", int)):
        value = fields.get(name)
        if not isinstance(value, kind) or isinstance(value, bool) or not value:
            raise _unreadable(f"it has no {name}", f"缺少 {name}")
    expires_at: int = fields["expires_at"]
    lasts = min(expires_seconds, expires_at - _moment(answer.date))
    if lasts <= 0:
        raise _unreadable("it has expired already", "已经过期")
    return Session(str(fields["id"])[:200], fields["client_secret"], expires_at, int(lasts))


def _moment(date: str) -> float:
    try:
        return parsedate_to_datetime(date).timestamp()
    except (ValueError, TypeError):
        return time.time()


def _unreadable(en: str, zh: str) -> Problem:
    return Problem(errors.HOSTED_ANSWER_UNREADABLE, reason=Words(en, zh))
