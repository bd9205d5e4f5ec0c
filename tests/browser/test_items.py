"""What an answer may hold beside text."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from chatkit.types import (
    Annotation,
    FileSource,
    GeneratedImage,
    GeneratedImageItem,
    LockedStatus,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
    ThreadItemDoneEvent,
    URLSource,
    WidgetItem,
)
from chatkit.widgets import Card, Text
from playwright.sync_api import Route, expect

from teahouse.protocol import now

from .chat import Chat
from .scripted import Events, Script, Step, Turn, cite, say

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


def item(kind: type, prefix: Any, **fields: Any) -> Step:
    """A finished item of this kind."""

    async def step(turn: Turn) -> Events:
        made = kind(id=turn.new_id(prefix), thread_id=turn.thread.id, created_at=now(), **fields)
        yield ThreadItemDoneEvent(item=made)

    return step


def test_sources_are_numbered_in_the_text_and_listed_below(chat: Chat, script: Script) -> None:
    page = URLSource(title="Green tea", url="docs/tea#green", description="Steep it.", attribution="Handbook")
    file = FileSource(title="Teas", filename="teas.pdf")
    script.answers(
        say("Steep it."),
        cite(Annotation(source=page, index=9)),
        say(" Then wait."),
        cite(Annotation(source=file, index=20)),
        say(" Steep again."),
        cite(Annotation(source=page, index=33)),
    )
    turn = chat.embed().converse("How?")
    sources = turn.get_by_role("region", name="Sources")
    expect(sources.get_by_role("listitem")).to_have_text([r"1 Green tea Handbook", r"2 Teas teas.pdf"])
    expect(sources.get_by_role("link")).to_have_count(1)
    marks = turn.get_by_role("superscript")
    expect(marks).to_have_text(["1", "2", "1"])


def test_a_generated_image_is_shown(chat: Chat, script: Script) -> None:
    url = "data:image/png;base64," + base64.b64encode(PIXEL).decode()
    script.answers(item(GeneratedImageItem, "message", image=GeneratedImage(id="img_1", url=url)), say("Here."))
    turn = chat.embed().converse("Draw")
    image = turn.get_by_role("img", name="Generated image")
    assert image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1


def test_a_card_is_shown_as_its_text(chat: Chat, script: Script) -> None:
    card = Card(children=[Text(value="Longjing, 50 g"), Text(value="In stock")])
    script.answers(item(WidgetItem, "message", widget=card), say("That is it."))
    turn = chat.embed().converse("Which?")
    shown = turn.get_by_role("region", name="Card")
    expect(shown).to_contain_text("Longjing, 50 g")
    expect(shown).to_contain_text("In stock")


FORM = item(
    StructuredInputItem,
    "message",
    inputs=[
        StructuredInputMultipleChoice(
            id="tea",
            question="Which tea?",
            options=[
                StructuredInputMultipleChoiceOption(value="Green"),
                StructuredInputMultipleChoiceOption(value="Black"),
            ],
        ),
        StructuredInputFreeform(id="note", question="Anything else?"),
    ],
)


def test_a_form_of_the_assistant_is_answered_in_place(chat: Chat, script: Script) -> None:
    script.answers(FORM)
    script.answers(say("Coming."))
    turn = chat.embed().ask("Tea, please")
    turn.get_by_role("radio", name="Green").check()
    turn.get_by_role("textbox", name="Anything else?").fill("No sugar")
    turn.get_by_role("button", name="Submit").click()
    expect(turn).to_contain_text("Coming.")
    expect(turn.get_by_role("radio")).to_have_count(0)
    expect(turn.get_by_role("definition")).to_have_text(["Green", "No sugar"])


def test_a_form_can_be_passed_over(chat: Chat, script: Script) -> None:
    script.answers(FORM)
    script.answers(say("As you like."))
    turn = chat.embed().ask("Tea, please")
    turn.get_by_role("button", name="Skip").click()
    expect(turn).to_contain_text("As you like.")
    expect(turn.get_by_role("definition")).to_have_text(["Skipped", "Skipped"])


def test_a_locked_thread_says_why_and_takes_nothing(chat: Chat, script: Script) -> None:
    async def lock(turn: Turn) -> Events:
        turn.thread.status = LockedStatus(reason="A person takes over.")
        return
        yield  # makes this a generator

    script.answers(say("One moment."), lock)
    chat.embed().converse("I want a person")
    expect(chat.composer).to_be_disabled()
    expect(chat.page.get_by_text("A person takes over.")).to_be_visible()
    refusal = chat.element.evaluate("chat => chat.sendUserMessage({ text: 'x' }).catch(({ name }) => name)")
    assert refusal == "ThreadClosedError"
    chat.button("New chat").click()
    expect(chat.composer).to_be_enabled()


@pytest.mark.parametrize(
    ("frame", "name"),
    [
        ('{"type":"thread.item.sung","song":"la"}', "event.unknown"),
        ("not json at all", "stream.unreadable"),
    ],
)
def test_what_a_newer_server_sends_is_logged_and_passed_over(chat: Chat, script: Script, frame: str, name: str) -> None:
    chat.embed()

    def add_frame(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=f"data: {frame}\n\n{response.text()}")

    chat.page.route("**/chatkit", add_frame, times=1)
    chat.converse("Hello")
    assert chat.wait_for_event("log")["name"] == name
