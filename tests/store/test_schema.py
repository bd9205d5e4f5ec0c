"""From nothing, or from an older schema, to the newest: once, whole, and with a way back."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from teahouse.store import SchemaTooNew, SqliteDatabase, SqlStore, StoreUnavailable, schema
from teahouse.store.engine import make_engine
from teahouse.store.errors import NOT_A_DATABASE
from teahouse.store.tables import metadata

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


@pytest.mark.parametrize("older", [False, True], ids=["empty", "older"])
async def test_processes_that_start_at_once_migrate_once(path: Path, tomorrow: Path, older: bool) -> None:
    if older:
        await fill(path)
    code = (
        "import sys; from pathlib import Path; from teahouse.store import schema; "
        "sys.stdin.readline(); schema.upgrade(Path(sys.argv[1]), Path(sys.argv[2])); print('done')"
    )
    pipe = asyncio.subprocess.PIPE
    processes = [
        await asyncio.create_subprocess_exec(
            sys.executable, "-c", code, str(path), str(tomorrow), stdin=pipe, stdout=pipe, stderr=pipe
        )
        for _ in range(4)
    ]
    results = await asyncio.gather(*(process.communicate(b"go\n") for process in processes))
    assert [(out.strip(), error) for out, error in results] == [(b"done", b"")] * 4
    assert columns(path).count("colour") == 1
