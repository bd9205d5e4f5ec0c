"""What happens when: a random schedule that a seed makes, the same one each time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Literal

from .agent import question

Log = Literal["memory", "database", "redis"]
LOGS: tuple[Log, ...] = ("memory", "database", "redis")

SECONDS = 3.0
"""In which everything begins; what has begun may take longer."""
VISITORS = ("alice", "bob")

_LONG_FREEZE = 1.4
"""In leases: longer than one, so that the replica is dead to the others."""

# How likely each is, beside the others.
_DOINGS = {"drop": 4, "reload": 3, "open a tab": 3, "close a tab": 1, "stop": 2, "ask": 3, "ask elsewhere": 1}
_REPLICA = {"kill": 3, "terminate": 2, "freeze": 2}
_WIRE = {"delay": 2, "split": 2, "cut": 2, "swallow": 1}
_SERVER = {"restart": 2, "cut power": 2, "freeze": 1}


@dataclass(frozen=True)
class Step:
    """One thing that happens.

    Attributes:
        at: seconds after the beginning.
        what: is done,
        where: and to or by whom.
        lasts: seconds after which it is made good again, for faults.
        text: what is said, if something is.
    """

    at: float
    what: str
    where: str
    lasts: float = 0
    text: str = ""

    def __str__(self) -> str:
        lasting = f", for {self.lasts:.2f} s" if self.lasts else ""
        return f"{self.at:5.2f}  {self.where}: {self.what}{lasting}{self.text and ' ' + repr(self.text)}"


@dataclass(frozen=True)
class Schedule:
    """All of it, in order."""

    seed: int
    log: Log
    steps: tuple[Step, ...] = field(repr=False)

    def __str__(self) -> str:
        return "\n".join([f"seed {self.seed} on {self.log}", *(f"  {step}" for step in self.steps)])


def schedule(seed: int, log: Log, *, lease: float) -> Schedule:
    """The schedule of a seed.

    Args:
        seed: any number.
        log: the run log that it is for; each has parts of its own that can break.
        lease: seconds after which a silent replica is dead to the others.
    """
    chance = Random(f"{seed} {log}")
    steps = [*_doings(chance, seed), *_faults(chance, log, lease)]
    return Schedule(seed, log, tuple(sorted(steps, key=lambda step: step.at)))


def _doings(chance: Random, seed: int) -> Iterator[Step]:
    """What people do: each says something first."""
    for visitor in VISITORS:
        asked = 0
        yield Step(chance.uniform(0, 0.5), "ask", visitor, text=_text(chance, f"{visitor} {seed}.{asked}"))
        for _ in range(chance.randint(3, 6)):
            what = _pick(chance, _DOINGS)
            asked += what.startswith("ask")
            text = _text(chance, f"{visitor} {seed}.{asked}") if what.startswith("ask") else ""
            yield Step(chance.uniform(0.5, SECONDS), what, visitor, text=text)


def _text(chance: Random, name: str) -> str:
    pace = chance.choice((2, 20, 40))
    seconds = chance.uniform(0.3, 2.0)
    messages = chance.choice((1, 1, 2))
    words = max(2, min(60, int(seconds * 1000 / pace / messages)))
    return question(name, messages=messages, words=words, pace=pace)


def _faults(chance: Random, log: Log, lease: float) -> Iterator[Step]:
    targets = _targets(log)
    for _ in range(chance.randint(2, 4)):
        where = _pick(chance, {name: weight for name, (weight, _) in targets.items()})
        what = _pick(chance, targets[where][1])
        yield Step(chance.uniform(0.3, SECONDS), what, where, lasts=_lasting(chance, what, where, lease))


def _targets(log: Log) -> Mapping[str, tuple[int, Mapping[str, int]]]:
    """What can break with a run log: how likely, beside the others, and in which ways."""
    replicas = (1,) if log == "memory" else (1, 2)
    targets: dict[str, tuple[int, Mapping[str, int]]] = {}
    for number in replicas:
        targets[f"replica {number}"] = (4, _REPLICA)
        targets[f"wire nginx-replica {number}"] = (2, _WIRE)
        if log != "memory":
            targets[f"wire replica {number}-postgres"] = (1, _WIRE)
        if log == "redis":
            targets[f"wire replica {number}-redis"] = (1, _WIRE)
    if log != "memory":
        targets["postgres"] = (3, _SERVER)
    if log == "redis":
        # In order or not, a Redis that ends forgets what it knew.
        targets["redis"] = (4, {"cut power": 3, "freeze": 1})
    return targets


def _lasting(chance: Random, what: str, where: str, lease: float) -> float:
    if what == "cut":
        return 0
    if (what == "freeze" and where.startswith("replica")) or what == "swallow":
        # Half of them outlast the lease: who was silent so long comes back from the dead.
        return chance.choice((chance.uniform(0.1, 0.5), lease * _LONG_FREEZE))
    return chance.uniform(0.1, 1.0)


def _pick(chance: Random, weights: Mapping[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
