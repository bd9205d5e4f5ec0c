"""Attached files over HTTP: taken piece by piece, given so that nothing in them can ever run.

    POST /chatkit/files                multipart field `file`; the attachment
    PUT  /chatkit/files/ID             the bytes of an announced one; the attachment
    GET  /chatkit/files/ID             the bytes, in ranges too
    GET  /chatkit/files/ID/preview     a small picture

The visitor is who the request says, or, for what browsers open by themselves, the `ticket` in the address.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from teahouse import errors
from teahouse.errors import Problem
from teahouse.files import Attachments, Content
from teahouse.files.attachments import IMAGES
from teahouse.limits import Asker, address_of
from teahouse.protocol import Context, Visitor, encode
from teahouse.web.multipart import Upload
from teahouse.web.origins import check_origin
from teahouse.web.services import Services

_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9 ._()-]")

# Even a document that a browser would take for a page finds no script, no form, no origin.
_GIVEN = {
    "content-security-policy": "sandbox; default-src 'none'",
    "x-content-type-options": "nosniff",
    "cache-control": "private, max-age=86400, immutable",
    "accept-ranges": "bytes",
}


async def upload(request: Request, services: Services) -> Response:
    """Take a file (`uploadStrategy: {type: "direct"}`).

    Raises:
        Problem: as `Attachments.receive`; INVALID_REQUEST, ORIGIN_NOT_ALLOWED, TOO_MANY_REQUESTS.
    """
    check_origin(request, services.settings.origins)
    files = _files(services)
    context, who = await services.visitor(request)
    await _count(request, services, context)
    body = Upload(request)
    attachment = await files.receive(await body.name(), body.pieces(), context)
    headers = {"cache-control": "no-store"} | ({"set-cookie": who.set_cookie} if who.set_cookie else {})
    return Response(encode(attachment), media_type="application/json", headers=headers)


async def fill(request: Request, services: Services) -> Response:
    """Take the bytes of an announced file (`uploadStrategy: {type: "two_phase"}`).

    Raises:
        Problem: as `Attachments.fill`; TOO_MANY_REQUESTS.
    """
    files = _files(services)
    attachment_id = request.path_params["attachment_id"]
    context, _ = await services.visitor(request)
    ticket = request.query_params.get("ticket")
    if ticket is None:
        check_origin(request, services.settings.origins)
    else:
        context = _in_the_name_of(files.filler_of(attachment_id, ticket), context)
    await _count(request, services, context)
    attachment = await files.fill(attachment_id, request.stream(), context)
    return Response(encode(attachment), media_type="application/json", headers={"cache-control": "no-store"})


async def download(request: Request, services: Services) -> Response:
    """Give an attachment's bytes to its owner.

    Raises:
        Problem: ATTACHMENT_NOT_FOUND, FILES_UNAVAILABLE.
    """
    return await _given(request, services, preview=False)


async def preview(request: Request, services: Services) -> Response:
    """Give the small picture of an image to its owner.

    Raises:
        Problem: ATTACHMENT_NOT_FOUND, FILES_UNAVAILABLE.
    """
    return await _given(request, services, preview=True)


async def _given(request: Request, services: Services, *, preview: bool) -> Response:
    files = _files(services)
    attachment_id = request.path_params["attachment_id"]
    context, _ = await services.visitor(request)
    ticket = request.query_params.get("ticket")
    if ticket is not None:
        context = _in_the_name_of(files.reader_of(attachment_id, ticket), context)
    content = await files.content(attachment_id, context, preview=preview)
    # Pages of other sites show pictures to whom we gave their address.
    shown_elsewhere = ticket is not None and services.settings.origins
    headers = _GIVEN | {
        "content-disposition": disposition(content.name, inline=content.mime_type in IMAGES),
        "cross-origin-resource-policy": "cross-origin" if shown_elsewhere else "same-origin",
        "etag": f'"{content.tag}"',
    }
    if headers["etag"] in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    return _part(request, content, headers)


def _part(request: Request, content: Content, headers: dict[str, str]) -> Response:
    """All of the bytes, or the range that is asked for (RFC 9110, one range)."""
    start, end, status = 0, content.size, 200
    wanted = _RANGE.fullmatch(request.headers.get("range", "")) if "if-range" not in request.headers else None
    if wanted and (wanted[1] or wanted[2]):
        first, last = wanted[1], wanted[2]
        start = int(first) if first else max(0, content.size - int(last))
        end = min(content.size, int(last) + 1) if first and last else content.size
        if start >= end:
            return Response(status_code=416, headers=headers | {"content-range": f"bytes */{content.size}"})
        status = 206
        headers = headers | {"content-range": f"bytes {start}-{end - 1}/{content.size}"}
    headers = headers | {"content-length": str(end - start)}
    # Whatever is no picture is bytes: no browser opens it in the page's place.
    media_type = content.mime_type if content.mime_type in IMAGES else "application/octet-stream"
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type=media_type)
    return StreamingResponse(_bytes(content, start, end), status, headers=headers, media_type=media_type)


async def _bytes(content: Content, start: int, end: int) -> AsyncIterator[bytes]:
    async for piece in content.pieces(start, end):
        yield piece


def disposition(name: str, *, inline: bool) -> str:
    """`Content-Disposition` for a file name in any script (RFC 6266)."""
    how = "inline" if inline else "attachment"
    plain = _NOT_PLAIN.sub("_", name)
    return f"{how}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe='')}"


def _files(services: Services) -> Attachments:
    if services.files is None:
        raise Problem(errors.OPERATION_NOT_SUPPORTED, operation="attachments.create", hook="attachment_store")
    return services.files


def _in_the_name_of(visitor_id: str | None, context: Context) -> Context:
    if visitor_id is None:
        raise Problem(errors.ATTACHMENT_NOT_FOUND, param="ticket")
    return Context(
        Visitor(visitor_id),
        locale=context.locale,
        request_id=context.request_id,
        root=context.root,
        base_url=context.base_url,
    )


async def _count(request: Request, services: Services, context: Context) -> None:
    asker = Asker(context.visitor.id, address_of(request, behind_proxy=services.settings.proxy_headers))
    await services.rates.count(asker, streams=False)
