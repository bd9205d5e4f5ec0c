"""The tables, as SQLAlchemy sees them. What changes here needs a migration (a test compares the two).

Threads, items and attachments are kept as the JSON of their openai-chatkit types, which are the wire
types too: what the SDK adds to them is stored without a migration. Columns exist for what queries need.
Times are microseconds since 1970 in UTC: exact and sortable in any database.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    MetaData,
    PrimaryKeyConstraint,
    String,
    Table,
    Text,
    UniqueConstraint,
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
