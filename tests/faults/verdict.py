"""Whether what is stored at the end is what it has to be."""

from __future__ import annotations

from .agent import answer_to
from .record import Json, Record, answers_in, text_of

MARKS = {"stopped", "interrupted", "failed"}
"""The ends of a run after which its answer need not be whole."""


def is_whole(question: Json, answers: list[Json]) -> bool:
    """Whether an answer is all that the assistant has to say."""
    return [text_of(item) for item in answers] == answer_to(text_of(question))


def judge(record: Record, visitor: str, items: list[Json], *, asked: set[str], retried: set[str]) -> None:
    """Hold a thread to the rules; what is against them is put into the record.

    Args:
        record: what everybody has seen.
        visitor: whose thread it is.
        items: all that is stored.
        asked: all that was ever said there.
        retried: what was answered again.
    """
    turns = answers_in(items)
    said = [text_of(question) for question, _ in turns]
    for text in asked:
        if said.count(text) != 1:
            record.violated(visitor, f"{text!r} is stored {said.count(text)} times")
    for text in set(said) - asked:
        record.violated(visitor, f"{text!r} was never said")
    for question, answers in turns:
        if text_of(question) not in asked:
            continue
        _judge_answer(record, visitor, question, answers)
        kept, found = record.kept.get(text_of(question)), [text_of(item) for item in answers]
        if kept is not None and kept != found and text_of(question) not in retried:
            record.violated(visitor, f"after its stop was acknowledged {kept} was stored, and at the end {found}")


def _judge_answer(record: Record, visitor: str, question: Json, answers: list[Json]) -> None:
    text = text_of(question)
    wanted, found = answer_to(text), [text_of(item) for item in answers]
    whole, last = found[:-1], found[-1:]
    begins = wanted[: len(whole)] == whole and all(
        part.startswith(text) for part, text in zip(wanted[len(whole) :], last, strict=False)
    )
    if len(found) > len(wanted) or not begins:
        record.violated(visitor, f"{text!r} is answered with {found}, which does not begin {wanted}")
    elif found != wanted and not record.ends_of(text) & MARKS:
        ends = record.ends_of(text) or "nobody knows how"
        record.violated(visitor, f"{text!r} is answered in part, with {found}, and its runs ended as {ends}")
