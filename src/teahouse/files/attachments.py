"""Attachments: what `chatkit.store.AttachmentStore` asks for, and what it leaves open.

A file comes in one of two ways. `direct`: its bytes come with the request (`receive`). `two_phase`: first it is
announced (`create_attachment`), then it is uploaded, to us (`fill`) or to the store itself, and when its message
is sent it has to be there (`settle`). Either way it is counted while it comes, opened in a process of its own,
and is what its bytes say. Nobody but its owner reads, fills, sends or deletes it.
"""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from chatkit.store import AttachmentStore, NotFoundError
from chatkit.types import (
    Attachment,
    AttachmentCreateParams,
    AttachmentUploadDescriptor,
    FileAttachment,
    ImageAttachment,
    ThreadItem,
    UserMessageItem,
)
from pydantic import AnyUrl
from uuid_utils import uuid7

from teahouse import errors, logs
from teahouse.errors import Problem, Words
from teahouse.files import names
from teahouse.files.blobs import PARTS, Blobs, Missing, Part, Unavailable
from teahouse.files.tickets import Tickets
from teahouse.files.workshop import Finding, Reading, Refusal, Workshop
from teahouse.protocol import Context
from teahouse.settings import Files

log = logs.get(__name__)

PATH = "chatkit/files"
"""Where files are, relative to where Teahouse is mounted."""

IMAGES = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})
"""What is shown in a page: pictures of points, in which nothing can run."""

ACCEPT: dict[str, list[str]] = {
    "image/png": [".png"],
    "image/jpeg": [".jpg", ".jpeg"],
    "image/gif": [".gif"],
    "image/webp": [".webp"],
    "application/pdf": [".pdf"],
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": [".docx"],
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": [".xlsx"],
    "text/html": [".html", ".htm"],
    "text/csv": [".csv", ".tsv"],
    "text/*": [
        ".txt",
        ".md",
        ".log",
        ".xml",
        ".yaml",
        ".yml",
        ".toml",
        ".ini",
        ".sql",
        ".py",
        ".js",
        ".ts",
        ".css",
        ".sh",
    ],
    "application/json": [".json"],
}
"""What a page should let people choose: `composer.attachments.accept`. What is taken, the bytes decide."""

_UPLOAD_SECONDS = 3600
_PIECE = 256 * 1024
_SWEEP = 3600.0
_LEFTOVERS = 86_400  # seconds after which an unfinished upload is nobody's any more

ELSEWHERE = Words("an attachment belongs to another conversation", "附件属于另一个对话")
FILLED = Words("the file was uploaded before", "文件已上传过")
_REASONS: dict[str, Words] = {
    "damaged": Words("it is damaged, or not what it seems", "文件已损坏，或并非其表面类型"),
    "encrypted": Words(
        "it is protected by a password, or in the format of Office before 2007",
        "文件有密码保护，或为 2007 年之前的 Office 格式",
    ),
    "too_large_inside": Words("unpacked it is too large", "解开后过大"),
    "too_slow": Words("reading it takes too long", "读取耗时过长"),
}


class Rows(Protocol):
    """What is kept of attachments beside their bytes, each with its owner; `SqlStore` does."""

    async def load_attachment(self, attachment_id: str, context: Context) -> Attachment:
        """See `chatkit.store.Store`."""

    async def save_attachment(self, attachment: Attachment, context: Context) -> None:
        """See `chatkit.store.Store`."""

    async def count_unsent_attachments(self, context: Context) -> int:
        """How many of a visitor's attachments are in no thread."""

    async def attachments_of(self, thread_id: str, context: Context) -> list[str]:
        """The ids of a visitor's attachments in a thread."""

    async def take_unsent_attachments(self, before: str, limit: int) -> list[str]:
        """Delete attachments of anybody that are in no thread, and whose ids are lower; their ids."""

    async def unknown_attachments(self, ids: list[str]) -> list[str]:
        """Those of `ids` that are nobody's."""


@dataclass(frozen=True)
class Content:
    """The bytes of an attachment, for a browser.

    Attributes:
        mime_type: of the bytes.
        name: as a file is named.
        size: how many bytes.
        tag: changes when the bytes do.
        pieces: reads from the first number up to, and without, the second.
    """

    mime_type: str
    name: str
    size: int
    tag: str
    blobs: Blobs
    attachment_id: str
    part: Part

    def pieces(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, and without, `end`."""
        return self.blobs.read(self.attachment_id, self.part, start, end)


class Attachments(AttachmentStore[Context]):
    """Every attachment of a Teahouse.

    Args:
        rows: their descriptions.
        blobs: their bytes.
        tickets: sign addresses.
        limits: how much is taken.
        scratch: a folder for what is on its way; on the disk of `blobs` if they lie on one.
        workshop: opens files.

    Methods that a visitor's request leads to raise `Problem`.
    """

    def __init__(
        self,
        rows: Rows,
        blobs: Blobs,
        tickets: Tickets,
        limits: Files,
        scratch: Path,
        workshop: Workshop | None = None,
    ) -> None:
        self.limits = limits
        self._rows = rows
        self._blobs = blobs
        self._tickets = tickets
        self._scratch = scratch
        self._workshop = workshop or Workshop()

    def generate_attachment_id(self, mime_type: str, context: Context) -> str:
        """A new id; the SDK's own has only 32 random bits."""
        return f"atc_{uuid7().hex}"

    # In --------------------------------------------------------------------------------------------------

    async def create_attachment(self, input: AttachmentCreateParams, context: Context) -> Attachment:  # noqa: A002 (the SDK's name)
        """Announce a file (`attachments.create`): its address to upload to.

        Raises:
            Problem: FILE_TOO_LARGE, FILE_EMPTY, TOO_MANY_FILES, FILES_UNAVAILABLE.
        """
        if input.size <= 0:
            raise Problem(errors.FILE_EMPTY, param="size", name=names.clean(input.name))
        self._expect_size(input.size)
        await self._expect_room(context)
        attachment_id = self.generate_attachment_id(input.mime_type, context)
        mime = input.mime_type if input.mime_type in IMAGES else "application/octet-stream"
        with _available():
            there = await self._blobs.upload_address(attachment_id, mime, _UPLOAD_SECONDS)
        ticket = self._tickets.filling(attachment_id, context.visitor.id, _UPLOAD_SECONDS)
        here = f"{self._address(attachment_id, context)}?ticket={ticket}"
        described = self._described(attachment_id, names.clean(input.name), mime, {"state": "announced"}, context)
        described.upload_descriptor = AttachmentUploadDescriptor(
            url=AnyUrl(there.url if there else here), method="PUT", headers=there.headers if there else {}
        )
        return described

    async def receive(self, name: str, pieces: AsyncIterable[bytes], context: Context) -> Attachment:
        """Take a file whose bytes come at once (`direct`), and keep it.

        Raises:
            Problem: FILE_TOO_LARGE, FILE_EMPTY, FILE_TYPE_REFUSED, FILE_UNREADABLE, TOO_MANY_FILES,
                FILES_UNAVAILABLE.
        """
        await self._expect_room(context)
        attachment_id = self.generate_attachment_id("", context)
        attachment = await self._taken(attachment_id, names.clean(name), pieces, context)
        await self._rows.save_attachment(attachment, context)
        return attachment

    async def fill(self, attachment_id: str, pieces: AsyncIterable[bytes], context: Context) -> Attachment:
        """Take the bytes of a file that was announced.

        Raises:
            Problem: ATTACHMENT_NOT_FOUND, INVALID_REQUEST when it has its bytes; else as `receive`.
        """
        announced = await self._own(attachment_id, context)
        if not _is_announced(announced):
            raise Problem(errors.INVALID_REQUEST, param="file", reason=FILLED)
        attachment = await self._taken(attachment_id, announced.name, pieces, context)
        await self._rows.save_attachment(attachment, context)
        return attachment

    async def settle(self, ids: list[str], thread_id: str, context: Context) -> list[Attachment]:
        """The attachments that a message brings, each whole, and now the thread's.

        Raises:
            Problem: TOO_MANY_FILES, ATTACHMENT_NOT_FOUND, UPLOAD_INCOMPLETE; INVALID_REQUEST for one of another
                thread; else as `receive`.
        """
        if len(ids) > self.limits.max_count:
            raise Problem(errors.TOO_MANY_FILES, param="input.attachments", limit=self.limits.max_count)
        settled = []
        for attachment_id in dict.fromkeys(ids):
            attachment = await self._own(attachment_id, context)
            if attachment.thread_id not in (None, thread_id):
                raise Problem(errors.INVALID_REQUEST, param="input.attachments", reason=ELSEWHERE)
            if _is_announced(attachment):
                attachment = await self._uploaded_elsewhere(attachment, context)
            settled.append(self._shown(attachment.model_copy(update={"thread_id": thread_id}), context))
        return settled

    async def _uploaded_elsewhere(self, attachment: Attachment, context: Context) -> Attachment:
        """What has come to an address of the store's own, opened now."""
        with _available():
            size = await self._blobs.size(attachment.id, "original")
            if size is None:
                raise Problem(errors.UPLOAD_INCOMPLETE, param="input.attachments", name=attachment.name)
            if size > self.limits.max_bytes:
                await self._blobs.delete(attachment.id)
                self._expect_size(size)
            async with self._blobs.local(attachment.id, "original") as path, self._folder() as folder:
                finding = await self._inspect(path, attachment.name, folder)
                await self._keep_pictures(attachment.id, folder)
        settled = self._found(attachment.id, attachment.name, finding, context)
        await self._rows.save_attachment(settled, context)
        return settled

    async def _taken(self, attachment_id: str, name: str, pieces: AsyncIterable[bytes], context: Context) -> Attachment:
        with _available():
            async with self._folder() as folder:
                path = folder / "original"
                await self._write(path, pieces)
                finding = await self._inspect(path, name, folder)
                await self._keep_pictures(attachment_id, folder)
                await self._blobs.put(attachment_id, "original", path)
        return self._found(attachment_id, name, finding, context)

    async def _write(self, path: Path, pieces: AsyncIterable[bytes]) -> None:
        """The pieces into a file, counted as they come."""
        size, waiting = 0, bytearray()
        with await asyncio.to_thread(path.open, "wb") as file:
            async for piece in pieces:
                size += len(piece)
                self._expect_size(size)
                waiting += piece
                if len(waiting) >= _PIECE:
                    await asyncio.to_thread(file.write, bytes(waiting))
                    waiting.clear()
            await asyncio.to_thread(file.write, bytes(waiting))

    async def _inspect(self, path: Path, name: str, folder: Path) -> Finding:
        try:
            return await self._workshop.inspect(path, name, folder)
        except Refusal as refusal:
            why = str(refusal)
        if why == "empty":
            raise Problem(errors.FILE_EMPTY, param="file", name=name)
        if why == "unknown":
            raise Problem(errors.FILE_TYPE_REFUSED, param="file", name=name)
        raise Problem(errors.FILE_UNREADABLE, param="file", name=name, reason=_REASONS.get(why, _REASONS["damaged"]))

    async def _keep_pictures(self, attachment_id: str, folder: Path) -> None:
        for part in PARTS:
            picture = folder / part
            if part in ("preview", "model") and picture.exists():
                await self._blobs.put(attachment_id, part, picture)

    # Out -------------------------------------------------------------------------------------------------

    async def content(self, attachment_id: str, context: Context, *, preview: bool = False) -> Content:
        """The bytes of a visitor's attachment.

        Args:
            attachment_id: which one.
            context: who asks.
            preview: whether the small picture is meant.

        Raises:
            Problem: ATTACHMENT_NOT_FOUND, FILES_UNAVAILABLE.
        """
        attachment = await self._own(attachment_id, context)
        part: Part = "preview" if preview else "original"
        with _available():
            size = await self._blobs.size(attachment_id, part)
        if size is None or _is_announced(attachment):
            raise Problem(errors.ATTACHMENT_NOT_FOUND)
        mime = "image/webp" if preview else attachment.mime_type
        return Content(mime, attachment.name, size, f"{attachment_id}.{part}", self._blobs, attachment_id, part)

    def reader_of(self, attachment_id: str, ticket: str) -> str | None:
        """The visitor in whose name a ticket lets one read an attachment; None if it does not."""
        return self._tickets.visitor_of(ticket, "read", attachment_id)

    def filler_of(self, attachment_id: str, ticket: str) -> str | None:
        """The visitor in whose name a ticket lets one upload an attachment; None if it does not."""
        return self._tickets.visitor_of(ticket, "fill", attachment_id)

    def refresh(self, items: Iterable[ThreadItem], context: Context) -> None:
        """Give the attachments of items addresses that work today, and at this address of ours."""
        for item in items:
            if isinstance(item, UserMessageItem):
                item.attachments = [self._shown(attachment, context) for attachment in item.attachments]

    async def as_bytes(self, attachment_id: str, context: Context) -> tuple[bytes, str]:
        """An image or a document as it is, with its type; a large image made smaller.

        Raises:
            Missing: the bytes are gone.
            Problem: ATTACHMENT_NOT_FOUND, FILES_UNAVAILABLE.
        """
        attachment = await self._own(attachment_id, context)
        with _available():
            try:
                return await self._whole(attachment_id, "model"), "image/webp"
            except Missing:
                return await self._whole(attachment_id, "original"), attachment.mime_type

    async def as_text(self, attachment_id: str, context: Context) -> Reading:
        """What a document says, read once and kept.

        Raises:
            Missing: the bytes are gone.
            Refusal: nothing can be read in it.
            Problem: ATTACHMENT_NOT_FOUND, FILES_UNAVAILABLE.
        """
        attachment = await self._own(attachment_id, context)
        with _available():
            try:
                return Reading(**json.loads(await self._whole(attachment_id, "text")))
            except Missing:
                pass
            kind = str((attachment.metadata or {}).get("kind", "text"))
            async with self._blobs.local(attachment_id, "original") as path, self._folder() as folder:
                reading = await self._workshop.read(path, kind, self.limits.text_characters)
                noted = folder / "text"
                await asyncio.to_thread(noted.write_text, json.dumps({"text": reading.text, "cut": reading.cut}))
                await self._blobs.put(attachment_id, "text", noted)
        return reading

    async def _whole(self, attachment_id: str, part: Part) -> bytes:
        return b"".join([piece async for piece in self._blobs.read(attachment_id, part)])

    # Away ------------------------------------------------------------------------------------------------

    async def delete_attachment(self, attachment_id: str, context: Context) -> None:
        """Delete the bytes of a visitor's attachment.

        Raises:
            Problem: ATTACHMENT_NOT_FOUND, FILES_UNAVAILABLE.
        """
        await self._own(attachment_id, context)
        with _available():
            await self._blobs.delete(attachment_id)

    async def of_thread(self, thread_id: str, context: Context) -> list[str]:
        """The ids of a thread's attachments, to `forget` them when it is gone."""
        return await self._rows.attachments_of(thread_id, context)

    async def forget(self, ids: list[str]) -> None:
        """Delete the bytes of attachments that are nobody's any more. What fails now is collected later."""
        for attachment_id in ids:
            try:
                await self._blobs.delete(attachment_id)
            except Unavailable as error:
                log.warning("file not deleted", attachment_id=attachment_id, reason=str(error))

    async def collect_forever(self) -> None:
        """Collect what is left over, every hour."""
        while True:
            try:
                await self.collect()
            except Exception:
                log.exception("collecting files failed")
            await asyncio.sleep(_SWEEP)

    async def collect(self) -> int:
        """Delete files that were never sent, and bytes that no attachment describes; how many."""
        before = f"atc_{int((time.time() - self.limits.unsent_hours * 3600) * 1000):012x}"
        collected = 0
        while ids := await self._rows.take_unsent_attachments(before, 100):
            await self.forget(ids)
            collected += len(ids)
        async for ids in self._blobs.ids():
            # Younger ones may be about to be described.
            nobodys = await self._rows.unknown_attachments([id_ for id_ in ids if id_ < before])
            await self.forget(nobodys)
            collected += len(nobodys)
        await asyncio.to_thread(_remove_leftovers, self._scratch)
        if collected:
            log.info("files collected", count=collected)
        return collected

    # Common ----------------------------------------------------------------------------------------------

    async def _own(self, attachment_id: str, context: Context) -> Attachment:
        try:
            return await self._rows.load_attachment(attachment_id, context)
        except NotFoundError:
            raise Problem(errors.ATTACHMENT_NOT_FOUND, param="attachment_id") from None

    def _found(self, attachment_id: str, name: str, finding: Finding, context: Context) -> Attachment:
        about = {"state": "ready", "kind": finding.kind, "size": finding.size}
        return self._described(attachment_id, names.honest(name, finding.mime_type), finding.mime_type, about, context)

    def _described(
        self, attachment_id: str, name: str, mime: str, about: dict[str, Any], context: Context
    ) -> Attachment:
        if mime in IMAGES:
            url = self._preview(attachment_id, context)
            return ImageAttachment(id=attachment_id, name=name, mime_type=mime, preview_url=url, metadata=about)
        return FileAttachment(id=attachment_id, name=name, mime_type=mime, metadata=about)

    def _shown(self, attachment: Attachment, context: Context) -> Attachment:
        if isinstance(attachment, ImageAttachment):
            return attachment.model_copy(update={"preview_url": self._preview(attachment.id, context)})
        return attachment

    def _preview(self, attachment_id: str, context: Context) -> AnyUrl:
        ticket = self._tickets.reading(attachment_id, context.visitor.id)
        return AnyUrl(f"{self._address(attachment_id, context)}/preview?ticket={ticket}")

    @staticmethod
    def _address(attachment_id: str, context: Context) -> str:
        return f"{context.base_url}/{PATH}/{attachment_id}"

    def _expect_size(self, size: int) -> None:
        if size > self.limits.max_bytes:
            raise Problem(errors.FILE_TOO_LARGE, param="file", limit=megabytes(self.limits.max_bytes))

    async def _expect_room(self, context: Context) -> None:
        """Nobody may fill the disk: neither one visitor with files that are never sent, nor all together."""
        if await self._rows.count_unsent_attachments(context) >= self.limits.max_unsent:
            raise Problem(errors.TOO_MANY_FILES, param="file", limit=self.limits.max_unsent)
        with _available():
            room = await self._blobs.room()
        if room is not None and room < self.limits.keep_free_bytes:
            log.error("no room for files", free=room, keep_free=self.limits.keep_free_bytes)
            raise Problem(errors.FILES_UNAVAILABLE)

    @asynccontextmanager
    async def _folder(self) -> AsyncIterator[Path]:
        """A folder for one file on its way, gone afterwards."""
        folder = await asyncio.to_thread(tempfile.TemporaryDirectory, dir=self._scratch, ignore_cleanup_errors=True)
        try:
            yield Path(folder.name)
        finally:
            await asyncio.to_thread(folder.cleanup)


class _available:  # noqa: N801 - reads as a word
    """What the disk or a remote store does not do becomes a `Problem`; the log has the reason."""

    def __enter__(self) -> None:
        """Nothing to do."""

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        if isinstance(error, Unavailable | OSError):
            log.error("files unavailable", reason=str(error))
            raise Problem(errors.FILES_UNAVAILABLE) from error


def megabytes(size: int) -> str:
    """A size as people read it: `25 MB`, `1.5 MB`, `300 kB`."""
    if size < 1024**2:
        return f"{max(1, size // 1024)} kB"
    return f"{size / 1024**2:.1f}".removesuffix(".0") + " MB"


def _is_announced(attachment: Attachment) -> bool:
    return (attachment.metadata or {}).get("state") == "announced"


def _remove_leftovers(scratch: Path) -> None:
    """What a process that was killed left on its way."""
    import shutil

    for folder in scratch.iterdir():
        if folder.is_dir() and time.time() - folder.stat().st_mtime > _LEFTOVERS:
            shutil.rmtree(folder, ignore_errors=True)
