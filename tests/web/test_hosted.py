"""`POST /api/chatkit/session`: for whom a session is made, and what a page is told."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Callable
from types import ModuleType
from typing import Any

import pytest

from hosted.openai_sessions import OpenAI, openai
from house import Browser, Json, problem_in
from teahouse import Teahouse
from teahouse.errors import Problem

SESSION = "/api/chatkit/session"
Opened = Callable[..., Any]


@pytest.fixture
async def upstream(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[OpenAI]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    async with openai() as there:
        yield there


@pytest.fixture
async def house(open_house: Opened, upstream: OpenAI) -> Teahouse:
    return await open_house(hosted=workflow(upstream))


def workflow(upstream: OpenAI, **more: Any) -> Json:
    return {"workflow_id": "wf_1", "api_key": upstream.key, "base_url": upstream.url, **more}


@pytest.mark.parametrize("path", [SESSION, "/api/create-session"])
async def test_a_page_gets_a_session(house: Teahouse, visit: Callable[..., Browser], path: str) -> None:
    response = await visit(house).http.post(path)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"
    made = response.json()
    assert made.keys() == {"client_secret", "session_id", "expires_at", "expires_in", "expires_after"}
    assert made["client_secret"].startswith("ek_")


async def test_the_user_is_the_visitor_and_stays_the_same(
    house: Teahouse, upstream: OpenAI, visit: Callable[..., Browser]
) -> None:
    alice, bob = visit(house), visit(house)
    first = (await alice.http.post(SESSION)).json()
    await bob.http.post(SESSION)
    again = await alice.http.post(SESSION, json={"instead_of": first["session_id"]})
    assert again.json()["session_id"] != first["session_id"]
    users = [asked["user"] for asked in upstream.asked]
    assert users[0] == users[2] != users[1]
    assert all(user.startswith("vis_") for user in users)


@pytest.mark.parametrize(
    "body",
    [
        b'{"user": "vis_of_somebody_else"}',
        b'{"user": "x", "workflow": {"id": "wf_other"}, "chatkit_configuration": {"file_upload": {"enabled": true}}}',
        b"not JSON",
        b"[" * 50_000,
        b'{"instead_of": ["cksess_1"]}',
    ],
)
async def test_a_page_cannot_say_who_the_user_is(
    house: Teahouse, upstream: OpenAI, visit: Callable[..., Browser], body: bytes
) -> None:
    """OpenAI's starter application sends the workflow and the configuration; such pages go on working."""
    assert (await visit(house).http.post(SESSION, content=body)).status_code == 200
    asked = upstream.asked[0]
    assert asked["user"].startswith("vis_")
    assert "somebody" not in asked["user"]
    assert asked["workflow"] == {"id": "wf_1"}
    assert asked["chatkit_configuration"]["file_upload"] == {"enabled": False}


async def test_many_calls_at_once_make_one_session(
    house: Teahouse, upstream: OpenAI, visit: Callable[..., Browser]
) -> None:
    browser = visit(house)
    await browser.http.get("/chatkit.js")  # brings the cookie
    answers = await asyncio.gather(*(browser.http.post(SESSION) for _ in range(10)))
    assert len({answer.json()["client_secret"] for answer in answers}) == 1
    assert len(upstream.asked) == 1


async def test_a_refusal_is_told_with_its_cause_cure_page_and_ids(
    house: Teahouse, upstream: OpenAI, visit: Callable[..., Browser]
) -> None:
    upstream.refuses(404, "Workflow with id 'wf_1' not found.")
    error = problem_in(await visit(house, accept_language="zh-CN").http.post(SESSION))
    assert error["status"] == 502
    assert error["code"] == "workflow_not_found"
    assert error["doc_url"] == "/docs/zh/errors/workflow_not_found"
    assert error["upstream_request_id"] == "req_upstream_1"
    assert error["request_id"].startswith("req_")
    assert "工作流" in error["message"]


async def test_when_to_come_again_is_a_header(house: Teahouse, upstream: OpenAI, visit: Callable[..., Browser]) -> None:
    upstream.refuses(429, retry_after_header="90")
    response = await visit(house).http.post(SESSION)
    assert (response.status_code, response.headers["retry-after"]) == (429, "90")


async def test_who_waits_for_openai_holds_up_nobody(
    house: Teahouse, upstream: OpenAI, visit: Callable[..., Browser]
) -> None:
    """The guide's own backend answered nothing else meanwhile, not even its health check."""
    upstream.gate.clear()
    waiting = [asyncio.create_task(visit(house).http.post(SESSION)) for _ in range(5)]
    await upstream.until_waiting(5)
    assert (await visit(house).http.get("/healthz")).status_code == 200
    assert (await visit(house).http.get("/api")).status_code == 200
    assert not any(task.done() for task in waiting)
    upstream.gate.set()
    assert {answer.status_code for answer in await asyncio.gather(*waiting)} == {200}


async def test_other_sites_get_none(house: Teahouse, upstream: OpenAI, visit: Callable[..., Browser]) -> None:
    error = problem_in(await visit(house).http.post(SESSION, headers={"origin": "https://evil.example"}))
    assert error["code"] == "origin_not_allowed"
    assert not upstream.asked


async def test_rates_count(open_house: Opened, upstream: OpenAI, visit: Callable[..., Browser]) -> None:
    house = await open_house(hosted=workflow(upstream), rates={"visitor": "2/hour"})
    browser = visit(house)
    answers = [await browser.http.post(SESSION) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]


async def test_without_a_workflow_it_is_said(open_house: Opened, visit: Callable[..., Browser]) -> None:
    error = problem_in(await visit(await open_house()).http.post(SESSION))
    assert (error["status"], error["code"]) == (501, "hosted_not_configured")


@pytest.mark.parametrize("asynchronous", [True, False])
async def test_state_variables_come_from_a_function_of_the_request(
    open_house: Opened,
    upstream: OpenAI,
    visit: Callable[..., Browser],
    monkeypatch: pytest.MonkeyPatch,
    asynchronous: bool,
) -> None:
    async def later(request: Any) -> dict[str, Any]:
        return {"language": request.headers["accept-language"], "page": (await request.json())["page"]}

    def at_once(request: Any) -> dict[str, Any]:
        return {"language": request.headers["accept-language"]}

    module = ModuleType("shop_state")
    module.variables = later if asynchronous else at_once  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop_state", module)
    house = await open_house(hosted=workflow(upstream, state_variables="shop_state:variables"))
    await visit(house, accept_language="zh-CN").http.post(SESSION, json={"page": "teas"})
    expected = {"language": "zh-CN"} | ({"page": "teas"} if asynchronous else {})
    assert upstream.asked[0]["workflow"]["state_variables"] == expected


async def test_state_variables_that_openai_would_refuse_do_not_leave(
    open_house: Opened, upstream: OpenAI, visit: Callable[..., Browser], monkeypatch: pytest.MonkeyPatch
) -> None:
    module = ModuleType("shop_state")
    module.variables = lambda request: {"plan": None}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "shop_state", module)
    house = await open_house(hosted=workflow(upstream, state_variables="shop_state:variables"))
    error = problem_in(await visit(house).http.post(SESSION))
    assert (error["code"], error["param"]) == ("hosted_request_invalid", "state_variables")
    assert not upstream.asked


@pytest.mark.parametrize(
    ("hosted", "said"),
    [
        ({"workflow_id": "wf_1"}, "hosted_key_missing"),
        ({"workflow_id": "wf_1", "api_key": "sk-1", "state_variables": "no.such:thing"}, "bad_target"),
        ({"workflow_id": "wf_1", "api_key": "sk-1", "state_variables": "sys:path"}, "list is no function"),
    ],
)
async def test_what_cannot_work_is_told_at_the_start(open_house: Opened, hosted: Json, said: str) -> None:
    with pytest.raises(Problem, match=said):
        await open_house(hosted=hosted)
