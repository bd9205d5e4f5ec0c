"""What the rooms that make, keep and log answers tell one another about runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Outcome = Literal["done", "waiting", "stopped", "failed", "interrupted"]
"""How a run ends. `waiting` is for a client tool's result, `stopped` by a person, `interrupted` by the server's end."""

RunState = Literal["running"] | Outcome


@dataclass(frozen=True)
class NewRun:
    """A run that is about to begin, as its request brings it.

    Attributes:
        id: `run_` and a uuid7.
        replica: the process that will make the answer.
        key: what the client calls this request, so that sending it again does not ask twice; None if it does not.
        digest: of the request's body; the same key with another body is a mistake.
    """

    id: str
    replica: str
    key: str | None = None
    digest: str | None = None


@dataclass(frozen=True)
class RunRecord:
    """A run as the ledger has it.

    Attributes:
        owner: the visitor's id.
        message_id: the message that it answers, where one came with it.
        stop_wanted: somebody asked another replica to stop it.
    """

    id: str
    thread_id: str
    owner: str
    replica: str
    state: RunState
    message_id: str | None = None
    digest: str | None = None
    stop_wanted: bool = False


class AlreadyAsked(Exception):
    """A request came again under its key: `record` is the run that it began the first time."""

    def __init__(self, record: RunRecord) -> None:
        super().__init__(record.id)
        self.record = record


CLOSED = -1
"""In place of a number: the run's log takes no more."""


@dataclass(frozen=True)
class Batch:
    """Frames of one run that follow one another.

    Attributes:
        after: the number of the frame that they follow.
        last: the number of the last one.
        frames: all of them, as they are sent.
    """

    run_id: str
    after: int
    last: int
    frames: bytes


@dataclass(frozen=True)
class Extract:
    """What a shared log has of a run beyond some number.

    Attributes:
        frames: as they are sent; the first may repeat what the reader has.
        last: the number of the last one.
        closed: there will be no more.
    """

    frames: bytes
    last: int
    closed: bool
