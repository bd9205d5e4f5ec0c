"""However much is stored, each query of the chat finds its rows by an index."""

from __future__ import annotations

from dataclasses import replace

import pytest

from teahouse.store import Database, SqliteDatabase
from teahouse.store import statements as sql
from teahouse.store.queries import Compiled, Parameters, Query, Statement, Steps, plain

GIVEN = Parameters(
    visitor="visitor_1", thread="thr_7", item="msg_9000", attachment="atc_7", json="{}",
    judgement="positive", at=7_000_000, after="thr_7", count=21,
)  # fmt: skip
IN_LONG = Parameters(**GIVEN | {"after": "msg_5000"})  # type: ignore[typeddict-item]

ASKED: dict[str, Query] = {
    "load_thread": sql.load_thread(GIVEN),
    "last_activity": sql.last_activity(GIVEN),
    "newest threads": sql.list_threads["desc", False](GIVEN),
    "older threads": sql.list_threads["desc", True](GIVEN),
    "newer threads": sql.list_threads["asc", True](GIVEN),
    "load_item": sql.load_item(GIVEN),
    "first items": sql.list_items["asc", False](GIVEN),
    "newest items": sql.list_items["desc", False](GIVEN),
    "older items": sql.list_items["desc", True](IN_LONG),
    "newer items": sql.list_items["asc", True](IN_LONG),
    "thread_and_items": sql.thread_and_items(GIVEN),
    "load_attachment": sql.load_attachment(GIVEN),
    "touch_thread": sql.touch_thread(GIVEN),
    "save_thread": sql.save_thread(GIVEN),
    "add_item": sql.add_item(GIVEN),
    "replace_item": sql.replace_item(GIVEN),
    "delete_item": sql.delete_item(GIVEN),
    "delete_items_after": sql.delete_items_after(GIVEN),
    "give_feedback": sql.give_feedback(GIVEN),
    "save_attachment": sql.save_attachment(GIVEN),
}

# Their conflict is looked up in the unique index without being part of the plan.
NO_SEARCH = {"save_thread", "save_attachment"}


def numbers(first: int, last: int, columns: str) -> str:
    counting = f"WITH RECURSIVE n(i) AS (SELECT {first} UNION ALL SELECT i + 1 FROM n WHERE i < {last})"
    return f"{counting} SELECT {columns} FROM n"


FILL = (
    # 3,000 threads of 3 visitors, an item and an attachment each; but one thread has 10,000 items.
    "INSERT INTO threads " + numbers(0, 2999, "'thr_' || i, 'visitor_' || i % 3, i * 1000, '{}'"),
    "INSERT INTO items " + numbers(0, 2999, "'thr_' || i, 1, 'msg_1', '{}'"),
    "INSERT INTO items " + numbers(2, 10_000, "'thr_7', i, 'msg_' || i, '{}'"),
    "INSERT INTO attachments " + numbers(0, 2999, "'atc_' || i, 'visitor_' || i % 3, 'thr_' || i, '{}'"),
    "ANALYZE",
)


@pytest.fixture
async def filled(database: Database) -> Database:
    def work() -> Steps[None]:
        for statement in FILL:
            yield plain(statement)

    await database.write(work)
    return database


class Explained(Statement):
    """A statement's plan instead of what it does."""

    def __init__(self, statement: Statement) -> None:
        self._statement = statement

    def compiled(self, dialect: str) -> Compiled:
        compiled = self._statement.compiled(dialect)
        explain = {"sqlite": "EXPLAIN QUERY PLAN", "postgresql": "EXPLAIN"}[dialect]
        return replace(compiled, sql=f"{explain} {compiled.sql}", gives_rows=True)


async def plan(database: Database, query: Query, *before: str) -> list[str]:
    def work() -> Steps[list[str]]:
        for setting in before:
            yield plain(setting)
        found = yield Explained(query.statement)(query.parameters)
        return [str(row[3] if isinstance(database, SqliteDatabase) else row[0]) for row in found.all]

    return await database.write(work)


def expect_index(name: str, steps: list[str]) -> None:
    said = "\n".join([name, *steps])
    assert "Seq Scan" not in said
    assert "Sort" not in said
    assert "TEMP B-TREE" not in said
    assert not [step for step in steps if step.startswith("SCAN") and "CONSTANT" not in step], said
    assert name in NO_SEARCH or "INDEX" in said.upper()


async def test_every_query_uses_an_index(filled: Database) -> None:
    """All in one test, for the sake of the rows: on an empty table a plan says nothing."""
    for name, query in ASKED.items():
        expect_index(name, await plan(filled, query))
        if not isinstance(filled, SqliteDatabase):
            # After a few times the server may plan without looking at the values.
            expect_index(name, await plan(filled, query, "SET LOCAL plan_cache_mode = force_generic_plan"))
