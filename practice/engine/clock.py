"""Where the engine's time comes from."""

import time
from typing import Protocol

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
MILLISECOND = 1_000_000
MICROSECOND = 1_000
FASTEST = 3600


class Clock(Protocol):
    """Simulated time, in nanoseconds since the epoch (UTC); never goes backwards."""

    def now(self) -> int:
        """Return the simulated instant."""
        ...


class WallClock:
    """Time that passes by itself: at the wall clock's pace or faster, paused, or a step at a time.

    The pace comes from the monotonic clock, so that a change of the system time cannot turn a day back.
    Belongs to one thread.
    """

    def __init__(self, speed: float = 1.0, start: int | None = None, *, paused: bool = False) -> None:
        """Begin at `start`, by default now, running `speed` times as fast as the wall clock."""
        self._begun, self._origin = time.time_ns() if start is None else start, time.monotonic_ns()
        self._speed, self.is_paused = _checked(speed), paused

    @property
    def speed(self) -> float:
        """How many seconds pass here in one outside, while the clock is not paused."""
        return self._speed

    def now(self) -> int:
        if self.is_paused:
            return self._begun
        return self._begun + int((time.monotonic_ns() - self._origin) * self._speed)

    def _settle(self) -> None:
        """Begin anew from this instant, so that what changes next concerns the future only."""
        self._begun, self._origin = self.now(), time.monotonic_ns()

    def pause(self) -> None:
        """Stand still; more than once is fine."""
        self._settle()
        self.is_paused = True

    def resume(self) -> None:
        """Go on from where the clock stands, at its speed."""
        self._settle()
        self.is_paused = False

    def run_at(self, speed: float) -> None:
        """Change the speed from now on; raise `ValueError` for one that is not within (0, 3600]."""
        speed = _checked(speed)
        self._settle()
        self._speed = speed

    def step(self, nanoseconds: int) -> None:
        """Jump ahead, paused or not; raise `ValueError` for a step back."""
        if nanoseconds < 0:
            raise ValueError("time does not go backwards")
        self._settle()
        self._begun += nanoseconds


def _checked(speed: float) -> float:
    if not 0 < speed <= FASTEST:  # also refuses what is no number
        raise ValueError(f"a speed lies between 0 and {FASTEST}")
    return speed


class SteppedClock:
    """Time that moves only when told to; for tests."""

    def __init__(self, start: int) -> None:
        self._now = start

    def now(self) -> int:
        return self._now

    def advance(self, nanoseconds: int) -> None:
        """Move time forward."""
        if nanoseconds < 0:
            raise ValueError("time does not go backwards")
        self._now += nanoseconds
