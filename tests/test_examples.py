"""The examples run as their first lines say."""

from __future__ import annotations

import asyncio
import importlib
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hosted.openai_sessions import openai
from house import Browser, of_type, served, texts
from openai_provider import Calls, Says, provider
from teahouse import Settings, Teahouse

ROOT = Path(__file__).parents[1]


@pytest.fixture
def example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], Any]]:
    """Imports an example anew, its data in a folder of the test's own."""
    monkeypatch.syspath_prepend(ROOT)
    monkeypatch.chdir(tmp_path)
    yield lambda name: importlib.import_module(f"examples.{name}")
    for name in [name for name in sys.modules if name.startswith("examples.")]:
        del sys.modules[name]


@pytest.mark.usefixtures("example")
async def test_server(tmp_path: Path) -> None:
    house = Teahouse(server="examples.server:ParrotServer", settings=Settings(data=tmp_path / "data"))
    async with Browser(house.app) as browser:
        events = await browser.say("Pretty Polly")
        assert of_type(events, "progress_update")[0]["text"] == "Listening…"
        assert texts(await browser.items(events[0]["thread"]["id"])) == ["Pretty Polly", "Pretty Polly"]
    await house.stop()


@pytest.mark.usefixtures("example")
async def test_agent(tmp_path: Path) -> None:
    async with provider(Calls("order_status", {"order_id": "7"}), Says("It is on its way.")) as there:
        model = {"name": "tea-1", "base_url": there.url}
        settings = Settings(agent="examples.agent:support", data=tmp_path / "data", model=model)
        house = Teahouse(settings=settings)
        async with Browser(house.app) as browser:
            events = await browser.say("Where is order 7?")
        await house.stop()
    assert of_type(events, "progress_update")[0]["text"] == "Looking for order 7…"
    assert "left our warehouse" in str(there.asked[1])
    done = [event["item"] for event in of_type(events, "thread.item.done")]
    assert texts(done) == ["Where is order 7?", "It is on its way."]


@pytest.mark.parametrize(("name", "path"), [("mount_fastapi", "/teas"), ("mount_starlette", "/")])
async def test_mounted(example: Callable[[str], Any], name: str, path: str) -> None:
    app = example(name).app
    async with served(app) as url, Browser(url, prefix="/chat") as browser, Browser(url) as beside:
        assert (await beside.http.get(path)).status_code == 200
        assert (await browser.http.get("/healthz")).json() == {"status": "ok"}
        assert texts(await browser.items(await browser.open_thread("Tea"))) == ["Tea", "Tea"]
        assert (await beside.http.get("/chat")).headers["location"].endswith("/chat/")


async def test_hosted_flask(example: Callable[[str], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    async with openai() as there:
        for name, value in (
            ("OPENAI_API_KEY", there.key),
            ("OPENAI_BASE_URL", there.url),
            ("CHATKIT_WORKFLOW_ID", "wf_1"),
            ("NO_PROXY", "127.0.0.1"),
        ):
            monkeypatch.setenv(name, value)
        flask = example("hosted_flask")
        browser = flask.app.test_client()
        made = [(await asyncio.to_thread(browser.post, "/api/chatkit/session")).json for _ in range(2)]
        there.refuses(401)
        refused = await asyncio.to_thread(flask.app.test_client().post, "/api/chatkit/session")
        await asyncio.to_thread(flask.sessions.close)
    assert made[0]["client_secret"] == made[1]["client_secret"]
    assert refused.json["error"]["code"] == "hosted_key_refused"
