"""The run log: where the frames of running answers are written, and read by this process and by others.

Three homes: this process's memory; a table of PostgreSQL, so that several replicas need nothing but the
database; a stream of Redis or Valkey for each run. A run's own process always reads from memory.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import aclosing
from typing import Protocol

from teahouse.runs.frames import Bells, Frames


class Gone(Exception):
    """Frames that a reader still needs are not there any more: it has to load the thread anew."""


class RunLog(Protocol):
    """Where frames are written and read.

    Attributes:
        bells: ring for the id of a run or thread of which there is news, also from other replicas.
    """

    bells: Bells

    async def open(self, stop: Callable[[str], None], lost: Callable[[str], None]) -> None:
        """Begin to ship and to hear.

        Args:
            stop: called with a run's id when somebody at another replica wants it stopped.
            lost: called with the id of a run of ours that another replica has ended, because we looked dead.
        """

    async def shut(self) -> None:
        """End, once others can read what was written, or it cannot be helped."""

    def begin(self, run_id: str) -> Frames:
        """Where a run of ours writes."""

    def close(self, run_id: str) -> None:
        """No more comes of a run, and what came is soon forgotten. A writer elsewhere is refused from now on."""

    async def frames(self, run_id: str) -> bytes:
        """All that is there of a run of another replica, as far as it goes without a gap."""

    def follow(
        self, run_id: str, after: int, *, patience: float, goes_on: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[bytes]:
        """The frames of a run, whoever makes it, as `Frames.follow` gives those of our own.

        Args:
            run_id: which.
            after: number of the last frame that the reader has.
            patience: seconds of silence after which an empty piece is given.
            goes_on: whether the run has not ended; asked when nothing comes.

        Raises:
            Gone: in place of frames that are not there any more.
        """

    def tell(self, kind: str, name: str) -> None:
        """Let every replica know of something: `begun` or `ended` and a thread or run, `stop` and a run."""


class MemoryLog:
    """One process alone: what it writes, it reads from its own memory, and of others it knows nothing."""

    def __init__(self) -> None:
        self.bells = Bells()
        self._ours: dict[str, Frames] = {}

    async def open(self, stop: Callable[[str], None], lost: Callable[[str], None]) -> None:
        """See `RunLog.open`."""

    async def shut(self) -> None:
        """See `RunLog.shut`."""

    def begin(self, run_id: str) -> Frames:
        """See `RunLog.begin`."""
        frames = self._ours[run_id] = Frames()
        return frames

    def close(self, run_id: str) -> None:
        """See `RunLog.close`."""
        if (frames := self._ours.pop(run_id, None)) is not None:
            frames.close()

    async def frames(self, run_id: str) -> bytes:
        """See `RunLog.frames`: what another process wrote is gone with it."""
        return b""

    async def follow(
        self, run_id: str, after: int, *, patience: float, goes_on: Callable[[], Awaitable[bool]]
    ) -> AsyncGenerator[bytes]:
        """See `RunLog.follow`: of another process's run only its end is seen, in the ledger."""
        if (frames := self._ours.get(run_id)) is not None:
            async with aclosing(frames.follow(after, patience=patience)) as pieces:
                async for piece in pieces:
                    yield piece
            return
        with self.bells.at(run_id) as bell:
            while await goes_on():
                await bell.wait(bell.rung, patience)
                yield b""
        raise Gone

    def tell(self, kind: str, name: str) -> None:
        """See `RunLog.tell`."""
        self.bells.ring(name)
