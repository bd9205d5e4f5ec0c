"""Visitors for the store's tests; threads and items are those of `teahouse.testing`."""

from __future__ import annotations

from teahouse.protocol import Context, Visitor
from teahouse.testing.stores import NOON, answer, attachment, ids, question, text_of, thread

__all__ = ["ALICE", "BOB", "NOON", "answer", "attachment", "ids", "question", "text_of", "thread", "visitor"]


def visitor(name: str) -> Context:
    return Context(Visitor(name))


ALICE = visitor("alice")
BOB = visitor("bob")
