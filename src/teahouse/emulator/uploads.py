"""`/v1/files` and `/v1/audio/transcriptions`: what is sent as a form."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from teahouse.emulator.answers import Json, new_id
from teahouse.emulator.refusals import Refusal

LARGEST = 32 * 1024 * 1024
"""Bytes of one file."""

_ALL = 256 * 1024 * 1024
_PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
_AUDIO = ("flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "wav", "webm")


@dataclass(frozen=True)
class Form:
    """A form with one file.

    Attributes:
        name: the file's.
        content: its bytes.
        fields: everything else, as text.
    """

    name: str
    content: bytes
    fields: dict[str, str]

    def field(self, name: str) -> str:
        """A field that has to be there.

        Raises:
            Refusal: it is missing.
        """
        if not self.fields.get(name):
            said = f"Missing required parameter: '{name}'."
            raise Refusal(400, said, code="missing_required_parameter", param=name)
        return self.fields[name]


async def form_of(request: Request) -> Form:
    """The form that a request sends.

    Raises:
        Refusal: it is none, has no file, or the file is too large.
    """
    length = request.headers.get("content-length", "")
    if length.isdecimal() and int(length) > LARGEST + 65_536:
        raise Refusal(413, "The file is too large.", code="file_too_large", param="file")
    try:
        async with request.form(max_files=1, max_fields=50) as form:
            file = form.get("file")
            if not isinstance(file, UploadFile):
                raise Refusal(
                    400, "Missing required parameter: 'file'.", code="missing_required_parameter", param="file"
                )
            content = await file.read(LARGEST + 1)
            if len(content) > LARGEST:
                raise Refusal(413, "The file is too large.", code="file_too_large", param="file")
            fields = {name: value for name, value in form.multi_items() if isinstance(value, str)}
            return Form(file.filename or "file", content, fields)
    except (MultiPartException, HTTPException):
        raise Refusal(400, "We could not parse your request as a form.") from None


class Files:
    """The files that were uploaded; in memory, the oldest give way."""

    def __init__(self) -> None:
        self._files: dict[str, tuple[Json, bytes]] = {}

    def add(self, form: Form) -> Json:
        """Keep a file.

        Raises:
            Refusal: its purpose is missing or none.
        """
        purpose = form.field("purpose")
        if purpose not in _PURPOSES:
            supported = ", ".join(repr(name) for name in _PURPOSES)
            said = f"Invalid value: {purpose[:80]!r}. Supported values are: {supported}."
            raise Refusal(400, said, code="invalid_value", param="purpose")
        resource: Json = {
            "id": new_id("file").replace("_", "-", 1),
            "object": "file",
            "bytes": len(form.content),
            "created_at": int(time.time()),
            "filename": form.name,
            "purpose": purpose,
            "status": "processed",
            "status_details": None,
            "expires_at": None,
        }
        self._files[resource["id"]] = (resource, form.content)
        while sum(len(content) for _, content in self._files.values()) > _ALL:
            del self._files[next(iter(self._files))]
        return resource

    def list(self) -> Json:
        """All of them, the newest first."""
        data = [resource for resource, _ in reversed(self._files.values())]
        ends = {"first_id": data[0]["id"], "last_id": data[-1]["id"]} if data else {"first_id": None, "last_id": None}
        return {"object": "list", "data": data, "has_more": False, **ends}

    def resource(self, file_id: str) -> Json:
        """One file's description."""
        return self._file(file_id)[0]

    def content(self, file_id: str) -> bytes:
        """One file's bytes."""
        return self._file(file_id)[1]

    def delete(self, file_id: str) -> Json:
        """Forget a file."""
        self._file(file_id)
        del self._files[file_id]
        return {"id": file_id, "object": "file", "deleted": True}

    def _file(self, file_id: str) -> tuple[Json, bytes]:
        if file_id not in self._files:
            raise Refusal(404, f"No such File object: {file_id[:200]}", param="id")
        return self._files[file_id]


def transcribed(form: Form) -> str:
    """What the emulator hears in a file: its name and size. It has no ears.

    Raises:
        Refusal: it is no sound, by its name.
    """
    form.field("model")
    if form.name.rpartition(".")[2].lower() not in _AUDIO:
        said = f"Invalid file format. Supported formats: {list(_AUDIO)}"
        raise Refusal(400, said, code="invalid_value", param="file")
    return f"A recording of {len(form.content)} bytes, {form.name}."


def transcription_events(text: str) -> list[Any]:
    """The events of a streamed transcription."""
    delta = {"type": "transcript.text.delta", "delta": text}
    return [delta, {"type": "transcript.text.done", "text": text}]
