"""Text -> search terms, the same for documents and questions.

Words are found by libraries: ICU's word boundaries for all scripts (with its dictionaries for Japanese,
Thai, Lao, Khmer and Burmese), and jieba in search mode for Chinese, which knows more words and gives
shorter words within longer ones. Then, by script:

    Latin, Cyrillic, …  lower case, no accents, the stem by Snowball; identifiers such as `client.chatkit`
                        whole, and in parts as well
    Korean              the word without its particle, in overlapping pairs of syllables, as Lucene does:
                        a morphological analyser would find slightly more and weighs 100 MB
    Han                 words; hiragana endings of Japanese are left out

Terms contain no white space and no ASCII punctuation but `_` and `.`, which the index relies on.
"""

from __future__ import annotations

import re
import threading
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import Stemmer  # type: ignore[import-not-found, import-untyped, unused-ignore]
from icu4py.breakers import WordBreaker

from teahouse.agents.guide import stopwords

VERSION = 1
"""Changes when the same text gives other terms, so that indexes are made anew."""

_HAN = r"\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KANA = re.compile(r"[\u3040-\u30ff]")
_HIRAGANA = re.compile(r"[\u3040-\u309f]+")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_HAN_RUN = re.compile(f"([{_HAN}]+)")
_HAN_ONLY = re.compile(f"[{_HAN}]+")
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_ACCENTED = re.compile(r"([A-Za-z])[\u0300-\u036f]+")
_CONTRACTION = re.compile(r"['’](?:s|t|re|ve|ll|d|m)?$")
_PUNCTUATION = re.compile(r"[\x00-\x2d\x2f\x3a-\x5e\x60\x7b-\x7f’]")
_LONGEST_TERM = 64

_KOREAN_PARTICLE = re.compile(
    r"(?<=[\uac00-\ud7af]{2})(?:에서는|에서|에게|부터|까지|처럼|보다|하고|이나|으로|은|는|이|가|을|를|의|에|와|과|도|만|로)$"
)

# Words of this field that jieba's general dictionary lacks.
_CHINESE_WORDS = """
工作流 智能体 白屏 小组件 会话 令牌 密钥 域名 白名单 跨域 流式 提示词 大模型 断线 重连 限流 线程
反向代理 反代 负载均衡 环境变量 命令行 源码 前端 后端 浏览器 服务器 客户端 网关 镜像 容器 输入法
局域网 证书 回退 兼容 自托管 打不开 连不上 找不到 加载不出 没反应 报错
""".split()

# Forms that a stemmer of regular endings cannot bring together.
_IRREGULAR = dict(
    pair.split(":")
    for pair in (
        "lost:lose broke:break broken:break sent:send kept:keep built:build wrote:write written:write ran:run "
        "began:begin begun:begin chosen:choose chose:choose found:find forgot:forget forgotten:forget hid:hide "
        "hidden:hide left:leave made:make shown:show stuck:stick taken:take took:take threw:throw thrown:throw "
        "went:go understood:understand frozen:freeze froze:freeze drawn:draw given:give spent:spend"
    ).split()
)


def terms(text: str, *, japanese: bool | None = None) -> list[str]:
    """The search terms of `text`, in order, repeated as often as they occur.

    Args:
        text: words without markup.
        japanese: whether Han characters are Japanese; told from kana in the text when None.
    """
    text = unicodedata.normalize("NFKC", text)
    is_japanese = bool(_KANA.search(text)) if japanese is None else japanese
    return [term for word in _words(text, is_japanese) for term in _terms(word) if not stopwords.is_stop(term)]


def _words(text: str, japanese: bool) -> Iterator[str]:
    for run in [text] if japanese else _HAN_RUN.split(text):
        if not run:
            continue
        if not japanese and _HAN_ONLY.fullmatch(run):
            yield from _chinese().cut_for_search(run)
        else:
            yield from WordBreaker(run, "ja" if japanese else "root")


def _terms(word: str) -> Iterator[str]:
    word = word.strip("._'’")[:_LONGEST_TERM]
    if not any(character.isalnum() for character in word):
        return
    if _HANGUL.search(word):
        yield from _pairs(_KOREAN_PARTICLE.sub("", word))
    elif _KANA.search(word) or _HAN_ONLY.fullmatch(word):
        # Hiragana alone is nearly always an ending or a particle.
        if not _HIRAGANA.fullmatch(word):
            yield word
    else:
        yield from filter(None, _of_word(word))


def _pairs(word: str) -> Iterator[str]:
    if len(word) <= 2:
        yield word
        return
    for start in range(len(word) - 1):
        yield word[start : start + 2]


def _of_word(word: str) -> Iterator[str]:
    """`expires_after` → `expires_after`, `expir`, `after`; `running` → `run`."""
    word = _without_accents(word)
    parts = _PART.findall(word) if word.isascii() and "'" not in word else []
    if len(parts) < 2:
        bare = _bare(word)
        yield _stem(_IRREGULAR.get(bare, bare))
        return
    yield _bare(word)
    if "." in word:
        for name in word.split("."):
            yield from _of_word(name)
        return
    for part in parts:
        if len(part) > 1:
            yield _stem(part.lower())


def _without_accents(word: str) -> str:
    """Latin letters without accents. In other scripts a mark makes another letter: й is not и."""
    return unicodedata.normalize("NFC", _ACCENTED.sub(r"\1", unicodedata.normalize("NFD", word)))


def _bare(word: str) -> str:
    """Lower case, without an English ending such as `'s`, and without ASCII punctuation but `_` and `.`."""
    return _PUNCTUATION.sub("", _CONTRACTION.sub("", word.casefold()))


# One stemmer a script: enough where documents and questions only have to meet. For Latin it is the English
# one, which takes little from words of other languages.
_STEMMERS = (
    ("LATIN", "english"),
    ("CYRILLIC", "russian"),
    ("GREEK", "greek"),
    ("ARABIC", "arabic"),
    ("DEVANAGARI", "hindi"),
    ("ARMENIAN", "armenian"),
    ("TAMIL", "tamil"),
)
_local = threading.local()


@lru_cache(maxsize=20_000)
def _stem(word: str) -> str:
    script = unicodedata.name(word[:1] or " ", "")
    algorithm = next((algorithm for name, algorithm in _STEMMERS if script.startswith(name)), None)
    return str(_stemmer(algorithm).stemWord(word)) if algorithm else word


def _stemmer(algorithm: str) -> Any:
    """A stemmer of this thread's own: they are not safe to share."""
    made: dict[str, Any] = _local.__dict__.setdefault("stemmers", {})
    if algorithm not in made:
        made[algorithm] = Stemmer.Stemmer(algorithm)
    return made[algorithm]


@lru_cache(maxsize=1)
def _chinese() -> Any:
    """Jieba with our words. Its dictionary takes 0.13 s and 33 MB, so only where Chinese is met."""
    import rjieba

    for word in _CHINESE_WORDS:
        rjieba.add_word(word, None, None)
    return rjieba
