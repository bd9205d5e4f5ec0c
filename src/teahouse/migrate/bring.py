"""An export into the store: interrupted at any point, or done twice, every item is there exactly once."""

from __future__ import annotations

import csv
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

from chatkit.store import NotFoundError
from chatkit.types import ThreadItem, ThreadMetadata

from teahouse import errors, reasons, settings
from teahouse.errors import Problem, Words
from teahouse.migrate.carry import Losses, item_of, thread_of, user_of
from teahouse.migrate.folder import Folder, Json, Reading, in_thread
from teahouse.protocol import Context, Visitor
from teahouse.store import SqlStore, StoreUnavailable, records

_AT_ONCE = 200
"""Items of one transaction. A longer thread is brought in several, and marked as whole by the last."""

_EXAMPLES = 3
_LONGEST_VISITOR = 512


@dataclass
class Report:
    """What became of an export.

    Attributes:
        files: how many there are.
        threads: how many threads were written now.
        already: how many were there before, unchanged.
        items: how many items all of these have.
        kinds: how many of each kind, as they are now.
        visitors: whose they are.
        lost: by name (`teahouse.migrate.carry.LOSSES`), how often, and a few thread ids.
        failed: thread or file name, and why it was not written.
        damaged: names of files whose seal is not true; what can be read of them was written.
        differing: thread ids that do not read back as they were written.
    """

    files: int = 0
    threads: int = 0
    already: int = 0
    items: int = 0
    kinds: dict[str, int] = field(default_factory=dict)
    visitors: set[str] = field(default_factory=set)
    lost: dict[str, tuple[int, list[str]]] = field(default_factory=dict)
    failed: list[tuple[str, Words]] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    differing: list[str] = field(default_factory=list)

    @property
    def is_clean(self) -> bool:
        """Whether every thread that could be read is in the store."""
        return not (self.failed or self.damaged or self.differing)

    def note(self, thread_id: str, losses: Losses) -> None:
        """Add what was lost of one thread."""
        for name, count in losses.counts.items():
            total, examples = self.lost.get(name, (0, []))
            self.lost[name] = (total + count, [*examples, thread_id][:_EXAMPLES])


class Import:
    """Brings the threads of an export to their visitors.

    Args:
        folder: the export.
        store: where they go; open.
        visitors: which visitor a hosted user is; who is not named keeps the hosted id.
        users: only these hosted users' threads; None for all.
        told: called after each thread.
    """

    def __init__(
        self,
        folder: Folder,
        store: SqlStore | None,
        *,
        visitors: Mapping[str, str] | None = None,
        users: set[str] | None = None,
        told: Callable[[Report], None] = lambda report: None,
    ) -> None:
        self._folder = folder
        self._store = store
        self._visitors = visitors or {}
        self._users = users
        self._told = told
        self.report = Report()

    async def run(self) -> Report:
        """Bring everything. Without a store, only look at what would be brought.

        Raises:
            StoreUnavailable: the database is gone; what was written stays, and the next run goes on.
        """
        for path in await in_thread(_paths, self._folder):
            self.report.files += 1
            reading = await in_thread(Reading, path)
            if reading.thread is None:
                self.report.failed.append((path.name, Words("its first line is no thread", "第一行不是线程")))
            elif self._users is None or user_of(reading.thread) in self._users:
                await self._bring(reading)
            self._told(self.report)
        return self.report

    async def _bring(self, reading: Reading) -> None:
        assert reading.thread is not None  # noqa: S101 - `run` has looked
        losses = Losses()
        thread = thread_of(reading.thread, losses)
        context = self._context(thread)
        try:
            if await self._is_there(thread, reading, context):
                self.report.already += 1
                self._count(reading.sealed_items, context, [])
            else:
                await self._write(thread, reading, context, losses)
        except StoreUnavailable:
            raise
        except NotFoundError:
            reason = Words("its id, or a file's, is another visitor's already", "它或其附件的编号已属于其他访客")
            self.report.failed.append((thread.id, reason))
        if not reading.is_sealed and reading.path.name not in self.report.damaged:
            self.report.damaged.append(reading.path.name)
        self.report.note(thread.id, losses)

    def _context(self, thread: ThreadMetadata) -> Context:
        user = thread.metadata["hosted"]["user"]
        return Context(Visitor(self._visitors.get(user, user) or "hosted"))

    async def _is_there(self, thread: ThreadMetadata, reading: Reading, context: Context) -> bool:
        """Whether this very state of the thread is in the store. Then what the visitor did with it stays."""
        if self._store is None or not reading.is_sealed:
            return False
        try:
            known = await self._store.load_thread(thread.id, context)
        except NotFoundError:
            return False
        return bool(known.metadata.get("hosted", {}).get("sha256") == reading.sealed_sha256)

    async def _write(self, thread: ThreadMetadata, reading: Reading, context: Context, losses: Losses) -> None:
        lines = reading.items()
        seen: set[str] = set()
        while True:
            hosted = await in_thread(_some, lines)
            items = [item_of(item, thread.id, losses) for item in hosted]
            repeated = len(items) - len({item.id for item in items} - seen)
            seen.update(item.id for item in items)
            if len(hosted) < _AT_ONCE and reading.is_whole:
                thread.metadata["hosted"]["sha256"] = reading.sha256
            if self._store is not None:
                await self._store.bring(thread, items, context)
            self._count(len(items) - repeated, context, items)
            for _ in range(repeated):
                losses.add("repeated")
            if len(hosted) < _AT_ONCE:
                break
        for _ in range(reading.broken):
            losses.add("line")
        if not reading.is_whole:
            self.report.damaged.append(reading.path.name)
        self.report.threads += 1

    def _count(self, count: int, context: Context, items: list[ThreadItem]) -> None:
        self.report.items += count
        self.report.visitors.add(context.visitor.id)
        for item in items:
            self.report.kinds[item.type] = self.report.kinds.get(item.type, 0) + 1

    # Looking again ---------------------------------------------------------------------------------------

    async def verify(self, told: Callable[[int], None] = lambda count: None) -> list[str]:
        """Read every thread back and compare: each item there, as it was written, in its order.

        Returns:
            The ids of threads that differ. What visitors added to their threads is no difference.
        """
        failed = {name for name, _ in self.report.failed}
        for number, path in enumerate(await in_thread(_paths, self._folder), 1):
            reading = await in_thread(Reading, path)
            if reading.thread is not None and (self._users is None or user_of(reading.thread) in self._users):
                thread = thread_of(reading.thread, Losses())
                if thread.id not in failed and not await self._reads_back(thread, reading):
                    self.report.differing.append(thread.id)
            told(number)
        return self.report.differing

    async def _reads_back(self, thread: ThreadMetadata, reading: Reading) -> bool:
        written = await in_thread(_digests, thread.id, reading)
        found: dict[str, bytes] = {}
        async for item in self._stored(thread.id, self._context(thread)):
            if item.id in written:
                found[item.id] = _digest(item)
        return list(found.items()) == list(written.items())

    async def _stored(self, thread_id: str, context: Context) -> AsyncIterator[ThreadItem]:
        assert self._store is not None  # noqa: S101 - who verifies has a store
        after = None
        try:
            while True:
                page = await self._store.load_thread_items(thread_id, after, 100, "asc", context)
                for item in page.data:
                    yield item
                if not page.has_more:
                    return
                after = page.after
        except NotFoundError:
            return


def _paths(folder: Folder) -> list[Path]:
    return list(folder.files())


def _some(lines: Iterator[Json]) -> list[Json]:
    return list(itertools.islice(lines, _AT_ONCE))


def _digests(thread_id: str, reading: Reading) -> dict[str, bytes]:
    """Each item's digest by its id. One that comes twice has its first place and last state, as in the store."""
    items = (item_of(hosted, thread_id, Losses()) for hosted in reading.items())
    return {item.id: _digest(item) for item in items}


def _digest(item: ThreadItem) -> bytes:
    return blake2b(records.dump_item(item).encode(), digest_size=16).digest()


def visitors_in(path: Path) -> dict[str, str]:
    """The visitors of hosted users: a CSV file with the columns `user` and `visitor`.

    Raises:
        Problem: SETTINGS_INVALID, with the line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.reader(file, strict=True)
            if [cell.strip() for cell in next(rows, [])] != ["user", "visitor"]:
                raise _wrong(Words("its first line has to be: user,visitor", "第一行应为：user,visitor"))
            found: dict[str, str] = {}
            for row in filter(None, rows):
                if len(row) != 2 or not row[1] or len(row[1]) > _LONGEST_VISITOR or found.get(row[0], row[1]) != row[1]:
                    line = rows.line_num
                    raise _wrong(Words(f"line {line} is not one user and their visitor", f"第 {line} 行不是用户与访客"))
                found[row[0]] = row[1]
            return found
    except OSError as error:
        raise _wrong(reasons.of_system(error)) from None
    except (csv.Error, UnicodeDecodeError):
        raise _wrong(Words("it is not CSV in UTF-8", "不是 UTF-8 编码的 CSV")) from None


def _wrong(reason: Words) -> Problem:
    return Problem(errors.SETTINGS_INVALID, setting="--users", source=settings.COMMAND_LINE, reason=reason)
