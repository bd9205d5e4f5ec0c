"""`/v1/chatkit`: sessions, threads and items, with the rules of hosted ChatKit."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from secrets import token_hex
from typing import Any, TypeVar

from teahouse.emulator.bodies import NewSession, PageQuery, ThreadsQuery
from teahouse.emulator.refusals import Refusal
from teahouse.emulator.seeds import Json, Thread

Thing = TypeVar("Thing")

_MINUTE = 60.0
_MOST_SESSIONS = 10_000


@dataclass
class Session:
    """A session: who may use a client secret, for how long and how often."""

    id: str
    secret: str
    asked: NewSession
    expires_at: float
    cancelled: bool = False
    used: deque[float] = field(default_factory=deque)


class ChatKit:
    """Everything that hosted ChatKit keeps.

    Args:
        threads: what there is at the start, oldest first.
        workflows: the ids that exist and are published.
        now: the clock, in Unix seconds.
    """

    def __init__(
        self,
        threads: Sequence[Thread],
        *,
        workflows: Sequence[str] = ("wf_demo",),
        now: Callable[[], float] = time.time,
    ) -> None:
        self._workflows = frozenset(workflows)
        self._now = now
        self._sessions: dict[str, Session] = {}
        self._by_secret: dict[str, Session] = {}
        self._threads: dict[str, Thread] = {}
        self._of_user: dict[str, dict[str, Thread]] = {}
        for thread in threads:
            self.add(thread)

    def add(self, thread: Thread) -> None:
        """Keep a new thread."""
        self._threads[thread.id] = thread
        self._of_user.setdefault(thread.user, {})[thread.id] = thread

    # Sessions --------------------------------------------------------------------------------------------

    def create_session(self, asked: NewSession, *, seconds: float | None = None) -> Json:
        """A new session for the user.

        Args:
            asked: the request.
            seconds: a shorter life than was asked for, in seconds.

        Raises:
            Refusal: there is no such workflow.
        """
        if asked.workflow.id not in self._workflows:
            said = f"Workflow with id '{asked.workflow.id[:200]}' not found."
            raise Refusal(404, said, code="workflow_not_found", param="workflow.id")
        if len(self._sessions) >= _MOST_SESSIONS:
            self._forget_oldest()
        life = asked.expires_after.seconds if seconds is None else seconds
        session = Session(f"cksess_{token_hex(16)}", f"ek_{token_hex(24)}", asked, self._now() + life)
        self._sessions[session.id] = self._by_secret[session.secret] = session
        return self._session_resource(session)

    def cancel_session(self, session_id: str) -> Json:
        """End a session: its secret opens nothing any more.

        Raises:
            Refusal: there is no such session.
        """
        session = self._sessions.get(session_id)
        if session is None:
            raise Refusal(404, f"Session with id '{session_id[:200]}' not found.", param="session_id")
        session.cancelled = True
        return self._session_resource(session)

    def use(self, secret: str) -> Session:
        """The session of a client secret, counted as one request.

        Raises:
            Refusal: 401 when it is unknown, cancelled or expired; 429 when it was used too often.
        """
        session = self._by_secret.get(secret)
        if session is None or self._status(session) != "active":
            said = "The client secret is invalid, expired or cancelled. Create a new session."
            raise Refusal(401, said, code="session_expired", kind="invalid_request_error")
        now, limit = self._now(), session.asked.rate_limits.max_requests_per_1_minute
        while session.used and session.used[0] <= now - _MINUTE:
            session.used.popleft()
        if len(session.used) >= limit:
            wait = max(1, round(session.used[0] + _MINUTE - now + 0.5))
            said = f"Rate limit reached for this session: {limit} requests per minute. Please try again in {wait}s."
            headers = {"Retry-After": str(wait)}
            raise Refusal(429, said, code="rate_limit_exceeded", kind="rate_limit_error", headers=headers)
        session.used.append(now)
        return session

    def _forget_oldest(self) -> None:
        session = self._sessions.pop(next(iter(self._sessions)))
        del self._by_secret[session.secret]

    def _status(self, session: Session) -> str:
        if session.cancelled:
            return "cancelled"
        return "active" if self._now() < session.expires_at else "expired"

    def _session_resource(self, session: Session) -> Json:
        asked = session.asked
        workflow, chat = asked.workflow, asked.chatkit_configuration
        rate = asked.rate_limits.max_requests_per_1_minute
        return {
            "id": session.id,
            "object": "chatkit.session",
            "client_secret": session.secret,
            "expires_at": int(session.expires_at),
            "workflow": {
                "id": workflow.id,
                "version": workflow.version or None,
                "state_variables": workflow.state_variables or None,
                "tracing": workflow.tracing.model_dump(),
            },
            "user": asked.user,
            "rate_limits": {"max_requests_per_1_minute": rate},
            "max_requests_per_1_minute": rate,
            "status": self._status(session),
            "chatkit_configuration": {
                "automatic_thread_titling": chat.automatic_thread_titling.model_dump(),
                "file_upload": chat.file_upload.model_dump(),
                "history": {"enabled": chat.history.enabled, "recent_threads": chat.history.recent_threads or None},
            },
        }

    # Threads ---------------------------------------------------------------------------------------------

    def list_threads(self, query: ThreadsQuery) -> Json:
        """A page of threads, of one user or of all."""
        found = self._threads if query.user is None else self._of_user.get(query.user, {})
        ids = list(found)
        page = _Page(len(ids), query, lambda thread_id: ids.index(thread_id) if thread_id in found else None)
        return page.resource([found[ids[index]].resource() for index in page.shown])

    def thread(self, thread_id: str) -> Thread:
        """One thread.

        Raises:
            Refusal: there is no such thread.
        """
        thread = self._threads.get(thread_id)
        if thread is None:
            raise Refusal(404, f"Thread with id '{thread_id[:200]}' not found.", param="thread_id")
        return thread

    def delete_thread(self, thread_id: str) -> Json:
        """Delete a thread with its items."""
        thread = self.thread(thread_id)
        del self._threads[thread_id], self._of_user[thread.user][thread_id]
        return {"id": thread_id, "object": "chatkit.thread.deleted", "deleted": True}

    def list_items(self, thread_id: str, query: PageQuery) -> Json:
        """A page of a thread's items."""
        thread = self.thread(thread_id)
        page = _Page(thread.length, query, thread.index_of)
        return page.resource([thread.item(index) for index in page.shown])


class _Page:
    """Which of `length` things, oldest first, a query asks for.

    `after` and `before` mean places in the order that is asked for: what comes next, and what came before.
    (The documents say “created after”, which for `desc`, the default, would have no next page.)
    """

    def __init__(self, length: int, query: PageQuery, place_of: Callable[[str], int | None]) -> None:
        ordered: Sequence[int] = range(length) if query.order == "asc" else range(length - 1, -1, -1)

        def rank(name: str, thing_id: str) -> int:
            place = place_of(thing_id)
            if place is None:
                raise Refusal(
                    400, f"Invalid '{name}': there is no '{thing_id[:200]}'.", code="invalid_value", param=name
                )
            return place if query.order == "asc" else length - 1 - place

        start = rank("after", query.after) + 1 if query.after is not None else 0
        end = rank("before", query.before) if query.before is not None else length
        wanted = ordered[start : max(start, end)]
        # Before something without an `after`: the neighbours of it, not the first page again.
        backwards = query.before is not None and query.after is None
        if query.limit == 0:
            self.shown: Sequence[int] = ()
        else:
            self.shown = wanted[-query.limit :] if backwards else wanted[: query.limit]
        self._more = len(wanted) > len(self.shown)

    def resource(self, data: list[Any]) -> Json:
        """The page as the API gives it."""
        return {
            "object": "list",
            "data": data,
            "first_id": data[0]["id"] if data else None,
            "last_id": data[-1]["id"] if data else None,
            "has_more": self._more,
        }
