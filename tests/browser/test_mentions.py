"""Mentions with `@` and commands with `/`: tags in the text, and what becomes of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import CDPSession, Locator, expect

from .chat import Chat
from .test_composer import COMPOSITIONS, compose, confirm_with_enter

PAGE = """
    window.searches = []; window.clicked = []; window.selected = [];
    const teas = [
        { id: 'longjing', title: 'Longjing', group: 'Green', interactive: true, data: { from: 'Hangzhou' } },
        { id: 'keemun', title: 'Keemun', group: 'Black', interactive: true },
        { id: 'biluochun', title: 'Biluochun', group: 'Green' },
    ];
    options.entities = {
        showComposerMenu: true,
        onTagSearch: (query) => new Promise((resolve) => {
            const found = teas.filter(({ title }) => title.toLowerCase().startsWith(query.toLowerCase()));
            // The first search is answered last.
            searches.push(query);
            if (window.slow === query) window.answer = () => resolve(found);
            else resolve(found);
        }),
        onClick: ({ id }) => clicked.push(id),
        onRequestPreview: async ({ title }) => ({
            preview: { type: 'Basic', children: [{ type: 'Text', value: `All about ${title}` }] },
        }),
    };
    options.commands = {
        enabled: true,
        onSearch: async (query) => [{ id: 'cups', label: 'Cups' }].filter(({ id }) => id.startsWith(query)),
        onSelect: async ({ id }) => {
            selected.push(id);
            if (id === 'cups') return { type: 'menu', commands: [{ id: 'two', label: 'Two cups' }] };
            return { type: 'entity', entity: { id: 'pot', title: 'A pot for two' } };
        },
    };
    chat.setOptions(options);
"""


@pytest.fixture
def mentioning(chat: Chat) -> Chat:
    return chat.embed(script=PAGE)


@pytest.fixture
def keyboard(mentioning: Chat) -> Iterator[CDPSession]:
    session = mentioning.page.context.new_cdp_session(mentioning.page)
    yield session
    session.detach()


def field(chat: Chat) -> Locator:
    """The composer, a text box or, with a menu, a combobox."""
    return chat.page.locator(".composer-input")


def sent(chat: Chat) -> list[dict[str, Any]]:
    posts = [request.post_data_json for request in chat.watch.requests if request.post_data]
    return next(post for post in reversed(posts) if "input" in post["params"])["params"]["input"]["content"]


def mention(chat: Chat, name: str) -> None:
    chat.page.keyboard.type(f"@{name[:3]}")
    expect(chat.page.get_by_role("option", name=name)).to_have_attribute("aria-selected", "true")
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_role("listbox")).to_have_count(0)


LONGJING = {
    "type": "input_tag",
    "id": "longjing",
    "text": "Longjing",
    "data": {"from": "Hangzhou"},
    "group": "Green",
    "interactive": True,
}


def test_a_mention_is_found_chosen_written_around_and_sent(mentioning: Chat) -> None:
    field(mentioning).focus()
    mentioning.page.keyboard.type("Is ")
    mention(mentioning, "Longjing")
    mentioning.page.keyboard.type("green?")
    expect(field(mentioning)).to_have_text("Is Longjing green?")
    mentioning.page.keyboard.press("Enter")
    expect(mentioning.turns).to_contain_text("Is Longjing green?")
    assert sent(mentioning) == [
        {"type": "input_text", "text": "Is "},
        LONGJING,
        {"type": "input_text", "text": " green?"},
    ]
    expect(mentioning.composer).to_be_focused()
    expect(mentioning.composer).to_have_value("")
    tag = mentioning.turns.get_by_role("button", name="Longjing")
    tag.click()
    assert mentioning.page.evaluate("clicked") == ["longjing"]
    tag.hover()
    expect(mentioning.page.get_by_role("tooltip")).to_have_text("All about Longjing")


def test_the_menu_is_a_listbox_that_the_arrows_walk_and_escape_closes(mentioning: Chat) -> None:
    field(mentioning).focus()
    mentioning.page.keyboard.type("@")
    box = mentioning.page.get_by_role("combobox", name="Message")
    expect(box).to_have_attribute("aria-expanded", "true")
    options = mentioning.page.get_by_role("option")
    expect(options).to_have_text(["Longjing", "Biluochun", "Keemun"])
    mentioning.page.keyboard.press("ArrowUp")
    expect(options.nth(2)).to_have_attribute("aria-selected", "true")
    assert box.get_attribute("aria-activedescendant") == options.nth(2).get_attribute("id")
    mentioning.page.keyboard.press("Escape")
    expect(mentioning.page.get_by_role("listbox")).to_have_count(0)
    expect(mentioning.composer).to_have_value("@")


def test_the_last_search_wins_and_a_finger_chooses(mentioning: Chat) -> None:
    mentioning.page.evaluate("window.slow = 'K'")
    field(mentioning).focus()
    mentioning.page.keyboard.type("@K")
    mentioning.page.wait_for_function("searches.includes('K')")
    mentioning.page.keyboard.press("Backspace")
    mentioning.page.keyboard.type("B")
    expect(mentioning.page.get_by_role("option")).to_have_text(["Biluochun"])
    mentioning.page.evaluate("answer()")
    expect(mentioning.page.get_by_role("option")).to_have_text(["Biluochun"])
    mentioning.page.get_by_role("option").click()
    expect(field(mentioning)).to_have_text("Biluochun ")
    expect(field(mentioning)).to_be_focused()


def test_what_nobody_knows_is_said_and_enter_sends_it(mentioning: Chat) -> None:
    field(mentioning).focus()
    mentioning.page.keyboard.type("@coffee")
    expect(mentioning.page.get_by_text("Nothing found")).to_be_visible()
    mentioning.page.keyboard.press("Enter")
    expect(mentioning.turns).to_contain_text("@coffee")


def test_tags_survive_copying_and_pasting_and_are_deleted_as_one(mentioning: Chat) -> None:
    mentioning.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    field(mentioning).focus()
    mention(mentioning, "Keemun")
    mentioning.page.keyboard.press("Control+a")
    mentioning.page.keyboard.press("Control+c")
    mentioning.page.keyboard.press("ArrowRight")
    mentioning.page.keyboard.press("Control+v")
    expect(mentioning.page.locator(".composer-input .tag")).to_have_count(2)
    mentioning.page.keyboard.press("Backspace")
    mentioning.page.keyboard.press("Backspace")
    expect(mentioning.page.locator(".composer-input .tag")).to_have_count(1)
    mentioning.page.keyboard.press("Shift+Enter")
    mentioning.page.keyboard.type("please")
    mentioning.page.keyboard.press("Enter")
    expect(mentioning.turns).to_contain_text("please")
    assert [part.get("id") for part in sent(mentioning)] == ["keemun", None]
    assert sent(mentioning)[1]["text"].endswith("\nplease")


@pytest.mark.parametrize("language", COMPOSITIONS)
def test_input_methods_write_beside_a_tag(mentioning: Chat, keyboard: CDPSession, language: str) -> None:
    steps, text = COMPOSITIONS[language]
    field(mentioning).focus()
    mention(mentioning, "Longjing")
    for step in steps:
        compose(keyboard, step)
    confirm_with_enter(keyboard, text)
    expect(field(mentioning)).to_have_text(f"Longjing {text}")
    confirmed = mentioning.page.evaluate("performance.now()")
    mentioning.page.wait_for_function("confirmed => performance.now() - confirmed > 100", arg=confirmed)
    mentioning.page.keyboard.press("Enter")
    expect(mentioning.turns).to_contain_text(text)
    assert sent(mentioning) == [LONGJING, {"type": "input_text", "text": f" {text}"}]


def test_a_command_may_lead_to_another_and_to_a_tag(mentioning: Chat) -> None:
    field(mentioning).focus()
    mentioning.page.keyboard.type("/cu")
    expect(mentioning.page.get_by_role("option", name="Cups")).to_be_visible()
    mentioning.page.keyboard.press("Enter")
    expect(mentioning.page.get_by_role("option")).to_have_text(["Two cups"])
    mentioning.page.keyboard.press("Enter")
    expect(field(mentioning)).to_have_text("A pot for two ")
    assert mentioning.page.evaluate("selected") == ["cups", "two"]


def test_commands_of_the_chat_itself_work_too(mentioning: Chat) -> None:
    mentioning.converse("First")
    field(mentioning).focus()
    mentioning.page.keyboard.type("/new")
    expect(mentioning.page.get_by_role("option", name="New chat")).to_be_visible()
    mentioning.page.keyboard.press("Enter")
    expect(mentioning.turns).to_have_count(0)


def test_the_button_begins_a_mention(mentioning: Chat) -> None:
    mentioning.button("Mention something").click()
    expect(mentioning.page.get_by_role("option")).to_have_count(3)


def test_a_tag_the_page_puts_there_is_a_tag(mentioning: Chat) -> None:
    mentioning.call("setComposerValue", {"content": [{"type": "input_text", "text": "About "}, LONGJING]})
    expect(mentioning.page.locator(".composer-input .tag")).to_have_text("Longjing")
