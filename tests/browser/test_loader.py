"""/loader.js in real Chromium: the three ways to load ChatKit, and everything that can keep it away."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from urllib.parse import urljoin

import pytest
from playwright.sync_api import Locator, expect

from teahouse import Settings, Teahouse
from teahouse.emulator import Emulator

from .chat import Chat
from .conftest import Visit
from .houses import served
from .official import CONVERSATION_URL, SCRIPT_URL, Official, host_of
from .scripted import ScriptedServer

STRICT = "default-src 'self'; img-src data:"
POLICY = (
    f"{STRICT}; script-src 'self' https://{host_of(SCRIPT_URL)}; connect-src 'self' https://{host_of(CONVERSATION_URL)}"
)
QUICK = "data-timeout='1500'"
RECORD = """
    window.states = [];
    document.addEventListener('teahouse.loader', ({ detail }) => states.push([detail.state, detail.implementation]));
"""


class Platform(Emulator):
    """The emulated OpenAI, with a clock that a test moves."""

    def __init__(self) -> None:
        self.ahead = 0.0
        super().__init__(now=lambda: time.time() + self.ahead)


@pytest.fixture(scope="module")
def platform_and_house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Platform, str]]:
    platform = Platform()
    with pytest.MonkeyPatch.context() as environment, served(platform.app) as openai:
        environment.setenv("NO_PROXY", "127.0.0.1")
        hosted = {"workflow_id": "wf_demo", "api_key": "sk-kept-on-the-server", "base_url": f"{openai}/v1"}
        settings = Settings(data=tmp_path_factory.mktemp("hosted"), hosted=hosted)
        with served(Teahouse(server=ScriptedServer, settings=settings).app) as url:
            yield platform, f"{url}/"


@pytest.fixture
def platform(platform_and_house: tuple[Platform, str]) -> Platform:
    platform, _ = platform_and_house
    platform.ahead = 0.0
    return platform


@pytest.fixture
def official(platform: Platform) -> Official:
    return Official(platform)


Load = Callable[..., "Loaded"]


class Loaded:
    """A page on which /loader.js was put."""

    def __init__(self, chat: Chat) -> None:
        self.chat = chat
        self.page = chat.page

    @property
    def panel(self) -> Locator:
        return self.page.get_by_role("alert")

    @property
    def official_composer(self) -> Locator:
        return self.page.get_by_label("Message to OpenAI")

    def say(self, text: str) -> None:
        """To the official element."""
        self.official_composer.fill(text)
        self.official_composer.press("Enter")
        expect(self.page.get_by_text(f"You said: {text}")).to_be_visible()

    def until(self, state: str) -> None:
        self.page.wait_for_function("state => window.states?.at(-1)?.[0] === state", arg=state)

    @property
    def states(self) -> list[list[str | None]]:
        return self.page.evaluate("states")

    def fails(self, title: str, code: str) -> None:
        """Wait for the panel that says so, and see that it can be acted on."""
        expect(self.panel.get_by_role("heading")).to_have_text(title)
        expect(self.panel).to_contain_text(code)
        expect(self.panel.get_by_role("button", name=re.compile("Try again|重试"))).to_be_visible()
        link = self.panel.get_by_role("link").get_attribute("href")
        assert link is not None
        assert self.page.request.get(link.replace("teahouse.test", "127.0.0.1")).ok


@pytest.fixture
def load(visit: Visit, platform_and_house: tuple[Platform, str], official: Official) -> Load:
    """Puts the loader on a page of one's own: `load("data-mode='auto'")`."""

    def loaded(
        attributes: str = "",
        *,
        body: str = "<openai-chatkit></openai-chatkit>",
        policy: str = POLICY,
        script: str = "",
        base: str = platform_and_house[1],
        before: str = "",
        **options: object,
    ) -> Loaded:
        chat = visit(base, **options)
        chat.watch.allow_host(host_of(SCRIPT_URL), host_of(CONVERSATION_URL))
        official.stand_in(chat.page.context)
        language = "zh" if str(options.get("locale", "")).startswith("zh") else "en"
        html = f"""<!doctype html><html lang="{language}"><meta charset="utf-8"><title>A page</title>
            <link rel="icon" href="data:,"><script src="before.js"></script>
            <script src="loader.js" {attributes} async></script>
            <body>{body}<script src="own.js"></script></body></html>"""
        files = {"page.html": ("text/html", html), "before.js": ("text/javascript", RECORD + before)}
        for name, (kind, text) in {**files, "own.js": ("text/javascript", script)}.items():
            headers = {"content-type": f"{kind}; charset=utf-8", "content-security-policy": policy}
            answer = {"body": text, "headers": headers}
            chat.page.route(urljoin(base, name), lambda route, *, answer=answer: route.fulfill(**answer))
        chat.page.goto(urljoin(base, "page.html"), wait_until="commit")  # a script that never comes holds up the rest
        return Loaded(chat)

    return loaded


# Ours ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("attributes", ["", "data-mode='own'"])
def test_ours_is_loaded_from_where_the_loader_came(load: Load, attributes: str) -> None:
    page = load(attributes, policy=STRICT)
    page.until("ready")
    page.chat.converse("Hello")
    assert page.states == [["loading", None], ["ready", "own"]]
    assert "/chatkit.js" in page.chat.watch.paths()


def test_a_page_without_an_element_gets_one(load: Load) -> None:
    page = load("data-target='main'", body="<main></main>", policy=STRICT)
    page.until("ready")
    expect(page.page.locator("main > openai-chatkit")).to_be_visible()
    page.chat.converse("Hello")


def test_a_page_written_for_a_hosted_workflow_goes_on_with_ours(load: Load) -> None:
    """What is left to do after 2026-11-30: nothing in the page but the script's address."""
    script = """
        customElements.whenDefined('openai-chatkit').then(() => document.querySelector('openai-chatkit').setOptions({
            api: { getClientSecret: () => fail('not asked any more') },
            composer: { placeholder: 'Ask about tea' },
        }));
    """
    page = load("data-mode='own'", policy=STRICT, script=script)
    expect(page.page.get_by_placeholder("Ask about tea")).to_be_visible()
    page.chat.converse("Still there?")


def over_plain_http(visit: Visit, url: str, mode: str) -> Loaded:
    """The loader on a page of the server itself: one that is made up may not load anything from this machine there."""
    chat = visit(url.replace("127.0.0.1", "teahouse.test")).open("docs/en/index")
    assert not chat.page.evaluate("isSecureContext")
    chat.page.evaluate(RECORD)
    chat.page.evaluate(
        """mode => {
            const script = document.createElement('script');
            Object.assign(script.dataset, { mode, target: 'main' });
            script.src = new URL('../../loader.js', location.href);
            document.querySelector('main').replaceChildren();
            document.head.append(script);
        }""",
        mode,
    )
    return Loaded(chat)


def test_ours_works_where_the_official_one_cannot_over_plain_http(
    visit: Visit, platform_and_house: tuple[Platform, str]
) -> None:
    page = over_plain_http(visit, platform_and_house[1], "auto")
    page.until("ready")
    assert page.states[-1] == ["ready", "own"]
    page.chat.converse("Hello over plain HTTP")
    assert SCRIPT_URL not in [request.url for request in page.chat.watch.requests]


# The official one ---------------------------------------------------------------------------------------


def test_the_official_one_talks_with_a_session_of_ours(load: Load, official: Official) -> None:
    page = load("data-mode='official' data-session='api/chatkit/session'")
    page.until("ready")
    page.say("Hello")
    assert official.spoken[0][1].startswith("ek_")
    assert page.states == [["loading", None], ["ready", "official"]]
    expect(page.panel).to_have_count(0)


def test_a_session_that_expires_in_mid_conversation_goes_unnoticed(
    load: Load, official: Official, platform: Platform
) -> None:
    page = load("data-mode='official' data-session='api/chatkit/session'")
    page.chat.watch.allow("401")  # with which OpenAI says that it has expired
    page.until("ready")
    page.say("Before")
    platform.ahead = 601
    page.say("After")
    page.say("And on")
    (_, first), (_, second), (_, third) = official.spoken
    assert first != second == third
    expect(page.page.get_by_text("You said: Before")).to_be_visible()
    expect(page.panel).to_have_count(0)
    assert [state for state, _ in page.states] == ["loading", "ready"]


def test_the_key_and_the_workflow_stay_on_the_server(load: Load) -> None:
    page = load("data-mode='official' data-session='api/chatkit/session'")
    answers: list[str] = []
    page.page.on("response", lambda response: answers.append(response.text()) if "session" in response.url else None)
    page.page.reload()
    page.until("ready")
    for text in (page.page.content(), *answers):
        assert "sk-kept" not in text
        assert "wf_demo" not in text


def test_the_page_may_set_the_options_itself(load: Load, official: Official) -> None:
    script = """
        customElements.whenDefined('openai-chatkit').then(() => document.querySelector('openai-chatkit').setOptions({
            api: { getClientSecret: Teahouse.clientSecret() },
        }));
    """
    page = load("data-mode='official' data-options='page'", script=script)
    page.until("ready")
    page.say("Hello")
    assert len(official.spoken) == 1


# What keeps it away -------------------------------------------------------------------------------------

SESSION = "data-session='api/chatkit/session'"


@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_script_that_is_blocked_is_said_and_tried_again(load: Load, official: Official, language: str) -> None:
    official.script = "blocked"
    page = load(f"data-mode='official' {SESSION}", locale="zh-CN" if language == "zh" else "en-US")
    page.chat.watch.allow("ERR_BLOCKED_BY_CLIENT")
    page.fails({"en": "The chat was blocked", "zh": "聊天被拦截"}[language], "script_blocked")
    official.script = "comes"
    page.panel.get_by_role("button").press("Enter")
    page.until("ready")
    page.say("Hello")
    expect(page.panel).to_have_count(0)


def test_a_policy_that_forbids_the_script_is_said(load: Load) -> None:
    page = load(f"data-mode='official' {SESSION}", policy=STRICT)
    page.chat.watch.allow("Content Security Policy")
    page.fails("The chat was blocked", "script_blocked")


def test_a_script_that_never_comes_is_said(load: Load, official: Official) -> None:
    official.script = "never"
    page = load(f"data-mode='official' {SESSION} {QUICK}")
    page.fails("The chat did not load in time", "script_late")


def test_a_script_that_defines_nothing_is_said(load: Load, official: Official) -> None:
    official.script = "empty"
    page = load(f"data-mode='official' {SESSION}")
    page.fails("The chat did not start", "element_not_defined")


@pytest.mark.parametrize("behaviour", ["domain", "leaves"])
def test_a_host_that_is_not_allowed_is_said(load: Load, official: Official, behaviour: str) -> None:
    official.behaviour = behaviour
    page = load(f"data-mode='official' {SESSION}")
    page.fails("The chat is not allowed on this site", "frame_refused")


def test_a_frame_that_stays_empty_is_said(load: Load, official: Official) -> None:
    official.behaviour = "silent"
    page = load(f"data-mode='official' {SESSION} {QUICK}")
    page.fails("The chat did not get ready in time", "frame_late")


def test_plain_http_is_said(visit: Visit, platform_and_house: tuple[Platform, str]) -> None:
    page = over_plain_http(visit, platform_and_house[1], "official")
    page.fails("The chat needs HTTPS", "insecure_context")


@pytest.mark.parametrize(
    ("scenario", "code", "said"),
    [
        ("workflow-not-found", "workflow_not_found", "does not find the workflow"),
        ("invalid-key", "hosted_key_refused", "refused the server's API key"),
        ("unverified-organization", "hosted_verification_needed", "wants the organization verified"),
        ("unsupported-region", "hosted_region_unsupported", "does not serve the country"),
        ("wrong-project", "hosted_project_denied", "The API key's project may not"),
    ],
)
def test_a_session_that_is_refused_is_said_with_openais_reason(
    load: Load, platform: Platform, monkeypatch: pytest.MonkeyPatch, scenario: str, code: str, said: str
) -> None:
    monkeypatch.setattr(platform, "conditions", type(platform.conditions).of(scenario))
    page = load(f"data-mode='official' {SESSION}")
    page.chat.watch.allow("502")
    page.fails("The chat could not be opened", code)
    expect(page.panel).to_contain_text(said)
    monkeypatch.undo()
    page.panel.get_by_role("button").click()
    page.until("ready")
    page.say("Hello")


# The official one, or ours ------------------------------------------------------------------------------


@pytest.mark.parametrize("script", ["blocked", "never", "empty"])
def test_ours_takes_the_place_of_an_official_one_that_does_not_come(
    load: Load, official: Official, script: str
) -> None:
    """As in mainland China: the page is never blank."""
    official.script = script
    page = load(f"data-mode='auto' {SESSION} {QUICK}")
    page.chat.watch.allow("ERR_BLOCKED_BY_CLIENT")
    page.until("ready")
    assert [state for state, _ in page.states] == ["loading", "fallback", "ready"]
    assert page.states[-1][1] == "own"
    page.chat.converse("Hello")
    official.let_come()  # late: it must neither take the name nor complain
    page.chat.converse("Still ours")
    expect(page.official_composer).to_have_count(0)


@pytest.mark.parametrize("behaviour", ["domain", "leaves"])
def test_ours_takes_the_place_of_an_official_one_that_refuses(load: Load, official: Official, behaviour: str) -> None:
    official.behaviour = behaviour
    page = load(f"data-mode='auto' {SESSION}")
    page.until("ready")
    assert page.states[-1] == ["ready", "own"]
    page.chat.converse("Hello")
    expect(page.page.locator("openai-chatkit")).to_have_count(0)


def test_the_official_one_is_taken_when_it_comes(load: Load) -> None:
    page = load(f"data-mode='auto' {SESSION}")
    page.until("ready")
    assert page.states[-1] == ["ready", "official"]
    page.say("Hello")


def test_the_server_may_choose(visit: Visit, load: Load, platform_and_house: tuple[Platform, str]) -> None:
    answer = visit(platform_and_house[1]).page.request.get(urljoin(platform_and_house[1], "api")).json()
    assert answer["loader"] == {"mode": "own", "session": "api/chatkit/session"}
