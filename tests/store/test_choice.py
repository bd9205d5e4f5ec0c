"""Which database a Teahouse keeps its conversations in, from the setting to the answer."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from house import Browser, texts
from postgres_server import PASSWORD, QUOTED, PostgresServer
from teahouse import Teahouse, settings
from teahouse.errors import Problem
from teahouse.store import SqliteDatabase, database_at
from teahouse.store.postgres import PostgresDatabase

OpenHouse = Callable[..., Awaitable[Teahouse]]
Visit = Callable[..., Browser]

TAKEN = [
    "postgresql://db/tea",
    "postgres://tea:pot@db:5433/tea?sslmode=require",
    f"postgresql://tea:{QUOTED}@10.0.0.1/tea",
    "postgresql://tea@[::1]:5432/tea",
    "postgresql://tea:pot@one:5432,two:5432/tea?target_session_attrs=primary",
    "postgresql:///tea?host=/var/run/postgresql",
]
REFUSED = [
    "mysql://tea:pot@db/tea",
    "postgresql+asyncpg://tea:pot@db/tea",
    "sqlite:///tea.db",
    "tea:pot@db/tea",
    # Passwords that were not quoted: no part of them may be taken for something that is shown.
    "postgresql://tea:p/ot@db/tea",
    "postgresql://tea:p@ot@db/tea",
    "postgresql://tea:p:ot@db/tea",
    "postgresql://tea:p?ot@db/tea",
    "postgresql://tea:p#ot@db/tea",
    "postgresql://tea:p ot@db/tea",
]


@pytest.mark.parametrize("url", TAKEN)
def test_addresses_as_psql_takes_them_are_taken(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEAHOUSE_DATABASE", url)
    chosen = settings.load()
    assert url not in repr(chosen)
    database = database_at(chosen.database, tmp_path)
    assert isinstance(database, PostgresDatabase)
    assert "pot" not in database.label
    assert PASSWORD not in database.label


@pytest.mark.parametrize("url", REFUSED)
def test_other_addresses_are_refused_and_not_shown(url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TEAHOUSE_DATABASE", url)
    with pytest.raises(Problem) as caught:
        settings.load()
    for language in ("en", "zh"):
        said = caught.value.message(language)  # type: ignore[arg-type]
        assert "postgresql://" in said
        assert "ot@" not in said


def test_without_the_setting_it_is_a_file_in_the_data_folder(tmp_path: Path) -> None:
    database = database_at(None, tmp_path)
    assert isinstance(database, SqliteDatabase)
    assert database.label == f"SQLite {tmp_path / 'teahouse.db'}"


async def test_two_houses_on_one_postgresql_tell_one_story(
    open_house: OpenHouse, visit: Visit, postgres: PostgresServer, tmp_path: Path
) -> None:
    postgres.sql("CREATE DATABASE houses")
    shared: dict[str, Any] = {
        "database": SecretStr(postgres.url("houses")),
        "secret": SecretStr("the same for all replicas"),
    }
    one = await open_house(data=tmp_path / "one", **shared)
    two = await open_house(data=tmp_path / "two", **shared)
    here, there, stranger = visit(one), visit(two), visit(two)
    thread_id = await here.open_thread("How do I back up?")
    there.http.cookies = here.http.cookies
    assert await there.items(thread_id) == await here.items(thread_id)
    assert texts(await there.items(thread_id))[0] == "How do I back up?"
    assert (await stranger.problem("threads.get_by_id", thread_id=thread_id))["status"] == 404
    assert not (tmp_path / "one" / "teahouse.db").exists()
