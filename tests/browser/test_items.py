"""What an answer may hold beside text."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from chatkit.types import (
    Annotation,
    CustomTask,
    DurationSummary,
    EntitySource,
    FileSource,
    FileTask,
    GeneratedImage,
    GeneratedImageItem,
    HiddenContextItem,
    ImageTask,
    LockedStatus,
    NoticeEvent,
    SearchTask,
    StructuredInputFreeform,
    StructuredInputItem,
    StructuredInputMultipleChoice,
    StructuredInputMultipleChoiceOption,
    ThoughtTask,
    ThreadItemDoneEvent,
    URLSource,
    WidgetItem,
    Workflow,
    WorkflowItem,
)
from chatkit.widgets import Card, Text
from playwright.sync_api import Route, expect

from teahouse.protocol import now

from .chat import REMEMBER_THREAD, Chat
from .scripted import Events, Script, Step, Turn, cite, say, send

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


PAGE = URLSource(title="Green tea", url="https://tea.example/green")
NOW = "2026-01-01T00:00:00+00:00"


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


def test_an_image_from_a_host_nobody_vouches_for_is_a_link(chat: Chat, script: Script) -> None:
    image = GeneratedImage(id="img", url="https://coffee.example/a.png")
    script.answers(item(GeneratedImageItem, "message", image=image), say("![a](https://coffee.example/b.png)"))
    turn = chat.embed().converse("Draw")
    expect(turn.get_by_role("link")).to_have_text(["Open the image coffee.example", "a"])
    expect(turn.get_by_role("img")).to_have_count(0)


def test_every_kind_of_task_is_shown_and_a_workflow_says_how_it_stands(chat: Chat, script: Script) -> None:
    steps = Workflow(
        type="custom",
        tasks=[
            CustomTask(title="Look into the cellar", icon="search", content="Behind the *door*"),
            SearchTask(title_query="Searching for tea", queries=["tea"], sources=[PAGE]),
            ThoughtTask(title="Compare", content="Green is lighter."),
            FileTask(sources=[FileSource(title="Teas", filename="teas.pdf")]),
            ImageTask(title="Draw a leaf"),
        ],
        expanded=True,
    )
    thought = Workflow(type="reasoning", tasks=[], summary=DurationSummary(duration=12))
    script.answers(item(WorkflowItem, "workflow", workflow=steps), item(WorkflowItem, "workflow", workflow=thought))
    turn = chat.embed().ask("Which?")
    expect(turn.get_by_text("Thought for 12 seconds")).to_be_visible()
    for text in ("Look into the cellar", "Behind the door", "Searching for tea", "Compare", "Teas", "Draw a leaf"):
        expect(turn.get_by_text(text, exact=True)).to_be_visible()
    expect(turn.get_by_role("link", name="Green tea")).to_have_attribute("href", "https://tea.example/green")
    turn.get_by_text("Steps", exact=True).click()
    expect(turn.get_by_text("Compare")).to_be_hidden()


def test_an_entity_among_the_sources_tells_the_page_when_it_is_chosen(chat: Chat, script: Script) -> None:
    tin = EntitySource(title="Tin 7", id="tin_7", label="Cellar", interactive=True, data={"shelf": 3})
    script.answers(say("In tin 7."), cite(Annotation(source=tin, index=9)))
    chat.embed(
        script="options.entities = { onClick: entity => { window.chosen = entity; } }; chat.setOptions(options);"
    )
    chat.converse("Where?").get_by_role("button", name="Tin 7").click()
    chosen = chat.page.evaluate("window.chosen")
    assert (chosen["id"], chosen["title"], chosen["data"]) == ("tin_7", "Tin 7", {"shelf": "3"})


def test_what_is_hidden_never_reaches_the_page(chat: Chat, script: Script) -> None:
    hidden = item(HiddenContextItem, "message", content="the house's secret")
    script.answers(send(NoticeEvent(level="info", message="**Soon**", title="Later")), hidden, say("Good day."))
    chat.embed(script=REMEMBER_THREAD)

    def tell(route: Route) -> None:
        # A server that does not know better, before ours has taken it out.
        secret = {"id": "h", "thread_id": "t", "created_at": NOW, "type": "hidden_context_item", "content": "secret"}
        response = route.fetch()
        frame = json.dumps({"type": "thread.item.done", "item": secret})
        route.fulfill(response=response, body=f"data: {frame}\n\n{response.text()}")

    chat.page.route("**/chatkit", tell, times=1)
    turn = chat.converse("Hello")
    expect(turn).to_contain_text("Good day.")
    assert "secret" not in chat.element.evaluate("chat => chat.shadowRoot.textContent")
    assert all("secret" not in str(event) for event in chat.events)


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


def test_a_form_of_the_assistant_takes_the_place_of_the_composer(chat: Chat, script: Script) -> None:
    script.answers(FORM)
    script.answers(say("Coming."))
    turn = chat.embed().ask("Tea, please")
    form = chat.page.get_by_role("form", name="The assistant asks")
    expect(form).to_be_focused()
    expect(chat.composer).to_have_count(0)
    form.get_by_role("radio", name="Green").check()
    form.get_by_role("textbox", name="Anything else?").fill("No sugar")
    form.get_by_role("button", name="Submit").click()
    expect(turn).to_contain_text("Coming.")
    expect(form).to_have_count(0)
    expect(turn.get_by_role("definition")).to_have_text(["Green", "No sugar"])
    expect(chat.composer).to_be_focused()


def test_a_form_that_could_not_be_sent_keeps_what_was_filled_in(chat: Chat, script: Script) -> None:
    script.answers(FORM)
    chat.embed().ask("Tea, please")
    form = chat.page.get_by_role("form", name="The assistant asks")
    form.get_by_role("textbox", name="Anything else?").fill("No sugar")
    chat.watch.allow("503")
    chat.page.route("**/chatkit", lambda route: route.fulfill(status=503), times=1)
    form.get_by_role("button", name="Submit").click()
    expect(chat.page.get_by_role("alert")).to_be_visible()
    expect(form.get_by_role("textbox", name="Anything else?")).to_have_value("No sugar")
    expect(form.get_by_role("button", name="Submit")).to_be_enabled()


def test_a_form_can_be_passed_over(chat: Chat, script: Script) -> None:
    script.answers(FORM)
    script.answers(say("As you like."))
    turn = chat.embed().ask("Tea, please")
    chat.button("Skip").click()
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
