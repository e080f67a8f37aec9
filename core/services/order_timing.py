"""How long each order of a session took from click to screen, and the journal's record of it."""

from collections.abc import Callable, Mapping

from core.domain.intent import Intent
from core.domain.timeline import Moment, OrderTimeline, Percentiles, Timelines
from core.services.clock import Clock
from core.services.timers import Timers

WRITE_AFTER_MS = 1_000
LATEST_MS = 10_000
_NS_PER_MS = 1_000_000


class OrderTiming:
    """The timelines of a session's intents. Lives on the GUI thread.

    `write` is given what is new of them, moments in nanoseconds since the click: a second after the newest
    click, so that no keeping of records stands before the next order, but every ten seconds at the least.
    """

    def __init__(
        self, clock: Clock, timers: Timers, write: Callable[[Mapping[str, Mapping[str, int]]], None]
    ) -> None:
        self._clock, self._write = clock, write
        self._lines = Timelines()
        self._unwritten: set[str] = set()
        self._timer = timers.timer(self._write_new)
        self._is_waiting = False
        self._waiting_since_ns = self._begun_ns = 0

    def timeline(self, client_order_id: str) -> OrderTimeline | None:
        """The timeline of an intent made in this session."""
        return self._lines.get(client_order_id)

    def timelines(self) -> tuple[OrderTimeline, ...]:
        """Every timeline of the session, oldest first."""
        return self._lines.all()

    def between(self, first: Moment, last: Moment) -> Percentiles | None:
        """How long the way from one moment to another took over the session; None if it was never gone."""
        return self._lines.between(first, last)

    def painted(self, client_order_id: str) -> None:
        """The screen shows what the broker says of the intent: its order, its refusal."""
        line = self._lines.get(client_order_id)
        # Before that it can only have shown what we hoped for.
        if line is not None and (Moment.ANSWERED in line.at_ns or Moment.HEARD in line.at_ns):
            self.mark(client_order_id, Moment.PAINTED)

    def begin(self, intent: Intent, clicked_ns: int | None, validated_ns: int) -> None:
        """A click has made an intent, which has passed every check by `validated_ns`."""
        clicked_ns = validated_ns if clicked_ns is None else clicked_ns
        self._lines.begin(
            intent.client_order_id,
            intent.kind,
            intent.symbol,
            clicked_wall_ns=intent.created_ns,
            moments={Moment.CLICKED: clicked_ns, Moment.VALIDATED: validated_ns},
        )
        self._begun_ns = validated_ns

    def mark(self, client_order_id: str, moment: Moment) -> None:
        """The intent, if it is of this session, passes a moment now."""
        self.take(client_order_id, {moment: self._clock.running_ns()})

    def take(self, client_order_id: str, moments: Mapping[Moment, int]) -> None:
        """The intent has passed these moments."""
        news = [self._lines.mark(client_order_id, moment, at_ns) for moment, at_ns in moments.items()]
        if any(news):
            self._unwritten.add(client_order_id)
            if not self._is_waiting:
                self._is_waiting = True
                self._waiting_since_ns = self._clock.running_ns()
                self._timer.start(WRITE_AFTER_MS)

    def stop(self) -> None:
        """Write no more."""
        self._timer.stop()
        self._is_waiting = False

    def _write_new(self) -> None:
        now_ns = self._clock.running_ns()
        is_busy = now_ns - self._begun_ns < WRITE_AFTER_MS * _NS_PER_MS
        if is_busy and now_ns - self._waiting_since_ns < LATEST_MS * _NS_PER_MS:
            self._timer.start(WRITE_AFTER_MS)
            return
        self._is_waiting = False
        keys, self._unwritten = self._unwritten, set()
        found = {key: self._lines.get(key) for key in keys}
        self._write(
            {
                key: {
                    moment.value: at_ns - line.at_ns[Moment.CLICKED] for moment, at_ns in line.at_ns.items()
                }
                for key, line in found.items()
                if line is not None
            }
        )
