"""The field `file` of a `multipart/form-data` body, handed on while it comes."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request

from teahouse import errors
from teahouse.errors import Problem, Words

_AROUND = 64 * 1024
"""Bytes that a body may have beside the file: headers of parts, and fields that nobody asked for."""

NO_FILE = Words(
    "it has to be multipart/form-data with one file in the field “file”",
    "应为 multipart/form-data，文件放在字段“file”中",
)


class Upload:
    """A body with a file in it.

    Args:
        request: whose body; it is read once.
    """

    def __init__(self, request: Request) -> None:
        kind, options = parse_options_header(request.headers.get("content-type"))
        boundary = options.get(b"boundary", b"")
        if kind != b"multipart/form-data" or not 1 <= len(boundary) <= 200:
            raise _refusal()
        self._body = request.stream()
        self._events: deque[tuple[str, bytes]] = deque()
        self._parser = MultipartParser(
            boundary,
            {
                "on_header_field": lambda data, start, end: self._events.append(("field", data[start:end])),
                "on_header_value": lambda data, start, end: self._events.append(("value", data[start:end])),
                "on_header_end": lambda: self._events.append(("header", b"")),
                "on_headers_finished": lambda: self._events.append(("headers", b"")),
                "on_part_data": lambda data, start, end: self._events.append(("data", data[start:end])),
                "on_part_end": lambda: self._events.append(("end", b"")),
            },
        )
        self._around = 0

    async def name(self) -> str:
        """Read up to the file; its name as the browser gives it.

        Raises:
            Problem: INVALID_REQUEST when there is none.
        """
        headers: dict[str, str] = {}
        field, value = b"", b""
        async for event, data in self._read():
            match event:
                case "field":
                    field += data
                case "value":
                    value += data
                case "header":
                    headers[field.decode("latin-1").lower()] = value.decode("latin-1")
                    field, value = b"", b""
                case "headers":
                    _, options = parse_options_header(headers.get("content-disposition"))
                    headers = {}
                    if options.get(b"name") == b"file" and b"filename" in options:
                        return _decoded(options[b"filename"])
                case "data":
                    self._count(len(data))
        raise _refusal()

    async def pieces(self) -> AsyncIterator[bytes]:
        """The file's bytes. What comes after them is read, and nobody's business.

        Raises:
            Problem: INVALID_REQUEST when the body ends before the file does.
        """
        inside = True
        async for event, data in self._read():
            if event == "data" and inside:
                yield data
            elif event == "end":
                inside = False
            else:
                self._count(len(data))
        if inside:
            raise _refusal()

    async def _read(self) -> AsyncIterator[tuple[str, bytes]]:
        while True:
            while self._events:
                yield self._events.popleft()
            try:
                chunk = await anext(self._body)
            except StopAsyncIteration:
                return
            try:
                self._parser.write(chunk)
            except FormParserError:
                raise _refusal() from None
            if not self._events:
                self._count(len(chunk))

    def _count(self, size: int) -> None:
        self._around += size
        if self._around > _AROUND:
            raise _refusal()


def _decoded(name: bytes) -> str:
    """Browsers send UTF-8, and `%22` for a quotation mark; some programs send what their machine speaks."""
    return name.decode("utf-8", "replace").replace("%22", '"')


def _refusal() -> Problem:
    return Problem(errors.INVALID_REQUEST, param="file", reason=NO_FILE)
