"""Options: those of `@openai/chatkit`, unchanged, and what becomes of a mistake."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from .chat import Chat
from .conftest import Visit
from .scripted import Script, pause, say


def test_without_options_the_element_talks_to_the_server_that_its_script_came_from(chat: Chat) -> None:
    chat.embed().converse("Hello")


def test_an_unknown_option_is_named_once_and_the_page_lives(chat: Chat) -> None:
    chat.embed(script="chat.setOptions({ ...options, composer: { placehodler: 'x' }, colour: 'red' });")
    chat.set_options("{ ...base, composer: { placehodler: 'y' } }")
    chat.converse("Hello")
    assert [warning for warning in chat.watch.warnings if "composer.placehodler" in warning] == [
        '<openai-chatkit> There is no option "composer.placehodler". '
        "Allowed here: placeholder, attachments, tools, models, dictation."
    ]
    assert len([warning for warning in chat.watch.warnings if '"colour"' in warning]) == 1


@pytest.mark.parametrize("api", ["{ url }", "{ url, domainKey: 'domain_pk_whatever' }", "{ url, domainKey: '' }"])
def test_the_domain_key_is_taken_and_ignored(chat: Chat, api: str) -> None:
    chat.embed(script=f"const url = options.api.url; chat.setOptions({{ api: {api} }});").converse("Hello")


def test_a_session_of_a_hosted_workflow_is_explained_in_place(chat: Chat) -> None:
    chat.watch.allow("getClientSecret is for workflows hosted by OpenAI")
    chat.embed(script="chat.setOptions({ api: { getClientSecret: async () => 'ek_secret' } });")
    expect(chat.page.get_by_role("alert")).to_contain_text("This chat is not set up yet")
    failure = chat.element.evaluate("chat => chat.sendUserMessage({ text: 'hi' }).catch(({ name }) => name)")
    assert failure == "NotSupportedError"


def test_new_options_keep_the_conversation_and_the_draft(chat: Chat) -> None:
    chat.embed().converse("Hello")
    before = len(chat.watch.requests)
    chat.composer.fill("half a thought")
    chat.set_options("{ ...base, theme: 'dark', composer: { placeholder: 'Say it' } }")
    expect(chat.composer).to_have_attribute("placeholder", "Say it")
    expect(chat.composer).to_have_value("half a thought")
    expect(chat.composer).to_be_focused()
    expect(chat.turns).to_have_count(1)
    # The answer that has just ended may still be looked at once more; the options ask for nothing.
    later = [f"{request.url} {request.post_data or ''}" for request in chat.watch.requests[before:]]
    assert [request for request in later if "/runs/" not in request and "threads.get_by_id" not in request] == []


def test_new_options_while_an_answer_arrives_do_not_disturb_it(chat: Chat, script: Script) -> None:
    script.answers(say("One"), pause(), say(" two."))
    turn = chat.embed().ask("Count")
    expect(turn).to_contain_text("One")
    chat.set_options("{ ...base, threadItemActions: { retry: true } }")
    script.go_on()
    chat.finished(turn)
    expect(turn).to_contain_text("One two.")
    expect(turn.get_by_role("button", name="Try again")).to_be_visible()


def test_the_start_screen_greets_and_suggests(chat: Chat) -> None:
    chat.embed()
    prompt = "{ label: 'Tea', prompt: 'What is tea?', icon: 'sparkle' }"
    chat.set_options(f"{{ ...base, startScreen: {{ greeting: 'Welcome', prompts: [{prompt}] }} }}")
    expect(chat.page.get_by_role("heading", name="Welcome")).to_be_visible()
    chat.button("Tea").click()
    expect(chat.turns).to_contain_text("You said: What is tea?")


def test_the_header_has_the_pages_own_buttons_or_is_not_there(chat: Chat) -> None:
    chat.embed(
        script="""
            window.clicks = [];
            const leftAction = { icon: 'menu', onClick: () => clicks.push('left') };
            const rightAction = { icon: 'settings-cog', onClick: () => clicks.push('right') };
            chat.setOptions({ ...options, header: { title: { text: 'Tea' }, leftAction, rightAction } });
        """
    )
    expect(chat.page.get_by_role("heading", name="Tea")).to_be_visible()
    chat.button("menu").click()
    chat.button("settings cog").click()
    assert chat.page.evaluate("clicks") == ["left", "right"]
    chat.set_options("{ ...base, header: { enabled: false } }")
    expect(chat.button("New chat")).to_have_count(0)


def test_the_disclaimer_is_markdown_below_the_composer(chat: Chat) -> None:
    chat.embed()
    chat.set_options("{ ...base, disclaimer: { text: 'May be *wrong*.' } }")
    expect(chat.page.get_by_role("emphasis")).to_have_text("wrong")


def test_the_pages_own_fetch_carries_every_request(chat: Chat) -> None:
    chat.embed(
        script="""
            window.sent = [];
            options.api.fetch = (url, request) => {
                sent.push(JSON.parse(request.body).type);
                return fetch(url, { ...request, headers: { ...request.headers, 'X-Shop': '1' } });
            };
            chat.setOptions(options);
        """
    )
    chat.converse("Hello")
    assert chat.page.evaluate("sent") == ["threads.create"]
    assert chat.watch.requests[-1].headers["x-shop"] == "1"


def test_the_locale_of_the_options_is_that_of_the_interface_and_of_every_request(chat: Chat) -> None:
    chat.embed()
    chat.set_options("{ ...base, locale: 'zh-CN' }")
    composer = chat.page.get_by_role("textbox", name="消息")
    composer.fill("你好")
    composer.press("Enter")
    expect(chat.turns).to_contain_text("You said: 你好")
    assert chat.watch.requests[-1].headers["accept-language"] == "zh-CN"


@pytest.mark.parametrize(
    ("browser_locale", "placeholder"),
    [
        ("zh-CN", "给 AI 发消息"),
        ("zh-TW", "傳訊息給 AI"),
        ("de-AT", "Nachricht an die KI"),
        ("ar-EG", "أرسل رسالة إلى الذكاء الاصطناعي"),
        ("en-GB", "Message the AI"),
        ("xx", "Message the AI"),
    ],
)
def test_without_a_locale_the_browsers_is_taken(
    visit: Visit, house: str, browser_locale: str, placeholder: str
) -> None:
    chat = visit(house, locale=browser_locale).embed()
    expect(chat.page.get_by_role("textbox")).to_have_attribute("placeholder", placeholder)


def test_what_this_version_does_not_have_yet_is_said_once_and_does_no_harm(chat: Chat) -> None:
    said = []
    chat.page.on("console", lambda message: said.append(message.text))
    chat.embed()
    for _ in range(2):
        chat.set_options("{ ...base, widgets: { onAction: () => undefined } }")
    chat.converse("Hello")
    assert len([text for text in said if '"widgets.onAction"' in text]) == 1
