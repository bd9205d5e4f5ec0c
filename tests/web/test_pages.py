"""The page, the element, and what every response carries."""

from __future__ import annotations

import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from starlette.applications import Starlette
from starlette.routing import Mount

from contract.scenarios import Scenario
from house import Browser, message_of, problem_in, served, texts
from teahouse import Settings, Teahouse, __version__
from teahouse.web import page

POLICY = {
    "default-src": "'self'",
    "img-src": "'self' data: blob:",
    "object-src": "'none'",
    "base-uri": "'none'",
    "form-action": "'self'",
    "frame-ancestors": "'self'",
}


ZIPPED = gzip.compress(b"element()")


@pytest.fixture
async def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A build, small and known."""
    static = tmp_path / "static"
    (static / "assets").mkdir(parents=True)
    files = {"index.html": "<!doctype html>page", "page.js": "page()", "page.css": "p{}", "chatkit.js": "element()"}
    for name, text in files.items():
        (static / name).write_text(text)
    (static / "chatkit.js.br").write_bytes(b"brotli")
    (static / "chatkit.js.gz").write_bytes(ZIPPED)
    (static / "assets" / "code-ABC123.js").write_text("code()")
    monkeypatch.setattr(page, "FILES", page.BuiltFiles(directory=static))
    return static


@pytest.fixture
async def browser(open_house: Any, visit: Any, built: Path) -> Browser:
    arrived: Browser = visit(await open_house(Scenario))
    return arrived


# --- Files --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "kind", "text"),
    [
        ("/", "text/html; charset=utf-8", "<!doctype html>page"),
        ("/page.js", "text/javascript; charset=utf-8", "page()"),
        ("/page.css", "text/css; charset=utf-8", "p{}"),
        ("/chatkit.js", "text/javascript; charset=utf-8", "element()"),
        ("/assets/code-ABC123.js", "text/javascript; charset=utf-8", "code()"),
    ],
)
async def test_files_are_served_and_not_sent_twice(browser: Browser, path: str, kind: str, text: str) -> None:
    plain = {"accept-encoding": "identity"}
    first = await browser.http.get(path, headers=plain)
    assert (first.status_code, first.headers["content-type"], first.text) == (200, kind, text)
    again = await browser.http.get(path, headers=plain | {"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    head = await browser.http.head(path, headers=plain)
    assert (head.status_code, head.content) == (200, b"")


async def test_files_with_a_hash_in_their_name_are_kept_for_ever_and_others_asked_for(browser: Browser) -> None:
    asset = await browser.http.get("/assets/code-ABC123.js")
    assert asset.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert (await browser.http.get("/page.js")).headers["cache-control"] == "no-cache"


@pytest.mark.parametrize(
    ("accepted", "encoding", "content"),
    [
        ("gzip, deflate, br, zstd", "br", b"brotli"),
        ("gzip", "gzip", ZIPPED),
        ("br;q=0, gzip;q=0.5", "gzip", ZIPPED),
        ("identity", None, b"element()"),
    ],
)
async def test_the_smallest_encoding_that_the_browser_takes_is_sent(
    open_house: Any, built: Path, accepted: str, encoding: str | None, content: bytes
) -> None:
    house = await open_house(Scenario)
    headers = {"accept-encoding": accepted}
    async with (
        served(house.app) as url,
        httpx2.AsyncClient(trust_env=False) as browser,
        browser.stream("GET", f"{url}/chatkit.js", headers=headers) as response,
    ):
        raw = b"".join([piece async for piece in response.aiter_raw()])
    assert response.headers.get("content-encoding") == encoding
    assert raw == content
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert "accept-encoding" in response.headers["vary"]


@pytest.mark.parametrize(
    "path",
    ["/index.html.br", "/chatkit.js.br", "/assets/", "/assets/%2e%2e%2fpage.js", "/assets/%00"],
)
async def test_nothing_else_is_served(browser: Browser, path: str) -> None:
    error = problem_in(await browser.http.get(path, headers={"accept": "*/*"}))
    assert (error["status"], error["code"]) == (404, "not_found")


async def test_the_page_and_the_element_bring_the_cookie(browser: Browser) -> None:
    """Else the element's first two requests would be two visitors."""
    first = await browser.http.get("/chatkit.js")
    assert "set-cookie" in first.headers
    assert first.headers["cache-control"] == "private, no-cache"
    assert "set-cookie" not in (await browser.http.get("/")).headers
    assert "set-cookie" not in (await browser.post("threads.list")).headers


async def test_the_page_learns_what_to_show(open_house: Any, visit: Any) -> None:
    words = {"title": "Tea shop", "greeting": "Thirsty?", "prompts": ["Green?", "Black?"]}
    browser = visit(await open_house(Scenario, page=words))
    about = (await browser.http.get("/api")).json()
    assert (about["name"], about["version"]) == ("Teahouse", __version__)
    assert about["page"]["title"] == "Tea shop"
    assert about["page"]["greeting"] == "Thirsty?"
    assert about["page"]["prompts"] == [
        {"label": "Green?", "prompt": "Green?"},
        {"label": "Black?", "prompt": "Black?"},
    ]


async def test_the_page_speaks_the_visitors_language(open_house: Any, visit: Any) -> None:
    house = await open_house(Scenario)
    greetings = [
        (await visit(house, accept_language=language).http.get("/api")).json()["page"]["greeting"]
        for language in ("zh-CN,zh;q=0.9,en;q=0.8", "en-GB", "fr", "*", "")
    ]
    assert greetings == ["想了解点什么？"] + ["What would you like to know?"] * 4


async def test_health_is_told_when_the_store_answers(browser: Browser) -> None:
    response = await browser.http.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response.headers["cache-control"] == "no-store"


# --- Every response -----------------------------------------------------------------------------------


REQUESTS = [
    ("GET", "/"),
    ("GET", "/chatkit.js"),
    ("GET", "/assets/code-ABC123.js"),
    ("GET", "/api"),
    ("GET", "/docs/en/index"),
    ("GET", "/docs.css"),
    ("GET", "/healthz"),
    ("GET", "/nowhere"),
    ("GET", "/chatkit"),
    ("DELETE", "/"),
    ("POST", "/chatkit"),
]


@pytest.mark.parametrize(("method", "path"), REQUESTS)
async def test_every_response_says_what_it_may_do(browser: Browser, method: str, path: str) -> None:
    response = await browser.http.request(method, path)
    policy = dict(rule.split(" ", 1) for rule in response.headers["content-security-policy"].split("; "))
    assert policy == POLICY
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "same-origin"
    assert re.fullmatch(r"req_[0-9a-f]{32}", response.headers["x-request-id"])


async def test_streams_say_it_too(browser: Browser) -> None:
    response = await browser.post("threads.create", input=message_of("Hello"))
    assert "content-security-policy" in response.headers


async def test_a_wrong_method_is_told_the_right_one(browser: Browser) -> None:
    response = await browser.http.get("/chatkit", headers={"accept": "application/json"})
    error = problem_in(response)
    assert (error["status"], error["code"]) == (405, "method_not_allowed")
    assert response.headers["allow"] == "POST"
    assert "GET is not possible at /chatkit" in error["message"]


async def test_a_person_gets_an_error_as_a_page(browser: Browser) -> None:
    headers = {"accept": "text/html,application/xhtml+xml", "accept-language": "zh-CN"}
    response = await browser.http.get("/%3Cscript%3E", headers=headers)
    assert response.status_code == 404
    assert response.headers["content-type"].startswith("text/html")
    assert "&lt;script&gt; 处没有内容" in response.text
    assert "<script" not in response.text
    assert response.headers["x-request-id"] in response.text


async def test_each_request_is_logged_under_its_id(browser: Browser, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("INFO", "teahouse"):
        response = await browser.http.get("/healthz")
    [record] = [record for record in caplog.records if record.getMessage().startswith("request ")]
    fields = record.fields  # type: ignore[attr-defined]
    assert fields["request_id"] == response.headers["x-request-id"]
    assert (fields["method"], fields["path"], fields["status"]) == ("GET", "/healthz", 200)


class Breaks(Scenario):
    async def add_feedback(self, *_: Any) -> None:
        raise RuntimeError("password=hunter2")


async def test_an_unexpected_failure_is_told_without_its_details(
    open_house: Any, visit: Any, caplog: pytest.LogCaptureFixture
) -> None:
    browser = visit(await open_house(Breaks))
    thread_id = await browser.open_thread()
    item_ids = [item["id"] for item in await browser.items(thread_id)]
    failed = await browser.problem("items.feedback", thread_id=thread_id, item_ids=item_ids, kind="positive")
    assert (failed["status"], failed["code"]) == (500, "internal_error")
    assert "hunter2" not in str(failed)
    assert "RuntimeError: password=hunter2" in caplog.text
    assert failed["request_id"] in caplog.text


@pytest.mark.parametrize("host", ["[", "a b", "", "x" * 300])
@pytest.mark.parametrize("path", ["/", "/chatkit.js", "/api", "/nowhere", "/docs/en/index"])
async def test_a_strange_host_is_no_failure_of_ours(browser: Browser, path: str, host: str) -> None:
    assert (await browser.http.get(path, headers={"host": host})).status_code in (200, 404)


# --- Whose pages --------------------------------------------------------------------------------------

SHOP = "https://shop.example"
LIST = {"type": "threads.list", "params": {}}


@pytest.mark.parametrize(
    ("headers", "allowed"),
    [
        ({}, True),  # not a browser
        ({"origin": "http://chat.test"}, True),
        ({"origin": "https://chat.test"}, True),  # a proxy ends TLS
        ({"origin": "https://public.test", "sec-fetch-site": "same-origin"}, True),  # a proxy changes the host
        ({"origin": "https://evil.test"}, False),
        ({"origin": "https://evil.test", "sec-fetch-site": "cross-site"}, False),
        ({"origin": "https://sub.chat.test", "sec-fetch-site": "same-site"}, False),
        ({"origin": "http://chat.test:81"}, False),
        ({"origin": "null"}, False),
        ({"origin": ""}, False),
        ({"origin": "http://["}, False),
        ({"origin": "http://chat.test/x"}, False),
    ],
)
async def test_other_sites_may_not_speak_for_a_visitor(
    browser: Browser, headers: dict[str, str], allowed: bool
) -> None:
    response = await browser.http.post("/chatkit", json=LIST, headers=headers)
    if allowed:
        assert response.status_code == 200
        return
    error = problem_in(response)
    assert (error["status"], error["code"]) == (403, "origin_not_allowed")
    assert "access-control-allow-origin" not in response.headers


async def test_sites_on_the_list_may(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Scenario, origins=[SHOP]))
    response = await browser.http.post("/chatkit", json=LIST, headers={"origin": SHOP})
    assert response.status_code == 200
    assert response.headers["access-control-allow-origin"] == SHOP
    assert response.headers["access-control-allow-credentials"] == "true"
    preflight = {
        "origin": SHOP,
        "access-control-request-method": "POST",
        "access-control-request-headers": "content-type,x-mine",
    }
    asked = await browser.http.options("/chatkit", headers=preflight)
    assert asked.status_code == 200
    assert asked.headers["access-control-allow-origin"] == SHOP
    assert "x-mine" in asked.headers["access-control-allow-headers"]


@pytest.mark.parametrize("path", ["/chatkit", "/nowhere"])
async def test_sites_on_the_list_can_read_errors(open_house: Any, visit: Any, path: str) -> None:
    """Without the headers a browser tells its page of a CORS failure and not of the real one."""
    browser = visit(await open_house(Scenario, origins=[SHOP]))
    response = await browser.http.post(path, content=b"{", headers={"origin": SHOP})
    assert response.status_code in (400, 404)
    assert response.headers["access-control-allow-origin"] == SHOP
    assert "X-Request-Id" in response.headers["access-control-expose-headers"]


async def test_the_list_opens_nothing_for_others(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Scenario, origins=[SHOP]))
    evil = {"origin": "https://evil.test"}
    response = await browser.http.post("/chatkit", json=LIST, headers=evil)
    assert response.status_code == 403
    assert "access-control-allow-origin" not in response.headers
    asked = await browser.http.options("/chatkit", headers=evil | {"access-control-request-method": "POST"})
    assert "access-control-allow-origin" not in asked.headers


async def test_sites_on_the_list_may_frame_us(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Scenario, origins=[SHOP]))
    policy = (await browser.http.get("/healthz")).headers["content-security-policy"]
    assert f"frame-ancestors 'self' {SHOP}" in policy


# --- Mounted in another application -------------------------------------------------------------------


def in_fastapi(house: Teahouse) -> Any:
    app = FastAPI()
    app.mount("/chat", house.app)

    @app.get("/own")
    async def own() -> str:
        return "the shop's own"

    return app


def in_starlette(house: Teahouse) -> Any:
    return Starlette(routes=[Mount("/chat", house.app)])


@asynccontextmanager
async def mounted(kind: Any, data: Path) -> AsyncIterator[Browser]:
    house = Teahouse(server=Scenario, settings=Settings(data=data))
    async with served(kind(house)) as url, Browser(url, prefix="/chat") as browser:
        yield browser
    await house.stop()


@pytest.mark.parametrize("kind", [in_fastapi, in_starlette])
async def test_it_works_below_a_prefix_without_being_told_to_start(kind: Any, tmp_path: Path, built: Path) -> None:
    """Frameworks do not pass their lifespan on to what is mounted: the first request opens the house."""
    async with mounted(kind, tmp_path) as browser:
        script = await browser.http.get("/chatkit.js")
        assert script.status_code == 200
        assert "Path=/chat;" in script.headers["set-cookie"]
        assert texts(await browser.items(await browser.open_thread())) == ["Hello", "Answer 1."]
        assert (await browser.http.get("/assets/code-ABC123.js")).text == "code()"
        assert (await browser.http.get("/")).status_code == 200

        error = problem_in(await browser.post("tea.pour"))
        assert error["doc_url"] == "/chat/docs/en/errors/unknown_operation"
        assert (await browser.http.get(error["doc_url"].removeprefix("/chat"))).status_code == 200
        entrance = await browser.http.get("/docs")
        assert entrance.headers["location"] == "/chat/docs/en/index"
        text = (await browser.http.get("/docs/en/index")).text
        assert 'href="/chat/docs.css"' in text
        assert 'href="/chat/docs/zh/index"' in text
        assert not re.findall(r'(?:href|src)="/(?!chat/)', text)


class FailsBelowAPrefix(Scenario):
    async def turn(self, number: int, thread: Any) -> Any:
        raise RuntimeError
        yield


async def test_events_link_below_the_prefix_too(tmp_path: Path) -> None:
    house = Teahouse(server=FailsBelowAPrefix, settings=Settings(data=tmp_path))
    async with Browser(in_starlette(house), prefix="/chat") as browser:
        assert (await browser.say())[-1]["doc_url"] == "/chat/docs/en/errors/agent_failed"
    await house.stop()


async def test_the_rest_of_the_application_is_not_touched(tmp_path: Path) -> None:
    house = Teahouse(server=Scenario, settings=Settings(data=tmp_path))
    async with Browser(in_fastapi(house)) as browser:
        own = await browser.http.get("/own")
        assert own.json() == "the shop's own"
        assert "content-security-policy" not in own.headers
        assert (await browser.http.get("/nowhere")).json() == {"detail": "Not Found"}


async def test_a_house_that_cannot_open_says_so_and_opens_when_it_can(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    data = tmp_path / "data"
    data.write_text("in the way")
    house = Teahouse(server=Scenario, settings=Settings(data=data))
    async with Browser(in_starlette(house), prefix="/chat") as browser:
        error = await browser.problem("threads.list")
        assert (error["status"], error["code"]) == (500, "internal_error")
        assert str(tmp_path) not in str(error)
        assert f"The data folder {data} cannot be used" in caplog.text
        data.unlink()
        assert await browser.ask("threads.list")
    await house.stop()
