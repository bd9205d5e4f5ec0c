"""Every SQL statement, built once. Each one names the owner: there is no query without a visitor.

An `INSERT` into a thread selects from `threads` with the owner in its `WHERE`, so that for somebody
else's thread it writes nothing. Nothing here is particular to one database but `ON CONFLICT`, which
SQLite and PostgreSQL share and SQLAlchemy spells per dialect.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypedDict, get_args

from sqlalchemy import (
    BindParameter,
    Connection,
    CursorResult,
    Executable,
    ScalarSelect,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    select,
    tuple_,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite

from teahouse.store.tables import Moment, attachments, feedback, items, threads

Order = Literal["asc", "desc"]


class Parameters(TypedDict, total=False):
    """What statements may be given; each takes what it names.

    None has a column's name: SQLAlchemy would take it for a value that an INSERT or UPDATE is to write.
    """

    visitor: str
    thread: str | None
    item: str
    attachment: str
    json: str
    judgement: str
    at: datetime
    after: str
    count: int


class Statement:
    """A statement with the names of what it needs."""

    def __init__(self, statement: Executable) -> None:
        # An INSERT's row count is dropped unless asked for; it says whether the owner's row was there.
        self._statement = statement.execution_options(preserve_rowcount=True)
        compiled: Any = statement.compile(dialect=sqlite.dialect())  # type: ignore[attr-defined]
        self._names = [name for bind, name in compiled.bind_names.items() if bind.required]

    def __call__(self, connection: Connection, parameters: Parameters) -> CursorResult[Any]:
        """Execute."""
        given: Any = parameters
        return connection.execute(self._statement, {name: given[name] for name in self._names})


_VISITOR: BindParameter[str] = bindparam("visitor")
_THREAD: BindParameter[str] = bindparam("thread")
_ITEM: BindParameter[str] = bindparam("item")
_ATTACHMENT: BindParameter[str] = bindparam("attachment")
_JSON: BindParameter[str] = bindparam("json")
_AT = bindparam("at", type_=Moment)
_AFTER: BindParameter[str] = bindparam("after")
_COUNT: BindParameter[int] = bindparam("count")

_OWN_THREAD = and_(threads.c.id == _THREAD, threads.c.owner == _VISITOR)
_IN_OWN_THREAD = and_(items.c.thread_id == _THREAD, exists().where(_OWN_THREAD))
_OWN_ITEM = and_(_IN_OWN_THREAD, items.c.id == _ITEM)
_OWN_ATTACHMENT = and_(attachments.c.id == _ATTACHMENT, attachments.c.owner == _VISITOR)


def _position_of(item: BindParameter[str]) -> ScalarSelect[int]:
    at = items.alias("at")
    return select(at.c.position).where(at.c.thread_id == _THREAD, at.c.id == item).scalar_subquery()


def _next_position() -> ScalarSelect[int]:
    there = items.alias("there")
    last = func.coalesce(func.max(there.c.position), 0)
    return select(last + 1).where(there.c.thread_id == _THREAD).scalar_subquery()


# Threads -----------------------------------------------------------------------------------------------

load_thread = Statement(select(threads.c.body).where(_OWN_THREAD))

last_activity = Statement(select(threads.c.updated_at).where(_OWN_THREAD))

# The item's time and not the clock's, so that threads brought from elsewhere keep their order.
touch_thread = Statement(
    update(threads)
    .where(_OWN_THREAD)
    .values(updated_at=case((threads.c.updated_at < _AT, _AT), else_=threads.c.updated_at))
)

delete_thread = Statement(delete(threads).where(_OWN_THREAD))


def _list_threads(order: Order, *, after: bool) -> Statement:
    """A page of (id, body); `after` continues beyond the pair `at`, `after`."""
    key = (threads.c.updated_at, threads.c.id)
    page = select(threads.c.id, threads.c.body).where(threads.c.owner == _VISITOR).limit(_COUNT)
    if after:
        seen = tuple_(_AT, _AFTER)
        page = page.where(tuple_(*key) > seen if order == "asc" else tuple_(*key) < seen)
    return Statement(page.order_by(*(column.asc() if order == "asc" else column.desc() for column in key)))


list_threads: dict[tuple[Order, bool], Statement] = {
    (order, after): _list_threads(order, after=after) for order in get_args(Order) for after in (False, True)
}
"""By order, and whether it continues."""

# Items -------------------------------------------------------------------------------------------------

load_item = Statement(select(items.c.body).where(_OWN_ITEM))

delete_item = Statement(delete(items).where(_OWN_ITEM))

delete_items_after = Statement(
    delete(items).where(_IN_OWN_THREAD, items.c.position > _position_of(_ITEM)).returning(items.c.id, items.c.position)
)


def _list_items(order: Order, *, after: bool, thread: bool = False) -> Statement:
    """A page of (id, body) of a thread's items; with `thread`, each row has the thread's body, too.

    No row may mean an empty page, no such thread, or no item `after`: rare enough to ask again then.
    """
    columns = [items.c.id, items.c.body, *([threads.c.body.label("thread")] if thread else [])]
    page = select(*columns).join_from(threads, items).where(_OWN_THREAD).limit(_COUNT)
    if after:
        seen = _position_of(_AFTER)
        page = page.where(items.c.position > seen if order == "asc" else items.c.position < seen)
    return Statement(page.order_by(items.c.position.asc() if order == "asc" else items.c.position.desc()))


list_items: dict[tuple[Order, bool], Statement] = {
    (order, after): _list_items(order, after=after) for order in get_args(Order) for after in (False, True)
}
"""By order, and whether it continues."""

thread_and_items = _list_items("desc", after=False, thread=True)

# Attachments -------------------------------------------------------------------------------------------

load_attachment = Statement(select(attachments.c.body).where(_OWN_ATTACHMENT))

delete_attachment = Statement(delete(attachments).where(_OWN_ATTACHMENT))


_INSERT: dict[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class Upserts:
    """The statements with `ON CONFLICT`, as one dialect has them.

    The row count says whether they wrote: 0 means that the thread or attachment is not the visitor's.
    """

    def __init__(self, dialect: str) -> None:
        self._insert = _INSERT[dialect]
        self.save_thread = Statement(self._save_thread())
        self.add_item = Statement(self._write_item(to_the_end=True))
        self.save_item = Statement(self._write_item(to_the_end=False))
        self.save_attachment = Statement(self._save_attachment())
        self.give_feedback = Statement(self._give_feedback())

    def _save_thread(self) -> Executable:
        new = self._insert(threads).values(id=_THREAD, owner=_VISITOR, updated_at=_AT, body=_JSON)
        updated: Executable = new.on_conflict_do_update(
            index_elements=[threads.c.id],
            set_={"body": new.excluded.body},
            where=threads.c.owner == new.excluded.owner,
        )
        return updated

    def _write_item(self, *, to_the_end: bool) -> Executable:
        row = select(threads.c.id, _next_position(), _ITEM, _JSON).where(_OWN_THREAD)
        new = self._insert(items).from_select(["thread_id", "position", "id", "body"], row)
        changes = {"body": new.excluded.body}
        if to_the_end:
            changes["position"] = new.excluded.position
        updated: Executable = new.on_conflict_do_update(index_elements=[items.c.thread_id, items.c.id], set_=changes)
        return updated

    def _save_attachment(self) -> Executable:
        new = self._insert(attachments).values(id=_ATTACHMENT, owner=_VISITOR, thread_id=_THREAD, body=_JSON)
        updated: Executable = new.on_conflict_do_update(
            index_elements=[attachments.c.id],
            set_={"thread_id": new.excluded.thread_id, "body": new.excluded.body},
            where=attachments.c.owner == new.excluded.owner,
        )
        return updated

    def _give_feedback(self) -> Executable:
        item = select(items.c.thread_id, items.c.id, bindparam("judgement"), _AT).where(_OWN_ITEM)
        new = self._insert(feedback).from_select(["thread_id", "item_id", "kind", "given_at"], item)
        updated: Executable = new.on_conflict_do_update(
            index_elements=[feedback.c.thread_id, feedback.c.item_id],
            set_={"kind": new.excluded.kind, "given_at": new.excluded.given_at},
        )
        return updated
