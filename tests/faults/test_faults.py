"""A few schedules with each run log. Many: `make faults SEEDS=200`."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from .play import play
from .schedule import Log, schedule
from .town import LEASE, Town

SEEDS: dict[Log, range] = {"memory": range(2), "database": range(3), "redis": range(3)}


@pytest.mark.parametrize("log", SEEDS)
async def test_whatever_breaks_what_was_acknowledged_is_kept(log: Log, tmp_path: Path) -> None:
    async with Town(log, tmp_path, Random(0)) as town:
        for seed in SEEDS[log]:
            played = await play(schedule(seed, log, lease=LEASE), town)
            assert played.survived, str(played)
