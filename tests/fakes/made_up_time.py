"""A whole order desk on one thread, in made-up time, without a socket: nothing happens unless time passes.

`Time` is clock, timers and the order of everything; `Lane` runs work when time passes; `Link` answers reads
from a function and counts requests against the real budget.
"""

import heapq
import itertools
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QObject, Signal

from core.domain.environment import Environment
from core.domain.request_budget import RateFacts, RequestBudget, Urgency
from core.errors import AppError
from core.protocol.call import Call
from core.services.request_queue import RequestQueue

NS_PER_MS = 1_000_000


class Time:
    """Both clocks, and what is to happen when; the same steps in the same order every time."""

    def __init__(self) -> None:
        self.now_ms = 0
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._numbers = itertools.count()

    def monotonic_ns(self) -> int:
        return self.now_ms * NS_PER_MS

    def running_ns(self) -> int:
        return self.monotonic_ns()

    def wall_ns(self) -> int:
        return (1_000_000 + self.now_ms) * NS_PER_MS

    def at(self, after_ms: int, happen: Callable[[], None]) -> None:
        """Have something happen in a while."""
        heapq.heappush(self._due, (self.now_ms + after_ms, next(self._numbers), happen))

    def timer(self, due: Callable[[], None]) -> "ManualTimer":
        return ManualTimer(self, due)

    def pass_ms(self, milliseconds: int) -> None:
        """Let time pass, with everything that is due meanwhile."""
        end = self.now_ms + milliseconds
        while self._due and self._due[0][0] <= end:
            self.now_ms, _, happen = heapq.heappop(self._due)
            happen()
        self.now_ms = end


class ManualTimer:
    """A timer of `Time`."""

    def __init__(self, time: Time, due: Callable[[], None]) -> None:
        self._time, self._due, self._round = time, due, 0

    def start(self, delay_ms: int) -> None:
        self._round += 1
        this_round = self._round

        def fire() -> None:
            if this_round == self._round:
                self._due()

        self._time.at(delay_ms, fire)

    def stop(self) -> None:
        self._round += 1


class ManualLane:
    """Runs work a millisecond after it was handed over, or as many as it takes, one after the other."""

    def __init__(self, time: Time, takes_ms: int = 1) -> None:
        self._time, self._takes_ms = time, takes_ms

    def submit(
        self,
        work: Callable[[], Any],
        *,
        done: Callable[[Any], None] | None = None,
        failed: Callable[[AppError], None] | None = None,
    ) -> None:
        def run() -> None:
            try:
                result = work()
            except AppError as error:
                if failed is not None:
                    failed(error)
            else:
                if done is not None:
                    done(result)

        self._time.at(self._takes_ms, run)


class ManualLink(QObject):
    """A link whose broker is `carrier.run`; `told` is what each answer says of the limit."""

    budget_changed = Signal()

    def __init__(self, time: Time, carrier: Any, *, limit: int = 200) -> None:
        super().__init__()
        self.environment = Environment.PAPER
        self.time, self.carrier = time, carrier
        self.order_lane = ManualLane(time)
        self.cancel_lane = ManualLane(time)
        self.errors: list[AppError] = []
        self.read_takes_ms = 1
        self.queue = RequestQueue(time, time, changed=self.budget_changed.emit, budget=RequestBudget(limit))

    def read(
        self,
        call: Call[Any],
        done: Callable[[Any], None],
        failed: Callable[[AppError], None],
        urgency: Urgency = Urgency.READ,
    ) -> None:
        lane = ManualLane(self.time, self.read_takes_ms)
        self.queue.go(urgency, lambda: lane.submit(lambda: self.carrier.run(call), done=done, failed=failed))

    def when_allowed(self, urgency: Urgency, go: Callable[[], None]) -> None:
        self.queue.go(urgency, go)

    def wait_s(self, urgency: Urgency) -> float:
        return self.queue.wait_s(urgency)

    def notice(self, error: AppError) -> None:
        self.errors.append(error)

    def tell(self, facts: RateFacts) -> None:
        """The broker says something of its limit."""
        self.queue.take(facts)
