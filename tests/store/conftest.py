from __future__ import annotations

import asyncio
import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from postgres_server import PostgresServer
from teahouse.store import Database, SqliteDatabase, SqlStore, schema
from teahouse.store.postgres import PostgresDatabase
from teahouse.store.queries import Steps, plain


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "teahouse.db"


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite database to copy: migrating one takes longer than most tests."""
    path = tmp_path_factory.mktemp("migrated") / "teahouse.db"
    schema.upgrade(path)
    return path


@pytest.fixture(scope="session")
def postgres(postgres: PostgresServer) -> PostgresServer:
    """The server, with a database `shared` that has our schema."""
    postgres.sql("CREATE DATABASE shared")
    asyncio.run(PostgresDatabase(postgres.url("shared")).upgrade())
    return postgres


@pytest.fixture(params=["sqlite", "postgresql"])
def closed(request: pytest.FixtureRequest, path: Path) -> Database:
    """A database that is not open, its schema up to date."""
    if request.param == "sqlite":
        shutil.copyfile(request.getfixturevalue("migrated"), path)
        return SqliteDatabase(path)
    return PostgresDatabase(request.getfixturevalue("postgres").url("shared"))


@pytest.fixture
async def database(closed: Database) -> AsyncIterator[Database]:
    """An empty database. Tests that take it, or `store`, and nothing of one engine hold for both."""
    await closed.open()
    await closed.write(emptied)
    yield closed
    await closed.close()


def emptied() -> Steps[None]:
    # Everything else goes with the threads.
    yield plain("DELETE FROM threads")
    yield plain("DELETE FROM attachments")


@pytest.fixture
async def store(database: Database) -> SqlStore:
    """An empty store on either database."""
    return SqlStore(database)
