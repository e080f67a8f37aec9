"""Asks the broker again and again about what we do not know the fate of."""

from collections.abc import Callable
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal

from core.protocol.retry import look_up_wait_s
from core.services.clock import Clock
from core.services.timers import Timers

_TICK_MS = 100
# The others wait: most of what a start finds open is answered for by the order list anyway, and the broker
# counts requests (threat model O13).
MOST_AT_ONCE = 4
# After its first answers each is asked about so seldom that all together leave room for new orders: what a
# broker never got is asked about until a person lets it go.
EARLY_ATTEMPTS = 5
APART_S = 1.0


@dataclass(slots=True)
class _Open:
    attempt: int
    due_ns: int
    under_way: bool = False


class LookUps(QObject):
    """Calls `ask(id)` when one is due; the caller says `again` or `settle` when the answer is in."""

    caught_up = Signal()  # everything that had to be answered first is

    def __init__(
        self,
        ask: Callable[[str], None],
        clock: Clock,
        timers: Timers,
        chance: Callable[[], float],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._unanswered: set[str] = set()
        self._ask, self._clock, self._chance = ask, clock, chance
        self._open: dict[str, _Open] = {}
        self._timer = timers.timer(self._tick)

    @property
    def is_caught_up(self) -> bool:
        """Whether the broker has said something about everything that was begun as `first`."""
        return not self._unanswered

    def begin(self, key: str, *, first: bool = False, after_s: float = 0.0) -> None:
        """Start asking about `key`, the first time after that; does nothing if it is asked about already.

        `first` means that nothing new should happen before this was answered, whatever the answer.
        """
        if first:
            self._unanswered.add(key)
        if key not in self._open:
            due_ns = self._clock.monotonic_ns() + int(after_s * 1e9)
            self._open[key] = _Open(attempt=0, due_ns=due_ns)
            self._tick()

    def hurry(self, key: str) -> None:
        """Ask about `key` now."""
        self.begin(key)
        if (waiting := self._open.get(key)) is not None:
            waiting.due_ns = self._clock.monotonic_ns()
            self._tick()

    def again(self, key: str, *, answered: bool = True) -> None:
        """Nothing is settled: ask once more, later. `answered` tells a broker's "don't know" from silence."""
        if (waiting := self._open.get(key)) is not None:
            waiting.attempt += 1
            wait_s = look_up_wait_s(waiting.attempt, self._chance())
            if waiting.attempt > EARLY_ATTEMPTS:
                wait_s = max(wait_s, len(self._open) * APART_S)
            waiting.due_ns = self._clock.monotonic_ns() + int(wait_s * 1e9)
            waiting.under_way = False
        if answered:
            self._note_answer(key)

    def settle(self, key: str) -> None:
        """There is nothing more to ask about `key`."""
        self._open.pop(key, None)
        if not self._open:
            self._timer.stop()
        self._note_answer(key)

    def stop(self) -> None:
        """Ask about nothing any more."""
        self._open.clear()
        self._timer.stop()

    def _note_answer(self, key: str) -> None:
        if key in self._unanswered:
            self._unanswered.discard(key)
            if not self._unanswered:
                self.caught_up.emit()

    def _tick(self) -> None:
        self._timer.start(_TICK_MS)
        now = self._clock.monotonic_ns()
        free = MOST_AT_ONCE - sum(waiting.under_way for waiting in self._open.values())
        due = [key for key, waiting in self._open.items() if not waiting.under_way and now >= waiting.due_ns]
        for key in sorted(due, key=lambda key: self._open[key].due_ns)[: max(0, free)]:
            self._open[key].under_way = True
            self._ask(key)
