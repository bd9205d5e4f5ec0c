"""Take a picture of every state of a conversation, and put them on one page to look at.

python -m scripts.gallery FOLDER    # light and dark, English and Chinese, wide and 360 px; open FOLDER/index.html
"""

from __future__ import annotations

import argparse
import itertools
import json
import tempfile
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Browser, Route, expect
from tests.browser.chat import ELEMENT, Chat
from tests.browser.chromium import chromium
from tests.browser.houses import served
from tests.browser.scripted import ScriptedServer
from tests.browser.watch import Watch

from teahouse import Settings, Teahouse

LOCALES = ("en", "zh-CN")
SCHEMES = ("light", "dark")
WIDTHS = (1280, 360)  # px
NOW = "2026-01-01T00:00:00+00:00"
PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

MARKDOWN = r"""## How to steep green tea

Heat the water to **80 °C**, then *wait* for `2` minutes; see [the handbook](https://tea.example/handbook).

1. Warm the pot
2. Add the leaves
   - three grams a cup

| tea | from | minutes |
| --- | --- | ---: |
| Longjing | Hangzhou | 2 |
| Keemun | Qimen | 3 |

```python
def brew(minutes: int) -> str:
    return f"{minutes} minutes"
```

The heat that is needed is $Q = m c \Delta T$, and over time

$$
\int_0^t \frac{k A (T_w - T_a)}{d}\,\mathrm{d}t
$$

> Good tea waits for nobody.
"""

WEB = {"type": "url", "title": "Green tea", "url": "https://tea.example/green", "attribution": "Handbook"}
PDF = {"type": "file", "title": "Teas of Zhejiang", "filename": "teas.pdf"}
TIN = {"type": "entity", "id": "tin_7", "title": "Tin 7", "label": "Cellar", "interactive": True, "data": {}}

TASKS = [
    {"type": "custom", "status_indicator": "complete", "title": "Look into the cellar", "content": "Behind the *door*"},
    {"type": "web_search", "status_indicator": "none", "title_query": "Tea", "queries": ["tea"], "sources": [WEB]},
    {"type": "file", "status_indicator": "complete", "title": "Read two files", "sources": [PDF]},
    {"type": "thought", "status_indicator": "loading", "title": "Compare them", "content": "Green is lighter."},
    {"type": "image", "status_indicator": "none", "title": "Draw a leaf"},
]
QUESTIONS = [
    {
        "id": "tea",
        "type": "multiple_choice",
        "question": "Which tea?",
        "options": [{"value": "Longjing"}, {"value": "Keemun"}],
        "multiple": False,
    },
    {
        "id": "with",
        "type": "multiple_choice",
        "question": "What with it?",
        "options": [{"value": "Cake"}, {"value": "Nuts"}],
        "multiple": True,
    },
    {"id": "note", "type": "freeform", "question": "Anything else?", "description": "Whatever we should know."},
]
ASKED = {
    "type": "user_message",
    "content": [
        {"type": "input_text", "text": "What do you know of "},
        {"type": "input_tag", "id": "tin_7", "text": "Tin 7", "data": {}, "interactive": True},
        {"type": "input_text", "text": "?"},
    ],
    "attachments": [],
    "quoted_text": "Good tea waits for nobody.",
}


def said(text: str, *sources: dict[str, Any]) -> dict[str, Any]:
    """A message of the assistant, with sources at its end."""
    annotations = [{"type": "annotation", "source": source, "index": len(text)} for source in sources]
    return {"type": "assistant_message", "content": [{"type": "output_text", "text": text, "annotations": annotations}]}


def workflow(kind: str, tasks: list[dict[str, Any]], *, expanded: bool = False, **more: Any) -> dict[str, Any]:
    """What the assistant did on the way."""
    return {"type": "workflow", "workflow": {"type": kind, "tasks": tasks, "expanded": expanded, **more}}


def form(status: str, answers: list[dict[str, Any]]) -> dict[str, Any]:
    """The three kinds of questions."""
    inputs = [
        {**question, **({"answer": answer} if answer else {})}
        for question, answer in itertools.zip_longest(QUESTIONS, answers)
    ]
    return {"type": "structured_input", "status": status, "inputs": inputs}


STATES: dict[str, list[dict[str, Any]]] = {
    "text": [said(MARKDOWN)],
    "sources": [said("It is pan fired. Then it rests.", WEB, PDF, TIN)],
    "workflow": [
        workflow("reasoning", [], summary={"duration": 12}),
        workflow("custom", TASKS, expanded=True),
        said("That is what I found."),
    ],
    "image": [
        {"type": "generated_image", "image": {"id": "1", "url": f"data:image/png;base64,{PIXEL}"}},
        {"type": "generated_image", "image": {"id": "2", "url": "https://tea.example/leaf.png"}},
        {"type": "widget", "widget": {"type": "Card", "children": [{"type": "Text", "value": "Longjing, 50 g"}]}},
    ],
    "questions": [form("pending", [])],
    "answered": [
        form("answered", [{"values": ["Longjing"]}, {"values": ["Cake", "Nuts"]}, {"skipped": True}]),
        said("Coming."),
    ],
    "tool": [{"type": "client_tool_call", "status": "pending", "call_id": "1", "name": "look_up", "arguments": {}}],
    "locked": [said("One moment.")],
    "notices": [said("Half an answer")],
}
"""What is in the thread, by the state's name."""

EVENTS: list[dict[str, Any]] = [
    {"type": "notice", "level": "info", "title": "A new blend", "message": "It is **here** since today."},
    {"type": "notice", "level": "warning", "message": "The shop closes at *six*."},
    {"type": "notice", "level": "danger", "message": "The kettle is hot."},
    {"type": "error", "code": "custom", "message": "The model did not answer.", "allow_retry": True},
]


def main() -> None:
    """Take them all."""
    parser = argparse.ArgumentParser(description="Take a picture of every state of a conversation.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as data:
        app = Teahouse(server=ScriptedServer, settings=Settings(data=Path(data))).app
        with served(app) as url, chromium() as browser:
            for locale, scheme, width in itertools.product(LOCALES, SCHEMES, WIDTHS):
                take_all(browser, f"{url}/", folder, locale, scheme, width)
    write_page(folder)


def take_all(browser: Browser, url: str, folder: Path, locale: str, scheme: str, width: int) -> None:
    """Every state, for one kind of reader."""
    context = browser.new_context(
        locale=locale, color_scheme=scheme, viewport={"width": width, "height": 900}, reduced_motion="reduce"
    )
    chat = Chat(context.new_page(), url, Watch(context, ""))
    chat.page.route(urljoin(url, "chatkit"), answer)
    tool = "options.onClientTool = () => new Promise(() => undefined);"
    chat.embed(ELEMENT, script=f"options.theme = '{scheme}'; {tool} chat.setOptions(options);")
    for state in STATES:
        chat.call("setThreadId", state)
        if state == "notices":
            chat.call("sendUserMessage", {"text": "Go on"})
            expect(chat.page.locator(".notice")).to_have_count(len(EVENTS))
        if state == "text":  # what is loaded on demand
            expect(chat.page.locator(".hl-keyword, .katex-display")).not_to_have_count(0)
            expect(chat.page.locator(".katex-display")).to_be_visible()
        chat.page.evaluate("document.fonts.ready.then(() => undefined)")
        chat.page.wait_for_load_state("networkidle")
        chat.page.screenshot(path=folder / picture(state, locale, scheme, width), animations="disabled", caret="hide")
    context.close()


def answer(route: Route) -> None:
    """What a server with these threads says."""
    request = json.loads(route.request.post_data or "{}")
    if request.get("type") == "threads.get_by_id":
        route.fulfill(json=thread(request["params"]["thread_id"]))
    elif request.get("type") == "threads.add_user_message":
        frames = "".join(f"data: {json.dumps(event)}\n\n" for event in EVENTS)
        route.fulfill(body=frames, content_type="text/event-stream")
    else:
        route.fallback()


def thread(state: str) -> dict[str, Any]:
    """The thread that shows a state."""
    made = {"thread_id": state, "created_at": NOW}
    items = [{**item, "id": f"{state}_{n}", **made} for n, item in enumerate([ASKED, *STATES[state]])]
    status = {"type": "locked", "reason": "A person takes over."} if state == "locked" else {"type": "active"}
    page = {"data": items, "has_more": False}
    return {"id": state, "title": state, "created_at": NOW, "status": status, "metadata": {}, "items": page}


def picture(state: str, locale: str, scheme: str, width: int) -> str:
    return f"{state}-{locale}-{scheme}-{width}.png"


def write_page(folder: Path) -> None:
    """All pictures, a row for each state."""
    rows = []
    for state in STATES:
        names = [picture(state, *kind) for kind in itertools.product(LOCALES, SCHEMES, WIDTHS)]
        images = "".join(f'<img src="{escape(name)}" alt="{escape(name)}" title="{escape(name)}">' for name in names)
        rows.append(f"<h2>{escape(state)}</h2><div>{images}</div>")
    style = "body{font:16px sans-serif}div{display:flex;gap:8px;overflow-x:auto}img{height:450px;border:1px solid #ccc}"
    (folder / "index.html").write_text(f"<!doctype html><meta charset=utf-8><style>{style}</style>{''.join(rows)}")


if __name__ == "__main__":
    main()
