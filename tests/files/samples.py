"""Files of each kind, made by the libraries that programs use to make them; and hostile ones."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import docx
import openpyxl
from PIL import Image


def picture(form: str = "PNG", size: tuple[int, int] = (40, 30), **options: Any) -> bytes:
    """An image, blue with a red corner."""
    image = Image.new("RGB", size, (30, 60, 200))
    image.paste((220, 30, 30), (0, 0, size[0] // 2, size[1] // 2))
    data = io.BytesIO()
    image.save(data, form, **options)
    return data.getvalue()


def turned_picture() -> bytes:
    """A JPEG as a telephone held upright takes it: lying, with a note to turn it."""
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010F] = "Secret Camera"
    return picture("JPEG", (40, 30), exif=exif)


def pdf(*texts: str) -> bytes:
    """A PDF with a page for each text."""
    pages = len(texts)
    kids = " ".join(f"{4 + 2 * number} 0 R" for number in range(pages))
    objects = [
        "<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {pages} >>",
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    for number, text in enumerate(texts):
        content = f"BT /F1 24 Tf 72 720 Td ({text}) Tj ET"
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents {5 + 2 * number} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        objects.append(f"<< /Length {len(content)} >>\nstream\n{content}\nendstream")
    data, places = b"%PDF-1.4\n", []
    for number, body in enumerate(objects, 1):
        places.append(len(data))
        data += f"{number} 0 obj\n{body}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}"
    end += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{len(data)}\n%%EOF"
    return data + end.encode()


def word(*paragraphs: str) -> bytes:
    """A Word document: a heading, paragraphs and a table."""
    document = docx.Document()
    document.add_heading("Report", 1)
    for paragraph in paragraphs:
        document.add_paragraph(paragraph)
    table = document.add_table(1, 2)
    table.rows[0].cells[0].text, table.rows[0].cells[1].text = "Oolong", "12"
    data = io.BytesIO()
    document.save(data)
    return data.getvalue()


def excel(*rows: tuple[Any, ...]) -> bytes:
    """An Excel workbook with one sheet."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Stock"
    for row in rows:
        sheet.append(row)
    data = io.BytesIO()
    book.save(data)
    return data.getvalue()


def office(part: str, body: bytes, kind: str = "wordprocessingml.document") -> bytes:
    """What calls itself an Office document: the given part, and just enough around it to be opened."""
    target = part.removeprefix("/")
    main = f"application/vnd.openxmlformats-officedocument.{kind}.main+xml"
    with zipfile.ZipFile(data := io.BytesIO(), "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "[Content_Types].xml",
            '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
            f'<Override PartName="/{target}" ContentType="{main}"/></Types>',
        )
        archive.writestr(
            "_rels/.rels",
            '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" '
            'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" '
            f'Target="{target}"/></Relationships>',
        )
        archive.writestr(target, body)
    return data.getvalue()


_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"


def billion_laughs() -> bytes:
    """A Word document whose text is an entity that doubles ten times and more."""
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 11))
    return office(
        "word/document.xml",
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "laugh">{entities}]><w:document xmlns:w="{_WORD}"><w:body><w:p>'
        "<w:r><w:t>&l10;</w:t></w:r></w:p></w:body></w:document>".encode(),
    )


def reads_a_file(path: str) -> bytes:
    """A Word document that would like to say what stands in a file of the server's."""
    return office(
        "word/document.xml",
        f'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY f SYSTEM "file://{path}">]><w:document xmlns:w="{_WORD}"><w:body>'
        "<w:p><w:r><w:t>before &f; after</w:t></w:r></w:p></w:body></w:document>".encode(),
    )


def zip_bomb() -> bytes:
    """A Word document of a few kilobytes that holds two gigabytes and says so."""
    small = office("word/document.xml", b"<x>" + b" " * 1_000_000 + b"</x>")
    return _claiming(small, 1_000_007, 2_000_000_000)


def lying_zip_bomb() -> bytes:
    """A Word document whose one part is 200 MB of nothing, and says that it is little."""
    return _claiming(office("word/document.xml", b"<x>" + b" " * 200_000_000 + b"</x>"), 200_000_007, 1000)


def _claiming(archive: bytes, size: int, claimed: int) -> bytes:
    return archive.replace(size.to_bytes(4, "little"), claimed.to_bytes(4, "little"))


def pixel_bomb() -> bytes:
    """A PNG of a few kilobytes that is 20,000 pixels wide and high."""
    data = io.BytesIO()
    Image.new("1", (20_000, 20_000)).save(data, "PNG")
    return data.getvalue()


def page_in_a_picture() -> bytes:
    """A GIF that a careless browser would take for a page with a script."""
    return picture("GIF") + b"<html><script>alert(document.cookie)</script></html>"
