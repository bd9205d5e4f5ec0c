"""What a model is shown of attached files, over HTTP from the browser to the provider."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from agents import Agent

from files import samples
from house import Browser, Json
from openai_provider import Provider, Says, provider

RESPONSES = {"api": "responses"}
CHAT = {"api": "chat_completions"}


@pytest.fixture
def agent() -> Agent[Any]:
    return Agent(name="Reader", instructions="Read.")


async def attach(browser: Browser, data: bytes, name: str) -> str:
    response = await browser.http.post("/chatkit/files", files={"file": (name, data)})
    assert response.status_code == 200, response.text
    return str(response.json()["id"])


def parts(there: Provider, turn: int = -1) -> list[Json]:
    """What the model was shown of people's messages."""
    body = there.asked[turn]
    messages = [entry for entry in body.get("input") or body["messages"] if entry.get("role") == "user"]
    found: list[Json] = []
    for entry in messages:
        content = entry["content"]
        found += content if isinstance(content, list) else [{"type": "text", "text": content}]
    return found


def data_of(url: str) -> bytes:
    return base64.b64decode(url.partition(",")[2])


def model(there: Provider, **settings: Any) -> Json:
    return {"name": "tea-1", "base_url": there.url, "api_key": "k"} | settings


async def test_pictures_and_pdf_as_they_are(open_house: Any, visit: Any, agent: Any) -> None:
    picture, paper = samples.picture(), samples.pdf("Hello")
    async with provider(Says("I see.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there, **RESPONSES)))
        ids = [await attach(browser, picture, "a.png"), await attach(browser, paper, "b.pdf")]
        await browser.say("What is it?", attachments=ids)
    words, image, document = (p for p in parts(there) if p["type"] != "input_text" or "What" in p["text"])
    assert words["text"] == "What is it?"
    assert image["image_url"].startswith("data:image/png;")
    assert data_of(image["image_url"]) == picture
    assert document.items() >= {"type": "input_file", "filename": "b.pdf"}.items()
    assert data_of(document["file_data"]) == paper


async def test_a_large_picture_is_made_smaller_for_the_model(open_house: Any, visit: Any, agent: Any) -> None:
    async with provider(Says("I see.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there, attachments="images", **CHAT)))
        await browser.say("?", attachments=[await attach(browser, samples.picture(size=(4000, 3000)), "a.png")])
    (image,) = (part for part in parts(there) if part["type"] == "image_url")
    assert image["image_url"]["url"].startswith("data:image/webp;")


async def test_documents_as_text(open_house: Any, visit: Any, agent: Any) -> None:
    """Where the model takes no files, it gets the text of all, PDF too, and is told what it does not get."""
    files = {
        "a.docx": samples.word("Green tea 绿茶"),
        "b.xlsx": samples.excel(("Oolong", 12)),
        "c.csv": b"tea,price\nPu-erh,30\n",
        "d.html": b"<html><script>alert(1)</script><p>White tea",
        "e.pdf": samples.pdf("Yellow tea"),
        "f.png": samples.picture(),
    }
    async with provider(Says("I see.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there, **CHAT)))
        ids = [await attach(browser, data, name) for name, data in files.items()]
        events = await browser.say("What is it?", attachments=ids)
        await browser.say("And now?", events[0]["thread"]["id"])
    for turn in (0, 1):
        shown = [part["text"] for part in parts(there, turn)]
        text = "\n".join(shown)
        for words in ("Green tea 绿茶", "Oolong\t12", "Pu-erh,30", "White tea", "Yellow tea"):
            assert words in text
        assert "alert" not in text
        assert '<attachment name="a.docx"' in text
        assert 'the file "f.png" (image/png): you are not given pictures' in text


async def test_the_model_is_told_where_a_document_is_cut(open_house: Any, visit: Any, agent: Any) -> None:
    async with provider(Says("I see.")) as there:
        house = await open_house(agent=agent, model=model(there, **CHAT), files={"text_characters": 1000})
        browser = visit(house)
        await browser.say("?", attachments=[await attach(browser, b"word " * 1000, "a.txt")])
    (text,) = (part["text"] for part in parts(there) if "attachment" in part["text"])
    assert "[Cut here: only the first 999 characters of the file are shown. Say so.]" in text
    assert len(text) < 1200


async def test_a_file_that_is_gone_does_not_keep_the_question_from_being_answered(
    open_house: Any, visit: Any, agent: Any
) -> None:
    async with provider(Says("I see.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there, **CHAT)))
        attachment = await attach(browser, b"words", "a.txt")
        events = await browser.say("One", attachments=[attachment])
        await browser.ask("attachments.delete", attachment_id=attachment)
        await browser.say("Two", events[0]["thread"]["id"])
    assert any("it is not there" in part["text"] for part in parts(there))


async def test_a_conversation_is_named_after_its_file(open_house: Any, visit: Any, agent: Any) -> None:
    async with provider(Says("I see.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there, **CHAT)))
        events = await browser.say("", attachments=[await attach(browser, b"words", "notes.txt")])
    assert (await browser.ask("threads.get_by_id", thread_id=events[0]["thread"]["id"]))["title"] == "notes.txt"
