from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import pytest

from house import Browser
from postgres_server import PostgresServer
from redis_server import RedisServer
from teahouse import Settings, Teahouse

OpenHouse = Callable[..., Awaitable[Teahouse]]


@pytest.fixture(autouse=True)
def plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting, key or proxy of the machine that runs the tests."""
    for variable in os.environ:
        if variable.startswith("TEAHOUSE_") or variable in ("PORT", "OPENAI_API_KEY", "OPENAI_BASE_URL"):
            monkeypatch.delenv(variable)


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL for all tests. Who restarts it waits until it is there again."""
    with PostgresServer(deadlock_timeout="50ms") as server:
        yield server


@pytest.fixture(scope="session")
def redis() -> Iterator[RedisServer]:
    """A Redis for all tests. Who kills or freezes it leaves it running."""
    with RedisServer() as server:
        yield server


@pytest.fixture
async def open_house(tmp_path: Path) -> AsyncIterator[OpenHouse]:
    """Opens a Teahouse: `await open_house(ParrotServer, limits={"heartbeat_seconds": 0.01})`."""
    async with AsyncExitStack() as houses:

        async def opened(server: Any = None, *, agent: Any = None, **settings: Any) -> Teahouse:
            house = Teahouse(server=server, agent=agent, settings=Settings(**{"data": tmp_path / "data"} | settings))
            await house.start()
            houses.push_async_callback(house.stop)
            return house

        yield opened


@pytest.fixture
async def visit() -> AsyncIterator[Callable[..., Browser]]:
    """Makes browsers: `alice = visit(house)`."""
    async with AsyncExitStack() as browsers:

        def arrived(house: Any, **options: Any) -> Browser:
            browser = Browser(getattr(house, "app", house), **options)
            browsers.push_async_callback(browser.http.aclose)
            return browser

        yield arrived
