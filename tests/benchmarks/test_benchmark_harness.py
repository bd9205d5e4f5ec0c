"""The benchmarks' own tools. No time is asserted anywhere."""

from __future__ import annotations

import os
import socket

import pytest

from benchmarks import harness


def test_sides_take_turns_and_change_places() -> None:
    order: list[tuple[str, str]] = []

    def measure(case: str, side: str) -> int:
        order.append((case, side))
        return len(order)

    results = harness.rounds(2, ["x", "y"], ["a", "b"], measure)

    assert order == [
        *[("x", "a"), ("x", "b"), ("y", "a"), ("y", "b")],
        *[("x", "b"), ("x", "a"), ("y", "b"), ("y", "a")],
    ]
    assert results["x", "a"] == [1, 6]


def test_percentiles_are_values_that_were_measured() -> None:
    assert harness.percentile([4, 1, 3, 2], 50) == 2
    assert harness.percentile([4, 1, 3, 2], 95) == 4
    assert harness.percentile([7], 1) == 7


def test_a_table_is_markdown_and_aligned() -> None:
    assert harness.table(["case", "n"], [["a", "1,000"], ["bcdef", "2"]]).splitlines() == [
        "| case  |     n |",
        "|-------|------:|",
        "| a     | 1,000 |",
        "| bcdef |     2 |",
    ]


def test_a_server_runs_on_its_core_and_its_cpu_time_is_read() -> None:
    with harness.started("tests.benchmarks.test_benchmark_harness:hello", core=harness.SERVER_CORE) as server:
        assert os.sched_getaffinity(server.pid) == {harness.SERVER_CORE}
        assert server.cpu_seconds() > 0
        assert server.resident_bytes() > 1_000_000
        server.kill()
        with pytest.raises(ConnectionRefusedError):
            socket.create_connection((harness.HOST, server.port))


def test_a_server_that_does_not_start_says_why() -> None:
    with (
        pytest.raises(RuntimeError, match=r"module \"nowhere\""),
        harness.started("nowhere:app", core=harness.SERVER_CORE),
    ):
        pass


async def hello(scope, receive, send) -> None:  # type: ignore[no-untyped-def]
    """An ASGI app that answers everything with an empty 200."""
    if scope["type"] == "http":
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b""})
