"""From nothing, or from an older schema, to the newest: once, whole, and with a way back."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import create_async_engine

from postgres_server import PostgresServer
from teahouse.store import Database, SchemaTooNew, SqliteDatabase, SqlStore, StoreUnavailable, schema
from teahouse.store.engine import make_engine
from teahouse.store.errors import NOT_A_DATABASE
from teahouse.store.postgres import PostgresDatabase
from teahouse.store.tables import metadata

from . import at_once
from .things import ALICE, answer, ids, thread

NEXT = """
import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = "{previous}"

def upgrade():
    with op.batch_alter_table("threads") as threads:
        threads.add_column(sa.Column("colour", sa.String))
        threads.alter_column("owner", type_=sa.Text)
    {then}
"""


@pytest.fixture
def tomorrow(tmp_path: Path) -> Path:
    """The migrations of a Teahouse that has one more than this one."""
    return with_one_more(tmp_path, then="pass")


def with_one_more(folder: Path, *, then: str) -> Path:
    location = folder / "100% new migrations"
    shutil.copytree(schema.MIGRATIONS, location, ignore=shutil.ignore_patterns("__pycache__"))
    newest = schema.known()[-1]
    text = NEXT.format(revision="9999", previous=newest, then=then)
    (location / "versions" / "9999_colour.py").write_text(text)
    return location


def columns(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        return [row[1] for row in connection.execute("PRAGMA table_info(threads)")]


async def fill(path: Path) -> None:
    async with SqlStore(SqliteDatabase(path)) as store:
        await store.save_thread(thread(title="Tea"), ALICE)
        await store.add_thread_item("thr_1", answer("msg_1"), ALICE)
        await store.add_feedback("thr_1", ["msg_1"], "positive", ALICE)


def test_migrations_make_exactly_the_tables_the_code_uses(path: Path) -> None:
    schema.upgrade(path)
    with make_engine(path).connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, metadata) == []


def test_revisions_are_one_line_in_the_order_of_their_files() -> None:
    script = ScriptDirectory(str(schema.MIGRATIONS))
    assert [revision.revision for revision in script.walk_revisions()][::-1] == schema.known()


def test_an_up_to_date_database_costs_no_alembic(path: Path) -> None:
    schema.upgrade(path)
    code = f"import sys; from teahouse.store import schema; schema.upgrade(__import__('pathlib').Path({str(path)!r}))"
    check = f"{code}; sys.exit('alembic' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0


async def test_an_older_schema_is_upgraded_after_a_backup(path: Path, tomorrow: Path) -> None:
    await fill(path)
    schema.upgrade(path, tomorrow)

    assert "colour" in columns(path)
    with contextlib.closing(sqlite3.connect(path)) as connection:
        # Rebuilding `threads` has not taken the rows that refer to it.
        counts = [
            connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0]
            for table in ("threads", "items", "feedback")
        ]
    assert counts == [1, 1, 1]

    backup = path.with_name(f"{path.name}.{schema.known()[-1]}.backup")
    assert "colour" not in columns(backup)
    async with SqlStore(SqliteDatabase(backup)) as old:
        assert ids((await old.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == ["msg_1"]


async def test_nothing_is_backed_up_when_there_is_nothing_to_upgrade(path: Path) -> None:
    await fill(path)
    await fill(path)
    assert [file.name for file in path.parent.iterdir()] == [path.name]


async def test_a_migration_that_fails_leaves_the_database_as_it_was(path: Path, tmp_path: Path) -> None:
    await fill(path)
    before = columns(path)
    with pytest.raises(ZeroDivisionError):
        schema.upgrade(path, with_one_more(tmp_path, then="1 / 0"))
    assert columns(path) == before
    await fill(path)


async def test_a_migration_that_breaks_a_reference_is_undone(path: Path, tmp_path: Path) -> None:
    await fill(path)
    with pytest.raises(RuntimeError, match="without what it refers to"):
        schema.upgrade(path, with_one_more(tmp_path, then='op.execute("DELETE FROM threads")'))
    assert "colour" not in columns(path)


async def test_a_newer_schema_is_refused_and_left_alone(path: Path, tomorrow: Path) -> None:
    schema.upgrade(path, tomorrow)
    with pytest.raises(SchemaTooNew) as caught:
        await SqlStore(SqliteDatabase(path)).open()
    assert "9999" in caught.value.message("en")
    assert "9999" in caught.value.message("zh")
    assert "colour" in columns(path)


async def test_a_database_of_another_program_is_refused(path: Path) -> None:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE bookmarks (url TEXT)")
    with pytest.raises(StoreUnavailable) as caught:
        await SqlStore(SqliteDatabase(path)).open()
    assert caught.value.kind is NOT_A_DATABASE


# Several processes at once -----------------------------------------------------------------------------


async def test_processes_that_start_at_once_migrate_once(path: Path, tomorrow: Path) -> None:
    """From the schema that was there before to the newest, and there is one backup."""
    await fill(path)
    in_four_processes(at_once.upgrade_sqlite, path, tomorrow)
    assert columns(path).count("colour") == 1
    assert len(list(path.parent.glob("*.backup"))) == 1


def test_processes_that_start_at_once_make_one_file(path: Path) -> None:
    in_four_processes(at_once.upgrade_sqlite, path, schema.MIGRATIONS)
    assert columns(path)
    assert not list(path.parent.glob("*.backup"))


def test_replicas_that_start_at_once_make_one_schema(postgres: PostgresServer) -> None:
    postgres.sql("CREATE DATABASE replicas")
    in_four_processes(at_once.upgrade_postgres, postgres.url("replicas"), schema.MIGRATIONS)
    assert postgres.sql("SELECT version_num FROM teahouse.alembic_version", "replicas") == schema.known()[-1]


def test_replicas_that_start_at_once_upgrade_once(postgres: PostgresServer, tomorrow: Path) -> None:
    """The second to have the lock would fail to add the column again."""
    postgres.sql("CREATE DATABASE upgraded")
    url = postgres.url("upgraded")
    asyncio.run(PostgresDatabase(url).upgrade())
    postgres.sql("INSERT INTO teahouse.threads VALUES ('thr_1', 'alice', 0, '{}')", "upgraded")
    in_four_processes(at_once.upgrade_postgres, url, tomorrow)
    assert postgres.sql("SELECT version_num FROM teahouse.alembic_version", "upgraded") == "9999"
    assert postgres.sql("SELECT id, colour FROM teahouse.threads", "upgraded") == "thr_1|"


def in_four_processes(target: Callable[..., None], *arguments: object) -> None:
    """Run `target` four times at the same moment; each has to succeed."""
    # Forked from a process that has imported everything: starting afresh takes seconds each.
    processes = multiprocessing.get_context("forkserver")
    processes.set_forkserver_preload(["store.at_once"])
    together = processes.Barrier(4)
    started = [processes.Process(target=at_once.together, args=(together, target, *arguments)) for _ in range(4)]
    for process in started:
        process.start()
    for process in started:
        process.join(60)
    assert [process.exitcode for process in started] == [0] * 4


# PostgreSQL --------------------------------------------------------------------------------------------


def test_migrations_make_exactly_the_tables_the_code_uses_on_postgresql(postgres: PostgresServer) -> None:
    def differences(connection: Connection) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(connection, opts={"compare_type": True}), metadata))

    async def compared() -> list[object]:
        engine = create_async_engine(
            postgres.url("shared").replace("postgresql:", "postgresql+asyncpg:"),
            connect_args={"server_settings": {"search_path": "teahouse"}},
        )
        async with engine.connect() as connection:
            found = await connection.run_sync(differences)
        await engine.dispose()
        return found

    assert asyncio.run(compared()) == []


async def test_a_migration_that_fails_leaves_postgresql_as_it_was(postgres: PostgresServer, tmp_path: Path) -> None:
    postgres.sql("CREATE DATABASE broken")
    database = PostgresDatabase(postgres.url("broken"), migrations=with_one_more(tmp_path, then="1 / 0"))
    with pytest.raises(ZeroDivisionError):
        await database.open()
    assert await database.revision() is None
    async with SqlStore(PostgresDatabase(postgres.url("broken"))) as store:
        await store.ping()


async def test_a_newer_schema_is_refused_by_either(closed: Database, path: Path, postgres: PostgresServer) -> None:
    newer = "UPDATE {}alembic_version SET version_num = '9999'"
    if isinstance(closed, SqliteDatabase):
        with contextlib.closing(sqlite3.connect(path)) as connection, connection:
            connection.execute(newer.format(""))
    else:
        postgres.sql(newer.format("teahouse."), "shared")
    try:
        with pytest.raises(SchemaTooNew) as caught:
            await closed.open()
    finally:
        if isinstance(closed, PostgresDatabase):
            postgres.sql(f"UPDATE teahouse.alembic_version SET version_num = '{schema.known()[-1]}'", "shared")
    assert "9999" in caught.value.message()
