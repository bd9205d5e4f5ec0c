"""How it looks and to whom it is usable: colours, widths, directions, motion, and axe."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import expect

from .chat import Chat
from .conftest import Visit
from .houses import REPOSITORY
from .scripted import Script, fail, pause, say, title

AXE = REPOSITORY / "element" / "node_modules" / "axe-core" / "axe.min.js"
RICH = """## Green tea

A [link](https://example.com), `code`, **bold** and a table:

| tea | from |
| --- | --- |
| Longjing | Hangzhou |

```python
def brew(minutes: int) -> str:  # patience
    return f"{minutes} minutes"
```

1. Heat
2. Pour

> Slowly.
"""


def violations(chat: Chat) -> list[str]:
    """What axe finds, in words."""
    chat.page.evaluate(AXE.read_text())
    found: list[dict[str, Any]] = chat.page.evaluate(
        "axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) => violations)"
    )
    return [
        f"{rule['id']} ({rule['impact']}): {rule['help']}: {[node['html'][:150] for node in rule['nodes']]}"
        for rule in found
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_in_any_state(visit: Visit, house: str, script: Script, scheme: str) -> None:
    chat = visit(house, color_scheme=scheme, reduced_motion="reduce").open()
    expect(chat.composer).to_be_visible()
    assert violations(chat) == [], "start screen"

    script.answers(title("About green tea"), say(RICH))
    turn = chat.converse("Tell me about tea")
    expect(turn.get_by_text("def", exact=True)).to_be_visible()
    assert violations(chat) == [], "conversation"

    script.answers(say("Now"), pause(), fail("The kettle is empty."))
    turn = chat.ask("More")
    expect(turn).to_contain_text("Now")
    assert violations(chat) == [], "streaming"
    script.go_on()
    expect(chat.page.get_by_role("alert")).to_be_visible()
    assert violations(chat) == [], "error"

    chat.button("Chat history").click()
    expect(chat.page.get_by_role("dialog").get_by_role("listitem")).to_have_count(1)
    assert violations(chat) == [], "history"
    chat.page.get_by_role("listitem").get_by_role("button", name="Rename").focus()
    chat.page.keyboard.press("Enter")
    expect(chat.page.get_by_role("textbox", name="New title")).to_be_focused()
    assert violations(chat) == [], "renaming"


def test_the_page_follows_the_systems_colours(visit: Visit, house: str) -> None:
    chat = visit(house, color_scheme="light").open()
    expect(chat.composer).to_be_visible()
    assert chat.is_light()
    chat.page.emulate_media(color_scheme="dark")
    assert not chat.is_light()


@pytest.mark.parametrize("theme", ["'light'", "'dark'", "{ colorScheme: 'dark', radius: 'sharp', density: 'compact' }"])
def test_an_embedded_element_has_the_colours_its_page_asks_for(chat: Chat, theme: str) -> None:
    chat.embed()
    chat.set_options(f"{{ ...base, theme: {theme} }}")
    expect(chat.composer).to_be_visible()
    assert chat.is_light() == ("dark" not in theme)


@pytest.mark.parametrize("locale", ["en-US", "zh-CN", "ar"])
@pytest.mark.parametrize("width", [320, 360, 768])
def test_nothing_is_wider_than_the_window(visit: Visit, house: str, script: Script, width: int, locale: str) -> None:
    chat = visit(house, locale=locale, viewport={"width": width, "height": 640}, has_touch=True).open()
    script.answers(title("A title that is rather longer than any narrow window could show"), say(RICH))
    chat.call("sendUserMessage", {"text": "https://example.com/" + "x" * 200})
    expect(chat.turns.get_by_role("columnheader").first).to_be_visible()
    wider = """() => document.documentElement.scrollWidth > innerWidth
        || [...document.querySelector('openai-chatkit').shadowRoot.querySelectorAll('.main, .scroller, .history')]
            .some((part) => part.scrollWidth > part.clientWidth)"""
    assert not chat.page.evaluate(wider)
    chat.call("showHistory")
    expect(chat.page.get_by_role("dialog").get_by_role("listitem")).to_have_count(1)
    assert not chat.page.evaluate(wider)


def test_arabic_is_written_from_the_right(visit: Visit, house: str, script: Script) -> None:
    chat = visit(house, locale="ar").open()
    script.answers(say("الشاي الأخضر مفيد.\n\nEnglish words."))
    composer = chat.page.get_by_role("textbox")
    composer.fill("مرحبا")
    composer.press("Enter")
    direction = "node => getComputedStyle(node).direction"
    expect(chat.turns).to_contain_text("English words.")
    assert composer.evaluate(direction) == "rtl"
    assert chat.turns.get_by_text("مرحبا").evaluate(direction) == "rtl"
    assert chat.turns.get_by_text("الشاي الأخضر مفيد.").evaluate(direction) == "rtl"
    root = chat.page.get_by_role("region", name="Teahouse")
    assert root.evaluate(direction) == "rtl"


def test_english_in_an_arabic_answer_reads_from_the_left(visit: Visit, house: str, script: Script) -> None:
    chat = visit(house, locale="ar").open()
    script.answers(say("الشاي الأخضر مفيد.\n\nEnglish words."))
    chat.call("sendUserMessage", {"text": "tea"})
    words = chat.turns.get_by_text("English words.")
    expect(words).to_be_visible()
    assert words.evaluate("node => getComputedStyle(node).direction") == "ltr"


def test_who_wants_no_motion_sees_none(visit: Visit, house: str, script: Script) -> None:
    chat = visit(house, reduced_motion="reduce").open()
    script.answers(pause(), say("Done."))
    chat.ask("Still")
    expect(chat.page.get_by_text("Thinking…")).to_be_visible()
    running = """() => document.querySelector('openai-chatkit').shadowRoot.getAnimations()
        .filter((animation) => animation.effect.getComputedTiming().duration > 1).length"""
    assert chat.page.evaluate(running) == 0
    script.go_on()


def test_enlarged_text_keeps_everything_usable(visit: Visit, house: str) -> None:
    """WCAG 1.4.4: twice the size, here as half the window."""
    chat = visit(house, viewport={"width": 320, "height": 256}).open()
    turn = chat.converse("Hello")
    expect(chat.composer).to_be_in_viewport()
    expect(chat.button("New chat")).to_be_in_viewport()
    turn.get_by_role("button", name="Copy", exact=True).click()
