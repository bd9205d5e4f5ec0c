"""What was acknowledged survives a kill at any moment, and what was not is wholly there or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from pathlib import Path

import pytest

from postgres_server import PostgresServer
from teahouse.store import Database, SqliteDatabase, SqlStore
from teahouse.store.postgres import PostgresDatabase

from .things import visitor

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from pathlib import Path
from pydantic import SecretStr
from chatkit.types import *
from teahouse.protocol import Context, Visitor
from teahouse.store import SqlStore, database_at

async def talk(store, number):
    context = Context(Visitor(f"visitor {number}"))
    while True:
        now = datetime.now(UTC)
        thread = ThreadMetadata(id=store.generate_thread_id(context), created_at=now)
        base = {"thread_id": thread.id, "created_at": now}
        user = UserMessageItem(
            id=store.generate_item_id("message", thread, context), **base,
            content=[UserMessageTextContent(text="Why?" * 200)], inference_options=InferenceOptions())
        await store.begin_turn(thread, user, context, new=True)
        print(number, thread.id, user.id, flush=True)
        item = AssistantMessageItem(
            id=store.generate_item_id("message", thread, context), **base,
            content=[AssistantMessageContent(text="Because." * 500)])
        await store.add_thread_item(thread.id, item, context)
        print(number, thread.id, item.id, flush=True)

async def main():
    url = SecretStr(sys.argv[2]) if len(sys.argv) > 2 else None
    async with SqlStore(database_at(url, Path(sys.argv[1]))) as store:
        await asyncio.gather(*(talk(store, number) for number in range(5)))

asyncio.run(main())
"""


async def killed_after(acknowledgements: int, kill: Callable[[Process], None], *arguments: object) -> list[list[str]]:
    """What a writer was told is stored: visitor, thread and item of each."""
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, *map(str, arguments), stdout=PIPE, stderr=DEVNULL
    )
    assert writer.stdout is not None
    lines = [await writer.stdout.readline() for _ in range(acknowledgements)]
    kill(writer)
    lines += (await writer.stdout.read()).splitlines(keepends=True)
    await writer.wait()
    # The last line may have been cut off by the kill; whole lines are acknowledgements.
    told = [line.decode().split() for line in lines if line.endswith(b"\n")]
    assert len(told) >= acknowledgements
    return [["visitor " + number, thread_id, item_id] for number, thread_id, item_id in told]


async def expect_all(told: list[list[str]], database: Database) -> None:
    async with SqlStore(database) as store:
        for name, thread_id, item_id in told:
            await store.load_item(thread_id, item_id, visitor(name))


NO_MESSAGE = "SELECT count(*) FROM {0}threads WHERE id NOT IN (SELECT thread_id FROM {0}items)"


@pytest.mark.parametrize("acknowledgements", [1, 257])
async def test_a_killed_server_loses_nothing_it_acknowledged(tmp_path: Path, acknowledgements: int) -> None:
    told = await killed_after(acknowledgements, Process.kill, tmp_path)
    path = tmp_path / "teahouse.db"
    await expect_all(told, SqliteDatabase(path))
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        assert connection.execute(NO_MESSAGE.format("")).fetchone() == (0,)


@pytest.mark.parametrize("dies", ["teahouse", "postgresql"])
async def test_on_postgresql_neither_ones_death_loses_what_was_acknowledged(
    tmp_path: Path, postgres: PostgresServer, dies: str
) -> None:
    postgres.sql(f"CREATE DATABASE {dies}")
    url = postgres.url(dies)
    told = await killed_after(100, Process.kill if dies == "teahouse" else lambda _: postgres.kill(), tmp_path, url)
    if dies == "postgresql":
        postgres.start()
    await expect_all(told, PostgresDatabase(url))
    assert postgres.sql(NO_MESSAGE.format("teahouse."), dies) == "0"
