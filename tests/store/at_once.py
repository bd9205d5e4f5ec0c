"""What the processes of `test_schema` do. Imported once, in the process that they are forked from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from threading import Barrier

import alembic.command  # noqa: F401
import sqlalchemy.ext.asyncio  # noqa: F401

from teahouse.store import schema
from teahouse.store.postgres import PostgresDatabase


def together(barrier: Barrier, act: Callable[..., None], *arguments: object) -> None:
    """Act when everybody is there."""
    barrier.wait(60)
    act(*arguments)


def upgrade_sqlite(path: Path, migrations: Path) -> None:
    schema.upgrade(path, migrations)


def upgrade_postgres(url: str, migrations: Path) -> None:
    asyncio.run(PostgresDatabase(url, migrations=migrations).upgrade())
