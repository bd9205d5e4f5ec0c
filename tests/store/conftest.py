from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from teahouse.store import SqliteDatabase, SqlStore, schema


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "teahouse.db"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty database to copy: migrating one takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "teahouse.db"
    schema.upgrade(path)
    return path


@pytest.fixture
async def store(path: Path, migrated: Path) -> AsyncIterator[SqlStore]:
    """An empty store. Tests that take it and nothing of SQLite's say what any database has to do."""
    shutil.copyfile(migrated, path)
    async with SqlStore(SqliteDatabase(path)) as store:
        yield store
