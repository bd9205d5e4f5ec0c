"""The emulator's ChatKit, held to account by the official SDK and by the documents."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx2
import pytest

from emulator import conformance
from teahouse.emulator import Emulator, Script, Size
from teahouse.emulator.bodies import NewSession
from teahouse.emulator.conditions import FAILURES, HEADER
from teahouse.emulator.refusals import Refusal

KEYS = {"authorization": "Bearer any", "openai-beta": "chatkit_beta=v1"}


def browser(emulator: Emulator, **headers: str) -> httpx2.AsyncClient:
    transport = httpx2.ASGITransport(app=emulator.app)
    return httpx2.AsyncClient(transport=transport, base_url="http://api.test", headers=KEYS | headers, trust_env=False)


async def test_the_official_sdk_finds_what_it_knows(
    emulate: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    url = await emulate(Emulator(size=Size(3, 4), script=Script.of(conformance.SCRIPT)))
    await asyncio.to_thread(conformance.main, url)
    assert capsys.readouterr().out.count(" ok\n") == len(conformance.CHECKS)


async def test_the_same_size_gives_the_same_threads() -> None:
    pages = []
    for size in (Size(2, 2, 30), Size(2, 2, 30), Size(2, 2, 31)):
        async with browser(Emulator(size=size)) as api:
            threads = (await api.get("/v1/chatkit/threads", params={"limit": 100})).json()["data"]
            items = [
                (await api.get(f"/v1/chatkit/threads/{thread['id']}/items", params={"limit": 100})).json()
                for thread in threads
            ]
            pages.append((threads, [page["data"] for page in items]))
    assert pages[0] == pages[1]
    assert [len(items) for items in pages[2][1]] == [31] * 4
    assert pages[2][1][0][1:] == pages[0][1][0]


async def test_a_session_ends_and_counts_its_requests() -> None:
    now = 1_000_000.0
    emulator = Emulator(now=lambda: now)
    asked = NewSession(user="ada", workflow={"id": "wf_demo"}, rate_limits={"max_requests_per_1_minute": 2})
    made = emulator.chatkit.create_session(asked)
    for _ in range(2):
        assert emulator.chatkit.use(made["client_secret"]).asked.user == "ada"
    with pytest.raises(Refusal) as refused:
        emulator.chatkit.use(made["client_secret"])
    assert (refused.value.status, refused.value.headers) == (429, {"Retry-After": "60"})
    now += 60
    emulator.chatkit.use(made["client_secret"])
    now += 540
    with pytest.raises(Refusal) as refused:
        emulator.chatkit.use(made["client_secret"])
    assert (refused.value.status, refused.value.error["code"]) == (401, "session_expired")
    assert emulator.chatkit.cancel_session(made["id"])["status"] == "cancelled"


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [({"authorization": ""}, 401, None), ({"openai-beta": "assistants=v2"}, 400, "invalid_beta")],
)
async def test_key_and_beta_header_are_asked_for(headers: dict[str, str], status: int, code: str | None) -> None:
    async with browser(Emulator(), **headers) as api:
        response = await api.get("/v1/chatkit/threads")
    assert (response.status_code, response.json()["error"]["code"]) == (status, code)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("GET", "/v1/chatkit/nowhere", b"", 404),
        ("PUT", "/v1/chatkit/threads", b"", 405),
        ("POST", "/v1/chatkit/sessions", b"{", 400),
        ("POST", "/v1/chatkit/sessions", b"[" * 100_000, 400),
        ("POST", "/v1/chatkit/sessions", b"\xff\xfe", 400),
        ("POST", "/v1/chatkit/sessions", b"null", 400),
        ("GET", "/v1/chatkit/threads?limit=ten", b"", 400),
        ("GET", "/v1/chatkit/threads?user=", b"", 400),
    ],
)
async def test_whatever_comes_is_answered_with_openais_error(method: str, path: str, body: bytes, status: int) -> None:
    async with browser(Emulator()) as api:
        response = await api.request(method, path, content=body)
    assert response.status_code == status
    assert response.json()["error"].keys() == {"message", "type", "param", "code"}
    assert response.headers["x-request-id"].startswith("req_")


@pytest.mark.parametrize("name", FAILURES)
async def test_every_failure_is_the_documented_object(name: str) -> None:
    async with browser(Emulator(scenario=name)) as api:
        for response in (
            await api.get("/v1/chatkit/threads"),
            await api.get("/v1/chatkit/threads", headers={HEADER: f"{name}, retry-after=3"}),
        ):
            failure = FAILURES[name]
            error = response.json()["error"]
            assert response.status_code == failure.status
            assert (error["code"], error["type"]) == (failure.code, failure.kind)
            assert ("retry-after" in response.headers) is failure.wait
        assert (await api.get("/v1/chatkit/threads", headers={HEADER: "normal"})).status_code == 200


async def test_failures_come_as_often_as_is_said() -> None:
    async with browser(Emulator(scenario="server-error, every=3")) as api:
        assert [(await api.get("/v1/chatkit/threads")).status_code for _ in range(6)] == [200, 200, 500] * 2
    async with browser(Emulator(scenario="rate-limited, first=2")) as api:
        assert [(await api.get("/v1/chatkit/threads")).status_code for _ in range(4)] == [429, 429, 200, 200]


async def test_the_page_lists_requests_without_keys() -> None:
    async with browser(Emulator(scenario="overloaded, every=2")) as api:
        for _ in range(2):
            await api.get("/v1/chatkit/threads", params={"user": "secret-person"})
        for language, words in (("en", "The last requests"), ("zh-CN", "最近的请求")):
            page = await api.get("/", headers={"accept-language": language})
            assert words in page.text
            assert page.text.count("/v1/chatkit/threads") == 2
            assert "503" in page.text
            assert "any" not in page.text.split("<main>")[1]
            assert "secret-person" not in page.text
            policy = page.headers["content-security-policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert "style=" not in page.text
            assert "<script" not in page.text
        assert (await api.get("/recent.css")).status_code == 200
