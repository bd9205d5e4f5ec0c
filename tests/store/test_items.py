"""What our store does with items, feedback and attachments beyond what every store does (`test_conformance`)."""

from __future__ import annotations

import pytest
from chatkit.store import NotFoundError

from teahouse.errors import Problem
from teahouse.run_types import NewRun
from teahouse.store import SqlStore

from .things import ALICE, answer, attachment, ids, thread, visitor


@pytest.fixture
async def tea(store: SqlStore) -> SqlStore:
    """A store with one empty thread, thr_1, of Alice's."""
    await store.save_thread(thread(), ALICE)
    return store


async def test_the_newest_items_come_in_reading_order(tea: SqlStore) -> None:
    for number in range(7):
        await tea.add_thread_item("thr_1", answer(f"msg_{number}"), ALICE)
    page = await tea.load_latest_items("thr_1", 3, ALICE)
    assert (ids(page.data), page.has_more, page.after) == (["msg_4", "msg_5", "msg_6"], True, "msg_4")


async def test_what_follows_an_item_can_be_deleted_at_once(tea: SqlStore) -> None:
    for number in range(5):
        await tea.add_thread_item("thr_1", answer(f"msg_{number}"), ALICE)
    assert await tea.begin_again("thr_1", "msg_2", ALICE) == ["msg_3", "msg_4"]
    assert await tea.begin_again("thr_1", "msg_2", ALICE) == []
    assert ids((await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == ["msg_0", "msg_1", "msg_2"]


async def test_deleting_after_an_unknown_item_deletes_nothing(tea: SqlStore) -> None:
    await tea.add_thread_item("thr_1", answer("msg_1"), ALICE)
    with pytest.raises(NotFoundError):
        await tea.begin_again("thr_1", "msg_9", ALICE)
    assert len((await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == 1


async def test_a_thread_that_is_taken_keeps_what_was_to_be_answered_again(tea: SqlStore) -> None:
    for number in range(3):
        await tea.add_thread_item("thr_1", answer(f"msg_{number}"), ALICE)
    runs = [visitor("alice") for _ in range(2)]
    for number, context in enumerate(runs):
        context.run = NewRun(f"run_{number}", "rep_1")
    assert await tea.begin_again("thr_1", "msg_1", runs[0]) == ["msg_2"]
    with pytest.raises(Problem, match="run_active"):
        await tea.begin_again("thr_1", "msg_0", runs[1])
    assert ids((await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == ["msg_0", "msg_1"]


async def test_feedback_is_taken_for_items_that_exist(tea: SqlStore) -> None:
    await tea.add_thread_item("thr_1", answer("msg_1"), ALICE)
    await tea.add_feedback("thr_1", ["msg_1", "msg_shown_only"], "positive", ALICE)
    await tea.add_feedback("thr_1", ["msg_1"], "negative", ALICE)
    await tea.add_feedback("thr_1", [], "negative", ALICE)
    with pytest.raises(NotFoundError):
        await tea.add_feedback("thr_1", ["msg_9"], "positive", ALICE)
    with pytest.raises(NotFoundError):
        await tea.add_feedback("thr_9", ["msg_1"], "positive", ALICE)


async def test_an_attachment_of_an_unknown_thread_is_not_found(store: SqlStore) -> None:
    with pytest.raises(NotFoundError):
        await store.save_attachment(attachment(thread_id="thr_9"), ALICE)
    with pytest.raises(NotFoundError):
        await store.load_attachment("atc_1", ALICE)


async def test_deleting_an_item_takes_what_was_thought_of_it(tea: SqlStore) -> None:
    await tea.add_thread_item("thr_1", answer("msg_1"), ALICE)
    await tea.add_feedback("thr_1", ["msg_1"], "positive", ALICE)
    await tea.delete_thread_item("thr_1", "msg_1", ALICE)
    with pytest.raises(NotFoundError):
        await tea.add_feedback("thr_1", ["msg_1"], "positive", ALICE)
