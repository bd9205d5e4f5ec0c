"""Blobs in a bucket of any S3-compatible store: `<prefix>/<id>/<part>`."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from teahouse.files.blobs import PARTS, Missing, Part, Unavailable, UploadAddress
from teahouse.settings import S3

_IDS_AT_ONCE = 200
_TIMEOUT = "30s"


class S3Blobs:
    """Blobs in a bucket.

    Args:
        settings: which bucket, and how it is reached.
        scratch: a local folder for files that a library has to open.
    """

    def __init__(self, settings: S3, scratch: Path) -> None:
        options: dict[str, Any] = {
            "endpoint": settings.endpoint,
            "region": settings.region,
            "access_key_id": settings.access_key.get_secret_value() if settings.access_key else None,
            "secret_access_key": settings.secret_key.get_secret_value() if settings.secret_key else None,
            "virtual_hosted_style_request": settings.virtual_hosted,
        }
        self._store = S3Store(
            settings.bucket or "",
            client_options={"timeout": _TIMEOUT, "allow_http": (settings.endpoint or "").startswith("http://")},
            retry_config={"max_retries": 2, "retry_timeout": timedelta(seconds=20)},
            **{name: value for name, value in options.items() if value is not None},
        )
        self._prefix = f"{settings.prefix.strip('/')}/" if settings.prefix.strip("/") else ""
        self._scratch = scratch

    async def put(self, attachment_id: str, part: Part, source: Path) -> None:
        """See `Blobs.put`."""
        with _explained():
            await obstore.put_async(self._store, self._key(attachment_id, part), source)

    async def size(self, attachment_id: str, part: Part) -> int | None:
        """See `Blobs.size`."""
        with _explained():
            try:
                return (await obstore.head_async(self._store, self._key(attachment_id, part)))["size"]
            except (NotFoundError, FileNotFoundError):
                return None

    async def read(
        self, attachment_id: str, part: Part, start: int = 0, end: int | None = None
    ) -> AsyncIterator[bytes]:
        """See `Blobs.read`."""
        wanted: Any = {"range": {"offset": start} if end is None else (start, end)} if start or end is not None else {}
        with _explained():
            try:
                found = await obstore.get_async(self._store, self._key(attachment_id, part), options=wanted)
            except (NotFoundError, FileNotFoundError):
                raise Missing(attachment_id) from None
            async for piece in found.stream():
                yield bytes(piece)

    @asynccontextmanager
    async def local(self, attachment_id: str, part: Part) -> AsyncIterator[Path]:
        """See `Blobs.local`."""
        with tempfile.TemporaryDirectory(dir=self._scratch, ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "file"
            with path.open("wb") as file:
                async for piece in self.read(attachment_id, part):
                    file.write(piece)
            yield path

    async def delete(self, attachment_id: str) -> None:
        """See `Blobs.delete`."""
        for part in PARTS:
            with _explained():
                try:
                    await obstore.delete_async(self._store, self._key(attachment_id, part))
                except (NotFoundError, FileNotFoundError):
                    continue

    async def ids(self) -> AsyncIterator[list[str]]:
        """See `Blobs.ids`. Keys come in their order, so that an attachment's parts follow each other."""
        found: list[str] = []
        with _explained():
            async for page in obstore.list(self._store, self._prefix or None, chunk_size=1000):
                for entry in page:
                    attachment_id = entry["path"].removeprefix(self._prefix).partition("/")[0]
                    if not found or found[-1] != attachment_id:
                        found.append(attachment_id)
                while len(found) > _IDS_AT_ONCE:
                    yield found[:_IDS_AT_ONCE]
                    found = found[_IDS_AT_ONCE:]
        if found:
            yield found

    async def upload_address(self, attachment_id: str, mime_type: str, seconds: int) -> UploadAddress | None:
        """See `Blobs.upload_address`. A signature bounds no size: what is too large is deleted when it is sent."""
        with _explained():
            key = self._key(attachment_id, "original")
            url = await obstore.sign_async(self._store, "PUT", key, timedelta(seconds=seconds))
        return UploadAddress(url)

    async def room(self) -> int | None:
        """Not known: buckets grow."""
        return None

    def _key(self, attachment_id: str, part: Part) -> str:
        return f"{self._prefix}{attachment_id}/{part}"


@contextmanager
def _explained() -> Iterator[None]:
    try:
        yield
    except (BaseError, PermissionError, TimeoutError) as error:
        # Its message may hold the request's signature; the log needs no more than what kind of failure it is.
        raise Unavailable(f"{type(error).__name__}: {str(error).split('?', 1)[0][:300]}") from None
