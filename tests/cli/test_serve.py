"""`teahouse serve` as a person runs it."""

from __future__ import annotations

import json
import logging
import os
import signal
import socket
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx2
import pytest

from house import frames, message_of, texts
from teahouse.cli import main

Type = Callable[..., "Ended"]
ENGLISH, CHINESE = "en_US.UTF-8", "zh_CN.UTF-8"
PARROT = ("--server", "parrot:Parrot")


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


@dataclass
class Terminal:
    """A folder with a little server in it, and what one types there."""

    folder: Path
    language: str = ENGLISH

    def environment(self, **variables: str) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "LANG": self.language,
            "PYTHONWARNINGS": "error,ignore:Direct usage of named widget classes:DeprecationWarning",
        } | variables

    def run(self, *arguments: str, **variables: str) -> Ended:
        """A command in a process of its own."""
        result = subprocess.run(
            [sys.executable, "-c", "from teahouse.cli import main; main()", *arguments],
            cwd=self.folder,
            env=self.environment(**variables),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return Ended(result.returncode, result.stdout, result.stderr)

    @contextmanager
    def serving(self, *arguments: str, **variables: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
        """A running server and the URL that it says it has."""
        process = subprocess.Popen(
            [sys.executable, "-c", "from teahouse.cli import main; main()", "serve", *arguments],
            cwd=self.folder,
            env=self.environment(**variables),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "http://" in line, process.communicate(timeout=10)[1]
            yield process, line[line.index("http://") :].strip()
        finally:
            process.kill()
            process.communicate()


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    (tmp_path / "parrot.py").write_text(
        textwrap.dedent(
            '''
            import asyncio
            from chatkit.server import ChatKitServer
            from chatkit.types import *

            class Parrot(ChatKitServer):
                """Echoes; told to wait, it waits."""

                async def respond(self, thread, input_user_message, context):
                    said = input_user_message.content[0].text
                    item = AssistantMessageItem(id="x", thread_id=thread.id, created_at=thread.created_at, content=[])
                    yield ThreadItemAddedEvent(item=item)
                    if said == "wait":
                        await asyncio.Event().wait()
                    content = [AssistantMessageContent(text=said)]
                    yield ThreadItemDoneEvent(item=item.model_copy(update={"content": content}))

            class Picky(Parrot):
                def __init__(self, store):
                    raise LookupError("no tea")

            teapot = 418
            '''
        ),
        encoding="utf-8",
    )
    (tmp_path / "broken.py").write_text("import no_such_package", encoding="utf-8")
    (tmp_path / "angry.py").write_text("raise SystemExit('not today')", encoding="utf-8")
    return Terminal(tmp_path)


@pytest.fixture
def type_in(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Ended]]:
    """A command in this process, which has imported everything already: a start costs seconds otherwise."""
    handlers = {wanted: signal.getsignal(wanted) for wanted in (signal.SIGTERM, signal.SIGINT)}
    root = logging.getLogger()
    logging_before = root.handlers[:], root.level
    monkeypatch.chdir(terminal.folder)
    monkeypatch.setattr(sys, "path", [str(terminal.folder), *sys.path])
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
    modules = set(sys.modules)

    def typed(*arguments: str, **variables: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["teahouse", *arguments])
        for name, value in terminal.environment(**variables).items():
            monkeypatch.setenv(name, value)
        with pytest.raises(SystemExit) as ended:
            main()
        shown = capsys.readouterr()
        return Ended(int(ended.value.code or 0), shown.out, shown.err)

    yield typed
    for wanted, handler in handlers.items():
        signal.signal(wanted, handler)
    root.handlers[:], root.level = logging_before
    for name in set(sys.modules) - modules:
        if name in ("parrot", "broken", "angry"):
            del sys.modules[name]


def refused(ended: Ended) -> str:
    """What a refused start says: one line of cause, one of cure, nothing else."""
    assert ended.code == 2, ended.err
    assert ended.out == ""
    cause, cure = ended.err.splitlines()
    assert cause.startswith("teahouse: ")
    assert cure
    return ended.err


# --- Starts that are refused --------------------------------------------------------------------------


def test_a_port_in_use_is_told(terminal: Terminal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        said = refused(terminal.run("serve", "--port", port))
        assert f"Port {port} on 127.0.0.1 is already in use." in said
        assert "choose another port" in said
        terminal.language = CHINESE
        said = refused(terminal.run("serve", PORT=port))
        assert f"127.0.0.1 的端口 {port} 已被占用。" in said
        assert "换一个端口" in said


def test_a_data_folder_that_cannot_be_used_is_told(terminal: Terminal, type_in: Type) -> None:
    (terminal.folder / "file").write_text("")
    for data in ("file", "file/data"):
        said = refused(type_in("serve", "--port", "0", "--data", data, *PARROT))
        assert f"The data folder {data} cannot be used" in said
        assert "--data FOLDER or TEAHOUSE_DATA" in said
    terminal.language = CHINESE
    said = refused(type_in("serve", "--port", "0", *PARROT, TEAHOUSE_DATA="/proc/1/data"))
    assert "无法使用数据目录 /proc/1/data" in said


def test_a_database_that_is_none_is_told(terminal: Terminal, type_in: Type) -> None:
    data = terminal.folder / "data"
    data.mkdir()
    (data / "teahouse.db").write_text("This is a diary and not a database. " * 100)
    said = refused(type_in("serve", "--port", "0", *PARROT))
    assert "is not a Teahouse database" in said
    assert "Move it away" in said


@pytest.mark.parametrize(
    ("option", "target", "reason"),
    [
        ("--server", "parrot", "it is not of the form module:name"),
        ("--server", "no_such:Parrot", "there is no module no_such"),
        ("--server", "broken:Parrot", "there is no module no_such_package"),
        ("--server", "angry:Parrot", "importing it fails with SystemExit: not today"),
        ("--server", "parrot:Dog", "the module has no Dog"),
        ("--server", "parrot:teapot", "int is no ChatKitServer"),
        ("--server", "parrot:Terminal", "the module has no Terminal"),
        ("--server", "parrot:Picky", "making it fails with LookupError: no tea"),
        ("--agent", "parrot:Parrot", "Parrot is no Agent"),
    ],
)
def test_a_target_that_cannot_be_used_is_told(type_in: Type, option: str, target: str, reason: str) -> None:
    said = refused(type_in("serve", "--port", "0", option, target))
    assert f"{option} {target} cannot be used: {reason}." in said
    assert "module:name" in said


def test_reasons_are_chinese_in_chinese(terminal: Terminal, type_in: Type) -> None:
    terminal.language = CHINESE
    said = refused(type_in("serve", "--port", "0", "--server", "no_such:Parrot"))
    assert "无法使用 --server no_such:Parrot：没有模块 no_such。" in said


def test_a_broken_settings_file_is_told(terminal: Terminal, type_in: Type) -> None:
    (terminal.folder / "teahouse.toml").write_text("port = [")
    said = refused(type_in("serve"))
    assert "in teahouse.toml is not valid" in said
    (terminal.folder / "teahouse.toml").write_text('[model]\nnmae = "[red]gpt[/]"')
    terminal.language = CHINESE
    said = refused(type_in("serve"))
    assert "teahouse.toml 中的设置 model.nmae 无效：没有这个键。" in said


def test_missing_documents_are_told(terminal: Terminal, type_in: Type) -> None:
    said = refused(type_in("serve", "--port", "0", "--docs", "no-such-folder"))
    assert "no-such-folder cannot be read (it does not exist)" in said
    said = refused(type_in("serve", "--port", "0", "--docs", "parrot.py"))
    assert "parrot.py cannot be read (a part of the path is a file)" in said


@pytest.mark.parametrize(
    ("arguments", "english", "chinese"),
    [
        (("serve", "--prot", "1"), "--prot in the command line is not valid: there is no such option", "没有这个选项"),
        (("serve", "--port", "tea"), "--port in the command line is not valid: “tea” does not fit", "“tea” 不合要求"),
        (("serve", "--port"), "--port in the command line is not valid: its value is missing", "缺少取值"),
        (("srve",), "srve in the command line is not valid: there is no such command", "没有这个命令"),
        (("serve", "--port", "70000"), "port in the command line is not valid: it has to be 65535", "应不大于 65535"),
        (("serve", "--host", "1.2.3.4"), "this machine does not have the address", "本机没有该地址"),
    ],
)
def test_wrong_arguments_are_told(
    terminal: Terminal, type_in: Type, arguments: tuple[str, ...], english: str, chinese: str
) -> None:
    assert english in refused(type_in(*arguments))
    terminal.language = CHINESE
    assert chinese in refused(type_in(*arguments))


def test_an_element_that_is_not_built_is_told(terminal: Terminal, monkeypatch: pytest.MonkeyPatch) -> None:
    from teahouse import settings
    from teahouse.cli import serve
    from teahouse.errors import ELEMENT_NOT_BUILT, Problem
    from teahouse.web import services

    monkeypatch.setattr(services, "STATIC", terminal.folder)
    monkeypatch.setenv("OPENAI_AGENTS_DISABLE_TRACING", "1")
    with socket.socket() as listener, pytest.raises(Problem) as caught:
        serve._run(settings.Settings(), listener)
    assert caught.value.kind is ELEMENT_NOT_BUILT


# --- Starts that succeed ------------------------------------------------------------------------------


def test_version_and_help(terminal: Terminal) -> None:
    version = terminal.run("--version")
    assert (version.code, version.out.strip()) == (0, "0.1.0")
    for arguments in ((), ("--help",)):
        said = terminal.run(*arguments)
        assert said.code == 0
        assert "Serve the chat, the element and the documents." in said.out
    assert "--base-url" in terminal.run("serve", "--help").out
    terminal.language = CHINESE
    assert "启动聊天、组件与文档。" in terminal.run("--help").out


def test_one_line_says_where_it_is_and_it_is_there(terminal: Terminal) -> None:
    with terminal.serving(*PARROT, PORT="0", TEAHOUSE_DATA="elsewhere") as (_, url):
        assert httpx2.get(f"{url}/healthz", trust_env=False).json() == {"status": "ok"}
        assert (terminal.folder / "elsewhere" / "teahouse.db").is_file()
        assert (terminal.folder / "elsewhere").stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("wanted", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_in_order(terminal: Terminal, wanted: signal.Signals) -> None:
    terminal.language = CHINESE
    with terminal.serving("--port", "0", *PARROT) as (process, _):
        process.send_signal(wanted)
        out, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert out == ""
    assert "Traceback" not in err


def test_a_signal_ends_a_running_answer_after_the_grace_period(terminal: Terminal) -> None:
    (terminal.folder / "teahouse.toml").write_text("limits.shutdown_seconds = 0")
    request = {"type": "threads.create", "params": {"input": message_of("wait")}}
    with (
        terminal.serving("--port", "0", *PARROT) as (process, url),
        httpx2.stream("POST", f"{url}/chatkit", json=request, timeout=20, trust_env=False) as response,
    ):
        lines = response.iter_lines()
        assert any("thread.item.added" in line for line in lines)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    assert process.returncode == 0, err
    assert "Traceback" not in err


def test_what_was_acknowledged_survives_a_kill(terminal: Terminal) -> None:
    request = {"type": "threads.create", "params": {"input": message_of("wait")}}
    with httpx2.Client(timeout=20, trust_env=False) as browser:
        with (
            terminal.serving("--port", "0", *PARROT) as (process, url),
            browser.stream("POST", f"{url}/chatkit", json=request) as response,
        ):
            assert any("thread.item.added" in line for line in response.iter_lines())
            process.kill()
            process.wait(timeout=10)
        with terminal.serving("--port", url.rpartition(":")[2], *PARROT) as (_, url):
            listed = browser.post(f"{url}/chatkit", json={"type": "threads.list", "params": {}}).json()
            params = {"thread_id": listed["data"][0]["id"]}
            page = browser.post(f"{url}/chatkit", json={"type": "items.list", "params": params}).json()
            assert texts(page["data"]) == ["wait"]
            params |= {"input": message_of("again")}
            again = browser.post(f"{url}/chatkit", json={"type": "threads.add_user_message", "params": params})
            assert frames(again.text)[-1].event["item"]["content"][0]["text"] == "again"
    with sqlite3.connect(terminal.folder / "data" / "teahouse.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


def test_the_log_is_json_lines_on_standard_error_without_cookies(terminal: Terminal) -> None:
    with terminal.serving("--port", "0", *PARROT) as (process, url):
        headers = {"cookie": "teahouse_visitor_0a1b2c3d=vis_1.abc.defghi"}
        response = httpx2.get(f"{url}/nowhere", headers=headers, trust_env=False)
        process.send_signal(signal.SIGTERM)
        _, err = process.communicate(timeout=20)
    lines = [json.loads(line) for line in err.splitlines()]
    [line] = [line for line in lines if line.get("path") == "/nowhere"]
    assert line["request_id"] == response.headers["x-request-id"]
    assert line["status"] == 404
    assert "defghi" not in err
