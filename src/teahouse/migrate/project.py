"""A project around an exported workflow, which `teahouse serve` runs."""

from __future__ import annotations

import json
from pathlib import Path

from teahouse import errors, reasons
from teahouse.errors import Problem, Words
from teahouse.migrate.exported import Found, lines

_TOML = """# How Teahouse runs this workflow. Every setting: docs/en/settings.md
server = "server:Server"

[page]
title = {title}
"""

_SERVER = '''"""The workflow, served: its code in workflow.py is Agent Builder's, unchanged."""

import workflow
from teahouse.agents.workflow import WorkflowServer


class Server(WorkflowServer):
    """Answers with the workflow."""

    module = workflow
    entry = "{entry}"
'''

_ENTRY = '''"""What Agent Builder exports as its entry; this export has none, so its first agent answers."""

from agents import Runner
from pydantic import BaseModel

from exported import *
from exported import {agent}


class WorkflowInput(BaseModel):
    input_as_text: str


async def run_workflow(workflow_input: WorkflowInput):
    message = {{"role": "user", "content": [{{"type": "input_text", "text": workflow_input.input_as_text}}]}}
    result = await Runner.run({agent}, input=[message])
    return {{"output_text": result.final_output_as(str)}}
'''

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<!-- From your Teahouse, on your own origin; nothing comes from OpenAI. -->
<script src="/chatkit.js" async></script>
</head>
<body>
<openai-chatkit></openai-chatkit>
</body>
</html>
"""

_SCRIPT = """# What the emulated models answer in the test: teahouse emulate --script script.yaml
# Steps are described in docs/en/emulate.md; without one that fits, the message is said back.
- when: "Are you there?"
  say: "Yes, I am here."
"""

_TEST = '''"""The workflow answers, with an emulated OpenAI: no key, no cost. Run: pytest"""

import asyncio
from pathlib import Path

import httpx2
from teahouse import Teahouse
from teahouse.emulator import Emulator, Script
from teahouse.emulator.serving import running

QUESTION = "Are you there?"


async def ask(monkeypatch):
    async with running(Emulator(script=Script.read(Path(__file__).with_name("script.yaml")))) as url:
        monkeypatch.setenv("TEAHOUSE_MODEL__BASE_URL", url)
        house = Teahouse()
        transport = httpx2.ASGITransport(app=house.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://chat.test", trust_env=False) as browser:
            content = [{"type": "input_text", "text": QUESTION}]
            said = {"content": content, "attachments": [], "inference_options": {}}
            request = {"type": "threads.create", "params": {"input": said}}
            answer = await browser.post("/chatkit", json=request, timeout=60)
        await house.stop()
        return answer.text


def test_the_workflow_answers(monkeypatch, tmp_path):
    monkeypatch.chdir(Path(__file__).parent)
    for name, value in {"API": "responses", "API_KEY": "any"}.items():
        monkeypatch.setenv(f"TEAHOUSE_MODEL__{name}", value)
    monkeypatch.setenv("TEAHOUSE_DATA", str(tmp_path))
    answer = asyncio.run(ask(monkeypatch))
    assert '"type":"error"' not in answer
    assert '"type":"assistant_message"' in answer
'''

_README = """# {title}

{about}

```sh
pip install teahouse{missing}
export OPENAI_API_KEY=sk-...          # or another provider: docs/en/models.md
teahouse serve                        # http://127.0.0.1:9000
pip install pytest && pytest          # the same, with an emulated OpenAI
```

## Found · 已识别

{found}

## Not carried over · 未能迁移

{left}
"""


def write(found: Found, folder: Path) -> list[str]:
    """Make the project in a new or empty folder; the names of its files.

    Raises:
        Problem: AGENT_EXPORT_UNUSABLE when the folder is not empty or cannot be written.
    """
    files = _files(found)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise _unusable(folder, Words("the folder is not empty", "目录不是空的"))
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
    except OSError as error:
        raise _unusable(folder, reasons.of_system(error)) from None
    return sorted(files)


def _files(found: Found) -> dict[str, str]:
    title = found.title or next(iter(found.agents.values()))
    files = {
        "workflow.py": found.source,
        "server.py": _SERVER.format(entry=found.entry or "run_workflow"),
        "teahouse.toml": _TOML.format(title=json.dumps(title, ensure_ascii=False)),
        "page.html": _PAGE.format(title=_escaped(title)),
        "script.yaml": _SCRIPT,
        "test_workflow.py": _TEST,
        "README.md": _readme(found, title),
    }
    if found.entry is None:
        files |= {"exported.py": found.source, "workflow.py": _ENTRY.format(agent=next(iter(found.agents)))}
    return files


def _readme(found: Found, title: str) -> str:
    ifs, whiles = found.branches
    facts = {
        "agents": ", ".join(f"{name} (`{variable}`)" for variable, name in found.agents.items()),
        "tools": ", ".join(f"`{name}` ({kind})" for name, kind in found.tools.items()),
        "guardrails": ", ".join(f"`{name}`" for name in found.guardrails),
        "output types": ", ".join(f"`{name}`" for name in found.outputs),
        "hand-offs": str(found.handoffs or ""),
        "branches": f"{ifs} × if, {whiles} × while" if ifs or whiles else "",
    }
    about = "Brought home from Agent Builder by `teahouse migrate agent`. 由该命令从 Agent Builder 迁回。"
    left = [f"- {line}" for language in ("en", "zh") for line in lines(found, language)]
    return _README.format(
        title=title,
        about=about,
        missing="".join(f" {name}" for name in found.missing),
        found="\n".join(f"- {name}: {fact}" for name, fact in facts.items() if fact),
        left="\n".join(left) or "Nothing: everything came over. 没有：全部已迁移。",
    )


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _unusable(path: Path, reason: Words) -> Problem:
    return Problem(errors.AGENT_EXPORT_UNUSABLE, path=path, reason=reason)
