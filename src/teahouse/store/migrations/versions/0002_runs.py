"""Runs, the replicas that make them, and the frames that replicas read of one another."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the three tables."""
    op.create_table(
        "runs",
        sa.Column("id", NAME, nullable=False),
        sa.Column("thread_id", NAME, nullable=False),
        sa.Column("owner", NAME, nullable=False),
        sa.Column("replica", NAME, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("message_id", NAME, nullable=True),
        sa.Column("key", NAME, nullable=True),
        sa.Column("digest", sa.String, nullable=True),
        sa.Column("stop_wanted", sa.Boolean, nullable=False),
        sa.Column("ended_at", sa.BigInteger, nullable=True),
        sa.PrimaryKeyConstraint("id", name="pk_runs"),
        sa.UniqueConstraint("owner", "key", name="uq_runs_owner_key"),
    )
    op.create_index("ix_runs_thread_id_id", "runs", ["thread_id", "id"])
    running = sa.text("state = 'running'")
    op.create_index(
        "uq_runs_running", "runs", ["thread_id"], unique=True, sqlite_where=running, postgresql_where=running
    )
    op.create_index("ix_runs_ended_at", "runs", ["ended_at"])
    op.create_table(
        "replicas",
        sa.Column("id", NAME, nullable=False),
        sa.Column("alive_until", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_replicas"),
    )
    op.create_table(
        "run_frames",
        sa.Column("run_id", NAME, nullable=False),
        sa.Column("last", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("frames", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("run_id", "last", name="pk_run_frames"),
    )
