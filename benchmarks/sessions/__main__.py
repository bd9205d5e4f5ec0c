"""Sessions for distinct visitors: ours beside the guide's backend and the official SDK, in one run.

python -m benchmarks.sessions [--rounds 3] [--seconds 8] [--json FILE] [--check]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks import harness
from benchmarks.harness import LOAD_CORE, SERVER_CORE, Server, median, percentile
from benchmarks.sessions import load
from benchmarks.sessions.load import Target, ask_for

PACKAGES = "teahouse aiohttp openai httpx2 requests fastapi starlette uvicorn uvloop httptools".split()
BACKENDS = {
    "guide": "benchmarks.sessions.guide:app",
    "sdk": "benchmarks.sessions.sdk:app",
    "sdk on aiohttp": "benchmarks.sessions.sdk:app",
    "teahouse": "benchmarks.sessions.ours:app",
}
_ROOT = Path(__file__).parents[2]
_KEY = "sk-benchmark"


@dataclass(frozen=True)
class Case:
    """How long the upstream takes, in seconds, and how many visitors ask at once."""

    delay: float
    visitors: int

    def __str__(self) -> str:
        return f"upstream {self.delay * 1000:g} ms, {self.visitors} visitors"


@dataclass(frozen=True)
class Measured:
    """One side, one case, one round; or the medians of several."""

    sessions_per_second: float
    p50_ms: float
    p95_ms: float
    cpu_ms: float
    load_busy: float

    @classmethod
    def middle(cls, measured: list[Measured]) -> Measured:
        """The median of each figure."""
        rows = [asdict(one) for one in measured]
        return cls(**{name: median(row[name] for row in rows) for name in rows[0]})


@contextmanager
def upstream(delay: float) -> Iterator[int]:
    """The upstream in a process of its own, on the core of the load; gives its port."""
    with socket.create_server((harness.HOST, 0), backlog=4096) as listener:
        port: int = listener.getsockname()[1]
        process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.sessions.upstream", str(listener.fileno()), str(delay)],
            cwd=_ROOT,
            pass_fds=[listener.fileno()],
            preexec_fn=lambda: os.sched_setaffinity(0, {LOAD_CORE}),
        )
    try:
        yield port
    finally:
        process.kill()
        process.wait()


def environment(side: str, port: int) -> dict[str, str]:
    """What a backend is told. Ours counts how often one address asks, but all visitors come from this machine."""
    url = f"http://{harness.HOST}:{port}/v1"
    return {
        "UPSTREAM": url,
        "TRANSPORT": "aiohttp" if side == "sdk on aiohttp" else "",
        "OPENAI_API_KEY": _KEY,
        "NO_PROXY": harness.HOST,
        "TEAHOUSE_DATA": "data",
        "TEAHOUSE_HOSTED__WORKFLOW_ID": "wf_benchmark",
        "TEAHOUSE_HOSTED__BASE_URL": url,
        "TEAHOUSE_RATES__VISITOR": "9999999/minute",
        "TEAHOUSE_RATES__ADDRESS": "9999999/minute",
    }


def measure(target: Target, server: Server | None, visitors: int, seconds: float) -> Measured:
    """Warm up, then ask and measure."""

    async def measured() -> Measured:
        await ask_for(target, min(visitors, 20), seconds / 4)
        cpu, busy = server.cpu_seconds() if server else 0, time.process_time()
        took, lasted = await ask_for(target, visitors, seconds)
        cpu = (server.cpu_seconds() if server else 0) - cpu
        ms = [one * 1000 for one in took] or [float("inf")]
        return Measured(
            sessions_per_second=len(took) / lasted,
            p50_ms=percentile(ms, 50),
            p95_ms=percentile(ms, 95),
            cpu_ms=cpu * 1000 / max(1, len(took)),
            load_busy=(time.process_time() - busy) / lasted,
        )

    return asyncio.run(measured())


def run(options: argparse.Namespace) -> dict[Case, dict[str, Measured]]:
    """Every case: the upstream by itself, and all backends in turn."""
    harness.pin(LOAD_CORE)
    found: dict[Case, dict[str, Measured]] = {}
    for case in (Case(0.2, options.visitors), Case(0.0, 50)):
        with ExitStack() as stack:
            port = stack.enter_context(upstream(case.delay))
            servers = {
                side: stack.enter_context(harness.started(app, core=SERVER_CORE, env=environment(side, port)))
                for side, app in BACKENDS.items()
            }
            targets = {side: load.backend(harness.HOST, server.port) for side, server in servers.items()}
            targets["upstream itself"] = load.upstream(harness.HOST, port)

            def of(case: Case, side: str) -> Measured:
                return measure(targets[side], servers.get(side), case.visitors, options.seconds)  # noqa: B023

            results = harness.rounds(options.rounds, [case], list(targets), of, _tell)
            found[case] = {side: Measured.middle(results[case, side]) for side in targets}
    return found


def table(found: dict[Case, dict[str, Measured]]) -> str:
    """As a Markdown table."""
    head = ["case", "backend", "sessions/s", "× guide", "× sdk", "p50 ms", "p95 ms", "CPU ms/session", "load"]
    rows = []
    for case, sides in found.items():
        for side, m in sides.items():
            guide, sdk = sides["guide"].sessions_per_second, sides["sdk"].sessions_per_second
            rate = m.sessions_per_second
            figures = [f"{rate:.1f}", _times(rate, guide), _times(rate, sdk), f"{m.p50_ms:.0f}", f"{m.p95_ms:.0f}"]
            cpu = f"{m.cpu_ms:.2f}" if side in BACKENDS else ""
            rows.append([str(case) if side == "guide" else "", side, *figures, cpu, f"{m.load_busy:.0%}"])
    return harness.table(head, rows)


def _times(rate: float, other: float) -> str:
    """How many times another's rate; a busy machine can leave one with none."""
    return f"{rate / other:.1f}" if other else "–"


def missed(found: dict[Case, dict[str, Measured]]) -> list[str]:
    """What was promised and is not so in this run."""
    slow, quick = (sides for sides in found.values())
    said = []
    if slow["teahouse"].sessions_per_second < 150 * slow["guide"].sessions_per_second:
        said.append("fewer than 150 times the guide's sessions")
    if slow["teahouse"].p95_ms > 200 + 60:
        said.append("p95 more than 60 ms above the upstream's time")
    if quick["teahouse"].sessions_per_second < 4 * quick["sdk"].sessions_per_second:
        said.append("fewer than 4 times the official SDK's sessions")
    return said


def _tell(line: str) -> None:
    print(line, file=sys.stderr)


def main() -> int:
    """Run, report; with `--check`, judge."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sessions", description=__doc__)
    parser.add_argument("--rounds", type=int, default=3, help="medians are of as many (default 3)")
    parser.add_argument("--seconds", type=float, default=8, help="how long each side is asked (default 8)")
    parser.add_argument("--visitors", type=int, default=200, help="at once, with the slow upstream (default 200)")
    parser.add_argument("--json", type=Path, help="write everything to this file, too")
    parser.add_argument("--check", action="store_true", help="fail where a promise is not kept")
    options = parser.parse_args()
    found = run(options)
    conditions = harness.conditions(PACKAGES) | {"rounds": options.rounds, "seconds": options.seconds}
    if options.json:
        results = [
            {**asdict(case), "backend": side, **asdict(measured)}
            for case, sides in found.items()
            for side, measured in sides.items()
        ]
        options.json.write_text(json.dumps({"conditions": conditions, "results": results}, indent=2) + "\n")
    print(table(found))
    print(json.dumps(conditions, ensure_ascii=False))
    failures = missed(found) if options.check else []
    for failure in failures:
        _tell(failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
