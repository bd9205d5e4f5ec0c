"""One question and its answer: streaming, stopping, failing, trying again, and what one does with an answer."""

from __future__ import annotations

import pytest
from chatkit.types import (
    CustomSummary,
    CustomTask,
    NoticeEvent,
    ProgressUpdateEvent,
    ThreadItemDoneEvent,
    Workflow,
    WorkflowItem,
)
from playwright.sync_api import Locator, expect

from teahouse.protocol import now

from .chat import REMEMBER_THREAD, Chat
from .scripted import Events, Script, Turn, call_tool, crash, fail, pause, repeat_tool_result, say, send


def alert(chat: Chat) -> Locator:
    return chat.page.get_by_role("alert")


def test_an_answer_is_shown_while_it_is_written(chat: Chat, script: Script) -> None:
    script.answers(say("Water"), pause(), say(" first."))
    turn = chat.embed().ask("How?")
    expect(turn).to_contain_text("Water")
    expect(chat.thread).to_have_attribute("aria-busy", "true")
    expect(chat.button("Stop")).to_be_visible()
    expect(turn.get_by_role("button", name="Copy")).to_have_count(0)
    script.go_on()
    chat.finished(turn)
    expect(turn).to_contain_text("Water first.")
    expect(chat.button("Send")).to_be_visible()


def test_one_sees_what_the_assistant_is_doing(chat: Chat, script: Script) -> None:
    script.answers(
        pause(), send(ProgressUpdateEvent(icon="search", text="Looking into the tea chest…")), pause(), say("Found it.")
    )
    turn = chat.embed().ask("Where is it?")
    expect(turn).to_contain_text("Thinking…")
    script.go_on()
    expect(turn).to_contain_text("Looking into the tea chest…")
    script.go_on()
    chat.finished(turn)
    expect(turn).not_to_contain_text("Looking into the tea chest…")


def test_the_steps_of_a_workflow_can_be_opened(chat: Chat, script: Script) -> None:
    async def workflow(turn: Turn) -> Events:
        tasks = [CustomTask(title="Heat water", content="To **80 °C**."), CustomTask(title="Pour")]
        steps = Workflow(type="custom", tasks=tasks, summary=CustomSummary(title="Made tea"))
        item_id = turn.new_id("workflow")
        yield ThreadItemDoneEvent(
            item=WorkflowItem(id=item_id, thread_id=turn.thread.id, created_at=now(), workflow=steps)
        )

    script.answers(workflow, say("Ready."))
    turn = chat.embed().converse("Tea?")
    expect(turn.get_by_text("Heat water")).to_be_hidden()
    turn.get_by_text("Made tea").click()
    expect(turn.get_by_text("Heat water")).to_be_visible()
    expect(turn.get_by_role("strong")).to_have_text("80 °C")


def test_a_notice_is_shown_and_can_be_dismissed(chat: Chat, script: Script) -> None:
    script.answers(
        send(NoticeEvent(level="warning", title="Nearly closing", message="Ten *minutes* left.")), say("Yes?")
    )
    chat.embed().converse("Hello")
    notice = chat.page.get_by_role("status").filter(has_text="Nearly closing")
    expect(notice.get_by_role("emphasis")).to_have_text("minutes")
    notice.get_by_role("button", name="Dismiss").click()
    expect(notice).to_have_count(0)


def test_stopping_keeps_what_was_said_also_after_a_reload(chat: Chat, script: Script) -> None:
    script.answers(say("This much was said"), pause(), say(" and this never."))
    turn = chat.embed(script=REMEMBER_THREAD).ask("Tell me")
    expect(turn).to_contain_text("This much was said")
    chat.button("Stop").click()
    chat.finished(turn)
    expect(chat.composer).to_be_focused()
    chat.page.reload()
    expect(chat.turns).to_contain_text("This much was said")
    expect(chat.turns).not_to_contain_text("and this never")
    chat.converse("Go on")
    expect(chat.turns).to_have_count(2)


def test_an_answer_that_was_stopped_before_its_first_word_leaves_the_question(chat: Chat, script: Script) -> None:
    script.answers(pause(), say("Too late."))
    turn = chat.embed().ask("Tell me")
    chat.wait_for_event("thread.change")
    chat.button("Stop").click()
    expect(chat.button("Send")).to_be_visible()
    expect(turn).to_contain_text("Tell me")
    expect(turn).not_to_contain_text("Too late")


def test_trying_again_replaces_the_answer(chat: Chat, script: Script) -> None:
    script.answers(say("A poor answer."))
    script.answers(say("A better answer."))
    chat.embed()
    chat.set_options("{ ...base, threadItemActions: { retry: true } }")
    turn = chat.converse("What is tea?")
    turn.get_by_role("button", name="Try again").click()
    expect(turn).to_contain_text("A better answer.")
    expect(turn).not_to_contain_text("A poor answer.")
    expect(chat.turns).to_have_count(1)


def test_an_error_says_why_and_trying_again_is_the_way_out(chat: Chat, script: Script) -> None:
    script.answers(say("I was going to"), fail("The kettle is empty."))
    script.answers(say("Here is your tea."))
    turn = chat.embed().ask("Tea")
    expect(alert(chat)).to_contain_text("The kettle is empty.")
    expect(turn).to_contain_text("I was going to")
    alert(chat).get_by_role("button", name="Try again").click()
    expect(turn).to_contain_text("Here is your tea.")
    expect(alert(chat)).to_have_count(0)
    expect(chat.turns).to_have_count(1)


def test_where_trying_again_is_pointless_it_is_not_offered(chat: Chat, script: Script) -> None:
    script.answers(fail("You have had enough tea.", retry=False))
    chat.embed().ask("Tea")
    expect(alert(chat)).to_contain_text("You have had enough tea.")
    expect(alert(chat).get_by_role("button", name="Try again")).to_have_count(0)
    expect(chat.composer).to_be_enabled()


def test_a_bug_of_the_assistant_is_explained_without_its_insides(chat: Chat, script: Script) -> None:
    script.answers(crash())
    chat.embed().ask("Tea")
    expect(alert(chat).get_by_role("link", name="Learn more")).to_be_visible()
    expect(alert(chat)).to_contain_text("req_")
    expect(alert(chat)).not_to_contain_text("a bug in the assistant")
    address = alert(chat).get_by_role("link", name="Learn more").evaluate("link => link.href")
    assert chat.page.request.get(address).ok


def test_a_proxys_error_page_is_told_as_what_it_is(chat: Chat) -> None:
    chat.embed()
    chat.watch.allow("502")
    page = {"status": 502, "content_type": "text/html", "body": "<h1>Bad gateway</h1>"}
    chat.page.route("**/chatkit", lambda route: route.fulfill(**page), times=1)
    chat.composer.fill("Precious words")
    chat.composer.press("Enter")
    expect(alert(chat)).to_be_visible()
    expect(chat.composer).to_have_value("Precious words")
    chat.composer.press("Enter")
    expect(chat.turns).to_contain_text("You said: Precious words")
    expect(alert(chat)).to_have_count(0)


def test_a_page_in_place_of_the_protocol_is_told_as_a_wrong_address(chat: Chat) -> None:
    """What happens when `api.url` leads to a login page, or to a router that answers everything with index.html."""
    chat.embed(script="chat.setOptions({ api: { url: 'embed.html', domainKey: '' } });")
    chat.page.route("**/embed.html", lambda route: route.fulfill(content_type="text/html", body="<p>Sign in</p>"))
    chat.composer.fill("Hello")
    chat.composer.press("Enter")
    expect(alert(chat)).to_contain_text("unexpected reply")
    assert "Is api.url right?" in chat.wait_for_event("error")["message"]


def test_an_answer_is_copied_as_markdown(chat: Chat, script: Script) -> None:
    chat.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    script.answers(say("Take **80 °C** water.\n\n- and time"))
    turn = chat.embed().converse("How?")
    turn.get_by_role("button", name="Copy", exact=True).click()
    expect(turn.get_by_role("button", name="Copied")).to_be_visible()
    assert chat.page.evaluate("navigator.clipboard.readText()") == "Take **80 °C** water.\n\n- and time"


@pytest.mark.parametrize(("name", "kind"), [("Good answer", "positive"), ("Bad answer", "negative")])
def test_a_judgement_reaches_the_server_and_is_announced(chat: Chat, script: Script, name: str, kind: str) -> None:
    chat.embed()
    chat.set_options("{ ...base, threadItemActions: { feedback: true } }")
    thumb = chat.converse("Hello").get_by_role("button", name=name)
    expect(thumb).to_have_attribute("aria-pressed", "false")
    thumb.click()
    expect(thumb).to_have_attribute("aria-pressed", "true")
    expect(chat.page.get_by_role("status")).to_contain_text("Thank you for your feedback.")
    [(items, given)] = script.feedback
    assert given == kind
    assert [item[:4] for item in items] == ["msg_"]


def test_a_judgement_that_does_not_arrive_is_taken_back(chat: Chat) -> None:
    chat.embed()
    chat.set_options("{ ...base, threadItemActions: { feedback: true } }")
    thumb = chat.converse("Hello").get_by_role("button", name="Good answer")
    chat.watch.allow("ERR_FAILED")
    chat.page.route("**/chatkit", lambda route: route.abort())
    thumb.click()
    expect(chat.page.get_by_role("status")).to_contain_text("That did not work.")
    expect(thumb).to_have_attribute("aria-pressed", "false")


def test_tools_of_the_page_are_called_and_their_result_goes_back(chat: Chat, script: Script) -> None:
    script.answers(call_tool("look_up", tea="Longjing"))
    script.answers(repeat_tool_result())
    chat.embed(
        script="chat.setOptions({ ...options, onClientTool: async ({ name, params }) => ({ [name]: params.tea }) });"
    )
    turn = chat.converse("Do we have it?")
    expect(turn).to_contain_text("The page says {'look_up': 'Longjing'}.")


def test_a_tool_is_seen_while_it_runs_and_run_again_after_a_reload(chat: Chat, script: Script) -> None:
    script.answers(call_tool("look_up", tea="Longjing"))
    script.answers(repeat_tool_result())
    tool = """options.onClientTool = ({ params }) => new Promise(answer => { window.answer = () => answer(params); });
        chat.setOptions(options);"""
    chat.embed(script=REMEMBER_THREAD.replace("chat.setOptions(options);", tool))
    turn = chat.ask("Look it up")
    running = turn.get_by_text("The page is running “look_up”…")
    expect(running).to_be_visible()
    expect(turn.get_by_text("Thinking…")).to_have_count(0)
    chat.page.reload()
    expect(running).to_be_visible()
    chat.page.evaluate("window.answer()")
    expect(chat.turns.first).to_contain_text("Longjing")
    expect(running).to_have_count(0)
    assert chat.watch.operations().count("threads.add_client_tool_output") == 1


def test_a_tool_that_the_page_does_not_have_does_not_leave_the_chat_stuck(chat: Chat, script: Script) -> None:
    script.answers(call_tool("look_up"))
    script.answers(say("Then not."))
    turn = chat.embed().converse("Do we have it?")
    expect(turn).to_contain_text("Then not.")
    assert chat.wait_for_event("error")["code"] == "client_tool.missing"


def test_the_end_of_an_answer_is_announced(chat: Chat, script: Script) -> None:
    script.answers(say("Green *or* black?"))
    chat.embed().converse("Tea")
    expect(chat.page.get_by_role("status")).to_contain_text("Answer complete. Green or black?")
