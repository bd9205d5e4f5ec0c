"""What everybody has seen in one schedule, and what must not have been."""

from __future__ import annotations

import asyncio
import json
import time
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass
class Record:
    """Shared by all who take part in a schedule.

    Attributes:
        trace: what happened, one line each.
        violations: of the rules, in words.
        stored: the item id of each user message that was acknowledged, by its text.
        ends: how each run ended, as readers were told.
        questions: the text that a run answers, as far as anybody was told.
        stops: the runs whose stopping was acknowledged, whether or not a reader was there to be told.
        kept: what was stored of an answer, by its question, when its stopping was acknowledged.
    """

    trace: list[str] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)
    stored: dict[str, str] = field(default_factory=dict)
    ends: defaultdict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    questions: dict[str, str] = field(default_factory=dict)
    stops: set[str] = field(default_factory=set)
    kept: dict[str, list[str]] = field(default_factory=dict)
    _frames: dict[tuple[str, int], bytes] = field(default_factory=dict)
    _began: float = field(default_factory=time.monotonic)
    _news: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, who: str, what: str) -> None:
        """Something happened."""
        self.trace.append(f"{time.monotonic() - self._began:7.3f}  {who}: {what}")
        self._news.set()

    def violated(self, who: str, rule: str) -> None:
        """Something happened that must not."""
        self.violations.append(f"{who}: {rule}")
        self.note(who, f"VIOLATION {rule}")

    async def news(self) -> None:
        """Wait until something happens."""
        self._news.clear()
        await self._news.wait()

    def acknowledged(self, who: str, text: str, item_id: str) -> None:
        """A user message is stored, as a reader was told."""
        known = self.stored.setdefault(text, item_id)
        if known != item_id:
            self.violated(who, f"{text!r} is stored twice, as {known} and {item_id}")

    def ended(self, who: str, run_id: str, state: str) -> None:
        """A reader was told how a run ended."""
        states = self.ends[run_id]
        states.add(state)
        if len(states) > 1:
            self.violated(who, f"{run_id} is said to have ended as {' and as '.join(sorted(states))}")

    def frame(self, who: str, run_id: str, number: int, data: bytes) -> None:
        """A reader was sent a numbered frame: all readers of a run are sent the same under the same number."""
        known = self._frames.setdefault((run_id, number), data)
        if known != data:
            self.violated(who, f"frame {number} of {run_id} is {data!r}, and was {known!r} for others")
        if number <= 2:
            self._learn_question(run_id, data)

    def _learn_question(self, run_id: str, data: bytes) -> None:
        event = json.loads(data)
        if event["type"] == "thread.item.done" and event["item"]["type"] == "user_message":
            self.questions[run_id] = text_of(event["item"])

    def ends_of(self, text: str) -> set[str]:
        """How the runs that answer a question ended, as readers were told, or whoever pressed stop."""
        runs = [run_id for run_id, known in self.questions.items() if known == text]
        told = {state for run_id in runs for state in self.ends[run_id]}
        return told | ({"stopped"} if self.stops.intersection(runs) else set())


def text_of(item: Json) -> str:
    """What a message says."""
    return "".join(part["text"] for part in item["content"])


def answers_in(items: list[Json]) -> list[tuple[Json, list[Json]]]:
    """Each user message with the assistant's messages that follow it."""
    found: list[tuple[Json, list[Json]]] = []
    for item in items:
        if item["type"] == "user_message":
            found.append((item, []))
        elif item["type"] == "assistant_message" and found:
            found[-1][1].append(item)
    return found
