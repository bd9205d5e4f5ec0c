"""The frames of running answers in Redis or Valkey: a stream for each run, and a channel for those who wait.

An entry's id is the number of its last frame, so that a stream's own order is the frames'. A script appends only
where the stream ends at the batch's beginning. The entry that closes a stream has the highest number there is:
nothing can be added after it, by nobody.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import SecretStr
from redis.asyncio import Redis
from redis.exceptions import RedisError

from teahouse import logs
from teahouse.redis_pool import redis_pool
from teahouse.run_types import CLOSED, Batch, Extract

log = logs.get(__name__)

_CHANNEL = "teahouse:runs"
_PATIENCE = 2.0
"""Seconds that Redis may take to answer."""
_CHECK = 5.0
"""Seconds for which a silent connection is trusted."""
_REST = 0.5
_UNFINISHED = 3600
"""Seconds after which a stream goes to which nothing was added."""
_READ_SOON = 60
"""Seconds for which a closed stream is still there, for readers that are behind."""
_LONGEST = 20_000
"""Entries of a stream; of a longer one the beginning goes, and whoever needs it loads the thread anew."""
_CLOSING = (1 << 62) - 1
"""Within what Redis's numbers, and Lua's as text, can hold."""
_ENTRIES = 200

_APPEND = """
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
local top = '0'
if #newest > 0 then top = string.match(newest[1][1], '^%d+') end
if top ~= ARGV[1] then return top end
redis.call('XADD', KEYS[1], 'MAXLEN', '~', ARGV[4], ARGV[2] .. '-0', 'frames', ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[5])
redis.call('PUBLISH', KEYS[2], ARGV[6])
return ''
"""

_CLOSE = """
local newest = redis.call('XREVRANGE', KEYS[1], '+', '-', 'COUNT', 1)
if #newest == 0 or string.match(newest[1][1], '^%d+') ~= ARGV[1] then
  redis.call('XADD', KEYS[1], ARGV[1] .. '-0', 'frames', '')
end
redis.call('EXPIRE', KEYS[1], ARGV[2])
redis.call('PUBLISH', KEYS[2], ARGV[3])
"""


class RedisEvents:
    """See `teahouse.runs.ports.Events`. It belongs to the event loop that uses it first.

    Args:
        url: as the setting `redis` has it.
        connections: the most that are open at once.
    """

    failures: tuple[type[Exception], ...] = (RedisError, OSError, TimeoutError)

    def __init__(self, url: SecretStr, *, connections: int = 20) -> None:
        self._pool = redis_pool(url, connections=connections, patience=_PATIENCE)
        self._redis: Any = Redis(connection_pool=self._pool)
        self._append = self._redis.register_script(_APPEND)
        self._close = self._redis.register_script(_CLOSE)

    async def aclose(self) -> None:
        """Let go of the connections."""
        await self._pool.aclose()

    async def ship(self, batches: Sequence[Batch], closed: Sequence[str], words: Sequence[str]) -> Mapping[str, int]:
        """See `Events.ship`."""
        async with self._redis.pipeline(transaction=True) as pipe:
            for batch in batches:
                arguments: list[Any] = [batch.after, batch.last, batch.frames, _LONGEST, _UNFINISHED, batch.run_id]
                await self._append(keys=[_key(batch.run_id), _CHANNEL], args=arguments, client=pipe)
            for run_id in closed:
                await self._close(keys=[_key(run_id), _CHANNEL], args=[_CLOSING, _READ_SOON, run_id], client=pipe)
            for word in words:
                pipe.publish(_CHANNEL, word)
            answers = await pipe.execute()
        tops = zip(batches, answers, strict=False)
        return {batch.run_id: _number(top) for batch, top in tops if top}

    async def read(self, run_id: str, after: int) -> Extract:
        """See `Events.read`."""
        entries = await self._redis.xrange(_key(run_id), min=f"{after + 1}-0", count=_ENTRIES)
        numbers = [_number(entry_id) for entry_id, _ in entries]
        closed = bool(numbers) and numbers[-1] == CLOSED
        if closed:
            entries, numbers = entries[:-1], numbers[:-1]
        frames = b"".join(fields[b"frames"] for _, fields in entries)
        return Extract(frames, numbers[-1] if numbers else after, closed)

    async def listen(self, heard: Callable[[str], None]) -> None:
        """See `Events.listen`."""
        while True:
            try:
                await self._listen(heard)
            except self.failures as error:
                log.warning("not listening to Redis", reason=str(error) or type(error).__name__)
            await asyncio.sleep(_REST)

    async def _listen(self, heard: Callable[[str], None]) -> None:
        async with self._redis.pubsub() as channel:
            await channel.subscribe(_CHANNEL)
            while True:
                message = await channel.get_message(timeout=_CHECK)
                if message is None:
                    async with asyncio.timeout(_CHECK):
                        await channel.ping()
                elif message["type"] == "subscribe":
                    heard("")
                elif message["type"] == "message":
                    heard(message["data"].decode())


def _key(run_id: str) -> str:
    return f"teahouse:run:{run_id}"


def _number(entry_id: bytes) -> int:
    number = int(entry_id.partition(b"-")[0])
    return CLOSED if number == _CLOSING else number
