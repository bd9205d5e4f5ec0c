"""What files are taken for, and what is read in them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from files import samples
from teahouse.files import reader
from teahouse.files.workshop import Refusal, Workshop

SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"><text>Hello</text></svg>'
ROWS = (("tea", "price"), ("Oolong", 12.5), (None, None), ("Pu-erh", 30))


@pytest.fixture
def found(tmp_path: Path) -> Callable[..., Any]:
    """What a file is: `found(bytes, name)`."""

    def look(data: bytes, name: str = "file") -> Any:
        path = tmp_path / "upload"
        path.write_bytes(data)
        return reader.inspected(path, name, tmp_path)

    return look


@pytest.fixture
def read(tmp_path: Path) -> Callable[..., Awaitable[Any]]:
    """What a file says, asked of a real process: `await read(bytes, kind)`."""

    async def ask(data: bytes, kind: str, limit: int = 10_000) -> Any:
        path = tmp_path / "upload"
        path.write_bytes(data)
        return await Workshop(seconds=6).read(path, kind, limit)

    return ask


@pytest.mark.parametrize(
    ("data", "name", "kind", "mime"),
    [
        (samples.picture("PNG"), "a.png", "image", "image/png"),
        (samples.picture("JPEG"), "a.jpg", "image", "image/jpeg"),
        (samples.picture("GIF"), "a.gif", "image", "image/gif"),
        (samples.picture("WEBP"), "a.webp", "image", "image/webp"),
        (samples.pdf("Hello"), "a.pdf", "pdf", "application/pdf"),
        (samples.word("Hello"), "a.docx", "docx", reader._MIME["docx"]),
        (samples.excel(*ROWS), "a.xlsx", "xlsx", reader._MIME["xlsx"]),
        (b"tea,price\nOolong,12\n", "a.csv", "csv", "text/csv"),
        ("名称,价格\n乌龙茶,12\n".encode("gb18030"), "a.csv", "csv", "text/csv"),
        (b"<!-- x --><!DOCTYPE html><p>Hello", "a", "html", "text/html"),
        (b'{"tea": 1}', "a.json", "json", "application/json"),
        (b"# Tea", "a.md", "markdown", "text/markdown"),
        ("茶".encode("utf-16"), "a.txt", "text", "text/plain"),
        (SVG, "a.svg", "text", "text/plain"),
    ],
)
def test_a_file_is_what_its_bytes_say(found: Callable[..., Any], data: bytes, name: str, kind: str, mime: str) -> None:
    assert found(data, name).items() >= {"kind": kind, "mime": mime}.items()


def test_a_renamed_file_is_still_what_it_is(found: Callable[..., Any]) -> None:
    assert found(samples.picture("PNG"), "invoice.pdf")["mime"] == "image/png"
    assert found(samples.pdf("x"), "photo.jpg")["kind"] == "pdf"
    assert found(samples.word("x"), "page.html")["kind"] == "docx"
    assert found(b"just words", "photo.png")["kind"] == "text"


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "empty"),
        (b"\x7fELF\x02\x01\x01" + bytes(200), "unknown"),
        (b"MZ\x90\x00" + bytes(200), "unknown"),
        (b"PK\x03\x04 and then nothing", "damaged"),
        (samples.picture("PNG")[:60], "damaged"),
        (b"\xff\xd8\xff\xe0 no picture", "damaged"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "encrypted"),
        (samples.pixel_bomb(), "too_large_inside"),
        (samples.zip_bomb(), "too_large_inside"),
        (samples.office("a/b.xml", b"<x/>", "presentationml.presentation"), "unknown"),
    ],
    ids=["empty", "elf", "exe", "cut zip", "cut png", "no jpeg", "old word", "pixels", "zip bomb", "powerpoint"],
)
def test_what_is_not_taken(found: Callable[..., Any], data: bytes, why: str) -> None:
    assert found(data) == {"refused": why}


def test_pictures_to_look_at_are_small_upright_and_tell_nothing_of_the_camera(
    found: Callable[..., Any], tmp_path: Path
) -> None:
    found(samples.turned_picture())
    with Image.open(tmp_path / "preview") as preview, Image.open(tmp_path / "model") as for_model:
        assert preview.size == for_model.size == (30, 40)
        assert not preview.getexif()
    found(samples.picture("PNG", (3000, 1500)))
    with Image.open(tmp_path / "preview") as preview, Image.open(tmp_path / "model") as for_model:
        assert (preview.size, for_model.size) == ((640, 320), (2048, 1024))


async def test_what_documents_say(read: Callable[..., Awaitable[Any]]) -> None:
    assert (await read(samples.pdf("First page", "Second"), "pdf")).text == "[Page 1]\nFirst page\n\n[Page 2]\nSecond"
    assert (await read(samples.word("Green tea 绿茶"), "docx")).text == "# Report\n\nGreen tea 绿茶\n\nOolong\t12"
    assert (await read(samples.excel(*ROWS), "xlsx")).text == "## Stock\ntea\tprice\nOolong\t12.5\nPu-erh\t30"
    html = "<style>p {}</style><h1>Tea</h1><script>alert(1)</script><p>Green<noscript>no</noscript>"
    assert (await read(html.encode(), "html")).text == "Tea\nGreen"
    assert (await read("名称,价格\n乌龙茶,十二元一两".encode("gb18030"), "csv")).text == "名称,价格\n乌龙茶,十二元一两"


async def test_long_documents_are_cut_where_the_limit_is(read: Callable[..., Awaitable[Any]]) -> None:
    reading = await read(samples.excel(*[(n, "x" * 50) for n in range(2000)]), "xlsx", 5000)
    assert len(reading.text) <= 5000
    assert reading.cut


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (samples.billion_laughs, "docx"),
        (samples.lying_zip_bomb, "docx"),
        (lambda: b"%PDF-1.4\n" + b"[" * 100_000, "pdf"),
        (lambda: b"<div>" * 200_000, "html"),
    ],
    ids=["billion laughs", "lying zip bomb", "nested pdf", "nested html"],
)
async def test_a_hostile_document_costs_no_more_than_its_process(
    read: Callable[..., Awaitable[Any]], data: Callable[[], bytes], kind: str
) -> None:
    """Refused, or read within the limit: what must not happen is that it takes long, much, or the server."""
    try:
        reading = await read(data(), kind)
    except Refusal:
        return
    assert len(reading.text) <= 10_000


async def test_no_document_says_what_stands_in_a_file_of_the_server(
    read: Callable[..., Awaitable[Any]], tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("do not tell")
    try:
        reading = await read(samples.reads_a_file(str(secret)), "docx")
    except Refusal:
        return
    assert "do not tell" not in reading.text


async def test_a_reader_that_takes_too_long_is_ended(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(samples.pdf("Hello"))
    with pytest.raises(Refusal, match="too_slow"):
        await Workshop(seconds=0.001).read(path, "pdf", 1000)
    assert (await Workshop().read(path, "pdf", 1000)).text.endswith("Hello")


async def test_files_wait_for_their_turn(tmp_path: Path) -> None:
    path = tmp_path / "upload"
    path.write_bytes(b"Hello")
    workshop = Workshop()
    readings = await asyncio.gather(*(workshop.read(path, "text", 100) for _ in range(5)))
    assert {reading.text for reading in readings} == {"Hello"}


@given(data=st.binary(max_size=400), head=st.sampled_from([b"", b"PK\x03\x04", b"%PDF-", b"GIF89a", b"\xff\xd8\xff"]))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_end_in_a_word(found: Callable[..., Any], data: bytes, head: bytes) -> None:
    answer = found(head + data)
    assert answer.keys() in ({"refused"}, {"kind", "mime"}, {"kind", "mime", "width", "height"})
