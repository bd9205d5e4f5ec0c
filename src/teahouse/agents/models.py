"""Models: any OpenAI-compatible API through the Agents SDK, and what its failures mean."""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import agents
import openai

from teahouse import errors
from teahouse.errors import Problem, Words
from teahouse.settings import Model

_KEY = re.compile(r"\b(?:sk|pk|ek|key|Bearer)[-_ ][A-Za-z0-9*_\-.]{6,}")

# How the Agents SDK tells of an `error` event in the stream of the Responses API.
_BROKEN_OFF = re.compile(r"terminal event.*?message=(.*)", re.DOTALL)


def is_configured(model: Model) -> bool:
    """Whether there is a model to ask: a key, or an address that may need none."""
    return _key(model) is not None or model.base_url is not None


def run_config(model: Model) -> agents.RunConfig:
    """How the Agents SDK reaches the model.

    Tracing is off: it would send every conversation to OpenAI's servers.

    Raises:
        Problem: CREDENTIAL_MISSING when only a model's name is set.
    """
    if model.name is not None and not is_configured(model):
        raise Problem(errors.CREDENTIAL_MISSING, param="model.api_key")
    if not is_configured(model):
        return agents.RunConfig(tracing_disabled=True)
    provider = _Provider(_client(model), use_responses=uses_responses(model))
    return agents.RunConfig(model=model.name, model_provider=provider, tracing_disabled=True)


@asynccontextmanager
async def reached(model: Model) -> AsyncIterator[agents.RunConfig]:
    """`run_config(model)`, its connections closed at the end.

    Raises:
        Problem: CREDENTIAL_MISSING when only a model's name is set.
    """
    config = run_config(model)
    try:
        yield config
    finally:
        await config.model_provider.aclose()


@asynccontextmanager
async def client(model: Model) -> AsyncIterator[openai.AsyncOpenAI]:
    """What reaches the model's API, its connections closed at the end.

    Raises:
        Problem: CREDENTIAL_MISSING when there is neither a key nor an address that may need none.
    """
    if not is_configured(model):
        raise Problem(errors.CREDENTIAL_MISSING, param="model.api_key")
    async with _client(model) as opened:
        yield opened


def _client(model: Model) -> openai.AsyncOpenAI:
    return openai.AsyncOpenAI(
        # Local servers take any key, but the SDK does not start without one.
        api_key=_key(model) or "none",
        base_url=model.base_url,
        timeout=openai.Timeout(model.timeout_seconds, connect=10),
    )


class _Provider(agents.OpenAIProvider):
    """The SDK leaves its client open, since others might share it; nobody shares ours."""

    def __init__(self, client: openai.AsyncOpenAI, *, use_responses: bool) -> None:
        super().__init__(openai_client=client, use_responses=use_responses)
        self._only_client = client

    async def aclose(self) -> None:
        """Close its connections."""
        await super().aclose()
        await self._only_client.close()


def _key(model: Model) -> str | None:
    """The provider's key. An empty one, as compose files leave it, is none."""
    if model.api_key is not None and model.api_key.get_secret_value():
        return model.api_key.get_secret_value()
    # OpenAI's key is nobody else's business.
    return None if model.base_url else os.environ.get("OPENAI_API_KEY") or None


def uses_responses(model: Model) -> bool:
    """Other providers than OpenAI rarely offer the Responses API."""
    return model.api == "responses" or (model.api == "auto" and model.base_url is None)


def explain(error: Exception) -> Problem | None:
    """What a failure of the model means to people; None for what is not the model's."""
    match error:
        case openai.APITimeoutError():
            return Problem(errors.MODEL_TIMEOUT)
        case openai.APIConnectionError():
            return Problem(errors.MODEL_UNREACHABLE, host=error.request.url.host)
        case openai.AuthenticationError():
            return Problem(errors.MODEL_KEY_REFUSED)  # its message repeats part of the key
        case openai.PermissionDeniedError():
            return Problem(errors.MODEL_ACCESS_DENIED, reason=_reason(error))
        case openai.NotFoundError():
            return Problem(errors.MODEL_NOT_FOUND, reason=_reason(error))
        case openai.RateLimitError():
            return Problem(errors.MODEL_RATE_LIMITED, reason=_reason(error))
        case openai.APIStatusError() if error.status_code >= 500:
            status = error.status_code
            return Problem(errors.MODEL_UNAVAILABLE, reason=Words(f"status {status}", f"状态码 {status}"))
        case openai.APIStatusError():
            return Problem(errors.MODEL_REQUEST_REFUSED, reason=_reason(error))
        case openai.APIError():  # an error inside the stream
            return Problem(errors.MODEL_UNAVAILABLE, reason=_reason(error))
        case agents.ModelBehaviorError() if (broken := _BROKEN_OFF.search(str(error))) is not None:
            return Problem(errors.MODEL_UNAVAILABLE, reason=_clean(broken[1]))
        case openai.OpenAIError() if "api_key" in str(error):  # no client can be made without one
            return Problem(errors.CREDENTIAL_MISSING)
    return None


def _reason(error: openai.APIError) -> str:
    """The provider's own words, short, and without anything that looks like a key."""
    body = error.body
    message = body.get("message") if isinstance(body, dict) else None
    return _clean(str(message or error.message))


def _clean(words: str) -> str:
    return _KEY.sub("[key]", " ".join(words.split()).rstrip(".。"))[:300]
