"""Take the documentation's pictures of a conversation with the guide, or a set to look at.

python -m scripts.screenshots                 # docs/screenshot.png and docs/screenshot.zh.png
python -m scripts.screenshots --all FOLDER    # light and dark, wide and narrow, three languages, several states
"""

from __future__ import annotations

import argparse
import itertools
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

from playwright.sync_api import Browser, Page, expect
from tests.browser.chat import Chat
from tests.browser.chromium import chromium
from tests.browser.houses import teahouse_serve
from tests.browser.watch import Watch

DOCS = Path(__file__).parents[1] / "docs"
QUESTIONS = {
    "en": "Why is the chat blank after deploy?",
    "zh-CN": "部署后聊天一片空白，怎么办？",
    "ar": "Why is the chat blank after deploy?",
}
WIDTH = 960  # px; what GitHub shows without shrinking the words much


def main() -> None:
    """Take them."""
    parser = argparse.ArgumentParser(description="Take pictures of a conversation with the guide.")
    parser.add_argument("--all", type=Path, metavar="FOLDER", help="take the whole set into this folder")
    folder = parser.parse_args().all
    with (
        tempfile.TemporaryDirectory() as data,
        teahouse_serve(Path(data) / "data") as serving,
        chromium() as browser,
    ):
        if folder is None:
            take_for_docs(browser, serving.url)
        else:
            folder.mkdir(parents=True, exist_ok=True)
            take_all(browser, serving.url, folder)


def take_for_docs(browser: Browser, url: str) -> None:
    for locale, name in (("en", "screenshot.png"), ("zh-CN", "screenshot.zh.png")):
        chat = come(browser, url, locale, "light", width=WIDTH, height=800, scale=1.5)
        converse(chat, QUESTIONS[locale])
        chat.page.reload()
        show_everything(chat)
        shoot(chat.page, DOCS / name)
        chat.page.context.close()


def show_everything(chat: Chat) -> None:
    """Make the window as high as the conversation."""
    expect(chat.turns.locator(".actions")).to_be_visible()
    hidden = chat.page.locator(".scroller").evaluate("scroller => scroller.scrollHeight - scroller.clientHeight")
    chat.page.set_viewport_size({"width": WIDTH, "height": 800 + hidden})
    chat.page.mouse.move(0, 0)
    expect(chat.page.locator(".jump")).to_have_count(0)


def take_all(browser: Browser, url: str, folder: Path) -> None:
    for locale, scheme, width in itertools.product(QUESTIONS, ("light", "dark"), (1280, 360)):
        chat = come(browser, url, locale, scheme, width=width, height=800, scale=1)
        name = f"{locale}-{scheme}-{width}"
        expect(chat.page.get_by_role("heading", level=2)).to_be_visible()
        shoot(chat.page, folder / f"{name}-1-start.png")
        converse(chat, QUESTIONS[locale])
        shoot(chat.page, folder / f"{name}-2-answer.png")
        scroller = chat.page.locator(".scroller")
        scroller.evaluate("scroller => scroller.scrollTo({ top: scroller.scrollHeight, behavior: 'instant' })")
        shoot(chat.page, folder / f"{name}-3-end.png")
        chat.call("showHistory")
        shoot(chat.page, folder / f"{name}-4-history.png")
        chat.page.context.close()


def come(browser: Browser, url: str, locale: str, scheme: str, *, width: int, height: int, scale: float) -> Chat:
    """A new visitor before the page."""
    context = browser.new_context(
        locale=locale,
        color_scheme=scheme,
        viewport={"width": width, "height": height},
        device_scale_factor=scale,
        reduced_motion="reduce",
    )
    return Chat(context.new_page(), f"{url}/", Watch(context, urlsplit(url).netloc)).open()


def converse(chat: Chat, question: str) -> None:
    """Ask, and wait for the end of the answer, whatever the language of the interface."""
    composer = chat.page.get_by_role("textbox")
    composer.fill(question)
    composer.press("Enter")
    thread = chat.page.locator(".thread[aria-busy]")
    expect(chat.turns.locator(".actions")).to_be_visible()
    expect(thread).to_have_attribute("aria-busy", "false")
    composer.blur()


def shoot(page: Page, path: Path) -> None:
    page.screenshot(path=path, animations="disabled", caret="hide")


if __name__ == "__main__":
    main()
