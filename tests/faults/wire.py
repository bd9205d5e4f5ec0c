"""A TCP connection's way from here to there, with all that a network does: delay, split, swallow, cut."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import suppress
from random import Random
from types import TracebackType
from typing import Self

HOST = "127.0.0.1"


class Port:
    """A port of this machine that nobody else is given while it is held, whether or not somebody listens.

    A socket that is bound and does not listen keeps the system from using the port for outgoing connections;
    with SO_REUSEADDR on both, a server can still listen there.
    """

    def __init__(self, number: int = 0) -> None:
        self._holder = _bound(number)
        self.number: int = self._holder.getsockname()[1]

    def listener(self) -> socket.socket:
        """A listening socket there."""
        listener = _bound(self.number)
        listener.listen(256)
        return listener

    def release(self) -> None:
        """Give it back."""
        self._holder.close()


def _bound(number: int) -> socket.socket:
    found = socket.socket()
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    found.bind((HOST, number))
    found.setblocking(False)
    return found


class Wire:
    """A proxy on `port` to another port of this machine. Use as an async context manager.

    Args:
        target: the port at the other end.
        chance: where packets are split and for how long they are delayed.

    Attributes:
        delay: longest delay of a packet in seconds.
        split: whether packets come in small pieces.
    """

    def __init__(self, target: int, chance: Random) -> None:
        self._port = Port()
        self._target = target
        self._chance = chance
        self._flows = asyncio.Event()
        self._flows.set()
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()
        self._writers: set[asyncio.StreamWriter] = set()
        self.delay = 0.0
        self.split = False

    @property
    def port(self) -> int:
        """Where it begins."""
        return self._port.number

    async def __aenter__(self) -> Self:
        await self.plug()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.unplug()
        for connection in self._connections:
            connection.cancel()
        if self._connections:
            await asyncio.wait(self._connections)
        for writer in list(self._writers):  # of connections that ended before they had begun
            await self._break(writer)
        self._port.release()

    async def plug(self) -> None:
        """Take connections."""
        if self._server is None:
            self._server = await asyncio.start_server(self._connected, sock=self._port.listener())

    async def unplug(self) -> None:
        """Refuse new connections, as a machine does on which nobody listens."""
        if self._server is not None:
            self._server.close()
            self._server = None

    def cut(self) -> None:
        """Break all connections, so that both ends are told with their next packet."""
        for writer in self._writers:
            ending: socket.socket = writer.get_extra_info("socket")
            ending.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            writer.transport.abort()

    def swallow(self) -> None:
        """Let nothing through, and nobody know."""
        self._flows.clear()

    def flow(self) -> None:
        """Let everything through again, nothing lost."""
        self._flows.set()

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Not a coroutine, which asyncio would make a task of that nobody owns.
        self._writers.add(writer)
        task = asyncio.create_task(self._bridge(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _bridge(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target)
            ends.append(far_writer)
            self._writers.add(far_writer)
            async with asyncio.TaskGroup() as ways:
                ways.create_task(self._carry(reader, far_writer))
                ways.create_task(self._carry(far_reader, writer))
        except OSError:
            pass  # Nobody is there; whoever has called is told so below.
        finally:
            for end in ends:
                await self._break(end)

    async def _break(self, writer: asyncio.StreamWriter) -> None:
        self._writers.discard(writer)
        writer.transport.abort()
        with suppress(OSError):
            await writer.wait_closed()

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while packet := await reader.read(65536):
                for piece in self._pieces(packet):
                    await self._flows.wait()
                    if self.delay:
                        await asyncio.sleep(self._chance.uniform(0, self.delay))
                    writer.write(piece)
                    await writer.drain()
            if writer.can_write_eof():
                writer.write_eof()
        except OSError:
            writer.transport.abort()

    def _pieces(self, packet: bytes) -> list[bytes]:
        if not self.split:
            return [packet]
        pieces, start = [], 0
        # Enough of them to cut through every frame and letter, few enough to come to an end.
        while start < len(packet) and len(pieces) < 100:
            end = start + self._chance.randint(1, 40)
            pieces.append(packet[start:end])
            start = end
        return [*pieces, packet[start:]] if start < len(packet) else pieces
