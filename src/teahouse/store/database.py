"""The port between the store's queries and a database that runs them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from sqlalchemy import Connection

Result = TypeVar("Result")
Work = Callable[[Connection], Result]
"""Queries that belong together, as a plain function: it runs in one transaction, wholly or not at all."""


class Database(Protocol):
    """Where transactions run. Whatever is wrong with the database is raised as `StoreUnavailable`."""

    @property
    def dialect(self) -> str:
        """SQLAlchemy's name of the SQL spoken: `sqlite`, `postgresql`."""

    async def open(self) -> None:
        """Connect and bring the schema up to date.

        Raises:
            StoreUnavailable: it cannot be opened; SchemaTooNew if a newer Teahouse wrote it.
        """

    async def close(self) -> None:
        """Finish what is under way and let go of the database. Closing twice is harmless."""

    async def read(self, work: Work[Result]) -> Result:
        """What `work` finds, in one consistent view."""

    async def write(self, work: Work[Result]) -> Result:
        """Run `work` and commit. When this returns, the change survives a crash and a power cut."""
