"""Record the scenarios with the unmodified reference server of openai-chatkit.

`python -m tests.contract.record` writes the files; with `--check` it writes nothing, names each file that
would change, and exits with 1.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import sys
from pathlib import Path
from typing import Any

from chatkit.server import StreamingResult

from .conversation import Answered, Conversation, Json, Streamed, canonical
from .memory import MemoryAttachments, MemoryStore
from .scenarios import SCENARIOS, Scenario

HERE = Path(__file__).parent
LINE_LENGTH = 140


class ReferenceTransport:
    """Calls a `ChatKitServer` in process, without any web framework around it."""

    def __init__(self, server: Scenario) -> None:
        self._server = server

    async def __call__(self, request: Json, *, stop: asyncio.Event | None) -> Streamed | Answered:
        result = await self._server.process(json.dumps(request), context=None)
        if not isinstance(result, StreamingResult):
            return Answered(json.loads(result.json))
        if stop is None:
            return Streamed([_event(frame) async for frame in result])
        return Streamed(await self._stopped(result, stop))

    async def _stopped(self, result: StreamingResult, stop: asyncio.Event) -> list[Json]:
        """Read until `stop`, then do what a web server does when its client goes away: cancel the reader."""
        events: list[Json] = []

        async def read() -> None:
            async for frame in result:
                events.append(_event(frame))

        reader = asyncio.create_task(read())
        async with asyncio.timeout(10):
            await stop.wait()
        reader.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await reader
        return events


async def record(kind: type[Scenario]) -> Json:
    """Hold one scenario's conversation with the reference and return the recording."""
    server = kind(MemoryStore(), MemoryAttachments())
    chat = Conversation(ReferenceTransport(server))
    await server.converse(chat)
    thread_after = await chat.thread_after() if chat.thread_id else None
    recording = {
        "name": kind.name(),
        "description": kind.description(),
        "requests": chat.exchanges,
        "thread_after": thread_after,
    }
    return canonical(recording)


async def render_all() -> dict[Path, str]:
    """Return each recording's file and its text."""
    recordings = [await record(scenario) for scenario in SCENARIOS]
    return {HERE / f"{recording['name']}.json": _text(recording) for recording in recordings}


def outdated(rendered: dict[Path, str]) -> list[str]:
    """Name the files that are missing, different or without a scenario."""
    on_disk = {path: path.read_text(encoding="utf-8") for path in HERE.glob("*.json")}
    paths = rendered.keys() | on_disk.keys()
    return sorted(path.name for path in paths if rendered.get(path) != on_disk.get(path))


def main(arguments: list[str]) -> int:
    """Write the recordings, or check them."""
    # The reference logs the exceptions that some scenarios raise on purpose.
    logging.getLogger("chatkit").setLevel(logging.CRITICAL)
    rendered = asyncio.run(render_all())
    changed = outdated(rendered)
    if "--check" in arguments:
        sys.stdout.write("".join(f"{name} would change\n" for name in changed))
        return 1 if changed else 0
    for path in HERE.glob("*.json"):
        path.unlink()
    for path, text in rendered.items():
        path.write_text(text, encoding="utf-8")
    sys.stdout.write(f"{len(rendered)} recordings, {len(changed)} changed\n")
    return 0


def _event(frame: bytes) -> Json:
    event: Json = json.loads(frame.removeprefix(b"data: "))
    return event


def _text(recording: Json) -> str:
    return _pretty(recording) + "\n"


def _pretty(value: Any, indent: str = "") -> str:
    """Write JSON with one line for whatever fits on it, so that a stream reads as a list of events."""
    line = json.dumps(value, ensure_ascii=False)
    if not isinstance(value, dict | list) or len(indent) + len(line) <= LINE_LENGTH:
        return line
    inner = indent + "  "
    if isinstance(value, list):
        brackets, entries = "[]", [_pretty(entry, inner) for entry in value]
    else:
        brackets, entries = "{}", [f'"{key}": {_pretty(entry, inner)}' for key, entry in value.items()]
    body = ",\n".join(inner + entry for entry in entries)
    return f"{brackets[0]}\n{body}\n{indent}{brackets[1]}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
