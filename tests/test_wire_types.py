"""The element's wire types say what openai-chatkit says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SCRIPT = Path(__file__).parent.parent / "scripts" / "generate_wire_types.py"


def generate(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the generator as a developer does."""
    command = [sys.executable, str(SCRIPT), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_committed_types_are_up_to_date() -> None:
    """A newer openai-chatkit with other types fails here first."""
    result = generate("--check")
    assert result.returncode == 0, result.stderr


def test_a_difference_is_noticed(tmp_path: Path) -> None:
    """Editing the file by hand does not survive the check."""
    output = tmp_path / "wire.ts"
    generate("--output", output)
    output.write_text(output.read_text(encoding="utf-8").replace("delta: string", "delta: number"), encoding="utf-8")
    result = generate("--check", "--output", output)
    assert result.returncode == 1
    assert "python scripts/generate_wire_types.py" in result.stderr


def test_what_the_server_leaves_out_is_optional_and_what_it_always_sends_is_not(tmp_path: Path) -> None:
    """`None` is never on the wire; a default is when the server sends it, and need not be from a client."""
    output = tmp_path / "wire.ts"
    generate("--output", output)
    types = output.read_text(encoding="utf-8")
    assert "  title?: string;" in _interface(types, "Thread")
    assert "  items: Page<ThreadItem>;" in _interface(types, "Thread")
    assert "  interactive: boolean;" in _interface(types, "UserMessageTagContent")
    assert "  interactive?: boolean;" in _interface(types, "UserMessageTagContentInput")
    assert "  type: 'threads.list';" in _interface(types, "ThreadsListReq")
    assert " null" not in types


def _interface(types: str, name: str) -> list[str]:
    return types.partition(f"export interface {name} {{\n")[2].partition("}")[0].splitlines()
