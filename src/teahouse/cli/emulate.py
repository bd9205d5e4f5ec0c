"""`teahouse emulate`: a local OpenAI platform."""

from __future__ import annotations

import signal
import socket
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from teahouse import errors, reasons, settings
from teahouse.cli import language
from teahouse.cli.serve import listening
from teahouse.errors import Language, Problem, Words

if TYPE_CHECKING:
    from teahouse.emulator.answers import Script

READY: dict[Language, str] = {
    "en": "The emulated OpenAI platform is ready: {url}\n\n"
    "  export OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY=any\n"
    "  workflow: wf_demo · scenario: {scenario} · threads: {threads}\n",
    "zh": "OpenAI 模拟平台已就绪：{url}\n\n"
    "  export OPENAI_BASE_URL={url}/v1 OPENAI_API_KEY=any\n"
    "  工作流：wf_demo · 场景：{scenario} · 线程数：{threads}\n",
}

Number = Annotated[int, Parameter(negative=())]


def emulate(
    *,
    host: str = "127.0.0.1",
    port: int = 9100,
    scenario: str = "",
    script: Path | None = None,
    users: int = 3,
    threads: int = 4,
    items: int | None = None,
) -> None:
    """Run a local OpenAI platform to develop and test against. 启动本地 OpenAI 平台，用于开发与测试。

    Parameters
    ----------
    host
        Address to listen on. 监听地址。
    port
        Port to listen on; 0 picks a free one. 端口；0 表示任选。
    scenario
        What goes wrong, e.g. expired-key or "rate-limited, every=3". 要模拟的故障。
    script
        YAML file of what models answer; without one they echo. 模型应答的脚本。
    users
        How many people have hosted threads. 有托管线程的用户数。
    threads
        How many threads each of them has. 每位用户的线程数。
    items
        How many items each thread has (default 2 to 14). 每个线程的条目数。
    """
    for name, value, least, most in (
        ("--users", users, 0, 1_000_000),
        ("--threads", threads, 0, 1_000_000),
        ("--items", items or 0, 0, 1_000_000),
        ("--port", port, 0, 65_535),
    ):
        if not least <= value <= most:
            raise _wrong(name, Words(f"it has to be {least} to {most}", f"应在 {least} 到 {most} 之间"))
    if users * threads > 1_000_000:
        raise _wrong("--threads", Words("a million threads are the most", "线程总数最多一百万"))
    with listening(host, port) as listener:
        _run(listener, scenario, script, (users, threads, items))


def _run(listener: socket.socket, scenario: str, script: Path | None, numbers: tuple[int, int, int | None]) -> None:
    # Imported here: a wrong flag should be told at once.
    import uvicorn

    from teahouse.emulator import Emulator, Size
    from teahouse.emulator.conditions import FAILURES, WEATHER, UnknownScenario
    from teahouse.emulator.serving import config

    try:
        emulator = Emulator(size=Size(*numbers), scenario=scenario, script=_script_in(script))
    except UnknownScenario as unknown:
        known = ", ".join((*FAILURES, *WEATHER))
        reason = Words(f"“{unknown}” is not known; there are {known}", f"没有“{unknown}”；可用的有 {known}")
        raise _wrong("--scenario", reason) from None
    server = uvicorn.Server(config(emulator.app, timeout_graceful_shutdown=1))
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, server.handle_exit)
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    shown = READY[language()].format(url=url, scenario=scenario or "normal", threads=numbers[0] * numbers[1])
    sys.stdout.write(shown)
    sys.stdout.flush()
    server.run(sockets=[listener])


def _script_in(path: Path | None) -> Script | None:
    from teahouse.emulator.answers import Script, ScriptInvalid

    try:
        return None if path is None else Script.read(path)
    except OSError as error:
        raise _wrong("--script", reasons.of_system(error)) from None
    except ScriptInvalid as error:
        raise _wrong("--script", Words(str(error), str(error))) from None


def _wrong(setting: str, reason: Words) -> Problem:
    return Problem(errors.SETTINGS_INVALID, setting=setting, source=settings.COMMAND_LINE, reason=reason)
