"""For your own tests: hold a store of yours to what ours does.

Needs pytest and pytest-asyncio, `pip install 'teahouse[testing]'`; importing it needs neither.
"""

from __future__ import annotations

from contextlib import suppress

with suppress(ImportError):
    import pytest

    # So that a failed assertion shows both sides, as in tests of one's own.
    pytest.register_assert_rewrite("teahouse.testing.stores")

from teahouse.testing.stores import StoreConformance

__all__ = ["StoreConformance"]
