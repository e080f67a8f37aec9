"""The events of an account that are kept, so that a reader can have them again from any of them on."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

_MOST_BYTES = 32_000_000


@dataclass(frozen=True, slots=True)
class Event:
    """One event as it was at its time."""

    number: int
    id: str  # a ULID
    at: int
    frame: bytes


class EventLog:
    """The latest events, oldest first, as far as there is room. They are numbered from 0."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._events: deque[Event] = deque()
        self._bytes, self._most_bytes = 0, most_bytes
        self._listeners: set[Callable[[], None]] = set()
        self.end = 0  # the number that the next event gets

    def add(self, event_id: str, at: int, frame: bytes) -> None:
        """Note an event that is later than any before, and wake whoever waits for one."""
        self._events.append(Event(self.end, event_id, at, frame))
        self.end += 1
        self._bytes += len(frame)
        while self._bytes > self._most_bytes:
            self._bytes -= len(self._events.popleft().frame)
        for listener in self._listeners:
            listener()

    def listen(self, listener: Callable[[], None]) -> None:
        """Have every event from now on announced."""
        self._listeners.add(listener)

    def leave(self, listener: Callable[[], None]) -> None:
        """End that."""
        self._listeners.discard(listener)

    def first_that(self, fits: Callable[[Event], bool]) -> int:
        """The number of the first event that fits, if those after it do too; else that of the next one."""
        low, high = 0, len(self._events)
        while low < high:
            middle = (low + high) // 2
            if fits(self._events[middle]):
                high = middle
            else:
                low = middle + 1
        return self._first + low

    @property
    def _first(self) -> int:
        return self.end - len(self._events)

    def after(self, number: int) -> Event | None:
        """The oldest event that is kept of those with this number or a later one."""
        index = max(0, number - self._first)
        return self._events[index] if index < len(self._events) else None
