"""Answers as they are shown: Markdown, and nothing that Markdown could smuggle in."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from .chat import Chat
from .scripted import Script, pause, say

TABLE = """
| tea | from |
| --- | ---: |
| Longjing | Hangzhou |
| Darjeeling | India |
"""
CODE = """Run this:

```python
def brew(minutes: int) -> str:
    return f"{minutes} minutes"
```
"""


def answered(chat: Chat, script: Script, text: str):
    """The turn in which the assistant said `text`."""
    script.answers(say(text))
    return chat.embed().converse("Show me")


def test_a_table_is_a_table(chat: Chat, script: Script) -> None:
    turn = answered(chat, script, TABLE)
    expect(turn.get_by_role("columnheader")).to_have_text(["tea", "from"])
    expect(turn.get_by_role("row", name="Darjeeling India")).to_be_visible()


def test_headings_and_lists_are_what_they_say(chat: Chat, script: Script) -> None:
    turn = answered(
        chat, script, "## Green tea\n\n1. Heat\n2. Pour\n\n- [x] done\n\n> quoted\n\n**bold** *slanted* ~~gone~~"
    )
    expect(turn.get_by_role("heading", name="Green tea")).to_be_visible()
    expect(turn.get_by_role("listitem").first).to_have_text("Heat")
    expect(turn.get_by_role("checkbox")).to_be_checked()
    expect(turn.get_by_role("blockquote")).to_have_text("quoted")
    expect(turn.get_by_role("strong")).to_have_text("bold")
    expect(turn.get_by_role("deletion")).to_have_text("gone")


def test_code_is_highlighted_by_a_part_that_is_loaded_only_then(chat: Chat, script: Script) -> None:
    turn = answered(chat, script, "No code here.")
    before = [path for path in chat.watch.paths() if path.startswith("/assets/highlighter")]
    assert before == []
    script.answers(say(CODE))
    turn = chat.converse("And now?")
    keyword = turn.get_by_text("def", exact=True)
    expect(keyword).to_be_visible()
    assert keyword.evaluate("span => getComputedStyle(span).color") != turn.get_by_role("code").evaluate(
        "code => getComputedStyle(code).color"
    )
    loaded = [path for path in chat.watch.paths() if path.startswith("/assets/highlighter")]
    assert len(loaded) == 1


def test_formulas_are_set_with_fonts_of_our_own_once_there_are_any(chat: Chat, script: Script) -> None:
    answered(chat, script, "It costs $5.")
    assert not [path for path in chat.watch.paths() if "maths" in path or "katex" in path]
    script.answers(
        say("Mass is $m = \\frac{E}{c^2}$, and\n\n$$\n\\sum_{n=1}^\\infty \\fcolorbox{red}{blue}{$n$}\n\n$$\n")
    )
    turn = chat.converse("And energy?")
    expect(turn.get_by_role("math")).to_have_count(1)  # the other one is drawn without
    letter = turn.locator(".katex .mathnormal").first
    expect(letter).to_be_visible()
    family = "getComputedStyle(letter).fontFamily"
    assert letter.evaluate(f"async letter => {{ await document.fonts.ready; return {family}; }}") == "KaTeX_Math"
    assert chat.page.evaluate(
        "[...document.fonts].some(font => font.family === 'KaTeX_Math' && font.status === 'loaded')"
    )


def test_code_is_copied_as_it_was_written(chat: Chat, script: Script) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    turn = answered(chat, script, CODE)
    turn.get_by_role("button", name="Copy code").click()
    expect(turn.get_by_role("button", name="Copied")).to_be_visible()
    copied = chat.page.evaluate("navigator.clipboard.readText()")
    assert copied.rstrip("\n") == 'def brew(minutes: int) -> str:\n    return f"{minutes} minutes"'


def test_links_open_beside_the_chat_and_tell_nobody_where_from(chat: Chat, script: Script) -> None:
    turn = answered(chat, script, "[a page](https://example.com/page) and https://example.org/bare")
    for name, address in (
        ("a page", "https://example.com/page"),
        ("https://example.org/bare", "https://example.org/bare"),
    ):
        link = turn.get_by_role("link", name=name)
        expect(link).to_have_attribute("href", address)
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", re.compile(r"\bnoopener\b"))


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java&#10;script:alert(1)",
        "data:text/html,hello",
        "vbscript:x",
        "file:///etc/passwd",
    ],
)
def test_addresses_that_could_run_something_are_no_links(chat: Chat, script: Script, address: str) -> None:
    turn = answered(chat, script, f"Press [here](<{address}>) please")
    expect(turn).to_contain_text("here")
    expect(turn.get_by_role("link", name="here")).to_have_count(0)


def test_html_in_an_answer_is_text(chat: Chat, script: Script) -> None:
    turn = answered(
        chat, script, "<script>window.stolen = 1</script> <img src=x onerror='window.stolen = 1'> <b>not bold</b>"
    )
    expect(turn).to_contain_text("<b>not bold</b>")
    expect(turn).to_contain_text("<script>window.stolen = 1</script>")
    expect(turn.get_by_role("img")).to_have_count(0)
    assert chat.page.evaluate("window.stolen") is None


def test_an_image_of_this_origin_is_shown_with_its_words(chat: Chat, script: Script) -> None:
    turn = answered(chat, script, "![a cup of tea](favicon.svg)")
    picture = turn.get_by_role("img", name="a cup of tea")
    expect(picture).to_be_visible()
    assert picture.evaluate("image => image.decode().then(() => image.naturalWidth)") > 0


def test_what_is_not_finished_is_shown_as_it_will_be(chat: Chat, script: Script) -> None:
    script.answers(say("Some **bold"), pause(), say(" words**\n\n| a | b |\n| - | - |\n| 1"), pause(), say(" | 2 |\n"))
    turn = chat.embed().ask("Show me")
    expect(turn.get_by_role("strong")).to_have_text("bold")
    expect(turn).not_to_contain_text("**")
    script.go_on()
    expect(turn.get_by_role("cell", name="1")).to_be_visible()
    script.go_on()
    expect(turn.get_by_role("cell", name="2")).to_be_visible()


def test_a_finished_paragraph_is_not_drawn_again_while_the_rest_arrives(chat: Chat, script: Script) -> None:
    """So that a selection in it stays."""
    script.answers(say("The first paragraph.\n\nThe second"), pause(), say(" goes on.\n\nThe third."))
    turn = chat.embed().ask("Show me")
    first = turn.get_by_text("The first paragraph.")
    expect(turn).to_contain_text("The second")
    first.evaluate("node => { window.kept = node; getSelection().selectAllChildren(node); }")
    script.go_on()
    chat.finished(turn)
    assert first.evaluate("node => node === window.kept")


def test_long_words_and_wide_code_stay_inside_a_narrow_page(chat: Chat, script: Script) -> None:
    chat.page.set_viewport_size({"width": 360, "height": 700})
    wide = "x" * 400
    answered(chat, script, f"{wide}\n\n```\n{wide}\n```\n\n| {wide} | b |\n| - | - |\n| 1 | 2 |\n")
    assert chat.page.evaluate("document.documentElement.scrollWidth") <= 360
    assert chat.thread.evaluate("thread => thread.scrollWidth <= thread.clientWidth")
