"""What a model is shown of attached files.

Pictures and PDF as they are, where the model takes them; of every other document, and for every other model,
what it says as text. A file is shown again with each turn, so the newest ones come first and all together have
a limit; the model is told of what it is not shown.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Literal, Protocol, runtime_checkable

from chatkit.types import Attachment, ThreadItem, UserMessageItem
from openai.types.responses import ResponseInputFileParam, ResponseInputImageParam, ResponseInputTextParam
from openai.types.responses.response_input_content_param import ResponseInputContentParam

from teahouse import logs
from teahouse.errors import Problem
from teahouse.protocol import Context
from teahouse.settings import Model

log = logs.get(__name__)

Takes = frozenset[Literal["image", "pdf"]]

_TEXT: Takes = frozenset()
_IMAGES: Takes = frozenset({"image"})
_ALL: Takes = frozenset({"image", "pdf"})

_MOST_BYTES = 20 * 1024**2  # as they are, in one request; base64 makes a third more
_MOST_CHARACTERS = 400_000  # of text, in one request


class Reading(Protocol):
    """What a document says."""

    @property
    def text(self) -> str:
        """As much of it as was read."""

    @property
    def cut(self) -> bool:
        """Whether that is not all."""


@runtime_checkable
class ReadableFiles(Protocol):
    """What our own attachments offer to a model."""

    async def as_bytes(self, attachment_id: str, context: Context) -> tuple[bytes, str]:
        """A file as it is, with its type."""

    async def as_text(self, attachment_id: str, context: Context) -> Reading:
        """What it says."""


def takes(model: Model, *, uses_responses: bool) -> Takes:
    """What a model is given as it is.

    The Responses API takes both. Behind Chat Completions most models refuse the whole request over a picture.
    """
    match model.attachments:
        case "text":
            return _TEXT
        case "images":
            return _IMAGES
        case "all":
            return _ALL
    return _ALL if uses_responses else _TEXT


async def shown(
    items: Iterable[ThreadItem], files: object, context: Context, given: Takes
) -> dict[str, ResponseInputContentParam]:
    """For each attachment of `items`, newest item first, what the model gets in its place, by id.

    Args:
        items: newest first.
        files: the server's attachment store.
        context: who asks.
        given: what the model takes as it is.
    """
    presenter = _Presenter(files if isinstance(files, ReadableFiles) else None, context, given)
    found: dict[str, ResponseInputContentParam] = {}
    for item in items:
        if isinstance(item, UserMessageItem):
            for attachment in item.attachments:
                if attachment.id not in found:
                    found[attachment.id] = await presenter.present(attachment)
    return found


class _Presenter:
    def __init__(self, files: ReadableFiles | None, context: Context, given: Takes) -> None:
        self._files = files
        self._context = context
        self._given = given
        self._bytes = _MOST_BYTES
        self._characters = _MOST_CHARACTERS

    async def present(self, attachment: Attachment) -> ResponseInputContentParam:
        """What the model gets of one file. It never fails: the question can be answered without the file."""
        try:
            if self._files is None:
                return _note(attachment, "this server cannot read attached files")
            if attachment.type == "image":
                return await self._image(attachment, self._files)
            if attachment.mime_type == "application/pdf" and "pdf" in self._given:
                document = await self._document(attachment, self._files)
                if document is not None:
                    return document
            return await self._text(attachment, self._files)
        except Problem as problem:
            return _note(attachment, f"it is not there ({problem.kind.code})")
        except Exception as error:
            log.warning("attachment not shown", attachment_id=attachment.id, reason=f"{type(error).__name__}: {error}")
            return _note(attachment, "it could not be read")

    async def _image(self, attachment: Attachment, files: ReadableFiles) -> ResponseInputContentParam:
        if "image" not in self._given:
            return _note(attachment, "you are not given pictures; say so if the question is about it")
        data, mime = await files.as_bytes(attachment.id, self._context)
        if len(data) > self._bytes:
            return _note(attachment, "it is left out because there are many files in this conversation")
        self._bytes -= len(data)
        return ResponseInputImageParam(type="input_image", detail="auto", image_url=_data_url(data, mime))

    async def _document(self, attachment: Attachment, files: ReadableFiles) -> ResponseInputContentParam | None:
        """The document as it is; None if it is too large for that."""
        data, mime = await files.as_bytes(attachment.id, self._context)
        if len(data) > self._bytes:
            return None
        self._bytes -= len(data)
        return ResponseInputFileParam(type="input_file", filename=attachment.name, file_data=_data_url(data, mime))

    async def _text(self, attachment: Attachment, files: ReadableFiles) -> ResponseInputContentParam:
        if self._characters <= 0:
            return _note(attachment, "it is left out because there are many files in this conversation")
        reading = await files.as_text(attachment.id, self._context)
        if not reading.text:
            return _note(attachment, "no text was found in it; it may hold scanned pages")
        text = reading.text[: self._characters]
        self._characters -= len(text)
        cut = reading.cut or len(text) < len(reading.text)
        end = f"\n[Cut here: only the first {len(text):,} characters of the file are shown. Say so.]" if cut else ""
        name = attachment.name.replace('"', "'")
        return _words(f'<attachment name="{name}" type="{attachment.mime_type}">\n{text}{end}\n</attachment>')


def left_out(attachment: Attachment, shown: Mapping[str, ResponseInputContentParam]) -> ResponseInputContentParam:
    """What the model gets in an attachment's place."""
    return shown.get(attachment.id) or _note(attachment, "it is not shown")


def _note(attachment: Attachment, why: str) -> ResponseInputTextParam:
    name = attachment.name.replace('"', "'")
    return _words(f'[The person attached the file "{name}" ({attachment.mime_type}): {why}.]')


def _words(text: str) -> ResponseInputTextParam:
    return ResponseInputTextParam(type="input_text", text=text)


def _data_url(data: bytes, mime: str) -> str:
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"
