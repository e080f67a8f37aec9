"""Requests a minute, counted for each account and host."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Allowance:
    """Where a caller stands after one more request."""

    limit: int
    remaining: int
    reset_at: int  # unix seconds
    is_exceeded: bool

    @property
    def headers(self) -> dict[str, str]:
        return {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_at),
        }


class RateLimit:
    """Fixed windows of a minute. `clock` gives unix seconds; a limit of 0 allows everything.

    `larger` says how many times as much some callers may ask.
    """

    _UNLIMITED = 1_000_000

    def __init__(
        self, limit: int, clock: Callable[[], float], larger: Mapping[str, int] | None = None
    ) -> None:
        self.limit, self._clock, self._larger = limit, clock, larger or {}
        self._counts: dict[str, tuple[int, int]] = {}

    def take(self, caller: str) -> Allowance:
        """Count one request."""
        minute = int(self._clock()) // 60
        counted, used = self._counts.get(caller, (minute, 0))
        used = used + 1 if counted == minute else 1
        self._counts[caller] = (minute, used)
        limit = self.limit * self._larger.get(caller, 1) or self._UNLIMITED
        return Allowance(
            limit=limit,
            remaining=max(0, limit - used),
            reset_at=(minute + 1) * 60,
            is_exceeded=bool(self.limit) and used > limit,
        )
