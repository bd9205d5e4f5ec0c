"""What a visitor beyond their rate sees."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from teahouse import Settings, Teahouse

from .conftest import Visit
from .houses import served
from .scripted import ScriptedServer


@pytest.fixture
def strict_house(tmp_path: Path) -> Iterator[str]:
    """One message a minute."""
    settings = Settings(data=tmp_path, rates={"visitor": "1/minute"})
    with served(Teahouse(server=ScriptedServer, settings=settings).app) as url:
        yield f"{url}/"


def test_a_message_beyond_the_rate_is_kept_and_sent_later(
    strict_house: str, visit: Visit, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = visit(strict_house).embed()
    chat.watch.allow("429")
    chat.converse("Green tea?")
    chat.composer.fill("And black tea?")
    chat.composer.press("Enter")
    alert = chat.page.get_by_role("alert")
    expect(alert).to_contain_text(re.compile(r"Too many requests came from you.* Try again in \d+ s\."))
    expect(chat.composer).to_have_value("And black tea?")

    now = time.time
    monkeypatch.setattr(time, "time", lambda: now() + 120)
    alert.get_by_role("button", name="Try again").click()
    chat.finished(chat.turns.nth(1))
    expect(chat.turns.nth(1)).to_contain_text("You said: And black tea?")
    expect(chat.composer).to_have_value("")
    expect(alert).to_have_count(0)


def test_it_is_said_in_chinese(strict_house: str, visit: Visit) -> None:
    chat = visit(strict_house, locale="zh-CN").embed()
    chat.watch.allow("429")
    composer = chat.page.get_by_role("textbox").first
    for text in ("绿茶？", "红茶呢？"):
        composer.fill(text)
        composer.press("Enter")
        expect(chat.turns.filter(has_text=text).or_(chat.page.get_by_role("alert")).first).to_be_visible()
    expect(chat.page.get_by_role("alert")).to_contain_text(re.compile(r"短时间内发送了过多请求。请在 \d+ 秒后重试。"))
    expect(composer).to_have_value("红茶呢？")
