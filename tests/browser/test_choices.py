"""Tools, models and replies: what is sent along with a message."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from .chat import Chat

COMPOSER = """{
    placeholder: 'Ask us',
    tools: [
        { id: 'search', label: 'Search the web', icon: 'globe', placeholderOverride: 'Search for' },
        { id: 'draw', label: 'Draw', icon: 'images', persistent: true },
        { id: 'think', label: 'Think', icon: 'lightbulb', pinned: true },
    ],
    models: [
        { id: 'small', label: 'Small', description: 'Quick answers' },
        { id: 'large', label: 'Large', description: 'Thinks longer', default: true },
        { id: 'old', label: 'Old', disabled: true },
    ],
}"""


@pytest.fixture
def choosing(chat: Chat) -> Chat:
    return chat.embed(script=f"options.composer = {COMPOSER}; chat.setOptions(options);")


def inference(chat: Chat) -> dict[str, Any]:
    """What was sent along with the last message."""
    posts = [request.post_data_json for request in chat.watch.requests if request.post_data]
    return next(post for post in reversed(posts) if "input" in post["params"])["params"]["input"]["inference_options"]


def test_a_tool_is_chosen_with_the_keyboard_for_one_message(choosing: Chat) -> None:
    choosing.button("Tools").focus()
    choosing.page.keyboard.press("Enter")
    expect(choosing.page.get_by_role("menuitemradio", name="Search the web")).to_be_focused()
    choosing.page.keyboard.press("ArrowDown")
    expect(choosing.page.get_by_role("menuitemradio", name="Draw")).to_be_focused()
    choosing.page.keyboard.press("ArrowDown")
    choosing.page.keyboard.press("Enter")
    expect(choosing.composer).to_be_focused()
    expect(choosing.composer).to_have_attribute("placeholder", "Search for")
    expect(choosing.button("Search the web")).to_have_attribute("aria-pressed", "true")
    choosing.converse("Tea")
    assert inference(choosing) == {"tool_choice": {"id": "search"}, "model": "large"}
    assert [detail for name, detail in choosing.events if name == "tool.change"] == [
        {"toolId": "search"},
        {"toolId": None},
    ]
    expect(choosing.composer).to_have_attribute("placeholder", "Ask us")


def test_escape_closes_the_menu_where_it_was_opened(choosing: Chat) -> None:
    choosing.button("Model: Large").click()
    expect(choosing.page.get_by_role("menuitemradio", name="Large")).to_be_focused()
    choosing.page.keyboard.press("Escape")
    expect(choosing.page.get_by_role("menu")).to_have_count(0)
    expect(choosing.button("Model: Large")).to_be_focused()


def test_a_model_is_chosen_for_all_that_follows_and_one_that_is_disabled_is_not(choosing: Chat) -> None:
    choosing.button("Model: Large").click()
    choosing.page.get_by_role("menuitemradio", name="Old").click(force=True)
    choosing.page.get_by_role("menuitemradio", name="Small").click()
    for text in ("One", "Two"):
        choosing.converse(text)
        assert inference(choosing) == {"model": "small"}
    choosing.button("New chat").click()
    expect(choosing.button("Model: Small")).to_be_visible()


def test_a_pinned_tool_is_one_click_and_a_second_takes_it_back(choosing: Chat) -> None:
    think = choosing.button("Think")
    think.click()
    expect(think).to_have_attribute("aria-pressed", "true")
    think.click()
    expect(think).to_have_attribute("aria-pressed", "false")


def test_what_one_replies_to_is_shown_and_can_be_dropped(chat: Chat) -> None:
    chat.embed()
    chat.call("setComposerValue", {"text": "Why?", "reply": "Green tea is not fermented."})
    expect(chat.page.get_by_role("blockquote")).to_have_text("Green tea is not fermented.")
    chat.composer.press("Enter")
    expect(chat.turns.get_by_role("blockquote")).to_have_text("Green tea is not fermented.")
    chat.call("setComposerValue", {"reply": "Another thing"})
    chat.button("Do not reply to this").click()
    expect(chat.page.get_by_role("blockquote")).to_have_count(1)
