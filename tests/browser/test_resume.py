"""Answers outlive the connection: a reload, a second tab, a lost network, and what the reader is told of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any
from urllib.parse import urljoin

import pytest
from chatkit.server import StreamingResult
from fastapi import FastAPI, Request
from fastapi.responses import Response as Answer
from fastapi.responses import StreamingResponse
from playwright.sync_api import Locator, Page, Route, expect

from contract.memory import MemoryStore
from teahouse import Settings, Teahouse

from .chat import REMEMBER_THREAD, Chat
from .conftest import Visit
from .houses import served
from .scripted import Script, ScriptedServer, call_tool, pause, repeat_tool_result, say

WATCH = re.compile(r"/chatkit/runs/thr_\w+(\?|$)")
OFFLINE = "ERR_INTERNET_DISCONNECTED|ERR_FAILED|ERR_NETWORK_CHANGED"
LOST = "Connection lost. Reconnecting…"

COUNT_WATCHES = """
    window.watches = 0;
    const { fetch: ask } = window;
    window.fetch = async (url, init) => {
        const isWatch = String(url).includes('/runs/') && init?.method !== 'POST';
        if (isWatch) {
            watches += 1;
            init.signal.addEventListener('abort', () => { watches -= 1; });
        }
        return ask(url, init);
    };
"""
"""A script that counts the streams in which the page looks on."""


def remembering(chat: Chat) -> Chat:
    """The chat on a page that shows the same thread after a reload."""
    return chat.embed(script=REMEMBER_THREAD)


def open_thread(chat: Chat, thread: str) -> Chat:
    """The chat on a page that begins with a thread."""
    return chat.embed(script=f"chat.setOptions({{ ...options, initialThread: '{thread}' }});")


def thread_of(chat: Chat) -> str:
    return chat.wait_for_event("thread.change")["threadId"]


def lost(chat: Chat) -> Locator:
    return chat.page.get_by_text(LOST)


def waits(chat: Chat, words: str = "Waiting to be sent") -> Locator:
    """What stands below a message that waits; the same is announced elsewhere."""
    return chat.page.get_by_role("paragraph").filter(has_text=words)


def looks_on(page: Page) -> AbstractContextManager[Any]:
    """Expects the page to look on in its thread within the block."""
    return page.expect_response(lambda response: WATCH.search(response.url) is not None)


def test_a_reload_in_the_middle_of_an_answer_shows_its_text_and_goes_on(chat: Chat, script: Script) -> None:
    script.answers(say("Once upon a time"), pause(), say(" there was tea."))
    turn = remembering(chat).ask("Tell me")
    expect(turn).to_contain_text("Once upon a time")
    chat.page.reload()
    expect(chat.turns).to_contain_text("Once upon a time")
    expect(chat.button("Stop")).to_be_visible()
    script.go_on()
    expect(chat.button("Send")).to_be_visible()
    expect(chat.turns).to_contain_text("Once upon a time there was tea.")
    expect(chat.turns).to_have_count(1)
    expect(chat.page.get_by_text("Tell me", exact=True)).to_have_count(1)
    names = [name for name, _ in chat.events]
    assert names.count("response.start") == names.count("response.end") == 1


def test_two_tabs_write_the_same_at_once(chat: Chat, script: Script) -> None:
    script.answers(say("Once upon a time"), pause(), say(" there was tea."))
    turn = chat.embed().ask("Tell me")
    expect(turn).to_contain_text("Once upon a time")
    tab = open_thread(chat.new_page(), thread_of(chat))
    expect(tab.turns).to_contain_text("Once upon a time")
    script.go_on()
    for one in (chat, tab):
        expect(one.turns).to_contain_text("Once upon a time there was tea.")
        one.finished(one.turns)


def test_a_message_sent_in_one_tab_appears_in_the_other_and_its_retry_too(chat: Chat, script: Script) -> None:
    chat.embed()
    chat.set_options("{ ...base, threadItemActions: { retry: true } }")
    with looks_on(chat.page):
        chat.converse("Hello")
    tab = chat.new_page()
    with looks_on(tab.page):
        open_thread(tab, thread_of(chat))
    chat.converse("How are you?")
    expect(tab.turns).to_have_count(2)
    expect(tab.turns.last).to_contain_text("You said: How are you?")
    script.answers(say("Better."))
    chat.turns.last.get_by_role("button", name="Try again").click()
    expect(tab.turns.last).to_contain_text("Better.")
    expect(tab.turns.last).not_to_contain_text("You said: How are you?")
    with looks_on(tab.page):
        tab.converse("Good.")
    expect(chat.turns).to_have_count(3)
    chat.finished(chat.turns.last)


def test_stopping_in_one_tab_ends_both_and_stays(chat: Chat, script: Script) -> None:
    script.answers(say("This much was said"), pause(), say(" and this never."))
    turn = remembering(chat).ask("Tell me")
    expect(turn).to_contain_text("This much was said")
    tab = open_thread(chat.new_page(), thread_of(chat))
    expect(tab.turns).to_contain_text("This much was said")
    tab.button("Stop").click()
    for one in (tab, chat):
        expect(one.button("Send")).to_be_visible()
        one.finished(one.turns)
    chat.page.reload()
    expect(chat.turns).to_contain_text("This much was said")
    expect(chat.turns).not_to_contain_text("and this never")
    expect(chat.button("Send")).to_be_visible()
    expect(chat.page.get_by_role("alert")).to_have_count(0)


def test_after_a_stop_one_can_say_something_at_once(chat: Chat, script: Script) -> None:
    script.answers(say("Far too"), pause(), say(" long."))
    turn = chat.embed().ask("Tell me")
    expect(turn).to_contain_text("Far too")
    chat.button("Stop").click()
    expect(chat.converse("Shorter")).to_contain_text("You said: Shorter")


def test_a_lost_network_loses_and_doubles_nothing(chat: Chat, script: Script) -> None:
    script.answers(say("One, two"), pause(), say(", three"), pause(), say(", four."))
    chat.watch.allow(OFFLINE)
    turn = chat.embed().ask("Count")
    expect(turn).to_contain_text("One, two")
    chat.page.context.set_offline(True)
    expect(lost(chat)).to_be_visible()
    script.go_on()
    chat.page.context.set_offline(False)
    expect(turn).to_contain_text("One, two, three")
    expect(lost(chat)).to_have_count(0)
    script.go_on()
    chat.finished(turn)
    expect(turn).to_contain_text("One, two, three, four.")
    expect(chat.turns).to_have_count(1)
    expect(chat.page.get_by_role("alert")).to_have_count(0)


def test_stopping_without_a_network_stops_when_it_is_back(chat: Chat, script: Script) -> None:
    script.answers(say("This much was said"), pause(), say(" and this never."))
    chat.watch.allow(OFFLINE)
    turn = chat.embed().ask("Tell me")
    expect(turn).to_contain_text("This much was said")
    chat.page.context.set_offline(True)
    chat.button("Stop").click()
    expect(chat.button("Send")).to_be_visible()
    with chat.page.expect_response(lambda response: response.url.endswith("/stop")) as stopped:
        chat.page.context.set_offline(False)
    assert stopped.value.json()["run"]
    expect(chat.button("Send")).to_be_visible()
    expect(turn).to_contain_text("This much was said")
    chat.converse("Go on")


def test_an_answer_that_ended_without_a_network_is_there_afterwards(chat: Chat, script: Script) -> None:
    script.answers(say("One, two"), pause(), say(", three."))
    chat.watch.allow(OFFLINE)
    turn = chat.embed().ask("Count")
    expect(turn).to_contain_text("One, two")
    chat.page.context.set_offline(True)
    expect(lost(chat)).to_be_visible()
    script.go_on()
    chat.page.context.set_offline(False)
    chat.finished(turn)
    expect(turn).to_contain_text("One, two, three.")
    expect(lost(chat)).to_have_count(0)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN"])
def test_a_message_sent_without_a_network_waits_and_is_sent_once(visit: Visit, house: str, locale: str) -> None:
    chat = visit(house, locale=locale).embed()
    waiting, composer = {"en-US": ("Waiting to be sent", "Message"), "zh-CN": ("等待发送", "消息")}[locale]
    chat.page.context.set_offline(True)
    text = chat.page.get_by_role("textbox", name=composer, exact=True)
    text.fill("Precious words")
    text.press("Enter")
    expect(waits(chat, waiting)).to_be_in_viewport()
    expect(text).to_have_value("")
    chat.page.context.set_offline(False)
    expect(chat.turns).to_contain_text("You said: Precious words")
    expect(waits(chat, waiting)).to_have_count(0)
    expect(chat.turns).to_have_count(1)
    assert chat.watch.operations().count("threads.create") == 1


def test_a_message_that_waits_can_be_taken_back(chat: Chat) -> None:
    chat.embed().page.context.set_offline(True)
    chat.composer.fill("Never mind")
    chat.composer.press("Enter")
    chat.button("Cancel").click()
    expect(chat.composer).to_have_value("Never mind")
    chat.page.context.set_offline(False)
    assert "threads.create" not in chat.watch.operations()


def test_a_message_whose_connection_broke_before_a_word_came_back_is_sent_if_it_had_not_arrived(chat: Chat) -> None:
    chat.watch.allow(OFFLINE)
    chat.embed().converse("Hello")
    chat.page.route("**/chatkit", lambda route: route.abort(), times=1)
    turn = chat.converse("Are you there?")
    expect(turn).to_contain_text("You said: Are you there?")
    expect(chat.turns).to_have_count(2)


def test_a_message_whose_connection_broke_before_a_word_came_back_is_not_sent_twice(chat: Chat) -> None:
    chat.watch.allow(OFFLINE)
    chat.embed().converse("Hello")

    def swallow_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    chat.page.route("**/chatkit", swallow_the_answer, times=1)
    turn = chat.converse("Are you there?")
    expect(turn).to_contain_text("You said: Are you there?")
    expect(chat.turns).to_have_count(2)
    assert chat.watch.operations().count("threads.add_user_message") == 1


def test_a_first_message_whose_answer_was_lost_is_stored_once(chat: Chat) -> None:
    chat.watch.allow(OFFLINE)

    def swallow_the_answer(route: Route) -> None:
        route.fetch()
        route.abort()

    chat.embed().page.route("**/chatkit", swallow_the_answer, times=1)
    chat.composer.fill("Are you there?")
    chat.composer.press("Enter")
    chat.button("Try again").click()
    expect(chat.turns).to_contain_text("You said: Are you there?")
    expect(chat.button("Send")).to_be_visible()
    assert chat.watch.operations().count("threads.create") == 2
    listed = chat.page.request.post(urljoin(chat.base, "chatkit"), data={"type": "threads.list", "params": {}})
    assert len(listed.json()["data"]) == 1


def test_a_page_out_of_sight_does_not_look_on_and_catches_up_when_it_is_back(chat: Chat) -> None:
    chat.embed(script=COUNT_WATCHES).converse("Hello")
    chat.page.wait_for_function("watches === 1")
    chat.show("hidden")
    chat.page.wait_for_function("watches === 0")
    chat.behind("Meanwhile", thread_of(chat))
    expect(chat.turns).to_have_count(1)
    chat.show("visible")
    expect(chat.turns).to_have_count(2)
    expect(chat.turns.last).to_contain_text("You said: Meanwhile")
    chat.page.wait_for_function("watches === 1")


def test_a_message_waits_while_another_tab_has_the_word(chat: Chat, script: Script) -> None:
    chat.watch.allow("409|ERR_FAILED")
    chat.embed().converse("Hello")
    tab = chat.new_page()
    tab.page.route(WATCH, lambda route: route.abort())
    open_thread(tab, thread_of(chat))
    expect(tab.turns).to_have_count(1)
    script.answers(say("A long"), pause(), say(" story."))
    turn = chat.ask("Tell me")
    expect(turn).to_contain_text("A long")
    tab.composer.fill("Me, too")
    tab.composer.press("Enter")
    expect(waits(tab)).to_be_visible()
    tab.page.unroute(WATCH)
    tab.page.evaluate("dispatchEvent(new Event('online'))")
    expect(tab.turns.last).to_contain_text("A long")
    script.go_on()
    expect(tab.turns.last).to_contain_text("You said: Me, too")
    expect(waits(tab)).to_have_count(0)
    expect(chat.turns.last).to_contain_text("You said: Me, too")
    for one in (chat, tab):
        expect(one.turns).to_have_count(3)


def test_tools_of_the_page_are_run_also_after_the_connection_broke(chat: Chat, script: Script) -> None:
    script.answers(say("One moment."), pause(), call_tool("look_up", tea="Longjing"))
    script.answers(repeat_tool_result())
    chat.watch.allow(OFFLINE)
    chat.embed(
        script="chat.setOptions({ ...options, onClientTool: async ({ name, params }) => ({ [name]: params.tea }) });"
    )
    turn = chat.ask("Do we have it?")
    expect(turn).to_contain_text("One moment.")
    chat.page.context.set_offline(True)
    expect(lost(chat)).to_be_visible()
    chat.page.context.set_offline(False)
    expect(lost(chat)).to_have_count(0)
    script.go_on()
    expect(turn).to_contain_text("The page says {'look_up': 'Longjing'}.")
    assert chat.watch.operations().count("threads.add_client_tool_output") == 1


def test_an_answer_that_a_proxy_cuts_off_is_read_to_its_end(chat: Chat, script: Script) -> None:
    script.answers(say("The beginning of a long story."))
    chat.embed()

    def cut(route: Route) -> None:
        response = route.fetch()
        frames = response.text().split("\n\n")
        first = next(n for n, frame in enumerate(frames) if "text_delta" in frame)
        route.fulfill(response=response, body="\n\n".join(frames[:first]) + "\n\n")

    chat.page.route("**/chatkit", cut, times=1)
    turn = chat.converse("Tell me a story")
    expect(turn).to_contain_text("The beginning of a long story.")
    expect(chat.page.get_by_role("alert")).to_have_count(0)


def test_leaving_a_thread_does_not_end_its_answer(chat: Chat, script: Script) -> None:
    script.answers(say("Once upon"), pause(), say(" a time."))
    turn = chat.embed().ask("Tell me")
    expect(turn).to_contain_text("Once upon")
    thread = thread_of(chat)
    chat.call("setThreadId", None)
    expect(chat.button("Send")).to_be_visible()
    chat.call("setThreadId", thread)
    expect(chat.turns).to_contain_text("Once upon")
    script.go_on()
    chat.finished(chat.turns)
    expect(chat.turns).to_contain_text("Once upon a time.")


@pytest.fixture(scope="module")
def reference(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """openai-chatkit behind FastAPI, as its quickstart has it; the element's files come from a Teahouse beside it."""
    app = FastAPI()
    server = ScriptedServer(MemoryStore())

    @app.post("/chatkit")
    async def chatkit(request: Request) -> Answer:
        result = await server.process(await request.body(), {})
        if isinstance(result, StreamingResult):
            return StreamingResponse(result, media_type="text/event-stream")
        return Answer(result.json, media_type="application/json")

    app.mount("/", Teahouse(server=ScriptedServer, settings=Settings(data=tmp_path_factory.mktemp("beside"))).app)
    with served(app) as url:
        yield f"{url}/"


def test_at_other_servers_leaving_is_still_what_stops(visit: Visit, reference: str, script: Script) -> None:
    script.answers(say("This much was said"), pause(), say(" and this never."))
    chat = remembering(visit(reference))
    turn = chat.ask("Tell me")
    expect(turn).to_contain_text("This much was said")
    chat.button("Stop").click()
    chat.finished(turn)
    chat.page.reload()
    expect(chat.turns).to_contain_text("This much was said")
    expect(chat.turns).not_to_contain_text("and this never")
    chat.converse("Go on")
    assert not [path for path in chat.watch.paths() if "/runs/" in path]


def test_at_other_servers_a_connection_that_breaks_off_is_told(visit: Visit, reference: str, script: Script) -> None:
    script.answers(say("The beginning of a long story."))
    chat = visit(reference).embed()

    def cut(route: Route) -> None:
        response = route.fetch()
        frames = response.text().split("\n\n")
        half = next(n for n, frame in enumerate(frames) if "long" in frame)
        route.fulfill(response=response, body="\n\n".join(frames[:half]) + "\n\n")

    chat.page.route("**/chatkit", cut, times=1)
    turn = chat.ask("Tell me a story")
    expect(chat.page.get_by_role("alert")).to_be_visible()
    expect(turn).to_contain_text("The beginning of a")
    chat.page.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(turn).to_contain_text("You said: Tell me a story")
