"""Run it and print what it took."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks.migration import run
from teahouse.emulator import Size

users, threads, items, kills = (int(word) for word in (sys.argv[1:] or "1000 20 20 10".split()))
with tempfile.TemporaryDirectory() as folder:
    result = run(Size(users, threads, items), kills, Path(folder))
print(result.said)
print(f"{users} users × {threads} threads × {items} items, killed at {result.kills}")
print(f"{result.threads} threads, {result.items} items, {result.distinct} of them distinct")
print(f"{result.seconds:.0f} s, {result.requests} requests, peak {result.megabytes:.0f} MB")
sys.exit(not result.items == result.distinct == users * threads * items)
