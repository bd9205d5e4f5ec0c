"""The unmodified `@openai/chatkit-react`, in the built example, beside the chat on one origin."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator
from types import ModuleType

import pytest
from playwright.sync_api import expect

from teahouse import Settings

from .chat import Chat
from .conftest import Visit
from .houses import REPOSITORY, served

EXAMPLE = REPOSITORY / "examples" / "react"


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLE / f"{name}.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="package")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The example as its README starts it, with the guide."""
    settings = Settings(data=tmp_path_factory.mktemp("shop"))
    with served(load("shop").app(settings)) as url:
        yield f"{url}/"


@pytest.fixture
def page(visit: Visit, shop: str) -> Chat:
    return visit(shop).open()


def test_the_wrapper_holds_a_whole_conversation(page: Chat) -> None:
    expect(page.page.get_by_role("heading", name="Ask us about tea")).to_be_visible()
    expect(page.composer).to_be_focused()
    turn = page.converse("What is Teahouse?")
    expect(turn.get_by_role("region", name="Sources")).to_be_visible()
    expect(page.page).to_have_url(re.compile(r"\?thread=thr_"))
    follow_up = turn.locator(".chips").get_by_role("link").first
    question = follow_up.inner_text()
    follow_up.click()
    expect(page.turns.nth(1)).to_contain_text(question)
    page.finished(page.turns.nth(1))
    page.page.reload()
    expect(page.turns).to_have_count(2)


def test_a_button_of_the_page_asks_in_a_new_thread(page: Chat) -> None:
    page.converse("why is the chat blank after deploy?")
    button = (
        page.page.get_by_role("complementary", name="Support").get_by_role("button", name="What is Teahouse?").first
    )
    button.click()
    expect(page.turns).to_have_count(1)
    expect(page.turns).to_contain_text("What is Teahouse?")
    page.finished(page.turns)
    expect(button).to_be_enabled()


def test_fifty_renders_with_new_closures_ask_nothing_and_lose_nothing(page: Chat) -> None:
    page.converse("What is Teahouse?")
    page.composer.fill("half a thought")
    page.element.evaluate("chat => { window.kept = chat; }")
    before = page.watch.operations()
    add = page.button("Add a tin of tea")
    for _ in range(50):
        add.click()
    expect(page.page.get_by_text("In your basket: 50")).to_be_visible()
    expect(page.composer).to_have_value("half a thought")
    expect(page.turns).to_have_count(1)
    assert page.element.evaluate("chat => chat === window.kept")
    assert page.watch.operations() == before


def test_a_new_theme_keeps_the_conversation(page: Chat) -> None:
    page.converse("What is Teahouse?")
    page.composer.fill("half a thought")
    assert page.is_light()
    page.button("Dark").click()
    expect(page.button("Dark")).to_have_attribute("aria-pressed", "true")
    assert not page.is_light()
    expect(page.turns).to_have_count(1)
    expect(page.composer).to_have_value("half a thought")
