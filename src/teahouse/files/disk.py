"""Blobs in a folder: `<two digits of the id>/<id>/<part>`."""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TypeVar

from teahouse.files.blobs import Missing, Part, Unavailable, UploadAddress

_PIECE = 256 * 1024
_IDS_AT_ONCE = 200

Result = TypeVar("Result")


class Disk:
    """Blobs in a folder of this machine (or one that several machines share).

    Args:
        folder: made when missing, readable by this user alone.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def put(self, attachment_id: str, part: Part, source: Path) -> None:
        """See `Blobs.put`. The file is moved, so that nobody ever reads half of it."""

        def move() -> None:
            target = self._path(attachment_id, part)
            target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _sync(source)
            source.replace(target)

        await _in_thread(move)

    async def size(self, attachment_id: str, part: Part) -> int | None:
        """See `Blobs.size`."""

        def look() -> int | None:
            try:
                return self._path(attachment_id, part).stat().st_size
            except FileNotFoundError:
                return None

        return await _in_thread(look)

    async def read(
        self, attachment_id: str, part: Part, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """See `Blobs.read`."""
        path = self._path(attachment_id, part)
        try:
            file = await asyncio.to_thread(path.open, "rb")
        except FileNotFoundError:
            raise Missing(attachment_id) from None
        except OSError as error:
            raise Unavailable(str(error)) from error
        try:
            await _in_thread(lambda: file.seek(start))
            left = _PIECE if end is None else end - start
            while left > 0:
                size = min(_PIECE, left)
                piece = await _in_thread(partial(file.read, size))
                if not piece:
                    return
                yield piece
                left = left if end is None else left - len(piece)
        finally:
            file.close()

    @asynccontextmanager
    async def local(self, attachment_id: str, part: Part) -> AsyncIterator[Path]:
        """See `Blobs.local`."""
        if await self.size(attachment_id, part) is None:
            raise Missing(attachment_id)
        yield self._path(attachment_id, part)

    async def delete(self, attachment_id: str) -> None:
        """See `Blobs.delete`."""

        def remove() -> None:
            folder = self._path(attachment_id, "original").parent
            if folder.is_dir():
                shutil.rmtree(folder)

        await _in_thread(remove)

    async def ids(self) -> AsyncIterator[list[str]]:
        """See `Blobs.ids`."""
        for shelf in await _in_thread(lambda: _names(self._folder)):
            found = await _in_thread(partial(_names, self._folder / shelf))
            for first in range(0, len(found), _IDS_AT_ONCE):
                yield found[first : first + _IDS_AT_ONCE]

    async def upload_address(self, attachment_id: str, mime_type: str, seconds: int) -> UploadAddress | None:
        """None: only we write here."""
        return None

    async def room(self) -> int | None:
        """See `Blobs.room`."""
        return await _in_thread(lambda: shutil.disk_usage(self._folder).free)

    def _path(self, attachment_id: str, part: Part) -> Path:
        """Where a blob lies. Ids are ours, but a mistake elsewhere must not lead out of the folder."""
        if not attachment_id.replace("_", "").isalnum() or not attachment_id.isascii():
            raise Missing(attachment_id)
        return self._folder / attachment_id[-2:] / attachment_id / part


def _names(folder: Path) -> list[str]:
    return sorted(entry.name for entry in folder.iterdir() if entry.is_dir())


def _sync(path: Path) -> None:
    """Have the bytes on the disk before anything refers to them."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


async def _in_thread(act: Callable[[], Result]) -> Result:
    try:
        return await asyncio.to_thread(act)
    except OSError as error:
        raise Unavailable(str(error)) from error
