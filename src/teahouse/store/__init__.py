"""The store: threads, items, attachments' descriptions and feedback, on SQLite or PostgreSQL."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

from pydantic import SecretStr

from teahouse.store.database import Database
from teahouse.store.errors import DRIVER_MISSING, ItemUnreadable, OutcomeUnknown, SchemaTooNew, StoreUnavailable
from teahouse.store.sql_store import SqlStore
from teahouse.store.sqlite import SqliteDatabase

__all__ = [
    "Database",
    "ItemUnreadable",
    "OutcomeUnknown",
    "SchemaTooNew",
    "SqlStore",
    "SqliteDatabase",
    "StoreUnavailable",
    "database_at",
]


_AN_HOUR = 3600.0


def database_at(url: SecretStr | None, folder: Path, *, patient: bool = False) -> Database:
    """The database that is configured, not yet open.

    Args:
        url: `postgresql://…`; None for SQLite.
        folder: the data folder, where SQLite's file is.
        patient: for work on all of it, which may take an hour.

    Raises:
        StoreUnavailable: what talks to PostgreSQL is not installed.
    """
    if url is None:
        return SqliteDatabase(folder / "teahouse.db", seconds=_AN_HOUR if patient else 30)
    if find_spec("asyncpg") is None or find_spec("greenlet") is None:
        raise StoreUnavailable(DRIVER_MISSING)
    from teahouse.store.postgres import PostgresDatabase

    address = url.get_secret_value()
    return (
        PostgresDatabase(address, seconds=_AN_HOUR, statement_seconds=_AN_HOUR)
        if patient
        else PostgresDatabase(address)
    )
