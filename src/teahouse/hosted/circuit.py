"""A circuit that opens: what fails again and again is left alone for a while, and then asked by one."""

from __future__ import annotations

import math
from collections.abc import Callable

_FAILURES = 5
"""Failures in a row that open it."""
_REST = 5.0
"""Seconds for which it is open at first; twice as long after each probe that fails."""
_LONGEST_REST = 60.0


class Circuit:
    """Whether to ask a service that fails. Knows no network.

        circuit.admit()              # each attempt
        circuit.succeeded()          # or failed(), or gave_up(): exactly one for each that was admitted

    Args:
        clock: seconds that never go back.
        chance: gives 0 to 1; shortens each rest by up to a fifth, so that many servers do not come back at once.
    """

    def __init__(self, clock: Callable[[], float], chance: Callable[[], float]) -> None:
        self._clock = clock
        self._chance = chance
        self._failures = 0
        self._rest = _REST
        self._rests_until: float | None = None
        self._is_probed = False

    def admit(self) -> float:
        """Seconds to leave the service alone; 0 when it may be asked, which then counts as asking."""
        if self._rests_until is None:
            return 0
        left = self._rests_until - self._clock()
        if left > 0 or self._is_probed:
            return max(1.0, math.ceil(left))
        self._is_probed = True
        return 0

    def succeeded(self) -> None:
        """It answered; that the answer was a refusal does not matter."""
        self._failures, self._rest = 0, _REST
        self._rests_until, self._is_probed = None, False

    def failed(self) -> bool:
        """It did not. Says whether that has opened the circuit."""
        self._failures += 1
        if self._is_probed:
            self._rest = min(_LONGEST_REST, self._rest * 2)
        elif self._failures < _FAILURES or self._rests_until is not None:
            return False  # others that were admitted before it opened fail now
        self._rests_until = self._clock() + self._rest * (1 - self._chance() / 5)
        self._is_probed = False
        return True

    def gave_up(self) -> None:
        """Nobody waits for the answer any more: neither good nor bad."""
        self._is_probed = False
