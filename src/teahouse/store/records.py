"""openai-chatkit's objects as text in a row, and back."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from chatkit.types import Attachment, ThreadItem, ThreadMetadata
from pydantic import TypeAdapter, ValidationError

from teahouse.protocol import aware
from teahouse.store.errors import ItemUnreadable

log = logging.getLogger("teahouse.store")

Record = TypeVar("Record")

# Built once: a validator for the union of all items and widgets takes milliseconds to build.
THREAD: TypeAdapter[ThreadMetadata] = TypeAdapter(ThreadMetadata)
ITEM: TypeAdapter[ThreadItem] = TypeAdapter(ThreadItem)
ATTACHMENT: TypeAdapter[Attachment] = TypeAdapter(Attachment)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(moment: datetime) -> int:
    """A time as the database sorts it: whole microseconds since 1970 in UTC."""
    return (aware(moment) - _EPOCH) // _MICROSECOND


def dump_thread(thread: ThreadMetadata) -> str:
    """The thread as JSON, without the items that a `Thread` carries: those have rows of their own.

    (The SDK hands such a `Thread` to `save_thread` when its title changes in the first turn.)
    """
    timed = thread.model_copy(update={"created_at": aware(thread.created_at)})
    return timed.model_dump_json(exclude={"items"})


def dump_item(item: ThreadItem) -> str:
    """The item as JSON, its time in UTC."""
    return item.model_copy(update={"created_at": aware(item.created_at)}).model_dump_json()


def dump_attachment(attachment: Attachment) -> str:
    """The attachment's description as JSON, the integration's own metadata included."""
    return attachment.model_dump_json()


def load(adapter: TypeAdapter[Record], record_id: str, body: str) -> Record:
    """The object in `body`.

    Raises:
        ItemUnreadable: it is not what it should be; the log says why.
    """
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        log.error("The stored record %s cannot be read: %s", record_id, error)
        raise ItemUnreadable(record_id) from error


def load_readable(adapter: TypeAdapter[Record], rows: Iterable[tuple[str, str]]) -> list[Record]:
    """The objects in rows of (id, body). One that cannot be read is logged and left out; the rest stays."""
    records = []
    for record_id, body in rows:
        try:
            records.append(load(adapter, record_id, body))
        except ItemUnreadable:
            continue
    return records
