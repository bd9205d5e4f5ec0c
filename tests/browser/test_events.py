"""What the page hears while a person talks, and in what order."""

from __future__ import annotations

from chatkit.types import ClientEffectEvent
from playwright.sync_api import expect

from .chat import Chat
from .scripted import Script, fail, pause, say, send


def names(chat: Chat) -> list[str]:
    return [name for name, _ in chat.events]


def test_a_first_turn_tells_of_the_thread_then_of_the_answers_begin_and_end(chat: Chat) -> None:
    chat.embed()
    chat.converse("Hello")
    chat.wait_for_event("response.end")
    assert names(chat) == ["ready", "thread.change", "response.start", "response.end"]
    assert chat.events[1][1]["threadId"].startswith("thr_")


def test_the_response_starts_only_when_the_answer_does(chat: Chat, script: Script) -> None:
    script.answers(pause(), say("At last."))
    chat.embed()
    chat.ask("Hello")
    chat.wait_for_event("thread.change")
    assert "response.start" not in names(chat)
    script.go_on()
    chat.wait_for_event("response.end")
    assert names(chat)[-2:] == ["response.start", "response.end"]


def test_a_failed_answer_ends_too_and_says_why(chat: Chat, script: Script) -> None:
    script.answers(say("I was about to"), fail("The kitchen is closed."))
    chat.embed()
    chat.ask("Tea, please")
    chat.wait_for_event("response.end")
    assert names(chat)[-3:] == ["response.start", "error", "response.end"]
    assert chat.wait_for_event("error") == {"code": "custom", "message": "The kitchen is closed."}


def test_effects_of_the_server_reach_the_page(chat: Chat, script: Script) -> None:
    script.answers(send(ClientEffectEvent(name="open_map", data={"town": "Hangzhou"})), say("There."))
    chat.embed()
    chat.converse("Where?")
    assert chat.wait_for_event("effect") == {"name": "open_map", "data": {"town": "Hangzhou"}}


def test_links_of_the_chats_own_kind_reach_the_page_and_open_nothing(chat: Chat, script: Script) -> None:
    script.answers(say("See [the map](chatkit-link://map?town=Hangzhou&zoom=3) now."))
    chat.embed()
    chat.converse("Where?")
    chat.page.get_by_role("link", name="the map").click()
    assert chat.wait_for_event("deeplink") == {"name": "map", "data": {"town": "Hangzhou", "zoom": "3"}}
    assert chat.page.url.endswith("embed.html")
    assert len(chat.page.context.pages) == 1


def test_the_history_says_when_it_opens_and_closes(chat: Chat) -> None:
    chat.embed()
    chat.button("Chat history").click()
    chat.button("Close the chat history").click()
    chat.wait_for_event("history.close")
    assert names(chat) == ["ready", "history.open", "history.close"]


def test_loading_a_thread_is_told_from_its_start_to_its_end(chat: Chat) -> None:
    chat.embed()
    chat.converse("Remember me")
    thread = chat.wait_for_event("thread.change")["threadId"]
    chat.button("New chat").click()
    chat.call("setThreadId", thread)
    expect(chat.turns).to_contain_text("Remember me")
    assert chat.events[-4:] == [
        ["thread.change", {"threadId": None}],
        ["thread.change", {"threadId": thread}],
        ["thread.load.start", {"threadId": thread}],
        ["thread.load.end", {"threadId": thread}],
    ]


def test_events_bubble_out_of_shadow_roots(chat: Chat) -> None:
    chat.embed(
        "<div id='host'></div>",
        script="""
            const root = document.getElementById('host').attachShadow({ mode: 'open' });
            root.append(document.createElement('openai-chatkit'));
        """,
    )
    chat.wait_for_event("ready")
