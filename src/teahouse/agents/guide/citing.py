"""Citations in what a model writes: `[1]` in its text becomes a source at that place.

A model is told to write numbers in brackets after what it took from a passage. Readers should see the
page's own citations instead, so the marks are taken out again while the text streams past. Brackets in
code stay, and so do numbers that no passage has.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemDoneEvent,
    ThreadItemUpdate,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    URLSource,
)

_NUMBERS = r"\d{1,3}(?:[ \t]*[,，、][ \t]*\d{1,3})*"
_MARK = rf"[ \t]*(?:\[(?P<square>{_NUMBERS})\]|【(?P<round>{_NUMBERS})】)"
# `[1](address)` and `[1][label]` are links.
_TOKEN = re.compile(rf"(?P<ticks>`+)|(?P<blank>\n[ \t]*\n)|{_MARK}(?!\(|\[(?!\d))")
# What may still become something else when more text comes: fences, empty lines, marks and rows of marks.
_UNFINISHED = re.compile(
    rf"(?:`+|(?:\n[ \t]*)+|(?:[ \t]*(?:\[{_NUMBERS}\]|【{_NUMBERS}】))*[ \t]*(?:[\[【][\d,，、 \t]{{0,40}})?)$"
)


class Sources:
    """The passages a model has been shown in one turn, numbered across all its searches."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._sources: list[URLSource] = []

    def number(self, source: URLSource) -> int:
        """The number of `source`, from 1; the same one whenever it is found again."""
        if source.url not in self._numbers:
            self._sources.append(source)
            self._numbers[source.url] = len(self._sources)
        return self._numbers[source.url]

    def get(self, number: int) -> URLSource | None:
        """The source with this number."""
        return self._sources[number - 1] if 0 < number <= len(self._sources) else None


class Citer:
    """Takes the marks out of one text that arrives in pieces."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._pending = ""
        self._code = ""  # the backticks that opened the code we are in
        self._length = 0

    def feed(self, piece: str) -> Iterator[str | Annotation]:
        """Text to show, and annotations at their places, as far as `piece` decides them."""
        text = self._pending + piece
        unfinished = _UNFINISHED.search(text)
        end = unfinished.start() if unfinished else len(text)
        self._pending = text[end:]
        yield from self._read(text[:end])

    def finish(self) -> Iterator[str | Annotation]:
        """What was held back."""
        text, self._pending = self._pending, ""
        yield from self._read(text)

    def _read(self, text: str) -> Iterator[str | Annotation]:
        shown = ""
        position = 0
        for token in _TOKEN.finditer(text):
            cited = self._cited(token)
            if not cited:
                self._follow_code(token)
                continue
            shown = text[position : token.start()]
            position = token.end()
            if shown:
                yield self._show(shown)
            for source in cited:
                yield Annotation(source=source, index=self._length)
        if rest := text[position:]:
            yield self._show(rest)

    def _show(self, text: str) -> str:
        self._length += len(text)
        return text

    def _cited(self, token: re.Match[str]) -> list[URLSource]:
        """The sources a mark names; none when it is no mark, or names one there is not."""
        numbers = token["square"] or token["round"]
        if not numbers or self._code:
            return []
        named = [self._sources.get(int(number)) for number in re.findall(r"\d+", numbers)]
        known = [source for source in named if source is not None]
        return known if len(known) == len(named) else []

    def _follow_code(self, token: re.Match[str]) -> None:
        if ticks := token["ticks"]:
            if not self._code:
                self._code = ticks
            elif self._code == ticks or (len(self._code) >= 3 and len(ticks) >= len(self._code)):
                self._code = ""
        elif token["blank"] and len(self._code) < 3:
            self._code = ""  # a lone backtick; inline code ends with its paragraph


def cite(content: AssistantMessageContent, sources: Sources) -> AssistantMessageContent:
    """`content` with annotations in the place of marks."""
    citer = Citer(sources)
    parts = [*citer.feed(content.text), *citer.finish()]
    text = "".join(part for part in parts if isinstance(part, str))
    added = [part for part in parts if isinstance(part, Annotation)]
    return AssistantMessageContent(text=text, annotations=[*content.annotations, *added])


async def cited(events: AsyncIterator[ThreadStreamEvent], sources: Sources) -> AsyncIterator[ThreadStreamEvent]:
    """`events` of an answer with annotations in the place of marks.

    Args:
        events: as they come from the agent.
        sources: filled by the search tool while the agent runs.
    """
    parts: dict[tuple[str, int], _Part] = {}
    async for event in events:
        match event:
            case ThreadItemUpdatedEvent(item_id=item_id, update=update) if isinstance(update, _PART_UPDATES):
                part = parts.setdefault((item_id, update.content_index), _Part(sources))
                for change in part.changes(update):
                    yield ThreadItemUpdatedEvent(item_id=item_id, update=change)
            case ThreadItemDoneEvent(item=AssistantMessageItem() as item):
                # Not every provider says that a part is done. And some use one id for all their items.
                for index in range(len(item.content)):
                    if (item.id, index) in parts:
                        for change in parts.pop((item.id, index)).rest(index):
                            yield ThreadItemUpdatedEvent(item_id=item.id, update=change)
                contents = [cite(content, sources) for content in item.content]
                yield ThreadItemDoneEvent(item=item.model_copy(update={"content": contents}))
            case _:
                yield event


_PART_UPDATES = (
    AssistantMessageContentPartTextDelta,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
)


class _Part:
    """One part of an answer's text, while it streams."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._citer = Citer(sources)
        self._annotations = 0

    def changes(self, update: ThreadItemUpdate) -> Iterator[ThreadItemUpdate]:
        """What `update` becomes."""
        match update:
            case AssistantMessageContentPartTextDelta():
                yield from self._read(self._citer.feed(update.delta), update.content_index)
            case AssistantMessageContentPartAnnotationAdded():  # one of the model's own; ours count with them
                yield update.model_copy(update={"annotation_index": self._annotations})
                self._annotations += 1
            case AssistantMessageContentPartDone():
                yield from self.rest(update.content_index)
                yield update.model_copy(update={"content": cite(update.content, self._sources)})

    def rest(self, content_index: int) -> Iterator[ThreadItemUpdate]:
        """What was held back because it might have become a mark."""
        yield from self._read(self._citer.finish(), content_index)

    def _read(self, read: Iterator[str | Annotation], content_index: int) -> Iterator[ThreadItemUpdate]:
        for part in read:
            if isinstance(part, str):
                yield AssistantMessageContentPartTextDelta(content_index=content_index, delta=part)
                continue
            yield AssistantMessageContentPartAnnotationAdded(
                content_index=content_index, annotation_index=self._annotations, annotation=part
            )
            self._annotations += 1
