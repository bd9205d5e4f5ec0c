"""Whatever a server, a model or another visitor may write: nothing of it runs, and no request leaves.

Every text of `hostile.py` goes through every field of every item and event that holds a text or an address, finished
and while it streams. The page has a canary, reports of its policy are counted, and what is drawn is looked through.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Route, expect

from .chat import Chat
from .hostile import HOST, payloads

AT_ONCE = 20  # payloads in a thread: as many turns as are drawn at first
NOW = "2026-01-01T00:00:00+00:00"

CANARY = """
    window.hits = [];
    window.canary = (...what) => hits.push(`canary ${what}`);
    document.addEventListener('securitypolicyviolation', ({ violatedDirective, blockedURI, sample }) => {
        hits.push(`${violatedDirective} ${blockedURI} ${sample}`);
    });
    chat.setOptions({ ...options, entities: { onClick: () => undefined } });
"""

LOOK_THROUGH = """chat => {
    const forbidden = 'script, iframe, object, embed, link, base, meta, foreignObject, animate, form[action], [srcdoc]';
    const found = [...chat.shadowRoot.querySelectorAll(forbidden)].map(({ outerHTML }) => outerHTML);
    for (const node of chat.shadowRoot.querySelectorAll('*')) {
        for (const { name, value } of node.attributes) {
            const leads = ['href', 'src', 'action', 'formaction', 'xlink:href', 'srcset', 'poster'].includes(name);
            if (name.startsWith('on')) found.push(`${name}=${value}`);
            // KaTeX sets sizes, and a turn that is far away its height; through the object model, never as markup.
            const sized = node.matches('.formula *, .turn') && !/url|image|position/i.test(value);
            if (name === 'style' && !sized) found.push(`${name}=${value}`);
            if (leads && !node.closest('svg') && !isSafe(node, value)) found.push(`${name}=${value}`);
        }
    }
    return found;

    function isSafe(node, value) {
        const { protocol, host } = new URL(value, location.href);
        if (node.localName === 'img') {
            const own = host === location.host || protocol === 'blob:';
            return own || /^data:image\\/(png|jpeg|gif|webp)[;,]/i.test(value);
        }
        return ['http:', 'https:', 'mailto:', 'tel:', 'chatkit-link:'].includes(protocol);
    }
}"""


def source(kind: str, text: str) -> dict[str, Any]:
    """An annotation with the text wherever there is one."""
    own = {
        "url": {"url": text, "attribution": text},
        "file": {"filename": text},
        "entity": {"id": text, "icon": text, "label": text, "interactive": True, "data": {text: text}},
    }[kind]
    return {"type": kind, "title": text, "description": text, "group": text, **own}


def annotations(text: str) -> list[dict[str, Any]]:
    return [{"type": "annotation", "source": source(kind, text), "index": 0} for kind in ("url", "file", "entity")]


def tasks(text: str) -> list[dict[str, Any]]:
    """All five kinds, and one that is none."""
    return [
        {"type": "custom", "status_indicator": "none", "title": text, "icon": text, "content": text},
        {
            "type": "web_search",
            "status_indicator": "loading",
            "title_query": text,
            "queries": [text],
            "sources": [source("url", text)],
        },
        {"type": "thought", "status_indicator": "complete", "title": text, "content": text},
        {"type": "file", "status_indicator": text, "title": text, "sources": [source("file", text)]},
        {"type": "image", "status_indicator": "none", "title": text},
        {"type": text, "status_indicator": "none"},
    ]


def items(text: str, number: int) -> list[dict[str, Any]]:
    """Every kind of item, with the text in every field that a server fills."""
    choice = {"id": text, "question": text, "options": [{"value": text}], "multiple": number % 2 == 0}
    free = {"id": f"{text} 2", "type": "freeform", "question": text, "description": text}
    answer = {"values": [text], "skipped": False}
    card = {"type": "Card", "children": [{"type": "Text", "value": text}, {"type": text, "label": text}]}
    tag = {"type": "input_tag", "id": text, "text": text, "data": {text: text}, "group": text, "interactive": True}
    file = {"type": "file", "id": text, "name": text, "mime_type": text}
    image = {"type": "image", "id": text, "name": text, "mime_type": "image/png", "preview_url": text}
    kinds: list[dict[str, Any]] = [
        {
            "type": "user_message",
            "content": [{"type": "input_text", "text": text}, tag],
            "attachments": [file, image],
            "quoted_text": text,
            "inference_options": {},
        },
        {
            "type": "assistant_message",
            "content": [{"type": "output_text", "text": text, "annotations": annotations(text)}],
        },
        {"type": "widget", "widget": card},
        {"type": "widget", "widget": card, "copy_text": text},
        {"type": "generated_image", "image": {"id": text, "url": text}},
        {"type": "task", "task": tasks(text)[number % 6]},
        {"type": "workflow", "workflow": {"type": "custom", "tasks": tasks(text), "expanded": True}},
        {
            "type": "workflow",
            "workflow": {"type": text, "tasks": [], "expanded": False, "summary": {"title": text, "icon": text}},
        },
        {
            "type": "structured_input",
            "status": "answered",
            "inputs": [{**choice, "type": "multiple_choice", "answer": answer}, {**free, "answer": answer}],
        },
        {"type": "structured_input", "status": "pending", "inputs": [{**choice, "type": "multiple_choice"}, free]},
        {"type": "client_tool_call", "status": "completed", "call_id": text, "name": text, "arguments": {text: text}},
        {"type": "hidden_context_item", "content": text},
        {"type": text},
    ]
    made = {"thread_id": "thr_1", "created_at": NOW}
    return [{**kind, "id": f"item_{number}_{n}", **made} for n, kind in enumerate(kinds)]


def stream(texts: list[str]) -> list[dict[str, Any]]:
    """The same texts while they are being written, in pieces of five characters; then every other event."""
    events: list[dict[str, Any]] = []
    for n, text in enumerate(texts):
        item = {"id": f"live_{n}", "thread_id": "thr_1", "created_at": NOW, "type": "assistant_message", "content": []}
        update = {"type": "assistant_message.content_part.text_delta", "content_index": 0}
        events.append({"type": "thread.item.added", "item": item})
        for at in range(0, len(text), 5):
            delta = {**update, "delta": text[at : at + 5]}
            events.append({"type": "thread.item.updated", "item_id": item["id"], "update": delta})
        events.append({"type": "notice", "level": text, "message": text, "title": text})
        events.append({"type": "progress_update", "icon": text, "text": text})
        events.append({"type": text, "data": text})
    last = texts[-1]
    return [*events, {"type": "error", "code": last, "message": last, "allow_retry": True, "doc_url": last}]


class HostileServer:
    """Answers for the chat's server, with a thread for each batch of texts."""

    def __init__(self, batches: list[list[str]]) -> None:
        self._batches = batches
        self._shown: list[str] = []

    def answer(self, route: Route) -> None:
        if route.request.method != "POST":
            route.fallback()  # a picture that is said to be here: own addresses may be asked, and there is none
            return
        request = json.loads(route.request.post_data or "{}")
        params = request["params"]
        match request["type"]:
            case "threads.get_by_id":
                route.fulfill(json=self._thread(int(params["thread_id"])))
            case "threads.list":
                threads = [{**self._thread(0), "id": f"{n}", "title": text} for n, text in enumerate(self._batches[0])]
                route.fulfill(json={"data": threads, "has_more": False})
            case "threads.add_user_message":
                frames = "".join(f"data: {json.dumps(event)}\n\n" for event in stream(self._shown))
                route.fulfill(body=frames, content_type="text/event-stream")
            case other:
                raise AssertionError(other)

    def _thread(self, number: int) -> dict[str, Any]:
        self._shown = self._batches[number]
        shown = [item for n, text in enumerate(self._shown) for item in items(text, n)]
        last = {"type": "end_of_turn", "id": "end", "thread_id": "thr_1", "created_at": NOW}
        return {
            "id": f"{number}",
            "title": self._shown[0],
            "created_at": NOW,
            "status": {"type": "active"},
            "metadata": {},
            "allowed_image_domains": ["", "*", ".", "example.org"],
            "items": {"data": [*shown, last], "has_more": False},
        }


def test_nothing_that_is_written_runs_or_asks_another_host(chat: Chat) -> None:
    texts = payloads()
    assert len(texts) >= 300
    batches = [texts[at : at + AT_ONCE] for at in range(0, len(texts), AT_ONCE)]
    chat.page.route("**/chatkit", HostileServer(batches).answer)
    chat.watch.allow("Failed to load resource: the server responded")
    # Nothing is so far out of sight that it is not drawn.
    chat.page.set_viewport_size({"width": 1000, "height": 20_000})
    chat.embed(script=CANARY)
    for number, batch in enumerate(batches):
        chat.call("setThreadId", str(number))
        expect(chat.turns).to_have_count(len(batch))
        chat.call("sendUserMessage", {"text": "Go on"})
        expect(chat.thread).to_have_attribute("aria-busy", "false")
        found = chat.element.evaluate(LOOK_THROUGH)
        assert found == [], found[:5]
    chat.call("showHistory")
    assert chat.element.evaluate(LOOK_THROUGH) == []
    chat.page.wait_for_load_state("networkidle")
    assert chat.page.evaluate("window.hits") == []
    assert [request.url for request in chat.watch.requests if urlsplit(request.url).hostname == HOST] == []
