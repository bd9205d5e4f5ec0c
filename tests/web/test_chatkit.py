"""`POST /chatkit`: sixteen requests, and what happens to those that are wrong."""

from __future__ import annotations

import json
from collections.abc import AsyncGenerator, AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from chatkit.server import ChatKitServer
from chatkit.types import (
    AudioInput,
    ChatKitReq,
    ClosedStatus,
    CustomTask,
    LockedStatus,
    StructuredInputFreeform,
    StructuredInputItem,
    SyncCustomActionResponse,
    TaskItem,
    ThreadItemDoneEvent,
    ThreadMetadata,
    ThreadStreamEvent,
    TranscriptionResult,
    WidgetItem,
)
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.memory import MemoryAttachments
from contract.scenarios import Scenario, widget
from house import Browser, Json, frames, message_of, of_type, problem_in, texts
from teahouse import Settings, Teahouse, errors
from teahouse.hosted import errors as hosted_errors
from teahouse.store import errors as store_errors

Events = AsyncIterator[ThreadStreamEvent]
DOCS = Path(__file__).parents[2] / "docs"


class Everything(Scenario):
    """Offers every hook; its first answer holds an item of each kind that a request can point at."""

    def __init__(self, store: Any) -> None:
        super().__init__(store, MemoryAttachments())

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        if number > 1:
            async for event in self.answer(thread, f"Answer {number}."):
                yield event
            return
        card = widget(type="Card", children=[{"type": "Text", "value": "Tea"}])
        yield ThreadItemDoneEvent(item=WidgetItem(**self.fields(thread), widget=card))
        question = StructuredInputFreeform(id="q", question="Which tea?")
        yield ThreadItemDoneEvent(item=StructuredInputItem(**self.fields(thread), inputs=[question]))
        yield ThreadItemDoneEvent(item=TaskItem(**self.fields(thread, "task"), task=CustomTask(title="Boil")))

    async def action(self, thread: ThreadMetadata, action: Any, sender: Any, context: Any) -> Events:
        async for event in self.answer(thread, f"{action.type} from {sender and sender.type}"):
            yield event

    async def sync_action(self, thread: ThreadMetadata, action: Any, sender: Any, context: Any) -> Any:
        return SyncCustomActionResponse(updated_item=sender)

    async def transcribe(self, audio_input: AudioInput, context: Any) -> TranscriptionResult:
        return TranscriptionResult(text=f"{len(audio_input.data)} bytes of {audio_input.media_type}")


class Bare(ChatKitServer[Any]):
    """Offers what has to be offered, and no more."""

    async def respond(self, thread: ThreadMetadata, input_user_message: Any, context: Any) -> Events:
        for event in ():
            yield event


@pytest.fixture
async def browser(open_house: Any, visit: Any) -> Browser:
    arrived: Browser = visit(await open_house(Everything))
    return arrived


async def thread_with_items(browser: Browser) -> tuple[str, dict[str, str]]:
    """A thread, and an item of each kind in it."""
    thread_id = await browser.open_thread()
    return thread_id, {item["type"]: item["id"] for item in await browser.items(thread_id)}


# --- The sixteen requests -----------------------------------------------------------------------------


async def test_every_streaming_request_is_answered(browser: Browser) -> None:
    thread_id, item = await thread_with_items(browser)
    stream = browser.stream

    added = await stream("threads.add_user_message", thread_id=thread_id, input=message_of("And now?"))
    assert texts([event["item"] for event in of_type(added, "thread.item.done")]) == ["And now?", "Answer 2."]

    answers = {"status": "answered", "answers": {"q": {"values": ["Longjing"]}}}
    question = {"thread_id": thread_id, "item_id": item["structured_input"]}
    replaced = await stream("threads.add_structured_input", **question, input=answers)
    [answered] = of_type(replaced, "thread.item.replaced")
    assert answered["item"]["inputs"][0]["answer"] == {"values": ["Longjing"], "skipped": False}

    acted = await stream("threads.custom_action", thread_id=thread_id, item_id=item["widget"], action={"type": "order"})
    assert texts([event["item"] for event in of_type(acted, "thread.item.done")]) == ["order from widget"]

    retried = await stream("threads.retry_after_item", thread_id=thread_id, item_id=item["user_message"])
    assert texts([event["item"] for event in of_type(retried, "thread.item.done")]) == ["Answer 4."]
    assert len(await browser.items(thread_id)) == 2


async def test_every_json_request_is_answered(browser: Browser) -> None:
    thread_id, item = await thread_with_items(browser)
    ask = browser.ask

    assert (await ask("threads.update", thread_id=thread_id, title="  Tea  "))["title"] == "Tea"
    assert [thread["title"] for thread in (await ask("threads.list"))["data"]] == ["Tea"]
    assert (await ask("threads.get_by_id", thread_id=thread_id))["title"] == "Tea"
    assert len((await ask("items.list", thread_id=thread_id))["data"]) == 4
    feedback = {"thread_id": thread_id, "item_ids": [item["task"]], "kind": "positive"}
    assert await ask("items.feedback", **feedback) == {}
    card = {"thread_id": thread_id, "item_id": item["widget"], "action": {"type": "order"}}
    assert (await ask("threads.sync_custom_action", **card))["updated_item"]["id"] == item["widget"]
    speech = {"audio_base64": "AAAA", "mime_type": "audio/webm;codecs=opus"}
    assert await ask("input.transcribe", **speech) == {"text": "3 bytes of audio/webm"}
    file = await ask("attachments.create", name="menu.pdf", size=3, mime_type="application/pdf")
    assert file["upload_descriptor"]["method"] == "PUT"
    assert "never sent" not in json.dumps(file)
    assert await ask("attachments.delete", attachment_id=file["id"]) == {}
    assert await ask("threads.delete", thread_id=thread_id) == {}
    assert (await ask("threads.list"))["data"] == []


def test_every_request_type_is_here() -> None:
    """A new one in the SDK shows up here."""
    union = ChatKitReq.__args__[0].__args__  # type: ignore[attr-defined]
    known = {member.__args__[0] if hasattr(member, "__args__") else member for member in union}
    kinds = {kind for member in known for kind in _types(member)}
    assert kinds == set(IN_A_THREAD) | {"threads.create", "threads.list", *ELSEWHERE}


def _types(member: Any) -> list[str]:
    if not hasattr(member, "model_fields"):
        return [kind for inner in member.__args__ for kind in _types(inner)]
    return [member.model_fields["type"].default]


# --- The form of a stream -----------------------------------------------------------------------------


async def test_frames_are_numbered_from_one_and_headers_keep_proxies_from_holding_them(browser: Browser) -> None:
    response = await browser.post("threads.create", input=message_of("Hello\nwith \u2028 lines"))
    assert [frame.number for frame in frames(response.text)] == list(range(1, len(frames(response.text)) + 1))
    assert response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert response.headers["x-accel-buffering"] == "no"
    assert response.headers["x-request-id"].startswith("req_")


async def test_json_answers_are_not_cached(browser: Browser) -> None:
    assert (await browser.post("threads.list")).headers["cache-control"] == "no-store"


async def test_a_cookie_is_set_once(browser: Browser) -> None:
    assert "set-cookie" in (await browser.post("threads.list")).headers
    assert "set-cookie" not in (await browser.post("threads.list")).headers
    assert "set-cookie" not in (await browser.post("threads.create", input=message_of("Hi"))).headers


# --- What is wrong with a request ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "code", "param"),
    [
        (b"", "invalid_json", None),
        (b"{", "invalid_json", None),
        (b"\xff\xfe", "invalid_json", None),
        (b'{"type": "threads.list", "params": {"after": "\\ud800"}}', "invalid_json", None),
        (b"[" * 10_000, "invalid_json", None),
        (b"null", "invalid_request", None),
        (b"[]", "invalid_request", None),
        (b"{}", "invalid_request", "type"),
        (b'{"type": "tea.pour", "params": {}}', "unknown_operation", "type"),
        (b'{"type": 7, "params": {}}', "unknown_operation", "type"),
        (b'{"type": "threads.get_by_id"}', "invalid_request", "params"),
        (b'{"type": "threads.get_by_id", "params": {}}', "invalid_request", "params.thread_id"),
        (b'{"type": "threads.get_by_id", "params": {"thread_id": 1}}', "invalid_request", "params.thread_id"),
        (b'{"type": "threads.list", "params": {"order": "up"}}', "invalid_request", "params.order"),
        (b'{"type": "threads.create", "params": {}}', "invalid_request", "params.input"),
    ],
)
async def test_a_malformed_request_is_told_what_is_wrong(
    browser: Browser, body: bytes, code: str, param: str | None
) -> None:
    error = problem_in(await browser.http.post("/chatkit", content=body))
    assert (error["status"], error["code"], error["param"]) == (400, code, param)
    assert error["doc_url"] == f"/docs/en/errors/{code}"
    assert error["request_id"].startswith("req_")
    assert error["message"].endswith(".")


async def test_errors_are_in_the_language_of_the_page(browser: Browser) -> None:
    response = await browser.http.post("/chatkit", content=b"{}", headers={"accept-language": "zh-CN"})
    error = problem_in(response)
    assert error["message"] == "请求无效：缺少 type。请更正 `param` 指出的字段。"
    assert error["doc_url"] == "/docs/zh/errors/invalid_request"


IN_A_THREAD: dict[str, Json] = {
    "threads.get_by_id": {},
    "threads.update": {"title": "Mine now"},
    "threads.delete": {},
    "threads.add_user_message": {"input": message_of("Hi")},
    "threads.add_client_tool_output": {"result": {}},
    "threads.add_structured_input": {"item_id": "structured_input", "input": {"status": "skipped", "answers": {}}},
    "threads.retry_after_item": {"item_id": "user_message"},
    "threads.custom_action": {"item_id": "widget", "action": {"type": "order"}},
    "threads.sync_custom_action": {"item_id": "widget", "action": {"type": "order"}},
    "items.list": {},
    "items.feedback": {"item_ids": ["task"], "kind": "positive"},
}
"""Every request about a thread, with items named by their kind."""

ELSEWHERE = ("attachments.create", "attachments.delete", "input.transcribe")


def with_ids(params: Json, item: dict[str, str]) -> Json:
    """`params` with the ids of real items."""
    named = dict(params)
    if "item_id" in named:
        named["item_id"] = item[named["item_id"]]
    if "item_ids" in named:
        named["item_ids"] = [item[name] for name in named["item_ids"]]
    return named


@pytest.mark.parametrize("kind", IN_A_THREAD)
async def test_nobody_reaches_a_thread_of_somebody_else(open_house: Any, visit: Any, kind: str) -> None:
    """A foreign thread is no different from one that does not exist: not even its existence is told."""
    house = await open_house(Everything)
    alice, eve = visit(house), visit(house)
    thread_id, item = await thread_with_items(alice)
    before = await alice.ask("threads.get_by_id", thread_id=thread_id)

    params = with_ids(IN_A_THREAD[kind], item)
    foreign = await eve.problem(kind, thread_id=thread_id, **params)
    missing = await eve.problem(kind, thread_id="thr_" + "0" * 32, **params)
    assert foreign | {"request_id": ""} == missing | {"request_id": ""}
    assert (foreign["status"], foreign["code"], foreign["param"]) == (404, "thread_not_found", "thread_id")
    assert await alice.ask("threads.get_by_id", thread_id=thread_id) == before


async def test_nobody_lists_or_attaches_what_is_somebody_elses(open_house: Any, visit: Any) -> None:
    house = await open_house(Everything)
    alice, eve = visit(house), visit(house)
    thread_id = await alice.open_thread()
    file = await alice.ask("attachments.create", name="menu.pdf", size=3, mime_type="application/pdf")

    assert (await eve.ask("threads.list"))["data"] == []
    assert (await eve.problem("threads.list", after=thread_id))["code"] == "thread_not_found"
    taken = message_of("Mine", attachments=[file["id"]])
    assert (await eve.problem("threads.create", input=taken))["code"] == "attachment_not_found"
    assert (await eve.problem("attachments.delete", attachment_id=file["id"]))["code"] == "attachment_not_found"
    assert (await eve.ask("threads.list"))["data"] == []
    assert await alice.say("Here", attachments=[file["id"]])


@pytest.mark.parametrize("kind", [kind for kind, params in IN_A_THREAD.items() if "item_id" in params])
async def test_an_item_of_the_wrong_kind_or_of_no_thread_is_refused(browser: Browser, kind: str) -> None:
    thread_id, item = await thread_with_items(browser)
    params = IN_A_THREAD[kind] | {"thread_id": thread_id}
    wrong = await browser.problem(kind, **params | {"item_id": item["task"]})
    assert (wrong["status"], wrong["code"], wrong["param"]) == (400, "wrong_item_kind", "item_id")
    assert "is of kind task" in wrong["message"]
    assert f"needs {params['item_id']}." in wrong["message"]
    missing = await browser.problem(kind, **params | {"item_id": "msg_none"})
    assert (missing["status"], missing["code"], missing["param"]) == (404, "item_not_found", "item_id")


async def test_a_page_after_an_unknown_item_is_refused(browser: Browser) -> None:
    thread_id = await browser.open_thread()
    missing = await browser.problem("items.list", thread_id=thread_id, after="msg_none")
    assert (missing["status"], missing["code"], missing["param"]) == (404, "item_not_found", "after")


async def test_questions_are_answered_once(browser: Browser) -> None:
    thread_id, item = await thread_with_items(browser)
    params = {"thread_id": thread_id, "item_id": item["structured_input"]}
    skipped = params | {"input": {"status": "skipped", "answers": {}}}
    await browser.stream("threads.add_structured_input", **skipped)
    again = await browser.problem("threads.add_structured_input", **skipped)
    assert (again["status"], again["code"], again["param"]) == (400, "invalid_request", "item_id")


class Ends(Scenario):
    """Locks, or closes, a thread in its first turn."""

    async def turn(self, number: int, thread: ThreadMetadata) -> Events:
        thread.status = LockedStatus(reason="tea time") if thread.title is None else ClosedStatus()
        async for event in self.answer(thread, "Enough."):
            yield event


MESSAGES = (
    "threads.add_user_message",
    "threads.add_client_tool_output",
    "threads.add_structured_input",
    "threads.retry_after_item",
)


@pytest.mark.parametrize("kind", MESSAGES)
async def test_a_locked_thread_takes_nothing_more(open_house: Any, visit: Any, kind: str) -> None:
    browser = visit(await open_house(Ends))
    thread_id = await browser.open_thread()
    refused = await browser.problem(kind, thread_id=thread_id, **IN_A_THREAD[kind])
    assert (refused["status"], refused["code"], refused["param"]) == (409, "thread_locked", "thread_id")
    assert "(tea time)" in refused["message"]
    assert (await browser.ask("threads.get_by_id", thread_id=thread_id))["status"]["type"] == "locked"


@pytest.mark.parametrize(
    ("kind", "params", "hook"),
    [
        ("threads.custom_action", {"action": {"type": "x"}}, "action"),
        ("threads.sync_custom_action", {"action": {"type": "x"}}, "sync_action"),
        ("input.transcribe", {"audio_base64": "AAAA", "mime_type": "audio/webm"}, "transcribe"),
        ("attachments.create", {"name": "a", "size": 1, "mime_type": "text/plain"}, "attachment_store"),
        ("attachments.delete", {"attachment_id": "atc_1"}, "attachment_store"),
    ],
)
async def test_a_hook_that_is_not_there_is_named(
    open_house: Any, visit: Any, kind: str, params: Json, hook: str
) -> None:
    browser = visit(await open_house(Bare, files={"enabled": False}))
    thread = {"thread_id": await browser.open_thread()} if kind.startswith("threads") else {}
    refused = await browser.problem(kind, **thread, **params)
    assert (refused["status"], refused["code"]) == (501, "operation_not_supported")
    assert f"“{kind}”" in refused["message"]
    assert f"`{hook}`" in refused["message"]


async def test_feedback_needs_no_hook_and_refuses_unknown_items(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Bare))
    thread_id = await browser.open_thread()
    [item] = await browser.items(thread_id)
    feedback = {"thread_id": thread_id, "kind": "negative"}
    assert await browser.ask("items.feedback", **feedback, item_ids=[item["id"]]) == {}
    refused = await browser.problem("items.feedback", **feedback, item_ids=["msg_none"])
    assert (refused["status"], refused["code"]) == (404, "item_not_found")


@pytest.mark.parametrize("audio", ["not base64!", "é", "AAA"])
async def test_audio_has_to_be_base64(browser: Browser, audio: str) -> None:
    refused = await browser.problem("input.transcribe", audio_base64=audio, mime_type="audio/webm")
    assert (refused["status"], refused["code"], refused["param"]) == (400, "invalid_request", "audio_base64")


async def test_a_body_that_is_too_large_is_refused_by_its_announced_length(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Bare, limits={"request_bytes": 2048}))
    refused = await browser.problem("threads.create", input=message_of("x" * 2048))
    assert (refused["status"], refused["code"]) == (413, "request_too_large")
    assert "2048 bytes" in refused["message"]


async def test_nothing_is_read_of_a_body_that_announces_itself_too_large(open_house: Any) -> None:
    house = await open_house(Bare, limits={"request_bytes": 2048})
    sent: list[Any] = []

    async def receive() -> Any:
        raise AssertionError("it was read")

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [(b"host", b"chat.test"), (b"content-length", b"2049")]
    scope = {"type": "http", "method": "POST", "path": "/chatkit", "headers": headers, "scheme": "http"}
    await house.app(scope | {"query_string": b"", "root_path": ""}, receive, send)
    assert sent[0]["status"] == 413


async def test_a_body_that_is_too_large_is_refused_while_it_comes(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house(Bare, limits={"request_bytes": 2048}))
    sent = 0

    async def endless() -> AsyncGenerator[bytes]:
        nonlocal sent
        while True:
            sent += 1024
            yield b"x" * 1024

    refused = problem_in(await browser.http.post("/chatkit", content=endless()))
    assert (refused["status"], refused["code"]) == (413, "request_too_large")
    assert sent <= 2048 + 2 * 1024


# --- Whatever is sent ---------------------------------------------------------------------------------

ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
NAMES = ("thread_id", "item_id", "item_ids", "input", "action", "after", "limit", "order", "title", "kind", "result")
NEARLY = st.builds(
    lambda kind, params: {"type": kind, "params": params},
    st.sampled_from([*IN_A_THREAD, *ELSEWHERE, "threads.create", "threads.list"]),
    st.dictionaries(st.sampled_from(NAMES), ANYTHING | st.just("thr_1"), max_size=5),
)


@given(body=st.binary(max_size=200) | (ANYTHING | NEARLY).map(lambda value: json.dumps(value).encode()))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_nothing_that_is_sent_is_the_servers_failure(whatever_house: Browser, body: bytes) -> None:
    response = await whatever_house.http.post("/chatkit", content=body)
    assert response.status_code < 500 or response.status_code == 501, response.text


@pytest.fixture
async def whatever_house(tmp_path: Path) -> AsyncIterator[Browser]:
    house = Teahouse(server=Everything, settings=Settings(data=tmp_path))
    await house.start()
    async with Browser(house.app) as browser:
        yield browser
    await house.stop()


# --- Every code has its page --------------------------------------------------------------------------

ROOMS = {
    kind.code: kind
    for room in (store_errors, hosted_errors)
    for kind in vars(room).values()
    if isinstance(kind, errors.Kind)
}
CODES = sorted(errors.KINDS.keys() | ROOMS.keys())


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("code", CODES)
def test_every_error_has_its_page(code: str, language: str) -> None:
    page = DOCS / language / "errors" / f"{code}.md"
    assert page.is_file(), "write the page"
    assert code in page.read_text(encoding="utf-8")


def test_every_page_has_its_error() -> None:
    for language in ("en", "zh"):
        pages = {page.stem for page in (DOCS / language / "errors").glob("*.md")} - {"index"}
        assert pages == set(CODES)


def test_every_sentence_can_be_said_in_both_languages() -> None:
    """The details that one language's sentences name are named by the other's."""
    for kind in [*errors.KINDS.values(), *ROOMS.values()]:
        english, chinese = (sorted(_braces(" ".join(texts))) for texts in (kind.en, kind.zh))
        assert english == chinese, kind.code


def _braces(text: str) -> set[str]:
    import string

    return {name for _, name, _, _ in string.Formatter().parse(text) if name}
