"""Lets requests go when the budget has room for them, the most urgent first."""

import heapq
import itertools
from collections.abc import Callable

from core.domain.request_budget import RateFacts, RequestBudget, Urgency
from core.services.clock import Clock
from core.services.timers import Timers

_AGAIN_MS = 20  # timers may fire a little early


class RequestQueue:
    """The requests to one host. Lives on the GUI thread; `changed` is called when a wait begins or ends."""

    def __init__(
        self,
        clock: Clock,
        timers: Timers,
        *,
        changed: Callable[[], object],
        budget: RequestBudget | None = None,
    ) -> None:
        self._clock, self._changed = clock, changed
        self._budget = budget or RequestBudget()
        self._waiting: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._timer = timers.timer(self._let_go)
        self._has_ended = False

    @property
    def waiting(self) -> int:
        """How many requests wait for room."""
        return len(self._waiting)

    def wait_s(self, urgency: Urgency) -> float:
        """For how many seconds there is no room for such a request; 0 when there is."""
        return self._budget.wait_s(urgency, self._clock.monotonic_ns())

    def go(self, urgency: Urgency, start: Callable[[], None]) -> None:
        """Call `start` at once, or when there is room and nothing more urgent waits.

        An order that has room passes what waits: those have a larger share, and its price would grow old.
        """
        if self._has_ended:
            return
        is_first = not self._waiting or urgency < self._waiting[0][0] or urgency is Urgency.ORDER
        if is_first and self.wait_s(urgency) == 0:
            self._budget.spend(self._clock.monotonic_ns())
            start()
            return
        heapq.heappush(self._waiting, (urgency, next(self._numbers), start))
        self._wait()
        self._changed()

    def take(self, facts: RateFacts) -> None:
        """Obey what an answer said about the limit."""
        self._budget.take(facts, self._clock.monotonic_ns())
        if facts.is_refusal:
            self._changed()
        if self._waiting:
            self._wait()

    def look(self) -> None:
        """See at once whether something may go: timers stood still while the computer slept."""
        if self._waiting:
            self._let_go()

    def stop(self) -> None:
        """Let nothing go any more."""
        self._has_ended = True
        self._waiting.clear()
        self._timer.stop()

    def _wait(self) -> None:
        self._timer.start(int(self.wait_s(Urgency(self._waiting[0][0])) * 1000) + _AGAIN_MS)

    def _let_go(self) -> None:
        while self._waiting and self.wait_s(Urgency(self._waiting[0][0])) == 0:
            _, _, start = heapq.heappop(self._waiting)
            self._budget.spend(self._clock.monotonic_ns())
            start()
        if self._waiting:
            self._wait()
        self._changed()
