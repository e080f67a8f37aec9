"""What the engine has promised itself to do later."""

import heapq
from collections.abc import Callable

Action = Callable[[int], None]


class Agenda:
    """Actions in order of time, and of entry where the time is the same."""

    def __init__(self) -> None:
        self._heap: list[tuple[int, int, Action]] = []
        self._entries = 0

    def put(self, at: int, action: Action) -> None:
        """Do `action` at that instant; it is called with the instant."""
        self._entries += 1
        heapq.heappush(self._heap, (at, self._entries, action))

    def next_at(self) -> int | None:
        """When the next action is due."""
        return self._heap[0][0] if self._heap else None

    def take(self) -> tuple[int, Action]:
        """Remove and return the next action with its time."""
        at, _, action = heapq.heappop(self._heap)
        return at, action
