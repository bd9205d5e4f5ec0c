"""Sessions from OpenAI at the HTTP boundary: made, used again, waited for, refused."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from openai.types.beta.chatkit import ChatSession

from teahouse.errors import Problem
from teahouse.hosted import BlockingHostedSessions, HostedSessions, errors
from teahouse.hosted.api import Answer, Api, read_key
from teahouse.hosted.circuit import Circuit
from teahouse.hosted.sessions import session_in
from teahouse.settings import Hosted

from .openai_sessions import OpenAI


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def hosted(upstream: OpenAI, **options: Any) -> HostedSessions:
    clock = options.pop("clock", None)
    given = {"api_key": upstream.key, "base_url": upstream.url, **options}
    return HostedSessions("wf_1", **({"clock": clock} if clock else {}), **given)


def impatient(upstream: OpenAI, clock: Callable[[], float] | None = None, **options: Any) -> HostedSessions:
    """One that waits between attempts by moving its clock."""
    config = Hosted(workflow_id="wf_1", api_key=upstream.key, base_url=upstream.url, **options)
    pauses: list[float] = []

    async def pause(seconds: float) -> None:
        pauses.append(seconds)

    circuit = Circuit(clock or Clock(), lambda: 0.0)
    sessions = HostedSessions(config=config, upstream=Api(config, upstream.key, circuit=circuit, pause=pause))
    sessions.pauses = pauses  # type: ignore[attr-defined]
    return sessions


async def refused(sessions: HostedSessions, user: str = "vis_1") -> Problem:
    with pytest.raises(Problem) as caught:
        await sessions.create(user)
    return caught.value


async def test_a_session_is_made(upstream: OpenAI) -> None:
    async with hosted(upstream, file_upload=True) as sessions:
        session = await sessions.create("vis_1", state_variables={"plan": "pro"})
    assert session.id == "cksess_1"
    assert session.client_secret.startswith("ek_secret_1")
    assert 595 < session.expires_in <= 600
    assert upstream.asked[0]["user"] == "vis_1"
    assert upstream.asked[0]["workflow"]["state_variables"] == {"plan": "pro"}
    assert upstream.headers[0]["openai-beta"] == "chatkit_beta=v1"


async def test_the_upstream_of_these_tests_answers_as_the_sdk_expects(upstream: OpenAI) -> None:
    async with Api(Hosted(workflow_id="wf_1", base_url=upstream.url), upstream.key) as api:
        body = b'{"user":"u","workflow":{"id":"wf_1"}}'
        ChatSession.model_validate(json.loads((await api.post(body)).body), strict=True)


async def test_a_secret_is_not_shown(upstream: OpenAI, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG", "teahouse")
    async with hosted(upstream) as sessions:
        session = await sessions.create("vis_1")
        upstream.refuses(401, "Incorrect API key provided: sk-test-0123456789.")
        problem = await refused(sessions, "vis_2")
    shown = [repr(session), caplog.text, *(problem.message(language) for language in ("en", "zh"))]
    assert "session made" in caplog.text
    assert "no session" in caplog.text
    for text in shown:
        assert "ek_secret" not in text
        assert "0123456789" not in text


# Used again ---------------------------------------------------------------------------------------------


async def test_a_live_session_is_used_again_until_shortly_before_its_end(upstream: OpenAI) -> None:
    clock = Clock()
    async with hosted(upstream, clock=clock) as sessions:
        first = await sessions.create("vis_1")
        clock.now += first.expires_in - 61
        again = await sessions.create("vis_1")
        assert (again.id, again.is_reused) == (first.id, True)
        assert again.expires_in == 61
        clock.now += 2
        other = await sessions.create("vis_1")
        assert other.id != first.id
    assert len(upstream.asked) == 2


async def test_nobody_gets_anothers_session(upstream: OpenAI) -> None:
    async with hosted(upstream) as sessions:
        ids = {(await sessions.create(f"vis_{number}")).id for number in range(5)}
        with_state = await sessions.create("vis_1", state_variables={"plan": "pro"})
        assert len(ids | {with_state.id}) == 6


async def test_a_session_that_no_longer_works_is_not_given_out_again(upstream: OpenAI) -> None:
    async with hosted(upstream) as sessions:
        first = await sessions.create("vis_1")
        second = await sessions.create("vis_1", instead_of=first.id)
        assert second.id != first.id
        # A second tab that found out later gets what the first one got.
        assert (await sessions.create("vis_1", instead_of=first.id)).id == second.id


async def test_no_more_sessions_are_kept_than_wanted(upstream: OpenAI) -> None:
    async with hosted(upstream, max_sessions=2) as sessions:
        first = await sessions.create("vis_1")
        await sessions.create("vis_2")
        await sessions.create("vis_1")
        await sessions.create("vis_3")  # vis_2 was used longest ago
        assert (await sessions.create("vis_1")).id == first.id
        await sessions.create("vis_2")
    assert [asked["user"] for asked in upstream.asked] == ["vis_1", "vis_2", "vis_3", "vis_2"]


@pytest.mark.parametrize("ahead", [-7200, 7200])
async def test_a_clock_that_is_wrong_does_not_matter(upstream: OpenAI, ahead: int) -> None:
    upstream.clock_ahead = ahead
    async with hosted(upstream) as sessions:
        assert 595 < (await sessions.create("vis_1")).expires_in <= 600


# At once ------------------------------------------------------------------------------------------------


async def test_however_many_ask_one_session_is_made(upstream: OpenAI) -> None:
    upstream.gate.clear()
    async with hosted(upstream) as sessions:
        asking = [asyncio.create_task(sessions.create("vis_1")) for _ in range(20)]
        await upstream.until_waiting(1)
        upstream.gate.set()
        assert len({session.id for session in await asyncio.gather(*asking)}) == 1
    assert len(upstream.asked) == 1


async def test_who_leaves_takes_nothing_from_the_others(upstream: OpenAI) -> None:
    upstream.gate.clear()
    async with hosted(upstream) as sessions:
        leaver, stayer = (asyncio.create_task(sessions.create("vis_1")) for _ in range(2))
        await upstream.until_waiting(1)
        leaver.cancel()
        await asyncio.wait([leaver])
        upstream.gate.set()
        assert (await stayer).id == (await sessions.create("vis_1")).id
    assert len(upstream.asked) == 1


async def test_a_failure_is_everybodys_once_and_nobodys_later(upstream: OpenAI) -> None:
    upstream.refuses(404)
    async with hosted(upstream) as sessions:
        found = await asyncio.gather(*(sessions.create("vis_1") for _ in range(5)), return_exceptions=True)
        assert {type(one) for one in found} == {Problem}
        assert (await sessions.create("vis_1")).id


async def test_a_crowd_is_turned_away_at_once(upstream: OpenAI) -> None:
    upstream.gate.clear()
    async with hosted(upstream, max_waiting=2) as sessions:
        waiting = [asyncio.create_task(sessions.create(f"vis_{number}")) for number in range(2)]
        await upstream.until_waiting(2)
        problem = await refused(sessions, "vis_3")
        assert problem.kind is errors.HOSTED_CROWDED
        upstream.gate.set()
        await asyncio.gather(*waiting)


async def test_closing_ends_what_is_asked(upstream: OpenAI) -> None:
    upstream.gate.clear()
    sessions = hosted(upstream)
    asking = asyncio.create_task(sessions.create("vis_1"))
    await upstream.until_waiting(1)
    await sessions.aclose()
    await asyncio.wait([asking])
    assert asking.cancelled()


# Tried again --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [408, 500, 502, 503, 529])
async def test_what_may_pass_is_tried_again(upstream: OpenAI, status: int) -> None:
    upstream.refuses(status, times=2)
    sessions = impatient(upstream)
    async with sessions:
        assert (await sessions.create("vis_1")).id == "cksess_3"
    first, second = sessions.pauses  # type: ignore[attr-defined]
    assert 0.125 <= first <= 0.25
    assert 0.5 <= second <= 1


@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_what_will_not_pass_is_not_tried_again(upstream: OpenAI, status: int) -> None:
    upstream.refuses(status, times=3)
    async with impatient(upstream) as sessions:
        await refused(sessions)
    assert len(upstream.asked) == 1


async def test_as_long_as_openai_asks_is_waited(upstream: OpenAI) -> None:
    upstream.refuses(429, retry_after_header="3")
    sessions = impatient(upstream)
    async with sessions:
        await sessions.create("vis_1")
    assert sessions.pauses == [3]  # type: ignore[attr-defined]


async def test_longer_than_patience_lasts_is_not_waited(upstream: OpenAI) -> None:
    upstream.refuses(429, retry_after_header="30")
    async with impatient(upstream) as sessions:
        problem = await refused(sessions)
    assert problem.kind is errors.HOSTED_RATE_LIMITED
    assert problem.details["seconds"] == 30
    assert len(upstream.asked) == 1


async def test_an_upstream_that_is_down_is_left_alone_and_found_again(upstream: OpenAI) -> None:
    clock = Clock()
    upstream.refuses(500, times=5)
    async with impatient(upstream, clock) as sessions:
        assert (await refused(sessions)).kind is errors.HOSTED_UNAVAILABLE
        problem = await refused(sessions)
        assert problem.kind is errors.HOSTED_RESTING  # the fifth failure opened it
        assert problem.details["seconds"] == 5
        assert len(upstream.asked) == 5
        clock.now += 6
        assert (await sessions.create("vis_1")).id
        assert (await sessions.create("vis_2")).id


async def test_refusals_do_not_open_the_circuit(upstream: OpenAI) -> None:
    upstream.refuses(404, times=10)
    async with impatient(upstream) as sessions:
        for number in range(10):
            assert (await refused(sessions, f"vis_{number}")).kind is errors.WORKFLOW_NOT_FOUND


async def test_silence_has_an_end(upstream: OpenAI) -> None:
    upstream.gate.clear()
    async with impatient(upstream, timeout_seconds=0.05, patience_seconds=5) as sessions:
        problem = await refused(sessions)
    upstream.gate.set()
    assert problem.kind is errors.HOSTED_TIMEOUT
    assert len(upstream.asked) == 3


async def test_patience_has_an_end(upstream: OpenAI) -> None:
    upstream.gate.clear()
    async with hosted(upstream, patience_seconds=0.1) as sessions:
        problem = await refused(sessions)
    upstream.gate.set()
    assert problem.kind is errors.HOSTED_TIMEOUT
    assert problem.cause() == "OpenAI did not answer within 0.1 s."


async def test_nobody_there_is_said(upstream: OpenAI) -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    upstream.url = f"http://127.0.0.1:{port}/v1"
    async with impatient(upstream) as sessions:
        problem = await refused(sessions)
    assert problem.kind is errors.HOSTED_UNREACHABLE
    assert f"127.0.0.1:{port}" in problem.cause()


# Not OpenAI ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("<html>Welcome to our Wi-Fi</html>", "it is not JSON"),
        ("[]", "it is not an object"),
        ('{"id": "cksess_1", "expires_at": 1}', "it has no client_secret"),
        ('{"id": "cksess_1", "client_secret": "", "expires_at": 1}', "it has no client_secret"),
        ('{"id": "cksess_1", "client_secret": "ek_1", "expires_at": true}', "it has no expires_at"),
        ('{"id": "cksess_1", "client_secret": "ek_1", "expires_at": 1}', "it has expired already"),
        ("x" * 300_000, "it is larger than 262144 bytes"),
    ],
)
async def test_what_is_no_session_is_said_to_be_none(upstream: OpenAI, body: str, reason: str) -> None:
    upstream.says(body)
    async with hosted(upstream) as sessions:
        problem = await refused(sessions)
    assert problem.kind is errors.HOSTED_ANSWER_UNREADABLE
    assert reason in problem.cause()


async def test_the_key_is_not_carried_elsewhere(upstream: OpenAI) -> None:
    upstream.next.append((307, "", {"location": upstream.url + "/chatkit/sessions"}))
    async with hosted(upstream) as sessions:
        assert (await refused(sessions)).kind is errors.HOSTED_ANSWER_UNREADABLE
    assert len(upstream.asked) == 1


def test_a_date_that_is_none_is_taken_as_now() -> None:
    answer = Answer(b'{"id":"cksess_1","client_secret":"ek_1","expires_at":99999999999}', {"date": "yesterday"})
    assert session_in(answer, 60).expires_in == 60


# The key and the way ------------------------------------------------------------------------------------


def test_where_the_key_comes_from(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text("sk-file\n")
    environment = {"OPENAI_API_KEY": "sk-environment"}
    assert read_key(Hosted(api_key="sk-own", api_key_file=file), environment) == "sk-own"
    assert read_key(Hosted(api_key_file=file), environment) == "sk-file"
    assert read_key(Hosted(api_key=""), environment) == "sk-environment"


@pytest.mark.parametrize(
    ("content", "said"), [(None, "it does not exist"), ("", "there is no key"), ("sk 1\nsk 2", "there is no key")]
)
def test_a_key_that_is_none_is_missed_at_the_start(tmp_path: Path, content: str | None, said: str) -> None:
    file = tmp_path / "key"
    if content is not None:
        file.write_text(content)
    with pytest.raises(Problem, match=said) as caught:
        HostedSessions("wf_1", api_key_file=file)
    assert caught.value.kind is errors.HOSTED_KEY_MISSING
    assert "sk 1" not in str(caught.value)


def test_a_workflow_id_alone_opens_nothing() -> None:
    with pytest.raises(Problem, match="a workflow id alone opens nothing"):
        HostedSessions("wf_1")


async def test_a_proxy_is_used_and_its_password_not_told(upstream: OpenAI, monkeypatch: pytest.MonkeyPatch) -> None:
    """To a proxy an address is asked for in full, so that the upstream itself can play one."""
    proxy = upstream.url.removesuffix("/v1").replace("http://", "http://me:letmein@")
    async with impatient(upstream, proxy=proxy) as sessions:
        await sessions.create("vis_1")
    assert "proxy-authorization" in upstream.headers[0]

    monkeypatch.setenv("HTTP_PROXY", "http://me:letmein@127.0.0.1:9")
    async with impatient(upstream) as sessions:
        problem = await refused(sessions)
    assert problem.kind is errors.HOSTED_UNREACHABLE
    assert "the proxy does not answer" in problem.cause()
    assert "letmein" not in str(problem)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    async with impatient(upstream) as sessions:
        await sessions.create("vis_1")


# Without await ------------------------------------------------------------------------------------------


async def test_threads_share_one_session(upstream: OpenAI) -> None:
    def work() -> set[str]:
        with (
            BlockingHostedSessions("wf_1", api_key=upstream.key, base_url=upstream.url) as sessions,
            ThreadPoolExecutor(8) as threads,
        ):
            return {session.id for session in threads.map(sessions.create, ["vis_1"] * 8)}

    assert await asyncio.to_thread(work) == {"cksess_1"}


async def test_problems_come_through_and_it_can_be_opened_again(upstream: OpenAI) -> None:
    upstream.refuses(401)

    def work() -> str:
        sessions = BlockingHostedSessions("wf_1", api_key=upstream.key, base_url=upstream.url)
        with pytest.raises(Problem) as caught:
            sessions.create("vis_1")
        assert caught.value.kind is errors.HOSTED_KEY_REFUSED
        sessions.close()
        sessions.close()
        made = sessions.create("vis_1")
        sessions.close()
        return made.id

    assert await asyncio.to_thread(work) == "cksess_2"
