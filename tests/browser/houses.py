"""The servers under test: `teahouse serve` as a process of its own, and applications in a thread of ours."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

REPOSITORY = Path(__file__).parents[2]


@contextmanager
def teahouse_serve(data: Path, *arguments: str, environment: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run the command on a free port; gives the address that it announces."""
    command = [str(Path(sys.executable).parent / "teahouse"), "serve", "--port", "0", "--data", str(data), *arguments]
    log = data.with_suffix(".log")
    with log.open("w") as errors:
        process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            cwd=REPOSITORY,
            env=os.environ | (environment or {}),
        )
    assert process.stdout is not None
    try:
        ready = process.stdout.readline()
        assert "http" in ready, f"it did not start: {log.read_text()}"
        yield ready.split()[-1]
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
