"""`teahouse db` as a person types it."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from postgres_server import QUOTED, PostgresServer
from teahouse import store
from teahouse.cli import main
from teahouse.store import schema

NEWEST = schema.known()[-1]
SDK_WARNS = "ignore:Direct usage of named widget classes:DeprecationWarning"
Typed = Callable[..., tuple[int, str, str]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where one types: with an empty data folder."""
    (tmp_path / "data").mkdir()
    return tmp_path


@pytest.fixture
def db_for_real(folder: Path) -> Typed:
    """Types `teahouse db …` in a process of its own: exit code, what it says, what it complains of."""

    def typed(*arguments: str, **variables: str) -> tuple[int, str, str]:
        environment = {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "en_US.UTF-8"} | variables
        result = subprocess.run(
            [sys.executable, "-c", "from teahouse.cli import main; main()", "db", *arguments],
            cwd=folder,
            env=environment | {"PYTHONWARNINGS": f"error,{SDK_WARNS}"},
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=60,
            check=False,
        )
        return result.returncode, result.stdout, result.stderr

    return typed


@pytest.fixture
def db(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Typed:
    """The same in this process, which has imported everything already."""
    monkeypatch.chdir(folder)

    def typed(*arguments: str, **variables: str) -> tuple[int, str, str]:
        code: object = 0
        with monkeypatch.context() as patched:
            patched.setattr(sys, "argv", ["teahouse", "db", *arguments])
            for name, value in ({"LC_ALL": "en_US.UTF-8"} | variables).items():
                patched.setenv(name, value)
            try:
                main()
            except SystemExit as ended:
                code = ended.code or 0
        shown = capsys.readouterr()
        return int(str(code)), shown.out, shown.err

    return typed


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def where(request: pytest.FixtureRequest) -> dict[str, str]:
    """The variables that name a new database."""
    if request.param == "SQLite":
        return {}
    server = request.getfixturevalue("postgres")
    name = f"db_{request.node.originalname}"
    server.sql(f"CREATE DATABASE {name}")
    return {"TEAHOUSE_DATABASE": server.url(name)}


def test_from_nothing_to_all_is_well(db_for_real: Typed, where: dict[str, str]) -> None:
    engine = "PostgreSQL 127.0.0.1" if where else "SQLite data/teahouse.db"
    code, said, _ = db_for_real("current", **where)
    assert (code, "no schema yet" in said, engine in said) == (0, True, True)
    code, said, _ = db_for_real("check", **where)
    assert (code, "teahouse db upgrade" in said) == (1, True)
    code, said, _ = db_for_real("upgrade", **where)
    assert (code, f"made, schema {NEWEST}" in said, "ran 0001_threads" in said) == (0, True, True)
    code, said, _ = db_for_real("upgrade", **where)
    assert (code, "is the newest" in said, "ran" in said) == (0, True, False)
    code, said, complaint = db_for_real("check", **where, LANG="zh_CN.UTF-8")
    assert (code, "一切正常" in said, complaint) == (0, True, "")
    assert QUOTED not in said


def test_rows_that_belong_to_nothing_are_counted(db: Typed, folder: Path) -> None:
    db("upgrade")
    with contextlib.closing(sqlite3.connect(folder / "data/teahouse.db")) as editor, editor:
        editor.execute("INSERT INTO items VALUES ('thr_gone', 1, 'msg_1', '{}')")
        editor.execute("INSERT INTO feedback VALUES ('thr_gone', 'msg_2', 'positive', 0)")
    code, said, _ = db("check")
    assert code == 1
    assert "1 rows of items" in said
    assert "1 rows of feedback" in said
    assert "attachments" not in said


def test_a_damaged_file_does_not_pass(db: Typed, folder: Path) -> None:
    db("upgrade")
    path = folder / "data/teahouse.db"
    with contextlib.closing(sqlite3.connect(path)) as editor, editor:
        editor.executemany("INSERT INTO threads VALUES (?, 'a', 0, ?)", [(str(n), "x" * 900) for n in range(200)])
    with contextlib.closing(sqlite3.connect(path)) as editor:
        editor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    healthy = path.read_bytes()
    path.write_bytes(healthy[:-4096] + b"\xa5" * 4096)
    code, said, complaint = db("check")
    assert code in (1, 2)
    assert "backup" in said + complaint


def test_a_newer_teahouses_database_is_left_alone(db: Typed, folder: Path) -> None:
    db("upgrade")
    path = folder / "data/teahouse.db"
    with contextlib.closing(sqlite3.connect(path)) as editor, editor:
        editor.execute("UPDATE alembic_version SET version_num = '9999'")
    code, said, _ = db("current")
    assert (code, "newer" in said) == (0, True)
    code, _, complaint = db("upgrade")
    assert (code, "written by a newer Teahouse" in complaint) == (2, True)
    assert db("check")[0] == 1


def test_a_database_that_cannot_be_reached_is_told_without_its_password(db: Typed) -> None:
    for command in ("current", "check", "upgrade"):
        code, said, complaint = db(command, TEAHOUSE_DATABASE="postgresql://tea:oolong@127.0.0.1:1/tea")
        assert (code, said) == (2, "")
        assert "127.0.0.1:1" in complaint
        assert "oolong" not in complaint
    code, _, complaint = db("check", TEAHOUSE_DATABASE="mysql://tea:oolong@db/tea", LC_ALL="zh_CN.UTF-8")
    assert (code, "postgresql://" in complaint, "oolong" in complaint) == (2, True, False)


def test_a_misspelt_command_or_option_is_told(db: Typed) -> None:
    assert db("chekc")[0] == 2
    assert db("check", "--deep")[0] == 2


def test_help_is_in_both_languages(db: Typed) -> None:
    assert "Look after the database." in db("--help")[1]
    assert "检查连接、结构与内容。" in db("--help", LC_ALL="zh_CN.UTF-8")[1]


def test_who_has_no_driver_is_told_what_to_install(db: Typed, monkeypatch: pytest.MonkeyPatch) -> None:
    found = store.find_spec
    monkeypatch.setattr(store, "find_spec", lambda name: None if name == "asyncpg" else found(name))
    code, _, complaint = db("check", TEAHOUSE_DATABASE="postgresql://db/tea")
    assert (code, "pip install 'teahouse[postgres]'" in complaint) == (2, True)


def test_a_postgresql_of_somebody_else_stays_as_it_is(db: Typed, postgres: PostgresServer) -> None:
    """Tables of the same names, outside our schema, are another program's."""
    postgres.sql("CREATE DATABASE theirs")
    postgres.sql("CREATE TABLE items (price int); INSERT INTO items VALUES (4)", "theirs")
    assert db("upgrade", TEAHOUSE_DATABASE=postgres.url("theirs"))[0] == 0
    assert postgres.sql("SELECT price FROM public.items", "theirs") == "4"
