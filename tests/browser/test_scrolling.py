"""Where the reader is in a conversation: it is the reader's to say."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Locator, Route, expect

from .chat import Chat
from .scripted import Script, pause, say

LONG = "\n\n".join(f"Paragraph {number}" for number in range(60))


def scroller(chat: Chat) -> Locator:
    return chat.thread.locator("..")


def top(chat: Chat) -> float:
    return scroller(chat).evaluate("node => node.scrollTop")


def test_a_question_goes_to_the_top_and_its_answer_grows_below_it(chat: Chat, script: Script) -> None:
    chat.page.emulate_media(reduced_motion="reduce")
    script.answers(say(LONG))
    chat.embed().converse("First")
    script.answers(say("The beginning."), pause(), say(f"\n\n{LONG}"))
    turn = chat.ask("Second")
    expect(turn).to_contain_text("The beginning.")
    question = turn.get_by_text("Second", exact=True)
    expect(question).to_be_in_viewport()
    expect(chat.turns.first.get_by_text("Paragraph 59")).not_to_be_in_viewport()
    before = top(chat)
    script.go_on()
    chat.finished(turn)
    assert top(chat) == before
    expect(turn.get_by_text("Paragraph 59")).not_to_be_in_viewport()


def test_a_button_leads_to_the_end_and_is_there_only_when_it_does(chat: Chat, script: Script) -> None:
    chat.page.emulate_media(reduced_motion="reduce")
    script.answers(say(LONG))
    turn = chat.embed().converse("First")
    jump = chat.button("Go to the latest message")
    jump.click()
    expect(turn.get_by_text("Paragraph 59")).to_be_in_viewport()
    expect(jump).to_have_count(0)


def test_with_auto_scroll_a_reader_at_the_end_goes_along_and_one_who_left_it_stays(chat: Chat, script: Script) -> None:
    chat.page.emulate_media(reduced_motion="reduce")
    script.answers(say(LONG), pause(), say("\n\nMore.\n\nAnd more."), pause(), say(f"\n\n{LONG}\n\nThe end."))
    chat.embed()
    chat.set_options("{ ...base, thread: { autoScroll: true } }")
    turn = chat.ask("Go on")
    expect(turn.get_by_text("Paragraph 59").first).to_be_in_viewport()
    script.go_on()
    expect(turn.get_by_text("And more.")).to_be_in_viewport()

    scroller(chat).hover()
    before = top(chat) - 600
    chat.page.mouse.wheel(0, -600)
    chat.page.wait_for_function(
        "([node, top]) => node.scrollTop === top", arg=[scroller(chat).element_handle(), before]
    )
    script.go_on()
    chat.finished(turn)
    assert top(chat) == before
    expect(turn.get_by_text("The end.")).not_to_be_in_viewport()


def test_the_place_is_kept_when_the_window_changes(chat: Chat, script: Script) -> None:
    script.answers(say(LONG))
    turn = chat.embed().converse("First")
    paragraph = turn.get_by_text("Paragraph 30", exact=True)
    paragraph.scroll_into_view_if_needed()
    expect(paragraph).to_be_in_viewport()
    chat.page.set_viewport_size({"width": 700, "height": 800})
    expect(paragraph).to_be_in_viewport()


def test_a_reader_who_goes_up_a_little_during_an_answer_is_not_pulled_back(chat: Chat, script: Script) -> None:
    chat.page.emulate_media(reduced_motion="reduce")
    script.answers(say(LONG), pause(), say("\n\nMore."), pause(), say("\n\nAnd more."))
    chat.embed()
    chat.set_options("{ ...base, thread: { autoScroll: true } }")
    turn = chat.ask("Go on")
    expect(turn.get_by_text("Paragraph 59")).to_be_in_viewport()
    end = top(chat)
    scroller(chat).hover()
    chat.page.mouse.wheel(0, -20)
    chat.page.wait_for_function(
        "([node, end]) => node.scrollTop === end - 20", arg=[scroller(chat).element_handle(), end]
    )
    script.go_on()
    expect(turn).to_contain_text("More.")
    assert top(chat) == end - 20

    # Back at the end one goes along again.
    chat.page.mouse.wheel(0, 1000)
    expect(turn.get_by_text("More.", exact=True)).to_be_in_viewport()
    script.go_on()
    expect(turn.get_by_text("And more.", exact=True)).to_be_in_viewport()


def test_of_a_long_thread_only_what_is_near_is_drawn_and_nothing_moves_when_more_is(chat: Chat) -> None:
    chat.page.route("**/chatkit", answer_with_thread)
    chat.embed()
    chat.call("setThreadId", "thr_1")
    expect(chat.turns).to_have_count(20)
    expect(chat.turns.last.get_by_text("Answer 199")).to_be_in_viewport()

    scroller(chat).evaluate("node => node.scrollTo({ top: 40, behavior: 'instant' })")
    expect(chat.turns).to_have_count(40)
    expect(chat.page.get_by_text("Question 180", exact=True)).to_be_in_viewport()

    # Far from what is in sight only the heights are kept, so that there is as much to scroll as before.
    last = chat.turns.last
    height = chat.height(last)
    for _ in range(3):
        count = chat.turns.count()
        scroller(chat).evaluate("node => node.scrollTo({ top: 0, behavior: 'instant' })")
        expect(chat.turns).to_have_count(count + 20)
    expect(last).to_have_text("")
    assert chat.height(last) == height
    chat.button("Go to the latest message").click()
    expect(last.get_by_text("Answer 199")).to_be_in_viewport()


def answer_with_thread(route: Route) -> None:
    """Two hundred turns, in one page as some servers send them."""
    made = {"thread_id": "thr_1", "created_at": "2026-01-01T00:00:00+00:00"}
    items: list[dict[str, Any]] = []
    for number in range(200):
        asked = {"type": "input_text", "text": f"Question {number}"}
        said = {"type": "output_text", "text": f"{LONG[:400]}\n\nAnswer {number}", "annotations": []}
        items += [
            {"id": f"q{number}", "type": "user_message", "content": [asked], "attachments": [], **made},
            {"id": f"a{number}", "type": "assistant_message", "content": [said], **made},
        ]
    thread = {"id": "thr_1", "status": {"type": "active"}, "metadata": {}, **made}
    route.fulfill(json={**thread, "items": {"data": items, "has_more": False}})
