"""The servers under test: `teahouse serve` as a process of its own, and applications in a thread of ours."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

REPOSITORY = Path(__file__).parents[2]


@dataclass(frozen=True)
class Serving:
    """A running `teahouse serve`."""

    url: str
    process: subprocess.Popen[str]

    def kill(self) -> None:
        """End it as a crash of the machine would."""
        self.process.kill()
        self.process.wait()


@contextmanager
def teahouse_serve(data: Path, *arguments: str, port: int = 0) -> Iterator[Serving]:
    """Run the command, by default on a free port."""
    command = [str(Path(sys.executable).parent / "teahouse"), "serve", "--port", str(port), "--data", str(data)]
    log = data.with_suffix(".log")
    with log.open("a") as errors:
        process = subprocess.Popen(
            [*command, *arguments], stdout=subprocess.PIPE, stderr=errors, text=True, cwd=REPOSITORY
        )
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        assert "http" in ready, f"it did not start: {log.read_text()}"
        yield Serving(ready.split()[-1], process)
    finally:
        process.terminate()
        process.wait(timeout=15)
        process.stdout.close()


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve an application in a thread; gives its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="house")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=15)
        listener.close()
