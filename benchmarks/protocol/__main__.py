"""`python -m benchmarks.protocol`: Teahouse beside the reference, in one run. See `benchmarks/README.md`."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from benchmarks import harness
from benchmarks.harness import LOAD_CORE, SERVER_CORE, Server, median, percentile
from benchmarks.protocol.load import Reply, Visitor, ask_many
from benchmarks.protocol.question import Question
from benchmarks.protocol.stored import stored_answers

SIDES = {"reference": "benchmarks.protocol.reference:app", "teahouse": "benchmarks.protocol.ours:app"}
PACKAGES = "teahouse openai-chatkit fastapi starlette uvicorn uvloop httptools pydantic sqlalchemy".split()
# Ours counts how often one address asks, but all visitors come from this machine and are to be answered.
_ENVIRONMENT = {
    "TEAHOUSE_DATA": "data",
    "TEAHOUSE_RATES__VISITOR": "9999999/minute",
    "TEAHOUSE_RATES__ADDRESS": "9999999/minute",
}


@dataclass(frozen=True)
class Case:
    """What is asked, by how many at once.

    Attributes:
        new_threads: whether each question begins a thread.
        visitors: how many ask at the same time.
        pause: seconds between an answer's deltas.
    """

    new_threads: bool
    visitors: int
    pause: float

    def __str__(self) -> str:
        threads = "new thread" if self.new_threads else "same thread"
        pace = f"paced {self.pause * 1000:g} ms" if self.pause else "unpaced"
        return f"{threads}, {pace}, {self.visitors} at once"


@dataclass(frozen=True)
class Measured:
    """One side, one case, one round; or the medians of several rounds.

    Attributes:
        load_busy: share of its core that the load took: near 1 it is the load that is measured.
    """

    answers_per_second: float
    events_per_second: float
    cpu_us_per_event: float
    cpu_ms_per_answer: float
    first_ms_p50: float
    first_ms_p95: float
    resident_mb: float
    load_busy: float

    @classmethod
    def middle(cls, measured: list[Measured]) -> Measured:
        """The median of each figure."""
        rows = [asdict(one) for one in measured]
        return cls(**{name: median(row[name] for row in rows) for name in rows[0]})


class Bench:
    """Both servers, and the questions put to them.

    Args:
        servers: by side.
        deltas: pieces of text in an answer.
        answers: how many are measured at a time, unpaced; paced, each visitor asks once or twice.
    """

    def __init__(self, servers: dict[str, Server], *, deltas: int, answers: int) -> None:
        self._servers = servers
        self._deltas = deltas
        self._answers = answers
        self.answered = dict.fromkeys(servers, 0)

    def measure(self, case: Case, side: str) -> Measured:
        """Warm up, then ask and measure."""
        return asyncio.run(self._measure(case, side))

    async def _measure(self, case: Case, side: str) -> Measured:
        server = self._servers[side]
        visitors = [await Visitor.connect(harness.HOST, server.port) for _ in range(case.visitors)]
        try:
            # Each visitor's first question makes the thread and brings the cookie.
            await self._ask(side, visitors, Question(self._deltas), len(visitors), new_threads=True)
            wanted = max(case.visitors, 2) if case.pause else max(case.visitors, self._answers)
            cpu, load, begun = server.cpu_seconds(), time.process_time(), time.perf_counter()
            replies = await self._ask(
                side, visitors, Question(self._deltas, case.pause), wanted, new_threads=case.new_threads
            )
            seconds = time.perf_counter() - begun
            cpu, load = server.cpu_seconds() - cpu, time.process_time() - load
        finally:
            for visitor in visitors:
                visitor.close()
        return _figures(replies, seconds, cpu, load, server)

    async def _ask(
        self, side: str, visitors: list[Visitor], question: Question, answers: int, *, new_threads: bool
    ) -> list[Reply]:
        replies = await ask_many(visitors, question, answers, new_threads=new_threads)
        self.answered[side] += len(replies)
        return replies

    def check_durable(self) -> int:
        """Kill Teahouse as a crash would, and find every answer that anybody was given in its database.

        Raises:
            RuntimeError: some are lost.
        """
        server, told = self._servers["teahouse"], self.answered["teahouse"]
        server.kill()
        kept = stored_answers(server.folder / "data" / "teahouse.db", Question(self._deltas))
        if kept != told:
            raise RuntimeError(f"Of {told} answers that were read to their end, {kept} are in the database.")
        return kept


def _figures(replies: list[Reply], seconds: float, cpu: float, load: float, server: Server) -> Measured:
    events = sum(reply.events for reply in replies)
    first = [reply.first * 1000 for reply in replies]
    return Measured(
        answers_per_second=len(replies) / seconds,
        events_per_second=events / seconds,
        cpu_us_per_event=cpu / events * 1e6,
        cpu_ms_per_answer=cpu / len(replies) * 1e3,
        first_ms_p50=percentile(first, 50),
        first_ms_p95=percentile(first, 95),
        resident_mb=server.resident_bytes() / 1e6,
        load_busy=load / seconds,
    )


@dataclass(frozen=True)
class Report:
    """What came out."""

    conditions: dict[str, Any]
    results: dict[Case, dict[str, Measured]]

    def table(self) -> str:
        """As a Markdown table, two rows for each case."""
        head = "case|server|answers/s|events/s|CPU µs/event|CPU ms/answer|first p50 ms|first p95 ms|RSS MB|load".split(
            "|"
        )
        rows = [_row(case, side, m) for case, sides in self.results.items() for side, m in sides.items()]
        return harness.table(head, rows)

    def json(self) -> str:
        """All of it."""
        results = [
            {**asdict(case), "server": side, **asdict(measured)}
            for case, sides in self.results.items()
            for side, measured in sides.items()
        ]
        return json.dumps({"conditions": self.conditions, "results": results}, indent=2, ensure_ascii=False)

    def dearer(self) -> list[Case]:
        """The cases where an answer of ours costs more CPU than one of the reference."""
        return [
            case
            for case, sides in self.results.items()
            if sides["teahouse"].cpu_ms_per_answer > sides["reference"].cpu_ms_per_answer
        ]


def _row(case: Case, side: str, m: Measured) -> list[str]:
    return [
        str(case) if side == next(iter(SIDES)) else "",
        side,
        f"{m.answers_per_second:.0f}",
        f"{m.events_per_second:,.0f}",
        f"{m.cpu_us_per_event:.1f}",
        f"{m.cpu_ms_per_answer:.2f}",
        f"{m.first_ms_p50:.1f}",
        f"{m.first_ms_p95:.1f}",
        f"{m.resident_mb:.0f}",
        f"{m.load_busy:.0%}",
    ]


def run(options: argparse.Namespace) -> Report:
    """Start both, ask, and look whether what was answered is kept."""
    conditions = harness.conditions(PACKAGES)
    cases = [
        Case(new_threads, visitors, pause / 1000)
        for pause in options.pauses
        for new_threads in (True, False)
        for visitors in options.visitors
    ]
    with ExitStack() as stack:
        servers = {
            side: stack.enter_context(harness.started(app, core=SERVER_CORE, env=_ENVIRONMENT))
            for side, app in SIDES.items()
        }
        harness.pin(LOAD_CORE)
        bench = Bench(servers, deltas=options.deltas, answers=options.answers)
        found = harness.rounds(options.rounds, cases, list(SIDES), bench.measure, _tell)
        conditions |= {"rounds": options.rounds, "deltas": options.deltas, "answers": options.answers}
        conditions["answers_found_after_kill"] = bench.check_durable()
    results = {case: {side: Measured.middle(found[case, side]) for side in SIDES} for case in cases}
    return Report(conditions, results)


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.protocol", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5, help="medians are of as many (default 5)")
    parser.add_argument("--answers", type=int, default=150, help="answers of an unpaced measurement (default 150)")
    parser.add_argument("--deltas", type=int, default=200, help="deltas of an answer (default 200)")
    parser.add_argument("--visitors", type=int, nargs="+", default=[1, 10, 50], help="how many ask at once")
    parser.add_argument("--pauses", type=float, nargs="+", default=[0, 10], help="ms between deltas; 0: none")
    parser.add_argument("--json", type=Path, help="write everything to this file, too")
    parser.add_argument("--check", action="store_true", help="fail if an answer of ours costs more CPU anywhere")
    return parser


def main() -> int:
    """Run, report; with `--check`, judge."""
    options = _arguments().parse_args()
    report = run(options)
    print(report.table())
    print(json.dumps(report.conditions, ensure_ascii=False))
    if options.json:
        options.json.write_text(report.json() + "\n")
    dearer = report.dearer() if options.check else []
    for case in dearer:
        _tell(f"An answer costs more CPU than the reference's: {case}")
    return 1 if dearer else 0


if __name__ == "__main__":
    sys.exit(main())
