"""Rates: how often one visitor, and one address, may send a request.

The library `limits` counts, in memory or in Redis, by its sliding window counter: two numbers for each key
however high the rate, where a list of times ("moving window") has as many as the rate allows. The list would be
exact; the counter takes the requests of the window before as spread evenly. And on Redis the counter knows no
clock but Redis's, while the list is written with the clocks of the replicas, which differ.
"""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage, RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from starlette.requests import HTTPConnection

from teahouse import errors, logs
from teahouse.errors import Problem
from teahouse.redis_pool import redis_pool
from teahouse.settings import Settings

log = logs.get(__name__)

_PATIENCE = 0.5
"""Seconds that Redis may take for one request."""
_REST = 2.0
"""Seconds for which a Redis that failed is not asked again, so that not every visitor waits for it."""
_SWEEP = 60.0
"""Seconds between two sweeps of memory."""


@dataclass(frozen=True)
class Asker:
    """Who is counted.

    Attributes:
        visitor: the visitor's id.
        address: where they come from, as `address_of` has it; None where nobody knows, as on a Unix socket.
    """

    visitor: str
    address: str | None


class Rates:
    """Counts requests, and refuses those beyond the rate. Made by `opened`.

    Args:
        settings: the rates are in `settings.rates`.
        storage: where the counts are.
        failures: what the storage raises when it cannot be used.
        clock: seconds that never go back; how long a storage that failed is left alone.
    """

    def __init__(
        self,
        settings: Settings,
        storage: MemoryStorage | RedisStorage,
        failures: tuple[type[Exception], ...] = (),
        *,
        clock: Callable[[], float],
    ) -> None:
        rates = settings.rates
        self._messages = _rate(rates.visitor), _rate(rates.address)
        self._quick = _rate(rates.visitor_quick), _rate(rates.address_quick)
        self._storage = storage
        self._limiter = SlidingWindowCounterRateLimiter(storage)
        self._failures: tuple[type[Exception], ...] = (TimeoutError, OSError, *failures)
        self._clock = clock
        self._rests_until: float | None = None

    async def count(self, asker: Asker, *, streams: bool) -> None:
        """Count one request.

        A storage that cannot be used refuses nobody: rates protect the assistant from a few, and while they
        cannot be counted that is worth less than everybody's conversation.

        Args:
            asker: who sends it.
            streams: whether it asks for an answer; the others have rates of their own, which are wider.

        Raises:
            Problem: TOO_MANY_REQUESTS.
        """
        if self._rests_until is not None and self._clock() < self._rests_until:
            return
        try:
            async with asyncio.timeout(_PATIENCE):
                refused = await self._refused(asker, streams=streams)
        except self._failures as error:
            self._lost(error)
            return
        self._found()
        if refused is not None:
            log.info("too many requests", counted=refused.counted, rate=refused.rate, seconds=refused.seconds)
            raise Problem(errors.TOO_MANY_REQUESTS, seconds=refused.seconds)

    async def _refused(self, asker: Asker, *, streams: bool) -> _Refusal | None:
        """Why a request is refused, if it is; else it is counted."""
        kind, (visitor, address) = ("messages", self._messages) if streams else ("quick", self._quick)
        by_visitor, by_address = (kind, "visitor", asker.visitor), (kind, "address", asker.address or "")
        if asker.address is None:
            address = None
        # Who throws their cookie away is a new visitor each time: once their address is refused, nothing more is
        # kept of them. Whom their own rate refuses uses up nothing of the others at their address.
        if address and not await self._limiter.test(address, *by_address):
            return await self._refusal(address, by_address)
        if visitor and not await self._limiter.hit(visitor, *by_visitor):
            return await self._refusal(visitor, by_visitor)
        if address and not await self._limiter.hit(address, *by_address):  # others were faster
            return await self._refusal(address, by_address)
        return None

    async def _refusal(self, rate: RateLimitItem, key: tuple[str, str, str]) -> _Refusal:
        window = await self._storage.get_sliding_window(rate.key_for(*key), rate.get_expiry())
        return _Refusal(key[1], str(rate), seconds_to_wait(rate, *window))

    def _lost(self, error: Exception) -> None:
        if self._rests_until is None:
            reason = f"{type(error).__name__}: {error}".removesuffix(": ")
            log.warning("rates are not counted: Redis cannot be used", reason=reason)
        self._rests_until = self._clock() + _REST

    def _found(self) -> None:
        if self._rests_until is not None:
            log.info("rates are counted again")
        self._rests_until = None


@dataclass(frozen=True)
class _Refusal:
    counted: str
    rate: str
    seconds: int


@asynccontextmanager
async def opened(settings: Settings, *, clock: Callable[[], float] = time.monotonic) -> AsyncIterator[Rates]:
    """The rates of a house: counted in `settings.redis`, or else in memory.

    Redis is not asked before the first request: a house opens without it.

    Args:
        settings: what to count, and where.
        clock: seconds that never go back; how long a Redis that failed is left alone.
    """
    if settings.redis is None:
        memory = MemoryStorage()
        # By itself it would look through everything at every hit: 5 ms with 10,000 visitors.
        memory.timer = asyncio.create_task(_sweep(memory), name="rates")
        try:
            yield Rates(settings, memory, clock=clock)
        finally:
            memory.timer.cancel()
            await asyncio.wait([memory.timer])
        return

    from redis.exceptions import RedisError

    pool = redis_pool(settings.redis, connections=20, patience=_PATIENCE)
    shared = RedisStorage(
        "async+redis://",
        implementation="redispy",
        key_prefix="teahouse:rates",
        connection_pool=pool,  # type: ignore[arg-type]  # documented, but not in its type
    )
    try:
        yield Rates(settings, shared, (RedisError,), clock=clock)
    finally:
        await pool.aclose()


async def _sweep(memory: MemoryStorage) -> None:
    """Forget now and then what has expired."""
    while True:
        await asyncio.sleep(_SWEEP)
        await forget_expired(memory)


async def forget_expired(memory: MemoryStorage) -> None:
    """Drop the counters whose time is over."""
    for number, key in enumerate(list(memory.expirations)):
        await memory.get(key)  # reading drops what has expired
        if number % 1000 == 0:
            await asyncio.sleep(0)


def seconds_to_wait(
    rate: RateLimitItem, previous: float, previous_left: float, current: float, current_left: float
) -> int:
    """Seconds until a request is admitted again, if no other comes before; 1 at least.

    Args:
        rate: the rate that is used up.
        previous: requests in the window before.
        previous_left: seconds until those count no more; they count in proportion.
        current: requests in this window.
        current_left: seconds until these count no more: the rest of this window, and the next one.
    """
    period = rate.get_expiry()
    if current >= rate.amount:
        seconds = current_left - period
    elif previous:
        seconds = previous_left - (rate.amount - current) * period / previous
    else:
        seconds = 0.0
    # It is admitted after that moment, not at it; and these are floats.
    return max(1, math.floor(seconds + 0.001) + 1)


def address_of(request: HTTPConnection, *, behind_proxy: bool) -> str | None:
    """What is counted as one address: an IPv4 address, or the /64 network that one IPv6 customer has.

    Args:
        request: whose address.
        behind_proxy: whether `X-Forwarded-For` can be trusted. Its last public address can, which the outermost
            proxy has seen; what stands before it came from the client, who may have invented it.
    """
    peer = request.client.host if request.client else None
    hops = [hop for header in request.headers.getlist("x-forwarded-for") for hop in header.split(",") if hop.strip()]
    if behind_proxy and hops:
        addresses = [_without_port(hop.strip()) for hop in hops]
        peer = next((hop for hop in reversed(addresses) if not _is_inside(hop)), addresses[0])
    return None if peer is None else network_of(peer)


def network_of(host: str) -> str:
    """The network that a host is counted with; what is no IP address is left as it is."""
    address = _ip(host)
    if not isinstance(address, IPv6Address):
        return host[:100]
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(IPv6Network((address.packed, 64), strict=False))


def _is_inside(host: str) -> bool:
    """Whether only a machine of one's own network, such as a second proxy, has this address."""
    address = _ip(host)
    return address is not None and not address.is_global


def _ip(host: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(host)
    except ValueError:
        return None


def _without_port(hop: str) -> str:
    """Some proxies write `192.0.2.1:49152` and `[2001:db8::1]:49152`."""
    if hop.startswith("["):
        return hop[1:].partition("]")[0]
    return hop.partition(":")[0] if hop.count(":") == 1 else hop


def _rate(text: str) -> RateLimitItem | None:
    """A rate as the settings have it; None for `off`."""
    return None if text == "off" else parse(text)
