"""What every run log does, as tests to inherit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any

from teahouse.runs.log import Gone, RunLog

try:
    import pytest

    _MARKS = [pytest.mark.asyncio]
except ImportError:
    _MARKS = []

_SOON = 10
RUN, OTHER, THREAD = "run_1", "run_2", "thr_1"


@dataclass
class Replicas:
    """Two processes that share a log; of a log in memory both are the same.

    Attributes:
        writer: the one that makes the answers.
        reader: the one where somebody reads them.
        stopped: what the writer is told to stop.
        lost: what the writer learns that others have ended.
    """

    writer: RunLog
    reader: RunLog
    stopped: asyncio.Queue[str] = field(default_factory=asyncio.Queue)
    lost: asyncio.Queue[str] = field(default_factory=asyncio.Queue)

    async def __aenter__(self) -> Replicas:
        await self.writer.open(self.stopped.put_nowait, self.lost.put_nowait)
        if self.reader is not self.writer:
            await self.reader.open(lambda _: None, lambda _: None)
        return self

    async def __aexit__(self, *exception: object) -> None:
        for log in {self.writer, self.reader}:
            await log.shut()


class RunLogConformance:
    """Inherit from it, and give it two replicas' logs with one home, and `RUN` and `OTHER` entered as running:

        class TestMyLog(RunLogConformance):
            @pytest.fixture
            async def replicas(self):
                async with Replicas(MyLog(...), MyLog(...)) as replicas:
                    yield replicas

    With pytest-asyncio in its strict mode the fixture is a `@pytest_asyncio.fixture`.
    """

    pytestmark = _MARKS

    async def test_what_is_written_is_read_once_and_in_order(self, replicas: Replicas) -> None:
        frames = replicas.writer.begin(RUN)
        reading = await begun(read(replicas.reader, RUN))
        for number in range(300):
            frames.append(b"%d" % number)
            if number % 50 == 0:
                await asyncio.sleep(0.01)
        replicas.writer.close(RUN)
        assert await reading == expected(range(300))

    async def test_who_comes_later_reads_from_the_beginning(self, replicas: Replicas) -> None:
        frames = replicas.writer.begin(RUN)
        for number in range(5):
            frames.append(b"%d" % number)
        text = await read(replicas.reader, RUN, enough=lambda said: said.endswith(b"data: 4\n\n"))
        assert text == expected(range(5))

    async def test_who_comes_back_reads_the_rest(self, replicas: Replicas) -> None:
        frames = replicas.writer.begin(RUN)
        for number in range(3):
            frames.append(b"%d" % number)
        await read(replicas.reader, RUN, enough=lambda said: said.endswith(b"data: 2\n\n"))
        reading = await begun(read(replicas.reader, RUN, after=2))
        frames.append(b"3")
        replicas.writer.close(RUN)
        assert await reading == expected(range(2, 4))

    async def test_runs_are_kept_apart(self, replicas: Replicas) -> None:
        one, other = replicas.writer.begin(RUN), replicas.writer.begin(OTHER)
        reading = [await begun(read(replicas.reader, run)) for run in (RUN, OTHER)]
        one.append(b"0")
        other.append(b"0")
        one.append(b"1")
        # Somebody reads before it is over: a log may forget what has ended.
        await read(replicas.reader, RUN, enough=lambda said: said.endswith(b"data: 1\n\n"))
        await read(replicas.reader, OTHER, enough=lambda said: said.endswith(b"data: 0\n\n"))
        replicas.writer.close(RUN)
        replicas.writer.close(OTHER)
        assert await asyncio.gather(*reading) == [expected(range(2)), expected(range(1))]

    async def test_a_large_answer_arrives_whole(self, replicas: Replicas) -> None:
        frames = replicas.writer.begin(RUN)
        reading = await begun(read(replicas.reader, RUN))
        for _ in range(40):
            frames.append(b"x" * 50_000)
        replicas.writer.close(RUN)
        assert (await reading).count(b"x") == 40 * 50_000

    async def test_a_silence_is_told_by_an_empty_piece(self, replicas: Replicas) -> None:
        replicas.writer.begin(RUN).append(b"0")
        async with asyncio.timeout(_SOON), aclosing(follow(replicas.reader, RUN, patience=0.05)) as pieces:
            async for piece in pieces:
                if not piece:
                    return
        raise AssertionError("no silence was told")

    async def test_of_a_run_that_nobody_knows_the_reader_is_told_to_load_the_thread(self, replicas: Replicas) -> None:
        try:
            async with asyncio.timeout(_SOON), aclosing(follow(replicas.reader, "run_0", goes_on=False)) as pieces:
                async for _ in pieces:
                    pass
        except Gone:
            return
        raise AssertionError("the end of the run was told without its frames")

    async def test_news_of_a_thread_is_heard(self, replicas: Replicas) -> None:
        with replicas.reader.bells.at(THREAD) as bell:
            before = bell.rung
            replicas.writer.tell("begun", THREAD)
            assert await bell.wait(before, _SOON)


def expected(numbers: range) -> bytes:
    """The frames in which the test's data are these numbers."""
    return b"".join(b"id: %d\ndata: %d\n\n" % (number + 1, number) for number in numbers)


def follow(
    log: RunLog, run_id: str, after: int = 0, *, patience: float = 0.2, goes_on: bool = True
) -> AsyncGenerator[bytes]:
    """`RunLog.follow`, of a run that goes on or does not."""

    async def answer() -> bool:
        return goes_on

    return log.follow(run_id, after, patience=patience, goes_on=answer)


async def begun(reading: Coroutine[Any, Any, bytes]) -> asyncio.Task[bytes]:
    """A task that has taken its first step: a log may forget what has ended before anybody read."""
    task = asyncio.create_task(reading)
    await asyncio.sleep(0)
    return task


async def read(log: RunLog, run_id: str, after: int = 0, *, enough: Callable[[bytes], bool] = lambda _: False) -> bytes:
    """What is followed, until it is enough or has ended."""
    said = b""
    async with asyncio.timeout(_SOON), aclosing(follow(log, run_id, after)) as pieces:
        async for piece in pieces:
            said += piece
            if enough(said):
                break
    return said
