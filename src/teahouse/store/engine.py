"""How Teahouse's connections to SQLite are set up."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, NullPool, create_engine, event

BUSY_SECONDS = 5
"""How long a transaction waits for another process to finish its own."""

_LARGEST_IDLE_LOG = 64 * 1024 * 1024


def connect(path: Path, *, foreign_keys: bool = True) -> sqlite3.Connection:
    """A connection that begins no transaction by itself."""
    # Python's sqlite3 would otherwise begin one, and only before writes. The check is for SQLAlchemy.
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.row_factory = sqlite3.Row
    connection.execute(f"PRAGMA busy_timeout = {BUSY_SECONDS * 1000}")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(f"PRAGMA foreign_keys = {'ON' if foreign_keys else 'OFF'}")
    # A long reader lets the write-ahead log grow; this is what it shrinks to afterwards.
    connection.execute(f"PRAGMA journal_size_limit = {_LARGEST_IDLE_LOG}")
    return connection


def make_engine(path: Path, *, foreign_keys: bool = True) -> Engine:
    """SQLAlchemy's engine over such connections, for migrations.

    Its transactions take the write lock at once: one that starts reading and then writes may find that it
    came too late. They hold DDL, too.
    """
    engine = create_engine("sqlite://", creator=lambda: connect(path, foreign_keys=foreign_keys), poolclass=NullPool)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        driver: Any = connection.connection.driver_connection
        driver.execute("BEGIN IMMEDIATE")

    return engine
