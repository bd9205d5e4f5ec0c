"""Two replicas on one PostgreSQL: every one of them reads, stops and outlives the other's answers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from house import Browser, message_of, problem_in, served, texts
from redis_server import RedisServer
from teahouse import Settings, Teahouse
from teahouse.store.errors import CONNECTION_LOST, StoreUnavailable

from .test_watch import ELEMENT, Dictated, asking, thread_of, watching

KEY = {"idempotency-key": "5d3a1c8e-7f52-4a0e-9a64-2f6f1f0f8f11"}


@dataclass
class Two:
    """Two replicas, and one visitor's browser at each."""

    a: Browser
    b: Browser
    houses: list[Teahouse]

    def cut_off(self) -> None:
        """Let replica A reach the database no more where it would say that it is alive."""

        async def unreachable(*_: Any) -> Any:
            raise StoreUnavailable(CONNECTION_LOST)

        self.houses[0]._house.services.runs._ledger.renew = unreachable  # type: ignore[method-assign]


@pytest.fixture(params=["database", "redis"])
async def two(
    request: pytest.FixtureRequest, runs_database: str, redis: RedisServer, tmp_path: Path
) -> AsyncIterator[Two]:
    Dictated.deltas, Dictated.begun = asyncio.Queue(), asyncio.Event()
    houses = []
    async with AsyncExitStack() as stack:
        browsers = []
        for name in ("a", "b"):
            settings = Settings(
                data=tmp_path / name,
                database=runs_database,
                redis=redis.url(8),
                runs=request.param,
                secret="the same for both",
                limits={"lease_seconds": 1, "shutdown_seconds": 0, "heartbeat_seconds": 1},
            )
            house = Teahouse(server=Dictated, settings=settings)
            await house.start()
            stack.push_async_callback(house.stop)
            url = await stack.enter_async_context(served(house.app, lifespan="off"))
            stack.push_async_callback(house.drain)
            browsers.append(await stack.enter_async_context(Browser(url, **ELEMENT)))
            houses.append(house)
        await browsers[0].ask("threads.list")
        browsers[1].http.cookies.update(browsers[0].http.cookies)
        yield Two(*browsers, houses)


async def test_an_answer_is_read_live_at_another_replica(two: Two) -> None:
    async with asking(two.a) as asked:
        Dictated.deltas.put_nowait("Once ")
        await asked.until("Once")
        async with watching(two.b, thread_of(asked)) as reader:
            await reader.until("Once")
            Dictated.deltas.put_nowait("upon a time")
            await reader.until("upon")
            Dictated.deltas.put_nowait("")
            await reader.until('"done"')
    assert reader.text == "Once upon a time"
    assert texts(await two.b.items(thread_of(asked))) == ["Hello", "Once upon a time"]


async def test_who_comes_back_at_another_replica_is_told_the_rest(two: Two) -> None:
    async with asking(two.a) as asked:
        Dictated.deltas.put_nowait("Once ")
        await asked.until("Once")
    async with watching(two.b, thread_of(asked), run=asked.run["id"], after=asked.number) as again:
        Dictated.deltas.put_nowait("upon a time")
        await again.until("upon")
    assert (again.text, again.number) == ("upon a time", asked.number + 1)


async def test_a_thread_has_one_run_at_most_wherever_one_asks(two: Two) -> None:
    async with asking(two.a) as asked:
        Dictated.deltas.put_nowait("Once ")
        await asked.until("Once")
        problem = await two.b.problem(
            "threads.add_user_message", thread_id=thread_of(asked), input=message_of("And then?")
        )
    assert (problem["status"], problem["code"]) == (409, "run_active")
    assert texts(await two.b.items(thread_of(asked))) == ["Hello"]


async def test_stop_reaches_the_other_replica_and_keeps_the_text(two: Two) -> None:
    async with asking(two.a) as asked:
        Dictated.deltas.put_nowait("Once ")
        await asked.until("Once")
        async with watching(two.b, thread_of(asked)) as reader:
            await reader.until("Once")
            response = await two.b.http.post(f"/chatkit/runs/{thread_of(asked)}/stop")
            assert response.json() == {"run": asked.run["id"]}
            await reader.until('"stopped"')
        await asked.until('"stopped"')
    assert texts(await two.a.items(thread_of(asked))) == ["Hello", "Once "]


async def test_a_message_at_one_replica_appears_at_the_other(two: Two) -> None:
    async with asking(two.a) as asked:
        Dictated.deltas.put_nowait("")
        await asked.until('"done"')
    async with watching(two.b, thread_of(asked)) as reader:
        await reader.until('"idle"')
        async with asking(two.a, "And then?", thread_of(asked)) as second:
            await reader.until("And then?")
            Dictated.deltas.put_nowait("The end")
            Dictated.deltas.put_nowait("")
            await second.until('"done"')
        await reader.until('"done"')
    assert texts([event["item"] for event in reader.seen if event["type"] == "thread.item.done"])[0] == "And then?"
    assert reader.text == "The end"


async def test_a_dead_replicas_answer_is_kept_as_far_as_it_went_and_can_be_asked_again(two: Two) -> None:
    async with asking(two.a) as asked:
        Dictated.deltas.put_nowait("Once ")
        await asked.until("Once")
        thread_id = thread_of(asked)
        async with watching(two.b, thread_id) as reader:
            await reader.until("Once")
            two.cut_off()
            await reader.until('"interrupted"')
        assert reader.run == {"id": asked.run["id"], "state": "interrupted", "reload": True}
        kept = await two.b.items(thread_id)
        assert texts(kept) == ["Hello", "Once "]
        # The replica was not dead after all: what it still writes counts for nothing.
        Dictated.deltas.put_nowait("upon a time")
        Dictated.deltas.put_nowait("")
        await asked.until('"interrupted"')
        assert await two.b.items(thread_id) == kept
    async with watching(two.b, thread_id) as later:
        await later.until("run")
        assert later.run == {"id": asked.run["id"], "state": "interrupted", "reload": True}
    Dictated.deltas = asyncio.Queue()
    Dictated.deltas.put_nowait("Once more")
    Dictated.deltas.put_nowait("")
    await two.b.stream("threads.retry_after_item", thread_id=thread_id, item_id=kept[0]["id"])
    assert texts(await two.b.items(thread_id)) == ["Hello", "Once more"]


async def test_the_same_request_at_another_replica_asks_once(two: Two) -> None:
    request = {"type": "threads.create", "params": {"input": message_of("Hello")}}
    two.a.http.headers.update(KEY)
    async with asking(two.a) as asked:
        Dictated.deltas.put_nowait("Once ")
        await asked.until("Once")
    async with two.b.http.stream("POST", "/chatkit", json=request, headers=KEY) as response:
        assert response.headers["x-teahouse-run"] == asked.run["id"]
        Dictated.deltas.put_nowait("upon a time")
        Dictated.deltas.put_nowait("")
        text = (await response.aread()).decode()
    assert text.count("thread.created") == 1
    assert '"state": "done"' in text
    [thread] = [t for t in (await two.b.ask("threads.list"))["data"] if t["id"] == thread_of(asked)]
    assert texts(await two.b.items(thread["id"])) == ["Hello", "Once upon a time"]


async def test_a_commit_nobody_heard_of_does_not_hold_the_thread(two: Two, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database had it, the answer was lost: the message is there, and its run nobody's."""
    store: Any = two.houses[0]._house.services.server.store
    begin_turn = type(store).begin_turn

    async def unheard(self: Any, *arguments: Any, **options: Any) -> None:
        await begin_turn(self, *arguments, **options)
        raise StoreUnavailable(CONNECTION_LOST)

    monkeypatch.setattr(type(store), "begin_turn", unheard)
    response = await two.a.post("threads.create", input=message_of("Hello?"))
    assert problem_in(response)["status"] == 503
    monkeypatch.undo()
    [thread] = (await two.a.ask("threads.list"))["data"][:1]
    async with watching(two.a, thread["id"]) as reader:
        await reader.until('"interrupted"')
    [message] = await two.a.items(thread["id"])
    Dictated.deltas.put_nowait("Yes")
    Dictated.deltas.put_nowait("")
    await two.b.stream("threads.retry_after_item", thread_id=thread["id"], item_id=message["id"])
    assert texts(await two.b.items(thread["id"])) == ["Hello?", "Yes"]


async def test_what_is_shutting_down_is_not_ready_and_begins_nothing(two: Two) -> None:
    assert (await two.a.http.get("/readyz")).status_code == 200
    async with asking(two.a) as asked:
        Dictated.deltas.put_nowait("Once ")
        await asked.until("Once")
        async with watching(two.b, thread_of(asked)) as reader:
            await reader.until("Once")
            runs = two.houses[0]._house.services.runs
            runs._grace = 30
            draining = asyncio.create_task(two.houses[0].drain())
            await asyncio.sleep(0)
            assert problem_in(await two.a.http.get("/readyz"))["code"] == "shutting_down"
            assert (await two.a.http.get("/healthz")).status_code == 200
            refused = problem_in(await two.a.post("threads.create", input=message_of("Hello")))
            assert (refused["status"], refused["code"]) == (503, "shutting_down")
            Dictated.deltas.put_nowait("upon a time")
            Dictated.deltas.put_nowait("")
            await reader.until('"done"')
            await draining
    assert texts(await two.b.items(thread_of(asked))) == ["Hello", "Once upon a time"]


async def test_all_readers_are_told_the_same_end_whoever_has_ended_it(two: Two) -> None:
    """Cut off from the others, a replica is asked to stop what they have interrupted."""
    async with asking(two.a) as asked:
        Dictated.deltas.put_nowait("Once ")
        await asked.until("Once")
        async with watching(two.b, thread_of(asked)) as reader:
            await reader.until("Once")
            two.cut_off()
            await reader.until('"interrupted"')
        await two.a.http.post(f"/chatkit/runs/{thread_of(asked)}/stop")
        await asked.until('"state"')
    assert asked.run == {"id": asked.run["id"], "state": "interrupted"}
