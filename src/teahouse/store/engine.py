"""How Teahouse's connections to SQLite are set up."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, NullPool, create_engine, event

BUSY_SECONDS = 5
"""How long a transaction waits for another process to finish its own."""

_LARGEST_IDLE_LOG = 64 * 1024 * 1024


def make_engine(path: Path, *, foreign_keys: bool = True) -> Engine:
    """An engine whose transactions are SQLite's own: they begin where SQLAlchemy begins, and hold DDL too.

    A connection begins as its execution option `begin` says: `BEGIN IMMEDIATE` takes the write lock at
    once, where a transaction that starts reading and then writes may find that it came too late.
    """
    engine = create_engine(URL.create("sqlite", database=str(path)), poolclass=NullPool)

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        # Python's sqlite3 would otherwise begin by itself, and only before writes.
        connection.isolation_level = None
        connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
        # A long reader lets the write-ahead log grow; this is what it shrinks to afterwards.
        connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_IDLE_LOG}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute(connection.get_execution_options().get("begin", "BEGIN"))

    return engine
