"""All hosted threads into a folder: interrupted at any point, it goes on where it was."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from teahouse import errors
from teahouse.errors import Problem, Words
from teahouse.migrate.folder import Draft, Folder, Reading, State, in_thread, line_of
from teahouse.migrate.hosted import Gone, HostedChatKit, Json

AT_ONCE = 8
"""How many threads are read at the same time."""

_MOST_WALKS = 3


@dataclass
class Counts:
    """How far an export is.

    Attributes:
        listed: threads that the platform has named so far.
        all_listed: whether there are no more.
        threads: of them, how many are in the folder.
        items: how many items those have.
        gone: threads that were deleted between being listed and being read.
        waits: how often the platform made us wait.
    """

    listed: int = 0
    all_listed: bool = False
    threads: int = 0
    items: int = 0
    gone: int = 0
    waits: int = 0


@dataclass
class Differences:
    """What a comparison found.

    Attributes:
        threads: how many were compared.
        missing: thread ids that the platform has and the folder has not.
        changed: thread ids whose contents differ.
        broken: files in the folder whose seal is not true.
    """

    threads: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    @property
    def found(self) -> bool:
        """Whether there is any."""
        return bool(self.missing or self.changed or self.broken)


class Export:
    """One export of hosted threads.

    An export that was interrupted goes on. One that had finished is done anew: what has changed since is
    read again, and replaces what was there; threads that are gone from the platform stay in the folder.

    Args:
        hosted: where the threads are.
        folder: where they go; open.
        base_url: the platform's address, kept with the export.
        users: whose threads; None for everybody's.
        told: called whenever the counts have changed.
    """

    def __init__(
        self,
        hosted: HostedChatKit,
        folder: Folder,
        *,
        base_url: str,
        users: Sequence[str] | None = None,
        told: Callable[[Counts], None] = lambda counts: None,
    ) -> None:
        self._hosted = hosted
        self._folder = folder
        self._users = list(users) if users else None
        self._told = told
        self._state = self._begun(base_url)
        self._done: set[str] = set()
        self.counts = Counts()

    def _begun(self, base_url: str) -> State:
        """The state of this export: an interrupted one's, or a new one."""
        old = self._folder.state()
        if old is not None and old.base_url != base_url:
            reason = Words(f"it holds an export from {old.base_url}", f"其中是来自 {old.base_url} 的导出")
            raise Problem(errors.EXPORT_UNUSABLE, path=self._folder.path, reason=reason)
        if old is not None and old.finished_at is None and old.users == self._users:
            return old
        turn = 1 if old is None else old.turn + 1
        return State(base_url, self._users, datetime.now(UTC).isoformat(), turn)

    async def run(self) -> Counts:
        """Read everything.

        Threads that are opened while we read are found by listing once more.

        Raises:
            Problem: MIGRATION_REFUSED, MIGRATION_INTERRUPTED, EXPORT_UNUSABLE. What was read stays.
        """
        self._folder.save(self._state)
        for _ in range(_MOST_WALKS):
            known = len(self._done)
            await self._walk()
            if len(self._done) == known:
                break
        self._state.threads, self._state.items = self.counts.threads, self.counts.items
        self._state.finished_at = datetime.now(UTC).isoformat()
        self._folder.save(self._state)
        return self.counts

    async def _walk(self) -> None:
        waiting: asyncio.Queue[Json | None] = asyncio.Queue(AT_ONCE * 2)
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._list(waiting))
                for _ in range(AT_ONCE):
                    group.create_task(self._read(waiting))
        except BaseExceptionGroup as several:
            raise _first(several) from None

    async def _list(self, waiting: asyncio.Queue[Json | None]) -> None:
        """Name every thread that is not done, then say to each reader that this was all."""
        async for page in self._listed():
            for thread in page:
                if thread["id"] not in self._done:
                    self._done.add(thread["id"])
                    self.counts.listed += 1
                    await waiting.put(thread)
        self.counts.all_listed = True
        for _ in range(AT_ONCE):
            await waiting.put(None)

    async def _listed(self) -> AsyncIterator[list[Json]]:
        everybody: list[str | None] = [None]
        for user in self._users or everybody:
            async for page in self._hosted.threads(user):
                yield page

    async def _read(self, waiting: asyncio.Queue[Json | None]) -> None:
        while (thread := await waiting.get()) is not None:
            seal = await in_thread(self._folder.seal_of, thread["id"])
            if seal is None or seal.turn < self._state.turn:
                await self._read_thread(thread)
            else:
                self.counts.threads += 1
                self.counts.items += seal.items
            self.counts.waits = self._hosted.waits
            self._told(self.counts)

    async def _read_thread(self, thread: Json) -> None:
        draft = await in_thread(self._folder.draft, thread)
        try:
            if await self._read_items(thread["id"], draft):
                await in_thread(draft.finish, self._state.turn)
                self.counts.threads += 1
                self.counts.items += draft.items
            else:
                await in_thread(draft.discard)
        except OSError as error:
            raise self._folder.unusable(error) from None

    async def _read_items(self, thread_id: str, draft: Draft) -> bool:
        """Whether the thread was still there."""
        try:
            async for page in self._hosted.items(thread_id, after=draft.last):
                await in_thread(draft.add, page)
        except Gone:
            self.counts.gone += 1
            self._state.gone.append(thread_id)
            return False
        return True

    # Looking again ---------------------------------------------------------------------------------------

    async def compare(self) -> Differences:
        """Read everything once more and compare: each thread's file with its hash, its contents with the platform."""
        found = Differences()
        async for page in self._listed():
            for start in range(0, len(page), AT_ONCE):
                some = page[start : start + AT_ONCE]
                results = await asyncio.gather(*(self._differs(thread) for thread in some))
                for thread, difference in zip(some, results, strict=True):
                    found.threads += 1
                    if difference:
                        getattr(found, difference).append(thread["id"])
        return found

    async def _differs(self, thread: Json) -> str | None:
        seal = await in_thread(self._folder.seal_of, thread["id"])
        if seal is None:
            return "missing"
        if not await in_thread(_is_whole, self._folder, thread["id"]):
            return "broken"
        digest, items = hashlib.sha256(line_of(thread)), 0
        try:
            async for page in self._hosted.items(thread["id"]):
                items += len(page)
                for item in page:
                    digest.update(line_of(item))
        except Gone:
            return None
        return None if (items, digest.hexdigest()) == (seal.items, seal.sha256) else "changed"


def broken_files(folder: Folder) -> list[str]:
    """The names of files whose seal is not true."""
    return [path.name for path in folder.files() if not _whole(path)]


def _is_whole(folder: Folder, thread_id: str) -> bool:
    return _whole(folder.place(thread_id))


def _whole(path: Path) -> bool:
    reading = Reading(path)
    for _ in reading.items():
        pass
    return reading.is_whole


def _first(several: BaseExceptionGroup[BaseException]) -> BaseException:
    """The first of errors that came together."""
    first: BaseException = several
    while isinstance(first, BaseExceptionGroup):
        first = first.exceptions[0]
    return first
