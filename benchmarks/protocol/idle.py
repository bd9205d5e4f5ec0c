"""`python -m benchmarks.protocol.idle`: the memory that an open stream costs on which nothing happens.

Each visitor asks a question whose answer takes an hour; what the server's memory has grown by is theirs, ours and the
reference's. Visitors of ours also look on in a thread in which nothing is written, as every open page does; the
reference has no such stream.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys

from benchmarks import harness
from benchmarks.harness import SERVER_CORE, Server
from benchmarks.protocol.__main__ import _ENVIRONMENT, PACKAGES, SIDES
from benchmarks.protocol.load import Visitor
from benchmarks.protocol.question import Question

_AT_ONCE = 50
_CASES = [("asking", "reference", False), ("asking", "teahouse", False), ("looking on", "teahouse", True)]
_HOUR = Question(deltas=1, pause=3600)


async def _open(server: Server, request: bytes) -> asyncio.StreamWriter:
    """A stream of which the first event, or how the thread stands, has been read."""
    reader, writer = await asyncio.open_connection(harness.HOST, server.port, limit=2**12)
    writer.write(request)
    async with asyncio.timeout(60):
        await reader.readuntil(b"data: {")
    writer.reader = reader  # type: ignore[attr-defined]  # kept as long as the stream
    return writer


def _asks(_: Visitor) -> bytes:
    body = _HOUR.request(None)
    return (
        b"POST /chatkit HTTP/1.1\r\nhost: benchmark\r\naccept: text/event-stream;profile=teahouse\r\n"
        b"content-type: application/json\r\ncontent-length: %d\r\n\r\n%b" % (len(body), body)
    )


def _watches(visitor: Visitor) -> bytes:
    assert visitor.thread_id is not None
    return b"GET /chatkit/runs/%b HTTP/1.1\r\nhost: benchmark\r\ncookie: %b\r\n\r\n" % (
        visitor.thread_id.encode(),
        visitor.cookie,
    )


async def _measure(server: Server, streams: int, *, watch: bool) -> float:
    """KiB that each stream costs."""
    visitor = await Visitor.connect(harness.HOST, server.port)
    await visitor.ask(Question(deltas=3), new_thread=True)
    request = _watches(visitor) if watch else _asks(visitor)
    opened = [await _open(server, request) for _ in range(_AT_ONCE)]  # what comes once only is there then
    before = server.resident_bytes()
    while len(opened) < streams + _AT_ONCE:
        opened += await asyncio.gather(*(_open(server, request) for _ in range(_AT_ONCE)))
    cost = (server.resident_bytes() - before) / streams / 1024
    for writer in opened:
        writer.close()
    visitor.close()
    return cost


def main() -> int:
    """Measure and report."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocol.idle", description=__doc__)
    parser.add_argument("--streams", type=int, default=1000)
    options = parser.parse_args()
    harness.pin(harness.LOAD_CORE)
    rows = []
    for case, side, watch in _CASES:
        with harness.started(SIDES[side], core=SERVER_CORE, env=_ENVIRONMENT) as server:
            cost = asyncio.run(_measure(server, options.streams, watch=watch))
        rows.append([case, side, f"{cost:.1f}"])
    print(harness.table(["streams", "server", "KiB each"], rows))
    print(json.dumps(harness.conditions(PACKAGES) | {"streams": options.streams}, ensure_ascii=False))
    return 0


if __name__ == "__main__":
    sys.exit(main())
