"""Time, passed in: ages and deadlines, the work of a moment, and the wall clock."""

import time
from typing import Protocol

from core.clock import SleepWatch, continuous_ns, running_ns


class Clock(Protocol):
    """What the services ask of time."""

    def monotonic_ns(self) -> int:
        """Nanoseconds that only grow, also while the computer sleeps; for every age, limit and deadline."""

    def running_ns(self) -> int:
        """Nanoseconds of a stopwatch, for the stages of one piece of work; stands still during a sleep.

        Cheaper, and not to be compared with `monotonic_ns`.
        """

    def wall_ns(self) -> int:
        """Nanoseconds since 1970 UTC; for what is written down or shown."""


class SystemClock:
    """The computer's own clocks (`core.clock`)."""

    def __init__(self) -> None:
        # Held as they are: a method around each would cost more than the clock.
        self.monotonic_ns, self.running_ns, self.wall_ns = continuous_ns, running_ns, time.time_ns


def sleep_watch(clock: Clock) -> SleepWatch:
    """What tells of a sleep by these clocks; one for each that looks."""
    return SleepWatch(clock.monotonic_ns, clock.running_ns, clock.wall_ns)
