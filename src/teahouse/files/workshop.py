"""Where files are opened: each in a process of its own, a few at a time, none for long.

Whoever sends a file chooses what a parser has to swallow. A thread that hangs or eats the memory takes the
server with it; a process does not, and `reader` bounds its own memory and processor time as well.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from teahouse import logs

log = logs.get(__name__)

_READER = Path(__file__).with_name("reader.py")
_AT_ONCE = 2
_SECONDS = 20.0
_PATIENCE = 120.0  # seconds, for one's turn as well
_LONGEST_ANSWER = 8 * 1024**2


@dataclass(frozen=True)
class Finding:
    """What a file is.

    Attributes:
        kind: `image`, `pdf`, `docx`, `xlsx`, `html`, `csv`, `markdown`, `json` or `text`.
        mime_type: of the bytes, whatever was declared.
        size: bytes.
    """

    kind: str
    mime_type: str
    size: int


@dataclass(frozen=True)
class Reading:
    """What a file says, as far as `limit` characters allow; `cut` if that is not all."""

    text: str
    cut: bool


class Refusal(Exception):
    """A file that is not taken; the message is `reader`'s word for why, or `too_slow`."""


class Workshop:
    """Opens files of unknown origin."""

    def __init__(self, *, seconds: float = _SECONDS) -> None:
        self._places = asyncio.Semaphore(_AT_ONCE)
        self._seconds = seconds

    async def inspect(self, path: Path, name: str, pictures: Path) -> Finding:
        """What the file at `path` is. Of an image, a `preview` and maybe one for the `model` are put into `pictures`.

        Raises:
            Refusal: it is nothing that is taken.
        """
        found = await self._ask("inspect", str(path), name, str(pictures))
        return Finding(found["kind"], found["mime"], (await asyncio.to_thread(path.stat)).st_size)

    async def read(self, path: Path, kind: str, limit: int) -> Reading:
        """The text of the file at `path`, `limit` characters at most.

        Raises:
            Refusal: it has none that can be read.
        """
        found = await self._ask("text", str(path), kind, str(limit))
        return Reading(found["text"], found["cut"])

    async def _ask(self, *arguments: str) -> dict[str, Any]:
        try:
            async with asyncio.timeout(_PATIENCE), self._places:
                answer = await self._run(*arguments)
        except TimeoutError:
            raise Refusal("too_slow") from None
        if "refused" in answer:
            raise Refusal(answer["refused"])
        return answer

    async def _run(self, *arguments: str) -> dict[str, Any]:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", str(_READER), *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env={name: value for name, value in os.environ.items() if name in _NEEDED}, limit=_LONGEST_ANSWER,
        )  # fmt: skip
        try:
            async with asyncio.timeout(self._seconds):
                out, err = await process.communicate()
        finally:
            with suppress(ProcessLookupError):
                process.kill()
            await process.wait()
        try:
            answer: dict[str, Any] = json.loads(out)
        except ValueError:
            # Killed by its own limits, or by a library that crashed: the file is to blame.
            log.warning("file reader failed", status=process.returncode, reason=err[-300:].decode("utf-8", "replace"))
            return {"refused": "too_large_inside" if process.returncode else "damaged"}
        return answer


# What Python and its libraries need to start; the server's keys are not among it.
_NEEDED = {"LD_LIBRARY_PATH", "SYSTEMROOT", "TMPDIR", "TEMP", "LANG", "LC_ALL"}
