"""Where the engine's time comes from."""

import time
from typing import Protocol

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
MILLISECOND = 1_000_000
MICROSECOND = 1_000


class Clock(Protocol):
    """Simulated time, in nanoseconds since the epoch (UTC); never goes backwards."""

    def now(self) -> int:
        """Return the simulated instant."""
        ...


class WallClock:
    """Wall-clock time, optionally running faster from the moment of construction on.

    The pace comes from the monotonic clock, so that a change of the system time cannot turn a day back.
    """

    def __init__(self, speed: float = 1.0) -> None:
        self._start, self._origin, self.speed = time.time_ns(), time.monotonic_ns(), speed

    def now(self) -> int:
        return self._start + int((time.monotonic_ns() - self._origin) * self.speed)


class SteppedClock:
    """Time that moves only when told to; for tests and recorded days."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        return self._now

    def advance(self, nanoseconds: int) -> None:
        """Move time forward."""
        if nanoseconds < 0:
            raise ValueError("time does not go backwards")
        self._now += nanoseconds
