"""Attached files over HTTP: taken, sent, given back to their owner alone, never run, and gone with their thread."""

from __future__ import annotations

import asyncio
import os
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from chatkit.server import ChatKitServer
from chatkit.types import ThreadMetadata, ThreadStreamEvent, UserMessageItem

from files import samples
from house import Browser, Json, message_of, problem_in
from teahouse import Teahouse

FIELD = b"--x\r\nContent-Disposition: form-data; "
PNG = samples.picture("PNG")


class Silent(ChatKitServer[Any]):
    """Says nothing."""

    def __init__(self, store: Any) -> None:
        super().__init__(store)

    async def respond(
        self, thread: ThreadMetadata, input_user_message: UserMessageItem | None, context: Any
    ) -> AsyncIterator[ThreadStreamEvent]:
        for _ in ():
            yield _


async def send_file(
    browser: Browser, data: bytes = PNG, name: str = "photo.png", mime: str = "image/png"
) -> httpx2.Response:
    return await browser.http.post("/chatkit/files", files={"file": (name, data, mime)})


async def attach(browser: Browser, *file: Any) -> Json:
    response = await send_file(browser, *file)
    assert response.status_code == 200, response.text
    attachment: Json = response.json()
    return attachment


def kept_in(tmp_path: Path) -> list[str]:
    """The ids of which there are bytes."""
    return sorted(path.parent.name for path in (tmp_path / "data/files/kept").rglob("original"))


async def test_a_file_is_attached_sent_and_read_again(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Silent))
    attachment = await attach(alice)
    assert attachment.items() >= {"type": "image", "name": "photo.png", "mime_type": "image/png"}.items()
    assert attachment.keys() <= {"type", "id", "name", "mime_type", "preview_url"}

    events = await alice.say("Look", attachments=[attachment["id"]])
    thread_id = events[0]["thread"]["id"]
    (item,) = [item for item in await alice.items(thread_id) if item["type"] == "user_message"]
    (sent,) = item["attachments"]
    assert sent["thread_id"] == thread_id

    original = await alice.http.get(f"/chatkit/files/{attachment['id']}")
    assert original.content == PNG
    preview = await alice.http.get(sent["preview_url"])
    assert preview.headers["content-type"] == "image/webp"


async def test_a_message_may_be_a_file_alone(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Silent))
    attachment = await attach(alice, b"a,b\n1,2\n", "table.csv", "text/csv")
    events = await alice.say("", attachments=[attachment["id"]])
    assert events[0]["type"] == "thread.created"


async def test_nobody_else_reads_sends_fills_or_deletes_it(open_house: Any, visit: Any) -> None:
    house = await open_house(Silent)
    alice, mallory = visit(house), visit(house)
    attachment = await attach(alice)
    announced = await alice.ask("attachments.create", name="b.txt", size=3, mime_type="text/plain")
    where, there = f"/chatkit/files/{attachment['id']}", f"/chatkit/files/{announced['id']}"

    for response in (
        await mallory.http.get(where),
        await mallory.http.get(f"{where}/preview"),
        await mallory.http.get(f"{where}/preview?ticket=forged.x"),
        await mallory.http.put(there, content=b"abc"),
        await mallory.http.put(f"{there}?ticket=forged", content=b"abc"),
        await mallory.post("threads.create", input=message_of("mine", attachments=[attachment["id"]])),
        await mallory.post("attachments.delete", attachment_id=attachment["id"]),
    ):  # fmt: skip
        assert problem_in(response).items() >= {"code": "attachment_not_found", "status": 404}.items()
    assert (await alice.http.get(where)).content == PNG


async def test_a_picture_s_address_opens_it_and_nothing_else(open_house: Any, visit: Any) -> None:
    """A page of another site shows it to its owner without a cookie; the ticket is good for this picture."""
    house = await open_house(Silent)
    alice, anywhere = visit(house), visit(house)
    first, second = await attach(alice), await attach(alice)
    ticket = urlsplit(first["preview_url"]).query
    assert (await anywhere.http.get(first["preview_url"])).status_code == 200
    assert (await anywhere.http.get(f"/chatkit/files/{first['id']}?{ticket}")).content == PNG
    assert (await anywhere.http.get(f"/chatkit/files/{second['id']}/preview?{ticket}")).status_code == 404
    assert (await anywhere.http.put(f"/chatkit/files/{first['id']}?{ticket}", content=b"x")).status_code == 404


async def test_two_phases(open_house: Any, visit: Any) -> None:
    house = await open_house(Silent)
    alice, uploader = visit(house), visit(house)
    announced = await alice.ask("attachments.create", name="photo.png", size=len(PNG), mime_type="image/png")
    upload = announced["upload_descriptor"]
    assert upload["method"] == "PUT"

    early = await alice.post("threads.create", input=message_of("", attachments=[announced["id"]]))
    assert problem_in(early)["code"] == "upload_incomplete"
    assert (await alice.http.get(f"/chatkit/files/{announced['id']}")).status_code == 404

    filled = await uploader.http.put(upload["url"], content=PNG, headers=upload.get("headers"))
    assert filled.json().items() >= {"id": announced["id"], "mime_type": "image/png"}.items()
    assert "upload_descriptor" not in filled.json()
    again = await uploader.http.put(upload["url"], content=b"something else")
    assert problem_in(again).items() >= {"code": "invalid_request", "param": "file"}.items()
    await alice.say("Look", attachments=[announced["id"]])


@pytest.mark.parametrize(
    ("data", "name", "status", "code"),
    [
        (b"", "nothing.txt", 400, "file_empty"),
        (b"\x7fELF" + bytes(99), "photo.png", 415, "file_type_refused"),
        (samples.picture()[:50], "photo.png", 422, "file_unreadable"),
        (samples.zip_bomb(), "report.docx", 422, "file_unreadable"),
        (b"x" * 2001, "long.txt", 413, "file_too_large"),
    ],
)
async def test_what_is_not_taken_says_why_and_leaves_nothing(
    open_house: Any, visit: Any, tmp_path: Path, data: bytes, name: str, status: int, code: str
) -> None:
    alice = visit(await open_house(Silent, files={"max_bytes": 2000}))
    for language in ("en", "zh-CN"):
        alice.http.headers["accept-language"] = language
        problem = problem_in(await send_file(alice, data, name))
        assert (problem["status"], problem["code"], problem["param"]) == (status, code, "file")
    assert kept_in(tmp_path) == []
    assert list((tmp_path / "data/files/coming").iterdir()) == []


async def test_a_file_is_counted_while_it_comes(open_house: Any, visit: Any) -> None:
    """Whatever is declared: the stream ends where the limit is."""
    alice = visit(await open_house(Silent, files={"max_bytes": 100_000}))
    announced = await alice.ask("attachments.create", name="a.txt", size=10, mime_type="text/plain")
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 10_000_000:
            sent += 10_000
            yield b"x" * 10_000

    response = await alice.http.put(announced["upload_descriptor"]["url"], content=endless())
    assert problem_in(response)["code"] == "file_too_large"
    declared = await alice.problem("attachments.create", name="a", size=100_001, mime_type="text/plain")
    assert declared["code"] == "file_too_large"


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("application/json", b"{}"),
        ("multipart/form-data", b""),
        ("multipart/form-data; boundary=x", b"nothing of the kind"),
        ("multipart/form-data; boundary=x", b'%bname="other"\r\n\r\n1\r\n--x--' % FIELD),
        ("multipart/form-data; boundary=x", b'%bname="file"; filename="a"\r\n\r\ncut' % FIELD),
        ("multipart/form-data; boundary=x", b'%bname="a"\r\n\r\n' % FIELD + b"x" * 100_000),
        ("multipart/form-data; boundary=x", b'%bfilename="' % FIELD + b"n" * 9000),
    ],
)  # fmt: skip
async def test_a_body_that_is_no_upload(open_house: Any, visit: Any, tmp_path: Path, kind: str, body: bytes) -> None:
    alice = visit(await open_house(Silent))
    response = await alice.http.post("/chatkit/files", content=body, headers={"content-type": kind})
    assert problem_in(response).items() >= {"status": 400, "code": "invalid_request", "param": "file"}.items()
    assert kept_in(tmp_path) == []


async def test_a_hostile_name_reaches_no_path_and_no_header(open_house: Any, visit: Any, tmp_path: Path) -> None:
    alice = visit(await open_house(Silent))
    attachment = await attach(alice, PNG, '../../../"\u202egnp.exe\r\nX-Evil: 1', "text/html")
    assert attachment["name"].endswith(".png")
    assert not set(attachment["name"]) & set('/\\"\r\n\u202e')
    response = await alice.http.get(f"/chatkit/files/{attachment['id']}")
    assert "x-evil" not in response.headers
    assert set(next(os.walk(tmp_path))[1]) == {"data"}


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<html><script>alert(1)</script>", "page.html"),
        (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "picture.svg"),
        (samples.pdf("Hello"), "paper.pdf"),
        (samples.page_in_a_picture(), "page.html"),
    ],
)
async def test_nothing_in_a_file_can_run(open_house: Any, visit: Any, data: bytes, name: str) -> None:
    alice = visit(await open_house(Silent))
    attachment = await attach(alice, data, name, "text/html")
    response = await alice.http.get(f"/chatkit/files/{attachment['id']}", headers={"accept": "text/html"})
    assert response.content == data
    assert response.headers["content-security-policy"] == "sandbox; default-src 'none'"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["cross-origin-resource-policy"] == "same-origin"
    if data.startswith(b"GIF"):
        assert response.headers["content-type"] == "image/gif"
    else:
        assert response.headers["content-type"] == "application/octet-stream"
        assert response.headers["content-disposition"].startswith("attachment;")


async def test_parts_of_a_file(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Silent))
    attachment = await attach(alice, b"0123456789", "digits.txt")
    where = f"/chatkit/files/{attachment['id']}"

    async def part(wanted: str) -> tuple[int, bytes, str | None]:
        response = await alice.http.get(where, headers={"range": wanted})
        return response.status_code, response.content, response.headers.get("content-range")

    assert await part("bytes=2-4") == (206, b"234", "bytes 2-4/10")
    assert await part("bytes=7-") == (206, b"789", "bytes 7-9/10")
    assert await part("bytes=-3") == (206, b"789", "bytes 7-9/10")
    assert await part("bytes=5-99") == (206, b"56789", "bytes 5-9/10")
    assert (await part("bytes=10-"))[0] == 416
    for ignored in ("bytes=1-2,4-5", "bytes=-", "lines=1-2", "bytes=" + "9" * 40 + "-"):
        assert (await part(ignored))[:2] == (200, b"0123456789")
    head = await alice.http.head(where)
    assert (head.headers["content-length"], head.content) == ("10", b"")
    known = await alice.http.get(where, headers={"if-none-match": head.headers["etag"]})
    assert known.status_code == 304


async def test_files_go_with_their_thread_and_when_they_are_removed(
    open_house: Any, visit: Any, tmp_path: Path
) -> None:
    alice = visit(await open_house(Silent))
    sent, removed, kept = await attach(alice), await attach(alice), await attach(alice)
    events = await alice.say("Look", attachments=[sent["id"]])
    await alice.ask("attachments.delete", attachment_id=removed["id"])
    assert kept_in(tmp_path) == sorted([sent["id"], kept["id"]])
    await alice.ask("threads.delete", thread_id=events[0]["thread"]["id"])
    assert kept_in(tmp_path) == [kept["id"]]
    assert (await alice.http.get(f"/chatkit/files/{sent['id']}")).status_code == 404


async def test_what_was_never_sent_and_what_is_nobodys_is_collected(
    open_house: Any, visit: Any, tmp_path: Path
) -> None:
    house = await open_house(Silent, files={"unsent_hours": 1e-9})
    alice = visit(house)
    sent = await attach(alice)
    await alice.say("Look", attachments=[sent["id"]])
    unsent = await attach(alice)
    nobodys = tmp_path / "data/files/kept/00/atc_00000000000000000000000000000000"
    nobodys.mkdir(parents=True)
    (nobodys / "original").write_bytes(b"left by a crash")
    await asyncio.sleep(0.002)  # ids count milliseconds
    files = house._house.services.files
    assert files is not None
    assert await files.collect() == 2
    assert kept_in(tmp_path) == [sent["id"]]
    assert (await alice.http.get(f"/chatkit/files/{unsent['id']}")).status_code == 404


async def test_limits_on_how_many(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Silent, files={"max_count": 1, "max_unsent": 2}))
    ids = [(await attach(alice))["id"] for _ in range(2)]
    problem = problem_in(await send_file(alice))
    assert problem.items() >= {"code": "too_many_files", "status": 400}.items()
    assert (await alice.problem("attachments.create", name="a", size=1, mime_type=""))["code"] == "too_many_files"
    both = {"content": [], "attachments": ids, "inference_options": {}}
    assert (await alice.problem("threads.create", input=both))["code"] == "too_many_files"
    await alice.say("One", attachments=ids[:1])
    await attach(alice)


async def test_a_file_stays_in_its_thread(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Silent))
    attachment = await attach(alice)
    events = await alice.say("Look", attachments=[attachment["id"]])
    await alice.say("Again", events[0]["thread"]["id"], attachments=[attachment["id"]])
    stolen = {"content": [], "attachments": [attachment["id"]], "inference_options": {}}
    assert (await alice.problem("threads.create", input=stolen))["param"] == "input.attachments"


async def test_a_full_disk_takes_no_files(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Silent, files={"keep_free_bytes": 2**60}))
    assert problem_in(await send_file(alice)).items() >= {"status": 503, "code": "files_unavailable"}.items()


async def test_switched_off(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Silent, files={"enabled": False}))
    assert problem_in(await send_file(alice)).items() >= {"status": 501, "code": "operation_not_supported"}.items()


async def test_pages_of_other_sites_may_not_send_files(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Silent), origin="https://evil.test")
    assert problem_in(await send_file(alice))["code"] == "origin_not_allowed"


async def test_addresses_are_those_of_the_page(open_house: Any, visit: Any) -> None:
    """Behind a proxy that ends TLS, and where Teahouse is mounted."""
    from starlette.applications import Starlette
    from starlette.routing import Mount

    house: Teahouse = await open_house(Silent)
    mounted = Starlette(routes=[Mount("/chat", house.app)])
    alice = visit(mounted, prefix="/chat", origin="https://chat.test")
    attachment = await attach(alice)
    assert re.match(r"https://chat\.test/chat/chatkit/files/atc_\w+/preview\?ticket=", attachment["preview_url"])
    assert (
        await alice.http.get(urlsplit(attachment["preview_url"])._replace(scheme="http").geturl())
    ).status_code == 200
