"""Questions that go on from the one before."""

from __future__ import annotations

import pytest

from teahouse.agents.guide.question import goes_on


@pytest.mark.parametrize(
    "question",
    ["and in Docker?", "what about Kubernetes", "Why?", "how do I fix it", "那 Docker 呢？", "怎么办", "怎么修复它",
     "Docker 呢", "では Docker は？", "그럼 도커는?", "But on Windows?"],
)  # fmt: skip
def test_a_short_question_that_refers_back_goes_on(question: str) -> None:
    assert goes_on(question)


@pytest.mark.parametrize(
    "question",
    ["session expired", "why is the chat blank after deploy", "user 参数缺失怎么办", "Android support", "also_known_as",
     "how does it help when the server is behind a proxy", "会话过期", "", "   "],
)  # fmt: skip
def test_a_question_that_stands_alone_does_not(question: str) -> None:
    assert not goes_on(question)
