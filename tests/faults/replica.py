"""One `teahouse serve`, in a process of its own.

It is forked from a process that has imported what it needs: importing takes some seconds of a core, longer than a
whole schedule. From there on it is the command as one types it.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import signal
import sys
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path

from . import stuck
from .wire import Port

_START_SECONDS = 60
_END_SECONDS = 20
_TESTS = Path(__file__).parents[1]

_processes = multiprocessing.get_context("forkserver")
_processes.set_forkserver_preload(
    [
        "teahouse.app",
        "teahouse.cli.serve",
        "teahouse.runs.redis_events",
        "teahouse.store.run_frames",
        "alembic.command",
        "asyncpg",
        "redis.asyncio",
        "sqlalchemy.ext.asyncio",
        "uvicorn",
        "uvicorn.loops.uvloop",
        "uvicorn.protocols.http.httptools_impl",
    ]
)


def _serve(settings: dict[str, str], log: Path, told: Connection) -> None:
    """What the process does."""
    with log.open("ab") as file:
        os.dup2(file.fileno(), 2)
    os.dup2(told.fileno(), 1)
    told.close()
    os.environ.clear()
    os.environ.update(settings)
    os.chdir(_TESTS)
    stuck.tell_when_asked()
    from teahouse.cli import main

    sys.argv = ["teahouse", "serve", "--server", "faults.agent:Answerer"]
    main()


class Replica:
    """A Teahouse on a port that it keeps.

    Args:
        name: what the trace calls it.
        folder: for its data and its log.
        settings: environment variables.
    """

    def __init__(self, name: str, folder: Path, settings: dict[str, str]) -> None:
        self.name = name
        self._port = Port()
        self._log = folder / "log"
        folder.mkdir()
        self._settings = settings | {
            "PATH": os.environ["PATH"],
            "LANG": "C.UTF-8",
            "TEAHOUSE_DATA": str(folder / "data"),
            "TEAHOUSE_PORT": str(self._port.number),
        }
        self._process: BaseProcess | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        return self._port.number

    async def start(self) -> None:
        """Start it, again and again as a supervisor does, until it is ready.

        Raises:
            TimeoutError: it never was.
        """
        async with asyncio.timeout(_START_SECONDS):
            while not await self._gets_ready():  # noqa: ASYNC110 - a supervisor's pause
                await asyncio.sleep(0.2)

    async def _gets_ready(self) -> bool:
        hears, told = _processes.Pipe(duplex=False)
        process = _processes.Process(target=_serve, args=(self._settings, self._log, told), name=self.name, daemon=True)
        # Asking for a fork takes a moment and does not wait for what is forked.
        process.start()
        self._process = process
        told.close()
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), hears
        )
        try:
            said = await reader.readline()
        finally:
            transport.close()
        return b"ready" in said

    async def kill(self) -> None:
        """End it as a crash would."""
        if self._process is not None:
            self._process.kill()
            await asyncio.to_thread(self._process.join)

    async def terminate(self) -> int | None:
        """End it as a deployment does; its exit code, None if it had to be killed."""
        assert self._process is not None
        self._process.terminate()
        await asyncio.to_thread(self._process.join, _END_SECONDS)
        if self._process.exitcode is None:
            await self.kill()
            return None
        return self._process.exitcode

    def freeze(self) -> None:
        """Let it do nothing, as on a machine that swaps, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on, as if no time had passed."""
        self._signal(signal.SIGCONT)

    def _signal(self, wanted: signal.Signals) -> None:
        assert self._process is not None
        assert self._process.pid is not None
        os.kill(self._process.pid, wanted)

    def ask_what_it_waits_for(self) -> None:
        """Have it say so among its complaints."""
        self._signal(stuck.SIGNAL)

    def complaints(self) -> list[str]:
        """What it has logged that was not as usual, newest last."""
        if not self._log.exists():
            return []
        found = []
        for line in self._log.read_text(errors="replace").splitlines():
            try:
                usual = json.loads(line).get("level") == "info"
            except (ValueError, AttributeError):
                usual = False
            if not usual:
                found.append(line)
        return found

    async def remove(self) -> None:
        """End it for good."""
        await self.kill()
        self._port.release()


def prepare() -> None:
    """Start the process that replicas are forked from."""
    # Read when the Agents SDK is imported, which happens there and not in the command.
    os.environ.setdefault("OPENAI_AGENTS_DISABLE_TRACING", "1")
    from multiprocessing import forkserver

    forkserver.ensure_running()
