"""Exports of Agent Builder made into projects. The exports beside this file are written from the documented format."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from house import Browser, texts
from teahouse.cli import main
from teahouse.emulator import Emulator, Script
from teahouse.emulator.serving import running
from teahouse.errors import Problem
from teahouse.migrate import exported, project
from teahouse.migrate.exported import Found

EXPORTS = Path(__file__).parent / "exports"
RUNNABLE = sorted(path.stem for path in EXPORTS.glob("*.py") if path.stem != "guardrails")


def found(name: str) -> Found:
    return exported.read(EXPORTS / f"{name}.py")


def left(name: str) -> dict[str, str]:
    return {where: what.en for where, what in found(name).left}


def test_agents_tools_guardrails_and_the_entry_are_found() -> None:
    assert len(RUNNABLE) >= 9
    single = found("single_agent")
    assert (single.agents, single.entry, single.title) == ({"tea_host": "Tea host"}, "run_workflow", "Tea shop")
    assert single.left == []
    assert found("handoffs").handoffs == 1
    assert found("structured_output").outputs == ["OrderSchema"]
    assert set(found("tools").tools.values()) == {
        "function", "FileSearchTool", "WebSearchTool", "CodeInterpreterTool"
    }  # fmt: skip
    assert found("mcp").tools == {"mcp": "HostedMCPTool", "mcp1": "HostedMCPTool"}
    assert found("if_and_while").branches == (2, 1)
    assert "jailbreak_guardrail_config" in found("guardrails").guardrails
    assert set(found("guardrails_of_the_sdk").guardrails) == {"guarded"}
    assert found("agents_only").entry is None


def test_what_cannot_be_carried_over_is_named_with_what_to_do() -> None:
    assert left("tools").keys() == {"find_order", "file_search", "web_search_preview", "code_interpreter"}
    assert "vector store" in left("tools")["file_search"]
    assert "MCP server" in left("mcp")["mcp"]
    assert "access token" in left("mcp")["mcp1"]
    assert left("if_and_while").keys() == {"approval_request", "state: rounds, wanted"}
    assert left("state").keys() == {"state: language"}
    assert left("agents_only").keys() == {"run_workflow"}
    assert found("guardrails").missing == ["openai-guardrails"]
    for name in RUNNABLE:
        assert all(what.zh for _, what in found(name).left)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("a.ts", (EXPORTS / "typescript.ts").read_bytes(), "it is TypeScript. In Agent Builder choose Code"),
        ("a.py", (EXPORTS / "typescript.ts").read_bytes(), "it is TypeScript"),
        ("a.py", b"from agents import Agent\ndef (", "line 2 is not Python"),
        ("a.py", b"x = 1", "there is no Agent in it"),
        ("a.py", b"\xff\xff", "it is not UTF-8"),
        ("a.py", b"x = 1\0", "is not Python"),
        ("a.py", b"x = " + b"(" * 5000, "is not Python"),
        ("a.py", b"#" * (6 * 1024 * 1024), "larger than 5 MiB"),
        ("a.py", None, "it does not exist"),
    ],
)
def test_what_is_no_export_is_told(tmp_path: Path, name: str, content: bytes | None, reason: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(Problem) as caught:
        exported.read(path)
    assert reason in caught.value.cause()


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("")
    with pytest.raises(Problem) as caught:
        project.write(found("single_agent"), tmp_path)
    assert "the folder is not empty" in caught.value.cause()
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


def test_the_command_makes_a_project_whose_own_test_passes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "en_US.UTF-8")
    monkeypatch.setattr(sys, "argv", ["teahouse", "migrate", "agent", str(EXPORTS / "if_and_while.py")])
    with pytest.raises(SystemExit) as ended:
        main()
    assert not ended.value.code
    said = capsys.readouterr().out
    assert "if_and_while: 3 agents, 0 tools, 0 guardrails. Next: teahouse serve in there" in said
    assert "approval_request: the person was asked in the chat" in said
    folder = tmp_path / "if_and_while"
    assert (folder / "workflow.py").read_text() == (EXPORTS / "if_and_while.py").read_text()
    assert "approval_request" in (folder / "README.md").read_text()
    environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_workflow.py"]
    tested = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert tested.returncode == 0, tested.stdout
    assert "1 passed" in tested.stdout


SCRIPT = """
- when: password
  say: The agent was asked all the same.
- say: "I heard: {text}"
"""


@pytest.mark.parametrize("name", RUNNABLE)
async def test_every_project_answers(
    open_house: Any, visit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """Each is served from its folder, against the emulator, and the second turn knows the first."""
    folder = tmp_path / "project"
    project.write(found(name), folder)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    before = set(sys.modules)
    async with running(Emulator(script=Script.of(SCRIPT))) as url:
        for key, value in {"BASE_URL": url, "API_KEY": "any", "API": "responses"}.items():
            monkeypatch.setenv(f"TEAHOUSE_MODEL__{key}", value)
        house = await open_house("server:Server")
        browser: Browser = visit(house)
        thread_id = await browser.open_thread("One pot, please")
        await browser.say("And a cup", thread_id)
        said = texts(await browser.items(thread_id))
    for module in set(sys.modules) - before:
        if module in ("server", "workflow", "exported"):
            del sys.modules[module]
    assert said[0] == "One pot, please"
    assert said.count("I heard: One pot, please") >= 1
    assert "I heard: And a cup" in said


async def test_a_guardrail_stops_and_says_so(
    open_house: Any, visit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "project"
    project.write(found("guardrails_of_the_sdk"), folder)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(folder)
    async with running(Emulator(script=Script.of(SCRIPT))) as url:
        for key, value in {"BASE_URL": url, "API_KEY": "any", "API": "responses"}.items():
            monkeypatch.setenv(f"TEAHOUSE_MODEL__{key}", value)
        browser: Browser = visit(await open_house("server:Server"))
        thread_id = await browser.open_thread("My password is oolong")
        said = texts(await browser.items(thread_id))
    for module in ("server", "workflow"):
        sys.modules.pop(module, None)
    assert said == ["My password is oolong", "This message was stopped by a guardrail."]
