"""Opens a file of unknown origin, in a process of its own that may fail, hang or be killed. See `workshop`.

    python -I reader.py inspect FILE NAME FOLDER     what it is; pictures for FOLDER
    python -I reader.py text FILE KIND CHARACTERS    what it says

The answer is one JSON object on standard output. Nothing of Teahouse is imported: it would take a second.
A file is what the libraries that open it say it is; name and declared type only tell one sort of text from another.
"""

from __future__ import annotations

import json
import re
import sys
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

MEMORY = 2 * 1024**3  # bytes
PROCESSOR = 10  # seconds
WRITTEN = 64 * 1024**2  # bytes

_MOST_PIXELS = 64_000_000  # beyond what telephones take; 256 MB when opened
_MOST_UNPACKED = 512 * 1024**2  # bytes of all that is in one Office document
_MOST_MEMBERS = 10_000
_MOST_COLUMNS = 256
_MOST_EMPTY_ROWS = 1_000
_PREVIEW = 640  # pixels of the longer side
_FOR_MODELS = 2048  # likewise: more is scaled down by the providers
_MOST_BYTES_FOR_MODELS = 4 * 1024**2

_OFFICE = {
    b"wordprocessingml.document.main+xml": "docx",
    b"spreadsheetml.sheet.main+xml": "xlsx",
}
_MIME = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "html": "text/html",
    "csv": "text/csv",
    "markdown": "text/markdown",
    "json": "application/json",
    "text": "text/plain",
}
_TEXTS = {
    ".html": "html", ".htm": "html", ".xhtml": "html", ".csv": "csv", ".tsv": "csv",
    ".md": "markdown", ".markdown": "markdown", ".json": "json",
}  # fmt: skip
_BEGINS_AS_HTML = re.compile(r"\s*(<!--.*?-->\s*)*<(!doctype\s+html|html|head|body)\b", re.IGNORECASE | re.DOTALL)
_NOT_TEXT = re.compile("[\x00-\x08\x0b\x0e-\x1a\x1c-\x1f]")


class Refused(Exception):
    """Why a file is not taken: `empty`, `unknown`, `damaged`, `encrypted` or `too_large_inside`."""


def main(arguments: list[str]) -> None:
    """Answer on standard output."""
    limit_yourself()
    match arguments:
        case ["inspect", path, name, folder]:
            answer = inspected(Path(path), name, Path(folder))
        case ["text", path, kind, characters]:
            answer = text_of(Path(path), kind, int(characters))
        case _:
            raise SystemExit(f"usage: {__doc__}")
    sys.stdout.buffer.write(json.dumps(answer).encode())


def limit_yourself() -> None:
    """Bound this process's memory, processor time and writing, where the system can (not on Windows)."""
    try:
        import resource
    except ImportError:
        return
    for what, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, PROCESSOR),
        (resource.RLIMIT_FSIZE, WRITTEN),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(what, (most, most))


# What it is --------------------------------------------------------------------------------------------


def inspected(path: Path, name: str, folder: Path) -> dict[str, Any]:
    """`{kind, mime, …}` of a file, or `{refused}`."""
    try:
        return _kind_of(path, name, folder)
    except Refused as refusal:
        return {"refused": str(refusal)}


def _kind_of(path: Path, name: str, folder: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Refused("empty")
    if head.startswith((b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF87a", b"GIF89a")) or head[8:12] == b"WEBP":
        return _image(path, folder)
    if head.lstrip(b"\xef\xbb\xbf\r\n\t ").startswith(b"%PDF-"):
        return {"kind": "pdf", "mime": _MIME["pdf"]}
    if head.startswith(b"PK\x03\x04"):
        kind = _office(path)
        return {"kind": kind, "mime": _MIME[kind]}
    kind = _sort_of_text(path, name)
    return {"kind": kind, "mime": _MIME[kind]}


def _image(path: Path, folder: Path) -> dict[str, Any]:
    """What a picture is, with a small one to look at and, where the original is large, one for models."""
    from PIL import Image, ImageOps

    Image.MAX_IMAGE_PIXELS = None  # counted here, from the header
    try:
        with Image.open(path, formats=("PNG", "JPEG", "GIF", "WEBP")) as image:
            width, height = image.size
            mime = Image.MIME[str(image.format)]
            if width * height > _MOST_PIXELS:
                raise Refused("too_large_inside")
            turned = image.getexif().get(0x0112, 1) != 1
            image.draft("RGB", (_FOR_MODELS, _FOR_MODELS))
            whole = ImageOps.exif_transpose(image)
            whole = whole.convert("RGBA" if whole.has_transparency_data else "RGB")
    except Refused:
        raise
    except Exception as error:
        raise Refused("damaged") from error
    if turned or max(width, height) > _FOR_MODELS or path.stat().st_size > _MOST_BYTES_FOR_MODELS:
        whole.thumbnail((_FOR_MODELS, _FOR_MODELS))
        whole.save(folder / "model", "WEBP", quality=88)
    whole.thumbnail((_PREVIEW, _PREVIEW))
    whole.save(folder / "preview", "WEBP", quality=80)
    return {"kind": "image", "mime": mime, "width": width, "height": height}


def _office(path: Path) -> str:
    """Which Office document a zip archive is, from its table of contents."""
    try:
        with zipfile.ZipFile(path) as archive:
            _refuse_bombs(archive)
            with archive.open("[Content_Types].xml") as file:
                types = file.read(1024**2)
    except KeyError:
        raise Refused("unknown") from None
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise Refused("damaged") from error
    return next((kind for mark, kind in _OFFICE.items() if mark in types), "") or _refuse("unknown")


def _refuse(reason: str) -> str:
    raise Refused(reason)


def _refuse_bombs(archive: zipfile.ZipFile) -> None:
    members = archive.infolist()
    if len(members) > _MOST_MEMBERS or sum(member.file_size for member in members) > _MOST_UNPACKED:
        raise Refused("too_large_inside")


def _sort_of_text(path: Path, name: str) -> str:
    with path.open("rb") as file:
        beginning = file.read(256 * 1024)
    if beginning.startswith(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):  # Word and Excel before 2007, or with a password
        raise Refused("encrypted")
    text = decoded(beginning, whole=len(beginning) < 256 * 1024)
    if text is None:
        raise Refused("unknown")
    ending = Path(name).suffix.lower()
    return _TEXTS.get(ending) or ("html" if _BEGINS_AS_HTML.match(text[:4096]) else "text")


def decoded(data: bytes, *, whole: bool = True) -> str | None:
    """`data` as text; None if it is something else.

    Args:
        data: the beginning of a file.
        whole: whether it is all of it; else its last character may be cut in two.
    """
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if data.startswith(mark):
            return _if_text(data.decode(encoding, "replace"))
    if b"\0" in data:
        return None
    try:
        return _if_text(data.decode())
    except UnicodeDecodeError as error:
        if not whole and error.start >= len(data) - 4:
            return _if_text(data[: error.start].decode())
    import charset_normalizer

    best = charset_normalizer.from_bytes(data[: 64 * 1024], threshold=0.2).best()
    return None if best is None else _if_text(data.decode(best.encoding, "replace"))


def _if_text(text: str) -> str | None:
    """`text`, unless it has more of what no text has than a stray byte."""
    strange = len(_NOT_TEXT.findall(text)) + text.count("\ufffd")
    return text if strange * 200 <= len(text) else None


# What it says ------------------------------------------------------------------------------------------


def text_of(path: Path, kind: str, most: int) -> dict[str, Any]:
    """`{text, cut}`: what a file says, up to `most` characters; or `{refused}`."""
    readers = {"pdf": _pdf, "docx": _docx, "xlsx": _xlsx, "html": _html}
    collected, length, cut = [], 0, False
    try:
        for piece in readers.get(kind, _plain)(path):
            clean = _NOT_TEXT.sub("", piece.encode("utf-8", "replace").decode())
            collected.append(clean[: most - length])
            length += len(collected[-1])
            if len(clean) > len(collected[-1]):
                cut = True
                break
    except Refused as refusal:
        return {"refused": str(refusal)}
    except MemoryError:
        return {"refused": "too_large_inside"}
    except Exception:
        # Whatever a library raises over a hostile file; what was read until then still counts.
        if not length:
            return {"refused": "damaged"}
        cut = True
    return {"text": unicodedata.normalize("NFC", "".join(collected).strip()), "cut": cut}


def _pdf(path: Path) -> Iterator[str]:
    import logging

    import pypdf

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)
    document = pypdf.PdfReader(path)
    if document.is_encrypted and not document.decrypt(""):
        raise Refused("encrypted")
    for number, page in enumerate(document.pages, 1):
        yield f"[Page {number}]\n{page.extract_text()}\n\n"


def _docx(path: Path) -> Iterator[str]:
    import docx
    from docx.table import Table

    with zipfile.ZipFile(path) as archive:
        _refuse_bombs(archive)
    for block in docx.Document(str(path)).iter_inner_content():
        if isinstance(block, Table):
            yield from (_row(cell.text for cell in row.cells) for row in block.rows)
            yield "\n"
        elif block.text:
            style = (block.style.name or "") if block.style is not None else ""
            level = re.fullmatch(r"Heading ([1-6])", style)
            yield f"{'#' * int(level[1]) + ' ' if level else ''}{block.text}\n\n"


def _xlsx(path: Path) -> Iterator[str]:
    import openpyxl

    with zipfile.ZipFile(path) as archive:
        _refuse_bombs(archive)
    # An open file, since openpyxl judges paths by their endings.
    book = openpyxl.load_workbook(path.open("rb"), read_only=True, data_only=True, keep_links=False)
    for sheet in book.worksheets:
        yield f"## {sheet.title}\n"
        sheet.reset_dimensions()  # what it says of its size may be a lie
        empty = 0
        for cells in sheet.iter_rows(max_col=_MOST_COLUMNS, values_only=True):
            row = _row("" if value is None else str(value) for value in cells)
            empty = 0 if row.strip() else empty + 1
            if empty > _MOST_EMPTY_ROWS:
                break
            if not empty:
                yield row
        yield "\n"


def _row(cells: Iterable[str]) -> str:
    """A row of a table as a line of tab-separated values."""
    return "\t".join(" ".join(cell.split()) for cell in islice(cells, _MOST_COLUMNS)).rstrip("\t") + "\n"


def _html(path: Path) -> Iterator[str]:
    from selectolax.lexbor import LexborHTMLParser

    tree = LexborHTMLParser("".join(_plain(path)))
    tree.strip_tags(["script", "style", "template", "noscript", "svg", "head"])
    text = tree.body.text(separator="\n", strip=True) if tree.body else ""
    yield text


def _plain(path: Path) -> Iterator[str]:
    text = decoded(path.read_bytes())
    if text is None:
        raise Refused("damaged")
    yield text


if __name__ == "__main__":
    main(sys.argv[1:])
