"""A schedule, from its first step to the verdict."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass

import httpx2

from .agent import question
from .record import Json, Record, answers_in, text_of
from .schedule import VISITORS, Schedule, Step
from .tab import Lost, Outgoing, Tab, Visitor
from .town import Town
from .verdict import is_whole, judge

PATIENCE = 15.0
_LOOK_AGAIN = 0.3
"""Seconds after the last fault in which a thread has to be free again, its readers knowing how its run ended."""


@dataclass(frozen=True)
class Played:
    """What came of a schedule.

    Attributes:
        counts: how often each kind of fault happened.
        complaints: what the replicas have logged that was not as usual.
        seconds: how long it took.
    """

    schedule: Schedule
    record: Record
    counts: Counter[str]
    complaints: list[str]
    seconds: float

    @property
    def survived(self) -> bool:
        """Whether no rule was violated."""
        return not self.record.violations

    def __str__(self) -> str:
        """Everything that helps to understand what went wrong, and to see it again."""
        again = f"python -m tests.faults --log {self.schedule.log} --seed {self.schedule.seed}"
        parts = {
            "violations": self.record.violations,
            "trace": self.record.trace,
            "the replicas complain": self.complaints,
        }
        told = [f"\n{title}:\n" + "\n".join(f"  {line}" for line in lines) for title, lines in parts.items()]
        return f"{self.schedule}\n" + "".join(told) + f"\n\nagain: {again}"


async def play(schedule: Schedule, town: Town) -> Played:
    """Let it happen."""
    began = time.monotonic()
    before = [len(replica.complaints()) for replica in town.replicas]
    playing = _Playing(town, Record())
    await playing.play(schedule)
    complaints = [
        f"{replica.name}: {line[:400]}"
        for replica, known in zip(town.replicas, before, strict=True)
        for line in replica.complaints()[known:]
    ]
    return Played(schedule, playing.record, playing.counts, complaints, time.monotonic() - began)


class _Playing:
    def __init__(self, town: Town, record: Record) -> None:
        self.record = record
        self.counts: Counter[str] = Counter()
        self._town = town
        self._visitors: dict[str, Visitor] = {}
        self._asked: dict[str, set[str]] = {}
        self._lives: dict[Tab, asyncio.Task[None]] = {}
        self._group = asyncio.TaskGroup()

    async def play(self, schedule: Schedule) -> None:
        async with AsyncExitStack() as stack, self._group:
            try:
                for name in VISITORS:
                    timeout = httpx2.Timeout(5)
                    http = httpx2.AsyncClient(base_url=self._town.url, timeout=timeout, trust_env=False)
                    await stack.enter_async_context(http)
                    visitor = self._visitors[name] = Visitor(name, http, self.record)
                    self._asked[name] = set()
                    await _knock(visitor)
                    self._open_tab(visitor)
                async with asyncio.TaskGroup() as steps:
                    for step in schedule.steps:
                        steps.create_task(self._take(step))
                await self._come_to_rest()
                for visitor in self._visitors.values():
                    items, asked = await _stored(visitor), self._asked[visitor.name]
                    judge(self.record, visitor.name, items, asked=asked, retried=set(visitor.retried))
            finally:
                for life in self._lives.values():
                    life.cancel()

    # Steps -----------------------------------------------------------------------------------------------

    async def _take(self, step: Step) -> None:
        await asyncio.sleep(step.at)
        visitor = self._visitors.get(step.where)
        if visitor is None:
            await self._suffer(step)
        else:
            await self._act(visitor, step)

    async def _suffer(self, step: Step) -> None:
        where = step.where.rstrip(" 0123456789")
        self.counts[f"{step.what} {where.replace(' 1', '').replace(' 2', '')}"] += 1
        await self._town.suffer(step, self.record)

    async def _act(self, visitor: Visitor, step: Step) -> None:
        main, *others = visitor.tabs
        other = others[-1] if others else main
        match step.what:
            case "ask":
                self._ask(visitor, main, step.text)
            case "ask elsewhere":
                # Who asks in a tab without a thread begins another one.
                self._ask(visitor, main if visitor.thread_id is None else other, step.text)
            case "drop":
                other.drop()
            case "reload":
                main.reload()
            case "open a tab":
                self._open_tab(visitor)
            case "close a tab" if others and not other.sends:
                visitor.tabs.remove(other)
                self._lives[other].cancel()
            case "stop":
                await visitor.stop()
            case _:
                return
        if not step.what.startswith("ask"):
            self.counts[step.what] += 1

    def _ask(self, visitor: Visitor, tab: Tab, text: str) -> None:
        self._asked[visitor.name].add(text)
        tab.send(Outgoing(text))

    def _open_tab(self, visitor: Visitor) -> None:
        tab = Tab(visitor, name=f"{visitor.name} tab {len(self._lives)}")
        visitor.tabs.append(tab)
        self._lives[tab] = self._group.create_task(tab.live(), name=tab.name)

    # The end ---------------------------------------------------------------------------------------------

    async def _come_to_rest(self) -> None:
        """All is well again: every answer ends, what is not whole can be had again, and one more is whole."""
        if not await self._settle("at rest"):
            return
        for visitor in self._visitors.values():
            await self._complete(visitor)
        if not await self._settle("after trying again"):
            return
        for name, visitor in self._visitors.items():
            self._ask(visitor, visitor.tabs[0], question(f"{name} at last", messages=1, words=5, pace=5))
        if not await self._settle("after one more question"):
            return
        for visitor in self._visitors.values():
            await self._expect_whole(visitor)

    async def _settle(self, when: str) -> bool:
        """Wait until every tab knows the same as the store, and nothing goes on."""
        tabs = [tab for visitor in self._visitors.values() for tab in visitor.tabs]
        if await self._until(lambda: all(tab.settled for tab in tabs)) and await self._agree():
            self.record.note("everybody", when)
            return True
        for replica in self._town.replicas:
            replica.ask_what_it_waits_for()
        for visitor in self._visitors.values():
            for tab in visitor.tabs:
                self.record.violated(tab.name, f"not {when} within {PATIENCE} s: {tab}")
        return False

    async def _agree(self) -> bool:
        return all([await self._agrees(visitor) for visitor in self._visitors.values()])

    async def _agrees(self, visitor: Visitor) -> bool:
        """Whether all tabs come to show what is stored. It is loaded anew: a run may begin that nobody had heard of."""
        shown: object = None
        try:
            async with asyncio.timeout(PATIENCE):
                while True:
                    reader = Tab(visitor, name=f"{visitor.name}, anew")
                    reader.view.load(await _stored(visitor))
                    shown = reader.view.shown()
                    if all(tab.settled and tab.view.shown() == shown for tab in visitor.tabs):
                        return True
                    with suppress(TimeoutError):  # what happened while it was loaded is no news any more
                        async with asyncio.timeout(_LOOK_AGAIN):
                            await self.record.news()
        except TimeoutError:
            for tab in visitor.tabs:
                if tab.view.shown() != shown:
                    self.record.violated(tab.name, f"shows {tab.view.shown()} where {shown} is stored")
            return False

    async def _until(self, so: Callable[[], bool]) -> bool:
        try:
            async with asyncio.timeout(PATIENCE):
                while not so():
                    await self.record.news()
        except TimeoutError:
            return False
        return True

    async def _complete(self, visitor: Visitor) -> None:
        """Try again where the last answer is not whole."""
        turns = answers_in(await _stored(visitor))
        if turns and not is_whole(*turns[-1]):
            asked = turns[-1][0]
            visitor.tabs[0].send(Outgoing(text_of(asked), again=asked["id"]))

    async def _expect_whole(self, visitor: Visitor) -> None:
        turns = answers_in(await _stored(visitor))
        for asked, answers in turns[-2:]:
            newest_or_retried = asked is turns[-1][0] or text_of(asked) in visitor.retried
            if newest_or_retried and not is_whole(asked, answers):
                self.record.violated(visitor.name, f"though all is well, {text_of(asked)!r} is not answered whole")


async def _stored(visitor: Visitor) -> list[Json]:
    """What is stored. Just after a fault nginx may still avoid a replica, or both."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                return await visitor.stored()
            except Lost:
                await asyncio.sleep(0.1)


async def _knock(visitor: Visitor) -> None:
    """Get a cookie, so that the first message can be sent again by the same visitor."""
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                await visitor.ask("threads.list")
                return
            except Lost:
                await asyncio.sleep(0.1)
