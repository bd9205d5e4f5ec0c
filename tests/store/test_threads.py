"""What our store does with threads beyond what every store does (`test_conformance`)."""

from __future__ import annotations

import pytest
from chatkit.store import NotFoundError
from chatkit.types import Page, Thread

from teahouse.store import SqlStore

from .things import ALICE, NOON, answer, attachment, ids, question, thread


async def test_limits_of_pages_are_bounded(store: SqlStore) -> None:
    for number in range(105):
        await store.save_thread(thread(f"thr_{number:03}"), ALICE)
    assert len((await store.load_threads(None, None, "desc", ALICE)).data) == 20
    assert len((await store.load_threads(10_000, None, "desc", ALICE)).data) == 100
    assert len((await store.load_threads(0, None, "desc", ALICE)).data) == 1
    assert len((await store.load_threads(-5, None, "desc", ALICE)).data) == 1


async def test_an_order_that_does_not_exist_is_refused(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="'asc' or 'desc'"):
        await store.load_threads(20, None, "newest", ALICE)


async def test_a_thread_comes_with_its_newest_items(store: SqlStore) -> None:
    await store.save_thread(thread(title="Tea", metadata={"a": 1}), ALICE)
    assert (await store.thread_and_items("thr_1", 3, ALICE)).items == Page()
    for number in range(5):
        await store.add_thread_item("thr_1", answer(f"msg_{number}"), ALICE)

    loaded = await store.thread_and_items("thr_1", 3, ALICE)

    assert isinstance(loaded, Thread)
    assert (loaded.title, loaded.metadata, loaded.created_at) == ("Tea", {"a": 1}, NOON)
    assert ids(loaded.items.data) == ["msg_2", "msg_3", "msg_4"]
    older = await store.load_thread_items("thr_1", loaded.items.after, 3, "desc", ALICE)
    assert (ids(older.data), older.has_more) == (["msg_1", "msg_0"], False)


async def test_newest_items_of_an_unknown_thread_are_not_found(store: SqlStore) -> None:
    with pytest.raises(NotFoundError):
        await store.thread_and_items("thr_9", 20, ALICE)
    with pytest.raises(NotFoundError):
        await store.load_latest_items("thr_9", 20, ALICE)


async def test_deleting_a_thread_takes_what_was_thought_of_it(store: SqlStore) -> None:
    await store.save_thread(thread(), ALICE)
    await store.add_thread_item("thr_1", answer("msg_1"), ALICE)
    await store.add_feedback("thr_1", ["msg_1"], "positive", ALICE)
    await store.delete_thread("thr_1", ALICE)
    with pytest.raises(NotFoundError):
        await store.add_feedback("thr_1", ["msg_1"], "positive", ALICE)


async def test_a_turn_begins_with_thread_message_and_attachments(store: SqlStore) -> None:
    await store.save_attachment(attachment(metadata={"bucket": "b"}), ALICE)
    message = question("msg_1").model_copy(update={"attachments": [attachment(metadata={"bucket": "b"})]})
    await store.begin_turn(thread(), message, ALICE, new=True)
    await store.begin_turn(thread(), question("msg_2"), ALICE, new=False)

    assert ids((await store.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == ["msg_1", "msg_2"]
    stored = await store.load_attachment("atc_1", ALICE)
    assert (stored.thread_id, stored.metadata) == ("thr_1", {"bucket": "b"})


async def test_a_turn_in_a_thread_deleted_meanwhile_does_not_bring_it_back(store: SqlStore) -> None:
    with pytest.raises(NotFoundError):
        await store.begin_turn(thread(), question("msg_1"), ALICE, new=False)
    assert (await store.load_threads(20, None, "desc", ALICE)).data == []


async def test_ids_are_prefixed_long_and_in_order(store: SqlStore) -> None:
    threads = [store.generate_thread_id(ALICE) for _ in range(1000)]
    assert threads == sorted(set(threads))
    assert len(threads[0]) == len("thr_") + 32
    assert store.generate_item_id("tool_call", thread(), ALICE).startswith("tc_")


async def test_the_database_answers(store: SqlStore) -> None:
    await store.ping()
