"""The tables, as SQLAlchemy sees them. What changes here needs a migration (a test compares the two).

Threads, items and attachments are kept as the JSON of their openai-chatkit types, which are the wire
types too: what the SDK adds to them is stored without a migration. Columns exist for what queries need.
Times are microseconds since 1970 in UTC: exact and sortable in any database.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)

Name = String().with_variant(String(collation="C"), "postgresql")
"""An id. Compared byte by byte everywhere: faster than a language's order, which also changes with libraries."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)

threads = Table(
    "threads",
    metadata,
    Column("id", Name, primary_key=True),
    Column("owner", Name, nullable=False),
    # The newest item's time, or the thread's own: what the history is sorted by.
    Column("updated_at", BigInteger, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "owner", "updated_at", "id"),
)

items = Table(
    "items",
    metadata,
    Column("thread_id", Name, ForeignKey("threads.id", ondelete="CASCADE"), nullable=False),
    # 1, 2, 3, … within the thread: the order of insertion. Times of items may be equal or go backwards.
    Column("position", BigInteger, nullable=False, autoincrement=False),
    Column("id", Name, nullable=False),
    Column("body", Text, nullable=False),
    PrimaryKeyConstraint("thread_id", "position"),
    # Model providers repeat ids (`__fake_id__` in every thread), so one is unique in its thread only.
    UniqueConstraint("thread_id", "id"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("thread_id", Name, nullable=False),
    Column("item_id", Name, nullable=False),
    Column("kind", String, nullable=False),
    Column("given_at", BigInteger, nullable=False),
    PrimaryKeyConstraint("thread_id", "item_id"),
    ForeignKeyConstraint(["thread_id", "item_id"], ["items.thread_id", "items.id"], ondelete="CASCADE"),
)

attachments = Table(
    "attachments",
    metadata,
    Column("id", Name, primary_key=True),
    Column("owner", Name, nullable=False),
    # None until the message that carries it is sent.
    Column("thread_id", Name, ForeignKey("threads.id", ondelete="CASCADE"), index=True),
    Column("body", Text, nullable=False),
)

_RUNNING = text("state = 'running'")

runs = Table(
    "runs",
    metadata,
    # A uuid7: later runs sort after earlier ones.
    Column("id", Name, primary_key=True),
    # No key to `threads`: a ChatKitServer may keep its threads elsewhere.
    Column("thread_id", Name, nullable=False),
    Column("owner", Name, nullable=False),
    Column("replica", Name, nullable=False),
    Column("state", String, nullable=False),
    Column("message_id", Name),
    Column("key", Name),
    Column("digest", String),
    Column("stop_wanted", Boolean, nullable=False),
    Column("ended_at", BigInteger, index=True),
    UniqueConstraint("owner", "key"),
    Index(None, "thread_id", "id"),
    # What makes it impossible that two answers are written in one thread.
    Index("uq_runs_running", "thread_id", unique=True, sqlite_where=_RUNNING, postgresql_where=_RUNNING),
)

replicas = Table(
    "replicas",
    metadata,
    Column("id", Name, primary_key=True),
    Column("alive_until", BigInteger, nullable=False),
)

run_frames = Table(
    "run_frames",
    metadata,
    Column("run_id", Name, nullable=False),
    # The number of the last of these frames.
    Column("last", BigInteger, nullable=False, autoincrement=False),
    Column("frames", LargeBinary, nullable=False),
    PrimaryKeyConstraint("run_id", "last"),
)
