"""Files in the composer: chosen, pasted, dropped; sent, cancelled, tried again, refused; and in messages."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import FilePayload, Locator, Route, expect

from files import samples

from .chat import Chat
from .scripted import Script

PICTURE: FilePayload = {"name": "photo.png", "mimeType": "image/png", "buffer": samples.picture(size=(400, 300))}
TABLE: FilePayload = {"name": "stock.csv", "mimeType": "text/csv", "buffer": b"tea,price\nOolong,12\n"}

TAKE_FILES = """
    options.api.uploadStrategy = STRATEGY;
    options.composer = { attachments: { enabled: true, maxCount: 3, maxSize: 100_000, ...MORE } };
    chat.setOptions(options);
"""
DIRECT = "{ type: 'direct', uploadUrl: 'chatkit/files' }"
TWO_PHASE = "{ type: 'two_phase' }"

TRANSFER = """(root, [name, type, text, event]) => {
    const data = new DataTransfer();
    data.items.add(new File([text], name, { type }));
    const init = { bubbles: true, composed: true, cancelable: true };
    root.dispatchEvent(event === 'paste'
        ? new ClipboardEvent('paste', { ...init, clipboardData: data })
        : new DragEvent(event, { ...init, dataTransfer: data }));
}"""


def embed(chat: Chat, strategy: str = DIRECT, more: str = "{}") -> Chat:
    return chat.embed(script=TAKE_FILES.replace("STRATEGY", strategy).replace("MORE", more))


def choose(chat: Chat, *files: FilePayload) -> None:
    with chat.page.expect_file_chooser() as choosing:
        chat.button("Attach files").click()
    choosing.value.set_files(list(files))


def attached(chat: Chat) -> Locator:
    """The files in the composer."""
    return chat.page.locator("form.composer").get_by_role("list", name="Attached files").get_by_role("listitem")


def sent(turn: Locator) -> Locator:
    return turn.get_by_role("list", name="Attached files").get_by_role("listitem")


def ready(chat: Chat, *names: str) -> None:
    """Wait until these files, and no others, are uploaded."""
    expect(attached(chat)).to_have_count(len(names))
    expect(attached(chat).get_by_role("progressbar")).to_have_count(0)
    for name in names:
        expect(attached(chat).filter(has_text=name)).to_be_visible()


def test_files_are_chosen_sent_and_there_after_a_reload(chat: Chat) -> None:
    embed(chat)
    choose(chat, PICTURE, TABLE)
    ready(chat, "photo.png", "stock.csv")
    turn = chat.converse("Look at these")
    expect(attached(chat)).to_have_count(0)
    expect(sent(turn).get_by_role("img", name="Image: photo.png")).to_have_js_property("naturalWidth", 400)
    link = sent(turn).get_by_role("link", name="Open stock.csv")
    expect(link).to_contain_text("CSV")
    with chat.page.expect_download() as downloading:
        link.click()
    assert Path(downloading.value.path()).read_bytes() == TABLE["buffer"]


def test_a_picture_of_an_old_message_is_shown_and_opens_whole(chat: Chat) -> None:
    embed(chat)
    choose(chat, PICTURE)
    ready(chat, "photo.png")
    chat.converse("Look")
    thread = chat.wait_for_event("thread.change")["threadId"]
    chat.page.goto(f"{chat.base}?thread={thread}")
    picture = sent(chat.turns.first).get_by_role("img", name="Image: photo.png")
    expect(picture).to_have_js_property("complete", True)
    expect(picture).to_have_js_property("naturalWidth", 400)
    href = str(chat.turns.first.get_by_role("link").first.get_attribute("href"))
    response = chat.page.request.get(href)
    assert response.body() == PICTURE["buffer"]
    assert response.headers["content-security-policy"].startswith("sandbox")


def test_two_phases(chat: Chat) -> None:
    embed(chat, TWO_PHASE)
    choose(chat, TABLE)
    ready(chat, "stock.csv")
    assert "attachments.create" in chat.watch.operations()
    expect(sent(chat.converse("Look"))).to_contain_text("stock.csv")


def test_files_are_pasted_and_dropped(chat: Chat) -> None:
    embed(chat)
    chat.composer.evaluate(TRANSFER, ["pasted.txt", "text/plain", "one", "paste"])
    root = chat.page.get_by_role("region", name="Chat", exact=True)
    root.evaluate(TRANSFER, ["dropped.txt", "text/plain", "two", "dragenter"])
    expect(chat.page.get_by_text("Drop files to attach them")).to_be_visible()
    root.evaluate(TRANSFER, ["dropped.txt", "text/plain", "two", "drop"])
    expect(chat.page.get_by_text("Drop files to attach them")).to_have_count(0)
    ready(chat, "pasted.txt", "dropped.txt")
    chat.composer.fill("a text that was there")
    expect(chat.composer).to_have_value("a text that was there")


def test_limits_are_told_before_anything_is_sent(chat: Chat) -> None:
    embed(chat, more="{ accept: { 'image/*': ['.png'], 'text/csv': ['.csv'] } }")
    button = chat.button("Attach files")
    expect(button).to_have_accessible_description("Up to 3 files, 98 kB each. Accepted: .png, .csv.")
    empty = {**TABLE, "name": "empty.csv", "buffer": b""}
    large = {**TABLE, "name": "large.csv", "buffer": b"x" * 100_001}
    program = {"name": "setup.exe", "mimeType": "application/x-msdownload", "buffer": b"MZ"}
    choose(chat, empty, large, program)
    for name, reason in (
        ("empty.csv", "The file is empty"),
        ("large.csv", "Larger than 98 kB"),
        ("setup.exe", "This type is not accepted. Accepted: .png, .csv"),
    ):
        expect(attached(chat).filter(has_text=name).get_by_role("alert")).to_have_text(reason)
    chat.composer.fill("With them")
    chat.composer.press("Enter")
    expect(chat.composer).to_have_value("With them")
    for name in ("empty.csv", "large.csv", "setup.exe"):
        chat.button(f"Remove {name}").click()
    choose(chat, *[{**TABLE, "name": f"{n}.csv"} for n in range(5)])
    expect(chat.page.get_by_role("alert")).to_contain_text("At most 3 files fit into one message.")
    ready(chat, "0.csv", "1.csv", "2.csv")
    assert "threads.create" not in chat.watch.operations()


def test_a_message_waits_for_its_files(chat: Chat, script: Script) -> None:
    embed(chat)
    held: list[Route] = []
    chat.page.route("**/chatkit/files", lambda route: held.append(route))
    choose(chat, TABLE)
    chat.composer.fill("With a file")
    expect(attached(chat).get_by_role("progressbar", name="Uploading stock.csv")).to_be_visible()
    chat.composer.press("Enter")
    expect(chat.page.get_by_text("Sending as soon as the files are uploaded.").first).to_be_visible()
    expect(chat.turns).to_have_count(0)
    held[0].continue_()
    expect(sent(chat.turns.first)).to_contain_text("stock.csv")
    expect(chat.composer).to_have_value("")


def test_an_upload_that_fails_is_tried_again_or_taken_out(chat: Chat) -> None:
    embed(chat)
    chat.page.route("**/chatkit/files", lambda route: route.abort())
    choose(chat, TABLE)
    failed = attached(chat).filter(has_text="stock.csv")
    expect(failed.get_by_role("alert")).to_contain_text("could not be reached")
    assert chat.wait_for_event("error")["code"] == "network.unreachable"
    chat.page.unroute("**/chatkit/files")
    chat.button("Upload stock.csv again").click()
    ready(chat, "stock.csv")
    chat.button("Remove stock.csv").click()
    expect(attached(chat)).to_have_count(0)
    chat.watch.allow("net::ERR_FAILED")


def test_what_the_server_refuses_says_why(chat: Chat) -> None:
    embed(chat)
    choose(chat, {**PICTURE, "buffer": b"\x7fELF" + bytes(50)})
    expect(attached(chat).get_by_role("alert")).to_contain_text("Files like “photo.png” are not taken.")
    expect(chat.button("Upload photo.png again")).to_have_count(0)
    chat.watch.allow("415")


def test_a_file_that_is_taken_out_is_deleted_on_the_server(chat: Chat) -> None:
    embed(chat)
    choose(chat, TABLE)
    ready(chat, "stock.csv")
    with chat.page.expect_response(lambda response: "attachments.delete" in (response.request.post_data or "")) as gone:
        chat.button("Remove stock.csv").click()
    assert gone.value.ok
    expect(chat.composer).to_be_focused()


def test_the_page_gives_files_and_attachments(chat: Chat) -> None:
    embed(chat)
    chat.element.evaluate(
        """chat => chat.setComposerValue({
            text: 'From the page', files: [new File(['x,y'], 'page.csv', { type: 'text/csv' })],
        })"""
    )
    ready(chat, "page.csv")
    expect(chat.composer).to_have_value("From the page")
    attachment: Any = chat.element.evaluate(
        """async () => {
            const body = new FormData();
            body.append('file', new File(['z'], 'own.txt', { type: 'text/plain' }));
            return (await fetch('chatkit/files', { method: 'POST', body })).json();
        }"""
    )
    chat.call("sendUserMessage", {"attachments": [attachment]})
    expect(sent(chat.turns.first)).to_contain_text("own.txt")


def test_the_page_s_own_fetch_sends_files(chat: Chat) -> None:
    embed(chat, more="{}")
    chat.set_options(
        """{ ...base, api: { ...base.api, uploadStrategy: { type: 'direct', uploadUrl: 'chatkit/files' },
             fetch: (url, init) => { (window.asked ??= []).push(String(url)); return fetch(url, init); } },
             composer: { attachments: { enabled: true } } }"""
    )
    choose(chat, TABLE)
    ready(chat, "stock.csv")
    assert any(re.search("chatkit/files$", url) for url in chat.page.evaluate("window.asked"))


def test_the_page_at_the_root_takes_files(chat: Chat, guide: str, visit: Any) -> None:
    reader = visit(guide).open()
    choose(reader, TABLE)
    ready(reader, "stock.csv")
    turn = reader.converse("What is Teahouse?")
    expect(turn).to_contain_text("cannot read attached files")
