"""The store: threads, items, attachments' descriptions and feedback, on SQLAlchemy."""

from teahouse.store.database import Database
from teahouse.store.errors import ItemUnreadable, SchemaTooNew, StoreUnavailable
from teahouse.store.sql_store import SqlStore
from teahouse.store.sqlite import SqliteDatabase

__all__ = ["Database", "ItemUnreadable", "SchemaTooNew", "SqlStore", "SqliteDatabase", "StoreUnavailable"]
