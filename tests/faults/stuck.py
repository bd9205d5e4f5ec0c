"""What a process waits for, told when it is asked with a signal: for the report of a schedule that does not end."""

from __future__ import annotations

import gc
import os
import signal
import sys
from types import AsyncGeneratorType, CoroutineType

SIGNAL = signal.SIGUSR1


def tell_when_asked() -> None:
    """From now on."""
    signal.signal(SIGNAL, lambda *_: _tell())


def _tell() -> None:
    """Say where each coroutine and each generator stands that belongs to us or to the database's driver."""
    places = sorted(filter(None, map(_place, gc.get_objects())))
    os.write(sys.stderr.fileno(), "".join(f"waits: {place}\n" for place in places).encode())


def _place(thing: object) -> str | None:
    if isinstance(thing, CoroutineType):
        frame = thing.cr_frame
    elif isinstance(thing, AsyncGeneratorType):
        frame = thing.ag_frame
    else:
        return None
    if frame is None or not any(part in frame.f_code.co_filename for part in ("teahouse", "asyncpg", "redis")):
        return None
    path = frame.f_code.co_filename.rpartition("src/")[2].rpartition("site-packages/")[2]
    return f"{path}:{frame.f_lineno} {thing.__qualname__}"
