"""Earlier conversations: the list, long threads, reloads, and whose they are."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, expect

from .chat import REMEMBER_THREAD, Chat
from .conftest import Visit
from .scripted import Script, say, title

WITH_ALL = "{ ...base, history: { enabled: true, showDelete: true, showRename: true } }"


@pytest.fixture
def panel(chat: Chat) -> Locator:
    return chat.page.get_by_role("dialog", name="Chat history")


def entry(panel: Locator, name: str) -> Locator:
    return panel.get_by_role("listitem").filter(has=panel.page.get_by_role("button", name=name, exact=True))


def named(chat: Chat, script: Script, *titles: str) -> list[str]:
    """Threads of these titles, the last the newest."""
    threads = []
    for text in titles:
        script.answers(title(text), say(f"About {text}."))
        threads.append(chat.behind(text))
    return threads


def test_an_earlier_thread_is_opened_from_the_list(chat: Chat, script: Script, panel: Locator) -> None:
    chat.embed()
    named(chat, script, "Green tea", "Black tea")
    chat.button("Chat history").click()
    expect(panel.get_by_role("listitem")).to_have_count(2)
    expect(panel.get_by_role("listitem").first).to_contain_text("Black tea")
    entry(panel, "Green tea").get_by_role("button", name="Green tea").click()
    expect(panel).to_have_count(0)
    expect(chat.turns).to_contain_text("About Green tea.")
    expect(chat.page.get_by_role("heading", name="Green tea")).to_be_visible()
    expect(chat.composer).to_be_focused()


def test_a_thread_is_renamed_for_good(chat: Chat, script: Script, panel: Locator) -> None:
    chat.embed()
    chat.set_options(WITH_ALL)
    named(chat, script, "Green tea")
    chat.button("Chat history").click()
    entry(panel, "Green tea").hover()
    entry(panel, "Green tea").get_by_role("button", name="Rename").click()
    field = panel.get_by_role("textbox", name="New title")
    expect(field).to_be_focused()
    field.fill("绿茶 🍵")
    field.press("Enter")
    expect(entry(panel, "绿茶 🍵")).to_be_visible()
    expect(chat.page.get_by_role("status")).to_contain_text("Chat renamed.")
    chat.page.reload()
    chat.button("Chat history").click()
    expect(entry(panel, "绿茶 🍵")).to_be_visible()


def test_escape_leaves_a_title_as_it_was_and_then_closes_the_list(chat: Chat, script: Script, panel: Locator) -> None:
    chat.embed()
    chat.set_options(WITH_ALL)
    named(chat, script, "Green tea")
    chat.button("Chat history").click()
    entry(panel, "Green tea").hover()
    entry(panel, "Green tea").get_by_role("button", name="Rename").click()
    panel.get_by_role("textbox", name="New title").fill("Something else")
    chat.page.keyboard.press("Escape")
    expect(panel.get_by_role("button", name="Green tea")).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(panel).to_have_count(0)
    assert "threads.update" not in chat.watch.operations()


def test_a_thread_is_deleted_after_a_question_and_its_page_becomes_a_new_one(
    chat: Chat, script: Script, panel: Locator
) -> None:
    chat.embed()
    chat.set_options(WITH_ALL)
    script.answers(title("Green tea"), say("Steep it."))
    chat.converse("How?")
    chat.button("Chat history").click()
    entry(panel, "Green tea").hover()
    entry(panel, "Green tea").get_by_role("button", name="Delete").click()
    expect(panel.get_by_role("button", name="Cancel")).to_be_focused()
    panel.get_by_role("button", name="Delete").click()
    expect(panel).to_contain_text("Your chats will appear here.")
    expect(panel.get_by_role("button", name="Close the chat history")).to_be_focused()
    chat.page.keyboard.press("Escape")
    expect(chat.turns).to_have_count(0)
    expect(chat.page.get_by_role("heading", name="What can I help with today?")).to_be_visible()


def test_when_a_thread_goes_its_neighbour_has_the_focus(chat: Chat, script: Script, panel: Locator) -> None:
    chat.embed()
    chat.set_options(WITH_ALL)
    named(chat, script, "Green tea", "Black tea", "White tea")
    chat.button("Chat history").click()
    for gone, next_one in (("Black tea", "Green tea"), ("Green tea", "White tea")):
        entry(panel, gone).hover()
        entry(panel, gone).get_by_role("button", name="Delete").click()
        panel.get_by_role("group", name=gone).get_by_role("button", name="Delete").click()
        expect(panel.get_by_role("button", name=next_one)).to_be_focused()
        expect(entry(panel, gone)).to_have_count(0)


def test_what_the_options_do_not_show_is_not_there(chat: Chat, script: Script, panel: Locator) -> None:
    chat.embed()
    chat.set_options("{ ...base, history: { enabled: true, showDelete: false, showRename: false } }")
    named(chat, script, "Green tea")
    chat.button("Chat history").click()
    expect(entry(panel, "Green tea").get_by_role("button")).to_have_count(1)
    chat.button("Close the chat history").click()
    chat.set_options("{ ...base, history: { enabled: false } }")
    expect(chat.button("Chat history")).to_have_count(0)


def test_scrolling_down_the_list_reaches_the_oldest_of_sixty_threads(chat: Chat, panel: Locator) -> None:
    chat.embed()
    for number in range(60):
        chat.behind(f"Thread {number}")
    chat.button("Chat history").click()
    entries = panel.get_by_role("listitem")
    expect(entries).to_have_count(30)
    entries.last.scroll_into_view_if_needed()
    panel.locator("section").last.hover()
    while entries.count() < 60:
        seen = entries.count()
        chat.page.mouse.wheel(0, 10_000)
        expect(entries.nth(seen)).to_be_attached()
    assert chat.watch.operations().count("threads.list") == 2


def test_a_list_that_cannot_be_loaded_says_so_and_tries_again(chat: Chat, script: Script, panel: Locator) -> None:
    chat.embed()
    named(chat, script, "Green tea")
    chat.watch.allow("ERR_FAILED")
    chat.page.route("**/chatkit", lambda route: route.abort(), times=1)
    chat.button("Chat history").click()
    panel.get_by_role("alert").get_by_role("button", name="Try again").click()
    expect(entry(panel, "Green tea")).to_be_visible()


def test_a_long_thread_opens_at_its_end_and_scrolling_up_reaches_its_beginning(chat: Chat) -> None:
    chat.embed(script=REMEMBER_THREAD)
    thread = chat.behind("Question 0")
    for number in range(1, 30):
        chat.behind(f"Question {number}", thread)
    chat.call("setThreadId", thread)
    expect(chat.page.get_by_text("You said: Question 29")).to_be_in_viewport()
    loaded = chat.turns.count()
    assert loaded < 30

    scroller = chat.thread.locator("..")
    while chat.turns.count() < 30:
        before = chat.turns.count()
        # What is seen at the top stays where it is when earlier messages come before it.
        place = scroller.evaluate(
            """scroller => {
                scroller.scrollTop = 0;
                window.anchor = scroller.querySelector('article');
                return window.anchor.getBoundingClientRect().top;
            }"""
        )
        expect(chat.turns.nth(before)).to_be_attached()
        moved = chat.page.evaluate("before => window.anchor.getBoundingClientRect().top - before", place)
        # Only the line that said that more was coming may go.
        assert abs(moved) < 60
    expect(chat.turns.first).to_contain_text("You said: Question 0")
    texts = chat.turns.all_inner_texts()
    assert [f"Question {number}" in text for number, text in enumerate(texts)] == [True] * 30


def test_a_reload_shows_the_same_thread(chat: Chat) -> None:
    chat.embed(script=REMEMBER_THREAD).converse("Do not forget me")
    chat.page.reload()
    expect(chat.turns).to_contain_text("You said: Do not forget me")


def test_a_thread_that_is_gone_is_told_and_a_new_one_can_be_begun(chat: Chat) -> None:
    chat.watch.allow("404")
    chat.embed(script=REMEMBER_THREAD)
    chat.page.goto(chat.page.url.split("#")[0] + "#thr_00000000000000000000000000000000")
    chat.page.reload()
    expect(chat.page.get_by_role("alert")).to_be_visible()
    chat.button("New chat").click()
    chat.converse("Then anew")


def test_another_visitor_sees_nothing_of_it(chat: Chat, visit: Visit, house: str) -> None:
    chat.embed(script=REMEMBER_THREAD).converse("A secret")
    thread = chat.wait_for_event("thread.change")["threadId"]
    stranger = visit(house).embed()
    stranger.button("Chat history").click()
    expect(stranger.page.get_by_role("dialog")).to_contain_text("Your chats will appear here.")
    stranger.button("Close the chat history").click()
    stranger.watch.allow("404")
    refusal = stranger.element.evaluate("(chat, id) => chat.setThreadId(id).catch(({ code }) => code)", thread)
    assert refusal == "thread_not_found"
    expect(stranger.page.get_by_role("alert")).to_be_visible()
    expect(stranger.page.get_by_text("A secret")).to_have_count(0)


def test_two_tabs_of_one_visitor_share_their_threads(chat: Chat) -> None:
    chat.embed().converse("From the first tab")
    second = chat.new_page().embed()
    second.button("Chat history").click()
    expect(second.page.get_by_role("dialog").get_by_role("listitem")).to_have_count(1)


def test_updates_made_elsewhere_are_fetched_on_demand(chat: Chat) -> None:
    chat.embed().converse("One")
    chat.show("hidden")  # who is in sight looks on
    chat.behind("Two", chat.wait_for_event("thread.change")["threadId"])
    expect(chat.turns).to_have_count(1)
    chat.call("fetchUpdates")
    expect(chat.turns.nth(1)).to_contain_text("You said: Two")
