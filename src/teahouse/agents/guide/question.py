"""What a message asks, when it can only be understood after the one before."""

from __future__ import annotations

import re

from teahouse.agents.guide import segment

_MOST_WORDS = 7
_MOST_CHARACTERS = 16  # of Chinese, Japanese or Korean

_GOES_ON = re.compile(
    r"(?:and|but|or|then|also|so|what about|how about|what if|same|"
    r"那|那么|然后|还有|如果|换成|では|じゃ|それ|その|また|그럼|그러면|그리고|그건|그거)",
    re.IGNORECASE,
)
_REFERS = re.compile(
    r"\b(?:it|that|this|there|them|they|those|these)\b|它|这个|那个|这样|那样|それ|これ|그것|이것", re.IGNORECASE
)
_ASKS_BACK = re.compile(r"呢\s*[?？]?$")
_WORD_END = re.compile(r"\W|$")


def goes_on(question: str) -> bool:
    """Whether `question` is short and goes on from the one before, as "and in Docker?" or "那 Docker 呢？" do."""
    question = question.strip()
    if not question or not _is_short(question):
        return False
    if not segment.terms(question):
        return True
    begins = _GOES_ON.match(question)
    is_whole_word = begins is not None and (not begins[0].isascii() or _WORD_END.match(question, begins.end()))
    return bool(is_whole_word or _REFERS.search(question) or _ASKS_BACK.search(question))


def _is_short(question: str) -> bool:
    return len(question.split()) <= _MOST_WORDS and sum(not c.isascii() for c in question) <= _MOST_CHARACTERS
