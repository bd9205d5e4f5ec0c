"""Real Chromium, real servers. Each test is a visitor of its own, and no page may complain or ask another host."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from teahouse import Settings, Teahouse

from .chat import Chat
from .houses import served, teahouse_serve
from .scripted import Script, ScriptedServer, script
from .watch import Watch

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # A name that is not localhost: plain HTTP from it is no secure context.
    "--host-resolver-rules=MAP teahouse.test 127.0.0.1",
]
PATIENCE = 15_000  # ms; other work may share the machine

expect.set_options(timeout=PATIENCE)

Visit = Callable[..., Chat]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker("browser")


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    executable = next(filter(None, map(shutil.which, NAMES)), None)
    assert executable, "no Chromium: scripts/chromium.sh installs one"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`teahouse serve`: the guide on the bundled documentation."""
    with teahouse_serve(tmp_path_factory.mktemp("guide") / "data") as url:
        yield f"{url}/"


@pytest.fixture(scope="package")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Teahouse in which the script answers."""
    settings = Settings(data=tmp_path_factory.mktemp("house"))
    with served(Teahouse(server=ScriptedServer, settings=settings).app) as url:
        yield f"{url}/"


@pytest.fixture(autouse=True)
def reset_script() -> None:
    script.reset()


@pytest.fixture(name="script")
def the_script() -> Script:
    """What the assistant in `house` says."""
    return script


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """Makes a visitor: `visit(house)`; more is given to the browser context, such as `locale="zh-CN"`."""
    visitors: list[Chat] = []

    def come(base: str, **options: Any) -> Chat:
        context = browser.new_context(**{"locale": "en-US", "viewport": {"width": 1000, "height": 800}, **options})
        context.set_default_timeout(PATIENCE)
        watch = Watch(context, urlsplit(base).netloc)
        visitors.append(Chat(context.new_page(), base, watch))
        return visitors[-1]

    yield come
    for visitor in visitors:
        visitor.page.context.close()
    for visitor in visitors:
        visitor.watch.check()


@pytest.fixture
def chat(visit: Visit, house: str) -> Chat:
    """A visitor before the page at `/` of the house in which the script answers; not open yet."""
    return visit(house)
