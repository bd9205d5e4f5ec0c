"""OpenAI's part, as little as it can be: raw asyncio that answers every session request after a while.

`python -m benchmarks.sessions.upstream <descriptor of a listening socket> <seconds>`
"""

from __future__ import annotations

import asyncio
import json
import socket
import sys
import time

_END = b"\r\n\r\n"


class Upstream(asyncio.Protocol):
    """One connection; requests come one after the other."""

    def __init__(self, delay: float) -> None:
        self._delay = delay
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._received += data
        head, found, body = self._received.partition(_END)
        if not found or len(body) < _length(head):
            return
        self._received = b""
        right = b"chatkit_beta=v1" in head and b"POST" in head and b'"wf_benchmark"' in body and b'"user"' in body
        asyncio.get_running_loop().call_later(self._delay, self._answer, right)

    def _answer(self, right: bool) -> None:
        if self._transport is not None and not self._transport.is_closing():
            body = json.dumps(_session()).encode() if right else b"{}"
            status = b"200 OK" if right else b"400 Bad Request"
            self._transport.write(
                b"HTTP/1.1 %b\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%b"
                % (status, len(body), body)
            )


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return 0


def _session() -> dict[str, object]:
    return {
        "id": "cksess_68f0a1b2c3d4e5f60718293a4b5c6d7e",
        "object": "chatkit.session",
        "client_secret": "ek_68f0a1b2c3d4e5f60718293a4b5c6d7e_0123456789abcdef0123456789abcdef",
        "expires_at": int(time.time()) + 600,
        "user": "user",
        "status": "active",
        "workflow": {"id": "wf_benchmark", "version": None, "state_variables": None, "tracing": {"enabled": True}},
        "rate_limits": {"max_requests_per_1_minute": 10},
        "max_requests_per_1_minute": 10,
        "chatkit_configuration": {
            "automatic_thread_titling": {"enabled": True},
            "file_upload": {"enabled": False, "max_file_size": None, "max_files": None},
            "history": {"enabled": True, "recent_threads": None},
        },
    }


async def serve(descriptor: int, delay: float) -> None:
    """Until killed."""
    listener = socket.socket(fileno=descriptor)
    server = await asyncio.get_running_loop().create_server(lambda: Upstream(delay), sock=listener, backlog=4096)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1]), float(sys.argv[2])))
