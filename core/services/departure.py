"""A head start for an order: what it needs of Python on its way to the wire goes before anything on screen.

Python runs one thread at a time. While a click is followed by milliseconds of drawing, the thread that
journals and sends the order waits for its turn again and again; measured, it took three times as long. So
the GUI thread, which otherwise never waits, stands aside for a moment: half a frame at the most.
"""

import threading
from collections.abc import Callable
from typing import TypeVar

from core.domain.timeline import Moment
from core.services.clock import Clock

Result = TypeVar("Result")

HEAD_START_S = 0.008
# From then on a price is no longer news (core.domain.freshness).
LONGEST_WAIT_S = 5.0


class Departure:
    """One request on its way. `let_pass` and `moments` are the GUI thread's, the rest is the lane's.

    `moments` are complete once the work has come home.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self._made_ns = clock.monotonic_ns()
        # A bare lock, held until it has left: an Event's own code would run before the lane's.
        self._under_way = threading.Lock()
        self._under_way.acquire()
        self._is_over = False
        self.has_left = False
        # Whether `let_pass` will see it leave: then nobody else has to tell the GUI thread.
        self.is_seen_off = False
        self.moments: dict[Moment, int] = {}

    @property
    def is_too_late(self) -> bool:
        """Whether it has waited for so long that whoever asked for it may not want it any more."""
        return self.clock.monotonic_ns() - self._made_ns > LONGEST_WAIT_S * 1e9

    def of(self, work: Callable[[], Result]) -> Callable[[], Result]:
        """Return `work`, after whose end nobody waits any more, however it ends."""

        def worked() -> Result:
            try:
                return work()
            finally:
                self._let_go()

        return worked

    def journaled(self) -> None:
        """The disk has the intent."""
        self.moments[Moment.JOURNALED] = self.clock.running_ns()

    def written(self) -> None:
        """The system has taken the request."""
        self.has_left = True
        self.moments[Moment.WRITTEN] = self.clock.running_ns()
        self._let_go()

    def begun(self) -> None:
        """The first byte of the answer is there."""
        self.moments[Moment.FIRST_BYTE] = self.clock.running_ns()

    def let_pass(self, *, after: "Departure | None") -> bool:
        """Stand aside until the request leaves, or the head start is used up; whether it has left.

        While an earlier one has not left, this one waits behind it, and nobody for this one.
        """
        if (after is None or after._is_over) and self._under_way.acquire(timeout=HEAD_START_S):
            self._under_way.release()
        self.is_seen_off = False  # before the look: what leaves from now on is told by the lane
        return self.has_left

    def _let_go(self) -> None:
        """On the lane alone, so that it happens once."""
        if not self._is_over:
            self._is_over = True
            self._under_way.release()
