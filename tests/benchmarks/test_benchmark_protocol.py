"""The protocol benchmark runs, and would notice a torn or lost answer. No time is asserted anywhere."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from benchmarks.protocol.__main__ import Case, Measured, Report
from benchmarks.protocol.load import IncompleteAnswer, Visitor
from benchmarks.protocol.question import Question

ROOT = Path(__file__).parents[2]
TINY = "--rounds 1 --answers 2 --deltas 5 --visitors 1 2 --pauses 0 1".split()


def test_both_sides_answer_and_ours_are_found_after_a_kill(tmp_path: Path) -> None:
    report = tmp_path / "report.json"

    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks.protocol", *TINY, "--json", str(report)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    found = json.loads(report.read_text())
    assert [result["server"] for result in found["results"]] == ["reference", "teahouse"] * 8
    assert all(result["cpu_us_per_event"] > 0 for result in found["results"])
    assert found["conditions"]["answers_found_after_kill"] > 0
    assert ran.stdout.startswith("| case ")


def test_a_case_is_dearer_when_an_answer_costs_more_cpu_than_the_reference() -> None:
    cheap, dear = (Measured(*[cost] * 8) for cost in (1.0, 2.0))
    fine, bad = Case(new_threads=True, visitors=1, pause=0), Case(new_threads=False, visitors=1, pause=0)
    results = {fine: {"reference": dear, "teahouse": cheap}, bad: {"reference": cheap, "teahouse": dear}}

    assert Report({}, results).dearer() == [bad]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        pytest.param(b"HTTP/1.1 500 Oh\r\ncontent-length: 4\r\n\r\ndear", "dear", id="not 200"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n9\r\ndata: {}\n\r\n", "closed", id="torn"),
        pytest.param(b"HTTP/1.1 200 OK\r\n\r\n9\r\ndata: {}\n\r\n0\r\n\r\n", "1 frames", id="too short"),
    ],
)
async def test_an_incomplete_answer_is_no_measurement(answer: bytes, reason: str) -> None:
    async with answering(answer) as port:
        visitor = await Visitor.connect("127.0.0.1", port)
        with pytest.raises(IncompleteAnswer, match=reason):
            await visitor.ask(Question(3), new_thread=True)
        visitor.close()


@asynccontextmanager
async def answering(answer: bytes) -> AsyncIterator[int]:
    """A server on a port that says the same to everybody and hangs up."""

    async def answer_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"}")
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer_once, "127.0.0.1", 0) as server:
        yield server.sockets[0].getsockname()[1]
