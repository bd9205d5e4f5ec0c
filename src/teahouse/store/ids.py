"""Ids: a prefix that names the kind, and a version 7 UUID as 32 hex digits (`thr_0199…`).

Time first, so that new rows land at the end of an index; then 62 random bits, so that nobody guesses one.
The standard library has `uuid.uuid7` from Python 3.14 on; `uuid-utils` would be a compiled dependency
for these lines.
"""

from __future__ import annotations

import secrets
import threading
import time

from chatkit.store import StoreItemType

PREFIXES: dict[StoreItemType, str] = {
    "thread": "thr",
    "message": "msg",
    "tool_call": "tc",
    "workflow": "wf",
    "task": "tsk",
    "attachment": "atc",
    "sdk_hidden_context": "shcx",
}
"""The SDK's own prefixes, by kind."""

_last = 0
_lock = threading.Lock()


def new_id(prefix: str) -> str:
    """A new id such as `msg_0199c3…`; within a process, later ids sort after earlier ones."""
    return f"{prefix}_{uuid7():032x}"


def uuid7() -> int:
    """A version 7 UUID (RFC 9562) as a number.

    The 12 bits after the milliseconds count parts of a millisecond (the RFC's method 3), which makes 60
    bits that only grow, even if the clock is set back.
    """
    milliseconds, nanoseconds = divmod(time.time_ns(), 1_000_000)
    ticks = _later((milliseconds << 12) | (nanoseconds << 12) // 1_000_000)
    return (ticks >> 12) << 80 | 0x7 << 76 | (ticks & 0xFFF) << 64 | 0b10 << 62 | secrets.randbits(62)


def _later(ticks: int) -> int:
    global _last
    with _lock:
        _last = max(ticks, _last + 1)
        return _last
