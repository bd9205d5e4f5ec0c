"""Passages and a question -> an answer: its text, its citations, what to ask next. Nothing here does I/O."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple
from urllib.parse import quote

from teahouse.agents.guide import language as languages
from teahouse.agents.guide import markdown, phrases, segment
from teahouse.agents.guide.index import Passage, Topic

_LENGTH = 1_600
"""About how long the passages of an answer are together, in characters: two screens of a phone."""

_PROSE = frozenset({"paragraph", "bullet_list", "ordered_list", "blockquote"})
_LONGEST_CODE = 60  # lines
_AS_GOOD = 0.7  # of the best passage's score: worth showing beside it
_AS_GOOD_ELSEWHERE = 0.8  # the same, for a passage of another page
_FOLLOW_UPS = 3
_SNIPPET = 160


@dataclass(frozen=True)
class Citation:
    """A place in the text where a source is named.

    Attributes:
        index: offset in the text, in characters (Unicode code points), as Python and the model APIs count.
    """

    index: int
    passage: Passage


@dataclass(frozen=True)
class Answer:
    """What the guide says, ready to be streamed."""

    text: str
    citations: tuple[Citation, ...] = ()


def compose(question: str, found: Sequence[Passage], page: Sequence[Passage], language: str, docs_url: str) -> Answer:
    """The answer to `question`.

    Args:
        question: what was asked.
        found: passages, best first; not empty.
        page: all sections of the first one's document. Its opening tells in short what the page tells at
            length, so it opens the answer too, whether it was found or not.
        language: of the question.
        docs_url: where documents are shown.
    """
    words = phrases.of(language)
    writer = _Writer(docs_url, frozenset(segment.terms(question)))
    best = found[0]
    lead = words.lead.format(title=words.quote.format(markdown.escape(best.title)))
    writer.write(lead + (words.foreign if languages.differ(best.language, language) else ""))
    shown = _chosen(found, page)
    for passage in shown:
        writer.passage(passage, under=best)
    writer.write(_follow_ups(_next_questions(shown, found, page)))
    return writer.answer()


def nothing(question: str, topics: Sequence[Topic], language: str, docs_url: str) -> Answer:
    """Plainly: there is no answer, and what there are answers about."""
    words = phrases.of(language)
    if not topics:
        return Answer(words.empty)
    some = _spread(topics, 8)
    suggested, named = some[:_FOLLOW_UPS], some[_FOLLOW_UPS:] or some
    asked = words.quote.format(markdown.escape(_shortened(" ".join(question.split()), 80)))
    titles = words.separator.join(
        f"[{markdown.escape(topic.title)}]({markdown.page_address(topic.path, docs_url)})" for topic in named
    )
    paragraphs = (
        words.nothing.format(question=asked),
        words.about.format(titles=titles),
        _follow_ups(_FollowUp(topic.title, topic.title) for topic in suggested),
    )
    return Answer("\n\n".join(paragraphs))


def without_files(reply: Answer | None, language: str) -> Answer:
    """`reply`, if anything was asked, after saying that attached files are not read."""
    words = phrases.of(language).no_files
    if reply is None:
        return Answer(words)
    start = f"{words}\n\n"
    moved = (replace(citation, index=citation.index + len(start)) for citation in reply.citations)
    return Answer(start + reply.text, tuple(moved))


def source_names(passage: Passage, language: str) -> tuple[str, str | None]:
    """What a source is called, and what tells it from others of that name: its document, or its page of it."""
    if passage.page is not None:
        return passage.title, phrases.of(language).page.format(number=passage.page)
    return (passage.headings[-1], passage.title) if passage.headings else (passage.title, None)


def snippet(passage: Passage) -> str:
    """The beginning of a passage, in one line."""
    return _shortened(" ".join(markdown.plain(passage.text).split()), _SNIPPET)


class _Writer:
    """The text so far, and where in it sources are named."""

    def __init__(self, docs_url: str, wanted: frozenset[str]) -> None:
        self._docs_url = docs_url
        self._wanted = wanted
        self._text = ""
        self._citations: list[Citation] = []

    def write(self, paragraph: str) -> None:
        if paragraph:
            self._text += ("\n\n" if self._text else "") + paragraph

    def passage(self, passage: Passage, *, under: Passage) -> None:
        """A passage, with its citation after its last sentence, or after what precedes it if it has none."""
        self.write(_heading(passage, under))
        index = len(self._text)
        trimmed = trim(passage.text, self._wanted, _LENGTH)
        text = markdown.resolve_links(trimmed, passage.path, self._docs_url)
        self.write(text)
        if end := _end_of_prose(text):
            index += len("\n\n") + len(text[:end])
        self._citations.append(Citation(index, passage))

    def answer(self) -> Answer:
        return Answer(self._text, tuple(self._citations))


def _heading(passage: Passage, under: Passage) -> str:
    """A heading in the answer, two levels below a page's: its own, or its page's when that is another."""
    if passage.path != under.path:
        return f"### {markdown.escape(' › '.join((passage.title, *passage.headings[-1:])))}"
    return f"### {markdown.escape(passage.heading)}" if passage.headings else ""


def _chosen(found: Sequence[Passage], page: Sequence[Passage]) -> list[Passage]:
    """What is shown, as far as there is room: the best passage, its page's opening, and what is as good."""
    best = found[0]
    opening = [page[0]] if len(page) > 1 and not page[0].headings and page[1].headings else []
    beside = [p for p in found if p.path == best.path and p.score >= best.score * _AS_GOOD]
    elsewhere = [
        p
        for p in found
        if p.path != best.path and p.language == best.language and p.score >= best.score * _AS_GOOD_ELSEWHERE
    ]
    chosen = {(best.path, best.position): best}
    room = _LENGTH - len(best.text)
    for passage in [*opening, *beside, *elsewhere[:1]]:
        place = (passage.path, passage.position)
        if place not in chosen and len(passage.text) <= room:
            chosen[place] = passage
            room -= len(passage.text)
    return sorted(chosen.values(), key=lambda p: (p.path != best.path, p.position))


# Trimming ---------------------------------------------------------------------------------------------


def trim(text: str, wanted: frozenset[str], length: int) -> str:
    """`text` in about `length` characters: its beginning, and the blocks that hold most of what is wanted.

    A code block stays whole, and with the sentence that introduces it. What is left out leaves a `…`.
    """
    units = list(_units(text))
    if sum(map(len, units)) <= length:
        return "\n\n".join(units)
    order = sorted(range(1, len(units)), key=lambda i: -len(wanted & set(segment.terms(markdown.plain(units[i])))))
    kept, left = {0}, length - len(units[0])
    for position in order:
        if len(units[position]) <= left:
            kept.add(position)
            left -= len(units[position])
    return "\n\n".join(_with_gaps(units, kept))


def _units(text: str) -> Iterator[str]:
    """Blocks, a sentence that ends in a colon together with what it introduces."""
    unit = ""
    for block in markdown.blocks(text):
        unit += ("\n\n" if unit else "") + _cut(block)
        if block.kind == "paragraph" and unit.rstrip().endswith((":", "：")):
            continue
        yield unit
        unit = ""
    if unit:
        yield unit


def _cut(block: markdown.Block) -> str:
    """A block that is not too long to show: endless ones end in a `…`."""
    lines = block.text.split("\n")
    if block.kind == "fence" and len(lines) > _LONGEST_CODE:
        return "\n".join((*lines[:_LONGEST_CODE], "…", lines[-1]))
    if block.kind != "fence" and len(block.text) > _LENGTH:
        kept = block.text[:_LENGTH].rsplit("\n", 1)[0]
        return f"{kept}\n\n…" if block.kind == "table" else f"{kept} …"
    return block.text


def _with_gaps(units: Sequence[str], kept: set[int]) -> Iterator[str]:
    previous = -1
    for position in sorted(kept):
        if position > previous + 1:
            yield "…"
        yield units[position]
        previous = position
    if previous < len(units) - 1:
        yield "…"


def _end_of_prose(text: str) -> int:
    """The offset where the last sentence outside of code and tables ends; 0 when there is none."""
    end = start = 0
    for block in markdown.blocks(text):
        start = text.index(block.text, start)
        if block.kind in _PROSE and block.text != "…" and not markdown.ends_in_code(block.text):
            end = start + len(block.text)
        start += len(block.text)
    return end


# What to ask next -------------------------------------------------------------------------------------


class _FollowUp(NamedTuple):
    label: str
    question: str


def _next_questions(shown: Sequence[Passage], found: Sequence[Passage], page: Sequence[Passage]) -> Iterator[_FollowUp]:
    """Sections of the page that were not shown, and the pages that came next."""
    best = found[0]
    positions = {passage.position for passage in shown if passage.path == best.path}
    siblings = [_about_section(p) for p in page if p.position not in positions and p.headings]
    paths = {passage.path for passage in shown}
    titles = {p.path: p.title for p in found if p.path not in paths and p.language == best.language}
    others = [_FollowUp(title, title) for title in titles.values()]
    room = max(_FOLLOW_UPS - 1, _FOLLOW_UPS - len(others))
    yield from dict.fromkeys([*siblings[:room], *others])


def _about_section(passage: Passage) -> _FollowUp:
    """A heading such as `Fix` is a good label below its page, but asks nothing alone."""
    is_telling = len(segment.terms(passage.heading)) >= 3
    return _FollowUp(passage.heading, passage.heading if is_telling else f"{passage.title} – {passage.heading}")


def _follow_ups(questions: Iterable[_FollowUp]) -> str:
    """The chips below an answer."""
    return "\n".join(
        f"- [{markdown.escape(label)}](chatkit-link://ask?text={quote(question, safe='')})"
        for label, question in islice(questions, _FOLLOW_UPS)
    )


def _spread(topics: Sequence[Topic], count: int) -> list[Topic]:
    """`count` topics from all over; from the outermost folder if it has as many, since it tells the essentials."""
    depths = [topic.path.count("/") for topic in topics]
    outermost = [topic for topic, depth in zip(topics, depths, strict=True) if depth == min(depths)]
    pool = outermost if len(outermost) >= count else topics
    return list(pool[:: max(1, len(pool) // count)][:count])


def _shortened(text: str, length: int) -> str:
    """`text` in at most `length` characters, cut between words where there are any."""
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    at_word = re.match(r"(.*\S)\s", cut[length // 2 :], re.DOTALL)
    return (cut[: length // 2] + at_word[1] if at_word else cut) + "…"
