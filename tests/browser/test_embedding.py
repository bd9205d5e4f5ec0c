"""The element on a page of one's own: however its script comes, wherever it is mounted, whatever happens to it."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urljoin

import pytest
from fastapi import FastAPI
from playwright.sync_api import expect

from teahouse import Settings, Teahouse

from .chat import SCRIPT, Chat
from .conftest import Visit
from .houses import served
from .scripted import Script, pause, say

TWO = "<openai-chatkit id='left'></openai-chatkit><openai-chatkit id='right'></openai-chatkit>"
NO_SCRIPT = ""
RECORD_VIOLATIONS = """() => {
    window.violations = [];
    addEventListener('securitypolicyviolation', ({ violatedDirective }) => violations.push(violatedDirective));
}"""


@pytest.fixture(scope="package")
def mounted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Somebody's FastAPI application with a Teahouse at /chat."""
    app = FastAPI()
    settings = Settings(data=tmp_path_factory.mktemp("mounted"))
    app.mount("/chat", Teahouse(settings=settings).app)
    with served(app) as url:
        yield f"{url}/chat/"


@pytest.mark.parametrize(
    "tag", [SCRIPT, '<script src="chatkit.js" async></script>', '<script src="chatkit.js" defer></script>']
)
def test_the_script_may_come_plainly_later_or_whenever(chat: Chat, tag: str) -> None:
    chat.embed(
        script="customElements.whenDefined('openai-chatkit').then(() => chat.setOptions(options));", head=tag
    ).converse("Hello")


def test_options_given_before_the_script_came_are_taken_over(chat: Chat) -> None:
    """`whenDefined` is the way the wrapper goes; a page that is early with a method call has none to call."""
    chat.embed(
        head=NO_SCRIPT,
        script="""
            customElements.whenDefined('openai-chatkit').then(() => {
                chat.setOptions({ ...options, composer: { placeholder: 'Early' } });
            });
            window.addScript = () => {
                const script = document.createElement('script');
                script.src = 'chatkit.js';
                document.head.append(script);
            };
        """,
    )
    expect(chat.page.get_by_role("textbox")).to_have_count(0)
    chat.page.evaluate("addScript()")
    expect(chat.page.get_by_placeholder("Early")).to_be_visible()


def test_the_element_is_made_by_a_script(chat: Chat) -> None:
    chat.embed(
        "<main></main>",
        script="""
            const made = document.createElement('openai-chatkit');
            made.setOptions({ ...options, composer: { placeholder: 'Made' } });
            document.querySelector('main').append(made);
        """,
    )
    expect(chat.page.get_by_placeholder("Made")).to_be_visible()
    chat.converse("Hello")


def test_published_guides_wait_for_the_global(chat: Chat) -> None:
    chat.embed()
    assert chat.page.evaluate("typeof window.ChatKit") == "object"


def test_the_script_loaded_twice_is_harmless(chat: Chat) -> None:
    chat.embed(head=SCRIPT + SCRIPT.replace("chatkit.js", "chatkit.js?again"))
    chat.converse("Hello")
    assert [name for name, _ in chat.events].count("ready") == 1


def test_an_element_that_is_moved_while_it_answers_goes_on(chat: Chat, script: Script) -> None:
    script.answers(say("Before"), pause(), say(" and after."))
    turn = chat.embed("<main></main><openai-chatkit></openai-chatkit>").ask("Move")
    expect(turn).to_contain_text("Before")
    chat.element.evaluate("chat => document.querySelector('main').append(chat)")
    script.go_on()
    chat.finished(turn)
    expect(turn).to_contain_text("Before and after.")
    assert [name for name, _ in chat.events].count("ready") == 1


def test_an_element_that_is_taken_away_and_brought_back_shows_its_thread(chat: Chat) -> None:
    chat.embed().converse("Remember")
    chat.page.evaluate(
        """() => new Promise((done) => {
            window.away = document.querySelector('openai-chatkit');
            away.remove();
            setTimeout(done);
        })"""
    )
    expect(chat.turns).to_have_count(0)
    chat.page.evaluate("document.body.append(away)")
    expect(chat.turns).to_contain_text("You said: Remember")
    chat.converse("Again")


def test_taking_the_element_away_ends_its_requests(chat: Chat, script: Script) -> None:
    script.answers(say("Never"), pause(), say(" finished"))
    turn = chat.embed().ask("Leave")
    expect(turn).to_contain_text("Never")
    with chat.page.expect_event("requestfailed"):
        chat.element.evaluate("chat => chat.remove()")


def test_two_elements_on_a_page_keep_apart(chat: Chat) -> None:
    chat.embed(TWO)
    left, right = chat.page.locator("#left"), chat.page.locator("#right")
    for side, text in ((left, "Left"), (right, "Right")):
        composer = side.get_by_role("textbox", name="Message")
        composer.fill(text)
        composer.press("Enter")
        expect(side.get_by_role("article")).to_contain_text(f"You said: {text}")
    expect(left.get_by_role("article")).to_have_count(1)
    expect(left.get_by_role("article")).not_to_contain_text("Right")
    first, second = (detail["threadId"] for name, detail in chat.events if name == "thread.change")
    assert first != second


def test_mounted_in_an_application_everything_is_below_its_prefix(visit: Visit, mounted: str) -> None:
    chat = visit(mounted).open()
    chat.page.get_by_role("button", name="What is Teahouse?").click()
    source = chat.turns.first.get_by_role("region", name="Sources").get_by_role("link").first
    with chat.page.context.expect_page() as opened:
        source.click()
    expect(opened.value.get_by_role("heading", level=1)).to_be_visible()
    assert opened.value.url.startswith(urljoin(mounted, "docs/"))
    assert {path.split("/")[1] for path in chat.watch.paths()} == {"chat"}


def test_sources_open_below_the_prefix_from_a_page_anywhere_else(visit: Visit, mounted: str) -> None:
    chat = visit(mounted)
    shop = urljoin(mounted, "/shop/tea.html")
    script = f"<script src='{mounted}chatkit.js'></script>"
    html = f"<!doctype html><title>Shop</title><link rel=icon href='data:,'>{script}<openai-chatkit>"
    chat.page.route(shop, lambda route: route.fulfill(content_type="text/html", body=html))
    chat.page.goto(shop)
    turn = chat.converse("What is Teahouse?")
    source = turn.get_by_role("region", name="Sources").get_by_role("link").first
    assert source.evaluate("link => link.href").startswith(urljoin(mounted, "docs/"))


def test_links_and_images_of_an_answer_are_relative_to_its_server(chat: Chat, script: Script) -> None:
    script.answers(say("[a page](docs/tea) ![a cup](favicon.svg)"))
    shop = urljoin(chat.base, "shop/tea.html")
    html = f"<!doctype html><title>Shop</title><link rel=icon href='data:,'>{SCRIPT}<openai-chatkit>"
    html = html.replace("chatkit.js", "../chatkit.js")
    chat.page.route(shop, lambda route: route.fulfill(content_type="text/html", body=html))
    chat.page.goto(shop)
    turn = chat.converse("Show me")
    assert turn.get_by_role("link", name="a page").evaluate("link => link.href") == urljoin(chat.base, "docs/tea")
    picture = turn.get_by_role("img", name="a cup")
    assert picture.evaluate("image => image.decode().then(() => image.src)") == urljoin(chat.base, "favicon.svg")


def test_over_plain_http_from_another_machine_the_chat_works(visit: Visit, house: str) -> None:
    """No secure context: no crypto.randomUUID, no clipboard."""
    chat = visit(house.replace("127.0.0.1", "teahouse.test")).open()
    assert chat.page.evaluate("[isSecureContext, typeof crypto.randomUUID, typeof navigator.clipboard]") == [
        False,
        "undefined",
        "undefined",
    ]
    turn = chat.converse("Hello")
    expect(turn).to_contain_text("You said: Hello")
    turn.get_by_role("button", name="Copy", exact=True).click()
    expect(turn.get_by_role("button", name="Copied")).to_be_visible()
    chat.composer.press("ControlOrMeta+v")
    expect(chat.composer).to_have_value("You said: Hello")


def test_a_strict_policy_is_sent_with_the_page_and_the_element_lives_within_it(chat: Chat, script: Script) -> None:
    script.answers(say("# Title\n\n| a | b |\n| - | - |\n| 1 | 2 |\n\n```js\nconst tea = 1;\n```\n\n![x](favicon.svg)"))
    with chat.page.expect_response(chat.base) as page:
        chat.open()
    policy = page.value.headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    chat.page.evaluate(RECORD_VIOLATIONS)
    turn = chat.converse("Everything at once")
    expect(turn.get_by_text("const", exact=True)).to_be_visible()
    chat.button("Chat history").click()
    chat.button("Close the chat history").click()
    assert chat.page.evaluate("violations") == []


def test_an_element_without_a_height_of_its_own_is_not_invisible(chat: Chat) -> None:
    """The most frequent reason for a blank ChatKit: a frame of height zero."""
    chat.embed("<div><openai-chatkit></openai-chatkit></div>")
    chat.page.locator("link[rel=stylesheet]").evaluate("link => link.remove()")
    expect(chat.composer).to_be_visible()
    assert chat.height(chat.element) > 200


def test_adding_and_removing_the_element_leaves_nothing_behind(chat: Chat) -> None:
    chat.embed("<main></main>")
    session = chat.page.context.new_cdp_session(chat.page)
    session.send("Performance.enable")

    def counts() -> dict[str, float]:
        session.send("HeapProfiler.collectGarbage")
        metrics = session.send("Performance.getMetrics")["metrics"]
        return {entry["name"]: entry["value"] for entry in metrics if entry["name"] in ("Nodes", "JSEventListeners")}

    def come_and_go(times: int) -> None:
        for _ in range(times):
            chat.page.evaluate(
                """async () => {
                    const chat = document.createElement('openai-chatkit');
                    document.querySelector('main').append(chat);
                    await chat.showHistory();
                    await chat.hideHistory();
                    chat.remove();
                    await new Promise((done) => setTimeout(done));
                }"""
            )

    come_and_go(3)
    before = counts()
    come_and_go(20)
    # What is aborted ends a task or two later, and one collection may come too early: a leak stays for ever.
    for _ in range(30):
        after = counts()
        if after["JSEventListeners"] <= before["JSEventListeners"] + 5:
            break
        chat.page.evaluate("() => new Promise(requestAnimationFrame)")
    assert after["JSEventListeners"] <= before["JSEventListeners"] + 5
    assert after["Nodes"] <= before["Nodes"] + 100
