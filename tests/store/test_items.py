"""What every store does with items, feedback and attachments."""

from __future__ import annotations

import pytest
from chatkit.store import NotFoundError
from chatkit.types import (
    ClientToolCallItem,
    CustomTask,
    EndOfTurnItem,
    GeneratedImage,
    GeneratedImageItem,
    HiddenContextItem,
    ImageAttachment,
    SDKHiddenContextItem,
    StructuredInputFreeform,
    StructuredInputItem,
    TaskItem,
    ThreadItem,
    WidgetItem,
    Workflow,
    WorkflowItem,
)
from pydantic import AnyUrl, TypeAdapter

from teahouse.store import SqlStore

from .things import ALICE, NOON, answer, attachment, ids, question, text_of, thread


@pytest.fixture
async def tea(store: SqlStore) -> SqlStore:
    """A store with one empty thread, thr_1, of Alice's."""
    await store.save_thread(thread(), ALICE)
    return store


BASE = {"id": "itm_1", "thread_id": "thr_1", "created_at": NOON}

EVERY_KIND: list[ThreadItem] = [
    question("itm_1", "为什么\n\x00 \u2028 '; DROP TABLE items; --"),
    answer("itm_1", "x" * 300_000),
    ClientToolCallItem(**BASE, call_id="c", name="f", arguments={"a": None, "b": [1.5, "é"]}, output={"k": 0}),
    TypeAdapter(WidgetItem).validate_python(
        {**BASE, "widget": {"type": "Card", "children": [{"type": "Text", "value": "Tea"}]}, "copy_text": "t"}
    ),
    GeneratedImageItem(**BASE, image=GeneratedImage(id="i", url="https://img.example/1.png")),
    StructuredInputItem(**BASE, inputs=[StructuredInputFreeform(id="q", question="Which tea?")]),
    WorkflowItem(**BASE, workflow=Workflow(type="custom", tasks=[CustomTask(title="t")])),
    TaskItem(**BASE, task=CustomTask(title="t", content="c")),
    HiddenContextItem(**BASE, content={"any": ["thing", None]}),
    SDKHiddenContextItem(**BASE, content="note"),
    EndOfTurnItem(**BASE),
]


@pytest.mark.parametrize("item", EVERY_KIND, ids=lambda item: item.type)
async def test_an_item_of_any_kind_comes_back_whole(tea: SqlStore, item: ThreadItem) -> None:
    await tea.add_thread_item("thr_1", item, ALICE)
    assert await tea.load_item("thr_1", "itm_1", ALICE) == item
    assert (await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)).data == [item]


async def test_items_keep_the_order_they_were_added_in_whatever_their_times(tea: SqlStore) -> None:
    for name, minute in [("c", 3), ("a", 1), ("b", 1), ("d", -9)]:
        await tea.add_thread_item("thr_1", answer(name, minute=minute), ALICE)
    assert ids((await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == ["c", "a", "b", "d"]
    assert ids((await tea.load_thread_items("thr_1", None, 20, "desc", ALICE)).data) == ["d", "b", "a", "c"]


@pytest.mark.parametrize("order", ["asc", "desc"])
async def test_every_item_of_a_long_thread_is_reached(tea: SqlStore, order: str) -> None:
    names = [f"msg_{number}" for number in range(45)]
    for name in names:
        await tea.add_thread_item("thr_1", answer(name), ALICE)
    seen: list[str] = []
    page = await tea.load_thread_items("thr_1", None, None, order, ALICE)
    seen += ids(page.data)
    while page.has_more:
        page = await tea.load_thread_items("thr_1", page.after, None, order, ALICE)
        seen += ids(page.data)
    assert page.after is None
    assert seen == (names if order == "asc" else names[::-1])


async def test_a_page_that_holds_exactly_everything_has_no_more(tea: SqlStore) -> None:
    for number in range(4):
        await tea.add_thread_item("thr_1", answer(f"msg_{number}"), ALICE)
    page = await tea.load_thread_items("thr_1", None, 4, "asc", ALICE)
    assert (len(page.data), page.has_more, page.after) == (4, False, None)


async def test_the_newest_items_come_in_reading_order(tea: SqlStore) -> None:
    for number in range(7):
        await tea.add_thread_item("thr_1", answer(f"msg_{number}"), ALICE)
    page = await tea.load_latest_items("thr_1", 3, ALICE)
    assert (ids(page.data), page.has_more, page.after) == (["msg_4", "msg_5", "msg_6"], True, "msg_4")


async def test_continuing_after_an_unknown_item_is_not_found(tea: SqlStore) -> None:
    with pytest.raises(NotFoundError):
        await tea.load_thread_items("thr_1", "msg_9", 20, "asc", ALICE)
    await tea.add_thread_item("thr_1", answer("msg_1"), ALICE)
    with pytest.raises(NotFoundError):
        await tea.load_thread_items("thr_1", "msg_9", 20, "asc", ALICE)


async def test_continuing_after_the_last_item_is_an_empty_page(tea: SqlStore) -> None:
    await tea.add_thread_item("thr_1", answer("msg_1"), ALICE)
    page = await tea.load_thread_items("thr_1", "msg_1", 20, "asc", ALICE)
    assert (page.data, page.has_more, page.after) == ([], False, None)


async def test_saving_an_item_replaces_it_where_it_stands(tea: SqlStore) -> None:
    for name in ("msg_1", "msg_2"):
        await tea.add_thread_item("thr_1", answer(name), ALICE)
    await tea.save_item("thr_1", answer("msg_1", "Edited."), ALICE)
    await tea.save_item("thr_1", answer("msg_3", "New."), ALICE)
    page = await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)
    assert [text_of(item) for item in page.data] == ["Edited.", "Because.", "New."]


async def test_adding_an_id_again_replaces_and_moves_to_the_end(tea: SqlStore) -> None:
    await tea.add_thread_item("thr_1", answer("__fake_id__", "First answer."), ALICE)
    await tea.add_thread_item("thr_1", question("msg_1"), ALICE)
    await tea.add_thread_item("thr_1", answer("__fake_id__", "Second answer."), ALICE)
    page = await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)
    assert ids(page.data) == ["msg_1", "__fake_id__"]
    assert text_of(page.data[1]) == "Second answer."


async def test_the_same_id_in_two_threads_is_two_items(tea: SqlStore) -> None:
    await tea.save_thread(thread("thr_2"), ALICE)
    await tea.add_thread_item("thr_1", answer("__fake_id__", "One."), ALICE)
    await tea.add_thread_item("thr_2", answer("__fake_id__", "Two.", thread_id="thr_2"), ALICE)
    await tea.delete_thread_item("thr_2", "__fake_id__", ALICE)
    assert text_of(await tea.load_item("thr_1", "__fake_id__", ALICE)) == "One."


async def test_a_deleted_item_is_gone(tea: SqlStore) -> None:
    for name in ("msg_1", "msg_2"):
        await tea.add_thread_item("thr_1", answer(name), ALICE)
    await tea.add_feedback("thr_1", ["msg_1"], "positive", ALICE)
    await tea.delete_thread_item("thr_1", "msg_1", ALICE)
    with pytest.raises(NotFoundError):
        await tea.load_item("thr_1", "msg_1", ALICE)
    assert ids((await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == ["msg_2"]


async def test_deleting_an_item_that_was_never_stored_is_no_error(tea: SqlStore) -> None:
    """The SDK does so when a server removes an item that was only shown while it worked."""
    await tea.delete_thread_item("thr_1", "msg_9", ALICE)
    with pytest.raises(NotFoundError):
        await tea.delete_thread_item("thr_9", "msg_9", ALICE)


async def test_what_follows_an_item_can_be_deleted_at_once(tea: SqlStore) -> None:
    for number in range(5):
        await tea.add_thread_item("thr_1", answer(f"msg_{number}"), ALICE)
    assert await tea.delete_items_after("thr_1", "msg_2", ALICE) == ["msg_3", "msg_4"]
    assert await tea.delete_items_after("thr_1", "msg_2", ALICE) == []
    assert ids((await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == ["msg_0", "msg_1", "msg_2"]


async def test_deleting_after_an_unknown_item_deletes_nothing(tea: SqlStore) -> None:
    await tea.add_thread_item("thr_1", answer("msg_1"), ALICE)
    with pytest.raises(NotFoundError):
        await tea.delete_items_after("thr_1", "msg_9", ALICE)
    assert len((await tea.load_thread_items("thr_1", None, 20, "asc", ALICE)).data) == 1


async def test_adding_to_an_unknown_thread_is_not_found(store: SqlStore) -> None:
    for write in (store.add_thread_item, store.save_item):
        with pytest.raises(NotFoundError):
            await write("thr_9", answer("msg_1"), ALICE)


async def test_feedback_is_taken_for_items_that_exist(tea: SqlStore) -> None:
    await tea.add_thread_item("thr_1", answer("msg_1"), ALICE)
    await tea.add_feedback("thr_1", ["msg_1", "msg_shown_only"], "positive", ALICE)
    await tea.add_feedback("thr_1", ["msg_1"], "negative", ALICE)
    await tea.add_feedback("thr_1", [], "negative", ALICE)
    with pytest.raises(NotFoundError):
        await tea.add_feedback("thr_1", ["msg_9"], "positive", ALICE)
    with pytest.raises(NotFoundError):
        await tea.add_feedback("thr_9", ["msg_1"], "positive", ALICE)


async def test_an_attachment_comes_back_whole_and_is_replaced(store: SqlStore) -> None:
    image = ImageAttachment(
        id="atc_1",
        name="茶.png",
        mime_type="image/png",
        preview_url=AnyUrl("https://img.example/1.png"),
        metadata={"bucket": "b"},
    )
    await store.save_attachment(image, ALICE)
    assert await store.load_attachment("atc_1", ALICE) == image
    await store.save_attachment(attachment(), ALICE)
    assert await store.load_attachment("atc_1", ALICE) == attachment()


async def test_an_attachment_of_an_unknown_thread_is_not_found(store: SqlStore) -> None:
    with pytest.raises(NotFoundError):
        await store.save_attachment(attachment(thread_id="thr_9"), ALICE)
    with pytest.raises(NotFoundError):
        await store.load_attachment("atc_1", ALICE)


async def test_deleting_an_attachment_twice_is_no_error(store: SqlStore) -> None:
    """An AttachmentStore may delete the description itself, before the SDK does."""
    await store.save_attachment(attachment(), ALICE)
    await store.delete_attachment("atc_1", ALICE)
    await store.delete_attachment("atc_1", ALICE)
    with pytest.raises(NotFoundError):
        await store.load_attachment("atc_1", ALICE)
