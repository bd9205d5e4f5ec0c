"""The real parts, each a process of its own, the wires between them, and the ways in which each can break."""

from __future__ import annotations

import asyncio
import os
import shutil
from asyncio.subprocess import Process
from collections import defaultdict
from contextlib import AsyncExitStack
from pathlib import Path
from random import Random
from types import TracebackType
from typing import Any, Self

from postgres_server import PostgresServer
from redis_server import RedisServer

from .record import Record
from .replica import Replica, prepare
from .schedule import Log, Step
from .wire import HOST, Port, Wire

HEARTBEAT = 1.0
GRACE = 1.0
"""Seconds that answers may go on after SIGTERM: fewer than most of them take."""
LEASE = 1.5
"""Seconds after which a silent replica is dead to the others."""

# As docs/en/replicas.md says, but for the time limits, which are those of a schedule of seconds.
_NGINX = """
daemon off;
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log warn;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
  upstream teahouse {{
    {servers}
    keepalive 8;
  }}
  server {{
    listen {host}:{port};
    location / {{
      proxy_pass http://teahouse;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Host $host;
      proxy_buffering off;
      proxy_connect_timeout 1s;
      proxy_read_timeout 3s;
      proxy_next_upstream error timeout http_503 non_idempotent;
    }}
  }}
}}
"""


class Town:
    """Everything for one run log: use as an async context manager.

    Args:
        log: which.
        folder: an empty one for all that the parts write.
        chance: for the wires.

    Attributes:
        url: of nginx.
    """

    def __init__(self, log: Log, folder: Path, chance: Random) -> None:
        self.log = log
        self.url = ""
        self.replicas: list[Replica] = []
        self._folder = folder
        self._chance = chance
        self._wires: dict[str, Wire] = {}
        self._postgres: PostgresServer | None = None
        self._redis: RedisServer | None = None
        self._ports: dict[str, Port] = {}
        self._locks: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._parts = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._open()
        except BaseException:
            await self._parts.aclose()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._parts.aclose()

    async def _open(self) -> None:
        if self.log != "memory":
            # What is acknowledged has to survive its own power cut, too.
            self._postgres = await asyncio.to_thread(PostgresServer, durable=True)
            self._parts.callback(self._postgres.remove)
        if self.log == "redis":
            self._redis = self._parts.enter_context(RedisServer())
        for number in (1,) if self.log == "memory" else (1, 2):
            await self._add_replica(number)
        prepare()
        async with asyncio.TaskGroup() as starting:
            for replica in self.replicas:
                starting.create_task(replica.start())
        await self._start_nginx()

    async def _add_replica(self, number: int) -> None:
        settings = {
            "TEAHOUSE_SECRET": "known to all replicas",
            "TEAHOUSE_RUNS": self.log,
            "TEAHOUSE_LIMITS__HEARTBEAT_SECONDS": str(HEARTBEAT),
            "TEAHOUSE_LIMITS__SHUTDOWN_SECONDS": str(GRACE),
            "TEAHOUSE_LIMITS__LEASE_SECONDS": str(LEASE),
            **{f"TEAHOUSE_RATES__{rate}": "off" for rate in ("VISITOR", "ADDRESS", "VISITOR_QUICK", "ADDRESS_QUICK")},
        }
        if self._postgres is not None:
            wire = await self._wire(f"replica {number}-postgres", self._postgres.port)
            settings["TEAHOUSE_DATABASE"] = self._postgres.url().replace(str(self._postgres.port), str(wire.port))
        if self._redis is not None:
            wire = await self._wire(f"replica {number}-redis", self._redis.port)
            settings["TEAHOUSE_REDIS"] = self._redis.url().replace(str(self._redis.port), str(wire.port))
        replica = Replica(f"replica {number}", self._folder / f"replica-{number}", settings)
        self._parts.push_async_callback(replica.remove)
        self.replicas.append(replica)
        await self._wire(f"nginx-replica {number}", replica.port)

    async def _wire(self, name: str, target: int) -> Wire:
        wire = self._wires[f"wire {name}"] = await self._parts.enter_async_context(Wire(target, self._chance))
        return wire

    async def _start_nginx(self) -> None:
        port = Port()
        self._parts.callback(port.release)
        entrances = [wire.port for name, wire in self._wires.items() if name.startswith("wire nginx")]
        servers = "\n    ".join(f"server {HOST}:{entrance} max_fails=1 fail_timeout=1s;" for entrance in entrances)
        path = self._folder / "nginx.conf"
        path.write_text(_NGINX.format(folder=self._folder, host=HOST, port=port.number, servers=servers))
        log = self._folder / "nginx.log"
        nginx = await asyncio.create_subprocess_exec(_nginx(), "-e", str(log), "-c", str(path))
        self._parts.push_async_callback(_end, nginx)
        self.url = f"http://{HOST}:{port.number}"
        async with asyncio.timeout(10):
            while not await _listens(port.number):  # noqa: ASYNC110 - it says nothing when it does
                await asyncio.sleep(0.02)

    # What breaks -----------------------------------------------------------------------------------------

    async def suffer(self, step: Step, record: Record) -> None:
        """Let a fault happen, and make it good again. One after the other where two hit the same."""
        async with self._locks[step.where]:
            record.note(step.where, f"{step.what} for {step.lasts:.2f} s")
            wrong = await self._happen(step)
            record.note(step.where, f"{step.what} is over")
            if wrong is not None:
                record.violated(step.where, wrong)

    async def _happen(self, step: Step) -> str | None:
        if step.where in self._wires:
            await self._disturb(self._wires[step.where], step)
            return None
        if step.where.startswith("replica"):
            return await self._strike_replica(self.replicas[int(step.where[-1]) - 1], step)
        await self._strike_server(self._redis if step.where == "redis" else self._postgres, step)
        return None

    async def _disturb(self, wire: Wire, step: Step) -> None:
        match step.what:
            case "delay":
                wire.delay = 0.05
            case "split":
                wire.split = True
            case "swallow":
                wire.swallow()
            case "cut":
                wire.cut()
        await asyncio.sleep(step.lasts)
        wire.delay, wire.split = 0.0, False
        wire.flow()

    async def _strike_replica(self, replica: Replica, step: Step) -> str | None:
        if step.what == "freeze":
            replica.freeze()
            await asyncio.sleep(step.lasts)
            replica.thaw()
            return None
        wrong = None
        if step.what == "terminate":
            # Its port stays open until the answers have ended.
            code = await replica.terminate()
            wrong = None if code == 0 else f"ends with {code} after SIGTERM"
        else:
            await replica.kill()
        entrance = self._wires[f"wire nginx-{replica.name}"]
        await entrance.unplug()
        await asyncio.sleep(step.lasts)
        await replica.start()
        await entrance.plug()
        return wrong

    async def _strike_server(self, server: Any, step: Step) -> None:
        if step.what == "freeze":
            server.freeze()
            await asyncio.sleep(step.lasts)
            server.thaw()
            return
        await asyncio.to_thread(server.stop if step.what == "restart" else server.kill)
        if step.where not in self._ports:
            self._ports[step.where] = port = Port(server.port)  # nobody may take it meanwhile, now and later
            self._parts.callback(port.release)
        await asyncio.sleep(step.lasts)
        await asyncio.to_thread(server.start)


def _nginx() -> str:
    found = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if found is None:
        raise RuntimeError("nginx is not installed: scripts/nginx.sh")
    return found


async def _end(process: Process) -> None:
    process.kill()
    await process.wait()


async def _listens(port: int) -> bool:
    try:
        _, writer = await asyncio.open_connection(HOST, port)
    except OSError:
        return False
    writer.close()
    await writer.wait_closed()
    return True
