"""The ChatKit store on SQL: threads, items, attachments' descriptions and feedback, each with one owner."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Self

from chatkit.store import Store, StoreItemType
from chatkit.types import Attachment, FeedbackKind, Page, Thread, ThreadItem, ThreadMetadata, UserMessageItem
from pydantic import TypeAdapter

from teahouse.protocol import Context, now
from teahouse.run_types import RunRecord
from teahouse.store import ledger, records
from teahouse.store import statements as sql
from teahouse.store.database import Database
from teahouse.store.errors import AttachmentNotFound, ItemNotFound, ThreadNotFound
from teahouse.store.ids import PREFIXES, new_id
from teahouse.store.ledger import SqlLedger
from teahouse.store.queries import Parameters, Result, Row, Steps, Work
from teahouse.store.records import Record, microseconds
from teahouse.store.statements import Order

DEFAULT_PAGE = 20
LARGEST_PAGE = 100


class SqlStore(Store[Context]):
    """`chatkit.store.Store` on SQLite or PostgreSQL.

    Everything belongs to `context.visitor.id`. What belongs to somebody else is not there: reading and
    writing it raise the same `NotFoundError` as what does not exist at all.

    A page holds 1 to 100 records, 20 when no limit is given; `after` is the id of the last record seen, and
    an unknown one is a `NotFoundError` (an empty page would look like the end of the thread, and the first
    page again would never end). Threads are ordered by their last activity, items by insertion.

    What a run writes (`context.run`) is refused with RUN_INTERRUPTED once another replica has ended it.

    Methods raise `StoreUnavailable` when the database cannot be used, and `TypeError` when the context has
    no visitor.

        async with SqlStore(SqliteDatabase("teahouse.db")) as store: ...
    """

    def __init__(self, database: Database) -> None:
        self.database = database
        self.ledger = SqlLedger(database)

    async def open(self) -> None:
        """Connect, making or upgrading the schema.

        Raises:
            StoreUnavailable: with the reason; SchemaTooNew if a newer Teahouse wrote the database.
        """
        await self.database.open()

    async def close(self) -> None:
        """Finish what is under way and disconnect."""
        await self.database.close()

    async def __aenter__(self) -> Self:
        await self.open()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def ping(self) -> None:
        """Return if the database answers; else raise StoreUnavailable."""

        def work() -> Steps[None]:
            yield sql.ping()

        await self.database.read(work)

    def generate_thread_id(self, context: Context) -> str:
        """A new thread id; the SDK's own has only 32 random bits."""
        return new_id(PREFIXES["thread"])

    def generate_item_id(self, item_type: StoreItemType, thread: ThreadMetadata, context: Context) -> str:
        """A new item id; the SDK's own has only 32 random bits."""
        return new_id(PREFIXES[item_type])

    # Threads ---------------------------------------------------------------------------------------------

    async def load_thread(self, thread_id: str, context: Context) -> ThreadMetadata:
        """The thread without its items."""
        key = _key(context, thread_id)

        def work() -> Steps[ThreadMetadata]:
            body = (yield sql.load_thread(key)).value
            if body is None:
                raise ThreadNotFound(thread_id)
            return records.load(records.THREAD, thread_id, body)

        return await self.database.read(work)

    async def save_thread(self, thread: ThreadMetadata, context: Context) -> None:
        """Store a new thread, or what has changed in one. Items that a `Thread` carries are not stored."""
        row = _thread_row(context, thread)
        await self._write(lambda: _save_thread(row), context)

    async def load_threads(
        self, limit: int | None, after: str | None, order: str, context: Context
    ) -> Page[ThreadMetadata]:
        """A page of the visitor's threads, by last activity."""
        size, direction = _page_size(limit), _order(order)
        visitor = _visitor(context)

        def work() -> Steps[Page[ThreadMetadata]]:
            wanted = Parameters(visitor=visitor, count=size + 1)
            if after is not None:
                at = (yield sql.last_activity(Parameters(visitor=visitor, thread=after))).value
                if at is None:
                    raise ThreadNotFound(after)
                wanted["at"], wanted["after"] = at, after
            found = yield sql.list_threads[direction, after is not None](wanted)
            return _page(records.THREAD, found.all, size)

        return await self.database.read(work)

    async def delete_thread(self, thread_id: str, context: Context) -> None:
        """Delete the thread with its items, feedback and attachments' descriptions."""
        key = _key(context, thread_id)

        def work() -> Steps[None]:
            _expect((yield sql.delete_thread(key)).changed, thread_id)

        await self.database.write(work)

    # Items -----------------------------------------------------------------------------------------------

    async def load_thread_items(
        self, thread_id: str, after: str | None, limit: int | None, order: str, context: Context
    ) -> Page[ThreadItem]:
        """A page of a thread's items, in the order they were added or the reverse."""
        size = _page_size(limit)
        statement = sql.list_items[_order(order), after is not None]
        wanted = _key(context, thread_id)
        wanted["count"] = size + 1
        if after is not None:
            wanted["after"] = after

        def work() -> Steps[Page[ThreadItem]]:
            found = yield statement(wanted)
            if not found.all:
                yield from _expect_thread(wanted)
                if after is not None:
                    yield from _expect_item(_key(context, thread_id, after))
            return _page(records.ITEM, found.all, size)

        return await self.database.read(work)

    async def load_latest_items(self, thread_id: str, limit: int | None, context: Context) -> Page[ThreadItem]:
        """The newest items, the oldest of them first.

        `load_thread_items(…, after=page.after, order="desc")` goes on to older ones.
        """
        page = await self.load_thread_items(thread_id, None, limit, "desc", context)
        page.data.reverse()
        return page

    async def thread_and_items(self, thread_id: str, limit: int | None, context: Context) -> Thread:
        """A thread with its newest items, oldest of them first, in one statement."""
        size = _page_size(limit)
        wanted = _key(context, thread_id)
        wanted["count"] = size + 1

        def work() -> Steps[Thread]:
            found = yield sql.thread_and_items(wanted)
            body = found.first["thread"] if found.first else (yield sql.load_thread(wanted)).value
            if body is None:
                raise ThreadNotFound(thread_id)
            thread = records.load(records.THREAD, thread_id, body)
            page = _page(records.ITEM, found.all, size)
            page.data.reverse()
            return Thread.model_construct(**dict(thread), items=page)

        return await self.database.read(work)

    async def load_item(self, thread_id: str, item_id: str, context: Context) -> ThreadItem:
        """One item.

        Raises:
            ItemUnreadable: the row does not validate any more. (Pages leave such rows out.)
        """
        key = _key(context, thread_id, item_id)

        def work() -> Steps[ThreadItem]:
            body = (yield sql.load_item(key)).value
            if body is None:
                yield from _expect_thread(key)
                raise ItemNotFound(item_id)
            return records.load(records.ITEM, item_id, body)

        return await self.database.read(work)

    async def add_thread_item(self, thread_id: str, item: ThreadItem, context: Context) -> None:
        """Append an item. One that has its id already is replaced, and moves to the end."""
        row = _item_row(context, thread_id, item)
        await self._write(lambda: _add_item(row), context)

    async def save_item(self, thread_id: str, item: ThreadItem, context: Context) -> None:
        """Replace an item where it stands; append it if it is not there."""
        row = _item_row(context, thread_id, item)
        await self._write(lambda: _save_item(row), context)

    async def delete_thread_item(self, thread_id: str, item_id: str, context: Context) -> None:
        """Delete an item with its feedback, if it is there: the SDK removes items it never stored, too."""
        key = _key(context, thread_id, item_id)

        def work() -> Steps[None]:
            if (yield sql.delete_item(key)).changed == 0:
                yield from _expect_thread(key)

        await self._write(work, context)

    async def begin_turn(self, thread: ThreadMetadata, item: UserMessageItem, context: Context, *, new: bool) -> None:
        """Claim the thread for `context.run`, if there is one, and store a user's message with its attachments and,
        if `new`, its thread: all of it or nothing.

        A thread that is not new must be there: one deleted meanwhile does not come back.

        Raises:
            Problem: RUN_ACTIVE, another run has the thread.
            AlreadyAsked: the same request came before.
        """
        thread_row = _thread_row(context, thread)
        item_row = _item_row(context, thread.id, item)
        attachment_rows = [
            _attachment_row(context, attachment.model_copy(update={"thread_id": thread.id}))
            for attachment in item.attachments
        ]

        def work() -> Steps[None]:
            if context.run is not None:
                yield from ledger.claim(context.run, thread.id, _visitor(context), item.id)
            if new:
                yield from _save_thread(thread_row)
            yield from _add_item(item_row)
            for row in attachment_rows:
                yield from _save_attachment(row)

        await self.database.write(work)

    async def begin_again(self, thread_id: str, item_id: str, context: Context) -> list[str]:
        """Claim the thread for `context.run`, if there is one, and delete what came after an item: both or nothing.

        Whoever hears of the run and loads the thread would otherwise find the old answer, which nobody takes back.

        Returns:
            The ids of what was deleted, oldest first.

        Raises:
            NotFoundError: the thread or the item is not there.
            Problem: RUN_ACTIVE, another run has the thread.
            AlreadyAsked: the same request came before.
        """
        key = _key(context, thread_id, item_id)

        def work() -> Steps[list[str]]:
            yield from _expect_item(key)
            if context.run is not None:
                yield from ledger.claim(context.run, thread_id, _visitor(context), None)
            deleted = yield sql.delete_items_after(key)
            return [row["id"] for row in sorted(deleted.all, key=lambda row: row["position"])]

        return await self.database.write(work)

    async def interrupt(self, run: RunRecord, items: Sequence[ThreadItem]) -> bool:
        """End a dead owner's run, and keep those of `items` that are not there; see `SqlLedger`."""
        return await self.ledger.interrupt(run, items)

    async def bring(self, thread: ThreadMetadata, items: Sequence[ThreadItem], context: Context) -> None:
        """Store a thread that was kept elsewhere, with some of its items and their attachments: all or nothing.

        What is there already is replaced where it stands; what is not comes at the end, in this order.
        """
        thread_row = _thread_row(context, thread)
        item_rows = [_item_row(context, thread.id, item) for item in items]
        attachment_rows = [
            _attachment_row(context, attachment.model_copy(update={"thread_id": thread.id}))
            for item in items
            if isinstance(item, UserMessageItem)
            for attachment in item.attachments
        ]

        def work() -> Steps[None]:
            yield from _save_thread(thread_row)
            if item_rows:
                # Locks the thread's row, and tells the history of its latest item.
                latest = max(row["at"] for row in item_rows)
                yield sql.touch_thread(Parameters(**(thread_row | {"at": latest})))
            for row in item_rows:
                yield sql.save_item(row)
            for row in attachment_rows:
                yield from _save_attachment(row)

        await self.database.write(work)

    async def add_feedback(self, thread_id: str, item_ids: list[str], kind: FeedbackKind, context: Context) -> None:
        """Keep the visitor's newest judgement of each item. Ids that are not in the thread are passed over.

        Raises:
            NotFoundError: the thread is not there, or none of the items is.
        """
        at = microseconds(now())
        rows = [Parameters(**_key(context, thread_id, item_id), judgement=kind, at=at) for item_id in item_ids]
        thread = _key(context, thread_id)

        def work() -> Steps[None]:
            yield from _expect_thread(thread)
            given = 0
            for row in rows:
                given += (yield sql.give_feedback(row)).changed
            if rows and not given:
                raise ItemNotFound(item_ids[0])

        await self.database.write(work)

    # Attachments -----------------------------------------------------------------------------------------

    async def save_attachment(self, attachment: Attachment, context: Context) -> None:
        """Store an attachment's description, or what has changed in it."""
        row = _attachment_row(context, attachment)
        await self.database.write(lambda: _save_attachment(row))

    async def load_attachment(self, attachment_id: str, context: Context) -> Attachment:
        """An attachment's description."""
        key = Parameters(visitor=_visitor(context), attachment=attachment_id)

        def work() -> Steps[Attachment]:
            body = (yield sql.load_attachment(key)).value
            if body is None:
                raise AttachmentNotFound(attachment_id)
            return records.load(records.ATTACHMENT, attachment_id, body)

        return await self.database.read(work)

    async def delete_attachment(self, attachment_id: str, context: Context) -> None:
        """Delete an attachment's description, if it is there: an AttachmentStore may have done so already."""
        key = Parameters(visitor=_visitor(context), attachment=attachment_id)

        def work() -> Steps[None]:
            yield sql.delete_attachment(key)

        await self.database.write(work)

    async def _write(self, work: Work[Result], context: Context) -> Result:
        """Write on behalf of a run, if there is one: only while it is its owner's."""
        run = context.run
        if run is None or not self.database.shared:
            return await self.database.write(work)

        def held() -> Steps[Result]:
            yield from ledger.hold(run)
            return (yield from work())

        return await self.database.write(held)

    async def count_unsent_attachments(self, context: Context) -> int:
        """How many attachments of the visitor's are in no thread."""
        key = Parameters(visitor=_visitor(context))

        def work() -> Steps[int]:
            return int((yield sql.count_unsent_attachments(key)).value)

        return await self.database.read(work)

    async def attachments_of(self, thread_id: str, context: Context) -> list[str]:
        """The ids of a thread's attachments."""
        key = _key(context, thread_id)

        def work() -> Steps[list[str]]:
            return [row["id"] for row in (yield sql.attachments_of(key)).all]

        return await self.database.read(work)

    async def take_unsent_attachments(self, before: str, limit: int) -> list[str]:
        """Delete anybody's attachments that are in no thread and whose ids are lower than `before`; their ids."""
        key = Parameters(attachment=before, count=limit)

        def work() -> Steps[list[str]]:
            return [row["id"] for row in (yield sql.take_unsent_attachments(key)).all]

        return await self.database.write(work)

    async def unknown_attachments(self, ids: list[str]) -> list[str]:
        """Those of `ids` that are nobody's."""

        def work() -> Steps[list[str]]:
            known = set()
            for attachment_id in ids:
                if (yield sql.attachment_exists(Parameters(attachment=attachment_id))).first is not None:
                    known.add(attachment_id)
            return [attachment_id for attachment_id in ids if attachment_id not in known]

        return await self.database.read(work)


# Parts of transactions ---------------------------------------------------------------------------------


def _save_thread(row: Parameters) -> Steps[None]:
    _expect((yield sql.save_thread(row)).changed, row["thread"])


def _add_item(row: Parameters) -> Steps[None]:
    # First, because it locks the thread's row: on PostgreSQL two writers would else take one position.
    _expect((yield sql.touch_thread(row)).changed, row["thread"])
    yield sql.add_item(row)


def _save_item(row: Parameters) -> Steps[None]:
    if (yield sql.replace_item(row)).changed:
        return
    # As above: a new item takes a position.
    if (yield sql.hold_thread(row)).first is None:
        raise ThreadNotFound(str(row["thread"]))
    yield sql.save_item(row)


def _save_attachment(row: Parameters) -> Steps[None]:
    if row["thread"] is not None:
        yield from _expect_thread(row)
    if (yield sql.save_attachment(row)).changed == 0:
        raise AttachmentNotFound(row["attachment"])


def _expect_thread(key: Parameters) -> Steps[None]:
    if (yield sql.last_activity(key)).first is None:
        raise ThreadNotFound(str(key["thread"]))


def _expect_item(key: Parameters) -> Steps[None]:
    if (yield sql.load_item(key)).first is None:
        yield from _expect_thread(key)
        raise ItemNotFound(key["item"])


def _expect(rows_changed: int, thread_id: str | None) -> None:
    """Every statement names the owner, so that no row changed means: no such thread of theirs."""
    if rows_changed == 0:
        raise ThreadNotFound(str(thread_id))


# What goes in and comes out ----------------------------------------------------------------------------


def _visitor(context: Context) -> str:
    visitor = getattr(context, "visitor", None)
    if visitor is None or not visitor.id:
        raise TypeError(
            "The store must know whose data this is: pass a teahouse Context, for example "
            f"Context(Visitor(id='…')), not {type(context).__name__}."
        )
    return str(visitor.id)


def _key(context: Context, thread_id: str, item_id: str | None = None) -> Parameters:
    key = Parameters(visitor=_visitor(context), thread=thread_id)
    if item_id is not None:
        key["item"] = item_id
    return key


def _thread_row(context: Context, thread: ThreadMetadata) -> Parameters:
    json = records.dump_thread(thread)
    return Parameters(visitor=_visitor(context), thread=thread.id, at=microseconds(thread.created_at), json=json)


def _item_row(context: Context, thread_id: str, item: ThreadItem) -> Parameters:
    json = records.dump_item(item)
    return Parameters(**_key(context, thread_id, item.id), at=microseconds(item.created_at), json=json)


def _attachment_row(context: Context, attachment: Attachment) -> Parameters:
    return Parameters(
        visitor=_visitor(context),
        attachment=attachment.id,
        thread=attachment.thread_id,
        json=records.dump_attachment(attachment),
    )


def _page_size(limit: int | None) -> int:
    return DEFAULT_PAGE if limit is None else max(1, min(limit, LARGEST_PAGE))


def _order(order: str) -> Order:
    match order:
        case "asc":
            return "asc"
        case "desc":
            return "desc"
    raise ValueError(f"order must be 'asc' or 'desc', not {order!r}.")


def _page(adapter: TypeAdapter[Record], rows: Sequence[Row], size: int) -> Page[Record]:
    """A page of `size` out of rows with `id` and `body`, of which there may be one more."""
    has_more = len(rows) > size
    shown = rows[:size]
    data = records.load_readable(adapter, ((row["id"], row["body"]) for row in shown))
    # The last row's id and not the last record's: one that cannot be read must not end the thread.
    return Page(data=data, has_more=has_more, after=shown[-1]["id"] if has_more else None)
