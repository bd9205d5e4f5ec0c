"""Which language a text is in, told from its script: enough to choose documents and our own words by."""

from __future__ import annotations

import re

from teahouse.agents.guide.stopwords import is_stop

_KANA = re.compile(r"[\u3040-\u30ff]")
_HANGUL = re.compile(r"[\u1100-\u11ff\u3130-\u318f\uac00-\ud7af]")
_HAN = re.compile(r"[\u2e80-\u2fdf\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_LETTER = re.compile(r"[^\W\d_]")
_CODE = re.compile(r"\S*(?:[\d_./:=<>\\()]|[a-z][A-Z])\S*")
_BY_SCRIPT = frozenset({"ja", "ko", "zh"})
"""Languages that are told by their script with certainty."""

_IDENTIFIER = re.compile(r"[A-Za-z]\w*[._]\w|[a-z][A-Z]|\w\(\)|Error\b")
_ASKS = re.compile(r"^\W*(?:how|why|what|when|where|who|which|can|could|do|does|did|is|are|should|i|my)\b|\?\s*$", re.I)
_FOLDER = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})*")


def primary(locale: str) -> str:
    """The language of a locale: `zh` of `zh-CN`."""
    return locale.replace("_", "-").split("-")[0].lower()


def of_text(text: str) -> str:
    """`ja`, `ko`, `zh`, or `en` for everything else. Code in backquotes and fences should be left out before."""
    if _HANGUL.search(text):
        return "ko"
    kana, han = len(_KANA.findall(text)), len(_HAN.findall(text))
    if kana and kana * 10 >= han:  # a Chinese text may quote a Japanese word
        return "ja"
    return "zh" if han else "en"


def of_document(text: str) -> str:
    """The language most of a document is written in: one quoted word of another script changes nothing."""
    kana, hangul, han = (len(script.findall(text)) for script in (_KANA, _HANGUL, _HAN))
    # One Han character or Hangul syllable carries about as much as half an English word.
    if (kana + hangul + han) * 4 <= len(_LETTER.findall(text)):
        return "en"
    if hangul > han + kana:
        return "ko"
    return "ja" if kana * 10 >= han else "zh"


def of_question(question: str, locale: str, known: frozenset[str] = frozenset()) -> str:
    """The language to answer `question` in.

    Args:
        question: what was asked.
        locale: the visitor's, which decides where the question does not: an identifier, a number, one
            word, an error message, or Han characters alone, which may be Japanese.
        known: the languages there are documents in.
    """
    preferred = primary(locale)
    written = of_text(question)
    if written == "zh" and (preferred == "ja" or ("ja" in known and "zh" not in known)):
        return "ja"
    if written != "en":
        return written
    prose = _CODE.sub(" ", question).split()
    if len(prose) < 2 or _is_pasted(question):
        return preferred if preferred in known | _BY_SCRIPT else "en"
    others = known - _BY_SCRIPT - {"en"}
    if preferred in others and not _sounds_english(prose):
        return preferred
    if others and "en" not in known:
        return preferred if preferred in others else min(others)
    return "en"


def _is_pasted(question: str) -> bool:
    """Whether it is an error message rather than a sentence of the visitor's own: those are English everywhere."""
    return bool(_IDENTIFIER.search(question)) and not _ASKS.search(question)


def _sounds_english(words: list[str]) -> bool:
    """Whether at least every third word is one of English's small ones."""
    return 3 * sum(is_stop(word.strip(".,;:!?").lower()) for word in words) >= len(words)


def differ(one: str, other: str) -> bool:
    """Whether two texts are certainly in different languages. Among Latin ones the script does not tell."""
    return one != other and not {one, other}.isdisjoint(_BY_SCRIPT)


def of_folder(name: str) -> str | None:
    """The language a folder such as `zh` or `pt-BR` holds documents in; None for any other folder."""
    return primary(name) if _FOLDER.fullmatch(name) and primary(name) in LANGUAGES else None


LANGUAGES = frozenset(
    "ar bg bn bs ca cs da de el en es et fa fi fr gu he hi hu hy ja ka kk kn ko lt lv mk mn mr nb nl pa pl pt ro "
    "ru sk sl sq sr sv sw ta te th tl tr uk ur vi zh".split()
)
"""Folders with these names hold one language each. Some codes are left out because such folders hold something
else as often: `hr`, `it`, `id`, `is`, `my`, `am`, `ml`, `ms`, `so`. There, `lang` in the front matter tells."""
