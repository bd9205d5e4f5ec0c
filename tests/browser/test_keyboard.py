"""Everything without a mouse."""

from __future__ import annotations

from playwright.sync_api import Locator, expect

from .chat import Chat
from .scripted import Script, pause, say, title


def focused(chat: Chat) -> str:
    """The name of what has the focus, in whatever shadow root."""
    return chat.page.evaluate(
        """() => {
            let active = document.activeElement;
            while (active?.shadowRoot?.activeElement) active = active.shadowRoot.activeElement;
            return active?.ariaLabel ?? active?.getAttribute('aria-label') ?? active?.innerText.trim() ?? '';
        }"""
    )


def tab_to(chat: Chat, target: Locator, *, back: bool = False) -> None:
    """Press Tab until the target has the focus; fails when it never does."""
    for _ in range(40):
        if target.evaluate("node => node.matches(':focus')"):
            return
        chat.page.keyboard.press("Shift+Tab" if back else "Tab")
    raise AssertionError("the keyboard does not reach it")


def test_the_focus_goes_from_the_header_to_the_suggestions_to_the_composer(chat: Chat) -> None:
    chat.embed()
    prompts = "[{ label: 'One', prompt: '1' }, { label: 'Two', prompt: '2' }]"
    chat.set_options(f"{{ ...base, startScreen: {{ prompts: {prompts} }} }}")
    expect(chat.button("Two")).to_be_visible()
    order = []
    for _ in range(4):
        chat.page.keyboard.press("Tab")
        order.append(focused(chat))
    assert order == ["Chat history", "One", "Two", "Message"]


def test_what_has_the_focus_can_be_seen(chat: Chat) -> None:
    chat.embed()
    expect(chat.button("Chat history")).to_be_visible()
    chat.page.keyboard.press("Tab")
    outline = chat.button("Chat history").evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline != "none"


def test_a_whole_conversation_by_keyboard(chat: Chat, script: Script) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    chat.open()
    keys = chat.page.keyboard
    expect(chat.composer).to_be_focused()
    script.answers(title("Green tea"), say("A first"), pause(), say(" answer."))
    keys.type("First question")
    keys.press("Enter")
    turn = chat.turns.first
    expect(turn).to_contain_text("A first")

    # Stop, which comes right after the composer.
    keys.press("Tab")
    assert focused(chat) == "Stop"
    keys.press("Enter")
    chat.finished(turn)
    expect(chat.composer).to_be_focused()

    # Try again, judge, and copy.
    script.answers(say("A better answer."))
    tab_to(chat, turn.get_by_role("button", name="Try again"), back=True)
    keys.press("Enter")
    expect(turn).to_contain_text("A better answer.")
    chat.finished(turn)
    good = turn.get_by_role("button", name="Good answer")
    tab_to(chat, good, back=True)
    keys.press("Space")
    expect(good).to_have_attribute("aria-pressed", "true")
    tab_to(chat, turn.get_by_role("button", name="Copy", exact=True), back=True)
    keys.press("Enter")
    expect(turn.get_by_role("button", name="Copied")).to_be_focused()

    # The history: rename, and come back.
    tab_to(chat, chat.button("Chat history"), back=True)
    keys.press("Enter")
    panel = chat.page.get_by_role("dialog", name="Chat history")
    expect(panel.get_by_role("button", name="Close the chat history")).to_be_focused()
    tab_to(chat, panel.get_by_role("button", name="Rename"))
    keys.press("Enter")
    expect(panel.get_by_role("textbox", name="New title")).to_be_focused()
    keys.type("Renamed by keys")
    keys.press("Enter")
    expect(panel.get_by_role("button", name="Renamed by keys")).to_be_focused()
    keys.press("Escape")
    expect(panel).to_have_count(0)
    expect(chat.button("Chat history")).to_be_focused()

    # A new chat.
    tab_to(chat, chat.button("New chat"))
    keys.press("Enter")
    expect(chat.turns).to_have_count(0)
    expect(chat.composer).to_be_focused()


def test_the_open_history_keeps_the_focus(chat: Chat) -> None:
    chat.embed()
    chat.behind("One thread")
    chat.button("Chat history").click()
    panel = chat.page.get_by_role("dialog", name="Chat history")
    expect(panel.get_by_role("listitem")).to_have_count(1)
    inside = "panel => panel.contains(panel.getRootNode().activeElement)"
    for _ in range(6):
        chat.page.keyboard.press("Tab")
        outside = chat.page.evaluate("document.activeElement === document.body")
        assert outside or panel.evaluate(inside)


def test_an_answer_can_be_scrolled_by_keyboard(chat: Chat, script: Script) -> None:
    script.answers(say("\n\n".join(f"Paragraph {number}" for number in range(80))))
    chat.embed()
    turn = chat.converse("A long one")
    scroller = chat.thread.locator("..")
    scroller.focus()
    before = scroller.evaluate("node => node.scrollTop")
    chat.page.keyboard.press("End")
    expect(turn.get_by_text("Paragraph 79")).to_be_in_viewport()
    assert scroller.evaluate("node => node.scrollTop") > before
