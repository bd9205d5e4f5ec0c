"""The port between the store's queries and a database that runs them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from teahouse.store.queries import Result, Work


class Database(Protocol):
    """Where transactions run. Whatever is wrong with the database is raised as `StoreUnavailable`.

    Attributes:
        shared: whether several processes may work on it.
    """

    shared: bool

    @property
    def label(self) -> str:
        """Which database this is, for whoever runs the server; without a password."""

    async def revision(self) -> str | None:
        """The revision of the schema that is there now, None if there is none. Nothing is changed."""

    async def upgrade(self) -> Path | None:
        """Bring the schema up to date.

        Returns:
            A copy of the database before that, if one was made.

        Raises:
            StoreUnavailable: it cannot be opened; SchemaTooNew if a newer Teahouse wrote it.
        """

    async def open(self) -> None:
        """Bring the schema up to date and take work. Raises what `upgrade` does."""

    async def close(self) -> None:
        """Finish what is under way and let go of the database. Closing twice is harmless."""

    async def read(self, work: Work[Result]) -> Result:
        """What `work` finds. (SQLite answers it from one view, PostgreSQL each of its queries from its own.)"""

    async def write(self, work: Work[Result], *, durable: bool = True) -> Result:
        """Run `work` and commit. When this returns, the change survives a crash and a power cut.

        Args:
            work: what to do.
            durable: False where it need not survive that, which may be cheaper.

        Raises:
            OutcomeUnknown: the connection was lost during the commit. Whatever else is raised, nothing of
                `work` was done.
        """

    async def listen(self, channel: str, heard: Callable[[str], None]) -> None:
        """Hear what other processes say on a channel, until cancelled; an empty word when some may be missed."""
