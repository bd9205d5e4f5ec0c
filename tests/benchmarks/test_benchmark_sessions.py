"""The benchmark of sessions measures what it says: every side makes real sessions, for somebody new each time."""

from __future__ import annotations

import asyncio

import pytest

from benchmarks import harness
from benchmarks.harness import SERVER_CORE
from benchmarks.sessions import load
from benchmarks.sessions.__main__ import BACKENDS, Case, Measured, environment, missed, table, upstream
from benchmarks.sessions.load import ask_for


async def ask_twice(target: load.Target) -> list[float]:
    """How long each took, in seconds."""
    _, visitor = await asyncio.get_running_loop().create_connection(load.Visitor, target.host, target.port)
    try:
        return [await visitor.ask(target.request) for _ in range(2)]
    finally:
        visitor.close()


@pytest.mark.parametrize("side", BACKENDS)
def test_every_backend_makes_sessions(side: str) -> None:
    with (
        upstream(0.01) as port,
        harness.started(BACKENDS[side], core=SERVER_CORE, env=environment(side, port)) as server,
    ):
        took = asyncio.run(ask_twice(load.backend(harness.HOST, server.port)))
    assert min(took) >= 0.01, "a session that was kept is what would be measured"


def test_the_upstream_refuses_what_openai_would() -> None:
    with upstream(0) as port:
        wrong = load.Target(harness.HOST, port, load.upstream(harness.HOST, port).request.replace(b"v1\r\n", b"v2\r\n"))
        with pytest.raises(RuntimeError, match="400"):
            asyncio.run(ask_for(wrong, visitors=1, seconds=5))


def test_a_promise_that_is_not_kept_is_named() -> None:
    def side(rate: float, p95: float) -> Measured:
        return Measured(sessions_per_second=rate, p50_ms=200, p95_ms=p95, cpu_ms=1, load_busy=0.1)

    def found(rate: float, p95: float) -> dict[Case, dict[str, Measured]]:
        slow = {"guide": side(4, 9000), "sdk": side(200, 900), "teahouse": side(rate, p95)}
        return {Case(0.2, 200): slow, Case(0, 50): slow}

    assert missed(found(801, 250)) == []
    assert len(missed(found(599, 261))) == 3
    assert "× guide" in table(found(801, 250))
