"""What every benchmark needs: a server on a core of its own, its CPU time, fair rounds, a table.

with started("benchmarks.protocol.reference:app", core=SERVER_CORE) as server:
    before = server.cpu_seconds()
    ...
"""

from __future__ import annotations

import os
import platform
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, TypeVar

_ROOT = Path(__file__).parents[1]
_CORES = sorted(os.sched_getaffinity(0))

SERVER_CORE, LOAD_CORE = _CORES[0], _CORES[-1]
"""Where servers run and where the load comes from. One and the same on a machine with a single core."""

HOST = "127.0.0.1"
START_SECONDS = 60

Case = TypeVar("Case")
Side = TypeVar("Side")
Result = TypeVar("Result")


@dataclass(frozen=True)
class Server:
    """A server process under measurement.

    Attributes:
        pid: its process.
        port: where it listens, on `HOST`.
        folder: its working folder, which lasts as long as it does.
    """

    pid: int
    port: int
    folder: Path

    def cpu_seconds(self) -> float:
        """CPU time of all its threads so far, in user and kernel, to the nanosecond.

        `/proc/<pid>/stat` counts in ticks of 10 ms, which is as much as a whole answer costs.
        """
        # What clock_getcpuclockid(3) gives, which Python does not offer: the pid's complement, and 2 for
        # the scheduler's own account.
        return time.clock_gettime((~self.pid << 3) | 2)

    def resident_bytes(self) -> int:
        """Memory that it holds now."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")

    def kill(self) -> None:
        """End it as a crash would: at once, with no chance to write anything more."""
        os.kill(self.pid, signal.SIGKILL)
        os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOWAIT)


@contextmanager
def started(app: str, *, core: int, env: Mapping[str, str] | None = None) -> Iterator[Server]:
    """An ASGI app behind uvicorn (uvloop, httptools, one worker), ready to answer.

    Args:
        app: where it is, `module:attribute`; imported with the repository's root on the path.
        core: the only core it may use.
        env: environment variables beside the present ones.

    Raises:
        RuntimeError: it ended before it answered; with the end of its log.
    """
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as name,
        socket.create_server((HOST, 0), backlog=1024) as listener,
    ):
        folder, port = Path(name), listener.getsockname()[1]
        with (folder / "server.log").open("wb") as log:
            process = subprocess.Popen(
                [sys.executable, "-m", "benchmarks.serve", app, str(listener.fileno())],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": str(_ROOT), **(env or {})},
                pass_fds=[listener.fileno()],
                preexec_fn=lambda: os.sched_setaffinity(0, {core}),
                stdout=log,
                stderr=log,
            )
        listener.close()
        try:
            _await_answer(port, folder)
            yield Server(process.pid, port, folder)
        finally:
            process.kill()
            process.wait()


def _await_answer(port: int, folder: Path) -> None:
    """Ask once. The socket has listened from the start, so that the question waits for the server."""
    try:
        with socket.create_connection((HOST, port), START_SECONDS) as connection:
            connection.sendall(b"GET /healthz HTTP/1.1\r\nhost: benchmark\r\nconnection: close\r\n\r\n")
            answered = connection.recv(1)
    except OSError:
        answered = b""
    if not answered:
        raise RuntimeError("The server did not start:\n" + (folder / "server.log").read_text()[-4000:])


def pin(core: int) -> None:
    """Keep this process on one core."""
    os.sched_setaffinity(0, {core})


def rounds(
    count: int,
    cases: Iterable[Case],
    sides: Sequence[Side],
    measure: Callable[[Case, Side], Result],
    told: Callable[[str], None] = lambda _: None,
) -> dict[tuple[Case, Side], list[Result]]:
    """What was measured for each case and side, by round.

    The sides take turns within each case, so that whatever the machine does meanwhile happens to both;
    every other round they change places, so that neither always comes first.
    """
    results: dict[tuple[Case, Side], list[Result]] = {}
    every_case = list(cases)
    for number in range(count):
        turns = sides if number % 2 == 0 else sides[::-1]
        for case in every_case:
            told(f"round {number + 1} of {count}: {case}")
            for side in turns:
                results.setdefault((case, side), []).append(measure(case, side))
    return results


def median(values: Iterable[float]) -> float:
    """The middle value: on a machine that is shared, a mean is somebody else's work."""
    return statistics.median(values)


def percentile(values: Sequence[float], percent: int) -> float:
    """The smallest value that `percent` of all do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table, aligned for reading as it is: the first column to the left, figures to the right."""
    lines = [list(head), *map(list, rows)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]

    def written(cells: Sequence[str]) -> str:
        first, *rest = (
            cell.ljust(w) if i == 0 else cell.rjust(w) for i, (cell, w) in enumerate(zip(cells, widths, strict=True))
        )
        return "| " + " | ".join([first, *rest]) + " |"

    rule = "|" + "|".join("-" * (w + 2) if i == 0 else "-" * (w + 1) + ":" for i, w in enumerate(widths)) + "|"
    return "\n".join([written(lines[0]), rule, *map(written, lines[1:])])


def conditions(packages: Iterable[str]) -> dict[str, Any]:
    """The machine, and the versions of what was measured."""
    return {
        "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "cpu": _cpu_model(),
        "cores": len(_CORES),
        "server_core": SERVER_CORE,
        "load_core": LOAD_CORE,
        "load_average": round(os.getloadavg()[0], 2),
        "kernel": platform.release(),
        "data_on": _file_system(Path(tempfile.gettempdir())),
        "python": platform.python_version(),
        "versions": {package: version(package) for package in packages},
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _file_system(folder: Path) -> str:
    """What kind of file system a folder is on: fsync costs nothing in memory and a lot on a slow disk."""
    best, kind = "", "unknown"
    for line in Path("/proc/mounts").read_text().splitlines():
        _, mounted, name, *_ = line.split()
        if folder.resolve().is_relative_to(mounted) and len(mounted) >= len(best):
            best, kind = mounted, name
    return kind
