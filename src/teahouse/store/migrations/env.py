"""Alembic's entry point. The connection comes from `teahouse.store.schema`, which owns the transaction."""

from alembic import context

from teahouse.store.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite cannot alter most things in place; Alembic then copies the table.
    render_as_batch=True,
)
context.run_migrations()
