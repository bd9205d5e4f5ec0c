"""Every SQL statement. Each one names the owner: there is no query without a visitor.

An `INSERT` into a thread selects from `threads` with the owner in its `WHERE`, so that for somebody
else's thread it writes nothing: that `Rows.changed` is 0 means that there is no such thread of the visitor's.
"""

from __future__ import annotations

from typing import Any, Literal, get_args

from sqlalchemy import (
    BigInteger,
    BindParameter,
    Executable,
    ScalarSelect,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    literal,
    literal_column,
    select,
    tuple_,
    update,
)

from teahouse.store.queries import Statement
from teahouse.store.tables import attachments, feedback, items, threads

Order = Literal["asc", "desc"]

_VISITOR: BindParameter[str] = bindparam("visitor")
_THREAD: BindParameter[str] = bindparam("thread")
_ITEM: BindParameter[str] = bindparam("item")
_ATTACHMENT: BindParameter[str] = bindparam("attachment")
_JSON: BindParameter[str] = bindparam("json")
_AT: BindParameter[int] = bindparam("at", type_=BigInteger)
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
    last = func.coalesce(func.max(there.c.position), literal_column("0"))
    return select(last + literal_column("1")).where(there.c.thread_id == _THREAD).scalar_subquery()


# Threads -----------------------------------------------------------------------------------------------

load_thread = Statement(select(threads.c.body).where(_OWN_THREAD))

last_activity = Statement(select(threads.c.updated_at).where(_OWN_THREAD))

# The item's time and not the clock's, so that threads brought from elsewhere keep their order.
touch_thread = Statement(
    update(threads)
    .where(_OWN_THREAD)
    .values(updated_at=case((threads.c.updated_at < _AT, _AT), else_=threads.c.updated_at))
)

# (SQLite has no such clause, and one writer.)
hold_thread = Statement(select(threads.c.id).where(_OWN_THREAD).with_for_update(key_share=True))

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

replace_item = Statement(update(items).where(_OWN_ITEM).values(body=_JSON))

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

count_unsent_attachments = Statement(
    select(func.count()).where(attachments.c.owner == _VISITOR, attachments.c.thread_id.is_(None))
)

attachments_of = Statement(
    select(attachments.c.id).where(attachments.c.owner == _VISITOR, attachments.c.thread_id == _THREAD)
)


# Inserts, which also update ----------------------------------------------------------------------------


def _save_thread(insert: Any) -> Executable:
    new = insert(threads).values(id=_THREAD, owner=_VISITOR, updated_at=_AT, body=_JSON)
    updated: Executable = new.on_conflict_do_update(
        index_elements=[threads.c.id],
        set_={"body": new.excluded.body},
        where=threads.c.owner == new.excluded.owner,
    )
    return updated


def _write_item(insert: Any, *, to_the_end: bool) -> Executable:
    row = select(threads.c.id, _next_position(), _ITEM, _JSON).where(_OWN_THREAD)
    new = insert(items).from_select(["thread_id", "position", "id", "body"], row)
    changes = {"body": new.excluded.body}
    if to_the_end:
        changes["position"] = new.excluded.position
    updated: Executable = new.on_conflict_do_update(index_elements=[items.c.thread_id, items.c.id], set_=changes)
    return updated


def _save_attachment(insert: Any) -> Executable:
    new = insert(attachments).values(id=_ATTACHMENT, owner=_VISITOR, thread_id=_THREAD, body=_JSON)
    updated: Executable = new.on_conflict_do_update(
        index_elements=[attachments.c.id],
        set_={"thread_id": new.excluded.thread_id, "body": new.excluded.body},
        where=attachments.c.owner == new.excluded.owner,
    )
    return updated


def _give_feedback(insert: Any) -> Executable:
    item = select(items.c.thread_id, items.c.id, bindparam("judgement"), _AT).where(_OWN_ITEM)
    new = insert(feedback).from_select(["thread_id", "item_id", "kind", "given_at"], item)
    updated: Executable = new.on_conflict_do_update(
        index_elements=[feedback.c.thread_id, feedback.c.item_id],
        set_={"kind": new.excluded.kind, "given_at": new.excluded.given_at},
    )
    return updated


save_thread = Statement(_save_thread)

add_item = Statement(lambda insert: _write_item(insert, to_the_end=True))

save_item = Statement(lambda insert: _write_item(insert, to_the_end=False))

save_attachment = Statement(_save_attachment)

give_feedback = Statement(_give_feedback)

# The whole database ------------------------------------------------------------------------------------

ping = Statement(select(literal(1)))

# Ids are ordered by time: the lower ones are the older ones.
_UNSENT_BEFORE = (
    select(attachments.c.id)
    .where(attachments.c.thread_id.is_(None), attachments.c.id < _ATTACHMENT)
    .order_by(attachments.c.id)
    .limit(_COUNT)
)
take_unsent_attachments = Statement(
    delete(attachments)
    # The first condition again: one may be sent between being found and being deleted.
    .where(attachments.c.thread_id.is_(None), attachments.c.id.in_(_UNSENT_BEFORE))
    .returning(attachments.c.id)
)

attachment_exists = Statement(select(literal(1)).where(attachments.c.id == _ATTACHMENT))


def _without(table: Any, *references: Any) -> Statement:
    """How many rows of `table` refer to something that is not there."""
    return Statement(select(func.count()).select_from(table).where(*references))


orphans: dict[str, Statement] = {
    "items": _without(items, ~exists().where(threads.c.id == items.c.thread_id)),
    "feedback": _without(
        feedback, ~exists().where(items.c.thread_id == feedback.c.thread_id, items.c.id == feedback.c.item_id)
    ),
    "attachments": _without(
        attachments, attachments.c.thread_id.is_not(None), ~exists().where(threads.c.id == attachments.c.thread_id)
    ),
}
"""By table: the keys between tables forbid such rows, but not to whoever edits a file by hand."""
