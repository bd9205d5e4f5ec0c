"""Speech into text, over HTTP from the browser to the provider."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from house import served

WEBM = b"\x1a\x45\xdf\xa3" + b"speech"
HEARD = {"audio_base64": base64.b64encode(WEBM).decode(), "mime_type": "audio/webm;codecs=opus"}


class Transcriptions:
    """`POST /v1/audio/transcriptions`."""

    def __init__(self, status: int = 200, text: str = " Two pots of oolong. ") -> None:
        self.asked: list[dict[str, Any]] = []
        self.app = Starlette(routes=[Route("/v1/audio/transcriptions", self.answer, methods=["POST"])])
        self._status, self._text = status, text

    async def answer(self, request: Request) -> Response:
        async with request.form() as form:
            file: Any = form["file"]
            self.asked.append(
                {"model": form["model"], "name": file.filename, "type": file.content_type, "data": await file.read()}
                | {"key": request.headers["authorization"]}
            )
        if self._status != 200:
            return JSONResponse({"error": {"message": "No such model"}}, self._status)
        return JSONResponse({"text": self._text})


@pytest.mark.parametrize(
    ("mime", "data", "name"),
    [
        ("audio/webm;codecs=opus", WEBM, "speech.webm"),
        ("audio/ogg;codecs=opus", b"OggSpeech", "speech.ogg"),
        ("audio/mp4", b"\0\0\0\x1cftypiso5", "speech.mp4"),
    ],
)
async def test_what_browsers_record_becomes_text(
    open_house: Any, visit: Any, mime: str, data: bytes, name: str
) -> None:
    there = Transcriptions()
    async with served(there.app) as url:
        settings = {"model": "tea-ears", "base_url": f"{url}/v1", "api_key": "own-key"}
        browser = visit(await open_house(dictation=settings, model={"api_key": "another-key"}))
        heard = await browser.ask("input.transcribe", audio_base64=base64.b64encode(data).decode(), mime_type=mime)
        assert (await browser.http.get("/api")).json()["dictation"] is True
    assert heard == {"text": "Two pots of oolong."}
    expected = {"model": "tea-ears", "name": name, "type": mime.partition(";")[0], "data": data}
    assert there.asked == [expected | {"key": "Bearer own-key"}]


async def test_another_address_never_gets_the_model_s_key(open_house: Any, visit: Any) -> None:
    there = Transcriptions()
    async with served(there.app) as url:
        dictation = {"model": "tea-ears", "base_url": f"{url}/v1"}
        browser = visit(await open_house(dictation=dictation, model={"api_key": "another-key"}))
        await browser.ask("input.transcribe", **HEARD)
    assert there.asked[0]["key"] == "Bearer none"


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"mime_type": "audio/webm", "audio_base64": base64.b64encode(b"<html>").decode()}, "audio_refused"),
        ({"mime_type": "text/html", "audio_base64": base64.b64encode(WEBM).decode()}, "audio_refused"),
        ({"mime_type": "audio/webm", "audio_base64": ""}, "audio_refused"),
        ({"mime_type": "audio/webm", "audio_base64": "no base64!"}, "invalid_request"),
    ],
)
async def test_what_is_no_recording_is_not_sent_on(
    open_house: Any, visit: Any, params: dict[str, str], code: str
) -> None:
    there = Transcriptions()
    async with served(there.app) as url:
        browser = visit(await open_house(dictation={"model": "tea-ears", "base_url": f"{url}/v1"}))
        assert (await browser.problem("input.transcribe", **params))["code"] == code
    assert there.asked == []


async def test_the_provider_s_failure_says_what_it_is(open_house: Any, visit: Any) -> None:
    there = Transcriptions(404)
    async with served(there.app) as url:
        browser = visit(await open_house(dictation={"model": "deaf", "base_url": f"{url}/v1"}))
        problem = await browser.problem("input.transcribe", **HEARD)
    assert problem.items() >= {"status": 502, "code": "model_not_found"}.items()


async def test_without_a_transcription_model_there_is_no_dictation(open_house: Any, visit: Any) -> None:
    browser = visit(await open_house())
    assert (await browser.http.get("/api")).json()["dictation"] is False
    assert (await browser.problem("input.transcribe", **HEARD))["code"] == "operation_not_supported"
