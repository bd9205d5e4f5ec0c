"""Writing a message: keys, input methods, drafts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import CDPSession, expect

from .chat import Chat
from .scripted import Script, pause, say

COMPOSITIONS = {
    "Chinese": (["n", "ni", "ni h", "ni hao"], "你好"),
    "Japanese": (["n", "に", "にh", "にほ", "日本"], "日本"),
    "Korean": (["ㅎ", "하", "한"], "한"),
}


@pytest.fixture
def keyboard(chat: Chat) -> Iterator[CDPSession]:
    """The browser's input, below what Playwright makes of it."""
    chat.embed()
    chat.composer.focus()
    session = chat.page.context.new_cdp_session(chat.page)
    yield session
    session.detach()


def compose(keyboard: CDPSession, text: str) -> None:
    caret = len(text)
    keyboard.send("Input.imeSetComposition", {"text": text, "selectionStart": caret, "selectionEnd": caret})


def confirm_with_enter(keyboard: CDPSession, text: str) -> None:
    """As Chromium reports it: the key belongs to the input method, which then puts in the text."""
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 229}
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.insertText", {"text": text})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})


def test_enter_sends_and_empties_the_composer(chat: Chat) -> None:
    chat.embed().converse("Hello")
    expect(chat.composer).to_have_value("")
    expect(chat.composer).to_be_focused()


def test_shift_enter_makes_a_new_line(chat: Chat) -> None:
    chat.embed()
    chat.composer.press_sequentially("one")
    before = chat.height(chat.composer)
    chat.composer.press("Shift+Enter")
    chat.composer.press_sequentially("two")
    expect(chat.composer).to_have_value("one\ntwo")
    assert chat.height(chat.composer) > before
    assert "threads.create" not in chat.watch.operations()
    chat.composer.press("Enter")
    expect(chat.turns).to_contain_text("one\ntwo", use_inner_text=True)


def test_nothing_but_spaces_is_not_sent(chat: Chat) -> None:
    chat.embed()
    chat.composer.fill("  \n ")
    expect(chat.button("Send")).to_be_disabled()
    chat.composer.press("Enter")
    expect(chat.turns).to_have_count(0)
    assert "threads.create" not in chat.watch.operations()


def test_the_button_sends_as_well(chat: Chat) -> None:
    chat.embed()
    chat.composer.fill("Hello")
    chat.button("Send").click()
    expect(chat.turns).to_contain_text("You said: Hello")


@pytest.mark.parametrize("language", COMPOSITIONS)
def test_the_enter_that_confirms_a_composition_never_sends_and_the_next_sends_once(
    chat: Chat, keyboard: CDPSession, language: str
) -> None:
    steps, text = COMPOSITIONS[language]
    for step in steps:
        compose(keyboard, step)
    expect(chat.composer).to_have_value(steps[-1])
    confirm_with_enter(keyboard, text)
    expect(chat.composer).to_have_value(text)
    confirmed = chat.page.evaluate("performance.now()")
    assert "threads.create" not in chat.watch.operations()

    # No finger is faster than this.
    chat.page.wait_for_function("confirmed => performance.now() - confirmed > 100", arg=confirmed)
    chat.composer.press("Enter")
    expect(chat.turns).to_contain_text(f"You said: {text}")
    assert chat.watch.operations().count("threads.create") == 1
    expect(chat.turns).to_have_count(1)


@pytest.mark.parametrize("language", COMPOSITIONS)
def test_an_enter_in_the_middle_of_a_composition_never_sends(chat: Chat, keyboard: CDPSession, language: str) -> None:
    steps, text = COMPOSITIONS[language]
    compose(keyboard, steps[0])
    enter = {"key": "Enter", "code": "Enter", "windowsVirtualKeyCode": 13}
    keyboard.send("Input.dispatchKeyEvent", {"type": "rawKeyDown", **enter})
    keyboard.send("Input.dispatchKeyEvent", {"type": "keyUp", **enter})
    confirm_with_enter(keyboard, text)
    expect(chat.composer).to_have_value(text)
    assert "threads.create" not in chat.watch.operations()


def test_safaris_enter_after_the_end_of_a_composition_never_sends(chat: Chat) -> None:
    """WebKit bug 165004: the composition ends first, and the Enter that ended it comes after."""
    chat.embed()
    chat.composer.fill("こんにちは")
    chat.composer.evaluate(
        """composer => {
            composer.dispatchEvent(new CompositionEvent('compositionend', { data: 'こんにちは', bubbles: true }));
            composer.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', bubbles: true, cancelable: true }));
        }"""
    )
    expect(chat.composer).to_have_value("こんにちは")
    assert "threads.create" not in chat.watch.operations()


def test_one_can_write_the_next_message_while_the_answer_arrives(chat: Chat, script: Script) -> None:
    script.answers(say("One"), pause(), say(" moment."))
    turn = chat.embed().ask("First")
    expect(turn).to_contain_text("One")
    chat.composer.fill("Second")
    chat.composer.press("Enter")
    script.go_on()
    chat.finished(turn)
    expect(chat.composer).to_have_value("Second")
    expect(chat.turns).to_have_count(1)
    chat.composer.press("Enter")
    expect(chat.turns.nth(1)).to_contain_text("You said: Second")


def test_each_thread_keeps_its_own_draft(chat: Chat) -> None:
    chat.embed().converse("First thread")
    thread = chat.wait_for_event("thread.change")["threadId"]
    chat.composer.fill("half a thought")
    chat.button("New chat").click()
    expect(chat.composer).to_have_value("")
    chat.composer.fill("another")
    chat.call("setThreadId", thread)
    expect(chat.composer).to_have_value("half a thought")
    chat.call("setThreadId", None)
    expect(chat.composer).to_have_value("another")


def test_a_long_message_scrolls_inside_the_composer(chat: Chat) -> None:
    chat.embed()
    chat.composer.fill("\n".join(f"line {number}" for number in range(100)))
    assert chat.height(chat.composer) < 400
    assert chat.composer.evaluate("composer => composer.scrollHeight > composer.clientHeight")
    chat.composer.press("Enter")
    expect(chat.turns).to_contain_text("line 99")
    assert chat.height(chat.composer) < 60
