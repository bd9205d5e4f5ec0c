from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from house import served
from teahouse.emulator import Emulator
from teahouse.emulator.serving import Protocol

Serve = Callable[[Emulator], Any]


@asynccontextmanager
async def emulated(emulator: Emulator) -> AsyncIterator[str]:
    """A running emulator; gives the base URL for clients."""
    async with served(emulator.app, http=Protocol, lifespan="off", timeout_graceful_shutdown=0) as url:
        yield f"{url}/v1"


@pytest.fixture
async def emulate() -> AsyncIterator[Callable[..., Any]]:
    """Runs emulators: `url = await emulate(Emulator(scenario="flaky"))`."""
    async with AsyncExitStack() as running:

        async def started(emulator: Emulator | None = None) -> str:
            return await running.enter_async_context(emulated(emulator or Emulator()))

        yield started
