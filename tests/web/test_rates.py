"""Rates on `POST /chatkit`: who is refused, and how it is told."""

from __future__ import annotations

from typing import Any

import pytest
from chatkit.server import NonStreamingResult
from chatkit.types import ThreadMetadata

from contract.scenarios import Scenario
from house import Browser, message_of, problem_in, served
from redis_server import RedisServer


class Parrot(Scenario):
    """Answers every message."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Any:
        async for event in self.answer(thread, f"Answer {number}."):
            yield event


async def test_a_visitor_beyond_their_rate_is_told_when_to_come_back(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Parrot, rates={"visitor": "2/minute"}))
    thread_id = await alice.open_thread()
    await alice.say("Again", thread_id)
    refused = await alice.post("threads.add_user_message", thread_id=thread_id, input=message_of("Again"))
    seconds = int(refused.headers["retry-after"])
    assert 1 <= seconds <= 120
    error = problem_in(refused)
    assert (error["status"], error["code"], error["param"]) == (429, "too_many_requests", None)
    assert error["message"] == (
        f"Too many requests came from you, or from your network, in a short time. Try again in {seconds} s."
    )
    assert error["request_id"] == refused.headers["x-request-id"]
    page = await alice.http.get(error["doc_url"])
    assert page.status_code == 200
    assert "Retry-After" in page.text
    assert len(await alice.items(thread_id)) == 4, "nothing of what was refused is stored"


async def test_it_is_told_in_chinese(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Parrot, rates={"visitor": "1/minute"}), accept_language="zh-CN")
    await alice.open_thread()
    refused = await alice.post("threads.create", input=message_of("再问"))
    seconds = refused.headers["retry-after"]
    error = problem_in(refused)
    assert error["message"] == f"您或您所在的网络在短时间内发送了过多请求。请在 {seconds} 秒后重试。"
    assert error["doc_url"] == "/docs/zh/errors/too_many_requests"


async def test_a_person_sees_a_page(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Parrot, rates={"visitor": "1/minute"}))
    await alice.open_thread()
    refused = await alice.http.post(
        "/chatkit",
        json={"type": "threads.create", "params": {"input": message_of("Again")}},
        headers={"accept": "text/html"},
    )
    assert refused.status_code == 429
    assert refused.headers["content-type"].startswith("text/html")
    assert f"Try again in {refused.headers['retry-after']} s." in refused.text


async def test_pages_of_other_origins_may_read_when_to_come_back(open_house: Any, visit: Any) -> None:
    shop = "https://shop.example"
    alice = visit(await open_house(Parrot, origins=[shop], rates={"visitor_quick": "1/minute"}), origin=shop)
    await alice.ask("threads.list")
    refused = await alice.post("threads.list")
    assert refused.status_code == 429
    assert "Retry-After" in refused.headers["access-control-expose-headers"]
    assert refused.headers["access-control-allow-origin"] == shop


async def test_quick_requests_go_on_when_messages_are_refused(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Parrot, rates={"visitor": "1/minute", "visitor_quick": "5/minute"}))
    await alice.open_thread()
    assert (await alice.problem("threads.create", input=message_of("Again")))["status"] == 429
    for _ in range(5):
        await alice.ask("threads.list")
    assert (await alice.problem("threads.list"))["status"] == 429


async def test_who_throws_the_cookie_away_is_bounded_by_address(open_house: Any) -> None:
    house = await open_house(Parrot, rates={"address": "3/minute"})
    answers = []
    for _ in range(5):
        async with Browser(house.app) as fresh:
            answers.append((await fresh.post("threads.create", input=message_of("Hello"))).status_code)
    assert answers == [200, 200, 200, 429, 429]


async def test_behind_a_proxy_the_visitors_address_counts(open_house: Any) -> None:
    """As nginx's `$proxy_add_x_forwarded_for` writes it: behind whatever the client has sent."""
    house = await open_house(Parrot, proxy_headers=True, rates={"address": "1/minute"})

    async def asks(forwarded: str) -> int:
        async with Browser(house.app, x_forwarded_for=forwarded) as fresh:
            return int((await fresh.post("threads.create", input=message_of("Hello"))).status_code)

    assert [await asks("1.2.3.4"), await asks("5.6.7.8")] == [200, 200]
    assert await asks("1.2.3.4") == 429
    assert await asks("9.9.9.9, 1.2.3.4") == 429, "what a client invents changes nothing"


async def test_a_server_that_believes_the_header_changes_nothing_of_that(open_house: Any) -> None:
    """uvicorn, told to trust every proxy, takes the first address: the one that a client may invent."""
    house = await open_house(Parrot, proxy_headers=True, rates={"address": "1/minute"})
    async with served(house.app, proxy_headers=True, forwarded_allow_ips="*") as url:
        statuses = []
        for invented in ("9.9.9.9", "8.8.8.8"):
            async with Browser(url, x_forwarded_for=f"{invented}, 1.2.3.4") as fresh:
                statuses.append((await fresh.post("threads.create", input=message_of("Hello"))).status_code)
    assert statuses == [200, 429]


async def test_without_a_proxy_a_header_changes_nothing(open_house: Any) -> None:
    house = await open_house(Parrot, rates={"address": "1/minute"})
    statuses = []
    for address in ("1.2.3.4", "5.6.7.8"):
        async with Browser(house.app, x_forwarded_for=address) as fresh:
            statuses.append((await fresh.post("threads.create", input=message_of("Hello"))).status_code)
    assert statuses == [200, 429]


async def test_what_cannot_be_read_is_not_counted(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Parrot, rates={"visitor": "1/minute", "visitor_quick": "1/minute"}))
    for _ in range(3):
        assert (await alice.problem("threads.dance"))["code"] == "unknown_operation"
    assert (await alice.post("threads.list")).status_code == 200


class OwnProcess(Parrot):
    """Knows an operation of its own."""

    async def process(self, request: str | bytes, context: Any) -> Any:
        if b"shop.open" in (request if isinstance(request, bytes) else request.encode()):
            return NonStreamingResult(b'{"open": true}')
        return await super().process(request, context)


async def test_a_server_with_a_process_of_its_own_is_bounded_too(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(OwnProcess, rates={"visitor": "1/minute", "visitor_quick": "2/minute"}))
    await alice.open_thread()
    assert (await alice.problem("threads.create", input=message_of("Again")))["code"] == "too_many_requests"
    assert await alice.ask("shop.open") == {"open": True}
    await alice.ask("threads.list")
    assert (await alice.problem("shop.open"))["code"] == "too_many_requests"


async def test_the_default_rates_never_meet_somebody_who_chats(open_house: Any, visit: Any) -> None:
    alice = visit(await open_house(Parrot))
    thread_id = await alice.open_thread()
    for _ in range(30):
        await alice.say("And?", thread_id)
        for _ in range(4):
            await alice.ask("threads.list")


async def test_two_houses_with_one_redis_count_together(
    open_house: Any, visit: Any, redis: RedisServer, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teahouse.limits._PATIENCE", 10)
    together = {"redis": redis.url(7), "rates": {"visitor": "2/minute"}, "secret": "one key for both houses"}
    here, there = [visit(await open_house(Parrot, data=tmp_path / name, **together)) for name in ("here", "there")]
    await here.open_thread()
    there.http.cookies.update(here.http.cookies)
    await there.open_thread()
    assert (await here.problem("threads.create", input=message_of("Again")))["status"] == 429
    assert (await there.problem("threads.create", input=message_of("Again")))["status"] == 429


async def test_a_conversation_goes_on_when_redis_dies(
    open_house: Any, visit: Any, redis: RedisServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("teahouse.limits._PATIENCE", 10)
    alice = visit(await open_house(Parrot, redis=redis.url(8), rates={"visitor": "2/minute"}))
    thread_id = await alice.open_thread()
    redis.kill()
    try:
        for _ in range(4):
            await alice.say("And?", thread_id)
    finally:
        redis.start()


async def test_a_house_opens_without_its_redis(open_house: Any, visit: Any, redis: RedisServer) -> None:
    redis.kill()
    try:
        alice = visit(await open_house(Parrot, redis=redis.url()))
        await alice.open_thread()
    finally:
        redis.start()
