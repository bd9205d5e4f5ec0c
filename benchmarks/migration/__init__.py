"""Hosted threads brought home while the process is killed at random and the platform fails at random.

python -m benchmarks.migration                 # 1,000 users × 20 threads × 20 items, ten kills
python -m benchmarks.migration 100 10 20 4     # users, threads, items, kills
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import uvicorn

from teahouse.emulator import Emulator, Size
from teahouse.emulator.serving import config

STORMS = "flaky, retry-after=0.05"
"""One request in eight meets 429, 500, 503 or a dropped connection."""


@dataclass
class Result:
    """What a migration took.

    Attributes:
        seconds: from the first start to the last end.
        kills: at which share of the work each one came.
        megabytes: the largest process's peak, resident.
        requests: what the platform was asked.
        threads: how many the store has afterwards.
        items: how many it has.
        distinct: how many different ids those have within their threads.
        said: what the last run said.
    """

    seconds: float = 0
    kills: list[float] = field(default_factory=list)
    megabytes: float = 0
    requests: int = 0
    threads: int = 0
    items: int = 0
    distinct: int = 0
    said: str = ""


@contextlib.contextmanager
def platform(emulator: Emulator) -> Iterator[str]:
    """The emulator in a thread of this process; gives its base URL."""
    started = threading.Event()
    server = _Server(config(emulator.app, port=0, timeout_graceful_shutdown=0))
    server.told = started.set
    thread = threading.Thread(target=lambda: asyncio.run(server._serve()), daemon=True)
    thread.start()
    if not started.wait(20):
        raise RuntimeError("the emulator does not start")
    try:
        yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/v1"
    finally:
        server.should_exit = True
        thread.join(20)


class _Server(uvicorn.Server):
    """Says when it has started."""

    told: Callable[[], None]

    async def startup(self, sockets: Any = None) -> None:
        await super().startup(sockets)
        self.told()


class Work:
    """How far a migration is: pages that were asked for, and items in the store."""

    def __init__(self, size: Size, data: Path, emulator: Emulator) -> None:
        self._data = data
        self.requests = 0
        threads, per_thread = size.users * size.threads, size.items or 0
        self.all = threads * (1 + per_thread // 100 + per_thread)
        emulator.recent.add = self._count  # type: ignore[method-assign]

    def _count(self, *exchange: object) -> None:
        self.requests += 1

    @property
    def share(self) -> float:
        """From 0 to 1, roughly."""
        return (self.requests + self.rows("SELECT count(*) FROM items")) / self.all

    def rows(self, query: str) -> int:
        """What a query counts in the store; 0 while there is none."""
        path = self._data / "teahouse.db"
        with (
            contextlib.suppress(sqlite3.Error),
            contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db,
        ):
            return int(db.execute(query).fetchone()[0])
        return 0


def run(size: Size, kills: int, folder: Path, *, seed: int = 2025) -> Result:
    """Migrate everything, killing the process `kills` times on the way.

    Raises:
        RuntimeError: the last run does not end well.
    """
    data, result = folder / "data", Result()
    emulator = Emulator(size=size, scenario=STORMS)
    work, dice = Work(size, data, emulator), random.Random(seed)
    ends = sorted(dice.uniform(0.02, 0.95) for _ in range(kills))
    begun = time.monotonic()
    with platform(emulator) as url:
        for end in [*ends, float("inf")]:
            code, megabytes = _process(url, data, folder / "said", work, end)
            result.megabytes = max(result.megabytes, megabytes)
            result.said = (folder / "said").read_text(encoding="utf-8")
            if code == -signal.SIGKILL:
                result.kills.append(round(work.share, 3))
            elif code != 0:
                raise RuntimeError(f"exit code {code}: {result.said}")
    result.seconds = time.monotonic() - begun
    result.requests = work.requests
    result.threads = work.rows("SELECT count(*) FROM threads")
    result.items = work.rows("SELECT count(*) FROM items")
    result.distinct = work.rows("SELECT count(*) FROM (SELECT DISTINCT thread_id, id FROM items)")
    return result


def _process(url: str, data: Path, said: Path, work: Work, end: float) -> tuple[int, float]:
    """One run of the command, until it ends or is killed: its exit code and its peak in MB."""
    environment = {"PATH": os.environ["PATH"], "LANG": "en_US.UTF-8", "OPENAI_API_KEY": "any", "OPENAI_BASE_URL": url}
    command = [sys.executable, "-c", "from teahouse.cli import main; main()", "migrate", "threads", "--data", str(data)]
    with said.open("w") as output:
        process = subprocess.Popen(command, env=environment, cwd=said.parent, stdout=output, stderr=output)
        megabytes = 0.0
        while process.poll() is None:
            megabytes = max(megabytes, _peak(process.pid))
            if work.share >= end:
                process.kill()
                end = float("inf")
            time.sleep(0.02)
        return process.returncode, megabytes


def _peak(pid: int) -> float:
    """The most memory that a process has had, in MB. (What `wait4` says begins with its parent's.)"""
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/{pid}/status").read_text(encoding="utf-8").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    return 0.0
