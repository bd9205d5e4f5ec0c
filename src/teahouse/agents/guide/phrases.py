"""The guide's own sentences. English for every language that has none here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Phrases:
    """What the guide says in one language. Braces are filled in."""

    searching: str
    lead: str
    """Before the passages; `{title}` is the page most of them are from."""
    foreign: str
    """Added to the lead when the passages are in another language than the question."""
    nothing: str
    """When no passage answers; `{question}` was asked."""
    about: str
    """What there is to ask about; `{titles}`."""
    empty: str
    """When there are no documents at all."""
    separator: str
    quote: str
    """How a question or a title is quoted, around `{}`."""
    page: str
    """A page of a PDF, `{number}`."""
    no_files: str
    """When files are attached, which the guide cannot read."""


_EN = Phrases(
    searching="Searching the documentation…",
    lead="This is what the documentation says about {title}:",
    foreign=" (Only in another language so far.)",
    nothing="I found nothing about {question} in the documentation. "
    "Other words may find it; an error message is found best when it is pasted as it is.",
    about="You can ask, for example, about {titles}.",
    empty="There are no documents to answer from yet.",
    separator=", ",
    quote="“{}”",
    page="page {number}",
    no_files="I answer from the documentation alone and cannot read attached files.",
)
_ZH = Phrases(
    searching="正在检索文档…",
    lead="关于{title}，文档里是这样说的：",
    foreign="（目前只有其他语言的版本。）",
    nothing="文档里没有找到与{question}有关的内容。可以换个说法再问；报错信息原样粘贴进来效果最好。",
    about="可以问的内容例如：{titles}。",
    empty="目前还没有可供回答的文档。",
    separator="、",
    quote="「{}」",
    page="第 {number} 页",
    no_files="我只根据文档回答，无法读取添加的文件。",
)
_JA = Phrases(
    searching="ドキュメントを検索しています…",
    lead="{title}について、ドキュメントには次のように書かれています。",
    foreign="（現在は別の言語の文書のみです。）",
    nothing="{question}に関する記述はドキュメントに見つかりませんでした。別の言葉でお試しください。エラーメッセージはそのまま貼り付けると見つかりやすくなります。",
    about="たとえば次のことについて質問できます：{titles}。",
    empty="回答のもとになる文書がまだありません。",
    separator="、",
    quote="「{}」",
    page="{number} ページ",
    no_files="ドキュメントだけをもとに回答しているため、添付ファイルは読めません。",
)
_KO = Phrases(
    searching="문서를 검색하고 있습니다…",
    lead="{title}에 대해 문서에는 다음과 같이 나와 있습니다.",
    foreign=" (현재 다른 언어로만 제공됩니다.)",
    nothing="문서에서 {question}에 관한 내용을 찾지 못했습니다. "
    "다른 표현으로 다시 질문해 보세요. 오류 메시지는 그대로 붙여 넣으면 가장 잘 찾습니다.",
    about="예를 들어 다음에 대해 질문할 수 있습니다: {titles}.",
    empty="아직 답변에 사용할 문서가 없습니다.",
    separator=", ",
    quote="‘{}’",
    page="{number}쪽",
    no_files="문서만을 바탕으로 답변하므로 첨부 파일은 읽을 수 없습니다.",
)
_BY_LANGUAGE = {"en": _EN, "zh": _ZH, "ja": _JA, "ko": _KO}


def of(language: str) -> Phrases:
    """The guide's sentences in `language`."""
    return _BY_LANGUAGE.get(language, _EN)
