"""Telling languages apart."""

from __future__ import annotations

import pytest

from teahouse.agents.guide import language


@pytest.mark.parametrize(
    ("question", "locale", "expected"),
    [
        ("why is it blank", "zh-CN", "en"),
        ("user 参数缺失怎么办", "en", "zh"),
        ("サーバーが起動しません", "en", "ja"),
        ("서버가 시작되지 않아요", "en", "ko"),
        ("warum geht es nicht", "en", "en"),
        ("設定方法", "en", "zh"),
        ("設定方法", "ja-JP", "ja"),
        ("“の” 是什么意思？这个字符在这里出现了很多次", "en", "zh"),
        ("domain_key", "zh-CN", "zh"),
        ("404", "zh-CN", "zh"),
        ("CORS", "zh-CN", "zh"),
        ("Client.__init__() got an unexpected keyword argument 'proxies'", "zh-CN", "zh"),
        ("Client.__init__() got an unexpected keyword argument 'proxies'", "fr", "en"),
        ("IntegrationError: Domain verification failed", "zh-CN", "zh"),
        ("why does client.chatkit not exist", "zh-CN", "en"),
        ("my getClientSecret is called twice", "zh-CN", "en"),
        ("Embed the chat in a page.", "zh-CN", "en"),
        ("CORS", "en", "en"),
        ("", "zh-TW", "zh"),
    ],
)
def test_the_question_decides_and_the_locale_where_it_cannot(question: str, locale: str, expected: str) -> None:
    assert language.of_question(question, locale) == expected


@pytest.mark.parametrize(
    ("question", "locale", "known", "expected"),
    [
        ("warum startet der Server nicht", "de-DE", {"de", "en"}, "de"),
        ("why does the server not start", "de-DE", {"de", "en"}, "en"),
        ("warum startet der Server nicht", "en", {"de"}, "de"),
        ("warum startet der Server nicht", "fr", {"de", "fr"}, "fr"),
        ("CORS", "de-DE", {"de", "en"}, "de"),
        ("CORS", "fr-FR", {"de", "en"}, "en"),
        ("why does the server not start", "de-DE", {"en", "zh"}, "en"),
    ],
)
def test_among_latin_languages_documents_and_locale_decide(
    question: str, locale: str, known: set[str], expected: str
) -> None:
    assert language.of_question(question, locale, frozenset(known)) == expected


def test_han_characters_are_japanese_where_only_japanese_documents_are() -> None:
    assert language.of_question("設定方法", "en", frozenset({"ja", "en"})) == "ja"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("An English page that mentions 茶馆 once, among very many other words.", "en"),
        ("部署到服务器：运行 `teahouse serve --docs handbook`，然后打开浏览器。", "zh"),
        ("サーバーを起動して、ブラウザで開きます。", "ja"),
        ("서버를 시작하고 브라우저에서 엽니다.", "ko"),
        ("", "en"),
    ],
)
def test_a_document_is_in_the_language_most_of_it_is_in(text: str, expected: str) -> None:
    assert language.of_document(text) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("en", "en"),
        ("zh-CN", "zh"),
        ("pt-BR", "pt"),
        ("docs", None),
        ("api", None),
        ("EN", None),
        ("problems", None),
        ("hr", None),
        ("it", None),
    ],
)
def test_only_folders_named_after_a_language_hold_one(name: str, expected: str | None) -> None:
    assert language.of_folder(name) == expected
