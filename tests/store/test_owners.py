"""Nobody reaches what is somebody else's, by any method, and nobody learns that it is there."""

from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from chatkit.store import NotFoundError
from chatkit.types import ThreadMetadata

from teahouse.protocol import Context
from teahouse.store import SqliteDatabase, SqlStore

from .things import ALICE, BOB, answer, attachment, question, thread, visitor

Call = Callable[[SqlStore, Context, str, str, str], Awaitable[Any]]

# By method: a call with a thread's, an item's and an attachment's id.
REFUSED: dict[str, Call] = {
    "load_thread": lambda s, c, t, i, a: s.load_thread(t, c),
    "save_thread": lambda s, c, t, i, a: s.save_thread(thread(t, title="Mine now"), c),
    "delete_thread": lambda s, c, t, i, a: s.delete_thread(t, c),
    "load_threads": lambda s, c, t, i, a: s.load_threads(20, t, "desc", c),
    "load_thread_items": lambda s, c, t, i, a: s.load_thread_items(t, None, 20, "asc", c),
    "load_latest_items": lambda s, c, t, i, a: s.load_latest_items(t, 20, c),
    "thread_and_items": lambda s, c, t, i, a: s.thread_and_items(t, 20, c),
    "load_item": lambda s, c, t, i, a: s.load_item(t, i, c),
    "add_thread_item": lambda s, c, t, i, a: s.add_thread_item(t, answer("msg_2", "Mine"), c),
    "save_item": lambda s, c, t, i, a: s.save_item(t, answer(i, "Mine"), c),
    "delete_thread_item": lambda s, c, t, i, a: s.delete_thread_item(t, i, c),
    "begin_again": lambda s, c, t, i, a: s.begin_again(t, i, c),
    "begin_turn": lambda s, c, t, i, a: s.begin_turn(thread(t), question("msg_2"), c, new=False),
    "bring": lambda s, c, t, i, a: s.bring(thread(t, title="Mine now"), [answer(i, "Mine")], c),
    "add_feedback": lambda s, c, t, i, a: s.add_feedback(t, [i], "negative", c),
    "save_attachment": lambda s, c, t, i, a: s.save_attachment(attachment(a, thread_id=t), c),
    "load_attachment": lambda s, c, t, i, a: s.load_attachment(a, c),
}
# Deleting an attachment that is not there is no error, and so neither is deleting somebody else's.
SILENT: dict[str, Call] = {
    "delete_attachment": lambda s, c, t, i, a: s.delete_attachment(a, c),
    "count_unsent_attachments": lambda s, c, t, i, a: s.count_unsent_attachments(c),
    "attachments_of": lambda s, c, t, i, a: s.attachments_of(t, c),
}
# The last ones tidy up after everybody, and end what dead replicas left; no request leads to them.
NOBODYS = {"open", "close", "ping", "generate_thread_id", "generate_item_id"}
NOBODYS |= {"take_unsent_attachments", "unknown_attachments", "interrupt"}


@pytest.fixture
async def alices(store: SqlStore) -> SqlStore:
    await store.save_thread(thread(title="Private"), ALICE)
    await store.add_thread_item("thr_1", question("msg_0"), ALICE)
    await store.add_thread_item("thr_1", answer("msg_1", "Secret."), ALICE)
    await store.add_feedback("thr_1", ["msg_1"], "positive", ALICE)
    await store.save_attachment(attachment(thread_id="thr_1"), ALICE)
    return store


async def everything_of(store: SqlStore, context: Context) -> list[Any]:
    threads = await store.load_threads(100, None, "asc", context)
    items = [await store.load_thread_items(each.id, None, 100, "asc", context) for each in threads.data]
    return [threads, items, await store.load_attachment("atc_1", context)]


def test_every_public_method_is_examined_here() -> None:
    methods = {name for name, _ in inspect.getmembers(SqlStore, inspect.isfunction) if not name.startswith("_")}
    assert methods == REFUSED.keys() | SILENT.keys() | NOBODYS


@pytest.mark.parametrize("method", REFUSED.keys() | SILENT.keys())
async def test_another_visitor_finds_nothing_and_changes_nothing(alices: SqlStore, method: str) -> None:
    before = await everything_of(alices, ALICE)
    call = (REFUSED | SILENT)[method]
    if method in SILENT:
        assert not await call(alices, BOB, "thr_1", "msg_1", "atc_1")
    else:
        with pytest.raises(NotFoundError):
            await call(alices, BOB, "thr_1", "msg_1", "atc_1")
    assert await everything_of(alices, ALICE) == before
    assert (await alices.load_threads(20, None, "desc", BOB)).data == []


@pytest.mark.parametrize("method", REFUSED.keys() - {"save_thread", "bring"})
async def test_foreign_and_missing_look_the_same(alices: SqlStore, method: str) -> None:
    errors = []
    for names in (("thr_1", "msg_1", "atc_1"), ("thr_9", "msg_9", "atc_9")):
        with pytest.raises(NotFoundError) as caught:
            await REFUSED[method](alices, BOB, *names)
        errors.append((type(caught.value), str(caught.value)))
    assert errors[0] == errors[1]


async def test_feedback_on_a_foreign_item_through_an_own_thread_is_refused(alices: SqlStore) -> None:
    await alices.save_thread(thread("thr_2"), BOB)
    with pytest.raises(NotFoundError):
        await alices.add_feedback("thr_2", ["msg_1"], "negative", BOB)


async def test_an_attachment_never_changes_hands(alices: SqlStore) -> None:
    """Neither by a new description under its id, nor by one that belongs to the thief's own thread."""
    await alices.save_thread(thread("thr_2"), BOB)
    for stolen in (attachment(), attachment(thread_id="thr_2")):
        with pytest.raises(NotFoundError):
            await alices.save_attachment(stolen, BOB)
    assert await alices.load_attachment("atc_1", ALICE) == attachment(thread_id="thr_1")


async def test_visitors_may_have_items_and_threads_in_the_same_moment(alices: SqlStore) -> None:
    await alices.save_thread(thread("thr_2"), BOB)
    assert len((await alices.load_threads(20, None, "desc", BOB)).data) == 1
    assert len((await alices.load_threads(20, None, "desc", ALICE)).data) == 1


@pytest.mark.parametrize("method", REFUSED.keys() | SILENT.keys())
@pytest.mark.parametrize("context", [None, {"user_id": "alice"}, visitor("")], ids=["none", "dict", "empty"])
async def test_a_context_without_a_visitor_is_a_mistake_of_the_caller(path: Path, method: str, context: Any) -> None:
    """Told before the database is asked anything."""
    store = SqlStore(SqliteDatabase(path))
    with pytest.raises(TypeError, match="pass a teahouse Context"):
        await (REFUSED | SILENT)[method](store, context, "thr_1", "msg_1", "atc_1")


async def test_a_thread_never_changes_hands(alices: SqlStore) -> None:
    stolen = ThreadMetadata(**dict(await alices.load_thread("thr_1", ALICE)))
    with pytest.raises(NotFoundError):
        await alices.begin_turn(stolen, question("msg_2"), BOB, new=True)
    assert len((await alices.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == 2
