"""`teahouse serve`: the chat, on one port."""

from __future__ import annotations

import contextlib
import errno
import os
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from teahouse import errors, reasons, settings
from teahouse.cli import language
from teahouse.errors import Problem

if TYPE_CHECKING:
    import uvicorn

    from teahouse.app import Teahouse


def serve(
    *,
    host: str | None = None,
    port: int | None = None,
    data: Path | None = None,
    docs: Path | None = None,
    agent: str | None = None,
    server: str | None = None,
    model: str | None = None,
    base_url: str | None = None,
    debug: Annotated[bool | None, Parameter(negative=())] = None,
) -> None:
    """Serve the chat, the element and the documents. 启动聊天、组件与文档。

    Without `--agent` or `--server` the guide answers, from documents.

    Parameters
    ----------
    host
        Address to listen on; 0.0.0.0 for all. 监听地址。
    port
        Port to listen on (default 9000, or $PORT). 端口。
    data
        Folder of the database (default ./data, or $TEAHOUSE_DATA). 数据目录。
    docs
        Folder of documents the guide answers from (default: Teahouse's own). 文档目录。
    agent
        module:attribute of an openai-agents Agent. 你的 Agent。
    server
        module:Class of a ChatKitServer. 你的 ChatKitServer。
    model
        Model that writes the answers. 模型名称。
    base_url
        Address of an OpenAI-compatible API. 兼容 OpenAI 的接口地址。
    debug
        Show the reason of an assistant's failure in the chat. 在聊天中显示出错原因。
    """
    named = {key: value for key, value in (("name", model), ("base_url", base_url)) if value is not None}
    flags = {"host": host, "port": port, "data": data, "docs": docs, "agent": agent, "server": server, "debug": debug}
    chosen = settings.load(flags | {"model": named or None})
    with listening(chosen.host, chosen.port) as listener:
        _run(chosen, listener)


@contextlib.contextmanager
def listening(host: str, port: int) -> Iterator[socket.socket]:
    """The socket, taken before anything slow or lasting happens.

    Raises:
        Problem: PORT_IN_USE, or SETTINGS_INVALID when the address is not ours.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(2048)  # of two servers starting at once, one is told here and not in the middle
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise Problem(errors.PORT_IN_USE, host=host, port=port) from None
        setting = "port" if error.errno == errno.EACCES else "host"
        source, reason = f"{host}:{port}", reasons.of_system(error)
        raise Problem(errors.SETTINGS_INVALID, setting=setting, source=source, reason=reason) from None
    with listener:
        yield listener


def _run(chosen: settings.Settings, listener: socket.socket) -> None:
    # Read by the Agents SDK when it is imported. It would send every conversation of a `--server` to OpenAI,
    # too; who wants that says OPENAI_AGENTS_DISABLE_TRACING=0.
    os.environ.setdefault("OPENAI_AGENTS_DISABLE_TRACING", "1")
    # Imported here: they take a second, and a wrong flag should be told at once.
    from teahouse import logs
    from teahouse.app import Teahouse
    from teahouse.web.services import STATIC

    if not (STATIC / "chatkit.js").is_file():
        raise Problem(errors.ELEMENT_NOT_BUILT)
    logs.configure(chosen.log_level, chosen.log_format, known_secrets=_secrets_of(chosen))
    house = Teahouse(settings=chosen)
    server = _uvicorn(chosen, house)
    # uvicorn raises a signal again after it has ended in order; then this is exit code 0, not a traceback.
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, server.handle_exit)
    server.run(sockets=[listener])
    if house.refused is not None:
        raise house.refused


def _secrets_of(chosen: settings.Settings) -> list[str]:
    hosted = chosen.hosted
    secrets = (
        *(chosen.secret, chosen.model.api_key, chosen.database, chosen.redis),
        *(hosted.api_key, hosted.proxy, chosen.dictation.api_key, chosen.files.s3.secret_key),
    )
    return [secret.get_secret_value() for secret in secrets if secret] + [os.environ.get("OPENAI_API_KEY", "")]


def _uvicorn(chosen: settings.Settings, house: Teahouse) -> uvicorn.Server:
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            try:
                await house.start()
            except Problem:  # told by `_run`; uvicorn would put it into the log and exit with 3
                self.should_exit = True
                return
            await super().startup(sockets)
            if self.started:
                _announce(chosen, sockets or [])

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            # The doors stay open meanwhile: readers come and go, `/readyz` says 503, and whoever wants a new answer
            # is sent elsewhere with a reason. After it no stream is left for uvicorn to wait for.
            await house.drain()
            await super().shutdown(sockets)

    config = uvicorn.Config(
        house.app,
        log_config=None,
        access_log=False,
        lifespan="on",
        proxy_headers=chosen.proxy_headers,
        forwarded_allow_ips="*" if chosen.proxy_headers else None,
        server_header=False,
        timeout_graceful_shutdown=int(chosen.limits.shutdown_seconds) + 5,  # for readers that do not read
    )
    return Server(config)


def _announce(chosen: settings.Settings, sockets: list[socket.socket]) -> None:
    port = sockets[0].getsockname()[1]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(chosen.host, chosen.host)  # noqa: S104 - shown, not bound
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    sys.stdout.write({"en": f"Teahouse is ready: {url}\n", "zh": f"Teahouse 已就绪：{url}\n"}[language()])
    sys.stdout.flush()
