"""Which schema a database has, and bringing it up to date.

Migrations are numbered files in `migrations/versions/` (`0001_threads.py`); Alembic runs them and is
imported only when there is something to run. They only ever go up.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, text

from teahouse.store.engine import connect, make_engine
from teahouse.store.errors import NOT_A_DATABASE, SCHEMA_TOO_NEW, SchemaTooNew, StoreUnavailable

MIGRATIONS = Path(__file__).parent / "migrations"


def known(location: Path = MIGRATIONS) -> list[str]:
    """The revisions this Teahouse knows, oldest first."""
    return [file.name.partition("_")[0] for file in files(location)]


def files(location: Path = MIGRATIONS) -> list[Path]:
    """The migrations, oldest first."""
    return sorted(location.glob("versions/[0-9]*.py"))


def revision(path: Path) -> str | None:
    """The revision of the SQLite file at `path`; None if it has none, or is not there. Nothing is changed.

    Raises:
        StoreUnavailable: the file is another program's.
    """
    if not path.exists():
        return None
    with closing(connect(path)) as connection:
        return _revision(connection, path)


def upgrade(path: Path, location: Path = MIGRATIONS) -> Path | None:
    """Bring the SQLite file at `path` to the newest schema, making it if there is none.

    An older schema is copied to `<file>.<its revision>.backup` first. Several processes may do this at
    once: one migrates, the others wait and find it done.

    Returns:
        The copy, if one was made.

    Raises:
        SchemaTooNew: a newer Teahouse has been here.
        StoreUnavailable: the file is another program's.
    """
    # SQLite alters a table by copying and dropping it, which must not cascade to the rows that refer to it.
    engine = make_engine(path, foreign_keys=False)
    with engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        # Readers then never wait for the writer. The file remembers it.
        driver.execute("PRAGMA journal_mode = WAL")
        with connection.begin():
            found = _revision(driver, path)
            if found == known(location)[-1]:
                return None
            refuse_newer(found, path, location)
            backup = None if found is None else _back_up(path, found)
            migrate(connection, location)
            _check_references(connection, path)
            return backup


def _revision(connection: sqlite3.Connection, path: Path) -> str | None:
    tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    if "alembic_version" in tables:
        found = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return None if found is None else str(found[0])
    if tables:
        raise StoreUnavailable(NOT_A_DATABASE, path=path)
    return None


def refuse_newer(found: str | None, place: object, location: Path = MIGRATIONS) -> None:
    """Raise SchemaTooNew for a revision that only a newer Teahouse knows."""
    revisions = known(location)
    if found is not None and found not in revisions:
        raise SchemaTooNew(SCHEMA_TOO_NEW, path=place, found=found, known=revisions[-1])


def _back_up(path: Path, revision: str) -> Path:
    """Copy the database while its write lock is ours, so that nothing changes underneath."""
    backup = path.with_name(f"{path.name}.{revision}.backup")
    unfinished = backup.with_name(f"{backup.name}.part")
    unfinished.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as source, closing(sqlite3.connect(unfinished)) as target:
        source.backup(target)
    return unfinished.replace(backup)


def migrate(connection: Connection, location: Path = MIGRATIONS) -> None:
    """Run what is missing, in the connection's transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    # Alembic reads this as a ConfigParser value, in which % is special.
    config.set_main_option("script_location", str(location).replace("%", "%%"))
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _check_references(connection: Connection, path: Path) -> None:
    broken = connection.execute(text("PRAGMA foreign_key_check")).first()
    if broken is not None:
        raise RuntimeError(f"The migration of {path} left a row of {broken[0]} without what it refers to.")
