"""What was acknowledged survives a kill at any moment, and what was not is wholly there or not at all."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import sys
from pathlib import Path

import pytest

from teahouse.store import SqliteDatabase, SqlStore

from .things import visitor

WRITER = """
import asyncio, sys
from datetime import UTC, datetime
from chatkit.types import *
from teahouse.protocol import Context, Visitor
from teahouse.store import SqliteDatabase, SqlStore

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
    async with SqlStore(SqliteDatabase(sys.argv[1])) as store:
        await asyncio.gather(*(talk(store, number) for number in range(5)))

asyncio.run(main())
"""


@pytest.mark.parametrize("acknowledgements", [1, 40, 257])
async def test_a_killed_server_loses_nothing_it_acknowledged(path: Path, acknowledgements: int) -> None:
    writer = await asyncio.create_subprocess_exec(
        sys.executable, "-c", WRITER, str(path), stdout=asyncio.subprocess.PIPE
    )
    assert writer.stdout is not None
    lines = [await writer.stdout.readline() for _ in range(acknowledgements)]
    writer.kill()
    lines += (await writer.stdout.read()).splitlines(keepends=True)
    await writer.wait()
    # The last line may have been cut off by the kill; whole lines are acknowledgements.
    told = [line.decode().split(" ") for line in lines if line.endswith(b"\n")]
    assert len(told) >= acknowledgements

    async with SqlStore(SqliteDatabase(path)) as store:
        for number, thread_id, item_id in told:
            await store.load_item(thread_id, item_id.strip(), visitor(f"visitor {number}"))

    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        threads_without_message = "SELECT id FROM threads WHERE id NOT IN (SELECT thread_id FROM items)"
        assert connection.execute(threads_without_message).fetchall() == []
