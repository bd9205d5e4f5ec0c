"""A page with the chat on it, as a person meets it: by roles and names."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin

from playwright.sync_api import Locator, Page, expect

from .watch import Watch

EVENTS = (
    "ready error effect deeplink response.start response.end history.open history.close thread.change "
    "thread.load.start thread.load.end tool.change log"
).split()

ELEMENT = "<openai-chatkit></openai-chatkit>"
SCRIPT = '<script src="chatkit.js"></script>'
CSS = "html, body { margin: 0; height: 100% } openai-chatkit { display: block; height: 100% }"
THREAD_ID = re.compile(r"thr_[0-9a-f]{32}")

REMEMBER_THREAD = """
    options.initialThread = location.hash.slice(1) || null;
    chat.addEventListener('chatkit.thread.change', ({ detail }) => {
        history.replaceState(null, '', `#${detail.threadId ?? ''}`);
    });
    chat.setOptions(options);
"""
"""A script for pages that show the same thread after a reload."""

RECORD_EVENTS = """
    window.events = [];
    for (const name of NAMES) {
        document.addEventListener(`chatkit.${name}`, ({ detail }) => {
            const error = detail?.error;
            events.push([name, error ? { code: error.code, message: error.message } : (detail ?? null)]);
        }, true);
    }
""".replace("NAMES", str(EVENTS))

SWITCH_SIGHT = """sight => {
    Object.defineProperty(document, 'visibilityState', { configurable: true, get: () => sight });
    document.dispatchEvent(new Event('visibilitychange'));
}"""


class Chat:
    """One page in one browser context; a context is one visitor.

    Args:
        page: the page.
        base: where the chat is served, ending with a slash.
        watch: follows the page's context.
    """

    def __init__(self, page: Page, base: str, watch: Watch) -> None:
        self.page = page
        self.base = base
        self.watch = watch

    def open(self, path: str = "") -> Chat:
        """Go to a page of the server; by default the one at `/`."""
        self.page.goto(urljoin(self.base, path))
        return self

    def embed(self, body: str = ELEMENT, *, script: str = "", head: str = SCRIPT) -> Chat:
        """Go to a page of one's own on the same origin, under the server's own policy.

        Args:
            body: its markup.
            script: runs at the end of the body; `chat` is the element, `options` make it talk to the server.
            head: the script tag.
        """
        policy = self.page.request.get(urljoin(self.base, "healthz")).headers["content-security-policy"]
        own = f"""{RECORD_EVENTS}
            const chat = document.querySelector('openai-chatkit');
            const options = {{ api: {{ url: '{urljoin(self.base, "chatkit")}', domainKey: 'local-dev' }} }};
            {script}"""
        html = f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A page</title>
            <link rel="icon" href="data:,"><link rel="stylesheet" href="embed.css">
            {head}</head>
            <body>{body}<script src="embed.js"></script></body></html>"""
        kinds = {"html": "text/html", "js": "text/javascript", "css": "text/css"}
        for name, text in {"embed.html": html, "embed.js": own, "embed.css": CSS}.items():
            kind = kinds[name.partition(".")[2]]
            headers = {"content-type": f"{kind}; charset=utf-8", "content-security-policy": policy}
            answer = {"body": text, "headers": headers}
            self.page.route(urljoin(self.base, name), lambda route, *, answer=answer: route.fulfill(**answer))
        return self.open("embed.html")

    def new_page(self) -> Chat:
        """Another tab of the same visitor."""
        return Chat(self.page.context.new_page(), self.base, self.watch)

    @property
    def element(self) -> Locator:
        return self.page.locator("openai-chatkit").first

    @property
    def composer(self) -> Locator:
        return self.page.get_by_role("textbox", name="Message", exact=True)

    @property
    def thread(self) -> Locator:
        return self.page.get_by_role("region", name="Conversation")

    @property
    def turns(self) -> Locator:
        """Each question with its answer, oldest first."""
        return self.page.get_by_role("article")

    def button(self, name: str) -> Locator:
        return self.page.get_by_role("button", name=name, exact=True)

    def ask(self, text: str) -> Locator:
        """Type a message and send it; gives its turn."""
        turn = self.turns.nth(self.turns.count())
        self.composer.fill(text)
        self.composer.press("Enter")
        expect(turn).to_contain_text(text.splitlines()[0])
        return turn

    def converse(self, text: str) -> Locator:
        """Ask, and wait until the answer is complete; gives the turn."""
        turn = self.ask(text)
        self.finished(turn)
        return turn

    def finished(self, turn: Locator) -> None:
        """Wait until a turn's answer is complete."""
        expect(self.thread).to_have_attribute("aria-busy", "false")
        expect(turn.get_by_role("button", name="Copy", exact=True)).to_be_visible()

    def behind(self, text: str, thread: str | None = None) -> str:
        """Say something without the page noticing, as this visitor in another tab would; gives the thread."""
        message = {"content": [{"type": "input_text", "text": text}], "attachments": [], "inference_options": {}}
        kind, params = ("threads.create", {}) if thread is None else ("threads.add_user_message", {"thread_id": thread})
        response = self.page.request.post(
            urljoin(self.base, "chatkit"), data={"type": kind, "params": {"input": message, **params}}
        )
        assert response.ok, response.text()
        return thread or THREAD_ID.search(response.text())[0]

    def show(self, sight: str) -> None:
        """Bring the page into sight (`visible`), or out of it (`hidden`), as far as it can tell."""
        self.page.evaluate(SWITCH_SIGHT, sight)

    def call(self, method: str, *arguments: Any) -> Any:
        """Call a method of the element and wait for what it gives."""
        return self.element.evaluate("(chat, [method, rest]) => chat[method](...rest)", [method, list(arguments)])

    def set_options(self, script: str) -> None:
        """Give the element options, an object in JavaScript; `base` are those that reach the server."""
        base = f"{{ api: {{ url: '{urljoin(self.base, 'chatkit')}', domainKey: 'local-dev' }} }}"
        self.element.evaluate(f"chat => {{ const base = {base}; chat.setOptions({script}); }}")

    def height(self, part: Locator) -> float:
        """Of something on the page, in px."""
        box = part.bounding_box()
        assert box, "it is not shown"
        return box["height"]

    def is_light(self) -> bool:
        """Whether the element's background is, however its colour is written."""
        pixel = self.element.evaluate(
            """chat => {
                const canvas = new OffscreenCanvas(1, 1).getContext('2d');
                canvas.fillStyle = getComputedStyle(chat).backgroundColor;
                canvas.fillRect(0, 0, 1, 1);
                return [...canvas.getImageData(0, 0, 1, 1).data];
            }"""
        )
        return min(pixel) > 200

    @property
    def events(self) -> list[list[Any]]:
        """What the embedding page heard: `[name, detail]`, in order."""
        return self.page.evaluate("window.events")

    def wait_for_event(self, name: str, count: int = 1) -> Any:
        """Wait until an event has come so many times; gives its detail."""
        found = self.page.wait_for_function(
            "([name, count]) => events.filter(([type]) => type === name)[count - 1]", arg=[name, count]
        )
        return found.json_value()[1]
