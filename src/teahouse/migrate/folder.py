"""An export on disk: plain JSON Lines, one file a thread.

    export.json                 what was exported, from where and when
    threads/3f/cthr_….jsonl     the thread, then its items from the oldest on, then a seal

Each line but the seal is what OpenAI's API gave, unchanged. The seal counts and hashes the lines before it; a
file without one is not finished. A thread is written beside its place and moved there when it is whole, so that
a process can be killed at any time: what was begun goes on with the next item.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, TypeVar

from teahouse import errors, reasons
from teahouse.errors import Problem, Words

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

Json = dict[str, Any]
Result = TypeVar("Result")

FORMAT = 1
_SEAL = "teahouse.seal"
_LONGEST_SEAL = 300
_SAFE = re.compile(r"[A-Za-z0-9_-]{1,100}")

README = """This folder was written by `teahouse migrate threads --export`. 本目录由该命令写入。

It holds the conversations of a hosted ChatKit, as OpenAI's API gave them, as JSON Lines: one file a thread; its
first line is the thread, then come its items from the oldest on, and the last line counts and hashes them.
They are people's private messages: keep them accordingly.

其中是托管 ChatKit 的对话，与 OpenAI 接口给出的内容一致，格式为 JSON Lines：每个线程一个文件，第一行是线程，
随后是从旧到新的条目，最后一行是数量与校验值。这些是用户的私人对话，请妥善保管。

    teahouse migrate threads --import FOLDER
"""


@dataclass(frozen=True)
class Seal:
    """The last line of a finished file.

    Attributes:
        turn: in which export it was read; 1 for the first.
        items: how many there are.
        sha256: of all bytes before it.
    """

    turn: int
    items: int
    sha256: str


@dataclass
class State:
    """`export.json`."""

    base_url: str
    users: list[str] | None
    started_at: str
    turn: int = 1
    finished_at: str | None = None
    threads: int = 0
    items: int = 0
    format: int = FORMAT
    brought_at: str | None = None
    """When all of it was last brought into a store; None when something of it has not been."""
    gone: list[str] = field(default_factory=list)
    """Threads that were listed and could not be read any more: somebody deleted them meanwhile."""


class Folder:
    """An export's folder.

    Raises (all methods):
        Problem: EXPORT_UNUSABLE with the reason.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None

    # The whole -------------------------------------------------------------------------------------------

    def open(self) -> None:
        """Make the folder, for this user alone, and keep other exports out of it."""
        with self._told():
            (self.path / "threads").mkdir(parents=True, exist_ok=True, mode=0o700)
            readme = self.path / "README.txt"
            if not readme.exists():
                readme.write_text(README, encoding="utf-8")
            self._lock = (self.path / ".lock").open("w")
            if fcntl is not None:
                try:
                    fcntl.flock(self._lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    self.close()
                    raise self._unusable(Words("another export writes to it", "另一个导出正在写入")) from None

    def expect(self) -> None:
        """Return if this is an export, finished or not."""
        if self.state() is None:
            raise self._unusable(Words("there is no export in it", "其中没有导出"))

    def close(self) -> None:
        """Let others in."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None

    def state(self) -> State | None:
        """What `export.json` says; None when there is none."""
        path = self.path / "export.json"
        with self._told():
            if not path.exists():
                return None
            try:
                content = json.loads(path.read_text(encoding="utf-8"))
                if content["format"] != FORMAT:
                    raise self._unusable(Words("a newer Teahouse wrote it", "由更新版本的 Teahouse 写入"))
                return State(**content)
            except (ValueError, TypeError, KeyError, RecursionError):
                raise self._unusable(Words("its export.json cannot be read", "export.json 无法读取")) from None

    def save(self, state: State) -> None:
        """Write `export.json`, wholly or not at all."""
        self.write("export.json", json.dumps(vars(state), ensure_ascii=False, indent=2) + "\n")

    def note_brought(self) -> None:
        """Keep that all of this export was brought into a store."""
        state = self.state()
        if state is not None:
            state.brought_at = datetime.now(UTC).isoformat()
            self.save(state)

    def write(self, name: str, text: str) -> None:
        """Write a file beside the threads, wholly or not at all."""
        draft = self.path / f".{name}.part"
        with self._told():
            with draft.open("w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            draft.replace(self.path / name)

    # Threads ---------------------------------------------------------------------------------------------

    def files(self) -> Iterator[Path]:
        """The finished files, in a stable order."""
        with self._told():
            for shelf in sorted((self.path / "threads").iterdir()):
                if shelf.is_dir():
                    yield from sorted(shelf.glob("*.jsonl"))

    def place(self, thread_id: str) -> Path:
        """Where a thread's file is or will be, whatever its id says."""
        digest = hashlib.sha256(thread_id.encode("utf-8", "surrogatepass")).hexdigest()
        name = thread_id if _SAFE.fullmatch(thread_id) else digest
        return self.path / "threads" / digest[:2] / f"{name}.jsonl"

    def seal_of(self, thread_id: str) -> Seal | None:
        """The seal of a thread's file; None when it is not finished, or not there."""
        with self._told():
            return _seal_in(self.place(thread_id))

    def draft(self, thread: Json) -> Draft:
        """The file of a thread in the making, with what an earlier process has already written of it."""
        with self._told():
            return Draft(self.place(thread["id"]), thread)

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise self.unusable(error) from None

    def unusable(self, error: OSError) -> Problem:
        """What to tell people of a disk that refuses."""
        return self._unusable(reasons.of_system(error))

    def _unusable(self, reason: Words) -> Problem:
        return Problem(errors.EXPORT_UNUSABLE, path=self.path, reason=reason)


class Draft:
    """A thread's file while it is written.

    Attributes:
        last: the id of the last item that is there already; None when there is none.
        items: how many are there.
    """

    def __init__(self, place: Path, thread: Json) -> None:
        self._place = place
        self._path = place.with_suffix(".part")
        self._hash = hashlib.sha256()
        self.items = 0
        self.last: str | None = None
        place.parent.mkdir(exist_ok=True, mode=0o700)
        whole = self._take_up(thread)
        with os.fdopen(os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600), "r+b") as file:
            file.truncate(whole)
        if whole == 0:
            self._write([thread])

    def _take_up(self, thread: Json) -> int:
        """Read the whole lines of an earlier process; how many bytes they are. Of another state of the thread: 0."""
        if not self._path.exists():
            return 0
        whole = 0
        with self._path.open("rb") as file:
            if file.readline() != line_of(thread):
                return 0
            file.seek(0)
            for number, line in enumerate(file):
                item = _parsed(line)
                if item is None:
                    break
                whole += len(line)
                self._hash.update(line)
                if number:
                    self.items += 1
                    self.last = item["id"]
        return whole

    def add(self, items: Sequence[Json]) -> None:
        """Write more items."""
        self._write(items)
        self.items += len(items)

    def finish(self, turn: int) -> None:
        """Seal the file and put it in its place; what was there before is replaced."""
        self._write([{"object": _SEAL, "turn": turn, "items": self.items, "sha256": self._hash.hexdigest()}])
        self._path.replace(self._place)

    def discard(self) -> None:
        """Remove it: the thread is gone."""
        self._path.unlink()

    def _write(self, things: Iterable[Json]) -> None:
        lines = b"".join(line_of(thing) for thing in things)
        self._hash.update(lines)
        with self._path.open("ab") as file:
            file.write(lines)


class Reading:
    """One thread's file, read line by line; a thread may be larger than memory.

        reading = Reading(path)
        for item in reading.items(): ...

    Attributes:
        thread: the first line; None when it is not a thread.
        is_whole: after `items`, whether the seal is there and true.
        sha256: after `items`, of all lines before the seal.
        broken: after `items`, how many lines are none.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_whole = False
        self.sha256 = ""
        self.broken = 0
        self._seal = _seal_in(path)
        with path.open("rb") as file:
            first = _parsed(file.readline())
        self.thread = first if first is not None and first.get("object") == "chatkit.thread" else None

    @property
    def is_sealed(self) -> bool:
        """Whether there is a seal, true or not."""
        return self._seal is not None

    @property
    def sealed_items(self) -> int:
        """How many items the seal speaks of."""
        return self._seal.items if self._seal else 0

    @property
    def sealed_sha256(self) -> str | None:
        """The hash that the seal holds."""
        return self._seal.sha256 if self._seal else None

    def items(self) -> Iterator[Json]:
        """The items, oldest first. Lines that are none are counted in `broken`."""
        digest, count, seal = hashlib.sha256(), 0, None
        with self.path.open("rb") as file:
            digest.update(file.readline())
            for line in file:
                thing = _parsed(line)
                if thing is not None and thing.get("object") == _SEAL:
                    seal = thing
                    break
                digest.update(line)
                count += 1
                if thing is None:
                    self.broken += 1
                else:
                    yield thing
        self.sha256 = digest.hexdigest()
        self.is_whole = seal is not None and (seal.get("items"), seal.get("sha256")) == (count, self.sha256)


def line_of(thing: Json) -> bytes:
    """A thing as the line that is written and hashed."""
    # With escapes: half a surrogate pair, which is no Unicode, is JSON all the same.
    return json.dumps(thing, separators=(",", ":")).encode() + b"\n"


def _parsed(line: bytes) -> Json | None:
    if not line.endswith(b"\n"):
        return None
    try:
        thing = json.loads(line)
    except (ValueError, RecursionError):
        return None
    is_thing = isinstance(thing, dict) and (isinstance(thing.get("id"), str) or thing.get("object") == _SEAL)
    return thing if is_thing else None


def _seal_in(path: Path) -> Seal | None:
    """The seal of the file at `path`. Only its end is read: whether it is true is for `Reading`."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_SEAL))
            last = file.read().splitlines(keepends=True)[-1:]
    except FileNotFoundError:
        return None
    seal = _parsed(last[0]) if last else None
    if seal is None or seal.get("object") != _SEAL:
        return None
    turn, items, digest = seal.get("turn"), seal.get("items"), seal.get("sha256")
    if not (isinstance(turn, int) and isinstance(items, int) and isinstance(digest, str)):
        return None
    return Seal(turn, items, digest)


async def in_thread(work: Callable[..., Result], *arguments: object) -> Result:
    """What `work` returns. When we are cancelled it is waited for: nobody else may find its file half written."""
    task = asyncio.ensure_future(asyncio.to_thread(work, *arguments))
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
