"""What every ChatKit store does, as tests to inherit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

from chatkit.store import NotFoundError, Store
from chatkit.types import (
    AssistantMessageContent,
    AssistantMessageItem,
    Attachment,
    ClientToolCallItem,
    CustomTask,
    EndOfTurnItem,
    FileAttachment,
    GeneratedImage,
    GeneratedImageItem,
    HiddenContextItem,
    ImageAttachment,
    InferenceOptions,
    LockedStatus,
    Page,
    SDKHiddenContextItem,
    StructuredInputFreeform,
    StructuredInputItem,
    TaskItem,
    Thread,
    ThreadItem,
    ThreadMetadata,
    UserMessageItem,
    UserMessageTextContent,
    WidgetItem,
    Workflow,
    WorkflowItem,
)
from pydantic import AnyUrl, TypeAdapter

from teahouse.protocol import Context, Visitor

try:
    import pytest

    _MARKS = [pytest.mark.asyncio]
except ImportError:
    _MARKS = []

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
ODD = "为什么 🍵\n\x00 \u2028 \\u0000 '; DROP TABLE items; -- %s {0} </script>"


class StoreConformance:
    """Inherit from it, and give it an empty store:

        class TestMyStore(StoreConformance):
            @pytest.fixture
            async def store(self):
                async with MyStore(...) as store:
                    yield store

    With pytest-asyncio in its strict mode the fixture is a `@pytest_asyncio.fixture`. The tests use the twelve
    methods of `chatkit.store.Store` and nothing else. Each begins with an empty store.

    Attributes:
        alice, bob: the contexts of two visitors, of whom neither sees what is the other's. Yours, if your
            store takes other ones than a `teahouse.protocol.Context`.
    """

    pytestmark = _MARKS

    alice: Any = Context(Visitor("alice"))
    bob: Any = Context(Visitor("bob"))

    # Threads ---------------------------------------------------------------------------------------------

    async def test_a_saved_thread_comes_back_whole(self, store: Store[Any]) -> None:
        saved = thread(
            title=ODD,
            status=LockedStatus(reason="closed for the night"),
            allowed_image_domains=["img.example"],
            metadata={"previous_response_id": "resp_1", "nested": {"list": [1, None, "二", ODD]}},
        )
        await store.save_thread(saved, self.alice)
        assert await store.load_thread("thr_1", self.alice) == saved

    async def test_saving_a_thread_again_replaces_it(self, store: Store[Any]) -> None:
        await store.save_thread(thread(), self.alice)
        await store.save_thread(thread(title="Tea", metadata={"a": 1}), self.alice)
        loaded = await store.load_thread("thr_1", self.alice)
        assert (loaded.title, loaded.metadata) == ("Tea", {"a": 1})
        assert ids((await store.load_threads(20, None, "desc", self.alice)).data) == ["thr_1"]

    async def test_what_one_holds_is_not_what_is_stored(self, store: Store[Any]) -> None:
        """A store that keeps the object itself changes with it, before anybody has saved it."""
        held, said = thread(title="Tea"), answer("msg_1", "Before.")
        await store.save_thread(held, self.alice)
        await store.add_thread_item("thr_1", said, self.alice)
        held.title = "Coffee"
        said.content[0].text = "After."
        (await store.load_thread("thr_1", self.alice)).metadata["a"] = 1
        loaded = await store.load_thread("thr_1", self.alice)
        assert (loaded.title, loaded.metadata) == ("Tea", {})
        assert text_of(await store.load_item("thr_1", "msg_1", self.alice)) == "Before."

    async def test_items_that_a_thread_carries_are_not_stored(self, store: Store[Any]) -> None:
        """The SDK saves a `Thread`, items and all, when its title changes in the first turn."""
        carried: Page[ThreadItem] = Page(data=[question("msg_1")])
        await store.save_thread(Thread(**dict(thread(title="Tea")), items=carried), self.alice)
        assert type(await store.load_thread("thr_1", self.alice)) is ThreadMetadata
        assert (await store.load_thread_items("thr_1", None, 20, "asc", self.alice)).data == []
        assert [type(each) for each in (await store.load_threads(20, None, "asc", self.alice)).data] == [ThreadMetadata]

    async def test_naive_times_are_local_and_come_back_aware(self, store: Store[Any]) -> None:
        """The SDK's own are naive; JavaScript would take one for the reader's local time."""
        local = datetime(2026, 7, 1, 8, 30)
        await store.save_thread(ThreadMetadata(id="thr_1", created_at=local), self.alice)
        item = answer("msg_1").model_copy(update={"created_at": local})
        await store.add_thread_item("thr_1", item, self.alice)
        loaded = await store.load_thread("thr_1", self.alice), await store.load_item("thr_1", "msg_1", self.alice)
        for each in loaded:
            assert each.created_at.utcoffset() == timedelta(0)
            assert each.created_at == local.astimezone(UTC)
        assert item.created_at is local

    async def test_an_unknown_thread_is_not_found(self, store: Store[Any]) -> None:
        calls: list[Callable[[], Awaitable[Any]]] = [
            lambda: store.load_thread("thr_9", self.alice),
            lambda: store.load_thread_items("thr_9", None, 20, "asc", self.alice),
            lambda: store.load_item("thr_9", "msg_1", self.alice),
            lambda: store.add_thread_item("thr_9", answer("msg_1"), self.alice),
            lambda: store.save_item("thr_9", answer("msg_1"), self.alice),
            lambda: store.delete_thread_item("thr_9", "msg_1", self.alice),
            lambda: store.delete_thread("thr_9", self.alice),
        ]
        for call in calls:
            with not_found():
                await call()

    async def test_threads_are_listed_by_last_activity(self, store: Store[Any]) -> None:
        for minute, name in enumerate(["thr_1", "thr_2", "thr_3"]):
            await store.save_thread(thread(name, minute=minute), self.alice)
        await store.add_thread_item("thr_1", question("msg_1", minute=10), self.alice)
        assert ids((await store.load_threads(20, None, "desc", self.alice)).data) == ["thr_1", "thr_3", "thr_2"]
        assert ids((await store.load_threads(20, None, "asc", self.alice)).data) == ["thr_2", "thr_3", "thr_1"]

    async def test_renaming_or_an_old_item_does_not_move_a_thread_up(self, store: Store[Any]) -> None:
        await store.save_thread(thread("thr_1"), self.alice)
        await store.save_thread(thread("thr_2", minute=1), self.alice)
        await store.save_thread(thread("thr_1", title="Renamed"), self.alice)
        await store.add_thread_item("thr_2", question("msg_1", minute=-60), self.alice)
        assert ids((await store.load_threads(20, None, "desc", self.alice)).data) == ["thr_2", "thr_1"]

    async def test_pages_of_threads_meet_without_gap_or_overlap(self, store: Store[Any]) -> None:
        """In both directions, and also when several threads were active in the same moment."""
        names = [f"thr_{number:02}" for number in range(11)]
        for number, name in enumerate(names):
            await store.save_thread(thread(name, minute=number // 4), self.alice)
        for order, expected in (("asc", names), ("desc", names[::-1])):

            def load(after: str | None, order: str = order) -> Awaitable[Page[ThreadMetadata]]:
                return store.load_threads(3, after, order, self.alice)

            pages = [page async for page in _pages(load)]
            assert [len(page.data) for page in pages] == [3, 3, 3, 2]
            assert [name for page in pages for name in ids(page.data)] == expected

    async def test_deleting_a_thread_takes_everything_of_it(self, store: Store[Any]) -> None:
        await store.save_thread(thread(), self.alice)
        await store.add_thread_item("thr_1", answer("msg_1"), self.alice)
        await store.save_attachment(attachment(thread_id="thr_1"), self.alice)
        await store.save_attachment(attachment("atc_2"), self.alice)
        await store.delete_thread("thr_1", self.alice)
        assert (await store.load_threads(20, None, "desc", self.alice)).data == []
        with not_found():
            await store.load_item("thr_1", "msg_1", self.alice)
        with not_found():
            await store.load_attachment("atc_1", self.alice)
        assert (await store.load_attachment("atc_2", self.alice)).id == "atc_2"
        await store.save_thread(thread(), self.alice)
        assert (await store.load_thread_items("thr_1", None, 20, "asc", self.alice)).data == []

    # Items -----------------------------------------------------------------------------------------------

    async def test_items_of_any_kind_come_back_whole(self, store: Store[Any]) -> None:
        await store.save_thread(thread(), self.alice)
        for item in every_kind():
            await store.add_thread_item("thr_1", item, self.alice)
        for item in every_kind():
            assert await store.load_item("thr_1", item.id, self.alice) == item
        assert (await store.load_thread_items("thr_1", None, 20, "asc", self.alice)).data == every_kind()

    async def test_a_huge_item_comes_back_whole(self, store: Store[Any]) -> None:
        await store.save_thread(thread(), self.alice)
        said = "茶" * 1_000_000
        await store.add_thread_item("thr_1", answer("msg_1", said), self.alice)
        assert text_of(await store.load_item("thr_1", "msg_1", self.alice)) == said

    async def test_items_keep_the_order_they_were_added_in_whatever_their_times(self, store: Store[Any]) -> None:
        await store.save_thread(thread(), self.alice)
        for name, minute in [("c", 3), ("a", 1), ("b", 1), ("d", -9)]:
            await store.add_thread_item("thr_1", answer(name, minute=minute), self.alice)
        assert ids((await store.load_thread_items("thr_1", None, 20, "asc", self.alice)).data) == ["c", "a", "b", "d"]
        assert ids((await store.load_thread_items("thr_1", None, 20, "desc", self.alice)).data) == ["d", "b", "a", "c"]

    async def test_every_item_of_a_long_thread_is_reached(self, store: Store[Any]) -> None:
        """300 of them, in both directions; the page after the last is empty."""
        await store.save_thread(thread(), self.alice)
        names = [f"msg_{number}" for number in range(300)]
        for name in names:
            await store.add_thread_item("thr_1", answer(name), self.alice)
        for order, expected in (("asc", names), ("desc", names[::-1])):

            def load(after: str | None, order: str = order) -> Awaitable[Page[ThreadItem]]:
                return store.load_thread_items("thr_1", after, 50, order, self.alice)

            pages = [page async for page in _pages(load)]
            assert [len(page.data) for page in pages] == [50] * 6
            assert [name for page in pages for name in ids(page.data)] == expected
            beyond = await load(expected[-1])
            assert (beyond.data, beyond.has_more) == ([], False)

    async def test_a_page_that_holds_exactly_everything_has_no_more(self, store: Store[Any]) -> None:
        await store.save_thread(thread(), self.alice)
        for number in range(4):
            await store.add_thread_item("thr_1", answer(f"msg_{number}"), self.alice)
        page = await store.load_thread_items("thr_1", None, 4, "asc", self.alice)
        assert (len(page.data), page.has_more, page.after) == (4, False, None)

    async def test_continuing_after_an_unknown_record_is_not_found(self, store: Store[Any]) -> None:
        """An empty page would look like the end of the thread; the first page again would never end."""
        await store.save_thread(thread(), self.alice)
        await store.add_thread_item("thr_1", answer("msg_1"), self.alice)
        with not_found():
            await store.load_thread_items("thr_1", "msg_9", 20, "asc", self.alice)
        with not_found():
            await store.load_threads(20, "thr_9", "desc", self.alice)

    async def test_saving_an_item_replaces_it_where_it_stands(self, store: Store[Any]) -> None:
        await store.save_thread(thread(), self.alice)
        for name in ("msg_1", "msg_2"):
            await store.add_thread_item("thr_1", answer(name), self.alice)
        await store.save_item("thr_1", answer("msg_1", "Edited."), self.alice)
        await store.save_item("thr_1", answer("msg_3", "New."), self.alice)
        page = await store.load_thread_items("thr_1", None, 20, "asc", self.alice)
        assert [text_of(item) for item in page.data] == ["Edited.", "Because.", "New."]

    async def test_adding_an_id_again_replaces_and_moves_to_the_end(self, store: Store[Any]) -> None:
        """Chat Completions providers give every message the id `__fake_id__`."""
        await store.save_thread(thread(), self.alice)
        await store.add_thread_item("thr_1", answer("__fake_id__", "First answer."), self.alice)
        await store.add_thread_item("thr_1", question("msg_1"), self.alice)
        await store.add_thread_item("thr_1", answer("__fake_id__", "Second answer."), self.alice)
        page = await store.load_thread_items("thr_1", None, 20, "asc", self.alice)
        assert ids(page.data) == ["msg_1", "__fake_id__"]
        assert text_of(page.data[1]) == "Second answer."

    async def test_the_same_id_in_two_threads_is_two_items(self, store: Store[Any]) -> None:
        for name, said in (("thr_1", "One."), ("thr_2", "Two.")):
            await store.save_thread(thread(name), self.alice)
            await store.add_thread_item(name, answer("__fake_id__", said, thread_id=name), self.alice)
        await store.delete_thread_item("thr_2", "__fake_id__", self.alice)
        assert text_of(await store.load_item("thr_1", "__fake_id__", self.alice)) == "One."

    async def test_a_deleted_item_is_gone_and_the_others_stay(self, store: Store[Any]) -> None:
        await store.save_thread(thread(), self.alice)
        for name in ("msg_1", "msg_2", "msg_3"):
            await store.add_thread_item("thr_1", answer(name), self.alice)
        await store.delete_thread_item("thr_1", "msg_2", self.alice)
        with not_found():
            await store.load_item("thr_1", "msg_2", self.alice)
        assert ids((await store.load_thread_items("thr_1", None, 20, "asc", self.alice)).data) == ["msg_1", "msg_3"]

    async def test_deleting_an_item_that_was_never_stored_is_no_error(self, store: Store[Any]) -> None:
        """The SDK does so when a server removes an item that was only shown while it worked."""
        await store.save_thread(thread(), self.alice)
        await store.delete_thread_item("thr_1", "msg_9", self.alice)

    # Attachments -----------------------------------------------------------------------------------------

    async def test_an_attachment_comes_back_whole_and_is_replaced(self, store: Store[Any]) -> None:
        image = ImageAttachment(
            id="atc_1",
            name="茶.png",
            mime_type="image/png",
            preview_url=AnyUrl("https://img.example/1.png"),
            metadata={"bucket": "b"},
        )
        await store.save_attachment(image, self.alice)
        assert await store.load_attachment("atc_1", self.alice) == image
        await store.save_attachment(attachment(), self.alice)
        assert await store.load_attachment("atc_1", self.alice) == attachment()

    async def test_an_unknown_attachment_is_not_found(self, store: Store[Any]) -> None:
        with not_found():
            await store.load_attachment("atc_9", self.alice)

    async def test_deleting_an_attachment_twice_is_no_error(self, store: Store[Any]) -> None:
        """An AttachmentStore may delete the description itself, before the SDK does."""
        await store.save_attachment(attachment(), self.alice)
        await store.delete_attachment("atc_1", self.alice)
        await store.delete_attachment("atc_1", self.alice)
        with not_found():
            await store.load_attachment("atc_1", self.alice)

    # Owners ----------------------------------------------------------------------------------------------

    async def test_another_visitor_finds_nothing_and_changes_nothing(self, store: Store[Any]) -> None:
        """By any of the methods."""
        await store.save_thread(thread(title="Private"), self.alice)
        await store.add_thread_item("thr_1", answer("msg_1", "Secret."), self.alice)
        await store.save_attachment(attachment(thread_id="thr_1"), self.alice)
        before = await self._everything(store)
        calls: list[Callable[[], Awaitable[Any]]] = [
            lambda: store.load_thread("thr_1", self.bob),
            lambda: store.save_thread(thread(title="Mine now"), self.bob),
            lambda: store.delete_thread("thr_1", self.bob),
            lambda: store.load_threads(20, "thr_1", "desc", self.bob),
            lambda: store.load_thread_items("thr_1", None, 20, "asc", self.bob),
            lambda: store.load_item("thr_1", "msg_1", self.bob),
            lambda: store.add_thread_item("thr_1", answer("msg_2"), self.bob),
            lambda: store.save_item("thr_1", answer("msg_1", "Mine."), self.bob),
            lambda: store.delete_thread_item("thr_1", "msg_1", self.bob),
            lambda: store.load_attachment("atc_1", self.bob),
            lambda: store.save_attachment(attachment(), self.bob),
        ]
        for call in calls:
            with not_found():
                await call()
        await store.delete_attachment("atc_1", self.bob)  # As with one that is not there.
        assert (await store.load_threads(20, None, "desc", self.bob)).data == []
        assert await self._everything(store) == before

    async def test_what_is_somebody_elses_looks_like_what_does_not_exist(self, store: Store[Any]) -> None:
        await store.save_thread(thread(), self.alice)
        said = []
        for name in ("thr_1", "thr_9"):
            try:
                await store.load_thread(name, self.bob)
            except NotFoundError as error:
                said.append((type(error), str(error).replace(name, "…")))
        assert len(said) == 2
        assert said[0] == said[1]

    # At once ---------------------------------------------------------------------------------------------

    async def test_items_added_at_once_are_all_there_and_in_one_order(self, store: Store[Any]) -> None:
        """The order is anybody's; but forwards and backwards it is the same, whatever is added meanwhile."""
        await store.save_thread(thread(), self.alice)
        names = {f"msg_{number}" for number in range(60)}
        await asyncio.gather(*(store.add_thread_item("thr_1", answer(name), self.alice) for name in names))
        forwards = await store.load_thread_items("thr_1", None, 100, "asc", self.alice)
        backwards = await store.load_thread_items("thr_1", None, 100, "desc", self.alice)
        assert len(forwards.data) == 60
        assert set(ids(forwards.data)) == names
        assert ids(backwards.data) == ids(forwards.data)[::-1]

    async def test_a_question_comes_before_its_answer_however_many_talk(self, store: Store[Any]) -> None:
        """What is awaited is stored: what is added then comes after it."""
        names = [f"thr_{number}" for number in range(10)]

        async def talk(name: str) -> list[str]:
            await store.save_thread(thread(name), self.alice)
            for turn in range(5):
                await store.add_thread_item(name, question(f"q{turn}", thread_id=name), self.alice)
                await store.add_thread_item(name, answer(f"a{turn}", thread_id=name), self.alice)
            return ids((await store.load_thread_items(name, None, 100, "asc", self.alice)).data)

        said = await asyncio.gather(*(talk(name) for name in names))
        assert said == [[f"{who}{turn}" for turn in range(5) for who in "qa"]] * 10

    async def test_one_id_saved_at_once_is_one_record(self, store: Store[Any]) -> None:
        await asyncio.gather(*(store.save_thread(thread(title=str(number)), self.alice) for number in range(20)))
        assert len((await store.load_threads(20, None, "desc", self.alice)).data) == 1
        await asyncio.gather(*(store.save_item("thr_1", answer("msg_1", str(n)), self.alice) for n in range(20)))
        assert len((await store.load_thread_items("thr_1", None, 20, "asc", self.alice)).data) == 1

    async def _everything(self, store: Store[Any]) -> list[Any]:
        """All that is stored of Alice's."""
        threads = await store.load_threads(100, None, "asc", self.alice)
        items = [await store.load_thread_items(each.id, None, 100, "asc", self.alice) for each in threads.data]
        return [threads, items, await store.load_attachment("atc_1", self.alice)]


# What the tests store ----------------------------------------------------------------------------------


def thread(thread_id: str = "thr_1", *, minute: int = 0, **fields: Any) -> ThreadMetadata:
    """A thread, some minutes after noon."""
    return ThreadMetadata(id=thread_id, created_at=NOON + timedelta(minutes=minute), **fields)


def question(item_id: str, text: str = "Why?", *, thread_id: str = "thr_1", minute: int = 0) -> UserMessageItem:
    """What a person says."""
    return UserMessageItem(
        id=item_id,
        thread_id=thread_id,
        created_at=NOON + timedelta(minutes=minute),
        content=[UserMessageTextContent(text=text)],
        inference_options=InferenceOptions(),
    )


def answer(item_id: str, text: str = "Because.", *, thread_id: str = "thr_1", minute: int = 0) -> AssistantMessageItem:
    """What an assistant says."""
    return AssistantMessageItem(
        id=item_id,
        thread_id=thread_id,
        created_at=NOON + timedelta(minutes=minute),
        content=[AssistantMessageContent(text=text)],
    )


def attachment(attachment_id: str = "atc_1", **fields: Any) -> Attachment:
    """A file's description."""
    return FileAttachment(id=attachment_id, name="tea.pdf", mime_type="application/pdf", **fields)


def every_kind() -> list[ThreadItem]:
    """One item of each kind, each with an id of its own."""
    names = iter(range(20))

    def base() -> dict[str, Any]:
        return {"id": f"itm_{next(names)}", "thread_id": "thr_1", "created_at": NOON}

    widget = {"type": "Card", "children": [{"type": "Text", "value": "Tea"}]}
    return [
        question(base()["id"], ODD),
        answer(base()["id"], ODD),
        ClientToolCallItem(**base(), call_id="c", name="f", arguments={"a": None, "b": [1.5, "é"]}, output={"k": 0}),
        TypeAdapter(WidgetItem).validate_python({**base(), "widget": widget, "copy_text": "t"}),
        GeneratedImageItem(**base(), image=GeneratedImage(id="i", url="https://img.example/1.png")),
        StructuredInputItem(**base(), inputs=[StructuredInputFreeform(id="q", question="Which tea?")]),
        WorkflowItem(**base(), workflow=Workflow(type="custom", tasks=[CustomTask(title="t")])),
        TaskItem(**base(), task=CustomTask(title="t", content="c")),
        HiddenContextItem(**base(), content={"any": ["thing", None]}),
        SDKHiddenContextItem(**base(), content="note"),
        EndOfTurnItem(**base()),
    ]


def ids(records: list[Any]) -> list[str]:
    """The ids of records, in their order."""
    return [record.id for record in records]


def text_of(item: ThreadItem) -> str:
    """What an assistant's message says."""
    assert isinstance(item, AssistantMessageItem)
    return item.content[0].text


@contextmanager
def not_found() -> Iterator[None]:
    """Expects a `NotFoundError`."""
    try:
        yield
    except NotFoundError:
        return
    raise AssertionError("chatkit.store.NotFoundError was expected")


async def _pages(load: Callable[[str | None], Awaitable[Page[Any]]]) -> AsyncIterator[Page[Any]]:
    """Page after page until there are no more; 100 at most, so that a store that goes in circles fails."""
    after: str | None = None
    for _ in range(100):
        page = await load(after)
        yield page
        if not page.has_more:
            return
        assert page.after is not None, "has_more without after"
        after = page.after
    raise AssertionError("the pages do not end")
