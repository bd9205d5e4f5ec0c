"""For your own tests: hold a store, or a run log, of yours to what ours do.

Needs pytest and pytest-asyncio, `pip install 'teahouse[testing]'`; importing it needs neither.
"""

from __future__ import annotations

from contextlib import suppress

with suppress(ImportError):
    import pytest

    # So that a failed assertion shows both sides, as in tests of one's own.
    pytest.register_assert_rewrite("teahouse.testing.stores", "teahouse.testing.run_logs")

from teahouse.testing.run_logs import Replicas, RunLogConformance
from teahouse.testing.stores import StoreConformance

__all__ = ["Replicas", "RunLogConformance", "StoreConformance"]
