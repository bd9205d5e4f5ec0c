"""Hold the emulator to account by clients that nobody here wrote, each in an environment of its own.

    python scripts/conformance.py [FOLDER]      # make conformance: some minutes, from the package index

The official Python SDK in its oldest release with ChatKit and in the last of 2.x, and the official Node SDK, run
the conformance scripts beside `tests/emulator`. (The release of this environment runs them in every test run.)
"""

from __future__ import annotations

import subprocess
import sys
import venv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from node import node_folder, npm

ROOT = Path(__file__).parents[1]
SCRIPTS = ROOT / "tests" / "emulator"
PYTHON_SDKS = ("2.2.0", "2.54.0")
NODE_SDK = "7.57.0"


@contextmanager
def emulating(script: Path) -> Iterator[str]:
    """A running emulator; gives the base URL. Each client needs its own: they delete things."""
    command = ["-c", "from teahouse.cli import main; main()", "emulate", "--port", "0", "--script", str(script)]
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, text=True, encoding="utf-8")
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        yield line[line.index("http://") :].strip() + "/v1"
    finally:
        process.terminate()
        process.communicate(timeout=20)


def python_sdk(folder: Path, version: str) -> list[str]:
    """The command that runs the checks with a release of the Python SDK."""
    home = folder / f"python-{version}"
    if not (home / "bin" / "python").exists():
        venv.create(home, with_pip=True)
    python = str(home / "bin" / "python")
    subprocess.run([python, "-m", "pip", "install", "--quiet", f"openai=={version}"], check=True)
    return [python, str(SCRIPTS / "conformance.py")]


def node_sdk(folder: Path, version: str) -> list[str]:
    """The command that runs the checks with a release of the Node SDK."""
    home = folder / f"node-{version}"
    home.mkdir(exist_ok=True)
    npm("install", "--no-audit", "--no-fund", "--silent", f"openai@{version}", folder=home)
    script = home / "conformance.mjs"
    script.write_bytes((SCRIPTS / "conformance.mjs").read_bytes())  # Node looks for packages from where a script is
    return [str((node_folder() or Path()) / "node"), str(script)]


def main(folder: Path) -> None:
    """Run every client; the first that finds something wrong ends it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "package.json").write_text('{"private": true}\n')  # so that npm looks no further up
    script = folder / "script.yaml"
    said = subprocess.run(
        [sys.executable, str(SCRIPTS / "conformance.py"), "--script"], capture_output=True, check=True
    )
    script.write_bytes(said.stdout)
    commands = [python_sdk(folder, version) for version in PYTHON_SDKS] + [node_sdk(folder, NODE_SDK)]
    for command in commands:
        with emulating(script) as url:
            subprocess.run([*command, url], check=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / ".build" / "conformance")
