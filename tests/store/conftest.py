from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from teahouse.store import SqliteDatabase, SqlStore


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "teahouse.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[SqlStore]:
    """An empty store. Tests that take it and nothing of SQLite's say what any database has to do."""
    async with SqlStore(SqliteDatabase(path)) as store:
        yield store
