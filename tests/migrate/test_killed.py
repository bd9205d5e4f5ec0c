"""The whole migration, killed and stormed upon. The large one is `python -m benchmarks.migration`."""

from __future__ import annotations

from pathlib import Path

from benchmarks.migration import run
from teahouse.emulator import Size


def test_killed_at_random_it_ends_with_every_item_once(tmp_path: Path) -> None:
    size = Size(users=20, threads=5, items=12)
    result = run(size, kills=2, folder=tmp_path)
    assert len(result.kills) == 2
    assert result.threads == 100
    assert result.items == result.distinct == 1200
    assert result.megabytes < 200
    assert "Read back and compared: every item is there once, as it was." in result.said
