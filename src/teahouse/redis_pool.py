"""Connections to Redis or Valkey, for whoever in the house needs some. Importing it imports no driver."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import SecretStr

if TYPE_CHECKING:
    from redis.asyncio import BlockingConnectionPool


def redis_pool(url: SecretStr, *, connections: int, patience: float) -> BlockingConnectionPool:
    """A bounded pool whose waits all end.

    Args:
        url: as the setting `redis` has it.
        connections: the most that are open at once.
        patience: seconds that connecting, an answer, or a free connection may take.
    """
    from redis.asyncio import BlockingConnectionPool
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff

    return BlockingConnectionPool.from_url(
        url.get_secret_value().replace("valkey", "redis", 1),
        max_connections=connections,
        timeout=patience,
        socket_timeout=patience,
        socket_connect_timeout=patience,
        retry=Retry(NoBackoff(), 1),  # the connections of before a restart are dead; by default it waits for seconds
    )
