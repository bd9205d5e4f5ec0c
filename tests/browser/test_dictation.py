"""Speaking instead of writing, with a microphone that Chromium makes up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from chatkit.types import AudioInput, TranscriptionResult
from playwright.sync_api import expect

from teahouse import Settings, Teahouse

from .chat import Chat
from .houses import served
from .scripted import ScriptedServer

DICTATE = "options.composer = { dictation: { enabled: true } }; chat.setOptions(options);"

heard: list[AudioInput] = []


class HearingServer(ScriptedServer):
    async def transcribe(self, audio_input: AudioInput, context: Any) -> TranscriptionResult:
        heard.append(audio_input)
        return TranscriptionResult(text="two pots of oolong")


@pytest.fixture(scope="module")
def hearing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    settings = Settings(data=tmp_path_factory.mktemp("hearing"))
    with served(Teahouse(server=HearingServer, settings=settings).app) as url:
        yield f"{url}/"


@pytest.fixture
def chat(visit: Any, hearing: str) -> Chat:
    heard.clear()
    return visit(hearing, permissions=["microphone"]).embed(script=DICTATE)


def test_what_is_said_stands_at_the_caret(chat: Chat) -> None:
    chat.composer.fill("Please  today")
    chat.composer.evaluate("field => field.setSelectionRange(7, 7)")
    chat.button("Dictate").click()
    expect(chat.page.locator(".level")).not_to_have_js_property("value", 0)
    chat.button("Stop and insert the text").click()
    expect(chat.composer).to_have_value("Please two pots of oolong today")
    expect(chat.composer).to_be_focused()
    chat.composer.press("End")
    chat.composer.press("Enter")
    expect(chat.turns.first).to_contain_text("Please two pots of oolong today")
    assert heard[0].media_type in ("audio/webm", "audio/mp4", "audio/ogg")
    assert len(heard[0].data) > 200


def test_a_recording_is_thought_better_of(chat: Chat) -> None:
    chat.button("Dictate").click()
    chat.button("Discard the recording").click()
    expect(chat.button("Dictate")).to_be_visible()
    expect(chat.composer).to_have_value("")
    assert "input.transcribe" not in chat.watch.operations()


def test_a_microphone_that_is_not_given_is_explained(visit: Any, hearing: str) -> None:
    chat = visit(hearing).embed(script=DICTATE)
    chat.page.evaluate(
        """() => { navigator.mediaDevices.getUserMedia = () =>
            Promise.reject(new DOMException('Permission denied', 'NotAllowedError')); }"""
    )
    chat.button("Dictate").click()
    expect(chat.page.get_by_role("alert")).to_contain_text("The microphone is not allowed.")
    assert chat.wait_for_event("error")["code"] == "dictation.no_microphone"


def test_a_page_without_a_secure_context_says_so(visit: Any, hearing: str) -> None:
    chat = visit(hearing.replace("127.0.0.1", "teahouse.test")).open()
    chat.button("Dictate").click()
    expect(chat.page.get_by_role("alert")).to_have_text("Dictation needs a page that is served over HTTPS.")


def test_a_server_that_does_not_hear_says_so(visit: Any, house: str) -> None:
    chat = visit(house, permissions=["microphone"]).embed(script=DICTATE)
    chat.button("Dictate").click()
    chat.button("Stop and insert the text").click()
    expect(chat.page.get_by_role("alert")).to_contain_text("The recording could not be turned into text.")
    chat.watch.allow("501")


def test_the_page_at_the_root_dictates_where_the_server_hears(visit: Any, hearing: str) -> None:
    expect(visit(hearing).open().button("Dictate")).to_be_visible()
