"""Where bytes lie: the port. `disk` and `s3` are behind it.

A blob is named by its attachment's id and its part: `original`, `preview`, `model` (an image made smaller) and
`text` (what was read from a document).
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, Protocol

Part = Literal["original", "preview", "model", "text"]
PARTS: tuple[Part, ...] = ("original", "preview", "model", "text")


class Missing(Exception):
    """There is no such blob."""


class Unavailable(Exception):
    """The place where blobs lie cannot be used; the message says why, for the log."""


@dataclass(frozen=True)
class UploadAddress:
    """Where a browser may put an `original` by itself."""

    url: str
    headers: dict[str, str] = field(default_factory=dict)


class Blobs(Protocol):
    """Bytes by id and part. Every method may raise `Unavailable`."""

    async def put(self, attachment_id: str, part: Part, source: Path) -> None:
        """Keep the bytes of a local file, durably; the file may be gone afterwards."""

    async def size(self, attachment_id: str, part: Part) -> int | None:
        """How many bytes there are; None if there is no such blob."""

    def read(self, attachment_id: str, part: Part, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The bytes from `start` up to, and without, `end`.

        Raises:
            Missing: before the first piece.
        """

    def local(self, attachment_id: str, part: Part) -> AbstractAsyncContextManager[Path]:
        """A local file with the bytes, for libraries that want one. Not to be changed.

        Raises:
            Missing: there is no such blob.
        """

    async def delete(self, attachment_id: str) -> None:
        """Delete all parts, if there are any."""

    def ids(self) -> AsyncIterator[list[str]]:
        """The ids of all attachments that have a blob, a few hundred at a time."""

    async def upload_address(self, attachment_id: str, mime_type: str, seconds: int) -> UploadAddress | None:
        """An address that takes a PUT of the `original` for some time; None where only we can write."""

    async def room(self) -> int | None:
        """How many bytes are free; None if that is not known."""
