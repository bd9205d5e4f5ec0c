"""The bundled documentation answers what newcomers ask, and nothing else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from teahouse.agents.guide import language
from teahouse.agents.guide.index import DocumentIndex
from teahouse.settings import bundled_docs

QUESTIONS = json.loads(Path(__file__).with_name("guide_questions.json").read_text(encoding="utf-8"))

OFF_TOPIC = [
    "how do I bake bread",
    "what is the weather in Paris today",
    "who won the world cup",
    "recommend a good movie",
    "write me a poem about the sea",
    "python list comprehension",
    "send an email to my boss",
    "what is 2+2",
    "tell me a joke",
    "asdf qwer zxcv",
    "今天天气怎么样",
    "红烧肉怎么做",
    "推荐一部好看的电影",
    "北京到上海的火车票多少钱",
    "公司请假流程",
    "帮我写一首关于大海的诗",
    "你是谁",
    "おすすめの映画を教えてください",
    "오늘 날씨 어때요",
]


@pytest.fixture(scope="module")
def bundled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DocumentIndex]:
    """Teahouse's own documentation."""
    index = DocumentIndex(bundled_docs(), tmp_path_factory.mktemp("data"))
    yield index
    index.close()


@pytest.mark.parametrize("asked", QUESTIONS, ids=[asked["question"] for asked in QUESTIONS])
async def test_a_newcomers_question_finds_its_page_first(bundled: DocumentIndex, asked: dict[str, str]) -> None:
    question = asked["question"]
    tongue = language.of_question(question, asked["lang"], await bundled.languages())
    passages = await bundled.search(question, tongue)
    assert passages, "nothing found"
    assert passages[0].path == f"{asked['lang']}/{asked['page']}.md"


@pytest.mark.parametrize("question", OFF_TOPIC)
async def test_what_the_documentation_does_not_know_is_not_found(bundled: DocumentIndex, question: str) -> None:
    assert await bundled.search(question, language.of_question(question, "en")) == []


async def test_every_bundled_document_can_be_read(bundled: DocumentIndex) -> None:
    await bundled.refresh()
    assert await bundled.skipped() == []
    assert await bundled.languages() == {"en", "zh"}
