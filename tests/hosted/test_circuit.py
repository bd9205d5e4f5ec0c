from __future__ import annotations

from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from teahouse.hosted.circuit import Circuit


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def opened() -> tuple[Circuit, Clock]:
    clock = Clock()
    circuit = Circuit(clock, lambda: 0.0)
    for _ in range(5):
        assert circuit.admit() == 0
        circuit.failed()
    return circuit, clock


def test_it_opens_after_five_failures_in_a_row() -> None:
    circuit = Circuit(Clock(), lambda: 0.0)
    for outcome in (circuit.failed, circuit.failed, circuit.failed, circuit.failed, circuit.succeeded) * 2:
        assert circuit.admit() == 0
        outcome()
    circuit, _ = opened()
    assert circuit.admit() == 5


def test_one_tries_and_the_others_wait() -> None:
    circuit, clock = opened()
    clock.now += 5
    assert circuit.admit() == 0
    assert circuit.admit() == 1
    circuit.succeeded()
    assert circuit.admit() == 0


def test_it_rests_longer_after_a_probe_that_failed_up_to_a_minute() -> None:
    circuit, clock = opened()
    for rest in (10, 20, 40, 60, 60):
        clock.now += 60
        assert circuit.admit() == 0
        assert circuit.failed()
        assert circuit.admit() == rest


def test_a_probe_that_nobody_waits_for_leaves_room_for_another() -> None:
    circuit, clock = opened()
    clock.now += 5
    assert circuit.admit() == 0
    circuit.gave_up()
    assert circuit.admit() == 0


class AnyOrder(RuleBasedStateMachine):
    """Whatever happens in whatever order, it is asked again in the end."""

    def __init__(self) -> None:
        super().__init__()
        self.clock = Clock()
        self.circuit = Circuit(self.clock, lambda: 0.5)
        self.asking = 0

    @rule()
    def ask(self) -> None:
        self.asking += self.circuit.admit() == 0

    @precondition(lambda self: self.asking)
    @rule()
    def succeed(self) -> None:
        self.asking -= 1
        self.circuit.succeeded()
        assert self.circuit.admit() == 0
        self.circuit.gave_up()

    @precondition(lambda self: self.asking)
    @rule()
    def fail(self) -> None:
        self.asking -= 1
        self.circuit.failed()

    @precondition(lambda self: self.asking)
    @rule()
    def give_up(self) -> None:
        self.asking -= 1
        self.circuit.gave_up()

    @rule()
    def wait(self) -> None:
        self.clock.now += 61

    @invariant()
    def it_never_rests_longer_than_a_minute(self) -> None:
        wait = self.circuit.admit()
        assert 0 <= wait <= 60
        if wait == 0:
            self.circuit.gave_up()

    def teardown(self) -> None:
        for _ in range(self.asking):
            self.circuit.gave_up()
        self.clock.now += 61
        assert self.circuit.admit() == 0


TestAnyOrder = AnyOrder.TestCase
TestAnyOrder.settings = settings(max_examples=30, stateful_step_count=25)
