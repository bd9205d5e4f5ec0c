"""An Agent behind the ChatKit protocol, and a model provider behind the Agent, both over HTTP."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from agents import Agent, function_tool
from chatkit.types import UserMessageItem, UserMessageTagContent, UserMessageTextContent

from house import Browser, Json, frames, message_of, of_type, served, texts
from openai_provider import BreaksOff, Calls, Fails, IsSilent, Provider, Says, provider
from teahouse.agents import models
from teahouse.agents.server import HISTORY, Converter, title_of
from teahouse.settings import Model

KEY = "sk-proj-abcdefghijklmnop1234"
MASKED = "sk-proj-********************1234"

APIS = pytest.mark.parametrize("api", ["responses", "chat_completions"])


@function_tool
def brew(tea: str) -> str:
    """Brew a tea."""
    return f"A pot of {tea}"


@pytest.fixture
def agent() -> Agent[Any]:
    return Agent(name="Tea house", instructions="Serve tea.", tools=[brew])


def model(there: Provider, **settings: Any) -> Json:
    return {"name": "tea-1", "base_url": there.url, "api_key": KEY} | settings


def failure(events: list[Json]) -> Json:
    """The one error among an answer's events."""
    [found] = of_type(events, "error")
    return found


def said_to_the_model(body: Json) -> list[str]:
    """The texts of a request to the model, whichever API it is, without the instructions."""
    found = []
    for entry in body.get("input") or body.get("messages"):
        content = entry.get("content")
        parts = content if isinstance(content, list) else [{"text": content}]
        if entry.get("role") in ("user", "assistant"):
            found += [part["text"] for part in parts if part.get("text")]
    return found


# --- Conversations ------------------------------------------------------------------------------------


@APIS
async def test_two_turns_with_any_provider(open_house: Any, visit: Any, agent: Any, api: str) -> None:
    """The reference's converter fails at the second turn with Chat Completions, and the first answer is lost:
    both have the id `__fake_id__` there."""
    async with provider(Says("Longjing, perhaps."), Says("From Hangzhou.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there, api=api)))
        thread_id = await browser.open_thread("Which tea?")
        await browser.say("Where from?", thread_id)
    said = ["Which tea?", "Longjing, perhaps.", "Where from?", "From Hangzhou."]
    assert texts(await browser.items(thread_id)) == said
    assert said_to_the_model(there.asked[1]) == said[:3]
    assert {body["model"] for body in there.asked} == {"tea-1"}
    [path] = {path for path, _, _ in there.requests}
    assert path == ("/v1/responses" if api == "responses" else "/v1/chat/completions")


@APIS
async def test_an_answer_streams(open_house: Any, visit: Any, agent: Any, api: str) -> None:
    async with provider(Says("An answer in several pieces.")) as there:
        events = await visit(await open_house(agent=agent, model=model(there, api=api))).say()
    deltas = [event["update"].get("delta") for event in of_type(events, "thread.item.updated")]
    assert "".join(delta for delta in deltas if delta) == "An answer in several pieces."


@APIS
async def test_the_model_uses_the_agents_tools(open_house: Any, visit: Any, agent: Any, api: str) -> None:
    async with provider(Calls("brew", {"tea": "oolong"}), Says("Here you are.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there, api=api)))
        thread_id = await browser.open_thread("Oolong, please")
        await browser.say("Thank you", thread_id)
    assert "A pot of oolong" in json.dumps(there.asked[1])
    assert texts(await browser.items(thread_id))[:2] == ["Oolong, please", "Here you are."]


async def test_the_model_sees_the_newest_of_a_long_thread(open_house: Any, visit: Any, agent: Any) -> None:
    async with provider(Says("Yes.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there)))
        thread_id = await browser.open_thread("Message 0")
        turns = HISTORY // 2 + 3
        for number in range(1, turns):
            await browser.say(f"Message {number}", thread_id)
    said = said_to_the_model(there.asked[-1])
    assert len(said) == HISTORY
    assert said[-1] == f"Message {turns - 1}"
    assert "Message 0" not in said


async def test_a_thread_is_named_after_its_first_message(open_house: Any, visit: Any, agent: Any) -> None:
    async with provider(Says("Yes.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there)))
        thread_id = await browser.open_thread("Do you have   tea?")
        await browser.say("And cake?", thread_id)
    assert (await browser.ask("threads.list"))["data"][0]["title"] == "Do you have tea?"


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("  Which\n tea? ", "Which tea?"),
        ("", None),
        ("word " * 20, "word " * 11 + "word…"),
        ("茶" * 70, "茶" * 60 + "…"),
        ("x " + "y" * 70, "x " + "y" * 58 + "…"),
    ],
)
def test_a_title_is_the_beginning_of_the_message(text: str, title: str | None) -> None:
    content = [UserMessageTextContent(text=text)]
    fields = {"id": "msg_1", "thread_id": "thr_1", "created_at": datetime.now(UTC), "inference_options": {}}
    assert title_of(UserMessageItem(**fields, content=content)) == title


async def test_tags_are_given_as_the_person_sees_them(open_house: Any, visit: Any, agent: Any) -> None:
    """The SDK's converter raises; what `data` says comes from the browser and is not to be trusted."""
    tag = {"type": "input_tag", "id": "tea_1", "text": "Longjing", "data": {"role": "admin"}}
    content = [{"type": "input_text", "text": "What is "}, tag]
    async with provider(Says("Green.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there)))
        await browser.say("", content=content)
    assert "@Longjing" in said_to_the_model(there.asked[0])
    assert "admin" not in json.dumps(there.asked)
    sent = await Converter().tag_to_message_content(UserMessageTagContent(**tag))
    assert sent == {"type": "input_text", "text": "@Longjing"}


async def test_nothing_but_the_model_is_asked(
    open_house: Any, visit: Any, agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tracing would send every conversation to OpenAI."""
    asked = []
    connect = asyncio.BaseEventLoop.create_connection

    async def watched(self: Any, factory: Any, host: Any = None, port: Any = None, **options: Any) -> Any:
        asked.append(host)
        return await connect(self, factory, host, port, **options)

    monkeypatch.setattr(asyncio.BaseEventLoop, "create_connection", watched)
    async with provider(Says("Yes.")) as there:
        browser = visit(await open_house(agent=agent, model=model(there)))
        await browser.open_thread()
        assert there.requests
    assert set(asked) <= {"127.0.0.1"}


# --- Failures of the provider -------------------------------------------------------------------------

FAILURES = [
    (Fails(401, f"Incorrect API key provided: {MASKED}.", "invalid_api_key"), "model_key_refused", False, ""),
    (
        Fails(403, "Country, region, or territory not supported", "unsupported_country"),
        "model_access_denied",
        False,
        "Country, region",
    ),
    (
        Fails(403, "Your organization must be verified to use this model"),
        "model_access_denied",
        False,
        "must be verified",
    ),
    (
        Fails(404, "The model `tea-1` does not exist", "model_not_found"),
        "model_not_found",
        False,
        "`tea-1` does not exist",
    ),
    (Fails(429, "You exceeded your current quota", "insufficient_quota"), "model_rate_limited", True, "current quota"),
    (Fails(400, f"Bad request with {KEY} in it."), "model_request_refused", False, "Bad request with [key] in it."),
    (Fails(500, "Oops"), "model_unavailable", True, "500"),
    (Fails(503, "Overloaded"), "model_unavailable", True, "503"),
]


@APIS
@pytest.mark.parametrize(("reply", "code", "retry", "words"), FAILURES)
async def test_each_failure_of_the_provider_is_explained(
    open_house: Any,
    visit: Any,
    agent: Any,
    caplog: pytest.LogCaptureFixture,
    api: str,
    reply: Fails,
    code: str,
    retry: bool,
    words: str,
) -> None:
    async with provider(reply) as there:
        browser = visit(await open_house(agent=agent, model=model(there, api=api)))
        last = failure(await browser.say())
    assert (last["type"], last["code"], last["allow_retry"]) == ("error", code, retry)
    assert words in last["message"]
    for shown in (json.dumps(last), caplog.text):
        assert KEY not in shown
        assert "1234" not in shown.replace(last["request_id"], "").replace(str(there.url), "")


@APIS
async def test_an_error_inside_the_stream_keeps_what_was_said(open_house: Any, agent: Any, api: str) -> None:
    read = asyncio.Event()
    request = {"type": "threads.create", "params": {"input": message_of("Hello")}}
    async with provider(BreaksOff("Once upon a time", "The engine is overloaded.", read)) as there:
        house = await open_house(agent=agent, model=model(there, api=api))
        async with served(house.app) as url, Browser(url) as browser:
            body = ""
            async with browser.http.stream("POST", "/chatkit", json=request) as response:
                async for piece in response.aiter_text():
                    body += piece
                    if "a time" in body:
                        read.set()
            last = failure([frame.event for frame in frames(body)])
            assert (last["code"], last["allow_retry"]) == ("model_unavailable", True)
            assert "failure of its own (The engine is overloaded)." in last["message"]
            [thread] = (await browser.ask("threads.list"))["data"]
            assert texts(await browser.items(thread["id"])) == ["Hello", "Once upon a time"]


async def test_a_silent_provider_is_given_up(
    open_house: Any, visit: Any, agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    async with provider(IsSilent()) as there:
        browser = visit(await open_house(agent=agent, model=model(there, timeout_seconds=0.1)))
        last = failure(await browser.say())
    assert (last["code"], last["allow_retry"]) == ("model_timeout", True)


async def test_a_provider_that_is_not_there_is_named(
    open_house: Any, visit: Any, agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openai._base_client.INITIAL_RETRY_DELAY", 0.01)
    gone = {"name": "tea-1", "base_url": "http://127.0.0.1:9/v1"}
    last = failure(await visit(await open_house(agent=agent, model=gone)).say())
    assert (last["code"], last["allow_retry"]) == ("model_unreachable", True)
    assert "127.0.0.1" in last["message"]


async def test_an_agent_without_any_key_is_told_so(open_house: Any, visit: Any, agent: Any) -> None:
    last = failure(await visit(await open_house(agent=agent)).say())
    assert last["code"] == "credential_missing"
    assert "OPENAI_API_KEY" in last["message"]


# --- Which model --------------------------------------------------------------------------------------


def test_a_name_alone_is_not_enough() -> None:
    from teahouse.errors import CREDENTIAL_MISSING, Problem

    with pytest.raises(Problem) as caught:
        models.run_config(Model(name="gpt"))
    assert caught.value.kind is CREDENTIAL_MISSING


@pytest.mark.parametrize(
    ("settings", "environment", "configured"),
    [
        ({}, "", False),
        ({}, "sk-x", True),
        ({"api_key": ""}, "", False),
        ({"api_key": ""}, "sk-x", True),
        ({"api_key": "sk-y"}, "", True),
        ({"base_url": "http://localhost:11434/v1"}, "", True),
    ],
)
def test_a_key_or_an_address_makes_a_model(
    monkeypatch: pytest.MonkeyPatch, settings: Json, environment: str, configured: bool
) -> None:
    """An empty variable, as a compose file leaves it, is no key."""
    monkeypatch.setenv("OPENAI_API_KEY", environment)
    assert models.is_configured(Model(**settings)) is configured


async def test_openais_key_is_not_sent_elsewhere(
    open_house: Any, visit: Any, agent: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    async with provider(Says("Yes.")) as there:
        browser: Browser = visit(await open_house(agent=agent, model={"name": "tea-1", "base_url": there.url}))
        await browser.post("threads.create", input=message_of("Hello"))
    [(_, headers, _)] = there.requests
    assert KEY not in str(headers)
