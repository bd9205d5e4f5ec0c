"""Real Chromium, real servers. Each test is a visitor of its own, and no page may complain or ask another host."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser

from teahouse import Settings, Teahouse

from .chat import Chat
from .chromium import PATIENCE, chromium
from .houses import served, teahouse_serve
from .scripted import Script, ScriptedServer, script
from .watch import Watch

Visit = Callable[..., Chat]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker("browser")


@pytest.fixture(scope="package", autouse=True)
def nothing_of_this_machine() -> Iterator[None]:
    """No setting or key: the guide is to answer from documents, not from a model."""
    with pytest.MonkeyPatch.context() as environment:
        for variable in [name for name in os.environ if name.startswith(("TEAHOUSE_", "OPENAI_")) or name == "PORT"]:
            environment.delenv(variable)
        yield


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="package")
def guide(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """`teahouse serve`: the guide on the bundled documentation."""
    with teahouse_serve(tmp_path_factory.mktemp("guide") / "data") as serving:
        yield f"{serving.url}/"


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
