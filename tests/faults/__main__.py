"""Play many schedules, or one again: `python -m tests.faults [--log LOG]… [--seeds COUNT | --seed SEED]`."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from random import Random

# What the tests import as pytest lets them: postgres_server, redis_server, house.
sys.path.insert(0, str(Path(__file__).parents[1]))

from .play import Played, play
from .schedule import LOGS, Log, schedule
from .table import table
from .town import LEASE, Town


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.faults", description=__doc__)
    parser.add_argument("--log", choices=LOGS, action="append", help="only with this run log (repeatable)")
    parser.add_argument("--seeds", type=int, default=30, help="how many schedules, all logs together (30)")
    parser.add_argument("--first", type=int, default=1000, help="the first seed (1000)")
    parser.add_argument("--seed", type=int, help="only this one")
    parser.add_argument("--show", action="store_true", help="print schedules and traces, violated or not")
    chosen = parser.parse_args()
    logs: Sequence[Log] = chosen.log or LOGS
    seeds = [chosen.seed] if chosen.seed is not None else range(chosen.first, chosen.first + chosen.seeds)
    # As Ctrl-C, so that whatever runs is ended.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    return asyncio.run(_play_all(logs, seeds, show=chosen.show))


async def _play_all(logs: Sequence[Log], seeds: Sequence[int], *, show: bool) -> int:
    survived: Counter[tuple[str, str]] = Counter()
    violated: list[tuple[Log, int]] = []
    began = time.monotonic()
    for place, log in enumerate(logs):
        # One seed alone is for each log; many are shared out.
        share = seeds if len(seeds) == 1 else seeds[place :: len(logs)]
        async with AsyncExitStack() as stack:
            town: Town | None = None
            for seed in share:
                town = town or await stack.enter_async_context(_town(log))
                played = await play(schedule(seed, log, lease=LEASE), town)
                _say(played, show=show)
                survived.update({(kind, log): count for kind, count in played.counts.items() if played.survived})
                if not played.survived:
                    violated.append((log, seed))
                    await stack.aclose()  # the next schedule begins in a healthy one
                    town = None
    count = sum(len(seeds if len(seeds) == 1 else seeds[place :: len(logs)]) for place in range(len(logs)))
    minutes = (time.monotonic() - began) / 60
    sys.stdout.write(f"\n{count} schedules in {minutes:.1f} minutes, {len(violated)} with violations: {violated}\n\n")
    sys.stdout.write(table(survived) + "\n")
    return 1 if violated else 0


@asynccontextmanager
async def _town(log: Log) -> AsyncIterator[Town]:
    with tempfile.TemporaryDirectory(prefix="teahouse-faults-") as folder:
        async with Town(log, Path(folder), Random(0)) as town:
            yield town


def _say(played: Played, *, show: bool) -> None:
    made = played.schedule
    faults = ", ".join(kind if count == 1 else f"{kind} ×{count}" for kind, count in sorted(played.counts.items()))
    word = "survived" if played.survived else "VIOLATED"
    sys.stdout.write(f"{word}  {made.log:8}  seed {made.seed}  {played.seconds:4.1f} s  {faults}\n")
    if show or not played.survived:
        sys.stdout.write(f"\n{played}\n\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
