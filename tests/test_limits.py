"""Rates: how often one visitor and one address may ask; in memory and in a real Redis."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest
import redis as redis_client
from hypothesis import given
from hypothesis import settings as tried
from hypothesis import strategies as st
from limits import parse
from limits.aio.storage import MemoryStorage
from pydantic import ValidationError
from redis.asyncio import BlockingConnectionPool
from starlette.requests import HTTPConnection

from redis_server import PASSWORD, RedisServer
from teahouse import Settings, limits
from teahouse.errors import Problem
from teahouse.limits import Asker, Rates, address_of, network_of

ALICE, BOB = Asker("vis_alice", "1.2.3.4"), Asker("vis_bob", "5.6.7.8")
AT_ALICES = Asker("vis_carol", "1.2.3.4")
OFF = dict.fromkeys(("visitor", "address", "visitor_quick", "address_quick"), "off")


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 1_800_000_000.25

    def __call__(self) -> float:
        return self.now


class InMemory:
    """Counting in memory, by a clock of our own."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._clock = Clock()
        monkeypatch.setattr(time, "time", self._clock)

    @asynccontextmanager
    async def opened(self, **rates: str) -> AsyncIterator[Rates]:
        async with limits.opened(Settings(rates=OFF | rates)) as opened:
            yield opened

    def let_pass(self, seconds: float) -> None:
        self._clock.now += seconds


class InRedis:
    """Counting in Redis, whose keys grow older when we say so."""

    def __init__(self, server: RedisServer) -> None:
        self._url = server.url()
        with self._client() as client:
            client.flushall()

    @asynccontextmanager
    async def opened(self, **rates: str) -> AsyncIterator[Rates]:
        async with limits.opened(Settings(rates=OFF | rates, redis=self._url)) as opened:
            yield opened

    def let_pass(self, seconds: float) -> None:
        with self._client() as client:
            for key in client.scan_iter():
                client.pexpire(key, client.pttl(key) - int(seconds * 1000))

    def _client(self) -> Any:
        return redis_client.Redis.from_url(self._url)


@pytest.fixture(params=["memory", "redis"])
def place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> InMemory | InRedis:
    """Where is counted."""
    if request.param == "memory":
        return InMemory(monkeypatch)
    patient(monkeypatch)
    return InRedis(request.getfixturevalue("redis"))


def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A busy machine may keep a Redis waiting that is well."""
    monkeypatch.setattr(limits, "_PATIENCE", 10)


@pytest.fixture
def said(caplog: pytest.LogCaptureFixture) -> Callable[[], list[str]]:
    """What the log says of rates."""
    caplog.set_level("INFO", "teahouse.limits")
    return lambda: [record.getMessage() for record in caplog.records if record.name == "teahouse.limits"]


async def refusal(rates: Rates, asker: Asker, *, streams: bool = True) -> int | None:
    """Seconds to wait; None when the request is admitted."""
    try:
        await rates.count(asker, streams=streams)
    except Problem as problem:
        return int(str(problem.details["seconds"]))
    return None


async def admitted(rates: Rates, asker: Asker, times: int, *, streams: bool = True) -> int:
    """How many of some requests are admitted."""
    return [await refusal(rates, asker, streams=streams) for _ in range(times)].count(None)


# --- Counting -----------------------------------------------------------------------------------------


async def test_a_visitor_is_refused_beyond_their_rate_and_others_are_not(place: Any) -> None:
    async with place.opened(visitor="3/minute") as rates:
        assert await admitted(rates, ALICE, 5) == 3
        assert await admitted(rates, BOB, 5) == 3


async def test_after_the_seconds_that_were_named_a_request_is_admitted(place: Any) -> None:
    async with place.opened(visitor="3/minute") as rates:
        await admitted(rates, ALICE, 3)
        seconds = await refusal(rates, ALICE)
        assert seconds is not None
        assert 1 <= seconds <= 61
        place.let_pass(seconds)
        assert await refusal(rates, ALICE) is None
        assert await refusal(rates, ALICE) is not None, "the window before still counts in proportion"


async def test_what_is_two_windows_ago_counts_no_more(place: Any) -> None:
    async with place.opened(visitor="3/minute") as rates:
        for _ in range(3):
            assert await admitted(rates, ALICE, 4) == 3
            place.let_pass(121)


async def test_who_throws_the_cookie_away_is_bounded_by_their_address(place: Any) -> None:
    async with place.opened(visitor="2/minute", address="6/minute") as rates:
        visitors = [Asker(f"vis_{number}", "1.2.3.4") for number in range(20)]
        assert sum([await admitted(rates, visitor, 1) for visitor in visitors]) == 6
        assert await refusal(rates, BOB) is None


async def test_a_visitor_beyond_their_rate_takes_nothing_from_others_at_their_address(place: Any) -> None:
    async with place.opened(visitor="2/minute", address="4/minute") as rates:
        assert await admitted(rates, ALICE, 10) == 2
        assert await admitted(rates, AT_ALICES, 10) == 2


async def test_messages_and_quick_requests_are_counted_apart(place: Any) -> None:
    async with place.opened(visitor="2/minute", visitor_quick="4/minute") as rates:
        assert await admitted(rates, ALICE, 6) == 2
        assert await admitted(rates, ALICE, 6, streams=False) == 4


async def test_requests_that_come_together_are_counted_one_by_one(place: Any) -> None:
    async with place.opened(visitor="10/minute", address="15/minute") as rates:
        results = await asyncio.gather(*(refusal(rates, ALICE) for _ in range(30)))
        assert results.count(None) == 10
        results = await asyncio.gather(*(refusal(rates, AT_ALICES) for _ in range(30)))
        assert results.count(None) <= 5, "the address has five left"


async def test_an_address_that_nobody_knows_is_not_counted(place: Any) -> None:
    async with place.opened(address="1/minute") as rates:
        assert await admitted(rates, Asker("vis_alice", None), 5) == 5


async def test_what_is_off_is_not_counted(place: Any) -> None:
    async with place.opened() as rates:
        assert await admitted(rates, ALICE, 1000) == 1000


async def test_the_log_says_who_was_counted_by_which_rate(place: Any, said: Any) -> None:
    async with place.opened(visitor="1/minute") as rates:
        await admitted(rates, ALICE, 2)
    [line] = said()
    assert line.startswith("too many requests counted=visitor rate=1 per 1 minute seconds=")


MOMENTS = st.lists(st.floats(0.01, 50), min_size=5, max_size=60)


@given(pauses=MOMENTS, amount=st.integers(1, 7), period=st.sampled_from(["10 second", "minute"]))
@tried(max_examples=60, deadline=None)
async def test_the_seconds_that_are_named_are_enough_and_not_too_many(
    pauses: list[float], amount: int, period: str
) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        place = InMemory(monkeypatch)
        async with place.opened(visitor=f"{amount}/{period}") as rates:
            for pause in pauses:
                seconds = await refusal(rates, ALICE)
                if seconds is None:
                    place.let_pass(pause)
                    continue
                if seconds > 2:
                    place.let_pass(seconds - 2)
                    assert await refusal(rates, ALICE) is not None
                    place.let_pass(2)
                else:
                    place.let_pass(seconds)
                assert await refusal(rates, ALICE) is None


# --- Memory -------------------------------------------------------------------------------------------


async def test_memory_forgets_and_looks_through_nothing_while_somebody_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """The library would sweep at every hit, which costs the more the more visitors there are."""
    clock = Clock()
    monkeypatch.setattr(time, "time", clock)
    async with AsyncExitStack() as stack:
        made: list[MemoryStorage] = []
        monkeypatch.setattr(limits, "MemoryStorage", lambda: made.append(MemoryStorage()) or made[-1])
        rates = await stack.enter_async_context(limits.opened(Settings()))
        [memory] = made
        tasks = asyncio.all_tasks()
        for number in range(50):
            await rates.count(Asker(f"vis_{number}", f"1.2.3.{number}"), streams=True)
        assert asyncio.all_tasks() == tasks
        assert len(memory.storage) == 100
        clock.now += 60
        await limits.forget_expired(memory)
        assert len(memory.storage) == 100, "they are the window before"
        clock.now += 61
        await limits.forget_expired(memory)
        assert not memory.storage
        assert not memory.expirations
        assert not memory.locks


async def test_a_refused_address_leaves_nothing_of_its_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[MemoryStorage] = []
    monkeypatch.setattr(limits, "MemoryStorage", lambda: made.append(MemoryStorage()) or made[-1])
    async with limits.opened(Settings(rates={"address": "3/minute"})) as rates:
        for number in range(500):
            await refusal(rates, Asker(f"vis_{number}", "1.2.3.4"))
        assert len(made[0].storage) == 4


async def test_the_sweep_ends_with_the_house() -> None:
    before = asyncio.all_tasks()
    async with limits.opened(Settings()):
        assert len(asyncio.all_tasks()) == len(before) + 1
    assert asyncio.all_tasks() == before


# --- Redis --------------------------------------------------------------------------------------------


async def test_two_processes_count_together(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    patient(monkeypatch)
    place = InRedis(redis)
    async with place.opened(visitor="4/minute") as here, place.opened(visitor="4/minute") as there:
        assert [await refusal(rates, ALICE) for rates in (here, there, here, there)] == [None] * 4
        assert await refusal(here, ALICE) is not None
        assert await refusal(there, ALICE) is not None


async def test_while_redis_is_dead_nobody_is_refused_and_then_it_counts_again(
    redis: RedisServer, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    clock, chosen = Clock(), Settings(rates=OFF | {"visitor": "2/minute"}, redis=redis.url())
    async with limits.opened(chosen, clock=clock) as rates:
        assert await admitted(rates, BOB, 3) == 2
        redis.kill()
        try:
            for _ in range(3):
                assert await admitted(rates, ALICE, 5) == 5
                clock.now += 10
        finally:
            redis.start()
        clock.now += 10
        assert await admitted(rates, ALICE, 5) == 2
    lines = [line for line in said() if not line.startswith("too many")]
    assert len(lines) == 2
    assert lines[0].startswith("rates are not counted: Redis cannot be used reason=")
    assert lines[1] == "rates are counted again"
    assert PASSWORD not in "".join(lines)


async def test_a_restart_between_two_requests_is_not_noticed(
    redis: RedisServer, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    async with InRedis(redis).opened(visitor="9/minute") as rates:
        await rates.count(ALICE, streams=True)
        redis.kill()
        redis.start()
        await rates.count(ALICE, streams=True)
    assert said() == []


async def test_a_redis_that_hears_nothing_holds_up_few(
    redis: RedisServer, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One request waits for it, once and not for each of its tries; the next ones do not ask."""
    monkeypatch.setattr(limits, "_PATIENCE", 1.0)
    clock, chosen = Clock(), Settings(rates=OFF | {"visitor": "2/minute"}, redis=redis.url())
    redis.freeze()
    try:
        async with limits.opened(chosen, clock=clock) as rates:
            async with asyncio.timeout(1.9):
                await rates.count(ALICE, streams=True)
            async with asyncio.timeout(0.9):
                assert await admitted(rates, ALICE, 50) == 50
    finally:
        redis.thaw()
    assert len(said()) == 1


async def test_a_redis_that_refuses_us_refuses_nobody(
    redis: RedisServer, said: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    chosen = Settings(rates=OFF | {"visitor": "1/minute"}, redis=redis.url(password="wrong-one"))
    async with limits.opened(chosen) as rates:
        assert await admitted(rates, ALICE, 3) == 3
    assert len(said()) == 1
    assert "wrong-one" not in said()[0]


async def test_valkeys_own_scheme_is_understood(redis: RedisServer, monkeypatch: pytest.MonkeyPatch) -> None:
    patient(monkeypatch)
    InRedis(redis)
    chosen = Settings(rates=OFF | {"visitor": "1/minute"}, redis=redis.url(scheme="valkey"))
    async with limits.opened(chosen) as rates:
        assert await admitted(rates, ALICE, 3) == 1


async def test_nothing_stays_in_redis_for_longer_than_two_windows(
    redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    patient(monkeypatch)
    async with InRedis(redis).opened(visitor="2/minute", address="2/minute") as rates:
        await admitted(rates, ALICE, 3)
    with redis_client.Redis.from_url(redis.url()) as client:
        keys = client.keys()
        assert len(keys) == 2
        assert all(key.startswith(b"teahouse:rates:") for key in keys)
        assert all(0 < client.pttl(key) <= 120_000 for key in keys)


# --- Addresses ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("1.2.3.4", "1.2.3.4"),
        ("::ffff:1.2.3.4", "1.2.3.4"),
        ("2a00:1450:4001:81b::200e", "2a00:1450:4001:81b::/64"),
        ("2A00:1450:4001:081B:dead:beef:0:1", "2a00:1450:4001:81b::/64"),
        ("2a00:1450:4001:81c::200e", "2a00:1450:4001:81c::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("testclient", "testclient"),
        ("x" * 1000, "x" * 100),
    ],
)
def test_one_customer_of_ipv6_is_one_address(host: str, network: str) -> None:
    assert network_of(host) == network


def request(*forwarded: str, peer: str | None = "127.0.0.1") -> HTTPConnection:
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    return HTTPConnection({"type": "http", "headers": headers, "client": (peer, 1) if peer else None})


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ([], "127.0.0.1"),
        (["1.2.3.4"], "1.2.3.4"),
        (["1.2.3.4:49152"], "1.2.3.4"),
        (["[2a00:1450:4001:81b::1]:49152"], "2a00:1450:4001:81b::/64"),
        (["2a00:1450:4001:81b::1"], "2a00:1450:4001:81b::/64"),
        (["9.9.9.9, 1.2.3.4"], "1.2.3.4"),  # what the client invents stands before
        (["9.9.9.9", "1.2.3.4"], "1.2.3.4"),
        (["anything, 1.2.3.4, 10.0.0.7"], "1.2.3.4"),  # a second proxy of ours
        (["10.0.0.8, 10.0.0.7"], "10.0.0.8"),  # all inside
        ([" , "], "127.0.0.1"),
    ],
)
def test_behind_a_proxy_the_last_public_address_is_the_visitors(forwarded: list[str], address: str) -> None:
    assert address_of(request(*forwarded), behind_proxy=True) == address


def test_without_a_proxy_nobody_is_believed() -> None:
    assert address_of(request("1.2.3.4", peer="5.6.7.8"), behind_proxy=False) == "5.6.7.8"
    assert address_of(request("1.2.3.4", peer=None), behind_proxy=False) is None


@given(st.lists(st.text(max_size=30), max_size=4))
@tried(deadline=None)
def test_no_header_is_too_strange(forwarded: list[str]) -> None:
    address = address_of(request(*forwarded), behind_proxy=True)
    assert address is not None
    assert len(address) <= 100


# --- Settings -----------------------------------------------------------------------------------------


def settings_or_reason(**values: Any) -> Settings | str:
    """The settings, or why they are refused."""
    try:
        return Settings(**values)
    except ValidationError as error:
        return str(error)


RATES = st.one_of(
    st.from_regex(r"[0-9]{1,8}\s?(/|per)\s?([0-9]{1,4} ?)?[a-z]{3,7}", fullmatch=True),
    st.builds(
        "{}/{}{}{}".format,
        st.integers(0, 20_000_000),
        st.sampled_from(["", "2 ", "0 ", "15 ", "1000 "]),
        st.sampled_from(["second", "minute", "hour", "day", "week", "month"]),
        st.sampled_from(["", "s", "ss"]),
    ),
    st.text(max_size=20),
)


@given(RATES)
@tried(deadline=None)
def test_a_rate_is_refused_in_words_or_can_be_counted(text: str) -> None:
    chosen = settings_or_reason(rates={"visitor": text})
    if isinstance(chosen, str):
        assert "it is not a rate such as 30/minute" in chosen
        return
    assert chosen.rates.visitor == text
    if text != "off":
        amount, period = text.split("/")
        multiple, _, unit = period.rpartition(" ")
        seconds = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}[unit.removesuffix("s")]
        rate = parse(text)
        assert (rate.amount, rate.get_expiry()) == (int(amount), int(multiple or 1) * seconds)
        assert rate.amount > 0


@pytest.mark.parametrize("text", ["30/minute", "1/second", "500/2 hours", "9999999/999 days", "off"])
def test_rates_people_write_are_taken(text: str) -> None:
    assert Settings(rates={"address": text}).rates.address == text


ADDRESSES = st.one_of(
    st.from_regex(
        r"(redis|rediss|valkey|valkeys|unix)://[^\s]{0,12}@?[a-z0-9.\[\]:]{1,12}(/[0-9]{0,2})?", fullmatch=True
    ),
    st.text(max_size=30).map("redis://{}".format),
)


@given(ADDRESSES)
@tried(deadline=None)
def test_an_address_of_redis_is_refused_in_words_or_can_be_used(text: str) -> None:
    chosen = settings_or_reason(redis=text)
    if isinstance(chosen, str):
        assert "it is not an address such as redis://" in chosen
        return
    BlockingConnectionPool.from_url(text.replace("valkey", "redis", 1))


@pytest.mark.parametrize(
    "text",
    [
        "redis://localhost",
        "redis://:a%40b@cache.internal:6380/3",
        "rediss://user:secret@cache.example.com:6380?ssl_cert_reqs=none",
        "valkey://[::1]:6379/0",
        "unix:///run/redis.sock?db=2",
    ],
)
def test_addresses_people_write_are_taken(text: str) -> None:
    chosen = Settings(redis=text)
    assert chosen.redis is not None
    assert chosen.redis.get_secret_value() == text


def test_a_missing_client_of_redis_is_told_at_the_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("teahouse.settings.find_spec", lambda name: None)
    with pytest.raises(ValidationError, match=r"pip install 'teahouse\[redis\]'"):
        Settings(redis="redis://localhost")
