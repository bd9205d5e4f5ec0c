"""Text into search terms, in every script."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from teahouse.agents.guide.segment import terms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Why does the chat stay blank after deployment?", ["chat", "stay", "blank", "after", "deploy"]),
        ("会话过期了怎么办", ["会话", "过期"]),
        ("部署以后聊天是空白的", ["部署", "聊天", "空白"]),
        ("工作流找不到", ["工作", "工作流", "找不到"]),
        ("サーバーの設定がわかりません", ["サーバー", "設定"]),
        ("デプロイ後に画面が真っ白です", ["デプロイ", "後に", "画面", "真っ白"]),
        ("서버를 설정", ["서버", "설정"]),
        ("Настройки сервера", ["настройк", "сервер"]),
        ("วิธีตั้งค่า", ["วิธี", "ตั้ง", "ค่า"]),
        ("naïve café", ["naiv", "cafe"]),
        ("it's lost, isn't it?", ["lose"]),
    ],
)
def test_words_are_found_in_every_script(text: str, found: list[str]) -> None:
    assert terms(text) == found


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("client.chatkit", ["client.chatkit", "client", "chatkit"]),
        ("expires_after", ["expires_after", "expir", "after"]),
        ("__fake_id__", ["fake_id", "fake", "id"]),
        ("getClientSecret", ["getclientsecret", "client", "secret"]),
        ("wf_68af", ["wf_68af", "wf", "68", "af"]),
        ("httpx<0.28", ["httpx", "0.28", "28"]),
    ],
)
def test_an_identifier_is_found_whole_and_in_parts(text: str, found: list[str]) -> None:
    assert terms(text) == found


@pytest.mark.parametrize(
    "variants", [("deploy", "deployed", "deploying"), ("ＡＰＩ", "api", "API"), ("Crème", "creme")]
)
def test_forms_of_a_word_are_one_term(variants: tuple[str, ...]) -> None:
    assert len({tuple(terms(variant)) for variant in variants}) == 1


@pytest.mark.parametrize("particle", ["는", "를", "에서", "에", "의", "으로"])
def test_a_korean_word_is_found_with_any_particle(particle: str) -> None:
    assert terms(f"서버{particle}") == ["서버"]


def test_the_short_words_in_a_long_chinese_one_are_found() -> None:
    assert set(terms("白名单")) == {"白名单", "名单"}


@pytest.mark.parametrize("text", ["", "   ", "?!…", "😀", "how do I", "怎么办？", "の", "x"])
def test_what_says_nothing_gives_nothing(text: str) -> None:
    assert terms(text) == []


@given(st.text(max_size=100))
def test_terms_are_what_the_index_can_hold(text: str) -> None:
    """No white space, no quotes, no ASCII capitals: the index splits at spaces and folds nothing else."""
    for term in terms(text):
        assert term
        assert not any(c.isspace() or (c.isascii() and not (c.isdigit() or c.islower() or c in "_.")) for c in term)


def test_all_threads_may_segment_at_once() -> None:
    texts = [f"deploying {number} servers 部署服务器 サーバー" for number in range(200)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(terms, texts)) == [terms(text) for text in texts]
