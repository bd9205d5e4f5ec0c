"""A stand-in for OpenAI's chatkit.js and what it talks to: written from the public types and the documentation.

Nothing of OpenAI is reached in a test. The stand-in defines the element, asks `getClientSecret` as the documentation
says (`null` at first, the old secret when that has expired), and says `chatkit.ready` and `chatkit.error`.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, Route

from teahouse.emulator import Emulator
from teahouse.emulator.refusals import Refusal

SCRIPT_URL = "https://cdn.platform.openai.com/deployments/chatkit/chatkit.js"
CONVERSATION_URL = "https://api.openai.com/v1/chatkit/conversation"

ELEMENT = """
customElements.define('openai-chatkit', class extends HTMLElement {
    #options = null;
    #secret = null;
    async setOptions(options) {
        this.#options = options;
        this.#draw();
        if (BEHAVIOUR === 'leaves') { this.remove(); return; }
        if (BEHAVIOUR === 'silent') return;
        if (BEHAVIOUR === 'domain') {
            const error = new Error(`Domain verification failed for ${location.origin}`);
            error.name = 'IntegrationError';
            this.#say('error', { error });
            return;
        }
        try {
            if (options.api.getClientSecret) this.#secret = await options.api.getClientSecret(null);
        } catch (error) {
            this.#say('error', { error });
            return;
        }
        this.#say('ready');
    }
    #say(name, detail) { this.dispatchEvent(new CustomEvent(`chatkit.${name}`, { detail })); }
    #draw() {
        const root = this.shadowRoot ?? this.attachShadow({ mode: 'open' });
        const log = document.createElement('ul');
        const box = document.createElement('input');
        box.setAttribute('aria-label', 'Message to OpenAI');
        box.addEventListener('keydown', ({ key }) => { if (key === 'Enter') void this.#send(box.value, log); });
        root.replaceChildren(log, box);
    }
    async #send(text, log) {
        const line = document.createElement('li');
        log.append(line);
        let response = await this.#post(text);
        if (response.status === 401) {
            this.#secret = await this.#options.api.getClientSecret(this.#secret);
            response = await this.#post(text);
        }
        line.textContent = await response.text();
    }
    #post(text) {
        const headers = { authorization: `Bearer ${this.#secret}` };
        return fetch('URL', { method: 'POST', headers, body: JSON.stringify({ text }) });
    }
});
"""


@dataclass
class Official:
    """OpenAI as a browser sees it.

    Attributes:
        behaviour: of the element: `well`, `domain` (the host is not allowed), `leaves`, `silent`.
        script: what happens to the script: `comes`, `blocked`, `never` (no answer), `empty` (it defines nothing).
        held: requests for a script that never comes; `let_come` lets them.
        spoken: what was said, each with the secret that opened the conversation.
    """

    platform: Emulator
    behaviour: str = "well"
    script: str = "comes"
    held: list[Route] = field(default_factory=list)
    spoken: list[tuple[str, str]] = field(default_factory=list)

    def stand_in(self, context: BrowserContext) -> None:
        """Answer for OpenAI in this browser."""
        context.route(SCRIPT_URL, self._script)
        context.route(CONVERSATION_URL, self._conversation)

    def let_come(self) -> None:
        """What was held back comes after all."""
        for route in self.held:
            route.fulfill(body=self.source, content_type="text/javascript")

    @property
    def source(self) -> str:
        return ELEMENT.replace("BEHAVIOUR", json.dumps(self.behaviour)).replace("URL", CONVERSATION_URL)

    def _script(self, route: Route) -> None:
        if self.script == "blocked":
            route.abort("blockedbyclient")
        elif self.script == "never":
            self.held.append(route)
        else:
            body = "" if self.script == "empty" else self.source
            route.fulfill(body=body, content_type="text/javascript")

    def _conversation(self, route: Route) -> None:
        request = route.request
        cors = {"access-control-allow-origin": "*", "access-control-allow-headers": "*"}
        if request.method == "OPTIONS":
            route.fulfill(status=204, headers=cors)
            return
        secret = request.headers["authorization"].removeprefix("Bearer ")
        try:
            self.platform.chatkit.use(secret)
        except Refusal as refusal:
            route.fulfill(status=refusal.status, headers=cors, body=json.dumps({"error": refusal.error}))
            return
        text = json.loads(request.post_data or "{}")["text"]
        self.spoken.append((text, secret))
        route.fulfill(headers=cors, body=f"You said: {text}")


def host_of(url: str) -> str:
    return urlsplit(url).netloc
