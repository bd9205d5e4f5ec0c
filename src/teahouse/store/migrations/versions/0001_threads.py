"""Threads with their items, feedback and attachments."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

NAME = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the four tables."""
    op.create_table(
        "threads",
        sa.Column("id", NAME, nullable=False),
        sa.Column("owner", NAME, nullable=False),
        sa.Column("updated_at", sa.BigInteger, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_threads"),
    )
    op.create_index("ix_threads_owner_updated_at_id", "threads", ["owner", "updated_at", "id"])
    op.create_table(
        "items",
        sa.Column("thread_id", NAME, nullable=False),
        sa.Column("position", sa.BigInteger, nullable=False, autoincrement=False),
        sa.Column("id", NAME, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("thread_id", "position", name="pk_items"),
        sa.UniqueConstraint("thread_id", "id", name="uq_items_thread_id_id"),
        sa.ForeignKeyConstraint(["thread_id"], ["threads.id"], name="fk_items_thread_id_threads", ondelete="CASCADE"),
    )
    op.create_table(
        "feedback",
        sa.Column("thread_id", NAME, nullable=False),
        sa.Column("item_id", NAME, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("given_at", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("thread_id", "item_id", name="pk_feedback"),
        sa.ForeignKeyConstraint(
            ["thread_id", "item_id"],
            ["items.thread_id", "items.id"],
            name="fk_feedback_thread_id_item_id_items",
            ondelete="CASCADE",
        ),
    )
    op.create_table(
        "attachments",
        sa.Column("id", NAME, nullable=False),
        sa.Column("owner", NAME, nullable=False),
        sa.Column("thread_id", NAME, nullable=True),
        sa.Column("body", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_attachments"),
        sa.ForeignKeyConstraint(
            ["thread_id"], ["threads.id"], name="fk_attachments_thread_id_threads", ondelete="CASCADE"
        ),
    )
    op.create_index("ix_attachments_thread_id", "attachments", ["thread_id"])
