"""Marks such as [1] in a model's text become annotations."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from chatkit.types import (
    Annotation,
    AssistantMessageContent,
    AssistantMessageContentPartAnnotationAdded,
    AssistantMessageContentPartDone,
    AssistantMessageContentPartTextDelta,
    AssistantMessageItem,
    ThreadItemAddedEvent,
    ThreadItemDoneEvent,
    ThreadItemUpdatedEvent,
    ThreadStreamEvent,
    URLSource,
)
from hypothesis import example, given
from hypothesis import strategies as st

from teahouse.agents.guide.citing import Citer, Sources, cite, cited


@pytest.fixture(scope="module")
def sources() -> Sources:
    """Three passages, 1 to 3."""
    return numbered()


def numbered() -> Sources:
    sources = Sources()
    for name in "abc":
        sources.number(URLSource(title=name.upper(), url=f"docs/{name}"))
    return sources


def written_out(text: str, annotations: list[Annotation]) -> str:
    """`text` with the titles of its sources where they are cited."""
    for annotation in reversed(annotations):
        index = annotation.index or 0
        text = f"{text[:index]}<{annotation.source.title}>{text[index:]}"
    return text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("Pour slowly [1].", "Pour slowly<A>."),
        ("Pour slowly.[1][2]", "Pour slowly.<A><B>"),
        ("Pour slowly [1, 3].", "Pour slowly<A><C>."),
        ("慢慢倒【2】。", "慢慢倒<B>。"),
        ("慢慢倒[1]，再等[2]。", "慢慢倒<A>，再等<B>。"),
        ("Two [1]\n\nparagraphs [2]", "Two<A>\n\nparagraphs<B>"),
        ("No passage [9] and [0].", "No passage [9] and [0]."),
        ("One of them unknown [1, 9].", "One of them unknown [1, 9]."),
        ("A [link](x.md), [1](x.md) and [1][ref].", "A [link](x.md), [1](x.md) and [1][ref]."),
        ("`list[1]` and `` a`[2] `` [3]", "`list[1]` and `` a`[2] ``<C>"),
        ("```py\nx[1] = [2]\n```\nDone [3].", "```py\nx[1] = [2]\n```\nDone<C>."),
        ("```py\n\nx[1]\n\n```\n\nDone [3].", "```py\n\nx[1]\n\n```\n\nDone<C>."),
        ("A lone ` in a line.\n\nThen [1].", "A lone ` in a line.\n\nThen<A>."),
        ("- [ ] task [1]\n- [x] done", "- [ ] task<A>\n- [x] done"),
        ("ends with [", "ends with ["),
        ("ends with [1", "ends with [1"),
        ("", ""),
    ],
)
def test_marks_become_citations_where_they_stood(sources: Sources, written: str, shown: str) -> None:
    content = cite(AssistantMessageContent(text=written), sources)
    assert written_out(content.text, content.annotations) == shown


@pytest.mark.parametrize("size", [1, 2, 3, 7])
def test_text_is_read_the_same_in_pieces_of_any_size(sources: Sources, size: int) -> None:
    text = "Pour [1], wait [2, 3]; `x[1]`\n\n```\ny[2]\n```\n[link](a) 【3】。 [4] end [1]"
    citer = Citer(sources)
    parts = [part for start in range(0, len(text), size) for part in citer.feed(text[start : start + size])]
    parts += citer.finish()
    shown = "".join(part for part in parts if isinstance(part, str))
    annotations = [part for part in parts if isinstance(part, Annotation)]
    whole = cite(AssistantMessageContent(text=text), sources)
    assert (shown, annotations) == (whole.text, whole.annotations)


bits = st.sampled_from(
    ["[1]", "[2", "]", " ", "`", "```", "\n\n", "\n", "a", "(", "[1, 3]", "【2】", "[x]", "(b)", ":", "茶", "😀"]
)


@given(st.lists(bits, max_size=30))
@example(["`", "\n\n", " ", "[1]"])
def test_pieces_of_any_text_give_what_the_whole_gives(pieces: list[str]) -> None:
    sources = numbered()
    citer = Citer(sources)
    parts = [*(part for piece in pieces for part in citer.feed(piece)), *citer.finish()]
    whole = cite(AssistantMessageContent(text="".join(pieces)), sources)
    assert "".join(part for part in parts if isinstance(part, str)) == whole.text
    assert [part for part in parts if isinstance(part, Annotation)] == whole.annotations


def test_the_place_counts_characters_and_not_their_parts(sources: Sources) -> None:
    (annotation,) = cite(AssistantMessageContent(text="𠮷😀[1]"), sources).annotations
    assert annotation.index == 2


def test_a_source_keeps_its_number() -> None:
    sources = Sources()
    assert [sources.number(URLSource(title="x", url=url)) for url in ("a", "b", "a")] == [1, 2, 1]


# Streams ----------------------------------------------------------------------------------------------


def item(text: str) -> AssistantMessageItem:
    contents = [AssistantMessageContent(text=text)] if text else []
    return AssistantMessageItem(
        id="msg_1", thread_id="thr_1", created_at=datetime(2026, 11, 22, tzinfo=UTC), content=contents
    )


def delta(text: str) -> ThreadItemUpdatedEvent:
    return ThreadItemUpdatedEvent(
        item_id="msg_1", update=AssistantMessageContentPartTextDelta(content_index=0, delta=text)
    )


async def through(events: list[ThreadStreamEvent], sources: Sources) -> list[ThreadStreamEvent]:
    async def stream() -> AsyncIterator[ThreadStreamEvent]:
        for event in events:
            yield event

    return [event async for event in cited(stream(), sources)]


def streamed(events: list[ThreadStreamEvent]) -> str:
    """What a reader of the stream has in the end."""
    text, annotations = "", []
    for event in events:
        match event:
            case ThreadItemUpdatedEvent(update=AssistantMessageContentPartTextDelta(delta=piece)):
                text += piece
            case ThreadItemUpdatedEvent(update=AssistantMessageContentPartAnnotationAdded() as update):
                annotations.insert(update.annotation_index, update.annotation)
    return written_out(text, annotations)


def annotations_added(events: list[ThreadStreamEvent]) -> list[AssistantMessageContentPartAnnotationAdded]:
    updates = [event.update for event in events if isinstance(event, ThreadItemUpdatedEvent)]
    return [update for update in updates if isinstance(update, AssistantMessageContentPartAnnotationAdded)]


async def test_a_streamed_answer_is_what_is_kept(sources: Sources) -> None:
    text = "Pour [1], wait [2]."
    done = AssistantMessageContentPartDone(content_index=0, content=AssistantMessageContent(text=text))
    events = await through(
        [
            ThreadItemAddedEvent(item=item("")),
            *(delta(piece) for piece in ("Pour [", "1], wa", "it [2].")),
            ThreadItemUpdatedEvent(item_id="msg_1", update=done),
            ThreadItemDoneEvent(item=item(text)),
        ],
        sources,
    )
    assert streamed(events) == "Pour<A>, wait<B>."
    kept = events[-1].item.content[0]  # type: ignore[union-attr]
    assert written_out(kept.text, kept.annotations) == streamed(events)
    assert events[-2].update.content == kept  # type: ignore[union-attr]


async def test_a_part_that_is_never_done_is_written_to_its_end(sources: Sources) -> None:
    """Chat Completions through the Agents SDK has no such event."""
    events = await through([delta("Pour "), delta("[1]"), ThreadItemDoneEvent(item=item("Pour [1]"))], sources)
    assert streamed(events) == "Pour<A>"


async def test_two_messages_with_one_id_are_two(sources: Sources) -> None:
    """Some providers call every item `__fake_id__`."""
    one = [delta("a [1]"), ThreadItemDoneEvent(item=item("a [1]"))]
    events = await through([*one, *one], sources)
    places = [update.annotation.index for update in annotations_added(events)]
    assert places == [1, 1]


async def test_the_models_own_annotations_stay(sources: Sources) -> None:
    own = Annotation(source=URLSource(title="Own", url="https://example.com"), index=0)
    added = AssistantMessageContentPartAnnotationAdded(content_index=0, annotation_index=0, annotation=own)
    events = await through([delta("a [1] b"), ThreadItemUpdatedEvent(item_id="msg_1", update=added)], sources)
    indexes = [update.annotation_index for update in annotations_added(events)]
    assert indexes == [0, 1]
