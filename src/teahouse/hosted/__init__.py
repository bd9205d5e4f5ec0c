"""Sessions of workflows that OpenAI runs: in Teahouse, or in a view of your own.

    sessions = HostedSessions("wf_…")                    # asynchronous: FastAPI, Starlette, Django under ASGI
    session = await sessions.create(user=current_user.id)

    sessions = BlockingHostedSessions("wf_…")            # Flask, Django under WSGI, a script
    session = sessions.create(user=current_user.id)

Nothing of the server is imported. What OpenAI runs ends with Agent Builder, on 2026-11-30.
"""

from __future__ import annotations

from teahouse.hosted.blocking import BlockingHostedSessions
from teahouse.hosted.sessions import HostedSessions, Session

__all__ = ["BlockingHostedSessions", "HostedSessions", "Session"]
