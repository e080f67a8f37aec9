"""How many exchanges are allowed: per address and in all, in any 60 seconds."""

import time
from collections import deque
from collections.abc import Callable
from typing import Protocol

WINDOW_S = 60.0


class Limiter(Protocol):
    """Decides about one exchange. Replicas may share one; it is asynchronous so that it can ask elsewhere."""

    async def wait_s(self, address: str) -> float:
        """Count an exchange from `address` and return 0, or count nothing and return the seconds to wait."""
        ...


class MemoryLimiter:
    """A sliding window in this process: exact, and as small as the number of exchanges it admitted."""

    def __init__(
        self, per_address: int, in_all: int, monotonic_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._per_address, self._in_all, self._now = per_address, in_all, monotonic_s
        self._admitted: deque[tuple[float, str]] = deque()
        self._of: dict[str, deque[float]] = {}

    async def wait_s(self, address: str) -> float:
        """Count an exchange from `address` and return 0, or count nothing and return the seconds to wait."""
        now = self._now()
        self._forget_before(now - WINDOW_S)
        own = self._of.get(address)
        if own is not None and len(own) >= self._per_address:
            return own[0] + WINDOW_S - now
        if len(self._admitted) >= self._in_all:
            return self._admitted[0][0] + WINDOW_S - now
        self._admitted.append((now, address))
        self._of.setdefault(address, deque()).append(now)
        return 0.0

    def _forget_before(self, moment: float) -> None:
        while self._admitted and self._admitted[0][0] <= moment:
            _, address = self._admitted.popleft()
            own = self._of[address]
            own.popleft()
            if not own:
                del self._of[address]
