"""`HostedSessions` for code that does not await: Flask, Django under WSGI, scripts."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Mapping
from concurrent.futures import TimeoutError as FutureTimeoutError
from types import TracebackType
from typing import Any, Self

from teahouse.errors import Problem
from teahouse.hosted import errors
from teahouse.hosted.api import read_key
from teahouse.hosted.request import configured
from teahouse.hosted.sessions import HostedSessions, Session
from teahouse.settings import Hosted, StateValue

_GRACE = 5.0
"""Seconds beyond the patience of the settings after which the loop itself is taken for dead."""


class BlockingHostedSessions:
    """What `HostedSessions` is, for any number of threads.

        sessions = BlockingHostedSessions("wf_…")
        session = sessions.create(user=current_user.id)

    All threads share one event loop in a thread of its own, and with it connections, live sessions and the
    circuit. It starts with the first call, so that servers which fork (gunicorn, uWSGI) get one for each process.

    Args:
        workflow_id: the workflow, `wf_…`.
        config: all settings at once, in place of `workflow_id` and `options`.
        options: as for `HostedSessions`.

    Raises:
        Problem: HOSTED_REQUEST_INVALID, naming the option; HOSTED_KEY_MISSING; HOSTED_NOT_CONFIGURED.
    """

    def __init__(self, workflow_id: str | None = None, *, config: Hosted | None = None, **options: Any) -> None:
        self._config = configured(workflow_id, config, options)
        read_key(self._config, os.environ)
        self._lock = threading.Lock()
        self._running: _Running | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def create(
        self,
        user: str,
        *,
        state_variables: Mapping[str, StateValue] | None = None,
        instead_of: str | None = None,
    ) -> Session:
        """A live session for a user: the one that they have, or a new one. See `HostedSessions.create`.

        Raises:
            Problem: any of `teahouse.hosted.errors`.
        """
        running = self._started()
        asked = asyncio.run_coroutine_threadsafe(
            running.sessions.create(user, state_variables=state_variables, instead_of=instead_of), running.loop
        )
        patience = self._config.patience_seconds
        try:
            return asked.result(patience + _GRACE)
        except FutureTimeoutError:
            asked.cancel()
            raise Problem(errors.HOSTED_TIMEOUT, limit=patience) from None

    def close(self) -> None:
        """Close the connections and end the thread. The next call starts anew."""
        with self._lock:
            running, self._running = self._running, None
        if running is not None and running.pid == os.getpid():
            running.stop()

    def _started(self) -> _Running:
        with self._lock:
            # After a fork the thread is in the other process; here are only its remains.
            if self._running is None or self._running.pid != os.getpid():
                self._running = _Running(self._config)
            return self._running


class _Running:
    """The loop, its thread, and what lives in it."""

    def __init__(self, config: Hosted) -> None:
        self.pid = os.getpid()
        self.loop = asyncio.new_event_loop()
        self.sessions = HostedSessions(config=config)
        # A daemon: a program that forgets to close still ends.
        self._thread = threading.Thread(target=self._run, name="teahouse hosted sessions", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        asyncio.run_coroutine_threadsafe(self.sessions.aclose(), self.loop).result(_GRACE)
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(_GRACE)

    def _run(self) -> None:
        asyncio.set_event_loop(self.loop)
        self.loop.run_forever()
        self.loop.close()
