"""What every store does with threads."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from chatkit.store import NotFoundError
from chatkit.types import LockedStatus, Page, Thread, ThreadItem, ThreadMetadata

from teahouse.store import SqlStore

from .things import ALICE, NOON, answer, attachment, ids, question, thread


async def test_a_saved_thread_comes_back_whole(store: SqlStore) -> None:
    saved = thread(
        title="茶 🍵",
        status=LockedStatus(reason="closed for the night"),
        allowed_image_domains=["img.example"],
        metadata={"previous_response_id": "resp_1", "nested": {"list": [1, None, "二"]}},
    )
    await store.save_thread(saved, ALICE)
    assert await store.load_thread("thr_1", ALICE) == saved


async def test_saving_again_replaces(store: SqlStore) -> None:
    await store.save_thread(thread(), ALICE)
    await store.save_thread(thread(title="Tea", metadata={"a": 1}), ALICE)
    loaded = await store.load_thread("thr_1", ALICE)
    assert (loaded.title, loaded.metadata) == ("Tea", {"a": 1})


async def test_items_that_a_thread_carries_are_not_stored(store: SqlStore) -> None:
    carried: Page[ThreadItem] = Page(data=[question("msg_1")])
    await store.save_thread(Thread(**dict(thread(title="Tea")), items=carried), ALICE)
    assert type(await store.load_thread("thr_1", ALICE)) is ThreadMetadata
    assert (await store.load_thread_items("thr_1", None, 20, "asc", ALICE)).data == []


async def test_naive_times_are_local_and_come_back_in_utc(store: SqlStore) -> None:
    local = datetime(2026, 7, 1, 8, 30)
    await store.save_thread(ThreadMetadata(id="thr_1", created_at=local), ALICE)
    item = answer("msg_1").model_copy(update={"created_at": local})
    await store.add_thread_item("thr_1", item, ALICE)

    for loaded in (await store.load_thread("thr_1", ALICE), await store.load_item("thr_1", "msg_1", ALICE)):
        assert loaded.created_at.utcoffset() == timedelta(0)
        assert loaded.created_at == local.astimezone(UTC)
    assert item.created_at is local  # What the caller holds is left alone.


async def test_an_unknown_thread_is_not_found(store: SqlStore) -> None:
    with pytest.raises(NotFoundError):
        await store.load_thread("thr_9", ALICE)
    with pytest.raises(NotFoundError):
        await store.load_thread_items("thr_9", None, 20, "asc", ALICE)
    with pytest.raises(NotFoundError):
        await store.thread_and_items("thr_9", 20, ALICE)
    with pytest.raises(NotFoundError):
        await store.delete_thread("thr_9", ALICE)


async def test_threads_are_listed_by_last_activity(store: SqlStore) -> None:
    for minute, name in enumerate(["thr_1", "thr_2", "thr_3"]):
        await store.save_thread(thread(name, minute=minute), ALICE)
    await store.add_thread_item("thr_1", question("msg_1", minute=10), ALICE)

    assert ids((await store.load_threads(20, None, "desc", ALICE)).data) == ["thr_1", "thr_3", "thr_2"]
    assert ids((await store.load_threads(20, None, "asc", ALICE)).data) == ["thr_2", "thr_3", "thr_1"]


async def test_renaming_or_an_old_item_does_not_move_a_thread_up(store: SqlStore) -> None:
    await store.save_thread(thread("thr_1"), ALICE)
    await store.save_thread(thread("thr_2", minute=1), ALICE)
    await store.save_thread(thread("thr_1", title="Renamed"), ALICE)
    await store.add_thread_item("thr_2", question("msg_1", minute=-60), ALICE)
    assert ids((await store.load_threads(20, None, "desc", ALICE)).data) == ["thr_2", "thr_1"]


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_pages_of_threads_meet_without_gap_or_overlap(store: SqlStore, order: str) -> None:
    """Also when several threads were active in the same moment."""
    names = [f"thr_{number:02}" for number in range(11)]
    for number, name in enumerate(names):
        await store.save_thread(thread(name, minute=number // 4), ALICE)

    seen: list[str] = []
    after = None
    while True:
        page = await store.load_threads(3, after, order, ALICE)
        seen += ids(page.data)
        assert page.has_more == (page.after is not None)
        if not page.has_more:
            break
        after = page.after
    assert seen == (names if order == "asc" else names[::-1])


async def test_limits_of_pages_are_bounded(store: SqlStore) -> None:
    for number in range(105):
        await store.save_thread(thread(f"thr_{number:03}"), ALICE)
    assert len((await store.load_threads(None, None, "desc", ALICE)).data) == 20
    assert len((await store.load_threads(10_000, None, "desc", ALICE)).data) == 100
    assert len((await store.load_threads(0, None, "desc", ALICE)).data) == 1
    assert len((await store.load_threads(-5, None, "desc", ALICE)).data) == 1


async def test_continuing_after_an_unknown_thread_is_not_found(store: SqlStore) -> None:
    await store.save_thread(thread(), ALICE)
    with pytest.raises(NotFoundError):
        await store.load_threads(20, "thr_9", "desc", ALICE)


async def test_an_order_that_does_not_exist_is_refused(store: SqlStore) -> None:
    with pytest.raises(ValueError, match="'asc' or 'desc'"):
        await store.load_threads(20, None, "newest", ALICE)


async def test_deleting_a_thread_takes_everything_of_it(store: SqlStore) -> None:
    await store.save_thread(thread(), ALICE)
    await store.add_thread_item("thr_1", answer("msg_1"), ALICE)
    await store.add_feedback("thr_1", ["msg_1"], "positive", ALICE)
    await store.save_attachment(attachment(thread_id="thr_1"), ALICE)
    await store.save_attachment(attachment("atc_2"), ALICE)

    await store.delete_thread("thr_1", ALICE)

    assert (await store.load_threads(20, None, "desc", ALICE)).data == []
    with pytest.raises(NotFoundError):
        await store.load_item("thr_1", "msg_1", ALICE)
    with pytest.raises(NotFoundError):
        await store.load_attachment("atc_1", ALICE)
    assert (await store.load_attachment("atc_2", ALICE)).id == "atc_2"
    await store.save_thread(thread(), ALICE)
    assert (await store.load_thread_items("thr_1", None, 20, "asc", ALICE)).data == []


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
