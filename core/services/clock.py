"""Time, passed in: durations on a monotonic clock, moments on the wall clock."""

import time
from typing import Protocol


class Clock(Protocol):
    """What the services ask of time."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that only grow; for ages and time-outs."""

    def wall_ns(self) -> int:
        """Nanoseconds since 1970 UTC; for what is written down or shown."""


class SystemClock:
    """The computer's own clocks."""

    def monotonic_ns(self) -> int:
        return time.monotonic_ns()

    def wall_ns(self) -> int:
        return time.time_ns()
