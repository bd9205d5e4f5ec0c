"""The element's methods."""

from __future__ import annotations

from playwright.sync_api import expect

from .chat import Chat
from .scripted import Script, pause, say


def failure(chat: Chat, call: str) -> str:
    """The name of the error that a call rejects with."""
    return chat.element.evaluate(f"chat => chat.{call}.then(() => 'nothing', ({{ name }}) => name)")


def test_a_message_of_the_page_is_sent_as_the_persons_own(chat: Chat) -> None:
    chat.embed()
    chat.call("sendUserMessage", {"text": "From the page"})
    expect(chat.turns).to_contain_text("You said: From the page")


def test_a_message_can_begin_a_new_thread_and_quote(chat: Chat) -> None:
    chat.embed().converse("Old thread")
    chat.call("sendUserMessage", {"text": "New thread", "newThread": True, "reply": "what was said"})
    expect(chat.turns).to_have_count(1)
    expect(chat.turns.get_by_role("blockquote")).to_have_text("what was said")
    expect(chat.turns).to_contain_text("You said: New thread")


def test_what_is_sent_during_an_answer_is_refused_and_not_lost_in_silence(chat: Chat, script: Script) -> None:
    script.answers(say("Wait"), pause())
    turn = chat.embed().ask("First")
    expect(turn).to_contain_text("Wait")
    assert failure(chat, "sendUserMessage({ text: 'Second' })") == "BusyError"
    assert failure(chat, "fetchUpdates()") == "BusyError"
    script.go_on()


def test_the_composer_is_filled_and_focused_by_the_page(chat: Chat) -> None:
    chat.embed()
    chat.call("setComposerValue", {"text": "Half written"})
    expect(chat.composer).to_have_value("Half written")
    chat.call("focusComposer")
    expect(chat.composer).to_be_focused()


def test_the_history_is_opened_and_closed_by_the_page(chat: Chat) -> None:
    chat.embed()
    chat.call("showHistory")
    expect(chat.page.get_by_role("dialog", name="Chat history")).to_be_visible()
    chat.call("hideHistory")
    expect(chat.page.get_by_role("dialog")).to_have_count(0)


def test_an_action_of_the_page_reaches_the_server(chat: Chat, script: Script) -> None:
    chat.embed().converse("Hello")
    chat.call("sendCustomAction", {"type": "pour", "payload": {"cups": 2}})
    expect(chat.turns).to_contain_text("Action pour: {'cups': 2}")
    assert [(action.type, action.payload) for action in script.actions] == [("pour", {"cups": 2})]


def test_methods_wait_until_the_element_is_ready(chat: Chat) -> None:
    chat.embed(script="chat.sendUserMessage({ text: 'Early bird' });")
    expect(chat.turns).to_contain_text("You said: Early bird")


def test_a_thread_that_does_not_exist_is_refused(chat: Chat) -> None:
    chat.embed()
    chat.watch.allow("404")
    assert failure(chat, "setThreadId('thr_nowhere')") == "ApiError"
    chat.call("setThreadId", None)
    chat.converse("Anew")
