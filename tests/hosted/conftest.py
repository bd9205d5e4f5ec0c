from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from .openai_sessions import OpenAI, openai


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """None of the machine that runs the tests."""
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def upstream() -> AsyncIterator[OpenAI]:
    async with openai() as there:
        yield there
