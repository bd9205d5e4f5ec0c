"""Speech into text, by any API that has OpenAI's `POST /audio/transcriptions`."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import openai
from chatkit.types import AudioInput, TranscriptionResult

from teahouse import errors
from teahouse.agents import models
from teahouse.errors import Problem
from teahouse.protocol import Context
from teahouse.settings import Settings

# What browsers record (ChatKit's three types), how such a file begins, and what it is called.
_FORMATS = {
    "audio/webm": (0, b"\x1a\x45\xdf\xa3", "speech.webm"),
    "audio/ogg": (0, b"OggS", "speech.ogg"),
    "audio/mp4": (4, b"ftyp", "speech.mp4"),
}


class Dictation:
    """Asks a transcription model.

    Args:
        client: reaches the API.
        model: its name.
    """

    def __init__(self, client: openai.AsyncOpenAI, model: str) -> None:
        self._client = client
        self._model = model

    async def transcribe(self, audio: AudioInput, context: Context) -> TranscriptionResult:
        """What is said in a recording.

        Raises:
            Problem: AUDIO_REFUSED, or what the API's failure means.
        """
        start, mark, name = _FORMATS.get(audio.media_type, (0, b"", ""))
        if not mark or audio.data[start : start + len(mark)] != mark:
            raise Problem(errors.AUDIO_REFUSED, param="audio_base64")
        try:
            found = await self._client.audio.transcriptions.create(
                model=self._model, file=(name, audio.data, audio.media_type)
            )
        except openai.OpenAIError as error:
            raise models.explain(error) or Problem(errors.MODEL_UNAVAILABLE, reason=type(error).__name__) from error
        return TranscriptionResult(text=found.text.strip())


@asynccontextmanager
async def opened(settings: Settings) -> AsyncIterator[Dictation | None]:
    """What is configured; None if nothing is.

    Raises:
        Problem: CREDENTIAL_MISSING.
    """
    chosen = settings.dictation
    if chosen.model is None:
        yield None
        return
    # With an address of its own it needs a key of its own: the other provider's is none of its business.
    reached = settings.model if chosen.base_url is None else settings.model.model_copy(update={"api_key": None})
    model = reached.model_copy(
        update={
            "base_url": chosen.base_url or reached.base_url,
            "api_key": chosen.api_key or reached.api_key,
            "timeout_seconds": chosen.timeout_seconds,
        }
    )
    async with models.client(model) as client:
        yield Dictation(client, chosen.model)
