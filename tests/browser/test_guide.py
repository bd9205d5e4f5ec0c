"""The first thing that works: `teahouse serve`, its page, and the guide behind it, in both languages."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

import pytest
from playwright.sync_api import expect

from .chat import Chat
from .conftest import Visit


@dataclass(frozen=True)
class Speaker:
    """A visitor's language, and what the page says in it."""

    locale: str
    greeting: str
    prompt: str
    composer: str
    sources: str
    question: str
    answer: str
    document: str
    searching: str


ENGLISH = Speaker(
    locale="en-US",
    greeting="What would you like to know?",
    prompt="What is Teahouse?",
    composer="Message",
    sources="Sources",
    question="why is the chat blank after deploy?",
    answer="allowlist",
    document="docs/en/problems/domain-allowlist",
    searching="Searching the documentation…",
)
CHINESE = Speaker(
    locale="zh-CN",
    greeting="想了解点什么？",
    prompt="Teahouse 是什么？",
    composer="消息",
    sources="来源",
    question="user 参数缺失怎么办",
    answer="user",
    document="docs/zh/problems/session-parameters",
    searching="正在检索文档…",
)


@pytest.fixture(params=[ENGLISH, CHINESE], ids=["English", "Chinese"])
def speaker(request: pytest.FixtureRequest) -> Speaker:
    return request.param


@pytest.fixture
def page(visit: Visit, guide: str, speaker: Speaker) -> Chat:
    return visit(guide, locale=speaker.locale).open()


def test_the_first_paint_greets_in_the_visitors_language_and_asks_no_other_host(page: Chat, speaker: Speaker) -> None:
    expect(page.page.get_by_role("heading", name=speaker.greeting)).to_be_visible()
    expect(page.button(speaker.prompt)).to_be_visible()
    composer = page.page.get_by_role("textbox", name=speaker.composer, exact=True)
    expect(composer).to_be_focused()
    assert speaker.locale.startswith(page.page.evaluate("document.documentElement.lang"))
    expect(page.page).to_have_title("Teahouse")
    # Nothing that a first chat does not need was loaded.
    assert not [path for path in page.watch.paths() if path.startswith("/assets/highlighter")]


def test_a_whole_conversation_with_sources_that_open_at_the_passage_and_a_follow_up(
    page: Chat, speaker: Speaker
) -> None:
    composer = page.page.get_by_role("textbox", name=speaker.composer, exact=True)
    composer.fill(speaker.question)
    composer.press("Enter")
    turn = page.turns.first
    expect(turn).to_contain_text(speaker.question)
    sources = turn.get_by_role("region", name=speaker.sources)
    expect(sources).to_be_visible()
    expect(turn).to_contain_text(speaker.answer)
    assert page.page.url.split("?")[0] == page.base

    # The first source is the right page, and each is cited in the text by its number.
    expect(sources.get_by_role("link").first).to_have_attribute("href", re.compile(re.escape(speaker.document)))
    expect(turn.get_by_role("link", name="1", exact=True).first).to_be_visible()
    expect(turn.get_by_role("link", name="2", exact=True).first).to_be_visible()

    # The second stands further down; it opens there, beside the chat.
    with page.page.context.expect_page() as opened:
        sources.get_by_role("link").nth(1).click()
    document = opened.value
    expect(document).to_have_url(re.compile(re.escape(speaker.document)))
    anchor = unquote(document.url.partition("#")[2])
    assert anchor, "the source opens the page, but not the passage"
    expect(document.locator(f"[id='{anchor}']")).to_be_in_viewport()
    document.close()

    # A follow-up question is asked by choosing it.
    follow_up = turn.locator(".chips").get_by_role("link").first
    question = follow_up.inner_text()
    follow_up.click()
    expect(page.turns.nth(1)).to_contain_text(question)
    expect(page.turns.nth(1).get_by_role("region", name=speaker.sources)).to_be_visible()

    # A reload shows it all again.
    page.page.reload()
    expect(page.turns).to_have_count(2)
    expect(page.turns.first.get_by_role("region", name=speaker.sources)).to_be_visible()


def test_a_starter_prompt_asks_its_question(page: Chat, speaker: Speaker) -> None:
    page.button(speaker.prompt).click()
    expect(page.turns.first).to_contain_text(speaker.prompt)
    expect(page.turns.first.get_by_role("region", name=speaker.sources)).to_be_visible()


def test_an_answer_that_is_not_in_the_documents_is_not_made_up(visit: Visit, guide: str) -> None:
    chat = visit(guide).open()
    turn = chat.converse("zzyzx qwrtp vbnmk")
    expect(turn).to_contain_text("I found nothing about")
    expect(turn.get_by_role("region", name="Sources")).to_have_count(0)


def test_the_page_keeps_the_thread_in_its_address_until_a_new_chat(visit: Visit, guide: str) -> None:
    chat = visit(guide).open()
    chat.converse("What is Teahouse?")
    expect(chat.page).to_have_url(re.compile(r"\?thread=thr_[0-9a-f]{32}$"))
    chat.button("New chat").click()
    expect(chat.page).to_have_url(chat.base)
    expect(chat.page.get_by_role("heading", name="What would you like to know?")).to_be_visible()


def test_the_address_of_a_thread_shows_a_stranger_nothing(visit: Visit, guide: str) -> None:
    chat = visit(guide).open()
    chat.converse("What is Teahouse?")
    stranger = visit(guide)
    stranger.watch.allow("404")
    stranger.page.goto(chat.page.url)
    expect(stranger.page.get_by_role("alert")).to_be_visible()
    expect(stranger.page.get_by_text("What is Teahouse?", exact=True)).to_have_count(0)
    stranger.button("New chat").click()
    expect(stranger.composer).to_be_enabled()


def test_a_follow_up_chosen_during_an_answer_waits_in_the_composer(visit: Visit, guide: str) -> None:
    chat = visit(guide).open()
    first = chat.converse("why is the chat blank after deploy?")
    follow_up = first.locator(".chips").get_by_role("link").first
    question = follow_up.inner_text()
    chat.page.route("**/chatkit", lambda route: None)
    chat.composer.fill("One more thing")
    chat.composer.press("Enter")
    expect(chat.button("Stop")).to_be_visible()
    follow_up.click()
    expect(chat.composer).to_have_value(question)


def test_when_the_server_cannot_be_reached_the_page_says_so(visit: Visit, guide: str) -> None:
    chat = visit(guide, locale="zh-CN")
    chat.watch.allow("ERR_FAILED")
    chat.page.route("**/api", lambda route: route.abort())
    chat.open()
    expect(chat.page.get_by_role("alert")).to_contain_text("聊天加载失败")
    chat.page.unroute("**/api")
    chat.button("重试").click()
    expect(chat.page.get_by_role("heading", name="想了解点什么？")).to_be_visible()
